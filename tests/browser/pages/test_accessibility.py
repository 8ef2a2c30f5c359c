"""WCAG 2.2 AA, as far as a program can see it, on every page and in every state of its figures.

Rules are axe's; what axe cannot see is measured here: focus, forced colours, reflow, tables.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, expect

from builder.check.accessibility import audit
from tests.browser.conftest import ROOT, WIDE, Reader
from tests.browser.figures.test_every_figure import PAGES
from tests.browser.pages.test_failures import MISSING, figure_script
from tests.browser.support.figure import Figure
from tests.browser.support.site import Site
from tests.browser.support.training import SHOWN, Bench

CONTRAST = ("color-contrast",)
LIVE = "figure[data-figure], .masthead, [data-role=offline]"
"""What scripts make of a page."""
ZOOMED_TWICE = {"width": WIDE["width"] // 2, "height": WIDE["height"] // 2}
NARROW = {"width": 360, "height": 740}

# What a reader can use, by name, and what sticks out of the page's sides.
CONTROLS = """
() => {
  const shown = (element) => element.checkVisibility({ visibilityProperty: true });
  const name = (element) => element.getAttribute("aria-label") ?? element.labels?.[0]?.textContent
    ?? element.textContent;
  const inNote = (element) => element.closest(".sidenote-body"); // has an opener on narrow screens
  return [...document.querySelectorAll("button, input, select, summary, [role=slider], main a")]
    .filter((element) => shown(element) && !inNote(element))
    .map((element) => name(element).trim().slice(0, 60)).sort();
}
"""
SIDEWAYS = """
() => {
  const wide = document.documentElement.scrollWidth;
  const scrolls = (element) => /auto|scroll/.test(getComputedStyle(element).overflowX);
  const inScroller = (element) => {
    for (let at = element.parentElement; at && at !== document.body; at = at.parentElement) {
      if (scrolls(at)) return true;
    }
    return false;
  };
  const out = [...document.querySelectorAll("main *")].filter((element) => {
    const { right, width } = element.getBoundingClientRect();
    return width > 1 && right > innerWidth + 1 && element.checkVisibility() && !inScroller(element);
  });
  return [
    ...(wide > innerWidth ? [`the page is ${wide} wide`] : []),
    ...out.slice(0, 3).map((element) => element.outerHTML.slice(0, 90)),
  ];
}
"""

# Each focusable part, focused as by a key: does anything about it look different then?
WITHOUT_FOCUS_RING = """
() => {
  const looks = (element) => [element, ...element.querySelectorAll("*")].map((part) => {
    const style = getComputedStyle(part);
    const { outlineStyle, outlineWidth, boxShadow, stroke, strokeWidth, transform } = style;
    return [outlineStyle, outlineWidth, boxShadow, stroke, strokeWidth, transform].join();
  }).join("|");
  const parts = [...document.querySelectorAll(
    "a[href], button:enabled, input:enabled, select:enabled, summary, [tabindex='0']",
  )].filter((part) => part.checkVisibility({ visibilityProperty: true }));
  return parts.flatMap((part) => {
    const told = part.outerHTML.slice(0, 90);
    document.activeElement.blur();
    const before = looks(part);
    part.focus({ preventScroll: true });
    if (document.activeElement !== part) return [`cannot be focused: ${told}`];
    const seen = looks(part) !== before;
    part.blur();
    return seen ? [] : [`no visible focus: ${told}, which looks ${before}`];
  });
}
"""
OUT_OF_ORDER = """
() => [...document.querySelectorAll("[tabindex]")]
  .filter((element) => element.tabIndex > 0).map((element) => element.outerHTML.slice(0, 90))
