"""Writes a trained model to `build/models/<name>/`, whole or not at all."""

import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from training.publish.card import CARD_FILE, DType, Json, package_versions
from training.publish.export import Graph
from training.publish.fields import (
    ArrayFields,
    CardFields,
    DataSetFields,
    GraphFields,
    MetricFields,
    PortFields,
)
from training.publish.recipe import PublishedArray, Recipe, Trained
from training.publish.swap import left_over, swap, unfinished_prefix

REFERENCE_FILE = "reference.json"
"""Inputs and torch's outputs for the parity tests; not packed for readers."""


def publish(
    name: str,
    recipe: Recipe,
    trained: Trained,
    models: Path,
    fingerprint: str,
    wall_time_seconds: float,
) -> Path:
    """Check the recipe's claims, then write all files and swap them in; returns the folder.

    Raises ClaimError and leaves the folder as it was if a claim does not hold.
    """
    recipe.check_claims(trained.metrics)
    models.mkdir(parents=True, exist_ok=True)
    for forsaken in left_over(models):
        shutil.rmtree(forsaken, ignore_errors=True)
    target = models / name
    fresh = Path(tempfile.mkdtemp(prefix=unfinished_prefix(target), dir=models))
    try:
        fresh.chmod(0o755)
        for key, graph in trained.graphs.items():
            (fresh / f"{key}.onnx").write_bytes(graph.model.SerializeToString(deterministic=True))
        for key, array in trained.arrays.items():
            (fresh / f"{key}.bin").write_bytes(little_endian(array.values).tobytes())
        write_json(fresh / REFERENCE_FILE, references_json(trained.graphs))
        card = card_json(name, recipe, trained, fingerprint, wall_time_seconds)
        write_json(fresh / CARD_FILE, card, indent=1)
        swap(fresh, target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return target


def card_json(
    name: str, recipe: Recipe, trained: Trained, fingerprint: str, wall_time_seconds: float
) -> CardFields:
    """The whole card."""
    return {
        "name": name,
        "title": recipe.title,
        "honesty": recipe.honesty,
        "description": recipe.description,
        "data": cast(DataSetFields, trained.data.as_json()),
        "seed": trained.seed,
        "parameters": trained.parameters,
        "graphs": {key: graph_json(key, graph) for key, graph in trained.graphs.items()},
        "arrays": {key: array_json(key, array) for key, array in trained.arrays.items()},
        "metrics": {
            key: cast(MetricFields, metric.as_json()) for key, metric in trained.metrics.items()
        },
        "claims": [claim.text for claim in recipe.claims],
        "parity": {
            key: {"max_abs_difference": graph.max_abs_difference, "tolerance": graph.tolerance}
            for key, graph in trained.graphs.items()
        },
        "options": dict(trained.options),
        "wall_time_seconds": round(wall_time_seconds, 2),
        "fingerprint": fingerprint,
        "versions": package_versions(),
    }


def graph_json(key: str, graph: Graph) -> GraphFields:
    """The file and the ports of one graph."""
    return {
        "file": f"{key}.onnx",
        "inputs": [cast(PortFields, port.as_json()) for port in graph.inputs],
        "outputs": [cast(PortFields, port.as_json()) for port in graph.outputs],
    }


def array_json(key: str, array: PublishedArray) -> ArrayFields:
    """The file and the layout of one array."""
    return {
        "file": f"{key}.bin",
        "shape": list(array.values.shape),
        "dtype": cast(DType, array.values.dtype.name),
        "unit": array.unit,
        "description": array.description,
    }


def references_json(graphs: Mapping[str, Graph]) -> Json:
    """Reference calls by graph, tensors as flat lists that round-trip float32 exactly."""
    return {
        key: [
            {"inputs": tensors_json(reference.inputs), "outputs": tensors_json(reference.outputs)}
            for reference in graph.references
        ]
        for key, graph in graphs.items()
    }


def tensors_json(tensors: Mapping[str, NDArray[Any]]) -> Json:
    """Tensors by name as shape, dtype and row-major values."""
    return {
        name: {
            "shape": list(tensor.shape),
            "dtype": tensor.dtype.name,
            "data": tensor.ravel().tolist(),
        }
        for name, tensor in tensors.items()
    }


def little_endian(values: NDArray[np.generic]) -> NDArray[np.generic]:
    """The array's bytes, row by row, least significant byte first."""
    return np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))


def write_json(path: Path, content: Mapping[str, Any], indent: int | None = None) -> None:
    """Write JSON that refuses NaN and infinity, which a browser could not parse."""
    path.write_text(
        json.dumps(content, indent=indent, ensure_ascii=False, allow_nan=False) + "\n",
        encoding="utf-8",
    )
