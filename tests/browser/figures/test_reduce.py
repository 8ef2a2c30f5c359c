"""F19: knobs that the page fits to marked points are scipy's, and fill in as onnxruntime says."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import expect
from scipy.optimize import least_squares

from tests.browser.conftest import HTTP_AND_FILE, Reader
from tests.browser.support.figure import Figure, number
from tests.browser.support.site import PublishedModel
from tests.browser.support.waiting import eventually
from training.data import rng

NAME = "reduce"
SIDE = 13
DEFAULT = "bbbgblgdgjlblgll"
PAD = "Measured points, on the map of the d axis"
ELSEWHERE = "error elsewhere, autoencoder"
Field = NDArray[np.float64]


class Bench:
    """The first test machine, its instrument, and both models, outside of the page."""

    def __init__(self, model: PublishedModel, machine: int = 1) -> None:
        self.model, self.options = model, model.card["options"]
        self.truth = model.array("maps")[machine - 1].astype(float) / self.options["fine"]
        grain = rng.normal(machine - 1, rng.STREAM_DRAW + 60, self.truth.size)
        self.readings = self.truth + self.options["noise"] * grain.astype(float)
        self.mean, self.directions, self.scales = (
            model.array(name).astype(float) for name in ("mean", "directions", "scales")
        )

    def sloped(self, z: Field, knobs: int) -> tuple[Field, Field]:
        """A map, mVs `[338]`, and its slopes `[338, knobs]`."""
        padded = np.zeros((1, 6), np.float32)
        padded[0, :knobs] = z
        found = self.model.run("decoder", z=padded, member=np.array([knobs - 1], np.int32))
        along = self.options["unit"] * self.directions
        slopes = along.T @ found["slopes"][0][:, :knobs].astype(float)
        map_: Field = self.mean + found["scores"][0].astype(float) @ along
        return map_, slopes

    def decoded(self, z: Field, knobs: int) -> Field:
        return self.sloped(z, knobs)[0]

    def places(self, points: str) -> NDArray[np.intp]:
        letters = [ord(letter) - ord("a") for letter in points]
        grid = np.array(letters[::2], int) * SIDE + np.array(letters[1::2], int)
        return np.concatenate([grid, grid + SIDE**2])

    def strength(self, points: str, knobs: int, method: int = 0) -> float:
        ratios = np.abs(np.log(np.array(self.options["measured"]) / max(1, len(points) // 2)))
        return float(self.model.array("strengths")[method, ratios.argmin(), knobs - 1])

    def fitted(self, points: str, knobs: int, strength: float | None = None) -> Field:
        places = self.places(points)
        hold = np.sqrt(self.strength(points, knobs) if strength is None else strength)

        def residuals(z: Field) -> Field:
            off = (self.decoded(z, knobs) - self.readings)[places]
            return np.concatenate([off, hold * z])

        def slopes(z: Field) -> Field:
            return np.vstack([self.sloped(z, knobs)[1][places], hold * np.eye(knobs)])

        return np.asarray(least_squares(residuals, np.zeros(knobs), jac=slopes).x)

    def straight(self, points: str, knobs: int, method: int) -> Field:
        places, strength = self.places(points), self.strength(points, knobs, method)
        kept = knobs if method == 1 else len(self.scales)
        columns = self.options["unit"] * self.scales[:kept, None] * self.directions[:kept]
        own = columns[:, places]
        z = np.linalg.solve(
            own @ own.T + strength * np.eye(kept), own @ (self.readings - self.mean)[places]
        )
        map_: Field = self.mean + z @ columns
        return map_

    def rest(self, map_: Field, points: str) -> float:
        elsewhere = np.setdiff1d(np.arange(self.truth.size), self.places(points))
        return float(np.sqrt(np.mean((map_ - self.truth)[elsewhere] ** 2)))

    def expect(self, figure: Figure, points: str, knobs: int) -> None:
        """Waits for the page's errors on the points that were not measured."""
        z = self.fitted(points, knobs)
        figure.expect_number(ELSEWHERE, self.rest(self.decoded(z, knobs), points), 0.12)
        for method, kept in ((1, knobs), (2, len(self.scales))):
            value = self.rest(self.straight(points, knobs, method), points)
            figure.expect_number(f"PCA with {kept}", value, 0.06)


def bench(figure: Figure) -> Bench:
    return Bench(figure.placed.model("maps"))


def shown_knobs(figure: Figure, knobs: int) -> Field:
    names = ("z₁", "z₂", "z₃", "z₄", "z₅", "z₆")[:knobs]
    return np.array([float(figure.slider(name).input_value()) for name in names])


