"""What readers have to load, against the budgets of the design."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from builder.check.site import BuiltSite, Page
from builder.issues.issue import Issue, whole_file
from builder.store.paths import CONTENTS, SEARCH_INDEX, SITE

KILOBYTE = 1000
FIRST_LOAD = 60 * KILOBYTE
"""HTML, styles and scripts that a chapter or the title page needs before a figure is live, gzip."""
WHOLE = 120 * KILOBYTE
"""The same of a whole chapter, with all its figures as they are drawn before they are live."""
FONTS = 80 * KILOBYTE
MODEL = 200 * KILOBYTE
ALL_MODELS = 3000 * KILOBYTE
INDEX = 120 * KILOBYTE
"""The search index, gzip: all words of the book."""

FONT_ADDRESS = re.compile(r"url\(\"?([^\")]+\.woff2)\"?\)")
ASSET = re.compile(rb'book\.asset\("[^"]*",\s*"([A-Za-z0-9+/=]*)"\);?\s*')
MODEL_FILE = re.compile(r"assets/(?:models|plans)/([^/]+)/")
GRAPH_FILE = re.compile(r"assets/models/([^/]+)/([^/]+)\.onnx-")
PLAN_FILE = "assets/plans/{}/{}-"
ENGINE_FILE = re.compile(r"assets/kernels(?!\.plain\b).*\.js")
"""Without the module for browsers that lack relaxed SIMD: none loads both."""
REFERENCE_FILE = re.compile(r"assets/ort\b.*\.js")


@dataclass(frozen=True, slots=True)
class Weight:
    """One measured thing; without a budget it is only reported."""

    what: str
    size: int
    budget: int | None = None
    path: str = SITE

    @property
    def is_over(self) -> bool:
        return self.budget is not None and self.size > self.budget


def weigh(site: BuiltSite) -> list[Weight]:
    """Everything that has a budget, and the engine's lanes."""
    chapters = [*site.chapters(), *(page for page in site.pages if page.name == CONTENTS)]
    weights = [
        Weight(f"{what} {page.name}", size, budget, page.source.path)
        for what, budget in (("first load of", FIRST_LOAD), ("whole", WHOLE))
        for page in chapters
        for html in [page.first_needed if budget == FIRST_LOAD else page.source.text]
        for size in [_compressed(html.encode()) + _beside(site, page)]
    ]
    weights.append(Weight("fonts", sum(len(site.files[path]) for path in _fonts(site)), FONTS))
    models: dict[str, int] = {}
    for path, data in site.files.items():
        if (match := MODEL_FILE.match(path)) and not _has_plan(site, path):
            models[match[1]] = models.get(match[1], 0) + _payload(data)
    weights += [Weight(f"model {name}", models[name], MODEL) for name in sorted(models)]
    weights.append(Weight("all models", sum(models.values()), ALL_MODELS))
    if SEARCH_INDEX in site.files:
        size = _compressed(site.files[SEARCH_INDEX])
        weights.append(Weight("search index", size, INDEX, SEARCH_INDEX))
    for name, pattern in (("kernels", ENGINE_FILE), ("ONNX Runtime", REFERENCE_FILE)):
        engine = [site.files[path] for path in site.files if pattern.fullmatch(path)]
        weights.append(Weight(name, sum(_payload(data) for data in engine)))
    return weights


def _has_plan(site: BuiltSite, path: str) -> bool:
    """Whether a file is a graph of which pages load the plan instead."""
    match = GRAPH_FILE.match(path)
    prefix = PLAN_FILE.format(*match.groups()) if match else None
    return prefix is not None and any(other.startswith(prefix) for other in site.files)


def _compressed(data: bytes) -> int:
    return len(gzip.compress(data, 9, mtime=0))


def _payload(data: bytes) -> int:
    """What an asset script carries, which is gzip already; of another script, its gzip."""
    match = ASSET.fullmatch(data)
    if not match:
        return _compressed(data)
    return len(match[1]) // 4 * 3 - match[1][-2:].count(b"=")


def _beside(site: BuiltSite, page: Page) -> int:
    """gzip of the styles and scripts that a page names in its HTML."""
    kinds = (".css", ".js")
    named = {a.text for a in page.addresses if a.element in {"link", "script"}}
    return sum(_gzip_of(site.files[path]) for path in named if path.endswith(kinds))


@lru_cache(maxsize=64)  # every page names the same
def _gzip_of(data: bytes) -> int:
    return _compressed(data)


def _fonts(site: BuiltSite) -> set[str]:
    """The fonts that the styles name."""
    sheets = (data.decode() for path, data in site.files.items() if path.endswith(".css"))
    names = {name.rpartition("/")[2] for css in sheets for name in FONT_ADDRESS.findall(css)}
    return {path for path in site.files if path.rpartition("/")[2] in names}


def over_budget(weights: Iterable[Weight]) -> Iterator[Issue]:
    """An issue for each budget that does not hold."""
    for weight in weights:
        if weight.is_over:
            assert weight.budget is not None
            found = f"{weight.what}: {_kilobytes(weight.size)}, budget {_kilobytes(weight.budget)}"
            yield whole_file("budget", weight.path, found)


def table(weights: Iterable[Weight]) -> str:
    """The sizes as lines of text; budgets to the right."""
    every = list(weights)
    widest = max(len(weight.what) for weight in every)
    lines = [f"{'':{widest}}      size    budget"]
    for weight in every:
        budget = "–" if weight.budget is None else _kilobytes(weight.budget)
        mark = "  over" if weight.is_over else ""
        lines.append(f"{weight.what:{widest}}  {_kilobytes(weight.size):>9} {budget:>9}{mark}")
    return "\n".join(lines)


def _kilobytes(size: int) -> str:
    return f"{size / KILOBYTE:,.1f} kB"
