"""WCAG 2.2 AA, as far as a program can see it, on every page and in every state of its figures.

Rules are axe's; what axe cannot see is measured here: focus, forced colours, reflow, tables.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from operator import itemgetter

import pytest
from playwright.sync_api import Locator, Page, expect

from builder.check.accessibility import audit
from tests.browser.conftest import ROOT, WIDE, Reader
from tests.browser.figures.test_every_figure import PAGES
from tests.browser.pages.test_failures import MISSING, figure_script
from tests.browser.support.figure import Figure
from tests.browser.support.site import PlacedFigure, Site
from tests.browser.support.training import SHOWN, Bench

AA, AAA = (4.5, 3), (7, 4.5)
"""WCAG's contrast ratios at its two levels: of usual and of large text."""
LIVE = "figure[data-figure], .masthead, [data-role=offline]"
"""What scripts make of a page."""
TEXTS = "pages without figures"
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

# WCAG's contrast ratio of opaque colours, and a colour that is laid over another.
RATIO = """
  const context = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const known = new Map();
  const read = (colour) => {
    if (!known.has(colour)) {
      context.clearRect(0, 0, 1, 1);
      context.fillStyle = colour;
      context.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data;
      known.set(colour, [r, g, b, a / 255]);
    }
    return known.get(colour);
  };
  const over = ([r, g, b, a], opacity, ground) =>
    [r, g, b].map((value, i) => a * opacity * value + (1 - a * opacity) * ground[i]);
  const luminance = (colour) => {
    const [r, g, b] = colour.slice(0, 3).map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (a, b) => {
    const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  };
"""

# Texts against what is painted around them. As axe does, it asks less of large ones, nothing of
# what is out of use, and leaves alone what stands on a picture.
FAINT_TEXTS = (
    "([scope, usual, large]) => {"
    + RATIO
    + """
  const grounds = new Map([[null, { colour: [255, 255, 255], opacity: 1 }]]);
  const groundOf = (element) => {
    if (!grounds.has(element)) {
      const below = groundOf(element.parentElement);
      const style = getComputedStyle(element);
      const own = read(style.backgroundColor), opacity = below.opacity * style.opacity;
      const painted = own[3] * opacity === 1 ? own.slice(0, 3)
        : below.colour && over(own, opacity, below.colour);
      grounds.set(element, {
        colour: style.backgroundImage === "none" ? painted : undefined, opacity,
      });
    }
    return grounds.get(element);
  };
  const isWritten = (element) => element.matches("input, select, textarea")
    || [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  const outOfUse = ":disabled, :disabled *, [aria-disabled=true], label:has(:disabled), svg *";
  const within = scope.split(",").map((part) => `${part}, ${part} *`).join();
  return [...document.querySelectorAll(within)].flatMap((element) => {
    if (!isWritten(element) || element.matches(outOfUse)) return [];
    if (!element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) return [];
    const { colour, opacity } = groundOf(element);
    if (!colour) return [];
    const { color, fontSize, fontWeight } = getComputedStyle(element);
    const size = parseFloat(fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && fontWeight >= 700);
    const found = ratio(over(read(color), opacity, colour), colour);
    if (found >= (isLarge ? large : usual)) return [];
    return [`${found.toFixed(2)}:1, ${color} on rgb(${colour}): ${element.outerHTML.slice(0, 90)}`];
  });
}
"""
)

# Marks and words of plots against what they stand on.
FAINT_MARKS = (
    "() => {"
    + RATIO
    + """
  return [...document.querySelectorAll(".plot, .sketch")].flatMap((plot) => {
    const ground = getComputedStyle(plot.closest(".backdrop") ?? plot).backgroundColor;
    if (/rgba\\(.*, 0\\)/.test(ground)) return [`no ground: ${plot.getAttribute("aria-label")}`];
    return [...plot.querySelectorAll(".tick text, .direct-label, .line, .dot, .sketch-ink")]
      .flatMap((mark) => {
        const { fill, stroke } = getComputedStyle(mark);
        const colour = mark.matches(".line, .sketch-ink") ? stroke : fill;
        if (colour === "none" || ratio(read(colour), read(ground)) >= 3) return [];
        return [`${mark.getAttribute("class") ?? "tick"} is ${colour} on ${ground}`];
      });
  });
}
"""
)
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


