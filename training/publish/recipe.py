"""What a recipe is: a training function, what it promises, and what it hands over to publish."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from training.publish.card import DataCard, DType, Honesty, Metric
from training.publish.export import Graph

Progress: TypeAlias = Callable[[float], None]
"""Called during training with the share of the work that is done, 0..1."""

ARRAY_DTYPES: tuple[DType, ...] = ("float32", "uint8", "int32")


class ClaimError(Exception):
    """A trained model does not hold what its recipe promises; it must not be published."""


@dataclass(frozen=True)
class PublishedArray:
    """Numbers that a figure reads beside the graphs: float32, uint8 or int32."""

    values: NDArray[np.generic]
    unit: str
    description: str

    def __post_init__(self) -> None:
        if self.values.dtype.name not in ARRAY_DTYPES:
            raise TypeError(
                f"expected one of {', '.join(ARRAY_DTYPES)}, found {self.values.dtype.name}"
            )


@dataclass(frozen=True)
class Trained:
    """What a recipe's training produced, complete for publishing."""

    data: DataCard
    seed: int
    parameters: int
    graphs: Mapping[str, Graph]
    arrays: Mapping[str, PublishedArray]
    metrics: Mapping[str, Metric]
    options: Mapping[str, Any]


@dataclass(frozen=True)
class Claim:
    """A sentence about the metrics that must be true of every published model."""

    text: str
    holds: Callable[[Mapping[str, float]], bool]


@dataclass(frozen=True)
class Recipe:
    """One model of the book; its module in `training/recipes/` gives it its name."""

    title: str
    description: str
    honesty: Honesty
    train: Callable[[Progress], Trained]
    claims: tuple[Claim, ...] = field(default=())

    def check_claims(self, metrics: Mapping[str, Metric]) -> None:
        """Raise ClaimError, with all metrics, unless every claim holds."""
        values = {name: metric.value for name, metric in metrics.items()}
        broken = [claim.text for claim in self.claims if not claim.holds(values)]
        if broken:
            measured = ", ".join(f"{name} = {value:.4g}" for name, value in values.items())
            raise ClaimError(
                f"the trained model does not hold: {'; '.join(broken)}. Measured: {measured}"
            )
