"""Runs the cells of every page at build, in the Pyodide that readers get, and keeps what they did.

A page's outputs are remembered by the content of its cells and of all that these stand on, so
that cells of an unchanged chapter are not run again.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TypeAlias

from builder.draw.figures import SiteCode
from builder.draw.parts import Parts, codes_of
from builder.draw.python_packages import (
    LOCK,
    Distribution,
    DistributionError,
    Packages,
    imports,
    make_packages,
    providers,
)
from builder.issues.issue import Issue, Span
from builder.node.methods import CellEvent, CellParams, CellsParams, RanCell, RanExercise, Service
from builder.node.service import ServiceError
from builder.pack.pack import ModelFiles, PythonFiles, pack_python
from builder.parse.document import Cell, Code
from builder.resolve.resolve import ResolvedPage
from builder.store.cache import Cache
from builder.store.effects import Effects
from builder.store.hashing import canonical, digest
from builder.store.paths import PYODIDE

RUNTIME = ("pyodide.asm.wasm", "python_stdlib.zip")
"""What Pyodide loads beside its own code."""
LONGEST = 300
"""Seconds that a cell may take at build."""
LONGEST_IN_PREVIEW = 30
"""There somebody waits, and nothing else is built meanwhile."""
SILENT = 5
"""Seconds of cells that nobody need be told of."""
OVERRUN = re.compile(r"cell (?P<number>\d+) still ran")
"""What Node says of a cell that took longer."""

Done: TypeAlias = Sequence[RanCell | RanExercise]
"""What a page's cells did, in order."""


@dataclass(frozen=True)
class Patience:
    """How long a cell may run."""

    seconds: int = LONGEST
    ended: dict[str, str] = field(default_factory=dict)
    """What was said of cells that took longer, by their key: they are not tried again."""


@dataclass(frozen=True)
class Ran:
    """What the cells of all pages did, and what they load in the page to do it again."""

    outputs: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """(page, id of the cell) → HTML."""
    python: PythonFiles = field(default_factory=PythonFiles)


def draw_cells(
    effects: Effects,
    cache: Cache,
    service: Service,
    pages: Iterable[ResolvedPage],
    named: Mapping[str, Parts],
    models: ModelFiles,
    code: SiteCode,
    distribution: Distribution | None,
    patience: Patience,
) -> tuple[Ran, Mapping[str, bytes], tuple[Issue, ...]]:
    """What the cells of `pages` did, with the files of the page's Python; without cells neither.

    `named` are the graphs and arrays that the cells of a page name.
    """
    with_cells = [page for page in pages if page.cells]
    if not with_cells:
        return Ran(), {}, ()
    packages, found = prepare(effects, with_cells, distribution)
    complete = all(
        (card.name, part) in models.assets for page in with_cells for card, part in named[page.href]
    )
    if found or not complete:
        return Ran(), {}, found
    folder = _write_packages(effects, cache, packages)
    taking = _memory(cache, service, packages, effects.absolute(folder), code)
    outputs, found = run_cells(
        effects, cache, service, with_cells, named, models, packages, folder, code, patience
    )
    try:
        memory = taking()
    except ServiceError as error:
        at = with_cells[0].cells[0].cell.at
        message = f"Python's memory cannot be read: {error}"
        return Ran(), {}, (*found, with_cells[0].source.issue("cell-run", at, message))
    runtime = {name: effects.read(f"{PYODIDE}/{name}") for name in RUNTIME}
    python, files = pack_python(cache, {**runtime, **packages.wheels}, packages.lock, memory)
    return Ran(outputs, python), files, found


def _memory(
    cache: Cache, service: Service, packages: Packages, folder: str, code: SiteCode
) -> Callable[[], bytes]:
    """Python's memory with the book's wheel in it, or what waits for it: it takes seconds, once a
    Pyodide and wheel."""
    name = f"{digest(code.of('snapshot'), packages.wheels[packages.own])}.gz"
    remembered = cache.read("snapshot", name)
    if remembered:
        return lambda: gzip.decompress(remembered)
    asked = service.ask("snapshot", {"wheel": f"{folder}/{packages.own}"})

    def taken() -> bytes:
        packed = base64.b64decode(asked.result()["gzip"])
        cache.write("snapshot", name, packed)
        return gzip.decompress(packed)

    return taken


def cell_name(number: int) -> str:
    """What a traceback calls the cell, as the page does."""
    return f"cell {number}"


def prepare(
    effects: Effects, pages: Iterable[ResolvedPage], distribution: Distribution | None
) -> tuple[Packages, tuple[Issue, ...]]:
    """The wheels for all cells; an import that nothing brings is an issue at its line."""
    provided = providers(effects.read(f"{PYODIDE}/{LOCK}"))
    if distribution:
        provided = {**providers(distribution.lock), **provided}
    wanted = [
        (page.source, line_span(code, line), module)
        for page in pages
        for code in codes_of(page)
        for module, line in imports(code)
        if module in provided
    ]
    if distribution is None:
        hint = "book build --pyodide-dist FOLDER_OR_ADDRESS bundles it"
        return make_packages(effects, (), None) if not wanted else Packages(), tuple(
            source.issue(
                "cell-import", at, f"a cell imports '{module}', which this build lacks", hint
            )
            for source, at, module in wanted
        )
    try:
        names = {provided[module] for _, _, module in wanted}
        return make_packages(effects, names, distribution), ()
    except DistributionError as error:
        source, at, _ = wanted[0]
        return Packages(), (source.issue("cell-import", at, str(error)),)


def run_cells(
    effects: Effects,
    cache: Cache,
    service: Service,
    pages: Iterable[ResolvedPage],
    named: Mapping[str, Parts],
    models: ModelFiles,
    packages: Packages,
    folder: str,
    site_code: SiteCode,
    patience: Patience,
) -> tuple[dict[tuple[str, str], str], tuple[Issue, ...]]:
    """Run the cells of the pages, or remember what they did; what went wrong is an issue."""
    results: list[tuple[ResolvedPage, Done | Future[Done], str]] = []
    issues: list[Issue] = []
    for page in pages:
        parts = named[page.href]
        params = _params(effects, page, parts, folder, patience)
        name = f"{_key(params, parts, models, packages, site_code)}.json"
        remembered = cache.read("cells", name)
        if not remembered and name in patience.ended:
            issues.append(_failure(page, patience.ended[name], patience))
            continue
        asked = json.loads(remembered) if remembered else service.ask("cells", params)
        results.append((page, asked, name))
    outputs: dict[tuple[str, str], str] = {}
    for page, asked, name in results:
        if isinstance(asked, Future):
            try:
                done = _awaited(effects, asked, page)
            except ServiceError as error:
                if OVERRUN.match(str(error)):
                    patience.ended[name] = str(error)
                issues.append(_failure(page, str(error), patience))
                continue
            cache.write("cells", name, canonical(done).encode())
        else:
            done = asked
        found = _judge(page, done)
        issues.extend(found)
        for cell, result in zip(page.cells, done, strict=True):
            if "markup" in result:  # an exercise shows nothing before its reader has run it
                outputs[page.href, cell.place.id] = result["markup"]
    return outputs, tuple(issues)


def _awaited(effects: Effects, asked: Future[Done], page: ResolvedPage) -> Done:
    """What a page's cells did; who waits long is told for what."""
    try:
        return asked.result(SILENT)
    except TimeoutError:
        effects.log(f"The cells of {page.source.path} still run…")
    return asked.result()


def _failure(page: ResolvedPage, said: str, patience: Patience) -> Issue:
    """The issue of cells that Node could not run, at the one that took too long if one did."""
    overrun = OVERRUN.match(said)
    if overrun is None:
        at = page.cells[0].cell.at
        return page.source.issue("cell-run", at, f"cells cannot run: {said}")
    hint = f"book build waits for {LONGEST}" if patience.seconds < LONGEST else ""
    message = f"this cell still ran after {patience.seconds} seconds"
    at = page.cells[int(overrun["number"]) - 1].cell.at
    return page.source.issue("cell-run", at, message, hint)


def _write_packages(effects: Effects, cache: Cache, packages: Packages) -> str:
    """The folder that Pyodide in Node installs from."""
    folder = cache.folder("packages", digest(packages.lock)[:16])
    for name, data in {LOCK: packages.lock.encode(), **packages.wheels}.items():
        if not effects.exists(f"{folder}/{name}"):
            effects.write(f"{folder}/{name}", data)
    return folder


