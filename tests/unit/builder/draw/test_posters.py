"""Pictures for shared links, drawn by the real rasteriser."""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from builder.node.service import NodeService
from builder.render.render import POSTER_SIZE

ASSETS = Path(__file__).resolve().parents[4] / "site_assets"


@pytest.fixture(scope="module")
def service() -> Iterator[NodeService]:
    service = NodeService(ASSETS, print)
    yield service
    service.close()


def dot(hue: str) -> str:
    """A figure whose second drawing is a picture by itself: one square in a concept's colour."""
    return (
        '<div><svg viewBox="0 0 9 1" aria-hidden="true"></svg>'
        '<svg class="plot" viewBox="0 0 100 100" role="img" aria-label="A dot" data-flag>'
        f'<g class="{hue}"><rect class="dot" width="100" height="100"/></g></svg></div>'
    )


def poster(service: NodeService, title: str, markup: str) -> bytes:
    params = {"label": "Chapter 3", "title": title, "book": "A book & more", "markup": markup}
    return base64.b64decode(service.ask("poster", params).result(60)["png"])


def test_a_poster_shows_title_and_drawing_in_the_book_s_colours(service: NodeService) -> None:
    nothing = "<p>no drawing</p>"
    drawn = [
        poster(service, "Enter the VAE", dot("c-x")),
        poster(service, "Enter the VAE", dot("c-z")),
        poster(service, "Enter the VAE", nothing),
        poster(service, "A title that is longer than one line of the picture could be", nothing),
    ]
    assert len(set(drawn)) == len(drawn), "a part of the picture is not seen"
    assert poster(service, "Enter the VAE", dot("c-x")) == drawn[0], "two builds would differ"
    for png in drawn:
        assert png.startswith(b"\x89PNG")
        assert struct.unpack(">II", png[16:24]) == POSTER_SIZE