@HTTP_AND_FILE
def test_the_fit_is_scipys_for_more_and_for_fewer_knobs(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    own = bench(figure)
    own.expect(figure, DEFAULT, 6)
    assert np.abs(shown_knobs(figure, 6) - own.fitted(DEFAULT, 6)).max() < 0.05
    figure.slider("knobs").focus()
    figure.page.keyboard.press("Home")
    own.expect(figure, DEFAULT, 1)
    assert np.abs(shown_knobs(figure, 1) - own.fitted(DEFAULT, 1)).max() < 0.02


def test_points_are_marked_by_mouse_by_finger_and_by_keys(reader: Reader) -> None:
    figure = reader.live_figure(NAME, {"points": "bbll", "knobs": 3})
    own = bench(figure)
    own.expect(figure, "bbll", 3)
    figure.page.mouse.click(*figure.plane(PAD).spot((-15.0, 15.0)))
    own.expect(figure, "bbllgg", 3)
    cursor = figure.slider(PAD)
    cursor.focus()
    for key in ("ArrowRight", "ArrowUp", "Enter"):
        figure.page.keyboard.press(key)
    own.expect(figure, "bbllgghh", 3)
    expect(cursor).to_have_attribute(
        "aria-valuetext", "d-axis current (A) −12.5, q-axis current (A) 17.5, measured"
    )
    figure.page.keyboard.press("Space")
    own.expect(figure, "bbllgg", 3)
    other = figure.plane("Measured points, on the map of the q axis")
    figure.page.mouse.click(*other.spot((-15.0, 15.0)))
    own.expect(figure, "bbll", 3)
    assert "points=bbll" in figure.address()


def test_a_finger_marks_where_it_taps_and_not_where_it_scrolls(reader: Reader) -> None:
    figure = reader.live_figure(NAME, {"points": "bbll", "knobs": 2}, touch=True)
    own = bench(figure)
    plane = figure.plane(PAD)
    plane.svg.scroll_into_view_if_needed()
    figure.finger().swipe_up(plane.spot((-5.0, 10.0)), 60)
    figure.finger().tap(plane.spot((-20.0, 10.0)))
    own.expect(figure, "bbllee", 2)


def test_knobs_turned_by_hand_stay_until_they_are_fitted(reader: Reader) -> None:
    figure = reader.live_figure(NAME, {"knobs": 2})
    own = bench(figure)
    best = shown_knobs(figure, 2)
    expect(figure.button("Fit")).to_be_disabled()
    figure.slider("z₂").focus()
    figure.page.keyboard.press("End")

    def turned() -> None:
        z = np.array([best[0], 4.0])
        rest = own.rest(own.decoded(z, 2), DEFAULT)
        assert abs(figure.settle().number(ELSEWHERE) - rest) < 0.5

    eventually(figure.page, turned)
    assert "by=hand" in figure.address()
    figure.button("Fit").click()
    own.expect(figure, DEFAULT, 2)
    figure.reset()
    own.expect(figure, DEFAULT, 6)


def test_without_lambda_the_sum_over_the_points_alone_is_least(reader: Reader) -> None:
    figure = reader.live_figure(NAME, {"knobs": 3, "held": "false"})
    own = bench(figure)
    z = own.fitted(DEFAULT, 3, 0.0)
    figure.expect_number(ELSEWHERE, own.rest(own.decoded(z, 3), DEFAULT), 0.12)
    figure.expect_readout("λ of the autoencoder’s fit", "0 (mVs)²")


def test_the_shading_is_the_error(reader: Reader) -> None:
    figure = reader.live_figure(NAME, {"knobs": 2})
    own = bench(figure)
    off = own.decoded(own.fitted(DEFAULT, 2), 2) - own.truth
    for axis, part in zip("dq", off.reshape(2, SIDE, SIDE), strict=True):
        wanted = np.minimum(1, np.abs(part.T[::-1]) / 20)
        assert np.abs(figure.settle().raster(f"Error of the {axis} axis") - wanted).max() < 0.03


def test_who_is_ahead_depends_on_how_much_was_measured(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    figure.expect_summary("ahead: autoencoder")
    rest = figure.placed.model("maps").array("rest")
    rows = figure.table()[1:]
    for row, values in zip(rows, rest[:, 2, 5], strict=True):
        assert [number(cell) for cell in row[1:-1]] == [round(float(v), 1) for v in values]
    figure.button("Measure nothing").click()
    figure.expect_readout("points measured", "0")
    figure.expect_summary("ahead: PCA")
