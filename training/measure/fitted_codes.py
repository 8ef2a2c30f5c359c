"""Codes fitted to a few measured numbers: arg min over z of Σ_j (g(z)_j − y_j)² + λ ‖z‖².

A decoder g gives the scores of a map along some directions, `[d, directions]` together with a
mean; the sum over the measured j is then a quadratic function of the scores, and its matrix is all
that a fit needs of the measurements.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

Decoder = Callable[[Tensor], tuple[Tensor, Tensor]]
"""z `[n, k]` → scores `[n, p]` and their slopes `[n, p, k]`, float64."""

STEPS = 16
DAMPING = 100.0
"""Of the first step: small against the curvature of a measured number, large against λ."""


@dataclass(frozen=True)
class Measured:
    """Σ_j (g_j − y_j)² = sᵀ A s − 2 bᵀ s + c in scores s: A `[n, p, p]`, b `[n, p]`, c `[n]`."""

    matrix: Tensor
    vector: Tensor
    constant: Tensor

    @classmethod
    def of(cls, y: Tensor, known: Tensor, mean: Tensor, directions: Tensor) -> Measured:
        """y and known (1 where measured, else 0) `[n, d]`, mean `[d]`, directions `[p, d]`."""
        centred = known * (y - mean)
        return cls(
            torch.einsum("pd,nd,qd->npq", directions, known, directions),
            centred @ directions.T,
            centred.square().sum(1),
        )

    def error(self, scores: Tensor) -> Tensor:
        """The sum over the measured numbers, `[n]`."""
        quadratic = torch.einsum("np,npq,nq->n", scores, self.matrix, scores)
        return quadratic - 2 * (self.vector * scores).sum(1) + self.constant


def fitted(decoder: Decoder, measured: Measured, strength: Tensor, numbers: int) -> Tensor:
    """Codes `[n, numbers]`, by Levenberg's damped Gauss–Newton steps from z = 0.

    `strength` `[n]` is λ. A step that does not lessen the sum is not taken, and the next is shorter
    (Levenberg 1944, *A Method for the Solution of Certain Non-Linear Problems in Least Squares*).
    """
    count = len(strength)
    z = torch.zeros(count, numbers, dtype=torch.float64)
    damping = torch.full((count,), DAMPING, dtype=torch.float64)
    identity = torch.eye(numbers, dtype=torch.float64)

    def objective(code: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        scores, slopes = decoder(code)
        return measured.error(scores) + strength * code.square().sum(1), scores, slopes

    value, scores, slopes = objective(z)
    for _ in range(STEPS):
        pull = (measured.matrix @ scores.unsqueeze(2)).squeeze(2) - measured.vector
        gradient = (slopes.mT @ pull.unsqueeze(2)).squeeze(2) + strength[:, None] * z
        curvature = slopes.mT @ measured.matrix @ slopes
        held = curvature + (strength + damping)[:, None, None] * identity
        tried = z - torch.linalg.solve(held, gradient)
        reached, new_scores, new_slopes = objective(tried)
        less = reached < value
        z = torch.where(less[:, None], tried, z)
        value = torch.where(less, reached, value)
        scores = torch.where(less[:, None], new_scores, scores)
        slopes = torch.where(less[:, None, None], new_slopes, slopes)
        damping = torch.where(less, damping / 8, damping * 4)
    return z


def fitted_linear(scales: Tensor, measured: Measured, strength: Tensor) -> Tensor:
    """The same for g(z) = z · scales along the first directions: one linear system. `[n, k]`."""
    numbers = len(scales)
    matrix = measured.matrix[:, :numbers, :numbers] * scales[:, None] * scales
    held = matrix + strength[:, None, None] * torch.eye(numbers, dtype=torch.float64)
    solution: Tensor = torch.linalg.solve(held, measured.vector[:, :numbers] * scales)
    return solution
