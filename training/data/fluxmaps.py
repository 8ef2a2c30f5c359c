"""Flux linkages of saturating permanent-magnet machines over a grid of their two currents.

A map holds the flux linkages of the d and the q axis, ψ_d and ψ_q, at pairs of currents i_d and
i_q. The d axis lies along the magnets. Currents follow from flux linkages by the algebraic model
of Hinkkanen et al. 2017 (*Sensorless Self-Commissioning of Synchronous Reluctance Motors at
Standstill Without Rotor Locking*), to which the magnets add a constant current i_f on their axis
(as in Awan et al. 2018, *Optimal Torque Control of Saturated Synchronous Motors*):

    i_d = (a_d0 + a_dd |ψ_d|^S + a_dq/(V + 2) |ψ_d|^U |ψ_q|^(V + 2)) ψ_d − i_f
    i_q = (a_q0 + a_qq |ψ_q|^T + a_dq/(U + 2) |ψ_d|^(U + 2) |ψ_q|^V) ψ_q

Both are slopes of one magnetic energy, so ∂i_d/∂ψ_q = ∂i_q/∂ψ_d, and the same of the inverse:
the model is reciprocal. Newton's method inverts it on the grid.

The coefficients vary around those that the authors give for their 6.7 kW reluctance machine. It
has no magnets, and its d axis is the one of *small* reluctance; magnets are put into the rotor's
barriers, so that axis is the q axis here, and the letters are exchanged. Harmonics over the rotor's
angle, iron losses and temperature are left out, and so are the thin bridges of iron that a magnet
saturates by itself, which this model cannot describe.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from training.data import rng
from training.data.dataset import Dataset, Floats, Split

POINTS = 13
"""Of the grid along each axis."""

CURRENTS_D = (-30.0, 0.0)
CURRENTS_Q = (0.0, 30.0)
"""Ranges of the grid, A; the rated amplitude is 15.5 √2 ≈ 21.9 A. ψ_d is even in i_q, ψ_q odd."""

S, T, U, V = 1, 5, 0, 1
"""Exponents of the model, the same for all machines."""

PUBLISHED = {"a_d0": 52.1, "a_dd": 658.0, "a_q0": 17.4, "a_qq": 373.0, "a_dq": 1120.0}
"""Of the 6.7 kW machine; a_d0 and a_q0 in A/(Vs), the others in A/(Vs)^(n + 1) at exponent n."""

SPREAD = 1.6
"""Each coefficient is the published one times or through this at most, evenly in its logarithm."""

MAGNETS = (5.0, 25.0)
"""Range of i_f, A."""

NOISE = 2.0
"""Standard deviation of a measured flux linkage, mVs."""

STATED: dict[str, float] = {
    "points": POINTS,
    "lowest_d": CURRENTS_D[0],
    "highest_q": CURRENTS_Q[1],
    **PUBLISHED,
    "exponent_d": S,
    "exponent_q": T,
    "spread": SPREAD,
    "weakest_magnets": MAGNETS[0],
    "strongest_magnets": MAGNETS[1],
    "noise": NOISE,
}
"""All of these by name, so that a text about the data need not repeat them."""

PARTS = ("train", "validation", "test")

_STREAM = rng.STREAM_DATA + 0x2000
_STREAMS_OF_A_PART = 8
_STRIDE = 0.1
"""Longest step of Newton's method, Vs."""

_NEAR = 1e-10
"""A; where all currents are closer than this, the flux linkages are found."""

Field = NDArray[np.float64]


