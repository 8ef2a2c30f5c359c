"""The data sets behind the figures, as lists of numbers: the very samples that models saw."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from math import prod
from pathlib import Path
from typing import Any

from book.host import current
from book.models import unknown
from book.tensors import Tensor


@dataclass(frozen=True)
class Data:
    """One split of a data set; sample i is `points[i]`, of class `classes[labels[i]]`."""

    name: str
    split: str
    description: str
    label: str
    """How honest it is: real, synthetic, drawn by the program, simulated."""
    points: list[list[float]]
    labels: list[int]
    classes: list[str]
    side: int
    """Pixels along an image's edge; 0 for data that are not images."""

    def __len__(self) -> int:
        return len(self.points)

    def __repr__(self) -> str:
        return f"<{self.name}, {self.split}: {len(self)} samples of {len(self.points[0])} numbers>"

    @property
    def images(self) -> list[list[float]]:
        """The points, for data that are images: row by row, 0 paper to 1 full ink."""
        if not self.side:
            raise AttributeError(f"{self.name} are no images: use points")
        return self.points


@cache
def declared() -> dict[str, dict[str, Any]]:
    """Where each data set is published; `levels` is what stands for full ink."""
    text = Path(__file__).with_name("datasets.json").read_text("utf-8")
    entries: dict[str, dict[str, Any]] = json.loads(text)
    return entries


def data(name: str, split: str = "train") -> Data:
    """A split of a data set; raises LookupError if this page doesn't bring it along."""
    host = current()
    known = [entry for entry, spec in declared().items() if spec["model"] in host.models()]
    if name not in known:
        raise LookupError(unknown("data set", name, known))
    spec = declared()[name]
    if split not in spec["splits"]:
        raise LookupError(f"{name} has no split {split!r}, only {', '.join(spec['splits'])}")
    model, parts = spec["model"], spec["splits"][split]
    card = host.card(model)
    arrays = {use: _array(model, card["arrays"][part], part) for use, part in parts.items()}
    about = card["data"]
    labels = arrays["labels"].data.tolist()
    points = _rows(arrays["points"], spec.get("levels", 1))
    return Data(
        name, split, about["description"], about["label"], points, labels,
        about.get("classes", []), spec.get("side", 0),
    )  # fmt: skip


def _array(model: str, described: dict[str, Any], part: str) -> Tensor:
    return Tensor.from_bytes(described["shape"], described["dtype"], current().array(model, part))


def _rows(tensor: Tensor, levels: int) -> list[list[float]]:
    """One flat row of numbers for each sample."""
    width = prod(tensor.dims[1:])
    values = tensor.data.tolist() if levels == 1 else [v / levels for v in tensor.data]
    return [values[at : at + width] for at in range(0, len(values), width)]
