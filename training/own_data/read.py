"""From the files of `content/` to checked data: the one way in for the builder and for training."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from training.own_data.declaration import FOLDER, TABLE, Declaration, read_declarations
from training.own_data.problem import InBook, InText, Problem
from training.own_data.table import Table, read_table

if TYPE_CHECKING:
    from training.own_data.pictures import Pictures

Data: TypeAlias = "Table | Pictures"
BOOK = "content/book.toml"


@dataclass(frozen=True)
class OwnData:
    """A declaration with the files that it is about, by path from the repository's root."""

    declaration: Declaration
    files: Mapping[str, bytes]

    def read(self) -> tuple[Data | None, tuple[Problem, ...]]:
        """The data, or None with everything that is wrong with them."""
        return read_data(self.declaration, self.files)

    def digest(self) -> str:
        """SHA-256, hexadecimal, of the declaration and of every byte of the data."""
        state = hashlib.sha256(json.dumps(asdict(self.declaration), sort_keys=True).encode())
        for path, data in sorted(self.files.items()):
            state.update(f"\0{path}\0{len(data)}\0".encode())
            state.update(data)
        return state.hexdigest()


def files_of(declaration: Declaration, listing: Iterable[str]) -> list[str]:
    """Those of a list of paths that hold a declaration's data."""
    if declaration.file:
        return [path for path in listing if path == declaration.path]
    inside = f"{declaration.path}/"
    pictures = (path for path in listing if path.startswith(inside))
    return sorted(
        path for path in pictures if re.search(r"/[^./][^/]*\.(?:png|jpe?g)$", path, re.IGNORECASE)
    )


def text_of(data: bytes, errors: str = "strict") -> str:
    """The text of a file, its byte order mark left out and every line end a `\\n`."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").decode("utf-8", errors)


def read_data(
    declaration: Declaration, files: Mapping[str, bytes]
) -> tuple[Data | None, tuple[Problem, ...]]:
    """The data of a declaration from its files' bytes."""
    if not files:
        key = "file" if declaration.file else "folder"
        sort = "no such file" if declaration.file else "no such folder of PNGs or JPEGs"
        at = InBook((TABLE, declaration.name), key)
        return None, (
            Problem("data-file", at, f"{sort}: {declaration.path}", f"it lies inside {FOLDER}/"),
        )
    if declaration.folder:
        from training.own_data.pictures import read_pictures  # Pillow, where there are pictures

        return read_pictures(files, declaration)
    try:
        text = text_of(files[declaration.path])
    except UnicodeDecodeError as error:
        start = len(error.object[: error.start].decode())
        at_byte = InText(declaration.path, start, start + 1)
        message = f"the byte 0x{error.object[error.start]:02x} is not UTF-8"
        return None, (
            Problem("text-encoding", at_byte, message, "save the file with UTF-8 encoding"),
        )
    return read_table(text, declaration)


def sound_data(root: Path) -> dict[str, OwnData]:
    """The data below `root` that can be trained on, by the name of their model.

    Whatever is wrong is left out here: the builder says what it is.
    """
    try:
        book = tomllib.loads(text_of((root / BOOK).read_bytes()))
    except (OSError, ValueError):
        return {}
    found = {}
    for declaration in read_declarations(book).sound.values():
        try:
            own = OwnData(declaration, _files(root, declaration))
        except OSError:
            continue
        if own.read()[0] is not None:
            found[declaration.model] = own
    return found


def _files(root: Path, declaration: Declaration) -> dict[str, bytes]:
    below = [
        path.relative_to(root).as_posix() for path in (root / FOLDER).rglob("*") if path.is_file()
    ]
    return {path: (root / path).read_bytes() for path in files_of(declaration, below)}
