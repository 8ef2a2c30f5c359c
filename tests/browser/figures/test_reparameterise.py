"""F12: the cloud follows mean and spread, and two estimators of one gradient are compared."""

from __future__ import annotations

import math
import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import HTTP_AND_FILE, Reader
from tests.browser.support.figure import Figure, Snapshot, number
from tests.browser.support.gaussian_pad import HANDLE, drag, drag_with_finger
from tests.browser.support.waiting import eventually

NAME = "reparameterise"
UNFOLDED: dict[str, object] = {"more": "true"}
ESTIMATES = 1000


def exact_gradient(h: str, parameter: str, mu: float, sigma: float) -> float:
    if h == "bowl":
        return 2 * (mu if parameter == "μ" else sigma)
    damping = math.exp(-((3 * sigma) ** 2) / 2)
    if parameter == "μ":
        return 3 * math.cos(3 * mu) * damping
    return -9 * sigma * math.sin(3 * mu) * damping


def assert_gradient(shown: Snapshot, h: str, parameter: str) -> None:
    expected = exact_gradient(h, parameter, shown.number("μ"), shown.number("σ"))
    assert shown.number(f"exact ∂E[h]/∂{parameter}") == pytest.approx(expected, abs=0.00051)


def expect_gradient(figure: Figure, h: str, parameter: str) -> None:
    eventually(figure.page, lambda: assert_gradient(figure.snapshot(), h, parameter))


def rows(figure: Figure) -> dict[str, list[float]]:
    """Of each estimator: exact gradient, mean, its error, measured variance, exact variance.

    From the table, once that has caught up with what stands beneath the histograms.
    """
    found: dict[str, list[float]] = {}

    def caught_up() -> None:
        for name, *cells in figure.table()[1:]:
            found[name] = [number(cell) for cell in cells]
            panel = figure.stage.locator(".panel", has_text=re.compile(f"{name}:", re.IGNORECASE))
            mean, variance = panel.locator("dd").all_text_contents()
            assert found[name][1] == pytest.approx(number(mean), abs=0.00501)
            assert found[name][3] == number(variance)

    eventually(figure.page, caught_up)
    return found


def assert_consistent(figure: Figure) -> None:
    """Means lie near the exact gradient; error and variance tell the same; theory is near."""
    for exact, mean, error, variance, theory in rows(figure).values():
        assert abs(mean - exact) < 4 * error + 1e-4
        assert error == pytest.approx(math.sqrt(variance / ESTIMATES), rel=0.02, abs=1e-4)
        assert variance == pytest.approx(theory, rel=0.5)


def dots(figure: Figure, hue: str) -> list[float]:
    """Where the cloud's draws of one kind stand, in view-box units."""
    path = figure.stage.locator(f"path.dots.{hue}").first.get_attribute("d") or ""
    return [float(x) for x in re.findall(r"M([-\d.]+) ", path)]


@HTTP_AND_FILE
def test_mouse_moves_the_cloud_but_not_the_noise(reader: Reader) -> None:
    figure = reader.live_figure(NAME, UNFOLDED)
    assert_gradient(figure.snapshot(), "bowl", "μ")
    assert_consistent(figure)
    noise, codes = dots(figure, "c-eps"), dots(figure, "c-z")
    drag(figure, (1.5, 0.8), (0, 0.8), (-1, 0.4))
    figure.expect_number("μ", -1, 0.03)
    figure.expect_number("σ", 0.4, 0.03)
    shown = figure.snapshot()
    assert dots(figure, "c-eps") == noise
    moved = dots(figure, "c-z")
    assert len(moved) == len(codes) == len(noise)
    # on one axis with the noise: z − μ is σ times ε for each draw
    middle = (min(noise) + max(noise)) / 2
    stretch = (max(moved) - min(moved)) / (max(noise) - min(noise))
    assert stretch == pytest.approx(shown.number("σ"), abs=0.01)
    offsets = [z - shown.number("σ") * (e - middle) for z, e in zip(moved, noise, strict=True)]
    assert max(offsets) - min(offsets) < 0.6
    figure.expect_summary(f"μ {shown.readouts['μ']}, σ {shown.readouts['σ']}")
    assert_consistent(figure)


def test_finger_moves_the_cloud(reader: Reader) -> None:
    figure = reader.live_figure(NAME, UNFOLDED, touch=True)
    drag_with_finger(figure, (1.5, 0.8), (1.0, 1.0), (-0.5, 1.2))
    figure.expect_number("μ", -0.5, 0.06)
    figure.expect_number("σ", 1.2, 0.06)
    expect_gradient(figure, "bowl", "μ")


def test_keys_choose_function_and_parameter(reader: Reader) -> None:
    figure = reader.live_figure(NAME, UNFOLDED)
    figure.slider(HANDLE).focus()
    figure.page.keyboard.press("ArrowLeft")
    figure.expect_number("μ", 1.45, 0)
    figure.choice("μ").focus()
    figure.page.keyboard.press("ArrowRight")
    expect(figure.choice("σ")).to_be_checked()
    expect_gradient(figure, "bowl", "σ")
    figure.choice("bowl, z²").focus()
    figure.page.keyboard.press("ArrowRight")
    expect_gradient(figure, "ripple", "σ")
    figure.expect_summary("sin 3z")
    assert_consistent(figure)


def test_the_cheaper_estimator_depends_on_the_function(reader: Reader) -> None:
    bowl = rows(reader.live_figure(NAME, UNFOLDED))
    assert bowl["score function"][3] > 5 * bowl["reparameterised"][3]
    figure = reader.live_figure(NAME, {**UNFOLDED, "h": "ripple", "sigma": 1})
    figure.expect_summary("Here the reparameterised estimates vary")
    ripple = rows(figure)
    assert ripple["reparameterised"][3] > 2 * ripple["score function"][3]


def test_more_draws_divide_the_variance(reader: Reader) -> None:
    figure = reader.live_figure(NAME, UNFOLDED)
    single = rows(figure)
    figure.slider("draws per estimate").focus()
    for _ in range(4):
        figure.page.keyboard.press("ArrowRight")

    def divided() -> None:
        for name, (*_, theory) in rows(figure).items():
            assert single[name][4] / theory == pytest.approx(16, rel=0.01)

    eventually(figure.page, divided)
    assert_consistent(figure)
    figure.button("Draw afresh").click()
    figure.expect_readout("seed", "8")


@HTTP_AND_FILE
def test_address_restores_the_cloud_and_reset_ends_it(reader: Reader) -> None:
    figure = reader.live_figure(NAME, UNFOLDED)
    default = figure.snapshot()
    figure.choice("σ").click()
    drag(figure, (1, 1), (0.7, 0.6))
    figure.expect_number("μ", 0.7, 0.03)
    shown = figure.snapshot()
    other = Figure(reader.visit(figure.address()), figure.placed).wait_live()
    assert other.snapshot().readouts == shown.readouts
    other.expect_summary(figure.summary())
    assert rows(other) == rows(figure)
    other.reset()
    other.expect_readout("μ", default.readouts["μ"])
    expect(other.choice("μ")).to_have_count(0)
    other.button("Show two ways").click()
    expect(other.choice("μ")).to_be_checked()
