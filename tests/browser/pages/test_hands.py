"""What hands do by the way: a palm on the paper, a wheel over a number, Escape, a mouse at rest."""

from __future__ import annotations

from typing import Literal

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import WIDE, Reader
from tests.browser.figures.test_any_hands import NARROWEST
from tests.browser.figures.test_every_figure import PAGES
from tests.browser.pages.test_accessibility import as_it_was
from tests.browser.support.figure import Figure
from tests.browser.support.training import Bench

# Text against its ground for each control that is shown, in the state in which it is now.
FAINT = """
(least) => {
  const context = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const known = new Map();
  const once = (key, find) => known.get(key) ?? known.set(key, find()).get(key);
  // Of colours painted one over the other.
  const luminance = (colours) => once(colours.join(), () => {
    context.clearRect(0, 0, 1, 1);
    for (const colour of colours) {
      context.fillStyle = colour;
      context.fillRect(0, 0, 1, 1);
    }
    const [r, g, b] = [...context.getImageData(0, 0, 1, 1).data].slice(0, 3).map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  });
  const grounds = (element) => once(element, () => [
    ...(element.parentElement ? grounds(element.parentElement) : []),
    getComputedStyle(element).backgroundColor,
  ]);
  const faces = ".button, .toggle-choice > span, .select > select, .seed input, "
    + ".predict-choices > button, .cell button, .theme, .masthead-link";
  return [...document.querySelectorAll(faces)].filter((face) => face.checkVisibility())
    .flatMap((face) => {
      const ground = grounds(face);
      const [a, b] = [luminance(ground),
        luminance([...ground, getComputedStyle(face).color])].sort((x, y) => x - y);
      const ratio = (b + 0.05) / (a + 0.05);
      if (ratio >= least) return [];
      return [`${ratio.toFixed(1)} : 1, ${face.outerHTML.slice(0, 80)}`];
    });
}
"""
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
PSEUDO = ((), ("hover",), ("focus", "focus-visible"), ("hover", "active"),
          ("hover", "focus", "focus-visible", "active"))  # fmt: skip
CONTROLS = "figure .button, figure input, figure select"
SHOW = "(shown) => { document.body.style.display = shown ? '' : 'none'; }"
WHICH_ARE_ENABLED = """
(controls) => [...document.querySelectorAll(controls)].map(({ disabled }) => !disabled)
"""
ENABLE = """
([controls, which]) => document.querySelectorAll(controls).forEach((control, index) => {
  control.disabled = !(Array.isArray(which) ? which[index] : which);
})
"""


@pytest.mark.parametrize("name", PAGES)
def test_every_state_of_every_control_can_be_read(reader: Reader, name: str) -> None:
    """4.5 : 1 in each combination; 3 : 1 for what is disabled, of which no rule asks anything."""
    page = reader.live_page(name)
    session = page.context.new_cdp_session(page)
    session.send("DOM.enable")
    session.send("CSS.enable")
    root = session.send("DOM.getDocument", {"depth": 0})["root"]["nodeId"]
    query = {"nodeId": root, "selector": "button, input, select, .toggle-choice"}
    nodes = session.send("DOM.querySelectorAll", query)["nodeIds"]
    usual = page.evaluate(WHICH_ARE_ENABLED, CONTROLS)
    problems: list[str] = []
    with as_it_was(page):
        for states in PSEUDO:
            page.evaluate(SHOW, False)  # else each of them is a new style for all of the page
            for node in nodes:
                forced = {"nodeId": node, "forcedPseudoClasses": list(states)}
                session.send("CSS.forcePseudoState", forced)
            page.evaluate(SHOW, True)
            for scheme in SCHEMES:
                page.emulate_media(color_scheme=scheme)
                for enabled in (True, False):
                    if not enabled:
                        page.evaluate(ENABLE, [CONTROLS, False])
                    found = page.evaluate(FAINT, 4.5 if enabled else 3)
                    told = "+".join((scheme, *states, *([] if enabled else ["disabled"])))
                    problems += [f"{name} {told}: {line}" for line in found]
                page.evaluate(ENABLE, [CONTROLS, True])
        session.detach()
        page.evaluate(ENABLE, [CONTROLS, usual])
    assert not problems, "\n".join(problems)


def test_the_paper_cleared_is_no_wider_than_a_phone(reader: Reader) -> None:
    figure = reader.live_figure("draw-and-squeeze")
    figure.page.set_viewport_size(NARROWEST)
    figure.button("Clear the paper").click()
    figure.settle()
    wide = figure.page.evaluate("document.documentElement.scrollWidth")
    figure.page.set_viewport_size(WIDE)
    assert wide <= NARROWEST["width"]


