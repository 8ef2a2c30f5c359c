"""F7: a small network learns to flatten a curled surface, in the page, where PCA cannot."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import HTTP_AND_FILE, Reader
from tests.browser.support.figure import Figure
from tests.browser.support.training import FULL_SPEED, HANDS, TRAIN, UNTRAIN, Bench, Hand
from tests.browser.support.waiting import eventually

NAME = "unroll"
ERROR, PCA = "validation error", "PCA’s"
SURFACES = {"s-curve": "S-curve", "swiss-roll": "Swiss roll", "moons": "two moons"}
HAND_ON: dict[str, Hand] = {"s-curve": "mouse", "swiss-roll": "finger", "moons": "keys"}
SURFACE_PLOT = "The curled surface with the decoded grid"


def paths(figure: Figure, kind: str) -> list[str]:
    """What is drawn in the surface's plot: `dots` of the points or lines of the `mesh`."""
    svg = figure.stage.locator(f"svg[aria-label^='{SURFACE_PLOT}']")
    selector = "path.dots" if kind == "dots" else "g.mesh path"
    return [path.get_attribute("d") or "" for path in svg.locator(selector).all()]


@HTTP_AND_FILE
def test_the_claim_stands_before_anything_is_trained(reader: Reader) -> None:
    static = reader.figure(NAME, scripts=False)
    metrics = static.placed.model("s-curve").card["metrics"]
    said = re.search(r"error is ([\d.]+); PCA’s is ([\d.]+)\.", static.summary())
    assert said, static.summary()
    ours, pca = map(float, said.groups())
    assert ours == pytest.approx(metrics["validation.loss"]["value"], abs=5.01e-5)
    assert pca == pytest.approx(metrics["pca.validation.loss"]["value"], abs=5.01e-5)
    assert ours < pca / 10


@pytest.mark.parametrize("surface", SURFACES)
def test_trains_from_untrained_until_it_beats_pca(reader: Reader, surface: str) -> None:
    hand = HAND_ON[surface]
    figure = reader.live_figure(NAME, FULL_SPEED, touch=hand == "finger")
    run = Bench(figure, hand)
    run.choose(SURFACES[surface])
    pca = figure.placed.model(surface).card["metrics"]["pca.validation.loss"]["value"]
    figure.expect_number(PCA, pca, 5.01e-5)
    figure.settle()
    run.press(UNTRAIN)
    run.wait_phase("untrained")
    untrained = figure.placed.model(surface).card["metrics"]["validation.loss.untrained"]["value"]
    figure.expect_number(ERROR, untrained, 1e-4)
    flat = paths(figure, "mesh")
    run.press(TRAIN)

    def beats() -> None:
        assert figure.snapshot().number(ERROR) < pca / 2

    eventually(figure.page, beats, 60)
    run.pause()
    figure.settle()
    assert figure.snapshot().number(ERROR) == pytest.approx(run.validation_loss(), abs=5.01e-5)
    bent = paths(figure, "mesh")
    assert len(bent) == (1 if surface == "moons" else 22)
    assert bent != flat, "the network's surface did not move"
    assert f"surface={surface}" in figure.page.url or surface == "s-curve"


@pytest.mark.parametrize("hand", HANDS)
def test_the_surface_is_seen_from_another_side(reader: Reader, hand: Hand) -> None:
    figure = reader.live_figure(NAME, FULL_SPEED, touch=hand == "finger")
    run = Bench(figure, hand)
    before = paths(figure, "dots"), paths(figure, "mesh")
    run.turn_up("seen from")

    def turned() -> None:
        now = paths(figure, "dots"), paths(figure, "mesh")
        assert now[0] != before[0]
        assert now[1] != before[1]

    eventually(figure.page, turned)
    assert run.record() is None, "turning the view must not touch the run"
    assert "turn=1" in figure.address()
    run.choose(SURFACES["moons"])
    expect(figure.slider("seen from")).to_have_count(0)
