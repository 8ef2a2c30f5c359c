"""A copy of the repository to write in, with a book of its own: no file of this one changes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.conftest import ROOT

COPIED = ("builder", "content", "site_assets", "tests", "training", "pyproject.toml")
LINKED = ("site_assets/node_modules", "build/models", "build/cache")
"""Never written in place, so hard links do; they are what takes long to make."""
LEFT_OUT = shutil.ignore_patterns("node_modules", "__pycache__", "generated", "*.egg-info")


def copy_book(target: Path) -> Path:
    """The repository without its chapters, at `target`."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=LEFT_OUT)
        else:
            shutil.copy(source, target / name)
    for name in LINKED:
        shutil.copytree(ROOT / name, target / name, copy_function=link, symlinks=True)
    for chapter in (target / "content").glob("[0-9]*.md"):
        chapter.unlink()
    (target / "content/index.md").unlink()  # the cover leads to a chapter
    return target


def link(source: str, target: str) -> None:
    """A hard link, or a copy where the file system has none."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)


def run_in(folder: Path, arguments: Sequence[str | Path], timeout: int = 900) -> str:
    """What `python …` prints in the copy, whose own code it imports; a failure fails the test."""
    ours = {key: value for key, value in os.environ.items()
            if not key.startswith(("BOOK_", "PYTEST_"))}  # fmt: skip
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=timeout,
        check=False,
        env={**ours, "PYTHONPATH": str(folder)},
    )
    assert done.returncode == 0, f"{' '.join(map(str, arguments))}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr
