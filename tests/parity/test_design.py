"""F22: slopes, searches and every published number, by other code than the recipe's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.neighbors import NearestNeighbors

from tests.parity.test_exported_models import array
from tests.parity.test_exported_models import session as opened
from training.data import rng
from training.data.shapes import SIDE, shapes
from training.measure.code_search import Asked, search

Array = NDArray[Any]
SIMPLEX = np.array([[0, 0], [0.05, 0], [0, 0.05]])
STREAM_STARTS, STREAM_CODES = rng.STREAM_DRAW + 80, rng.STREAM_DRAW + 81


session = cache(opened)


@pytest.fixture(scope="module")
def folder(models_dir: Path) -> Path:
    return models_dir / "shapes-vae"


@pytest.fixture(scope="module")
def card(folder: Path) -> dict[str, Any]:
    made: dict[str, Any] = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    return made


@pytest.fixture(scope="module")
def options(card: dict[str, Any]) -> dict[str, Any]:
    search: dict[str, Any] = card["options"]["search"]
    return search


def measured(x: Array) -> Array:
    """Ink, roundness and points of `[n, 32, 32]` in numpy's complex numbers, `[n, 3]`."""
    s = np.pad(np.tanh(4 * x), ((0, 0), (1, 1), (1, 1)))
    a, b, c, d = s[:, :-1, :-1], s[:, :-1, 1:], s[:, 1:, :-1], s[:, 1:, 1:]
    across, down = (b - a + d - c) / 2, (c - a + d - b) / 2
    edge = (np.sqrt(across**2 + down**2 + 1e-4) - 1e-2).sum((1, 2))
    pale = x.reshape(-1, SIDE // 2, 2, SIDE // 2, 2).mean((2, 4)).reshape(len(x), -1)
    place = np.arange(SIDE // 2) * 2 - (SIDE / 2 - 1)
    right, below = np.meshgrid(place, place)
    r, k = np.hypot(right, below).ravel(), np.arange(3, 10)
    power = np.abs((pale * r) @ np.exp(1j * np.outer(np.arctan2(right, -below).ravel(), k))) ** 2
    points = (power @ k) / (power.sum(1) + 1e-3 * (pale * r).sum(1) ** 2)
    return np.stack([x.mean((1, 2)), 4 * np.pi * s.sum((1, 2)) / edge**2, points], axis=1)


def drawings(split: str) -> Array:
    """Of the data set, `[n, 32, 32]`."""
    return np.asarray(getattr(shapes(), split).x[:, 0], np.float64)


def deviations_of(options: Mapping[str, Any]) -> Array:
    return np.array(options["deviations"])


def look(
    folder: Path, z: Array, target: Array, deviations: Array, leash: float, network: int = 0
) -> list[Any]:
    """Drawings, measures and slopes of codes `[n, 2]` of a network, by default the page's."""
    n = len(z)
    feeds = {
        "z": z,
        "target": np.broadcast_to(target, (n, 3)),
        "weights": np.broadcast_to(np.array([1, 1, 81]) / (3 * deviations**2), (n, 3)),
        "leash": np.full((n, 1), leash),
    }
    given = {name: np.ascontiguousarray(value, np.float32) for name, value in feeds.items()}
    graph = f"search-{network + 1}.onnx" if network else "search.onnx"
    return list(session(folder / graph).run(None, given))


def decoded(folder: Path, z: Array, network: int = 0) -> Array:
    """A network's drawings `[n, 32, 32]`; the page's has a decoder of its own."""
    if network:
        drawings = look(folder, z, np.zeros(3), np.ones(3), 0.0, network)[0]
    else:
        given = {"z": np.ascontiguousarray(z, np.float32)}
        drawings = session(folder / "decoder.onnx").run(None, given)[0]
    return np.asarray(drawings[:, 0], np.float64)


def misfit(measures: Array, target: Array, deviations: Array) -> Array:
    root: Array = np.sqrt(np.mean(((measures - target) / deviations) ** 2, axis=-1))
    return root


def wishes(options: Mapping[str, Any], split: str = "test") -> Array:
    """By kind, `[2, 24, 3]`, of a split."""
    count = options["wishes"]
    measures = measured(drawings(split)[: 4 * count]).reshape(4, count, 3)
    mixed = np.stack([measures[1, :, 0], measures[2, :, 1], measures[3, :, 2]], axis=1)
    return np.stack([measures[0], mixed])


def accepted(folder: Path, card: dict[str, Any], x: Array) -> Array:
    """Whether the classifier is sure of drawings `[n, 32, 32]` and a known one is near."""
    flat = x.reshape(len(x), -1)
    share = session(folder / "judge.onnx").run(None, {"x": flat.astype(np.float32)})[0]
    levels = card["options"]["search"]["levels"]
    known = array(folder, card, "known").reshape(-1, SIDE**2) / levels
    far, _ = NearestNeighbors(n_neighbors=1).fit(known).kneighbors(flat)
    value = {key: each["value"] for key, each in card["metrics"].items()}
    sure = share.max(1) >= value["judge.least_probability"]
    both: Array = sure & (far[:, 0] <= value["judge.largest_distance"])
    return both


def test_the_slopes_have_the_published_decoder(folder: Path, options: dict[str, Any]) -> None:
    z = np.random.default_rng(1).standard_normal((20, 2)) * 1.5
    x_hat, found, _ = look(folder, z, np.zeros(3), deviations_of(options), 0.0)
    np.testing.assert_allclose(x_hat[:, 0], decoded(folder, z), atol=1e-5)
    np.testing.assert_allclose(found, measured(x_hat[:, 0].astype(float)), rtol=5e-3, atol=5e-3)


@pytest.mark.parametrize("leash", [0.0, 0.1])
def test_slopes_are_those_of_the_cost(folder: Path, options: dict[str, Any], leash: float) -> None:
    """Central differences of C(g(z)) + λ ‖z‖², C by numpy on the published decoder."""
    z = np.random.default_rng(3).standard_normal((30, 2)) * 1.5
    target, deviations = np.array([0.3, 0.4, 5.0]), deviations_of(options)

    def total(code: Array) -> Array:
        found = misfit(measured(decoded(folder, code)), target, deviations)
        value: Array = found**2 + leash * (code**2).sum(1)
        return value

    slope = look(folder, z, target, deviations, leash)[2]
    for axis in range(2):
        step = 5e-3 * np.eye(2)[axis]
        differences = (total(z + step) - total(z - step)) / 1e-2
        np.testing.assert_allclose(slope[:, axis], differences, rtol=0.03, atol=0.03)


def test_the_archives_row(folder: Path, card: dict[str, Any], options: dict[str, Any]) -> None:
    x = drawings("train")
    archive = measured(x)
    deviations = archive.std(0, ddof=1)
    np.testing.assert_allclose(deviations, deviations_of(options), rtol=2e-3)
    assert len(archive) == options["archive"]
    way = options["ways"].index("archive")
    for kind, target in enumerate(wishes(options)):
        found = misfit(archive[None], target[:, None], deviations)
        assert array(folder, card, "misfits")[kind, way] == pytest.approx(
            found.min(1).mean(), abs=3e-3
        )
        share = accepted(folder, card, x[found.argmin(1)]).mean()
        assert array(folder, card, "accepted")[kind, way] == pytest.approx(share, abs=1e-6)


def test_what_the_page_has_of_the_archive(
    folder: Path, card: dict[str, Any], options: dict[str, Any]
) -> None:
    known = array(folder, card, "known") / options["levels"]
    x = drawings("train")[: options["known"]]
    assert np.abs(known - x).max() <= 0.5 / options["levels"] + 1e-6
    np.testing.assert_allclose(
        array(folder, card, "known_measures"), measured(known), rtol=5e-3, atol=0.01
    )


def test_the_plane_is_judged_as_it_is_drawn(
    folder: Path, card: dict[str, Any], options: dict[str, Any]
) -> None:
    plane = options["plane"]
    axis = np.linspace(-plane["extent"], plane["extent"], plane["side"])
    z = np.stack(np.meshgrid(axis, axis[::-1]), -1).reshape(-1, 2)
    x = decoded(folder, z)
    assert np.mean(accepted(folder, card, x) == array(folder, card, "plane_accepted")) > 0.998
    found = array(folder, card, "plane_measures") / plane["fine"] * deviations_of(options)
    off = np.abs(found - np.minimum(measured(x), 255 / plane["fine"] * deviations_of(options)))
    assert (off / deviations_of(options)).max() < 0.6 / plane["fine"] + 0.01


def asker(
    folder: Path, options: Mapping[str, Any], targets: Array, leash: float, network: int = 0
) -> Asked:
    """C + λ ‖z‖² by numpy, and the slopes that are published."""
    deviations = deviations_of(options)

    def ask(z: Array, numbers: Array) -> tuple[Array, Array]:
        x_hat, _, slope = look(folder, z, targets[numbers], deviations, leash, network)
        found = misfit(measured(x_hat[:, 0].astype(float)), targets[numbers], deviations)
        return found**2 + leash * (z**2).sum(1), slope.astype(float)

    return ask


@dataclass(frozen=True)
class Wished:
    """What the searches are asked for, a row for each start."""

    targets: Array
    starts: Array

    @classmethod
    def of(cls, options: Mapping[str, Any], split: str, network: int) -> Wished:
        targets = np.repeat(wishes(options, split).reshape(-1, 3), options["starts"], 0)
        starts = rng.normal(network, STREAM_STARTS, 2 * len(targets)).reshape(-1, 2)
        return cls(targets, starts.astype(float))


def judged(
    folder: Path, card: dict[str, Any], wished: Wished, z: Array, leash: float, network: int
) -> tuple[Array, Array]:
    """Mean misfit and accepted share by kind, `[2]` each, of the best search for each wish."""
    options = card["options"]["search"]
    x = decoded(folder, z, network)
    found = misfit(measured(x), wished.targets, deviations_of(options))
    each = options["starts"]
    best = (found**2 + leash * (z**2).sum(1)).reshape(-1, each).argmin(1)
    rows = np.arange(len(best)) * each + best
    shares = accepted(folder, card, x[rows])
    return found[rows].reshape(2, -1).mean(1), shares.reshape(2, -1).mean(1)


@pytest.mark.parametrize("network", range(5))
@pytest.mark.parametrize("way", ["free", "held"])
def test_the_searches(
    folder: Path, card: dict[str, Any], options: dict[str, Any], way: str, network: int
) -> None:
    leash = card["metrics"]["search.leash"]["value"] if way == "held" else 0.0
    wished = Wished.of(options, "test", network)
    z = search(asker(folder, options, wished.targets, leash, network), wished.starts).codes
    missed, share = judged(folder, card, wished, z, leash, network)
    place = slice(None), options["ways"].index(way), network
    # A search whose path forks at the last digits may end in another valley.
    np.testing.assert_allclose(missed, array(folder, card, "misfits")[place], atol=0.03)
    some = 3 / options["wishes"] + 1e-6
    np.testing.assert_allclose(share, array(folder, card, "accepted")[place], atol=some)


def test_scipy_finds_no_better(folder: Path, options: dict[str, Any]) -> None:
    """L-BFGS-B from the same starts comes as near, with a line search of its own: six wishes of
    each kind."""
    wished, each = Wished.of(options, "test", 0), options["starts"]
    some = 6 * each
    rows = np.r_[:some, len(wished.targets) // 2 :][: 2 * some]
    targets, starts = wished.targets[rows], wished.starts[rows]
    own = search(asker(folder, options, targets, 0.0), starts).codes
    theirs = []
    for target, start in zip(targets, starts, strict=True):
        ask = asker(folder, options, target[None], 0.0)

        def total(code: Array, ask: Asked = ask) -> tuple[float, Array]:
            value, slope = ask(code[None], np.array([0]))
            return float(value[0]), slope[0]

        theirs.append(minimize(total, start, jac=True, method="L-BFGS-B").x)

    def best(z: Array) -> Array:
        found = misfit(measured(decoded(folder, z)), targets, deviations_of(options))
        least: Array = found.reshape(-1, each).min(1)
        return least

    found, expected = best(own), best(np.array(theirs))
    assert found.mean() == pytest.approx(expected.mean(), abs=0.06)


def test_the_shown_search_needs_no_slopes(
    folder: Path, card: dict[str, Any], options: dict[str, Any]
) -> None:
    """From where the figure's held search ends, Nelder and Mead find next to nothing better."""
    target, start = (np.array([options["turned"][part]]) for part in ("wish", "start"))
    leash = card["metrics"]["search.leash"]["value"]
    ask = asker(folder, options, target, leash)
    end = search(ask, start).codes[0]

    def total(z: Array) -> float:
        found = misfit(measured(decoded(folder, z[None])), target[0], deviations_of(options))
        return float(found[0] ** 2 + leash * (z**2).sum())

    best = minimize(total, end, method="Nelder-Mead", options={"initial_simplex": end + SIMPLEX})
    assert np.abs(best.x - end).max() < 0.1
    assert total(end) - best.fun < 2e-3


def test_the_random_codes(folder: Path, card: dict[str, Any], options: dict[str, Any]) -> None:
    way = options["ways"].index("random")
    assert card["metrics"]["search.looks"]["value"] <= options["looks"]
    for network in range(options["networks"]):
        codes = rng.normal(network, STREAM_CODES, 2 * options["looks"]).reshape(-1, 2)
        x = decoded(folder, codes, network)
        for kind, target in enumerate(wishes(options)):
            found = misfit(measured(x)[None], target[:, None], deviations_of(options))
            assert array(folder, card, "misfits")[kind, way, network] == pytest.approx(
                found.min(1).mean(), abs=5e-3
            )
            share = accepted(folder, card, x[found.argmin(1)]).mean()
            assert array(folder, card, "accepted")[kind, way, network] == pytest.approx(
                share, abs=1 / options["wishes"] + 1e-6
            )


def test_metrics_are_means_over_the_networks(
    folder: Path, card: dict[str, Any], options: dict[str, Any]
) -> None:
    tables = {
        name: array(folder, card, values).astype(float)
        for name, values in (("misfit", "misfits"), ("accepted", "accepted"))
    }

    def expect(key: str, values: Array) -> None:
        for ending, value in (
            ("", values.mean()),
            ("_lowest", values.min()),
            ("_highest", values.max()),
        ):
            assert card["metrics"][f"{key}{ending}"]["value"] == pytest.approx(value, abs=1e-5)

    for k, kind in enumerate(options["kinds"]):
        for w, way in enumerate(options["ways"]):
            for name, table in tables.items():
                expect(f"search.{kind}.{way}.{name}", table[k, w])
        free, archive = (tables["misfit"][k, options["ways"].index(w)] for w in ("free", "archive"))
        expect(f"search.{kind}.lead", archive - free)


def test_the_leash_is_that_of_which_most_is_accepted(
    folder: Path, card: dict[str, Any], options: dict[str, Any]
) -> None:
    """On validation wishes, with all networks, from starts that no row has."""
    networks = options["networks"]
    wished = Wished.of(options, "validation", networks)

    def share(leash: float, network: int) -> float:
        ask = asker(folder, options, wished.targets, leash, network)
        z = search(ask, wished.starts).codes
        return float(judged(folder, card, wished, z, leash, network)[1].mean())

    shares = {
        leash: np.mean([share(leash, network) for network in range(networks)])
        for leash in options["leashes"]
    }
    chosen = shares[card["metrics"]["search.leash"]["value"]]
    assert chosen >= max(shares.values()) - 1 / options["wishes"] - 1e-6


def test_what_the_exercise_says_of_the_leash(
    folder: Path, card: dict[str, Any], options: dict[str, Any]
) -> None:
    target, start = (np.array([options["turned"][part]]) for part in ("wish", "start"))
    found: dict[float, tuple[float, bool, int]] = {}
    ends: dict[float, Array] = {}
    for leash in (0.0, *options["leashes"]):
        z = ends[leash] = search(asker(folder, options, target, leash), start).codes
        x = decoded(folder, z)
        share = session(folder / "judge.onnx").run(None, {"x": x.reshape(1, -1).astype("f4")})[0]
        found[leash] = (
            float(misfit(measured(x), target, deviations_of(options))[0]),
            bool(accepted(folder, card, x)[0]),
            int(share.argmax()),
        )
    value = {key: each["value"] for key, each in card["metrics"].items()}
    first, largest = value["search.turned.first"], options["leashes"][-1]
    assert first == min(leash for leash, (_, kept, _) in found.items() if kept)
    for name, leash in (("free", 0.0), ("first", first), ("largest", largest)):
        assert value[f"search.turned.{name}_misfit"] == pytest.approx(found[leash][0], abs=0.02)
    given = {"x": drawings("train")[:, None].astype(np.float32)}
    codes = session(folder / "encoder.onnx").run(["mu"], given)[0]
    nearest = np.linalg.norm(codes - ends[0.0], axis=1).min()
    assert value["search.turned.free_distance"] == pytest.approx(nearest, abs=0.02)
    classes = card["data"]["classes"]
    assert [classes[found[leash][2]] for leash in (first, largest)] == ["star", "cog"]


def test_the_judge_refuses_one_validation_drawing_in_forty_by_each_rule(
    folder: Path, card: dict[str, Any]
) -> None:
    x = drawings("validation").reshape(-1, SIDE**2)
    share = session(folder / "judge.onnx").run(None, {"x": x.astype(np.float32)})[0].max(1)
    least = card["metrics"]["judge.least_probability"]["value"]
    assert np.mean(share < least) == pytest.approx(1 / 40, abs=0.005)
    test = accepted(folder, card, drawings("test")).mean()
    assert test == pytest.approx(card["metrics"]["judge.accepted_test"]["value"], abs=0.005)