"""

# Marks and words of plots against what they stand on; WCAG's contrast ratio.
FAINT_MARKS = """
() => {
  const context = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const luminance = (colour) => {
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...context.getImageData(0, 0, 1, 1).data].slice(0, 3).map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (a, b) => {
    const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  };
  return [...document.querySelectorAll(".plot, .sketch")].flatMap((plot) => {
    const ground = getComputedStyle(plot).backgroundColor;
    if (/rgba\\(.*, 0\\)/.test(ground)) return [`no ground: ${plot.getAttribute("aria-label")}`];
    return [...plot.querySelectorAll(".tick text, .direct-label, .line, .dot, .sketch-ink")]
      .flatMap((mark) => {
        const { fill, stroke } = getComputedStyle(mark);
        const colour = mark.matches(".line, .sketch-ink") ? stroke : fill;
        if (colour === "none" || ratio(colour, ground) >= 3) return [];
        return [`${mark.getAttribute("class") ?? "tick"} is ${colour} on ${ground}`];
      });
  });
}
"""
CHOICES = """
() => [...document.querySelectorAll(".toggle-choices")].flatMap((group) => {
  const border = (input) => {
    const { borderTopWidth, borderTopColor } = getComputedStyle(input.nextElementSibling);
    return `${borderTopWidth} ${borderTopColor}`;
  };
  const [on] = group.querySelectorAll("input:checked");
  const [off] = group.querySelectorAll("input:not(:checked)");
  return on && off && border(on) === border(off) ? [group.textContent] : [];
})
"""


DOCKS = """
(position) => document.querySelectorAll(".dock").forEach((dock) => {
  dock.style.position = position;
})
"""


@contextmanager
def as_it_was(page: Page) -> Iterator[None]:
    """Gives a shared page back in the size and the colours in which it was."""
    page.emulate_media(reduced_motion="reduce")  # no colour is measured on its way to another
    try:
        yield
    finally:
        page.set_viewport_size(WIDE)
        page.emulate_media(
            color_scheme="light",
            forced_colors="none",
            contrast="no-preference",
            reduced_motion="no-preference",
        )


def test_axe_finds_nothing_on_any_page(reader: Reader) -> None:
    """What the page's scripts add, light and dark; then all of it in forced colours, on a phone.

    `book check` looks at all of every page in light and dark, as it is before figures go live.
    """
    problems: list[str] = []
    for name in reader.site.pages:
        page = reader.live_page(name)
        with as_it_was(page):
            if name in PAGES:
                problems += [f"{name}: {line}" for line in audit(page, ROOT, scope=LIVE)]
                page.emulate_media(color_scheme="dark")
                problems += [f"{name}, dark: {line}" for line in audit(page, ROOT, CONTRAST, LIVE)]
            page.emulate_media(color_scheme="light", forced_colors="active")
            problems += [f"{name}, forced: {line}" for line in audit(page, ROOT, CONTRAST)]
            page.emulate_media(forced_colors="none")
            page.set_viewport_size(NARROW)
            page.evaluate(DOCKS, "static")  # a bar that passes by is no neighbour
            rules = ("target-size", "scrollable-region-focusable")
            problems += [f"{name}, phone: {line}" for line in audit(page, ROOT, rules)]
            page.evaluate(DOCKS, "")
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("name", SHOWN)
def test_axe_finds_nothing_in_a_figure_that_trains(reader: Reader, name: str) -> None:
    # A step a frame: at full speed a run may be over before anybody has looked.
    bench = Bench(reader.live_figure(name, {**SHOWN[name], "speed": "1"}), "keys")
    bench.press("Train" if bench.phase() == "untrained" else "Train it yourself")
    bench.wait_phase("running")
    expect(bench.figure.root).to_have_attribute("data-state", "training")
    found = audit(bench.figure.page, ROOT, scope=f'[id="{bench.figure.placed.id}"]')
    bench.pause()
    assert not found, "\n".join(found)


def test_axe_finds_nothing_in_figures_that_failed(
    reader_of_broken: Reader, breakable_site: Site
) -> None:
    """One part of the kit says why, whatever the figure: the page with most of them will do."""
    count = Counter(placed.page for placed in breakable_site.figures)
    figures = [
        placed for placed in breakable_site.figures if count[placed.page] == max(count.values())
    ]
    for script in {figure_script(breakable_site, placed) for placed in figures}:
        script.unlink()
    problems: list[str] = []
    for name in sorted({placed.page for placed in figures}):
        page = reader_of_broken.visit(breakable_site.url(name))
        for placed in (placed for placed in figures if placed.page == name):
            Figure(page, placed).wait_error()
        page.emulate_media(reduced_motion="reduce")
        problems += [f"{name}: {line}" for line in audit(page, ROOT, scope=LIVE)]
        page.emulate_media(color_scheme="dark")
        problems += [f"{name}, dark: {line}" for line in audit(page, ROOT, CONTRAST, LIVE)]
        page.context.close()
    reader_of_broken.expect_errors(MISSING)
    assert not problems, "\n".join(problems)


def test_axe_finds_nothing_while_searching(reader: Reader) -> None:
    page = reader.visit(reader.site.url("index.html"))
    page.get_by_role("combobox").fill("latent")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    found = audit(page, ROOT, scope=".masthead")
    assert not found, "\n".join(found)


def test_nothing_is_lost_at_twice_the_size_or_on_a_narrow_screen(reader: Reader) -> None:
    problems: list[str] = []
    for name in reader.site.pages:
        page = reader.live_page(name)
        with as_it_was(page):
            usual = page.evaluate(CONTROLS)
            for size in (ZOOMED_TWICE, NARROW):
                page.set_viewport_size(size)
                place = f"{name} at {size['width']} px"
                problems += [f"{place}: {out}" for out in page.evaluate(SIDEWAYS)]
                lost = set(usual) - set(page.evaluate(CONTROLS))
                problems += [f"{place} has no “{control}”" for control in sorted(lost)]
    assert not problems, "\n".join(problems)


def test_focus_is_seen_on_every_control_and_goes_in_order(reader: Reader) -> None:
    problems: list[str] = []
    for name in reader.site.pages:
        page = reader.live_page(name)
        page.keyboard.press("Tab")  # from now on the browser shows focus
        problems += [f"{name}: {one}" for one in page.evaluate(WITHOUT_FOCUS_RING)]
        problems += [f"{name}, out of order: {one}" for one in page.evaluate(OUT_OF_ORDER)]
    assert not problems, "\n".join(problems)


def test_more_contrast_is_given_to_those_who_ask(reader: Reader) -> None:
    """7:1 for text (WCAG's level AAA), where 4.5:1 is usual."""
    problems: list[str] = []
    for scheme in ("light", "dark"):
        page = reader.live_page("two-jobs-in-one-loss.html")
        with as_it_was(page):
            page.emulate_media(color_scheme=scheme, contrast="more")  # type: ignore[arg-type]
            found = audit(page, ROOT, ("color-contrast-enhanced",))
            problems += [f"{scheme}: {line}" for line in found]
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("chosen", ["light", "dark"])
def test_forced_colours_leave_marks_and_choices_visible(reader: Reader, chosen: str) -> None:
    """The system's colours are dark or light; the reader may have chosen the other theme."""
    problems: list[str] = []
    for name in ("two-jobs-in-one-loss.html", "what-lives-in-the-middle.html"):
        page = reader.live_page(name)
        with as_it_was(page):
            theme = page.locator("[data-role=theme]")
            while theme.inner_text() != f"Theme: {chosen}":
                theme.click()
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme, forced_colors="active")  # type: ignore[arg-type]
                problems += [f"{name}, {scheme}: {one}" for one in page.evaluate(FAINT_MARKS)]
                problems += [f"{name}: choice unseen: {one}" for one in page.evaluate(CHOICES)]
            while theme.inner_text() != "Theme: auto":
                theme.click()
    assert not problems, "\n".join(dict.fromkeys(problems))


def test_every_figure_has_its_numbers_as_a_table(reader: Reader) -> None:
    for name in PAGES:
        page = reader.live_page(name)
        for placed in reader.site.figures_of(name):
            header, *rows = Figure(page, placed).table()
            assert all(cell.strip() for cell in header), f"{placed.id}: a column without a name"
            assert rows, f"{placed.id}: an empty table"
            assert {len(row) for row in rows} == {len(header)}, f"{placed.id}: ragged rows"
