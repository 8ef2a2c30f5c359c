"""The best linear denoiser with a code of k numbers, in closed form: no training, no seed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.data.dataset import Floats

Field = NDArray[np.float64]


class LinearDenoiser:
    """Of all linear maps spoilt → code of `size` numbers → clean, that of least squared error.

    It is reduced-rank regression (Izenman 1975, *Reduced-Rank Regression for the Multivariate
    Linear Model*, equation 2.4, with Γ = I): the linear estimate of the clean rows, C_xy C_yy⁻¹,
    and of that its first principal directions. Without corruption that is PCA, under white noise
    it is PCA with Wiener's gains λ / (λ + s²).
    """

    def __init__(
        self, mean: Field, spoilt_mean: Field, across: Field, spoilt: Field, size: int
    ) -> None:
        """`across` is the covariance C_xy of clean and spoilt rows, `spoilt` is C_yy."""
        self.mean, self.spoilt_mean = mean, spoilt_mean
        estimate = across @ np.linalg.pinv(spoilt, hermitian=True)
        _, directions = np.linalg.eigh(estimate @ across.T)
        self.decoder: Field = directions[:, ::-1][:, :size]
        self.encoder: Field = self.decoder.T @ estimate

    @classmethod
    def under_noise(cls, clean: Floats, size: int, deviation: float) -> LinearDenoiser:
        """White noise of this deviation on rows with the moments of `clean` `[n, d]`."""
        mean, covariance = _moments(clean)
        noise = deviation**2 * np.eye(len(mean))
        return cls(mean, mean, covariance, covariance + noise, size)

    @classmethod
    def under_blanks(cls, clean: Floats, size: int, share: float) -> LinearDenoiser:
        """Each number is 0 with the probability `share`, independently of the others."""
        mean, covariance = _moments(clean)
        kept = 1 - share
        spoilt = kept**2 * covariance
        spoilt += kept * share * np.diag(np.diag(covariance) + mean**2)
        return cls(mean, kept * mean, kept * covariance, spoilt, size)

    def encode(self, rows: Floats) -> Field:
        """`[n, d]` → `[n, size]`."""
        code: Field = (rows - self.spoilt_mean) @ self.encoder.T
        return code

    def denoise(self, rows: Floats) -> Field:
        """`[n, d]` → the estimate of the clean rows."""
        estimate: Field = self.encode(rows) @ self.decoder.T + self.mean
        return estimate


def wiener_error(variances: Field, size: int, trained: float, met: float) -> float:
    """Squared error a number, expected of the linear denoiser for noise of deviation `trained`
    under noise of deviation `met`, on Gaussian rows with these variances, largest first.

    A direction in the code keeps (1 − g)² λ + g² met² with g = λ / (λ + trained²), which for
    met = trained is λ s² / (λ + s²), Wiener's limit; one that is not keeps λ.
    """
    kept, dropped = variances[:size], variances[size:]
    gain = kept / (kept + trained**2)
    left = (1 - gain) ** 2 * kept + (gain * met) ** 2
    return float((left.sum() + dropped.sum()) / len(variances))


def _moments(rows: Floats) -> tuple[Field, Field]:
    mean: Field = rows.mean(axis=0, dtype=np.float64)
    centred = rows - mean
    covariance: Field = centred.T @ centred / len(rows)
    return mean, covariance
