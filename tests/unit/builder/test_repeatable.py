"""The same files give the same bytes, with the real Node, and also where two builds run at once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.browser.support.preview import Book, make_book
from tests.conftest import ROOT
from tests.unit.builder.whole_site import archive_files, site_files

CARD = '{"name": "toy", "metrics": {"test.error": {"value": 0.25}}}'


def start_build(book: Book) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "builder", "build", "--no-train"],
        cwd=book.root,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
    )


def test_bytes(tmp_path: Path) -> None:
    first, second = make_book(tmp_path / "first"), make_book(tmp_path / "deep" / "second")
    for book in (first, second):
        book.write("build/models/toy/card.json", CARD)
    builds = [start_build(first), start_build(first)]
    said = [build.communicate(timeout=300)[1] for build in builds]
    builds.append(start_build(second))
    said.append(builds[-1].communicate(timeout=300)[1])
    assert [build.returncode for build in builds] == [0, 0, 0], "\n".join(said)
    site = site_files(first.root / "build/site")
    assert site == site_files(second.root / "build/site")
    # what no page of this book asks for is bundled all the same
    bundles = [site_files(book.root / "build/cache/bundle") for book in (first, second)]
    assert any("cells/python" in path for path in bundles[0])
    assert bundles[0] == bundles[1]
    packed = site.pop("book.zip")
    assert packed == (first.root / "build/book.zip").read_bytes()
    inside = archive_files(first.root / "build/book.zip")
    assert site.keys() == inside.keys()
    differing = {name for name in site if site[name] != inside[name]}
    assert differing == {"index.html", "sw.js"}, "inside the archive nothing leads to the archive"
    archives = [(book.root / "build/book.zip").read_bytes() for book in (first, second)]
    assert archives[0] == archives[1]
