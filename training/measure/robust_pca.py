"""Principal components under the Huber loss: outliers among the numbers count less."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.data.dataset import Floats

Matrix = NDArray[np.float64]

ROUNDS = 30


class HuberComponents:
    """The plane x̂ = z W + m of least Huber loss, by reweighted least squares.

    Codes and plane are fitted in turn, each number with the weight min(1, δ / |error|) that makes
    the minimum of the weighted squares one of the Huber loss (Huber & Ronchetti 2009, section 7.8;
    for matrices De la Torre & Black 2003). The start is the plane of the squares around the median.
    """

    def __init__(self, x: Floats, code_size: int, delta: float) -> None:
        exact: Matrix = x.astype(np.float64)
        self.mean: Matrix = np.asarray(np.median(exact, axis=0), np.float64)
        _, _, right = np.linalg.svd(exact - self.mean, full_matrices=False)
        plane = right[:code_size]
        weights: Matrix = np.ones_like(exact)
        for _ in range(ROUNDS):
            codes = _fitted(weights, exact - self.mean, plane)
            known = np.column_stack([codes, np.ones(len(codes))])
            found = _fitted(weights.T, exact.T, known.T)
            plane, self.mean = found[:, :-1].T, found[:, -1]
            missed: Matrix = np.abs(codes @ plane + self.mean - exact)
            weights = delta / np.maximum(missed, delta)
        self.components: Matrix = np.linalg.qr(plane.T)[0].T

    def __call__(self, x: Floats) -> Matrix:
        """x `[n, d]` → x̂, projected as PCA does: to be used on rows without outliers."""
        rebuilt: Matrix = (x - self.mean) @ self.components.T @ self.components + self.mean
        return rebuilt


def _fitted(weights: Matrix, x: Matrix, plane: Matrix) -> Matrix:
    """Codes `[n, k]` of the least weighted squares of x `[n, d]` − codes · plane `[k, d]`."""
    size, width = plane.shape
    products = (plane[:, None] * plane).reshape(size * size, width)
    left = (weights @ products.T).reshape(len(x), size, size)
    right = (weights * x) @ plane.T
    codes = np.linalg.solve(left + 1e-9 * np.eye(size), right[..., None])[..., 0]
    return np.asarray(codes, np.float64)
