"""What Node makes for the book: scripts and styles, and the figures' static frames.

Both are remembered in `build/cache` by the content of everything that they depend on.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from operator import itemgetter
from typing import Literal, TypeAlias

from builder.draw.declarations import write_declarations
from builder.issues.issue import Issue, whole_file
from builder.load.figure_spec import FigureSpec, ShippedModel, ShippedSpec
from builder.load.readable import content_of
from builder.node.methods import BundleParams, DrawnFrame, DrawnTable, FrameParams, Service
from builder.node.service import ServiceError
from builder.pack.pack import ModelFiles
from builder.resolve.resolve import ResolvedPage
from builder.resolve.resolved import PlacedFigure
from builder.store.cache import Cache
from builder.store.effects import Effects
from builder.store.hashing import canonical, digest
from builder.store.memory import Memory
from builder.store.paths import CACHE, GENERATED, SERVICE_WORKER, SITE_ASSETS

MANIFEST = "manifest.json"
NOT_CODE = (f"{GENERATED}/", f"{SITE_ASSETS}/fonts/subset.py")
BUILD_ERROR = re.compile(
    r"^\s*(?P<path>[\w./-]+\.\w+):(?P<line>\d+):(?P<column>\d+): ERROR: (?P<message>.*)$", re.M
)


Product: TypeAlias = Literal["cells", "kernels", "math", "posters", "snapshot", "works"]
"""What Node makes by code of its own; a figure's frames are made by the figure's code too."""


@dataclass(frozen=True)
class SiteCode:
    """The content of `site_assets`, by hash: the key of everything that is made from it.

    esbuild finds in the code itself which files make a product. Where the code is broken, it
    finds nothing, and every file counts.
    """

    hashes: Mapping[str, str]
    """Path → hash of the content."""
    inputs: Mapping[str, tuple[str, ...]] | None
    """Product → paths."""

    @cached_property
    def whole(self) -> str:
        return self._digest(self.hashes)

    def of(self, product: Product) -> str:
        """Hash of all code that makes a product."""
        return self._of(product)

    def of_figure(self, name: str) -> str:
        """Hash of all that a figure's drawing depends on, other figures left out."""
        return self._of(f"figures/{name}")

    def _of(self, product: str) -> str:
        if self.inputs is None:
            return self.whole
        if product not in self._known:  # a book shows the same figure in many places
            self._known[product] = self._digest(self.inputs[product])
        return self._known[product]

    @cached_property
    def _known(self) -> dict[str, str]:
        return {}

    def _digest(self, paths: Iterable[str]) -> str:
        return digest(*(f"{path} {self.hashes[path]}" for path in sorted(paths)))


def read_code(
    effects: Effects, cache: Cache, service: Service, figures: Iterable[str], memory: Memory
) -> tuple[SiteCode, tuple[Issue, ...]]:
    """The code as it is. A mistake in it is an issue of `bundle`, which says where it is."""
    issues: list[Issue] = []
    hashes = {
        path: memory.recall(("code", path), digest, content_of(effects, path, issues))
        for path in effects.files(SITE_ASSETS)
        if not path.startswith(NOT_CODE)
    }
    code = SiteCode(hashes, None)
    if issues:
        return code, tuple(issues)
    names = sorted(figures)
    entry = f"{digest(code.whole, *names)}.json"
    data = cache.read("inputs", entry)
    if data is None:
        try:
            found = service.ask("inputs", {"figures": names}).result()
        except ServiceError:
            return code, ()
        data = canonical(found).encode()
        cache.write("inputs", entry, data)
    return SiteCode(hashes, _read_inputs(data)), ()


@lru_cache(maxsize=4)  # by content: the same object as long as no import has changed
def _read_inputs(data: bytes) -> dict[str, tuple[str, ...]]:
    return {
        product: tuple(f"{SITE_ASSETS}/{path}" for path in paths)
        for product, paths in json.loads(data).items()
    }


@dataclass(frozen=True, slots=True)
class Bundle:
    """Scripts, styles and fonts: logical name → path in the site, and the files themselves."""

    assets: Mapping[str, str] = field(default_factory=dict)
    wasm_bytes: int = 0
    packages: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Logical name → the npm packages whose code is in the file."""
    site_files: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StaticFrame:
    """A figure's static picture, its words, its numbers, and the graphs that computed them."""

    markup: str
    summary: str
    table: DrawnTable | None
    graphs: Sequence[str]
    """As “model/graph”."""


def bundle(
    effects: Effects,
    cache: Cache,
    service: Service,
    specs: Mapping[str, FigureSpec],
    code: SiteCode,
) -> tuple[Bundle, tuple[Issue, ...]]:
    """Everything that pages load, bundled for all figures there are."""
    write_declarations(effects, specs)
    declared = {name: specs[name].declared for name in sorted(specs)}
    folder = cache.folder("bundle", digest(code.whole, canonical(declared))[:16])
    try:
        return _read_bundle(effects, folder), ()
    except FileNotFoundError:
        pass
    # In a folder of its own first: another build may be bundling the same, or reading it.
    making = effects.temporary(f"{CACHE}/bundle")
    params: BundleParams = {
        "out": effects.absolute(making),
        "figures": declared,
        "minify": True,
    }
    try:
        made = service.ask("bundle", params).result()
        effects.write(f"{making}/{MANIFEST}", canonical(made).encode())
        bundled = _read_bundle(effects, making)
        content = {**bundled.site_files, MANIFEST: effects.read(f"{making}/{MANIFEST}")}
        effects.publish(folder, content)
    except ServiceError as error:
        return Bundle(), _bundle_issues(effects, str(error))
    finally:
        effects.remove(making)
    return bundled, ()


