"""How the recipe `scales` brings readings to scale, and what its loss says of them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from training.data.readings import FEATURES, readings
from training.recipes.scales import (
    CONDITIONS,
    TERMS,
    BendableAutoencoder,
    ScaledLoss,
    Scales,
    comparisons,
    measures,
    pca_terms,
    with_logarithm,
)


@pytest.fixture(scope="module")
def x() -> np.ndarray:
    return with_logarithm(readings().train)


@pytest.fixture(scope="module")
def scales(x: np.ndarray) -> Scales:
    return Scales.of(x)


def terms(scales: Scales, x: np.ndarray, scaling: float, bend: float = 1.0) -> dict[str, float]:
    torch.manual_seed(0)
    knobs = {"scaling": torch.tensor(scaling), "bend": torch.tensor(bend)}
    with torch.no_grad():
        found = ScaledLoss(scales)(
            BendableAutoencoder(), torch.from_numpy(x), torch.empty(0), knobs
        )
    return {name: float(value) for name, value in found.items()}


def test_every_condition_has_the_same_total_variance(scales: Scales, x: np.ndarray) -> None:
    for condition in CONDITIONS:
        scaled = scales.scaled(x, condition)
        np.testing.assert_allclose(scaled.mean(0), 0, atol=1e-9)
        assert scaled.var(0).sum() == pytest.approx(len(FEATURES))
        np.testing.assert_allclose(scales.shares(condition), scaled.var(0) / len(FEATURES))
        np.testing.assert_allclose(scales.in_units(scaled, condition), x[:, :4], rtol=1e-5)


def test_each_condition_does_what_its_name_says(scales: Scales, x: np.ndarray) -> None:
    raw, z_score, by_range, log = (scales.scaled(x, name) for name in CONDITIONS)
    np.testing.assert_allclose(
        raw.std(0) / raw.std(0)[0], x[:, :4].std(0) / x[:, 0].std(), rtol=1e-5
    )
    np.testing.assert_allclose(z_score.std(0), 1)
    ranges = np.ptp(by_range, axis=0)
    np.testing.assert_allclose(ranges, ranges[0])
    np.testing.assert_allclose(log.std(0), 1)
    assert np.corrcoef(log[:, 3], np.log(x[:, 3]))[0, 1] == pytest.approx(1)


@pytest.mark.parametrize("place", range(len(CONDITIONS)))
def test_terms_are_errors_in_the_readings_own_units(
    scales: Scales, x: np.ndarray, place: int
) -> None:
    condition = list(CONDITIONS)[place]
    scaled = scales.scaled(x, condition)
    torch.manual_seed(0)
    with torch.no_grad():
        rebuilt = BendableAutoencoder()(torch.from_numpy(scaled).float(), torch.tensor(1.0))
    missed = rebuilt.numpy() - scaled
    off = scales.in_units(rebuilt.numpy().astype(np.float64), condition) - x[:, :4]
    found = terms(scales, x, float(place))
    assert list(found) == [term.name for term in TERMS]
    assert found["loss"] == pytest.approx((missed**2).mean(), rel=1e-4)
    for column, name in enumerate(FEATURES):
        square = (off[:, column] ** 2).mean()
        assert found[f"error_{name}"] == pytest.approx(np.sqrt(square), rel=1e-3)
        share = square / x[:, column].var(dtype=np.float64)
        assert found[f"lost_{name}"] == pytest.approx(share, rel=1e-3)
    assert found["relative"] == pytest.approx((abs(off[:, 3]) / x[:, 3]).mean(), rel=1e-3)


def test_between_two_conditions_the_loss_is_finite_and_between(
    scales: Scales, x: np.ndarray
) -> None:
    for scaling in np.linspace(0, 3, 13):
        assert all(np.isfinite(value) for value in terms(scales, x, float(scaling)).values())


def test_without_bend_the_network_is_linear() -> None:
    torch.manual_seed(0)
    network = BendableAutoencoder()
    points, bend = torch.randn(3, 4), torch.tensor(0.0)
    with torch.no_grad():
        ends, middle = network(points[:2], bend), network(points[:2].mean(0, keepdim=True), bend)
        assert torch.allclose(ends.mean(0), middle[0], atol=1e-6)
        bent = torch.tensor(1.0)
        assert not torch.allclose(
            network(points[:2], bent).mean(0), network(points[:2].mean(0, keepdim=True), bent)[0]
        )


def test_pca_in_raw_units_keeps_the_two_loud_readings(scales: Scales, x: np.ndarray) -> None:
    held_out = with_logarithm(readings().validation)
    found = pca_terms(scales, x, held_out, "raw")
    assert found["lost_speed"] < 1e-6 < found["lost_torque"] < 1e-4
    assert found["lost_temperature"] > 0.5
    assert found["lost_vibration"] > 0.5


def test_measures_are_terms_and_comparisons_are_of_measures() -> None:
    names = [measure["name"] for measure in measures()]
    assert sorted(names) == sorted(term.name for term in TERMS[1:])
    assert {one.measure for one in comparisons()} <= set(names)
