"""The waveforms are what they are said to be, and their PCA and its knee follow from that."""

import numpy as np
import pytest
import torch

from training.data.signals import COMPLEXITIES, NOISE, SAMPLES, amplitudes, signals
from training.measure.knee import knee
from training.measure.pca import PrincipalComponents
from training.recipes.families.signal_codes import pca_errors


@pytest.mark.parametrize("complexity", COMPLEXITIES)
def test_without_noise_a_waveform_has_its_harmonics_and_nothing_else(complexity: int) -> None:
    x = signals(complexity, train=50, validation=5, test=5, noise=0).train.x
    strength = 2 / SAMPLES * np.abs(np.fft.rfft(x, axis=1))
    assert np.allclose(strength[:, 1 : complexity + 1], amplitudes(complexity), atol=1e-5)
    assert np.abs(strength[:, complexity + 1 :]).max() < 1e-5
    assert np.abs(strength[:, 0]).max() < 1e-5


def test_phases_are_spread_around_the_circle() -> None:
    x = signals(2, train=4000, validation=5, test=5, noise=0).train.x
    phases = np.angle(np.fft.rfft(x, axis=1)[:, 1:3])
    assert np.abs(np.exp(1j * phases).mean(0)).max() < 0.05
    assert abs(np.exp(1j * (phases[:, 0] - phases[:, 1])).mean()) < 0.05, "phases go together"


def test_noise_has_the_stated_deviation() -> None:
    clean, noisy = (
        signals(3, train=500, validation=5, test=5, noise=level).train.x for level in (0, NOISE)
    )
    assert (noisy - clean).std() == pytest.approx(NOISE, rel=0.02)


def test_splits_differ_and_the_seed_decides() -> None:
    dataset, again, other = signals(2), signals(2), signals(2, seed=4)
    assert np.array_equal(dataset.test.x, again.test.x)
    assert not np.array_equal(dataset.test.x, other.test.x)
    assert not np.array_equal(dataset.test.x, dataset.validation.x)
    assert not np.array_equal(dataset.test.x, dataset.train.x[: len(dataset.test)])


@pytest.mark.parametrize(
    "wrong", [{"complexity": 0}, {"complexity": 64}, {"complexity": 1, "noise": -0.1}]
)
def test_what_cannot_be_sampled_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="found"):
        signals(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("complexity", [1, 3, 6])
def test_pca_of_the_waveforms_is_the_singular_value_decomposition(complexity: int) -> None:
    dataset = signals(complexity, train=1000)
    k = 2 * complexity
    centred = dataset.train.x.astype(np.float64) - dataset.train.x.mean(0, dtype=np.float64)
    _, _, right = np.linalg.svd(centred, full_matrices=False)
    test = dataset.test.x - dataset.train.x.mean(0, dtype=np.float64)
    expected = test @ right[:k].T @ right[:k] + dataset.train.x.mean(0, dtype=np.float64)
    with torch.no_grad():
        found = PrincipalComponents(dataset.train.x, k)(torch.from_numpy(dataset.test.x)).numpy()
    assert np.abs(found - expected).max() <= 1e-5


def test_errors_by_count_are_those_of_separate_fits() -> None:
    dataset = signals(3, train=800)
    errors = pca_errors(PrincipalComponents(dataset.train.x, 8), dataset.test.x)
    assert errors.shape == (9,)
    for k in (1, 5, 8):
        with torch.no_grad():
            rebuilt = PrincipalComponents(dataset.train.x, k)(torch.from_numpy(dataset.test.x))
        expected = ((rebuilt.numpy() - dataset.test.x) ** 2).mean()
        assert errors[k] == pytest.approx(expected, rel=1e-4)
    spread = ((dataset.test.x - dataset.train.x.mean(0)) ** 2).mean()
    assert errors[0] == pytest.approx(spread, rel=1e-4)


def test_the_knee_is_where_a_plunge_ends() -> None:
    assert knee(range(7), [1, 0.8, 0.6, 0.01, 0.01, 0.01, 0.01]) == 3
    assert knee([1, 2, 4, 8], [1, 0.1, 0.09, 0.08]) == 2
    assert knee(range(4), [1, 0.1, 0.01, 0.001]) == 0, "a straight line has no knee but its start"


def test_the_knee_does_not_depend_on_the_unit_of_the_error() -> None:
    errors = np.array([2, 1.4, 0.5, 0.03, 0.02, 0.02])
    assert knee(range(6), list(errors)) == knee(range(6), list(errors * 1e-3)) == 3


@pytest.mark.parametrize(("sizes", "errors"), [([1, 2], [1, 2]), ([1, 2, 3], [1, 0, 2])])
def test_a_curve_without_a_knee_is_refused(sizes: list[float], errors: list[float]) -> None:
    with pytest.raises(ValueError, match="found"):
        knee(sizes, errors)
