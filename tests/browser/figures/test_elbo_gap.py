"""F13: q is dragged beside the true posterior; the bound and the gap always add up to log p(x)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.browser.conftest import HTTP_AND_FILE, Reader
from tests.browser.support.figure import Figure, Snapshot, number
from tests.browser.support.gaussian_pad import HANDLE, drag, drag_with_finger
from tests.browser.support.waiting import eventually

NAME = "elbo-gap"
UNFOLDED: dict[str, object] = {"more": "true"}
NOISE = 0.5
Z = np.linspace(-9, 9, 36_001)

Array = NDArray[np.float64]
DECODERS: dict[str, Callable[[Array], Array]] = {
    "straight": lambda z: z,
    "bent": lambda z: np.exp(z),
    "folded": lambda z: z**2,
}


def log_normal(x: Array | float, mu: Array | float, sigma: float) -> Array:
    """log N(x; mu, sigma²)."""
    eps = np.asarray((x - mu) / sigma, np.float64)
    return -0.5 * eps**2 - float(np.log(sigma) + np.log(2 * np.pi) / 2)


def assert_adds_up(shown: Snapshot, decoder: str, x: float) -> None:
    """The three numbers are right, each by itself, for the q that is printed; hence they add up."""
    mu, sigma = shown.number("μ"), shown.number("σ")
    step = Z[1] - Z[0]
    joint = log_normal(Z, 0.0, 1.0) + log_normal(x, DECODERS[decoder](Z), NOISE)
    evidence = float(np.log(np.exp(joint).sum() * step))
    q = log_normal(Z, mu, sigma)
    bound = float((np.exp(q) * (joint - q)).sum() * step)
    assert shown.number("= log p(x)") == pytest.approx(evidence, abs=0.00051)
    assert shown.number("ELBO") == pytest.approx(bound, abs=0.00051)
    assert shown.number("+ KL") == pytest.approx(evidence - bound, abs=0.00051)
    assert shown.number("gap") == shown.number("+ KL")
    assert shown.number("gap") >= shown.number("least gap of any Gaussian") - 0.00051


def expect_at(figure: Figure, mu: float, sigma: float, within: float = 0.03) -> Snapshot:
    figure.expect_number("μ", mu, within)
    figure.expect_number("σ", sigma, within)
    return figure.snapshot()


def bars(figure: Figure) -> list[tuple[float, float]]:
    """Left and right ends of the bars, from top to bottom, in view-box units."""
    ends: list[tuple[float, float]] = figure.stage.locator("svg.stack rect.bar").evaluate_all(
        "(bars) => bars.map((b) => { const x = +b.getAttribute('x');"
        " return [x, x + +b.getAttribute('width')]; })"
    )
    return ends


def assert_bars_meet(figure: Figure) -> None:
    bound, gap, evidence = bars(figure)
    assert bound[0] == pytest.approx(evidence[0], abs=0.15), "both start at the axis' floor"
    assert bound[1] == pytest.approx(gap[0], abs=0.15)
    assert gap[1] == pytest.approx(evidence[1], abs=1.15)  # a gap of nothing is drawn as 1


@HTTP_AND_FILE
def test_mouse_drags_q_and_the_bar_adds_up(reader: Reader) -> None:
    figure = reader.live_figure(NAME, UNFOLDED)
    before = figure.snapshot()
    assert_adds_up(before, "folded", 1.5)
    assert_bars_meet(figure)
    drag(figure, (0.7, 0.5), (0, 1), (-1.5, 0.8))
    after = expect_at(figure, -1.5, 0.8)
    assert_adds_up(after, "folded", 1.5)
    assert_bars_meet(figure)
    assert after.readouts["= log p(x)"] == before.readouts["= log p(x)"]
    figure.expect_summary(f"mean {after.readouts['μ']} and spread {after.readouts['σ']}")
    residual = next(row for row in figure.table() if row[0].startswith("log p(x) −"))
    assert abs(number(residual[1])) <= 1e-6


def test_finger_drags_q(reader: Reader) -> None:
    figure = reader.live_figure(NAME, UNFOLDED, touch=True)
    drag_with_finger(figure, (0.7, 0.5), (0.2, 0.8), (-0.5, 1.1))
    assert_adds_up(expect_at(figure, -0.5, 1.1, 0.06), "folded", 1.5)


def test_keys_steer_q_and_choose_x_and_decoder(reader: Reader) -> None:
    figure = reader.live_figure(NAME, UNFOLDED)
    figure.slider(HANDLE).focus()
    figure.page.keyboard.press("ArrowRight")
    figure.page.keyboard.press("ArrowUp")
    assert_adds_up(expect_at(figure, 0.75, 0.55, 0), "folded", 1.5)
    figure.slider("observation x").focus()
    for _ in range(4):
        figure.page.keyboard.press("ArrowLeft")
    eventually(figure.page, lambda: assert_adds_up(figure.snapshot(), "folded", 1.3))
    figure.choice("folded, z²").focus()
    figure.page.keyboard.press("ArrowLeft")
    eventually(figure.page, lambda: assert_adds_up(figure.snapshot(), "bent", 1.3))
    assert_bars_meet(figure)


def test_the_best_q_closes_the_gap_only_where_the_posterior_is_gaussian(reader: Reader) -> None:
    left: dict[str, float] = {}
    for decoder in DECODERS:
        figure = reader.live_figure(NAME, {**UNFOLDED, "decoder": decoder, "mu": -0.4})
        figure.button("Find the best q").click()

        def arrived(figure: Figure = figure) -> None:
            shown = figure.snapshot()
            # the state is kept to a hundredth
            assert shown.number("gap") - shown.number("least gap of any Gaussian") < 0.003

        eventually(figure.page, arrived)
        assert_adds_up(figure.snapshot(), decoder, 1.5)
        left[decoder] = figure.snapshot().number("gap")
    assert left["straight"] < 0.003
    assert left["bent"] < 0.1
    assert left["folded"] > 0.6, "one hump is left out"


def test_the_best_q_is_on_the_readers_side(reader: Reader) -> None:
    figure = reader.live_figure(NAME, {**UNFOLDED, "mu": -0.4})
    figure.button("Find the best q").click()
    eventually(figure.page, lambda: assert_side(figure, -1))
    drag(figure, (0, 0.8), (0.4, 0.8))
    figure.button("Find the best q").click()
    eventually(figure.page, lambda: assert_side(figure, 1))


def assert_side(figure: Figure, side: int) -> None:
    assert side * figure.snapshot().number("μ") > 0.9


@HTTP_AND_FILE
def test_address_restores_q_and_reset_ends_it(reader: Reader) -> None:
    figure = reader.live_figure(NAME, UNFOLDED)
    default = figure.snapshot()
    figure.choice("bent, exp z").click()
    drag(figure, (1, 1), (-0.7, 0.6))
    shown = expect_at(figure, -0.7, 0.6)
    other = Figure(reader.visit(figure.address()), figure.placed).wait_live()
    assert other.snapshot().readouts == shown.readouts
    other.reset()
    other.expect_readout("ELBO", default.readouts["ELBO"])
