"""F11: a Gaussian is dragged over its plane; the divergence, its slope and its estimate follow."""

from __future__ import annotations

import math

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import HTTP_AND_FILE, Reader
from tests.browser.support.figure import Figure, Snapshot, number
from tests.browser.support.gaussian_pad import HANDLE, drag, drag_with_finger, plane_of
from tests.browser.support.waiting import eventually

NAME = "kl-spring"
UNFOLDED: dict[str, object] = {"more": "true"}


def assert_divergence(shown: Snapshot) -> None:
    """What is printed is the divergence, and its slope, of the μ and σ printed beside them."""
    mu, sigma = shown.number("μ"), shown.number("σ")
    kl = (mu**2 + sigma**2 - 1) / 2 - math.log(sigma)
    assert shown.number("KL(q ‖ p)") == pytest.approx(kl, abs=0.00051)
    assert shown.number("closed form") == pytest.approx(kl, abs=0.00051)
    assert shown.number("∂KL/∂μ") == pytest.approx(mu, abs=0.00051)
    assert shown.number("∂KL/∂σ") == pytest.approx(sigma - 1 / sigma, abs=0.00051)


def expect_at(figure: Figure, mu: float, sigma: float, within: float = 0.03) -> Snapshot:
    figure.expect_number("μ", mu, within)
    figure.expect_number("σ", sigma, within)
    shown = figure.snapshot()
    assert_divergence(shown)
    return shown


def error_bar(shown: Snapshot) -> float:
    return number(shown.readouts["estimate"].split("±")[1])


@HTTP_AND_FILE
def test_mouse_drags_the_cloud(reader: Reader) -> None:
    figure = reader.live_figure(NAME, UNFOLDED)
    before = figure.snapshot()
    assert_divergence(before)
    drag(figure, (before.number("μ"), before.number("σ")), (0.5, 1.5), (-1.5, 2.0))
    after = expect_at(figure, -1.5, 2.0)
    figure.expect_summary(f"mean {after.readouts['μ']} and spread {after.readouts['σ']}")
    # below the plane the spread stays at its least
    x, y = plane_of(figure).spot((-1.5, 0.4))
    figure.mouse_drag([(x, y), (x, y + 100)])
    expect_at(figure, -1.5, 0.2)


def test_a_drag_moves_the_cloud_where_the_text_is_selected(reader: Reader) -> None:
    """The browser would rather carry off the selected text, and cancel the gesture."""
    figure = reader.live_figure(NAME, UNFOLDED)
    figure.page.keyboard.press("Control+A")
    drag(figure, (1, 1), (0.2, 1.6), (-2, 2.2))
    expect_at(figure, -2, 2.2)
    figure.page.evaluate("getSelection().removeAllRanges()")


def test_finger_drags_the_cloud(reader: Reader) -> None:
    figure = reader.live_figure(NAME, UNFOLDED, touch=True)
    drag_with_finger(figure, (1.5, 0.45), (1.0, 0.8), (-1.0, 1.4))
    expect_at(figure, -1.0, 1.4, 0.06)


def test_keys_steer_the_cloud_and_at_the_prior_nothing_pulls(reader: Reader) -> None:
    figure = reader.live_figure(NAME, {**UNFOLDED, "mu": 0.05, "sigma": 0.95})
    expect(figure.stage.locator(".arrow").first).to_be_attached()
    figure.slider(HANDLE).focus()
    figure.page.keyboard.press("ArrowLeft")
    figure.page.keyboard.press("ArrowUp")
    shown = expect_at(figure, 0, 1, 0)
    assert shown.number("KL(q ‖ p)") == 0
    assert error_bar(shown) == 0, "log q − log p is the same for every draw there"
    expect(figure.stage.locator(".arrow")).to_have_count(0)
    figure.expect_summary("Nothing pulls on the mean. Nothing pulls on the spread.")
    figure.page.keyboard.press("Shift+ArrowRight")
    expect_at(figure, 0.5, 1, 0)


def test_more_draws_narrow_the_error_bar_and_fresh_ones_move_the_estimate(reader: Reader) -> None:
    figure = reader.live_figure(NAME, {**UNFOLDED, "doublings": 8})
    few = figure.snapshot()
    figure.slider("draws").focus()
    for _ in range(6):
        figure.page.keyboard.press("ArrowRight")

    def narrowed() -> None:
        # 64 times the draws: an eighth of the error, within what the estimate of the error allows
        ratio = error_bar(few) / error_bar(figure.snapshot())
        assert 5.5 < ratio < 11

    eventually(figure.page, narrowed)
    many = figure.snapshot()
    assert abs(many.number("estimate") - many.number("closed form")) < 4 * error_bar(many)
    figure.button("Draw afresh").click()
    figure.expect_readout("seed", "8")
    fresh = figure.snapshot()
    assert fresh.readouts["estimate"] != many.readouts["estimate"]
    assert fresh.readouts["closed form"] == many.readouts["closed form"]


def test_let_go_slides_to_the_prior_until_the_reader_takes_over(reader: Reader) -> None:
    figure = reader.live_figure(NAME, {**UNFOLDED, "mu": 2, "sigma": 0.5})
    figure.button("Let go").click()
    expect(figure.button("Hold")).to_be_visible()

    def halfway() -> None:
        assert figure.snapshot().number("μ") < 1.2

    eventually(figure.page, halfway)
    drag(figure, (-2, 2), (-2.2, 2.2))
    expect(figure.button("Let go")).to_be_visible()
    expect_at(figure, -2.2, 2.2)
    figure.button("Let go").click()
    eventually(figure.page, lambda: assert_rest(figure), seconds=15)
    expect(figure.button("Let go")).to_be_visible()


def assert_rest(figure: Figure) -> None:
    shown = figure.snapshot()
    assert abs(shown.number("μ")) <= 0.01
    assert abs(shown.number("σ") - 1) <= 0.01


def test_with_reduced_motion_let_go_jumps(reader: Reader) -> None:
    figure = reader.figure(NAME, UNFOLDED, reduced_motion=True).wait_live()
    figure.button("Let go").click()
    expect_at(figure, 0, 1, 0)
    expect(figure.button("Let go")).to_be_visible()


@HTTP_AND_FILE
def test_address_restores_the_cloud_and_reset_ends_it(reader: Reader) -> None:
    figure = reader.live_figure(NAME, UNFOLDED)
    default = figure.snapshot()
    drag(figure, (1, 1), (0.7, 2.1))
    shown = expect_at(figure, 0.7, 2.1)
    other = Figure(reader.visit(figure.address()), figure.placed).wait_live()
    assert other.snapshot().readouts == shown.readouts
    other.reset()
    other.expect_readout("KL(q ‖ p)", default.readouts["KL(q ‖ p)"])
