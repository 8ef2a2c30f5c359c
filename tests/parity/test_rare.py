"""F21: faults caught, counted again with scikit-learn's classifiers; metrics from the counts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.fft import fft, rfft
from scipy.signal.windows import hann
from sklearn.linear_model import RidgeClassifier
from sklearn.neighbors import NearestNeighbors

from tests.parity.test_measured_claims import Published
from training.data import rng
from training.data.currents import FAULTS, recording

Field = NDArray[np.float64]
ORDINARY, OWNED, MORE, ASKED = 1000, 30, 300, 500
NEW = 240
A_FEW = 3
"""Of 500: scores that lie on the threshold to the last digit."""


def coarse(windows: NDArray[np.float32]) -> Field:
    """Means of four samples."""
    meaned: Field = windows.astype(float).reshape(len(windows), 3, 32, 4).mean(3)
    return meaned.reshape(-1, 96)


def spectra(x: Field) -> Field:
    """With scipy's transform and window."""
    a, b, c = x.reshape(-1, 3, 32).swapaxes(0, 1)
    vector = (2 * a - b - c + 1j * np.sqrt(3) * (b - c)) / 3
    taper = hann(32)
    parts = [np.abs(fft(taper * vector)), np.abs(rfft(taper * (a + b + c)))[:, :6]]
    return np.log10(np.concatenate(parts, axis=1) / 16 + 1e-3)


def chosen(seed: int, stream: int, count: int, of: int) -> NDArray[np.int64]:
    return (of * rng.uniform(seed, rng.STREAM_DRAW + stream, count)).astype(int)


def made(mine: Field, seed: int, options: Mapping[str, float]) -> dict[str, Field]:
    """What the simple ways add."""
    share = rng.uniform(seed, rng.STREAM_DRAW + 42, NEW)[:, None]
    first = chosen(seed, 40, NEW, OWNED)
    _, near = NearestNeighbors(n_neighbors=6).fit(mine).kneighbors(mine)
    other = near[first, 1 + chosen(seed, 41, NEW, 5)]
    noise = rng.normal(seed, rng.STREAM_DRAW + 43, NEW * 96).reshape(NEW, 96)
    size = 1 + options["scale"] * (2 * share - 1)
    return {
        "smote": (1 - share) * mine[first] + share * mine[other],
        "jitter": size * mine[first] + options["noise"] * noise,
    }


def by_network(model: Published, place: int, whole: Field, seed: int) -> dict[str, Field]:
    """What the conditional VAE adds, from its published decoder and codes."""
    z = model.array("drawn_codes") / model.card["options"]["code_steps"]
    parents, (mu, sigma) = chosen(seed, 40, NEW, ORDINARY), model.array("codes").astype(float)
    eps = rng.normal(seed, rng.STREAM_DRAW + 43, z.size).reshape(z.shape)
    shown = parents < len(mu)
    assert shown.sum() > 5
    expected = mu[parents[shown]] + sigma[parents[shown]] * eps[shown]
    allowed = 1.01 + 0.5 * np.abs(eps[shown])  # all three are rounded to whole steps
    assert (np.abs(model.array("drawn_codes")[shown] - expected) <= allowed).all()

    def decoded(c: int) -> Field:
        given = np.concatenate([z, np.tile(np.eye(1 + len(FAULTS))[c], (NEW, 1))], axis=1)
        feeds = {"z_and_class": given.astype(np.float32), "member": np.zeros(NEW, np.int32)}
        return model.graph("decoder")(**feeds)[0].astype(float)

    faulty = decoded(1 + place)
    return {"drawn": faulty, "graft": whole[parents] + faulty - decoded(0)}


def linear(whole: Field, rows: Field, ridge: float, weight: str | None) -> Field:
    learner = RidgeClassifier(alpha=ridge * (len(whole) + len(rows)), class_weight=weight)
    learner.fit(np.concatenate([whole, rows]), np.repeat([0, 1], [len(whole), len(rows)]))
    return np.ravel(learner.coef_)


def nearest(rows: Field, x: Field) -> Field:
    found: Field = NearestNeighbors(n_neighbors=1).fit(rows).kneighbors(x)[0][:, 0]
    return found


def caught(held_out: Field, asked: Field) -> int:
    return int(np.sum(asked > np.sort(held_out)[-11]))