def test_a_palm_that_touches_first_leaves_the_stroke_to_the_pen(reader: Reader) -> None:
    figure = reader.live_figure("draw-and-squeeze", {"strokes": ""}, touch=True)
    paper = figure.root.locator(".sketch")
    paper.scroll_into_view_if_needed()
    box = paper.bounding_box()
    assert box
    session = figure.page.context.new_cdp_session(figure.page)
    spot = [(box["x"] + share * box["width"], box["y"] + 0.5 * box["height"])
            for share in (0.9, 0.2, 0.3, 0.4, 0.5)]  # fmt: skip
    palm = {"x": spot[0][0], "y": spot[0][1] + 0.3 * box["height"]}
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [palm]})

    def pen(kind: str, place: tuple[float, float]) -> None:
        event = {"type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1,
                 "buttons": 1, "pointerType": "pen"}  # fmt: skip
        session.send("Input.dispatchMouseEvent", event)

    pen("mousePressed", spot[1])
    for place in spot[2:]:
        pen("mouseMoved", place)
    pen("mouseReleased", spot[-1])
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    figure.settle()
    path = figure.root.locator(".sketch-ink").get_attribute("d") or ""
    assert path.count("M") == 1, "the palm has drawn"
    assert path.count("L") >= 2, "the pen has not"


def test_the_wheel_does_not_turn_a_seed_and_a_new_seed_is_one_press(reader: Reader) -> None:
    run = Bench(reader.live_figure("organise", {"speed": "max"}), "mouse")
    run.press("Train it yourself")
    run.wait_step(20)
    run.pause()
    step = run.step()
    seed = run.figure.root.get_by_label("seed", exact=True)
    seed.click()
    run.figure.page.mouse.wheel(0, 240)
    run.figure.page.wait_for_timeout(300)
    expect(seed).to_have_value("7")
    assert run.step() == step, "the run was thrown away"
    run.press("New seed")
    run.wait_phase("untrained")
    expect(seed).to_have_value("8")


def test_escape_closes_what_hover_or_focus_has_opened(reader: Reader) -> None:
    page = reader.shared_page(reader.site.url("two-jobs-in-one-loss.html"))
    opener = page.locator(".prose [data-popover]:visible").first
    note = opener.locator("xpath=following-sibling::*[contains(@class, 'popover')]").first
    for open_it in (opener.hover, opener.focus):
        page.mouse.move(1, 1)
        open_it()
        expect(note).to_be_visible()
        page.keyboard.press("Escape")
        expect(note).to_be_hidden()
        page.evaluate("document.activeElement.blur()")


# Whether it reaches beyond its block, and whether it is what a finger would meet at its corners.
OPENED = """
(note) => {
  const { left, right, top, bottom } = note.getBoundingClientRect();
  const met = [left + 9, right - 9].flatMap((x) => [top + 9, bottom - 9].map((y) =>
    note.contains(document.elementFromPoint(x, y))));
  return [bottom > note.closest(".prose > *").getBoundingClientRect().bottom + 20, met];
}
"""


def test_what_opens_out_of_a_block_lies_over_the_next_ones(reader: Reader) -> None:
    page = reader.shared_page(reader.site.url("two-jobs-in-one-loss.html"))
    expect(page.locator("html.layout-postponed")).to_have_count(0)
    beyond = 0
    for opener in page.locator(".prose [data-popover]:visible").all()[:15]:
        note = opener.locator("xpath=following-sibling::*[contains(@class, 'popover')]").first
        opener.evaluate("(link) => link.scrollIntoView({ block: 'center', behavior: 'instant' })")
        for open_it in (opener.hover, opener.focus):
            open_it()
            expect(note).to_be_visible()
            reaches, met = note.evaluate(OPENED)
            assert met == [True] * 4
            beyond += reaches
            page.keyboard.press("Escape")
            page.mouse.move(1, 1)
            page.evaluate("document.activeElement.blur()")
    assert beyond, "none reaches the block beneath"


def test_names_of_loss_curves_stand_beside_the_axis_from_the_first_step(reader: Reader) -> None:
    run = Bench(reader.live_figure("organise", {"speed": "1"}), "mouse")
    run.press("Untrain")
    for step in (1, 2):
        run.press("One step")
        run.wait_step(step)
    figure: Figure = run.figure
    over = figure.root.evaluate(
        """(figure) => [...figure.querySelectorAll(".loss-plots .plot")].flatMap((plot) => {
          const axis = Math.max(...[...plot.querySelectorAll(".tick line[x2]")]
            .map((line) => line.getBoundingClientRect().left));
          return [...plot.querySelectorAll(".direct-label")]
            .filter((name) => name.getBoundingClientRect().left < axis)
            .map((name) => name.textContent);
        })"""
    )
    assert not over


def test_a_phrase_of_the_text_sets_its_figure_and_leaves_the_others(reader: Reader) -> None:
    spring = reader.live_figure("kl-spring", {"mu": 2})
    page = spring.page
    gap = Figure(page, reader.site.figure("elbo-gap")).wait_live()
    page.get_by_role("link", name="straight decoder").click()
    expect(gap.choice("straight, z")).to_be_checked()
    expect(gap.root).to_be_in_viewport()
    spring.expect_readout("μ", "2.00")
    page.get_by_role("link", name="make the cloud very narrow").click()
    spring.expect_readout("σ", "0.20")
    expect(gap.choice("straight, z")).to_be_checked()
