"""What each figure owes its reader, whatever it shows. Every figure's folder is a case."""

from __future__ import annotations

import tomllib

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import ROOT, Reader, State
from tests.browser.support.figure import Figure
from tests.browser.support.layout import faults
from tests.browser.support.same_text import expect_same_text
from tests.browser.support.site import PlacedFigure, fragment_of
from tests.browser.support.waiting import eventually

SPECS = {
    path.parent.name: tomllib.loads(path.read_text("utf-8"))
    for path in sorted((ROOT / "site_assets/figures").glob("*/figure.toml"))
}
BOOK_HAS_DATA = "data" in tomllib.loads((ROOT / "content/book.toml").read_text("utf-8"))
FIGURES = [
    name
    for name, spec in SPECS.items()
    # those that show an author's own data stand in a book that declares some: test_authoring.py
    if BOOK_HAS_DATA or not any(use.get("own_data") for use in spec.get("models", {}).values())
]

PAGES = sorted(
    f"{path.stem.partition('-')[2] or path.stem}.html"
    for path in (ROOT / "content").glob("*.md")
    if "\n::: figure" in f"\n{path.read_text('utf-8')}"
)

INK_OF_IMAGES = """
async (stage) => {
  const inks = [];
  for (const image of stage.querySelectorAll("img")) {
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    inks.push(data.filter((_, i) => i % 4 === 3).reduce((sum, alpha) => sum + alpha / 255, 0));
  }
  return inks;
}
"""

CAN_BE_WORKED = "button:enabled, input:enabled, [tabindex='0']:not(:disabled)"
NUMBERS = """
(figure) => [...figure.querySelectorAll(".readout > div, [data-role=table] td")]
  .map((entry) => entry.textContent)
"""


@pytest.fixture(params=FIGURES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


# Where the figures' parts stand at the first paint, which waits for the fonts. What is put off
# until one is live is measured as it will be.
BEFORE = """
addEventListener("DOMContentLoaded", () => {
  const root = document.documentElement;
  window.boxesOf = (id) => {
    const figure = document.getElementById(id);
    const parts = [figure, ...figure.querySelectorAll("[data-role=stage], figcaption")];
    return parts.map((part) => {
      const { left, top, width, height } = part.getBoundingClientRect();
      return [left + scrollX, top + scrollY, width, height];
    });
  };
  const freeze = () => {
    if (window.frozenBoxes || root.classList.contains("fonts-pending")) return;
    const figures = [...document.querySelectorAll("figure[data-figure]")];
    const postponed = [...document.querySelectorAll(".postponed")];
    for (const block of postponed) block.classList.remove("postponed");
    const frozen = figures.map((figure) => [figure.id, window.boxesOf(figure.id)]);
    for (const block of postponed) block.classList.add("postponed");
    window.frozenBoxes = Object.fromEntries(frozen);
  };
  new MutationObserver(freeze).observe(root, { attributeFilter: ["class"] });
  freeze();
});
"""


def test_every_figure_stands_on_one_of_the_pages(reader: Reader) -> None:
    assert {figure.page for figure in reader.site.figures} == set(PAGES)
    assert {figure.name for figure in reader.site.figures} >= set(FIGURES)


@pytest.mark.parametrize("touch", [False, True], ids=["desk", "phone"])
@pytest.mark.parametrize("page_name", PAGES)
def test_figures_go_live_where_they_stood(reader: Reader, page_name: str, touch: bool) -> None:
    """Static frames need no script, say the same as the live ones, and nothing jumps."""
    figures = reader.site.figures_of(page_name)
    url = reader.site.url(page_name)
    still = reader.visit(url, scripts=False, touch=touch)
    live = reader.visit(url, touch=touch, before=BEFORE)
    for placed in figures:
        static = Figure(still, placed)
        expect(static.root).to_have_attribute("data-state", "static")
        expect(static.root).to_be_visible()
        assert len(static.summary()) > 40
        assert static.stage.locator("svg, img").count() > 0
        inks: list[float] = static.stage.evaluate(INK_OF_IMAGES)
        assert all(ink > 0.5 for ink in inks), f"blank static pictures: {inks}"
        assert static.stage.locator(CAN_BE_WORKED).count() == 0

        figure = Figure(live, placed).wait_live()
        frozen, now = live.evaluate(
            "(id) => [window.frozenBoxes[id], window.boxesOf(id)]", placed.id
        )
        assert np.abs(np.array(now) - frozen).max() <= 0.5, f"moved from {frozen} to {now}"
        # The frame was drawn by the build, whose kernels may round to another last digit.
        numbers = zip(figure.root.evaluate(NUMBERS), static.root.evaluate(NUMBERS), strict=True)
        for now_said, said in (*numbers, (figure.summary(), static.summary())):
            expect_same_text(now_said, said, placed.id)
    assert not faults(live)


def test_every_control_has_a_name_and_a_place_for_a_finger(reader: Reader, name: str) -> None:
    figure = reader.live_figure(name, touch=True)
    controls = figure.root.locator(
        "button:visible, select:visible, input:visible, summary:visible, [role=slider]"
    )
    problems: list[str] = controls.evaluate_all(
        """(controls) => controls.flatMap((control) => {
          const target = control.closest("label") ?? control;
          const { width, height } = target.getBoundingClientRect();
          const labels = [...(control.labels ?? [])].map((l) => l.textContent).join("");
          const name = control.getAttribute("aria-label") || labels || control.textContent;
          const told = name.trim() || control.outerHTML;
          const inline = "turns" in control.dataset;  // as high as its line: WCAG 2.5.8
          return [
            ...(name.trim() ? [] : [`no name: ${told}`]),
            ...(height >= 43.5 || width >= 200 || inline ? [] : [`${told}: ${width}×${height}`]),
          ];
        })"""
    )
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("page_name", PAGES)
def test_state_of_an_address_is_clamped_and_nonsense_is_ignored(
    reader: Reader, page_name: str
) -> None:
    """Whatever stands behind the #, figures go live with a state that their specs allow."""
    figures = reader.site.figures_of(page_name)
    nonsense = '"><script>alert(1)</script>%00🦆'
    takes_any_text = ("text", "strokes")
    odd: list[tuple[PlacedFigure, State]] = []
    for placed in figures:
        specs = placed.data["spec"].get("state", {})
        open_to_text = {k for k, spec in specs.items() if spec["type"] in takes_any_text}
        odd.append((placed, {k: nonsense for k in specs.keys() - open_to_text}))
    address = fragment_of(odd)
    page = reader.visit(reader.site.url(page_name, address))
    for placed in figures:
        seen = Figure(page, placed).wait_live().root.evaluate(NUMBERS)
        usual = reader.live_figure(placed)

        # A page that others used before follows its reset, its table after a rest.
        def is_the_usual(usual: Figure = usual, seen: object = seen) -> None:
            assert seen == usual.root.evaluate(NUMBERS)

        eventually(usual.page, is_the_usual)
        specs = placed.data["spec"].get("state", {})
        far: State = {k: 1e300 if "max" in spec else nonsense for k, spec in specs.items()}
        figure = reader.live_figure(placed, far)
        figure.settle()
        assert "NaN" not in " ".join(figure.root.evaluate(NUMBERS))
        if any("max" in spec for spec in specs.values()):
            figure.reset()
        expect(figure.part("reset")).to_be_disabled()  # choices had ignored the nonsense
    assert page.locator("script:not([src]):not([type='application/json'])").count() == 0
