"""Which room imports from which: the imports of Python and TypeScript files, and who looks up."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

Imports = Mapping[str, frozenset[str]]
"""Of each module's path, with `/` and without suffix, the paths that it imports."""

COMMENT = re.compile(r"^\s*(?:/\*.*?\*/|//[^\n]*)", re.DOTALL | re.MULTILINE)
STATEMENT = re.compile(r"^(?:import|export)\b[^;\"]*?(?:\bfrom\s*)?\"([^\"]+)\"", re.MULTILINE)
DYNAMIC = re.compile(r"\bimport\(\s*\"([^\"]+)\"")


def typescript_imports(files: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """What each TypeScript file of `files` (path → text) imports by a relative path, types too."""
    found = {}
    for path, text in files.items():
        code = COMMENT.sub("", text)
        named = STATEMENT.findall(code) + DYNAMIC.findall(code)
        folder = posixpath.dirname(path)
        found[bare(path)] = frozenset(
            bare(posixpath.normpath(posixpath.join(folder, name)))
            for name in named
            if name.startswith(".")
        )
    return found


def python_imports(files: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """What each Python file of `files` (path → text) imports, inside functions too."""
    return {bare(path): frozenset(_python_names(text)) for path, text in files.items()}


def _python_names(text: str) -> Iterable[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name.replace(".", "/") for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            module = node.module.replace(".", "/")
            # `from builder import paths` may name a module of that package.
            yield from (f"{module}/{alias.name}" for alias in node.names)


def bare(path: str) -> str:
    """`path` without its suffix."""
    return re.sub(r"\.(?:py|tsx?|mjs)$", "", path)


def read(root: Path, folder: str, suffixes: Sequence[str]) -> dict[str, str]:
    """The files under `root/folder` with these suffixes, by their path from `root`."""
    return {
        path.relative_to(root).as_posix(): path.read_text("utf-8")
        for path in sorted((root / folder).rglob("*"))
        if path.suffix in suffixes
    }


def climbing(imports: Imports, floors: Sequence[Sequence[str]]) -> list[str]:
    """Imports that lead from a floor to one above it, or to another room of the same floor.

    `floors` lists rooms, by the start of their paths, the highest floor first; the longest start
    that fits is a module's room. Raises LookupError for a module that lies in no room.
    """
    heights = {room: -number for number, rooms in enumerate(floors) for room in rooms}
    roots = {room.partition("/")[0] for room in heights}

    def room_of(path: str) -> str | None:
        fitting = [room for room in heights if path == room or path.startswith(f"{room}/")]
        return max(fitting, key=len, default=None)

    wrong = []
    for module, imported in sorted(imports.items()):
        own = room_of(module)
        if own is None:
            raise LookupError(f"{module} lies in no room")
        for name in sorted(imported):
            other = room_of(name)
            if other is None and name.partition("/")[0] in roots:
                raise LookupError(f"{module} imports {name}, which lies in no room")
            if other is not None and other != own and heights[other] >= heights[own]:
                wrong.append(f"{module} imports {name}: {own} does not know {other}")
    return wrong