def shipped_names(bundled: Bundle, pages: Iterable[ResolvedPage]) -> frozenset[str]:
    """The logical names of what some page loads: no figure that none shows, no code for cells in a
    book without any. The service worker is not among them: it has to be told of all files first."""
    apart = ("figures/", "cells/")
    needed = {name for name in bundled.assets if not name.startswith(apart)} - {SERVICE_WORKER}
    for page in pages:
        needed |= {f"figures/{figure.spec.name}.js" for figure in page.figures}
        if page.cells:
            needed |= {name for name in bundled.assets if name.startswith("cells/")}
    return frozenset(needed & bundled.assets.keys())


def _read_bundle(effects: Effects, folder: str) -> Bundle:
    """A bundle from the folder that holds it; raises FileNotFoundError."""
    manifest = json.loads(effects.read(f"{folder}/{MANIFEST}"))
    files = manifest["files"]
    site_files = {path: effects.read(f"{folder}/{path}") for path in files.values()}
    packages = {name: tuple(found) for name, found in manifest["packages"].items()}
    return Bundle(files, manifest["wasmBytes"], packages, site_files)


def _bundle_issues(effects: Effects, message: str) -> tuple[Issue, ...]:
    """esbuild says file, line and column of each error in its message."""
    issues = []
    for match in BUILD_ERROR.finditer(message):
        path = f"{SITE_ASSETS}/{match['path']}"
        line, column = int(match["line"]), int(match["column"]) + 1
        text = effects.read(path).decode("utf-8", "replace") if effects.exists(path) else ""
        source = "".join(text.split("\n")[line - 1 : line])  # none if it was saved anew since
        found = match["message"]
        issues.append(Issue("site-assets", path, line, column, found, source=source))
    return tuple(issues) or (whole_file("site-assets", SITE_ASSETS, message.strip()),)


def draw_frames(
    effects: Effects,
    cache: Cache,
    service: Service,
    pages: Iterable[ResolvedPage],
    models: ModelFiles,
    code: SiteCode,
    memory: Memory,
) -> tuple[dict[tuple[str, str], StaticFrame], tuple[Issue, ...]]:
    """The static frame of every figure whose models are all there, by page and id, each drawn by
    the figure's own code."""
    frames: dict[tuple[str, str], StaticFrame] = {}
    issues: list[Issue] = []
    waiting: list[tuple[ResolvedPage, PlacedFigure, str]] = []
    asked: dict[str, Future[DrawnFrame]] = {}
    placed = ((page, figure) for page in pages for figure in page.figures)
    for page, figure in placed:
        if not (figure.ready and _is_packed(figure, models)):
            continue
        inputs = (figure, code.of_figure(figure.spec.name), _model_hashes(figure, models))
        name = memory.recall(("frame", page.href, figure.id), _frame_name, *inputs)
        data = cache.read("frames", name)
        if data is not None:
            frames[page.href, figure.id] = _read_frame(data)
        else:
            waiting.append((page, figure, name))
            if name not in asked:  # many chapters may show a figure in the same state
                asked[name] = service.ask("frame", _frame_params(figure, _folders(effects, figure)))
    for page, figure, name in waiting:
        try:
            result = asked[name].result()
        except ServiceError as error:
            message = f"the figure '{figure.spec.name}' cannot be drawn: {error}"
            issues.append(page.source.issue("figure-frame", figure.block.name_at, message))
            continue
        data = canonical(result).encode()
        cache.write("frames", name, data)
        frames[page.href, figure.id] = _read_frame(data)
    return frames, tuple(issues)


def _is_packed(figure: PlacedFigure, models: ModelFiles) -> bool:
    return all(
        (card.name, use) in models.assets
        for role, card in figure.models.items()
        for use in figure.spec.models[role].uses
    )


def _frame_name(figure: PlacedFigure, code: str, hashes: list[str]) -> str:
    """The name of a frame in the cache: a hash of all that it is drawn from."""
    cards = [figure.models[role].canonical for role in sorted(figure.models)]
    return f"{digest(code, canonical(_frame_params(figure, {})), *hashes, *cards)}.json"


@lru_cache(maxsize=1024)  # by content: an unchanged frame is the same object at the next build
def _read_frame(data: bytes) -> StaticFrame:
    return StaticFrame(**json.loads(data))


def spec_of(figure: PlacedFigure) -> ShippedSpec:
    """With the models that the author chose."""
    declared = figure.spec.declared
    if not figure.spec.models:
        return declared
    models: dict[str, ShippedModel] = {
        role: {**declared["models"][role], "model": card.name}
        for role, card in figure.models.items()
    }
    return {**declared, "models": models}


def _folders(effects: Effects, figure: PlacedFigure) -> dict[str, str]:
    return {role: effects.absolute(card.folder) for role, card in figure.models.items()}


def _frame_params(figure: PlacedFigure, folders: Mapping[str, str]) -> FrameParams:
    return {
        "figure": figure.spec.name,
        "id": figure.id,
        "spec": spec_of(figure),
        "state": dict(figure.state),
        "options": dict(figure.options),
        "models": folders,
    }


def _model_hashes(figure: PlacedFigure, models: ModelFiles) -> list[str]:
    """The content of each graph and array that the figure uses."""
    return [
        f"{role} {use} {models.hashes.get((card.name, use), '')}"
        for role, card in sorted(figure.models.items(), key=itemgetter(0))
        for use in figure.spec.models[role].uses
    ]
