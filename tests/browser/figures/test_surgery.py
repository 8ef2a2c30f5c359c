"""F25: the parts of a mean KL add up for every β, and no bound comes above log p(x)."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import expect
from scipy.special import logsumexp
from scipy.stats import norm

from tests.browser.conftest import HTTP_AND_FILE, Reader
from tests.browser.support.figure import Figure, Snapshot, number
from tests.browser.support.waiting import eventually

NAME = "surgery"
BETA = "β, the weight of the KL term"
DIGIT = "digit, the first of its kind in the test split"
DRAWS = "draws k of the weighted bound"

Field = NDArray[np.float64]


def posterior(figure: Figure, place: int) -> tuple[Field, Field, NDArray[np.float32]]:
    """Means and deviations of the test digits' clouds at one β, and its parameters."""
    model = figure.placed.model("sweep")
    params = model.array("params")[place]
    outputs = model.run("encoder", params=params, x=pixels(figure))
    mu, log_var = (outputs[name].astype(np.float64) for name in ("mu", "log_var"))
    return mu, np.exp(log_var / 2), params


def pixels(figure: Figure) -> NDArray[np.float32]:
    levels = figure.placed.model("sweep").array("x_test")
    return levels.astype(np.float32) / np.float32(16)


def expect_parts(figure: Figure, place: int) -> None:
    """Waits for one β; its parts add up to the closed form and are those of the recipe."""
    mu, sigma, _ = posterior(figure, place)
    closed = np.mean(np.sum(0.5 * (mu**2 + sigma**2 - 1) - np.log(sigma), axis=1))
    figure.expect_number("= mean KL", float(closed), 0.00051)
    shown = figure.settle()
    parts = [shown.number("I(x; z)"), shown.number("+ KL(q(z) ‖ p)")]
    assert parts == pytest.approx(
        figure.placed.model("sweep").array("terms")[place].tolist(), abs=0.00052
    )
    rest = next(row for row in figure.table() if row[0].startswith("mean KL, closed form"))
    assert abs(number(rest[1])) <= 1e-6


def log_evidence(figure: Figure, digit: int, place: int) -> float:
    """log p(x) by importance sampling from a wide Gaussian, which knows nothing of a grid."""
    model = figure.placed.model("sweep")
    row = int(np.argmax(model.array("labels_test") == digit))
    mu, sigma, params = posterior(figure, place)
    m, s = mu[row], 2 * sigma[row]
    z = m + s * np.random.default_rng(2).standard_normal((40_000, 2))
    x_hat = model.run("decoder", params=params, z=z.astype(np.float32))["x_hat"].astype(np.float64)
    p, x = np.clip(x_hat, 1e-7, 1 - 1e-7), pixels(figure)[row].astype(np.float64)
    seen = np.log(p) @ x + np.log1p(-p) @ (1 - x)
    weight = seen + norm.logpdf(z).sum(axis=1) - norm.logpdf(z, m, s).sum(axis=1)
    return float(logsumexp(weight) - np.log(len(z)))


def assert_bounds(shown: Snapshot) -> None:
    gaps = [shown.number(f"+ {whose} gap") for whose in ("amortisation", "approximation")]
    assert min(gaps) >= 0
    sum_ = shown.number("ELBO") + sum(gaps)
    assert shown.number("= log p(x)") == pytest.approx(sum_, abs=0.0021)


@HTTP_AND_FILE
def test_keys_turn_beta_and_the_parts_add_up(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    expect_parts(figure, 5)
    figure.slider(BETA).focus()
    for key, place in (("ArrowLeft", 4), ("Home", 0), ("End", 9)):
        figure.page.keyboard.press(key)
        expect_parts(figure, place)
    assert figure.settle().number("I(x; z)") < 0.1


def test_finger_turns_beta(reader: Reader) -> None:
    figure = reader.live_figure(NAME, touch=True)
    slider = figure.slider(BETA)
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    assert box
    figure.finger().tap((box["x"] + 3, box["y"] + box["height"] / 2))
    expect_parts(figure, 0)


def test_bounds_stay_below_the_evidence(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    figure.slider(DIGIT).focus()
    for digit, key in ((0, "Home"), (1, "ArrowRight"), (9, "End")):
        figure.page.keyboard.press(key)
        truth = log_evidence(figure, digit, 5)
        figure.expect_number("= log p(x)", truth, 0.02)
        shown = figure.settle()
        assert_bounds(shown)
        gap = shown.number("= log p(x)") - shown.number("ELBO")

        def table_agrees(gap: float = gap) -> None:
            rows = [row for row in figure.table() if row[0].startswith("log p(x) less the bound")]
            missing = np.array([number(row[1]) for row in rows])
            errors = np.array([number(row[2]) for row in rows])
            assert abs(missing[0] - gap) < 4 * errors[0] + 0.002, "one draw is the ELBO"
            assert (missing > -4 * errors - 0.002).all()
            assert (np.diff(missing) <= 0).all(), "more draws, a tighter bound"

        eventually(figure.page, table_agrees)


def test_enough_draws_beat_the_best_gaussian(reader: Reader) -> None:
    """What the figure asks its reader to find."""
    figure = reader.live_figure(NAME)
    slider = figure.slider(DRAWS)
    slider.focus()
    best = figure.snapshot().number("ELBO") + figure.snapshot().number("+ amortisation gap")
    figure.page.keyboard.press("Home")
    figure.expect_readout("with 1 draws", figure.settle().readouts["with 1 draws"])
    assert figure.settle().number("with 1 draws") < best
    figure.page.keyboard.press("End")

    def beaten() -> None:
        assert figure.snapshot().number("with 64 draws") > best

    eventually(figure.page, beaten)


@HTTP_AND_FILE
def test_address_restores_and_reset_ends_it(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    figure.button("Draw afresh").click()
    figure.expect_readout("seed of the draws", "8")
    figure.slider(DIGIT).focus()
    figure.page.keyboard.press("End")
    shown = figure.settle()
    assert "9" in next(label for label in shown.rasters if "log-likelihood" in label)
    other = Figure(reader.visit(figure.address()), figure.placed).wait_live()
    assert other.settle().readouts == shown.readouts
    other.reset()
    other.expect_readout("seed of the draws", "7")
    expect(other.part("reset")).to_be_disabled()


def test_claim_is_in_sight_untouched(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    shown = figure.snapshot()
    assert shown.number("+ KL(q(z) ‖ p)") > 0.03
    figure.expect_summary("by which the average of all clouds differs from the prior")