def _params(
    effects: Effects, page: ResolvedPage, parts: Parts, folder: str, patience: Patience
) -> CellsParams:
    cells: list[CellParams] = [
        {
            "name": cell_name(number),
            "code": placed.cell.code.text,
            "check": placed.cell.check.text if placed.cell.check else None,
            "solution": placed.cell.solution.text if placed.cell.solution else None,
        }
        for number, placed in enumerate(page.cells, 1)
    ]
    cards = {card.name: card for card, _ in parts}
    arrays = [f"{card.name}/{part}" for card, part in parts if part in card.content["arrays"]]
    return {
        "cells": cells,
        "packages": effects.absolute(folder),
        "models": {name: effects.absolute(card.folder) for name, card in cards.items()},
        "cards": {name: card.content for name, card in cards.items()},
        "arrays": arrays,
        "seconds": patience.seconds,
    }


def _key(
    params: CellsParams,
    parts: Parts,
    models: ModelFiles,
    packages: Packages,
    site_code: SiteCode,
) -> str:
    """Content alone: where the repository lies, and how long one would wait, plays no part."""
    portable = {**params, "packages": None, "models": None, "seconds": None}
    content = [f"{card.name} {part} {models.hashes[card.name, part]}" for card, part in parts]
    return digest(canonical(portable), packages.lock, *content, site_code.of("cells"))


def _judge(page: ResolvedPage, results: Done) -> list[Issue]:
    """Issues of the cells that failed, up to the first whose failure spoils those after it."""
    issues: list[Issue] = []
    for placed, result in zip(page.cells, results, strict=True):
        cell = placed.cell
        if cell.solution and "solution" in result:
            issues += _judge_exercise(page, cell, cell.solution, result)
            continue
        assert "events" in result
        error = _error(result["events"])
        if error and error["name"] != cell.raises:
            message = f"this cell raises {_told(error)}"
            hint = f"expected {cell.raises}" if cell.raises else _raises_hint(error)
            at = line_span(cell.code, error["line"])
            return [*issues, page.source.issue("cell-raises", at, message, hint)]
        if cell.raises and not error:
            message = f"this cell was to raise {cell.raises}, but it does not"
            issues.append(page.source.issue("cell-raises", cell.at, message))
    return issues


def _raises_hint(error: CellEvent) -> str:
    return f"if it is meant to, write raises={error['name']}"


def _judge_exercise(
    page: ResolvedPage, cell: Cell, solution: Code, result: RanExercise
) -> list[Issue]:
    """The solution has to pass, and the start to fail with words that help."""
    check, error = _verdict(result["solution"]), _error(result["solution"])
    if error:
        at = line_span(solution, error["line"])
        message = f"the solution raises {_told(error)}"
        return [page.source.issue("exercise-solution", at, message)]
    if not (check and check["passed"]):
        told = check["text"] if check else "it was not judged"
        at = line_span(solution, 1)
        message = f"the solution does not pass the check: {told}"
        return [page.source.issue("exercise-solution", at, message)]
    start = _verdict(result["start"])
    if start and start["passed"]:
        message = "what the reader starts from passes the check already"
        return [page.source.issue("exercise-check", cell.at, message)]
    if start and not start["helpful"]:
        message = f"the check tells a reader who has done nothing yet: {start['text']}"
        hint = "let an assertion with a message come first"
        return [page.source.issue("exercise-check", cell.at, message, hint)]
    return []


def _error(events: Iterable[CellEvent]) -> CellEvent | None:
    return next((event for event in events if event["kind"] == "error"), None)


def _verdict(events: Iterable[CellEvent]) -> CellEvent | None:
    return next((event for event in events if event["kind"] == "check"), None)


def _told(error: CellEvent) -> str:
    return f"{error['name']}: {error['message']}" if error["message"] else str(error["name"])


def line_span(code: Code, number: int) -> Span:
    """The range in the source of a cell's line; of its first line if it has none of that number."""
    lines = code.text.split("\n")
    index = number - 1 if 1 <= number <= len(lines) else 0
    line = lines[index]
    start = code.at.start + sum(len(before) + 1 for before in lines[:index])
    indent = len(line) - len(line.lstrip())
    return Span(start + indent, start + max(len(line.rstrip()), indent + 1))
