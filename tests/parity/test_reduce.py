"""F19: errors of fitted knobs computed again by scipy and scikit-learn from the published graph."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.optimize import least_squares
from sklearn.decomposition import PCA
from sklearn.linear_model import Ridge

from tests.parity.test_measured_claims import Published
from training.data import rng
from training.data.fluxmaps import NOISE, POINTS, fluxmaps
from training.measure.fitted_codes import Measured
from training.measure.fitted_codes import fitted as by_recipe

Field = NDArray[np.float64]
FEW = 30


@pytest.fixture(scope="module")
def model(models_dir: Path) -> Published:
    return Published(models_dir, "flux-knobs")


@pytest.fixture(scope="module")
def maps() -> Field:
    return fluxmaps().test.x.astype(float)


def draw(maps: Field, measured: int, number: int) -> tuple[NDArray[np.bool_], Field]:
    """Which numbers of each map are measured, and what is read there."""
    known = np.zeros((len(maps), POINTS**2), bool)
    noise = np.empty_like(maps)
    for row in range(len(maps)):
        chosen = rng.permutation(row, rng.STREAM_DRAW + 40 + number, POINTS**2)[:measured]
        known[row, chosen] = True
        noise[row] = rng.normal(row, rng.STREAM_DRAW + 60 + number, maps.shape[1])
    return np.concatenate([known, known], axis=1), maps + NOISE * noise


def root_mean_square(off: Field, where: NDArray[np.bool_]) -> float:
    return float(np.sqrt(np.mean(off[where] ** 2)))


class Fit:
    """The best knobs for one map, by scipy and the published graph in onnxruntime."""

    def __init__(
        self, model: Published, knobs: int, y: Field, places: NDArray[np.bool_], strength: float
    ) -> None:
        self.graph, self.knobs = model.graph("decoder"), knobs
        self.mean = model.array("mean").astype(float)
        self.directions = model.card["options"]["unit"] * model.array("directions").astype(float)
        self.y, self.places, self.hold = y, places, np.sqrt(strength)
        self.found = least_squares(self.residuals, np.zeros(knobs), jac=self.slopes)

    def decoded(self, z: Field) -> tuple[Field, Field]:
        """A map, mVs `[338]`, and its slopes `[338, knobs]`."""
        padded = np.zeros((1, 6), np.float32)
        padded[0, : self.knobs] = z
        scores, slopes = self.graph(z=padded, member=np.array([self.knobs - 1], np.int32))
        map_ = self.mean + scores[0] @ self.directions
        return map_, self.directions.T @ slopes[0][:, : self.knobs]

    def residuals(self, z: Field) -> Field:
        return np.concatenate([(self.decoded(z)[0] - self.y)[self.places], self.hold * z])

    def slopes(self, z: Field) -> Field:
        return np.vstack([self.decoded(z)[1][self.places], self.hold * np.eye(self.knobs)])

    @property
    def map(self) -> Field:
        return self.decoded(self.found.x)[0]


@pytest.mark.parametrize(("place", "knobs"), [(2, 6), (2, 4), (3, 2)])
def test_fitted_knobs_fill_in_as_measured(
    model: Published, maps: Field, place: int, knobs: int
) -> None:
    options = model.card["options"]
    count = options["measured"][place]
    known, y = draw(maps[: options["fitted"]], count, 0)
    strength = float(model.array("strengths")[0, place, knobs - 1])
    fits = [Fit(model, knobs, *told, strength) for told in zip(y, known, strict=True)]
    off = np.stack([fit.map for fit in fits]) - maps[: len(fits)]
    found = root_mean_square(off, ~known)
    published = float(model.array("rest")[0, place, knobs - 1, 0])
    # both start at zero; a few of the hundred end in different valleys
    assert found == pytest.approx(published, rel=0.05)


def test_fits_are_no_worse_than_those_of_scipy(model: Published, maps: Field) -> None:
    """Map by map, what the recipe's own fit reaches."""

    known, y = draw(maps[:FEW], 8, 0)
    mean, directions = (model.array(name).astype(float) for name in ("mean", "directions"))
    unit, strength = model.card["options"]["unit"], 4.0

    def decode(z: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        member = np.full(len(z), 5, np.int32)
        scores, slopes = model.graph("decoder")(z=z.numpy().astype(np.float32), member=member)
        return torch.from_numpy(scores.astype(float)), torch.from_numpy(slopes.astype(float))

    told = Measured.of(
        torch.from_numpy(y),
        torch.from_numpy(known.astype(float)),
        torch.from_numpy(mean),
        torch.from_numpy(unit * directions),
    )
    z = by_recipe(decode, told, torch.full((FEW,), strength, dtype=torch.float64), 6).numpy()
    fits = [Fit(model, 6, *told, strength) for told in zip(y, known, strict=True)]
    costs = [fit.residuals(own) @ fit.residuals(own) for fit, own in zip(fits, z, strict=True)]
    reached = np.array(costs) / [2 * fit.found.cost for fit in fits]
    assert np.median(reached) == pytest.approx(1, abs=1e-3)
    assert np.mean(reached < 1.02) >= 0.9, "a few may end in another valley"


def test_slopes_are_those_of_small_steps(model: Published, maps: Field) -> None:
    everywhere = np.ones(maps.shape[1], bool)
    fit = Fit(model, 5, maps[0], everywhere, 1.0)
    z, step = np.array([0.3, -1.0, 0.8, 0.0, 1.5]), 1e-2
    for knob, slope in zip(np.eye(5), fit.decoded(z)[1].T, strict=True):
        rise = fit.decoded(z + step * knob)[0] - fit.decoded(z - step * knob)[0]
        assert slope == pytest.approx(rise / (2 * step), abs=0.15)


def test_straight_knobs_fill_in_as_measured(model: Published, maps: Field) -> None:
    options, rest, strengths = (
        model.card["options"],
        model.array("rest").astype(float),
        model.array("strengths"),
    )
    few = maps[: options["fitted"]]
    pca = PCA(options["directions"], svd_solver="full").fit(fluxmaps().train.x.astype(float))
    deviations = np.sqrt(pca.explained_variance_ * (1 - 1 / pca.n_samples_))
    # published in half precision; these are what everything was measured with
    mean, directions, scales = (
        model.array(name).astype(float) for name in ("mean", "directions", "scales")
    )
    assert options["unit"] * scales == pytest.approx(deviations, rel=2e-3)
    assert mean == pytest.approx(pca.mean_, rel=1e-3)
    assert np.abs((directions * pca.components_).sum(axis=1)) == pytest.approx(1, abs=1e-3)
    for number in (0, 3):
        for place, count in enumerate(options["measured"]):
            known, y = draw(few, count, number)
            for method, knobs in ((1, 2), (1, 6), (2, 1)):
                kept = len(scales) if method == 2 else knobs
                columns = options["unit"] * scales[:kept, None] * directions[:kept]
                ridge = Ridge(float(strengths[method, place, knobs - 1]), fit_intercept=False)
                off = np.empty_like(few)
                for i, (row, places) in enumerate(zip(y, known, strict=True)):
                    ridge.fit(columns[:, places].T, (row - mean)[places])
                    off[i] = mean + ridge.coef_ @ columns - few[i]
                found = root_mean_square(off, ~known)
                assert rest[method, place, knobs - 1, number] == pytest.approx(found, rel=1e-4)


def test_what_is_left_of_whole_maps(model: Published, maps: Field) -> None:
    options, errors = model.card["options"], model.array("errors").astype(float)
    train = fluxmaps().train.x.astype(float)
    for k, knobs in enumerate(options["knobs"]):
        pca = PCA(knobs, svd_solver="full").fit(train)
        off = pca.inverse_transform(pca.transform(maps)) - maps
        left = np.sqrt(np.mean(off**2))
        assert model.array("pca_errors")[k] == pytest.approx(left, rel=1e-3)
    everywhere = np.ones(maps.shape[1], bool)
    best = [Fit(model, 4, row, everywhere, 0.0).map - row for row in maps[:FEW:3]]
    found = float(np.sqrt(np.mean(np.square(best))))
    # no code is better than the best one; the encoder's is close to it
    assert 0.6 * errors[3, 0] < found < 1.1 * errors[3, 0]


def test_the_metrics_are_those_of_the_arrays(model: Published) -> None:
    options = model.card["options"]
    errors, flat, rest = (
        model.array(name).astype(float) for name in ("errors", "pca_errors", "rest")
    )
    for k, knobs in enumerate(options["knobs"]):
        key = f"knobs-{knobs}"
        assert model.metric(f"{key}.autoencoder.error") == pytest.approx(errors[k].mean())
        assert model.metric(f"{key}.pca.error") == pytest.approx(flat[k])
        lead = flat[k] - errors[k]
        assert model.metric(f"{key}.lead_lowest") == pytest.approx(lead.min(), abs=1e-5)
        for place, count in enumerate(options["measured"]):
            key, here = f"points-{count}.knobs-{knobs}", rest[:, place, k]
            for method, values in zip(options["methods"], here, strict=True):
                assert model.metric(f"{key}.{method}.rest") == pytest.approx(values.mean())
            best = here[1:][np.argmin(here[1:].mean(axis=1))]
            assert model.metric(f"{key}.best_rival.rest") == pytest.approx(best.mean())
            lead = best - here[0]
            for ending, value in (("", lead.mean()), ("_lowest", lead.min())):
                assert model.metric(f"{key}.lead{ending}") == pytest.approx(value, abs=1e-5)
