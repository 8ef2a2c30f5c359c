"""Whether a published site is one: complete, and all of it from the same build.

The book's title is the edition, which every page shows, and every asset of a page is there.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

EDITION = re.compile(r"Edition (\d+)")
ADDRESS = re.compile(r'(?:href|src)="((?!https?:|//|#)[^"#]+)')


def edition_of(files: Mapping[str, bytes]) -> int:
    """The edition of a whole site; an AssertionError tells what is missing or of another one."""
    pages = {path: data.decode() for path, data in files.items() if path.endswith(".html")}
    assert {"index.html", "404.html", "references.html"} <= pages.keys(), sorted(files)
    editions = {path: set(EDITION.findall(html)) for path, html in pages.items()}
    assert len(set.union(*editions.values())) == 1, editions
    for path, html in pages.items():
        missing = set(ADDRESS.findall(html)) - files.keys()
        assert not missing, f"{path} asks for {missing}"
    return int(editions["index.html"].pop())


def site_files(folder: Path) -> dict[str, bytes]:
    """The files of a published site."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def archive_files(path: Path) -> dict[str, bytes]:
    """The files in an archive, whose checksums are verified."""
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
        return {
            name.removeprefix("book/"): archive.read(name) for name in sorted(archive.namelist())
        }
