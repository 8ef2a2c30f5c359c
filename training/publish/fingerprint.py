"""Tells whether a published model is still what its recipe would produce.

A fingerprint hashes the code of the recipe and of everything that it imports from this package,
directly or not, and the versions of the packages that do the work. Comments, docstrings and layout
do not count. Nothing is imported to compute it, so it takes a fraction of a second.
"""

import ast
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from training.publish.card import CARD_FILE, package_versions

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "training"


def fingerprint(module: str, root: Path = ROOT, versions: Mapping[str, str] | None = None) -> str:
    """SHA-256, hexadecimal, of the module `training.…` below `root` and all that it rests on.

    `versions` are those of the packages that do the work, by name; without them, the installed
    ones count, and importlib.metadata.PackageNotFoundError is raised where one is missing.
    """
    digest = hashlib.sha256()
    for name, path in sorted(imported_modules(module, root).items()):
        digest.update(f"{name}\0".encode())
        digest.update(code(path.read_bytes(), name).encode())
        digest.update(b"\0")
    digest.update(json.dumps(dict(versions or package_versions()), sort_keys=True).encode())
    return digest.hexdigest()


def imported_modules(module: str, root: Path) -> dict[str, Path]:
    """`module` and what it imports from the package, transitively, as name → file.

    Raises FileNotFoundError if `module` itself does not exist.
    """
    found: dict[str, Path] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        path = module_file(name, root)
        if path is None:
            if name == module:
                raise FileNotFoundError(f"no module {module} below {root}")
            continue
        found[name] = path
        waiting.extend(imports(path.read_bytes(), name))
    return found


def module_file(name: str, root: Path) -> Path | None:
    """The file that holds a dotted module, or None if the name is not a module."""
    stem = root.joinpath(*name.split("."))
    for path in (stem.with_name(stem.name + ".py"), stem / "__init__.py"):
        if path.is_file():
            return path
    return None


@cache  # by content: most recipes rest on the same modules
def code(source: bytes, module: str) -> str:
    """What a source does, as text: the same for the same syntax tree, in every version of Python.

    `ast.dump` would not do, since versions of Python differ in the empty fields that it names.
    """
    return _spelled(ast.parse(source, module))


def _spelled(value: object) -> str:
    if isinstance(value, ast.AST):
        fields = (f"{name}={_spelled(of)}" for name, of in ast.iter_fields(value) if _counts(of))
        return f"{type(value).__name__}({','.join(fields)})"
    if isinstance(value, list):
        return f"[{','.join(map(_spelled, filter(_counts, value)))}]"
    return repr(value)


def _counts(value: object) -> bool:
    """Whether it is more than an empty field or a text that stands by itself, as docstrings do."""
    match value:
        case None | [] | ast.Expr(value=ast.Constant(value=str())):
            return False
    return True


@cache
def imports(source: bytes, module: str) -> tuple[str, ...]:
    """Every dotted name of the package that a source may import, with the packages around it."""
    found: list[str] = []
    for node in ast.walk(ast.parse(source, module)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                raise ImportError(
                    f"{module}:{node.lineno}: relative import; write from {PACKAGE}.… import …"
                )
            base = node.module or ""
            names = [base, *(f"{base}.{alias.name}" for alias in node.names)]
        else:
            continue
        for name in names:
            parts = name.split(".")
            if parts[0] == PACKAGE:
                found += (".".join(parts[:end]) for end in range(1, len(parts) + 1))
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True)
class Made:
    """What a published model was made from: its fingerprint, and the versions within that."""

    fingerprint: str
    versions: Mapping[str, str]


def published(folder: Path) -> Made | None:
    """What the model in `folder` says that it was made from, or None if no whole one is there."""
    try:
        card = json.loads((folder / CARD_FILE).read_text(encoding="utf-8"))
        files = [part["file"] for kind in ("graphs", "arrays") for part in card[kind].values()]
        made = Made(str(card["fingerprint"]), dict(card["versions"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return made if all((folder / file).is_file() for file in files) else None
