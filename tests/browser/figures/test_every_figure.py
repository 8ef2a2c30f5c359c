"""What each figure owes its reader, whatever it shows. Every figure's folder is a case."""

from __future__ import annotations

import tomllib

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import FOLLOW, POSTPONED, ROOT, Reader, State
from tests.browser.support.figure import ALL_WRITTEN, LIVE_TIMEOUT, Figure
from tests.browser.support.layout import faults
from tests.browser.support.rounds import SAID
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

CHAPTERS = [name for name in PAGES if name != "index.html"]
"""What stands on the cover stands in one of them, too."""

# Of a static frame: its state, whether it is seen, its drawings, the ink of its pictures, and what
# can be worked in it.
STATIC = """
(ids) => Promise.all(ids.map(async (id) => {
  const figure = document.getElementById(id);
  const stage = figure.querySelector("[data-role=stage]");
  const inks = [];
  for (const image of stage.querySelectorAll("img")) {
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    let ink = 0;
    for (let i = 3; i < data.length; i += 4) ink += data[i] / 255;
    inks.push(ink);
  }
  const worked = "button:enabled, input:enabled, [tabindex='0']:not(:disabled)";
  return {
    state: figure.dataset.state,
    visible: figure.checkVisibility({ visibilityProperty: true }) && figure.offsetHeight > 0,
    drawings: stage.querySelectorAll("svg, img").length,
    inks,
    worked: stage.querySelectorAll(worked).length,
  };
}))
"""

RESET = """
(ids) => ids.forEach((id) => {
  document.getElementById(id).querySelector("[data-role=reset]").click();
})
"""

# Each visible control without a name, or with too little room for a finger.
UNFIT_FOR_A_FINGER = """
(ids) => ids.flatMap((id) => {
  const all = "button, select, input, summary, [role=slider]";
  const shown = (control) => {
    const { width, height } = control.getBoundingClientRect();
    return control.checkVisibility({ visibilityProperty: true }) && width > 0 && height > 0;
  };
  const controls = [...document.getElementById(id).querySelectorAll(all)];
  return controls.filter((one) => one.matches("[role=slider]") || shown(one)).flatMap((control) => {
    const target = control.closest("label") ?? control;
    const { width, height } = target.getBoundingClientRect();
    const labels = [...(control.labels ?? [])].map((l) => l.textContent).join("");
    const name = control.getAttribute("aria-label") || labels || control.textContent;
    const told = `${id}, ${name.trim() || control.outerHTML}`;
    const inline = "turns" in control.dataset;  // as high as its line: WCAG 2.5.8
    return [
      ...(name.trim() ? [] : [`no name: ${told}`]),
      ...(height >= 43.5 || width >= 200 || inline ? [] : [`${told}: ${width}×${height}`]),
    ];
  });
})
"""


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
    in_chapters = {figure.name for figure in reader.site.figures if figure.page in CHAPTERS}
    assert in_chapters >= set(FIGURES)


@pytest.mark.parametrize("touch", [False, True], ids=["desk", "phone"])
@pytest.mark.parametrize("page_name", PAGES)
def test_figures_go_live_where_they_stood(reader: Reader, page_name: str, touch: bool) -> None:
    """Static frames need no script, say the same as the live ones, and nothing jumps."""
    figures = reader.site.figures_of(page_name)
    ids = [placed.id for placed in figures]
    url = reader.site.url(page_name)
    still = reader.visit(url, scripts=False, touch=touch)
    live = reader.visit(url, touch=touch, before=BEFORE)
    drawn = still.evaluate(STATIC, ids)
    said = still.evaluate(SAID, ids)
    for id, static, (_, summary) in zip(ids, drawn, said, strict=True):
        assert static["state"] == "static", id
        assert static["visible"], id
        assert len(summary) > 40, id
        assert static["drawings"] > 0, id
        assert all(ink > 0.5 for ink in static["inks"]), f"blank static pictures: {id}, {static}"
        assert static["worked"] == 0, id

    Figure(live, figures[0]).wait_live()
    # Until all is laid out, who scrolls on sees it come.
    expect(live.locator("html")).not_to_have_class(POSTPONED, timeout=LIVE_TIMEOUT)
    reader.wake(live, figures)
    boxes = live.evaluate("(ids) => ids.map((id) => [frozenBoxes[id], boxesOf(id)])", ids)
    for id, (frozen, now) in zip(ids, boxes, strict=True):
        moved = f"{id} moved from {frozen} to {now}"
        assert np.abs(np.array(now) - frozen).max() <= 0.5, moved
    # The frame was drawn by the build, whose kernels may round to another last digit.
    for id, ours, theirs in zip(ids, live.evaluate(SAID, ids), said, strict=True):
        for now_said, then_said in zip((*ours[0], ours[1]), (*theirs[0], theirs[1]), strict=True):
            expect_same_text(now_said, then_said, id)
    assert not faults(live)
    reader.share(live)


@pytest.mark.parametrize("page_name", PAGES)
def test_every_control_has_a_name_and_a_place_for_a_finger(reader: Reader, page_name: str) -> None:
    page = reader.live_page(page_name, touch=True)
    ids = [placed.id for placed in reader.site.figures_of(page_name)]
    problems: list[str] = page.evaluate(UNFIT_FOR_A_FINGER, ids)
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("page_name", PAGES)
def test_state_of_an_address_is_clamped_and_nonsense_is_ignored(
    reader: Reader, page_name: str
) -> None:
    """Whatever stands behind the #, figures go live with a state that their specs allow."""
    figures = reader.site.figures_of(page_name)
    ids = [placed.id for placed in figures]
    nonsense = '"><script>alert(1)</script>%00🦆'
    takes_any_text = ("text", "strokes")
    odd: list[tuple[PlacedFigure, State]] = []
    far: list[tuple[PlacedFigure, State]] = []
    for placed in figures:
        specs = placed.data["spec"].get("state", {})
        open_to_text = {k for k, spec in specs.items() if spec["type"] in takes_any_text}
        odd.append((placed, {k: nonsense for k in specs.keys() - open_to_text}))
        far.append((placed, {k: 1e300 if "max" in spec else nonsense for k, spec in specs.items()}))
    page = reader.visit(reader.site.url(page_name, fragment_of(odd)))
    reader.wake(page, figures)
    usual = reader.live_page(page_name)

    def numbers(page: Page) -> list[list[str]]:
        return [entries for entries, _ in page.evaluate(SAID, ids)]

    # A page that others used before follows its reset, its table after a rest.
    def is_the_usual() -> None:
        for id, seen, expected in zip(ids, numbers(page), numbers(usual), strict=True):
            assert seen == expected, id

    eventually(usual, is_the_usual)
    usual.evaluate(FOLLOW, fragment_of(far))
    usual.evaluate(ALL_WRITTEN, ids)
    for id, seen in zip(ids, numbers(usual), strict=True):
        assert "NaN" not in " ".join(seen), id
    bounded = [
        placed.id
        for placed in figures
        if any("max" in spec for spec in placed.data["spec"].get("state", {}).values())
    ]
    usual.evaluate(RESET, bounded)
    # Choices had ignored the nonsense.
    expect(
        usual.locator("figure[data-figure] [data-role=reset]:not([aria-disabled])")
    ).to_have_count(0)
    assert page.locator("script:not([src]):not([type='application/json'])").count() == 0
    reader.share(page)