@dataclass(frozen=True)
class Machines:
    """n machines: the coefficients of the model as above and the magnets' current, all `[n]`."""

    a_d0: Field
    a_dd: Field
    a_q0: Field
    a_qq: Field
    a_dq: Field
    i_f: Field

    def __len__(self) -> int:
        return len(self.i_f)

    def over(self, axes: int) -> Machines:
        """The same with axes of length 1 behind, to be computed with on a grid."""
        return Machines(
            *(getattr(self, each.name).reshape(-1, *[1] * axes) for each in fields(self))
        )

    def currents(self, psi_d: Field, psi_q: Field) -> tuple[Field, Field]:
        """i_d and i_q, A, at flux linkages in Vs, all `[n, …]`."""
        of = self.over(psi_d.ndim - 1)
        d, q = np.abs(psi_d), np.abs(psi_q)
        cross = of.a_dq / (V + 2) * d**U * q ** (V + 2)
        i_d = (of.a_d0 + of.a_dd * d**S + cross) * psi_d - of.i_f
        cross = of.a_dq / (U + 2) * d ** (U + 2) * q**V
        i_q = (of.a_q0 + of.a_qq * q**T + cross) * psi_q
        return i_d, i_q

    def stiffness(self, psi_d: Field, psi_q: Field) -> tuple[Field, Field, Field]:
        """∂i_d/∂ψ_d, ∂i_q/∂ψ_q and ∂i_d/∂ψ_q = ∂i_q/∂ψ_d, A/(Vs) at ψ in Vs, `[n, …]`."""
        of = self.over(psi_d.ndim - 1)
        d, q = np.abs(psi_d), np.abs(psi_q)
        along_d = of.a_d0 + of.a_dd * (S + 1) * d**S
        along_d = along_d + of.a_dq * (U + 1) / (V + 2) * d**U * q ** (V + 2)
        along_q = of.a_q0 + of.a_qq * (T + 1) * q**T
        along_q = along_q + of.a_dq * (V + 1) / (U + 2) * d ** (U + 2) * q**V
        across = of.a_dq * d**U * psi_d * q**V * psi_q
        return along_d, along_q, across

    def flux_linkages(self, i_d: Field, i_q: Field) -> tuple[Field, Field]:
        """ψ_d and ψ_q, Vs `[n, …]`, at currents in A `[…]`: the model's inverse.

        Raises ArithmeticError if Newton's method does not get there.
        """
        shape = (len(self), *np.shape(i_d))
        psi_d, psi_q = np.zeros(shape), np.zeros(shape)
        for _ in range(100):
            found_d, found_q = self.currents(psi_d, psi_q)
            off_d, off_q = i_d - found_d, i_q - found_q
            if max(np.abs(off_d).max(), np.abs(off_q).max()) < _NEAR:
                return psi_d, psi_q
            along_d, along_q, across = self.stiffness(psi_d, psi_q)
            determinant = along_d * along_q - across**2
            step_d = (along_q * off_d - across * off_q) / determinant
            step_q = (along_d * off_q - across * off_d) / determinant
            length = np.maximum(np.abs(step_d), np.abs(step_q))
            share = np.minimum(1, _STRIDE / np.maximum(length, _STRIDE))
            psi_d, psi_q = psi_d + share * step_d, psi_q + share * step_q
        raise ArithmeticError("Newton's method did not find the flux linkages")


def grid() -> tuple[Field, Field]:
    """i_d and i_q of the points, A `[13, 13]`; i_d is the same along a row."""
    i_d, i_q = np.meshgrid(
        np.linspace(*CURRENTS_D, POINTS), np.linspace(*CURRENTS_Q, POINTS), indexing="ij"
    )
    return i_d, i_q


def machines(count: int, part: str, seed: int) -> Machines:
    """`count` machines of one of `PARTS`; the same arguments give the same bits."""
    first = _STREAM + _STREAMS_OF_A_PART * PARTS.index(part)
    uniform = [rng.uniform(seed, first + stream, count) for stream in range(6)]
    coefficients = {
        name: value * SPREAD ** (2 * share - 1)
        for (name, value), share in zip(PUBLISHED.items(), uniform[:5], strict=True)
    }
    return Machines(**coefficients, i_f=MAGNETS[0] + (MAGNETS[1] - MAGNETS[0]) * uniform[5])


def surfaces(made: Machines) -> Floats:
    """The maps of machines, float32 `[n, 338]`, mVs: ψ_d row by row of the grid, then ψ_q."""
    psi = np.stack(made.flux_linkages(*grid()), axis=1)
    return (1000 * psi).reshape(len(made), -1).astype(np.float32)


def fluxmaps(train: int = 1000, validation: int = 200, test: int = 200, seed: int = 31) -> Dataset:
    """Maps of machines, float32 `[n, 338]`, mVs: ψ_d row by row of the grid, then ψ_q."""
    sizes = zip(PARTS, (train, validation, test), strict=True)
    made = [surfaces(machines(size, part, seed)) for part, size in sizes]
    splits = [Split(x, np.zeros(len(x), np.uint8)) for x in made]
    return Dataset(
        name="fluxmaps",
        label="simulated from a stated physical model",
        description="flux linkages of the d and the q axis of permanent-magnet machines that "
        f"saturate, at {POINTS}×{POINTS} pairs of currents, i_d from {CURRENTS_D[0]:g} to "
        f"{CURRENTS_D[1]:g} A and i_q from {CURRENTS_Q[0]:g} to {CURRENTS_Q[1]:g} A, in mVs; five "
        "coefficients of an algebraic model and the strength of the magnets vary",
        classes=("machine",),
        train=splits[0],
        validation=splits[1],
        test=splits[2],
    )
