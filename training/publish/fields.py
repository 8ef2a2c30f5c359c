"""The fields of card.json. `Page…` is the part that travels with a figure, in each of its pages.

Written here once: `site_assets/kit/base/card_fields.ts` is made from it (`UPDATE_GOLDEN=1 pytest
tests/unit/test_generated_types.py`), and the builder reads here what to hand on and what to ask
for. Rests on nothing, so that whoever has no torch can import it.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, TypedDict


class PageGraph(TypedDict):
    """A graph that can be run; the file holds the ONNX model."""

    file: str


class PageArray(TypedDict):
    """Published numbers, row by row, least significant byte first."""

    file: str
    shape: Sequence[int]
    dtype: Literal["float32", "uint8", "int32"]


class PageMetric(TypedDict):
    """One measured number."""

    value: float
    unit: str


class DataSetFields(TypedDict):
    """What a model was trained on; a recipe may add facts that its figure needs."""

    name: str
    label: str
    description: str
    splits: Mapping[str, int]
    classes: Sequence[str]


class PageFacts(TypedDict):
    """What a page is told of every model. `parameters` counts them, `options` are settings."""

    name: str
    title: str
    honesty: str
    description: str
    data: DataSetFields
    seed: int
    parameters: int
    options: Mapping[str, object]


class PageCard(PageFacts):
    """What a figure is told of a model: of graphs, arrays and metrics those that it uses."""

    graphs: Mapping[str, PageGraph]
    arrays: Mapping[str, PageArray]
    metrics: Mapping[str, PageMetric]


class PortFields(TypedDict):
    """An input or an output of a graph; a letter in `shape` is an axis of any length."""

    name: str
    shape: Sequence[int | str]
    dtype: str
    unit: str
    description: str


class GraphFields(PageGraph):
    """A graph with its ports."""

    inputs: Sequence[PortFields]
    outputs: Sequence[PortFields]


class ArrayFields(PageArray):
    """An array and what it holds."""

    unit: str
    description: str


class MetricFields(PageMetric):
    """A metric, and the split that it was measured on."""

    split: str
    description: str


class ParityFields(TypedDict):
    """How far a graph is from torch at most, and how far it may be."""

    max_abs_difference: float
    tolerance: float


class CardFields(PageFacts):
    """The whole card."""

    graphs: Mapping[str, GraphFields]
    arrays: Mapping[str, ArrayFields]
    metrics: Mapping[str, MetricFields]
    claims: Sequence[str]
    parity: Mapping[str, ParityFields]
    wall_time_seconds: float
    fingerprint: str
    versions: Mapping[str, str]
