"""A small book of its own, shown by a real `book serve`, for tests that change its files."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue

ROOT = Path(__file__).resolve().parents[3]
FIGURE = "kl-spring"
ADDRESS = re.compile(r"Reading at (http://\S+/)")

# The builder finds the rest of `training`, which reads authors' own data, where it is.
PACKAGE = "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n"

# What `python -m training` is to the builder, in a moment and without torch.
TRAINING = """
import json, sys
from pathlib import Path
from training.recipe import ERROR
card = Path("build/models/toy/card.json")
fresh = card.exists() and json.loads(card.read_text())["metrics"]["test.error"]["value"] == ERROR
if "--list" in sys.argv:
    print(json.dumps([{"name": "toy", "fingerprint": str(ERROR), "fresh": fresh}]))
else:
    card.parent.mkdir(parents=True, exist_ok=True)
    card.write_text(json.dumps({"name": "toy", "metrics": {"test.error": {"value": ERROR}}}))
"""

# Tall enough to be scrolled, above the figure and below it.
CHAPTER = f"""---
title: Chapter
lead: A lead.
---
The first sentence. The error is {{{{ metric("toy", "test.error") }}}}.

{"A paragraph in between. " * 120}

::: figure {FIGURE}

The takeaway.
:::

The last paragraph.

{"A paragraph below. " * 200}
"""


class Book:
    """The files of the book, and where it is shown."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.address = ""
        self.chapter = root / "content" / "01-chapter.md"

    def write(self, path: str, text: str) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace a text in a file, as an editor does that saves."""
        text = (self.root / path).read_text("utf-8")
        assert old in text
        self.write(path, text.replace(old, new, 1))


def make_book(root: Path) -> Book:
    """A chapter with one figure of this repository, and a training step that takes no time."""
    book = Book(root)
    assets = shutil.ignore_patterns("node_modules", "figures", "generated")
    shutil.copytree(ROOT / "site_assets", root / "site_assets", ignore=assets)
    (root / "site_assets/node_modules").symlink_to(ROOT / "site_assets/node_modules")
    figure = f"site_assets/figures/{FIGURE}"
    shutil.copytree(ROOT / figure, root / figure)
    book.write("training/__init__.py", PACKAGE)
    book.write("training/__main__.py", TRAINING)
    book.write("training/recipe.py", "ERROR = 0.25\n")
    book.write("content/book.toml", 'title = "A small book"\n')
    book.write("content/01-chapter.md", CHAPTER)
    return book


@contextmanager
def served(book: Book) -> Iterator[None]:
    """`book serve` in a process of its own, for as long as the block lasts."""
    process = subprocess.Popen(
        [sys.executable, "-m", "builder", "serve", "--port", "0"],
        cwd=book.root,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    lines: SimpleQueue[str] = SimpleQueue()

    def listen() -> None:
        assert process.stderr is not None
        for line in process.stderr:
            lines.put(line)

    threading.Thread(target=listen, daemon=True).start()
    said = ""
    try:
        while not (found := ADDRESS.search(said)):
            said += lines.get(timeout=120)
        book.address = found[1]
        yield
    finally:
        process.terminate()
        process.wait(10)


def state_of(fragment: str) -> dict[str, float]:
    """The figure's state in the address."""
    return {key: float(value) for key, value in re.findall(r"\.(\w+)=([\d.-]+)", fragment)}


def quoted(value: float) -> str:
    """A recipe whose model has that error."""
    return f"ERROR = {json.dumps(value)}\n"