@pytest.mark.parametrize("fault", ["sensor gain", "bearing ripple"])
def test_the_first_seed_is_counted_again(models_dir: Path, fault: str) -> None:
    model = Published(models_dir, "rare-currents")
    options, seed = model.card["options"], model.card["seed"]
    place = FAULTS.index(fault)
    table = model.array("caught")[:, place, :, 0]
    columns = [tuple(column) for column in options["columns"]]
    severity = options["severities"][place]
    whole = coarse(recording(ORDINARY, "train", seed).windows())
    held_out = coarse(recording(ORDINARY, "validation", seed).windows())
    faulty = coarse(recording(MORE + ASKED, "faulty", seed).faulty(fault, severity))
    mine, asked = faulty[:OWNED], faulty[MORE:]
    new = {**made(mine, seed, options), **by_network(model, place, whole, seed)}
    new["real"] = faulty[OWNED:MORE]
    for sees, of_columns in zip(options["sees"], table, strict=True):
        feature = (lambda x: x) if sees == "window" else spectra
        n, h, q = feature(whole), feature(held_out), feature(asked)
        from_whole = [nearest(n, x) for x in (h, q)]
        for way, added in (
            *(("graft", 240), ("drawn", 240), ("drawn", 60)),
            *(("smote", 240), ("jitter", 60), ("real", 270), ("weights", 0)),
        ):
            rows = (
                np.concatenate([feature(mine), feature(new[way][:added])[:added]])
                if added
                else feature(mine)
            )
            if sees == "nearest":
                scores = [far / nearest(rows, x) for far, x in zip(from_whole, (h, q), strict=True)]
            else:
                v = linear(n, rows, options["ridge"], "balanced")
                scores = [h @ v, q @ v]
            told = int(of_columns[columns.index((way, added))])
            assert told == pytest.approx(caught(*scores), abs=A_FEW), (sees, way)
        if sees != "nearest":
            v = linear(n, feature(mine), options["ridge"], None)
            told = int(of_columns[columns.index(("nothing", 0))])
            assert told == pytest.approx(caught(h @ v, q @ v), abs=A_FEW)


def test_thirty_ripples_are_caught_by_their_spread(models_dir: Path) -> None:
    """As an exercise of chapter 8 has it: not by their mean, and not once their spread counts."""
    model = Published(models_dir, "rare-currents")
    key = "window.bearing-ripple"
    assert model.metric(f"{key}.real.caught_highest") < model.metric(f"{key}.nothing.caught_lowest")
    assert model.metric(f"{key}.weights.caught") < model.metric(f"{key}.nothing.caught") / 2
    options, seed = model.card["options"], model.card["seed"]
    severity = options["severities"][FAULTS.index("bearing ripple")]
    whole = coarse(recording(ORDINARY, "train", seed).windows())
    held_out = coarse(recording(ORDINARY, "validation", seed).windows())
    faulty = coarse(recording(MORE + ASKED, "faulty", seed).faulty("bearing ripple", severity))
    spreads = []
    for rows, weight in ((faulty[:OWNED], None), (faulty[:MORE], "balanced")):
        v = linear(whole, rows, options["ridge"], weight)
        ordinary, asked = held_out @ v, faulty[MORE:] @ v
        assert abs(asked.mean() - ordinary.mean()) < 0.25 * ordinary.std()
        spreads.append(asked.std() / ordinary.std())
    assert spreads[0] > 2 > 1.5 > spreads[1]


def test_the_metrics_are_the_counts(models_dir: Path) -> None:
    model = Published(models_dir, "rare-currents")
    options = model.card["options"]
    shares = model.array("caught") / options["asked"]
    columns = [tuple(column) for column in options["columns"]]
    weights = columns.index(("weights", 0))
    simple = [
        weights,
        *(columns.index(c) for c in (("jitter", 240), ("smote", 240), ("nothing", 0))),
    ]
    for s, sees in enumerate(options["sees"]):
        for f, fault in enumerate(options["faults"]):
            key, here = f"{sees}.{fault.replace(' ', '-')}", shares[s, f]
            for (way, added), values in zip(columns, here, strict=True):
                if way in ("graft", "drawn", "jitter", "smote") and added < NEW:
                    continue
                name = (
                    f"{key}.{way}"
                    if way in ("weights", "nothing", "real")
                    else f"{key}.{way}-{added}"
                )
                assert model.metric(f"{name}.caught") == pytest.approx(values.mean())
                assert model.metric(f"{name}.gain") == pytest.approx(
                    (values - here[weights]).mean()
                )
            best = here[max(simple, key=lambda column: here[column].mean())]
            lead = here[columns.index(("graft", 240))] - best
            assert model.metric(f"{key}.lead") == pytest.approx(lead.mean())
            assert model.metric(f"{key}.lead_highest") == pytest.approx(lead.max())
