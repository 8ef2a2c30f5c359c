"""The built site as data: its pages, the figures in them and the models that travel with these."""

from __future__ import annotations

import base64
import gzip
import json
import os
import re
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import numpy as np
import onnxruntime
from numpy.typing import ArrayLike, NDArray

from builder.plan.lanes import MODULES

Array = NDArray[Any]


def unpacked(script: Path) -> bytes:
    """What an asset script holds."""
    found = re.fullmatch(
        r'book\.asset\("[^"]*", ?"([A-Za-z0-9+/=]*)"\);?\s*', script.read_text("utf-8")
    )
    assert found, f"{script.name} is no asset script"
    return gzip.decompress(base64.b64decode(found[1]))


@dataclass(frozen=True)
class PublishedModel:
    """One model as a page ships it; the oracle reads the reader's own bytes."""

    folder: Path
    card: Mapping[str, Any]
    assets: Mapping[str, Mapping[str, Any]]

    def bytes(self, name: str) -> bytes:
        """The graph or array `name`, taken out of its asset script."""
        return unpacked(self.folder / self.assets[name]["src"])

    def plan(self, graph: str) -> bytes:
        """The plan of a graph for the kernels."""
        return unpacked(self.folder / self.assets[graph]["plan"]["src"])

    def array(self, name: str) -> Array:
        """A published array, in the shape and dtype of the card."""
        described = self.card["arrays"][name]
        return np.frombuffer(self.bytes(name), described["dtype"]).reshape(described["shape"])

    def run(self, graph: str, **inputs: ArrayLike) -> dict[str, Array]:
        """The graph's outputs by onnxruntime; inputs int32 as they are, and else float32."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(
            self.bytes(graph), options, providers=["CPUExecutionProvider"]
        )
        names = [output.name for output in session.get_outputs()]
        feeds = {
            name: value if value.dtype == np.int32 else value.astype(np.float32)
            for name, value in ((name, np.asarray(given)) for name, given in inputs.items())
        }
        return dict(zip(names, session.run(names, feeds), strict=True))


@dataclass(frozen=True)
class PlacedFigure:
    """A figure where it stands in the book."""

    folder: Path
    page: str
    id: str
    data: Mapping[str, Any]

    @property
    def name(self) -> str:
        return str(self.data["name"])

    def model(self, role: str) -> PublishedModel:
        """The model that plays `role` in this figure."""
        model = self.data["models"][role]
        return PublishedModel(self.folder, model["card"], model["assets"])

    def fragment(self, state: Mapping[str, object]) -> str:
        """The deep link's part behind #, with `state` as given, however wrong."""
        return fragment_of([(self, state)])


def fragment_of(states: Sequence[tuple[PlacedFigure, Mapping[str, object]]]) -> str:
    """The same of several figures of a page; it leads to the first."""
    query = urlencode(
        {
            f"{figure.id}.{key}": str(value)
            for figure, state in states
            for key, value in state.items()
        }
    )
    first = quote(states[0][0].id)
    return f"{first}?{query}" if query else first


class _FigureData(HTMLParser):
    """Collects the id and the JSON of every figure of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self._id = ""
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "figure" and "data-figure" in attributes:
            self._id = attributes.get("id") or ""
        self._inside = tag == "script" and attributes.get("data-role") == "figure-data"

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.found.append((self._id, data))
            self._inside = False


@dataclass(frozen=True)
class Site:
    """A folder with the built book and the address under which a browser finds it."""

    folder: Path
    root: str

    def url(self, page: str, fragment: str = "") -> str:
        return f"{self.root}{quote(page)}{'#' + fragment if fragment else ''}"

    @cached_property
    def pages(self) -> list[str]:
        return sorted(path.name for path in self.folder.glob("*.html"))

    @cached_property
    def figures(self) -> list[PlacedFigure]:
        """Every figure of every page, in the order of the files."""
        placed: list[PlacedFigure] = []
        for page in self.pages:
            parser = _FigureData()
            parser.feed((self.folder / page).read_text("utf-8"))
            placed += [
                PlacedFigure(self.folder, page, id, json.loads(text)) for id, text in parser.found
            ]
        return placed

    def figures_of(self, page: str) -> list[PlacedFigure]:
        """Those of one page, in its order."""
        return [figure for figure in self.figures if figure.page == page]

    def figure(self, name: str) -> PlacedFigure:
        """The first place where the book shows the figure; fails the test if there is none."""
        for figure in self.figures:
            if figure.name == name:
                return figure
        raise AssertionError(f"no page of {self.folder} shows the figure “{name}”")

    @cached_property
    def engines(self) -> dict[str, tuple[Path, ...]]:
        """Lane → the files of its wasm: `kernels`, of which a browser loads one, and `ort`."""
        engine = self.book_data(self.figures[0].page)["engine"]
        kernels = [engine["kernels"][module] for module in MODULES]
        assets = {"kernels": kernels, "ort": [engine["ort"]["wasm"]]}
        return {
            lane: tuple(self.folder / asset["src"] for asset in found)
            for lane, found in assets.items()
        }

    def book_data(self, page: str) -> dict[str, Any]:
        """What the page says of the book-wide files: the kit, the engine."""
        text = (self.folder / page).read_text("utf-8")
        found = re.search(r'<script type="application/json" id="book-data">(.*?)</script>', text)
        assert found, f"{page} has no book-data"
        data: dict[str, Any] = json.loads(found[1])
        return data


def copy_site(source: Path, target: Path) -> Path:
    """A copy that costs next to nothing: files are hard links, so replace them, don't write in."""
    try:
        shutil.copytree(source, target, copy_function=os.link)
    except OSError:  # another file system, or one without links
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target)
    return target


def replace(path: Path, content: str) -> None:
    """New content without touching other hard links of the file.

    It is dated a whole minute after the old, for a server compares times by the second: a page that
    asks again within it would be told that nothing has changed. And after the present, for of a
    file that has been the same for long a browser believes that it still is.
    """
    date = max(path.stat().st_mtime if path.exists() else 0, time.time())
    path.unlink(missing_ok=True)
    path.write_text(content, "utf-8")
    os.utime(path, times=(date + 60, date + 60))
