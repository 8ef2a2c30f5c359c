"""Whether each model's card says all that a reader may ask of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, get_type_hints

from builder.issues.issue import Issue, whole_file
from builder.load.model_card import ModelCard
from training.publish.fields import (
    ArrayFields,
    CardFields,
    DataSetFields,
    MetricFields,
    PortFields,
)

MAY_BE_EMPTY = frozenset(
    {"arrays", "claims", "classes", "graphs", "options", "parity", "shape", "unit"}
)
"""What may be empty: the unit of a number that has none, and the axes of a scalar."""


def check_cards(cards: Iterable[ModelCard]) -> Iterator[Issue]:
    """An issue for each card that lacks something."""
    for card in cards:
        for what in _missing(card.content):
            hint = f"book train --force {card.name}"
            path = f"{card.folder}/card.json"
            yield whole_file("card-complete", path, f"the card does not say {what}", hint)


def _missing(content: Mapping[str, Any]) -> Iterator[str]:
    yield from _absent(content, CardFields, "")
    yield from _absent(content.get("data") or {}, DataSetFields, " of the data")
    for name, graph in content.get("graphs", {}).items():
        for direction in ("inputs", "outputs"):
            if not graph.get(direction):
                yield f"the {direction} of the graph '{name}'"
            for tensor in graph.get(direction, ()):
                place = f" of '{tensor.get('name', '?')}' in the graph '{name}'"
                yield from _absent(tensor, PortFields, place)
        if name not in content.get("parity", {}):
            yield f"how far the graph '{name}' is from torch"
    for name, array in content.get("arrays", {}).items():
        yield from _absent(array, ArrayFields, f" of the array '{name}'")
    for name, metric in content.get("metrics", {}).items():
        yield from _absent(metric, MetricFields, f" of the metric '{name}'")


def _absent(values: Mapping[str, Any], fields: type, place: str) -> Iterator[str]:
    """The fields that have no value."""
    for key in get_type_hints(fields):
        value = values.get(key)
        if value is None or (value in ("", {}, []) and key not in MAY_BE_EMPTY):
            yield f"the {key.replace('_', ' ')}{place}"
