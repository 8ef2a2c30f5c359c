"""The book on paper, and what a reader of it sees: text by page, and where there is ink."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from pypdfium2 import PdfDocument

from builder.cli import find_root
from builder.issues.issue import Source
from builder.load.config import parse_config
from builder.node.service import NodeService
from builder.pack.pdf import print_until_settled, read_print
from builder.render.print_page import PrintBook
from builder.render.render import environment
from builder.store.paths import PRINT_PAGE

NEXT = re.compile(r'<a class="masthead-link" rel="next" href="([^"]+)"')
BANDS = 24
"""Of a page without its head and foot; half a page is twelve."""
HEAD, FOOT = 25 / 297, 1 - 22 / 297
"""What stands above and below belongs to the sheet, as a share of its height."""
INK = 200
"""A grey that is darker is ink."""


def print_site(site: Path) -> bytes:
    """The PDF of a built site, as `book pdf` makes it."""
    root = find_root(Path(__file__))
    toml = root / "content/book.toml"
    config, _ = parse_config(Source("content/book.toml", toml.read_text("utf-8")))
    pages, path = {}, "index.html"
    while path:
        pages[path] = (site / path).read_text("utf-8")
        following = NEXT.search(pages[path])
        path = following[1] if following else ""
    files = {
        str(file.relative_to(site).as_posix()): file.read_bytes() for file in site.rglob("*.css")
    }
    service = NodeService(root / "site_assets", print)
    try:
        paper = service.ask("paper", {"minify": True}).result(60)
    finally:
        service.close()
    book = PrintBook(config, pages, files, paper, environment())
    return print_until_settled(site, PRINT_PAGE, book.made)


@dataclass(frozen=True)
class Paper:
    """A printed book; pages count from 1."""

    document: bytes

    @cached_property
    def places(self) -> dict[str, int]:
        """Id → page."""
        return dict(read_print(self.document).places)

    @cached_property
    def parts(self) -> dict[str, int]:
        """Chapters and what else begins on a page of its own: id → page."""
        own = re.compile(r".*--.*|reference-\d+|index|laid-out")
        return {id_: page for id_, page in self.places.items() if not own.fullmatch(id_)}

    @cached_property
    def texts(self) -> list[str]:
        """The text of each page in lines."""
        pdf = PdfDocument(self.document)
        texts = [page.get_textpage().get_text_range() for page in pdf]
        pdf.close()
        return texts

    def lines(self, page: int) -> list[str]:
        """The lines of a page without blanks, for what is spaced out seems to have some."""
        return ["".join(line.split()) for line in self.texts[page - 1].splitlines()]

    @cached_property
    def inked(self) -> list[list[bool]]:
        """Of each page: the bands, from its head to its foot, that have ink in them."""
        pdf = PdfDocument(self.document)
        shown = []
        for page in pdf:
            picture = page.render(scale=0.5, grayscale=True).to_numpy()
            height = picture.shape[0]
            text = picture[round(height * HEAD) : round(height * FOOT)]
            bands = np.array_split(text, BANDS)
            shown.append([bool((band < INK).any()) for band in bands])
        pdf.close()
        return shown

    def half_empty(self) -> list[int]:
        """Pages with ink in less than half of their bands, for which there is no reason.

        A reason is that the page is the title, or that the next one begins a part.
        """
        openings = set(self.parts.values())
        excused = {1, len(self.inked), *(page - 1 for page in openings)}
        return [
            page
            for page, bands in enumerate(self.inked, 1)
            if sum(bands) < BANDS / 2 and page not in excused
        ]
