"""What pages are told as JSON: of the book, of a figure, of cells.

Written here once: mypy holds `render.py` to it, and `site_assets/kit/base/page_data.ts` is made
from it (`UPDATE_GOLDEN=1 pytest tests/unit/test_generated_types.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypeAlias, TypedDict

from builder.load.figure_spec import ShippedSpec
from builder.load.state_types import Value
from training.publish.fields import PageCard


class AssetReference(TypedDict):
    """Where an asset is: what its script registers it as, the script's address, and how many bytes
    it has once unpacked."""

    key: str
    src: str
    bytes: int


class LaneData(TypedDict):
    """What runs graphs: its worker's script, and its wasm."""

    script: str
    wasm: AssetReference


class KernelsData(TypedDict):
    """The kernels' worker, and their wasm twice: plain, and for browsers with relaxed SIMD."""

    script: str
    plain: AssetReference
    fused: AssetReference


class SearchData(TypedDict):
    """What a page loads when its search field is first used."""

    script: str
    index: str


class EngineData(TypedDict):
    """Both lanes; there are no kernels in a book whose graphs they cannot run."""

    ort: LaneData
    kernels: KernelsData | None


class BookData(TypedDict):
    """What every page is told: where the parts are that are loaded later. `take` makes the files
    that a reader takes along."""

    kit: str
    offline: str
    take: str
    search: SearchData
    engine: EngineData


FigureFiles: TypeAlias = Mapping[str, Sequence[str | tuple[str, str]]]
"""Of a page with figures: id of the figure → the scripts that it loads before it is live. Of a pair
it loads the second where the browser has relaxed SIMD, else the first."""


class ModelAsset(AssetReference):
    """A graph or an array; a graph may have a plan for the kernels."""

    plan: NotRequired[AssetReference]


class ModelData(TypedDict):
    """A model and its parts. `program` is PyTorch for the weights of a network that trains in the
    page."""

    name: str
    card: PageCard
    assets: Mapping[str, ModelAsset]
    program: NotRequired[AssetReference]


class FigureData(TypedDict):
    """What stands beside a figure's static frame: what figure.toml declares, the state and the
    options of that frame, the figure's script, and its models by role."""

    name: str
    spec: ShippedSpec
    state: Mapping[str, Value]
    options: Mapping[str, Value]
    script: str
    models: Mapping[str, ModelData]


class CellData(TypedDict):
    """A cell's Python. An exercise has a check; `raises` names the exception that is meant, if
    one is."""

    code: str
    check: str | None
    raises: str


class SizedAsset(AssetReference):
    """A part of a file; `size` counts the bytes of its script."""

    size: int


class CellsData(TypedDict):
    """What cells load when one is first run, `size` bytes in all: the worker's script, Python's
    files in parts, and its memory after its start, which is for pages from file://. `editor` is
    the script that loads when a cell is first edited, `lock` Pyodide's lock file, and `models` are
    those that cells name."""

    script: str
    size: int
    editor: str
    lock: str
    files: Mapping[str, Sequence[SizedAsset]]
    snapshot: Sequence[SizedAsset]
    models: Mapping[str, ModelData]
