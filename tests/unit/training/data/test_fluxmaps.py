"""Flux maps are reciprocal, rise with their own current, and invert the stated model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import root

from training.data.fluxmaps import (
    CURRENTS_D,
    CURRENTS_Q,
    MAGNETS,
    POINTS,
    PUBLISHED,
    SPREAD,
    Field,
    Machines,
    fluxmaps,
    grid,
    machines,
    surfaces,
)

TINY = 1e-3
"""A, of a finite difference."""


def some(count: int = 40) -> Machines:
    return machines(count, "test", 5)


def maps(made: Machines, i_d: Field | None = None, i_q: Field | None = None) -> Field:
    """ψ_d and ψ_q, Vs `[2, n, …]`."""
    over = grid()
    psi = made.flux_linkages(over[0] if i_d is None else i_d, over[1] if i_q is None else i_q)
    return np.stack(psi)


def test_newton_inverts_the_model() -> None:
    made = some()
    found = made.currents(*maps(made))
    for current, wanted in zip(found, grid(), strict=True):
        assert np.abs(current - wanted).max() < 1e-9


def test_the_model_is_the_published_one_and_scipy_inverts_it_alike() -> None:
    """Written out for one machine, in the paper's letters, where d and q are exchanged."""
    made = Machines(*(np.array([value]) for value in (*PUBLISHED.values(), 12.0)))

    def currents(psi: Field) -> Field:
        q, d = psi
        i_d = (17.4 + 373 * abs(d) ** 5 + 1120 / 2 * abs(d) * abs(q) ** 2) * d
        i_q = (52.1 + 658 * abs(q) + 1120 / 3 * abs(d) ** 3) * q
        return np.array([i_q - 12, i_d])

    for i_d, i_q in ((-20.0, 25.0), (-2.5, 30.0), (0.0, 0.0), (-30.0, 5.0)):
        exact = root(lambda psi, at=(i_d, i_q): currents(psi) - at, [0.1, 0.3], tol=1e-12)
        assert exact.success
        psi = made.flux_linkages(np.array(i_d), np.array(i_q))
        assert np.ravel(psi) == pytest.approx(exact.x, abs=1e-9)


def test_the_flux_of_an_axis_answers_the_other_s_current_as_the_other_answers_it() -> None:
    made = some()
    i_d, i_q = grid()
    inside = i_q + 2 * TINY  # the model's powers have a kink at zero
    by_d = (maps(made, i_d + TINY, inside) - maps(made, i_d - TINY, inside)) / (2 * TINY)
    by_q = (maps(made, i_d, inside + TINY) - maps(made, i_d, inside - TINY)) / (2 * TINY)
    assert by_q[0] == pytest.approx(by_d[1], abs=1e-8)
    assert np.abs(by_q[0]).max() > 1e-3, "there is cross-saturation to speak of"
    wrong = replace(made, a_dq=2 * made.a_dq)
    assert np.abs(
        by_q[0] - (maps(wrong, i_d + TINY, inside) - maps(wrong, i_d, inside))[1]
    ).max() > (1e-4), "the test can fail"


def test_each_flux_rises_with_its_own_current_and_does_so_ever_slower() -> None:
    psi = maps(some())
    along_d, along_q = np.diff(psi[0], axis=1), np.diff(psi[1], axis=2)
    assert along_d.min() > 0
    assert along_q.min() > 0
    assert np.diff(along_q, axis=2).max() < 1e-3, "iron saturates"


def test_currents_of_the_other_sign_mirror_the_map() -> None:
    made, (i_d, i_q) = some(), grid()
    one, other = maps(made, i_d, i_q), maps(made, i_d, -i_q)
    assert other[0] == pytest.approx(one[0], abs=1e-12)
    assert other[1] == pytest.approx(-one[1], abs=1e-12)


def test_energy_has_one_lowest_place_for_each_pair_of_currents() -> None:
    along_d, along_q, across = some().stiffness(*maps(some()))
    assert (along_d * along_q - across**2).min() > 0


def test_the_magnets_alone_are_the_flux_without_currents() -> None:
    made = some()
    psi_d, psi_q = made.flux_linkages(np.array(0.0), np.array(0.0))
    assert np.abs(psi_q).max() == 0
    assert psi_d * (made.a_d0 + made.a_dd * psi_d) == pytest.approx(made.i_f)
    assert psi_d.min() > 0


def test_machines_vary_as_far_as_stated_and_no_further() -> None:
    made = machines(4000, "train", 5)
    for name, value in PUBLISHED.items():
        factor = getattr(made, name) / value
        assert 1 / SPREAD <= factor.min() < 1.01 / SPREAD
        assert 0.99 * SPREAD < factor.max() <= SPREAD
        assert np.log(factor).mean() == pytest.approx(0, abs=0.02)
    assert MAGNETS[0] <= made.i_f.min() < MAGNETS[0] + 0.1
    assert MAGNETS[1] - 0.1 < made.i_f.max() <= MAGNETS[1]


def test_a_map_holds_the_axes_one_after_the_other_in_millivoltseconds() -> None:
    made = some(3)
    flat = surfaces(made).reshape(3, 2, POINTS, POINTS)
    assert flat == pytest.approx(1000 * np.moveaxis(maps(made), 0, 1), rel=1e-6)
    assert grid()[0][0, 0] == CURRENTS_D[0]
    assert grid()[0][-1, 5] == CURRENTS_D[1]
    assert grid()[1][3, -1] == CURRENTS_Q[1]


def test_splits_are_of_different_machines_and_repeatable() -> None:
    data = fluxmaps(20, 20, 20)
    assert np.array_equal(data.train.x, fluxmaps(20, 20, 20).train.x)
    rows = np.concatenate([split.x for split in data.splits().values()])
    assert len(np.unique(rows, axis=0)) == 60


def test_currents_beyond_all_reach_are_told() -> None:
    broken = replace(some(1), a_q0=np.array([np.nan]))
    with pytest.raises(ArithmeticError, match="did not find"):
        broken.flux_linkages(*grid())
