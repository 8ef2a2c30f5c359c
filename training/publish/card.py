"""The card of a published model: what it is, what was measured, and the shape of every file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from math import isfinite
from typing import Any, Literal, TypeAlias

from training.data.dataset import Dataset

Honesty: TypeAlias = Literal["trains live", "trained model", "exact", "schematic"]
DType: TypeAlias = Literal["float32", "uint8", "int32"]
Json: TypeAlias = dict[str, Any]

CARD_FILE = "card.json"

VERSIONED_PACKAGES = ("torch", "numpy", "onnx", "onnxscript", "scikit-learn")
"""The packages whose versions can change what a recipe produces."""


@dataclass(frozen=True)
class Port:
    """One input or output of a graph; a leading `"n"` in `shape` is the batch axis."""

    name: str
    shape: tuple[int | str, ...]
    unit: str
    description: str
    dtype: DType | Literal["float64", "int64"] = "float32"

    def as_json(self) -> Json:
        """The port as the card holds it."""
        return {
            "name": self.name,
            "shape": list(self.shape),
            "dtype": self.dtype,
            "unit": self.unit,
            "description": self.description,
        }


@dataclass(frozen=True)
class Metric:
    """One measured number and the split that it was measured on."""

    value: float
    unit: str
    split: str
    description: str

    def __post_init__(self) -> None:
        if not isfinite(self.value):
            raise ValueError(
                f"expected a finite metric, found {self.value} for “{self.description}”"
            )

    def as_json(self) -> Json:
        """The metric as the card holds it."""
        return {
            "value": float(self.value),
            "unit": self.unit,
            "split": self.split,
            "description": self.description,
        }


@dataclass(frozen=True)
class DataCard:
    """The data that a model was trained on, with the size of each split and its honest label."""

    name: str
    label: str
    description: str
    splits: Mapping[str, int]
    classes: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, dataset: Dataset, **details: Any) -> "DataCard":
        """Describe `dataset`; `details` are further facts that a figure needs, JSON values."""
        sizes = {name: len(split) for name, split in dataset.splits().items()}
        return cls(
            dataset.name, dataset.label, dataset.description, sizes, dataset.classes, details
        )

    def as_json(self) -> Json:
        """The description as the card holds it."""
        return {
            "name": self.name,
            "label": self.label,
            "description": self.description,
            "splits": dict(self.splits),
            "classes": list(self.classes),
            **self.details,
        }


def package_versions() -> dict[str, str]:
    """Installed versions of the packages that training rests on."""
    return {name: version(name) for name in VERSIONED_PACKAGES}
