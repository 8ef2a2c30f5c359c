"""Whether each model's card says all that a reader may ask of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from builder.issues.issue import Issue, whole_file
from builder.load.model_card import ModelCard

ASKED = (
    "title", "honesty", "description", "data", "seed", "parameters", "metrics",
    "wall_time_seconds", "fingerprint", "versions",
)  # fmt: skip
OF_DATA = ("name", "label", "description", "splits")
OF_TENSOR = ("name", "shape", "dtype", "unit", "description")
OF_METRIC = ("value", "unit", "split", "description")


def check_cards(cards: Iterable[ModelCard]) -> Iterator[Issue]:
    """An issue for each card that lacks something."""
    for card in cards:
        for what in _missing(card.content):
            hint = f"book train --force {card.name}"
            path = f"{card.folder}/card.json"
            yield whole_file("card-complete", path, f"the card does not say {what}", hint)


def _missing(content: Mapping[str, Any]) -> Iterator[str]:
    yield from _absent(content, ASKED, "")
    yield from _absent(content.get("data") or {}, OF_DATA, " of the data")
    for name, graph in content.get("graphs", {}).items():
        for direction in ("inputs", "outputs"):
            if not graph.get(direction):
                yield f"the {direction} of the graph '{name}'"
            for tensor in graph.get(direction, ()):
                place = f" of '{tensor.get('name', '?')}' in the graph '{name}'"
                yield from _absent(tensor, OF_TENSOR, place)
        if name not in content.get("parity", {}):
            yield f"how far the graph '{name}' is from torch"
    for name, array in content.get("arrays", {}).items():
        wanted = [key for key in OF_TENSOR if key != "name"]
        yield from _absent(array, wanted, f" of the array '{name}'")
    for name, metric in content.get("metrics", {}).items():
        yield from _absent(metric, OF_METRIC, f" of the metric '{name}'")


def _absent(values: Mapping[str, Any], keys: Iterable[str], place: str) -> Iterator[str]:
    """Keys without a value; an empty unit says that there is none, and a scalar has no axes."""
    for key in keys:
        value = values.get(key)
        if value is None or (value in ("", {}, []) and key not in {"unit", "shape"}):
            yield f"the {key.replace('_', ' ')}{place}"
