"""What the builder may ask of Node: each method, what it is given, and what it answers.

This is the only place where that is written. mypy holds the callers to it; for TypeScript it is
generated (`declarations.py`), and `site_assets/node/service.mjs` is checked against that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from typing import Any, Literal, NotRequired, Protocol, TypedDict, final, overload


class BundleParams(TypedDict):
    """`out` is the folder for the files; `figures` are figure.toml files by figure."""

    out: str
    figures: Mapping[str, Any]
    minify: bool


class Bundled(TypedDict):
    """By logical name: paths in `out`, and the npm packages whose code is in the file."""

    files: Mapping[str, str]
    packages: Mapping[str, Sequence[str]]
    wasmBytes: int


class CellParams(TypedDict):
    """One cell's Python; an exercise has a check and a solution."""

    name: str
    code: str
    check: str | None
    solution: str | None


class CellsParams(TypedDict):
    """A page's cells in order, and what they run with.

    `packages` is a folder with `pyodide-lock.json` and wheels, `models` are folders by model,
    `cards` their cards, `arrays` the published arrays as `model/name`. A cell may take `seconds`.
    """

    cells: Sequence[CellParams]
    packages: str
    models: Mapping[str, str]
    cards: Mapping[str, Any]
    arrays: Sequence[str]
    seconds: float


class CellEvent(TypedDict):
    """What a cell did, as `site_assets/python/book` tells it; `html` is of what it shows.

    An error has the exception's name, its message and its line in the cell (0: none). A check has
    whether it is passed, and whether an assertion of it helps with words of its own. Either may
    have a name that was nowhere defined, or an empty one if that is not what went wrong.
    """

    kind: Literal["stdout", "stderr", "value", "html", "notice", "error", "check"]
    text: str
    html: NotRequired[str]
    name: NotRequired[str]
    message: NotRequired[str]
    line: NotRequired[int]
    passed: NotRequired[bool]
    helpful: NotRequired[bool]
    needs: NotRequired[str]


@final
class RanCell(TypedDict):
    """What a cell did: its events, and these as HTML."""

    events: Sequence[CellEvent]
    markup: str


@final
class RanExercise(TypedDict):
    """The events of an exercise's start and of its solution, each with the check's verdict."""

    start: Sequence[CellEvent]
    solution: Sequence[CellEvent]


class FrameParams(TypedDict):
    """A figure in a state. `spec` is its figure.toml, `models` are folders by role."""

    figure: str
    id: str
    spec: Any
    state: Mapping[str, Any]
    options: Mapping[str, Any]
    models: Mapping[str, str]


class DrawnTable(TypedDict):
    """The numbers that a figure plots, row by row."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str | float]]


class DrawnFrame(TypedDict):
    """A figure's static picture as HTML, its words, its numbers, and the graphs that were run."""

    markup: str
    summary: str
    table: DrawnTable | None
    graphs: Sequence[str]


class InputsParams(TypedDict):
    """The names of all figures."""

    figures: Sequence[str]


class NoParams(TypedDict):
    """Nothing."""


class CompiledKernels(TypedDict):
    """The module in base64, and the one whose multiply-add is fused."""

    plain: str
    fused: str


class FormulaParams(TypedDict):
    """LaTeX, in a line of its own or not."""

    tex: str
    display: bool


class MathParams(TypedDict):
    """Formulas, and the author's macros by name with the backslash."""

    items: Sequence[FormulaParams]
    macros: Mapping[str, str]


@final
class TypesetFormula(TypedDict):
    """A formula that is right."""

    mathml: str


@final
class WrongFormula(TypedDict):
    """What is wrong with a formula, and at which of its characters."""

    error: str
    position: int
    length: NotRequired[int]
    hint: NotRequired[str]


class PaperParams(TypedDict):
    """How small the files are made."""

    minify: bool


class PaperFiles(TypedDict):
    """The script and the styles of the page that is printed as a book."""

    script: str
    styles: str


