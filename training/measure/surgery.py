"""What a VAE's code of two numbers tells, and what its bound leaves out, by quadrature on grids.

Twin of figures/surgery/maths.ts. For a code of two numbers every integral over codes can be had
by the trapezoidal rule, whose error for Gaussians falls faster than any power of the spacing.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float64]

REACH = 8.5
"""Deviations of a cloud beyond its mean that a grid covers; outside is less than 1e-16."""

PER_DEVIATION = 1.25
"""Grid points for each deviation of the narrowest cloud: an error of about exp(−31)."""

PLANE = np.linspace(-4.5, 4.5, 91)
"""Codes along each axis at which the decoder is asked, in prior deviations."""

NODES = 20
"""Gauss–Hermite nodes along each axis of a cloud."""


@dataclass(frozen=True)
class Surgery:
    """Mean KL(q(z|x) ‖ p) = information + marginal, nats an example (Hoffman & Johnson 2016)."""

    mean_kl: float
    information: float
    """I(x; z) when x is one of the N examples, each as likely; it cannot be more than log N."""

    marginal: float
    """KL(q(z) ‖ p(z)) of the aggregate posterior from N(0, I)."""


def surgery(mu: Field, sigma: Field) -> Surgery:
    """Carve up the mean KL of the clouds N(mu, sigma²), each `[N, 2]`.

    The mean comes from the closed form, the other two from a grid that knows nothing of it.
    """
    axes = [_axis(mu[:, k], sigma[:, k]) for k in (0, 1)]
    across, up = (_densities(axis, mu[:, k], sigma[:, k]) for k, axis in enumerate(axes))
    cell = float(np.prod([axis[1] - axis[0] for axis in axes]))
    aggregate = across.T @ up / len(mu)
    log_aggregate = np.log(np.maximum(aggregate, 1e-300))
    log_prior = -0.5 * axes[0][:, None] ** 2 - 0.5 * axes[1][None, :] ** 2 - np.log(2 * np.pi)
    seen = np.einsum("ng,ng->n", across @ log_aggregate, up) * cell
    own = -np.log(2 * np.pi * np.e) - np.log(sigma).sum(axis=1)
    return Surgery(
        mean_kl=float(np.mean(0.5 * (mu**2 + sigma**2 - 1) - np.log(sigma)) * 2),
        information=float(np.mean(own - seen)),
        marginal=float(np.sum(aggregate * (log_aggregate - log_prior)) * cell),
    )


def _axis(mu: Field, sigma: Field) -> Field:
    low, high = float((mu - REACH * sigma).min()), float((mu + REACH * sigma).max())
    count = int(np.ceil((high - low) / float(sigma.min()) * PER_DEVIATION)) + 1
    return np.linspace(low, high, count)


def _densities(axis: Field, mu: Field, sigma: Field) -> Field:
    """Density of each cloud along one axis, `[N, grid]`."""
    eps = (axis[None, :] - mu[:, None]) / sigma[:, None]
    densities: Field = np.exp(-0.5 * eps**2) / (np.sqrt(2 * np.pi) * sigma[:, None])
    return densities


def plane_codes() -> Field:
    """All codes of the grid `[G², 2]`: the second number runs fastest."""
    return np.stack(np.meshgrid(PLANE, PLANE, indexing="ij"), axis=-1).reshape(-1, 2)


def log_likelihood(x: Field, x_hat: Field) -> Field:
    """log p(x|z) under Bernoulli pixels, nats: x `[N, d]`, x_hat `[M, d]` → `[N, M]`.

    For grey x it is the mean over black-and-white pictures of that ink.
    """
    p = np.clip(x_hat.astype(np.float64), 1e-7, 1 - 1e-7)
    result: Field = x @ np.log(p).T + (1 - x) @ np.log1p(-p).T
    return result


def log_evidence(plane_likelihood: Field) -> Field:
    """log p(x) of each example from log p(x|z) over the plane, `[N, G²]` → `[N]`."""
    z = plane_codes()
    joint = plane_likelihood - 0.5 * (z**2).sum(axis=1) - np.log(2 * np.pi)
    most = joint.max(axis=1)
    total = np.exp(joint - most[:, None]).sum(axis=1) * (PLANE[1] - PLANE[0]) ** 2
    evidence: Field = most + np.log(total)
    return evidence


def elbos(x: Field, mu: Field, sigma: Field, decode: Callable[[Field], Field]) -> Field:
    """E_q[log p(x|z)] − KL(q ‖ p) of each example `[N]`, by Gauss–Hermite quadrature over q.

    `decode` maps codes `[M, 2]` to means of pixels `[M, d]`.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    eps = np.stack(np.meshgrid(nodes, nodes, indexing="ij"), axis=-1).reshape(-1, 2)
    weight = np.outer(weights, weights).ravel() / (2 * np.pi)
    z = mu[:, None, :] + sigma[:, None, :] * eps
    x_hat = decode(z.reshape(-1, 2)).reshape(len(x), len(eps), -1)
    seen = np.array(
        [log_likelihood(one[None], drawn)[0] for one, drawn in zip(x, x_hat, strict=True)]
    )
    kl = (0.5 * (mu**2 + sigma**2 - 1) - np.log(sigma)).sum(axis=1)
    bounds: Field = seen @ weight - kl
    return bounds


