"""Mutual information and its gap, where the answer is known."""

import numpy as np
import pytest
from sklearn.metrics import mutual_info_score

from training.measure.disentanglement import (
    entropy,
    equal_counts,
    equal_widths,
    information_gaps,
    mutual_information,
    shared_information,
)


def test_equal_counts_fills_every_bin_alike() -> None:
    values = np.random.default_rng(0).exponential(size=1000)
    assert np.bincount(equal_counts(values, 20)).tolist() == [50] * 20
    assert np.array_equal(
        np.argsort(equal_counts(np.sort(values), 20), kind="stable"), np.arange(1000)
    )


def test_equal_widths_cuts_a_range_and_keeps_its_ends() -> None:
    values = np.array([-3.0, -2.41, -2.39, 0.0, 2.99, 3.0])
    assert equal_widths(values, -3, 3, 10).tolist() == [0, 0, 1, 5, 9, 9]


def test_what_is_known_fully_is_told_fully() -> None:
    a = np.arange(1200) % 12
    assert entropy(a) == pytest.approx(np.log(12))
    assert mutual_information(a, (5 * a + 3) % 12) == pytest.approx(np.log(12))
    assert mutual_information(a, a // 4) == pytest.approx(np.log(3))


def test_what_is_independent_tells_nothing() -> None:
    a, b = np.divmod(np.arange(35), 7)
    assert mutual_information(a, b) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("rho", [0.3, 0.6, 0.9])
def test_two_gaussians_share_what_their_correlation_says(rho: float) -> None:
    """I = −½ log(1 − ρ²); bins can only lose some of it, and fine ones lose little."""
    rng = np.random.default_rng(1)
    a, noise = rng.standard_normal((2, 400_000))
    b = rho * a + np.sqrt(1 - rho**2) * noise
    exact = -0.5 * np.log(1 - rho**2)
    measured = mutual_information(equal_counts(a, 60), equal_counts(b, 60))
    chance = 59**2 / (2 * len(a))
    assert exact * 0.96 < measured < exact * 1.005 + chance


def test_estimate_is_scikit_learns_and_its_chance_level_is_millers() -> None:
    rng = np.random.default_rng(2)
    found = []
    for _ in range(50):
        a, b = rng.integers(10, size=2000), rng.integers(20, size=2000)
        found.append(mutual_information(a, b))
        assert found[-1] == pytest.approx(mutual_info_score(a, b), abs=1e-10)
    assert np.mean(found) == pytest.approx(9 * 19 / 4000, rel=0.1)


def test_gap_is_the_lead_of_the_best_number() -> None:
    shares = np.array([[0.1, 0.7, 0.2], [0.4, 0.0, 0.4], [0.0, 0.0, 0.9]])
    assert information_gaps(shares) == pytest.approx([0.5, 0.0, 0.9])
    stacked = information_gaps(np.stack([shares, shares[::-1]]))
    assert stacked == pytest.approx(np.array([[0.5, 0.0, 0.9], [0.9, 0.0, 0.5]]))


def test_a_code_of_the_factors_themselves_has_the_full_gap_and_a_turned_one_a_smaller() -> None:
    rng = np.random.default_rng(3)
    factors = rng.uniform(-1, 1, size=(2, 40_000))
    known = [equal_widths(factor, -1, 1, 10) for factor in factors]

    def mig(codes: np.ndarray) -> float:
        binned = [equal_counts(code, 20) for code in codes]
        return float(information_gaps(shared_information(known, binned)).mean())

    turned = np.array([[1, 1], [1, -1]]) @ factors
    assert mig(factors) > 0.95  # the bins of the two do not quite meet
    assert mig(turned) < 0.02
    assert mig(np.stack([*factors, factors[0]])) == pytest.approx(mig(factors) / 2, abs=0.01)