@contextmanager
def letters_twice_as_large(page: Page) -> Iterator[None]:
    """As readers set them for all pages: what is measured in rem grows, the phone does not."""
    session = page.context.new_cdp_session(page)
    session.send("Page.setFontSizes", {"fontSizes": {"standard": 32, "fixed": 26}})
    try:
        yield
    finally:
        session.send("Page.setFontSizes", {"fontSizes": {"standard": 16, "fixed": 13}})
        session.detach()


def what_axe_finds(page: Page, name: str) -> Iterator[str]:
    """What the page's scripts add, light and dark; then the page in forced colours.

    `book check` looks at all of every page in light and dark, as it is before figures go live. In
    other colours all stands where axe has seen it: only the ratios are others.
    """
    if name in PAGES:
        yield from audit(page, ROOT, scope=LIVE)
        page.emulate_media(color_scheme="dark")
        yield from (f"dark: {line}" for line in page.evaluate(FAINT_TEXTS, [LIVE, *AA]))
    page.emulate_media(color_scheme="light", forced_colors="active")
    yield from (f"forced: {line}" for line in page.evaluate(FAINT_TEXTS, ["body", *AA]))
    page.emulate_media(forced_colors="none")


def what_is_lost_at_twice_the_size_or_on_a_narrow_screen(page: Page, usual: list[str]) -> list[str]:
    """It ends on the narrow screen, where fingers must hit what they aim at."""
    problems: list[str] = []
    for size in (ZOOMED_TWICE, NARROW):
        page.set_viewport_size(size)
        place = f"at {size['width']} px"
        problems += [f"{place}: {out}" for out in page.evaluate(SIDEWAYS)]
        lost = set(usual) - set(page.evaluate(CONTROLS))
        problems += [f"{place} has no “{control}”" for control in sorted(lost)]
    with letters_twice_as_large(page):
        problems += [f"large letters: {out}" for out in page.evaluate(SIDEWAYS)]
    page.evaluate(DOCKS, "static")  # a bar that passes by is no neighbour
    rules = ("target-size", "scrollable-region-focusable")
    problems += [f"phone: {line}" for line in audit(page, ROOT, rules)]
    page.evaluate(DOCKS, "")
    return problems


def what_is_wrong_with_tables(page: Page, figures: Sequence[PlacedFigure]) -> Iterator[str]:
    """Every figure has its numbers as a table."""
    for placed in figures:
        header, *rows = Figure(page, placed).table()
        if not all(cell.strip() for cell in header):
            yield f"{placed.id}: a column without a name"
        if not rows:
            yield f"{placed.id}: an empty table"
        if {len(row) for row in rows} != {len(header)}:
            yield f"{placed.id}: ragged rows"


@pytest.mark.parametrize("name", [*PAGES, TEXTS])
def test_a_page_is_for_everyone(reader: Reader, name: str) -> None:
    """All looks at a page in one pass: to bring its figures to life takes as long as a look."""
    texts = [other for other in reader.site.pages if other not in PAGES]
    problems: list[str] = []
    for own in texts if name == TEXTS else [name]:
        page = reader.live_page(own)
        found = [*what_is_wrong_with_tables(page, reader.site.figures_of(own))]
        with as_it_was(page):
            usual = page.evaluate(CONTROLS)
            found += what_axe_finds(page, own)
            found += what_is_lost_at_twice_the_size_or_on_a_narrow_screen(page, usual)
        page.keyboard.press("Tab")  # from now on the browser shows focus
        found += page.evaluate(WITHOUT_FOCUS_RING)
        found += [f"out of order: {one}" for one in page.evaluate(OUT_OF_ORDER)]
        problems += [f"{own}, {line}" for line in found]
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
    """One part of the kit says why, whatever the figure: a page with a few of them will do, since
    `book check` looks at the frames that stand there meanwhile."""
    count = Counter(placed.page for placed in breakable_site.figures)
    few = min((pages for pages in count.items() if pages[1] > 1), key=itemgetter(1))[0]
    figures = breakable_site.figures_of(few)
    for script in {figure_script(breakable_site, placed) for placed in figures}:
        script.unlink()
    page = reader_of_broken.visit(breakable_site.url(few))
    for placed in figures:
        Figure(page, placed).wait_error()
    page.emulate_media(reduced_motion="reduce")
    problems = audit(page, ROOT, scope=LIVE)
    page.emulate_media(color_scheme="dark")
    problems += [f"dark: {line}" for line in page.evaluate(FAINT_TEXTS, [LIVE, *AA])]
    reader_of_broken.expect_errors(MISSING)
    assert not problems, "\n".join(problems)