def importance_bounds(
    x: Field, mu: Field, sigma: Field, eps: Field, decode: Callable[[Field], Field]
) -> Field:
    """log (1/k) Σ p(x, zᵢ) / q(zᵢ|x) of each example, `[N]`; eps `[N, k, 2]` from N(0, I).

    Its mean over eps rises with k from the ELBO to log p(x) (Burda et al. 2016, theorem 1).
    """
    z = mu[:, None, :] + sigma[:, None, :] * eps
    x_hat = decode(z.reshape(-1, 2)).reshape(*eps.shape[:2], -1)
    seen = np.array(
        [log_likelihood(one[None], drawn)[0] for one, drawn in zip(x, x_hat, strict=True)]
    )
    log_weight = seen + (0.5 * eps**2 - 0.5 * z**2 + np.log(sigma)[:, None, :]).sum(axis=2)
    most = log_weight.max(axis=1)
    bounds: Field = most + np.log(np.exp(log_weight - most[:, None]).mean(axis=1))
    return bounds


NARROWEST = 0.08
"""The least deviation that the plane's spacing resolves to 1e-5."""


def plane_bounds(likelihood: Field, mu: Field, log_sigma: Field) -> Field:
    """The ELBO `[N]` of Gaussians whose log p(x|z) is known over the plane, `[N, G, G]`."""
    sigma = np.exp(log_sigma)
    across, up = (_densities(PLANE, mu[:, k], sigma[:, k]) for k in (0, 1))
    seen = np.einsum("ng,ngh,nh->n", across, likelihood, up, optimize=True)
    kl = (0.5 * (mu**2 + sigma**2 - 1) - log_sigma).sum(axis=1)
    bounds: Field = seen * (PLANE[1] - PLANE[0]) ** 2 - kl
    return bounds


def best_bounds(likelihood: Field, mu: Field, sigma: Field) -> Field:
    """The ELBO of the best Gaussian with its axes along the code numbers, of each example `[N]`.

    A compass search over means and logarithms of deviations, from the encoder's own. What it
    gains is the amortisation gap, what it leaves the approximation gap (Cremer et al. 2018).
    """
    at = np.concatenate([mu, np.log(np.maximum(sigma, NARROWEST))], axis=1)
    best = plane_bounds(likelihood, at[:, :2], at[:, 2:])
    stride = np.full(len(at), 0.2)
    while (stride > 1e-3).any():
        moved = np.zeros(len(at), bool)
        for axis in range(4):
            for sign in (1, -1):
                trial = at.copy()
                trial[:, axis] += sign * stride
                trial[:, 2:] = np.maximum(trial[:, 2:], np.log(NARROWEST))
                value = plane_bounds(likelihood, trial[:, :2], trial[:, 2:])
                better = value > best + 1e-9
                at[better], best[better] = trial[better], value[better]
                moved |= better
        stride[~moved] /= 2
    return best