class PosterParams(TypedDict):
    """The words of a picture for links, and the static frame whose drawing is beside them."""

    label: str
    title: str
    book: str
    markup: str


class Poster(TypedDict):
    """The picture in base64."""

    png: str


class ReferencesParams(TypedDict):
    """BibTeX, the keys that are cited, and a CSL style: its text or the name of one there is."""

    text: str
    keys: Sequence[str]
    style: str
    language: str
    macros: Mapping[str, str]


class FormattedWork(TypedDict):
    """A work in HTML, what it is called in a sentence, and pairs of text and address."""

    key: str
    html: str
    names: str
    links: Sequence[Sequence[str]]


class FormattedWorks(TypedDict):
    """The works in the order of the style; problems are of an entry, or have a line."""

    works: Sequence[FormattedWork]
    problems: Sequence[Any]


class PlanInput(TypedDict):
    """A tensor in the file of all inputs; `offset` in bytes."""

    dims: Sequence[int]
    dtype: Literal["float32", "int32"]
    offset: int


class PlanCase(TypedDict):
    """A call. `carry`: input → output of the last call. `clean`: whether to look at memory too."""

    inputs: Mapping[str, PlanInput]
    carry: Mapping[str, str]
    clean: bool


class RunPlanParams(TypedDict):
    """Paths of the compiled kernels, of the plan, and of the files for inputs and outputs."""

    kernels: str
    plan: str
    cases: Sequence[PlanCase]
    data: str
    out: str


class PlanOutput(TypedDict):
    """A tensor in the file of all outputs."""

    dims: Sequence[int]
    dtype: Literal["float32", "int32"]
    offset: int


class MemoryParams(TypedDict):
    """Path of the wheel that Python has imported."""

    wheel: str


class PythonMemory(TypedDict):
    """Python's memory with a wheel imported: gzip in base64, and its size unpacked."""

    gzip: str
    bytes: int


class ValidateParams(TypedDict):
    """HTML by path."""

    pages: Mapping[str, str]


class HtmlMistake(TypedDict):
    """A place where a page departs from the standard; line and column count from 1."""

    path: str
    line: int
    column: int
    length: int
    rule: str
    message: str


class Service(Protocol):
    """What the builder asks of Node."""

    @overload
    def ask(self, method: Literal["bundle"], params: BundleParams) -> Future[Bundled]: ...
    @overload
    def ask(
        self, method: Literal["cells"], params: CellsParams
    ) -> Future[Sequence[RanCell | RanExercise]]: ...
    @overload
    def ask(self, method: Literal["frame"], params: FrameParams) -> Future[DrawnFrame]: ...
    @overload
    def ask(
        self, method: Literal["inputs"], params: InputsParams
    ) -> Future[Mapping[str, Sequence[str]]]: ...
    @overload
    def ask(self, method: Literal["kernels"], params: NoParams) -> Future[CompiledKernels]: ...
    @overload
    def ask(
        self, method: Literal["math"], params: MathParams
    ) -> Future[Sequence[TypesetFormula | WrongFormula]]: ...
    @overload
    def ask(self, method: Literal["paper"], params: PaperParams) -> Future[PaperFiles]: ...
    @overload
    def ask(self, method: Literal["poster"], params: PosterParams) -> Future[Poster]: ...
    @overload
    def ask(
        self, method: Literal["references"], params: ReferencesParams
    ) -> Future[FormattedWorks]: ...
    @overload
    def ask(
        self, method: Literal["runPlan"], params: RunPlanParams
    ) -> Future[Sequence[Mapping[str, PlanOutput]]]: ...
    @overload
    def ask(self, method: Literal["snapshot"], params: MemoryParams) -> Future[PythonMemory]: ...
    @overload
    def ask(
        self, method: Literal["validate"], params: ValidateParams
    ) -> Future[Sequence[HtmlMistake]]: ...
    def ask(self, method: str, params: Any) -> Future[Any]:
        """The result, to come; a ServiceError if the method fails."""
        raise NotImplementedError

    def close(self) -> None:
        """End the process; the next request starts a new one."""
