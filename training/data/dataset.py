"""What every data set of the book has in common: three labelled splits, honestly described."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float32]
Labels: TypeAlias = NDArray[np.uint8]
HonestyLabel: TypeAlias = Literal[
    "real", "synthetic", "drawn by the program", "simulated from a stated physical model"
]


@dataclass(frozen=True)
class Split:
    """Examples `x`, float32 `[n, …]`, with the class index of each, uint8 `[n]`."""

    x: Floats
    labels: Labels

    def __post_init__(self) -> None:
        if len(self.x) != len(self.labels):
            raise ValueError(
                f"expected one label an example, found {len(self.labels)} labels "
                f"for {len(self.x)} examples"
            )

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Dataset:
    """Train, validation and test splits; `classes[k]` names the label `k`."""

    name: str
    label: HonestyLabel
    description: str
    classes: tuple[str, ...]
    train: Split
    validation: Split
    test: Split

    def splits(self) -> dict[str, Split]:
        """The three splits by name, in the order in which a reader meets them."""
        return {"train": self.train, "validation": self.validation, "test": self.test}


def balanced_labels(count: int, classes: int, rng: np.random.Generator) -> Labels:
    """`count` shuffled labels, uint8, in which class counts differ by one at most."""
    return rng.permutation(np.arange(count) % classes).astype(np.uint8)