# Each time a live region's text is set, even to what it was, a screen reader says it.
LISTEN = """
() => {
  const region = "[aria-live=polite], [role=status], [role=alert], output:not([aria-live=off])";
  const heard = (window.heard = []);
  new MutationObserver((records) => {
    const elements = records.map(({ target }) => target.parentElement?.closest(region)
      ?? (target.matches?.(region) ? target : null));
    for (const found of new Set(elements)) {
      if (found?.closest("figure")) heard.push(found.textContent);
    }
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
}
"""
REST = 1000
"""Milliseconds after which a figure has said what there is to say."""


def test_figures_that_come_to_life_say_nothing(reader: Reader) -> None:
    """They stand as they were drawn, and nobody has asked them anything."""
    name = "two-jobs-in-one-loss.html"
    before = f"addEventListener('DOMContentLoaded', {LISTEN.strip()});"
    page = reader.visit(reader.site.url(name), before=before)
    reader.wake(page, reader.site.figures_of(name))
    page.wait_for_timeout(REST)
    assert page.evaluate("() => heard") == []


def test_what_is_turned_is_said_once_and_at_rest(reader: Reader) -> None:
    """By the slider itself while it moves, and then by the figure, in words."""
    figure = reader.live_figure("tug-of-war")
    page = figure.page
    page.wait_for_timeout(REST)
    page.evaluate(LISTEN)
    figure.slider("β, the weight of the KL term").focus()
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    figure.settle()
    page.wait_for_timeout(REST)
    assert page.evaluate("() => heard") == [figure.summary()]


def test_axe_finds_nothing_while_searching(reader: Reader) -> None:
    page = reader.visit(reader.site.url("index.html"))
    page.get_by_role("combobox").fill("latent")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    found = audit(page, ROOT, scope=".masthead")
    assert not found, "\n".join(found)


def test_more_contrast_is_given_to_those_who_ask(reader: Reader) -> None:
    """7:1 for text (WCAG's level AAA), where 4.5:1 is usual."""
    problems: list[str] = []
    page = reader.live_page("two-jobs-in-one-loss.html")
    with as_it_was(page):
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, contrast="more")  # type: ignore[arg-type]
            faint = page.evaluate(FAINT_TEXTS, ["body", *AAA])
            problems += [f"{scheme}: {line}" for line in faint]
    assert not problems, "\n".join(problems)


def test_forced_colours_leave_marks_and_choices_visible(reader: Reader) -> None:
    """The system's colours are dark or light; the reader may have chosen the other theme."""
    problems: list[str] = []
    for name in ("two-jobs-in-one-loss.html", "what-lives-in-the-middle.html"):
        page = reader.live_page(name)
        with as_it_was(page):
            theme = page.locator("[data-role=theme]")
            for chosen in ("light", "dark"):
                choose(theme, chosen)
                for scheme in ("light", "dark"):
                    page.emulate_media(color_scheme=scheme, forced_colors="active")  # type: ignore[arg-type]
                    place = f"{name}, {chosen} theme, {scheme} system"
                    problems += [f"{place}: {one}" for one in page.evaluate(FAINT_MARKS)]
                    problems += [f"{place}: choice unseen: {one}" for one in page.evaluate(CHOICES)]
            choose(theme, "auto")
    assert not problems, "\n".join(dict.fromkeys(problems))


def choose(theme: Locator, wanted: str) -> None:
    while theme.inner_text() != f"Theme: {wanted}":
        theme.click()
