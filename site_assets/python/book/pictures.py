"""`book.show`: one image, or a grid of them, as ink on paper."""

from __future__ import annotations

import struct
import zlib
from base64 import b64encode
from collections.abc import Sequence
from html import escape
from math import isqrt

from book.host import current
from book.tensors import Nested, flatten, shape_of

LARGE, SMALL = 160, 48
"""CSS pixels that an image is about wide, alone and among others; pixels stay whole."""


def show(
    image: Nested,
    *,
    columns: int | None = None,
    labels: Sequence[object] | None = None,
    description: str = "",
) -> None:
    """Show an image, or images in a grid; 0 is paper, 1 full ink.

    An image is a flat list of side² numbers, or lists of rows. A square table of numbers is one
    image, unless `columns` or `labels` say that its rows are images. Raises ValueError for
    numbers that make no square image.
    """
    images = images_of(image, many=columns is not None or labels is not None)
    if labels is not None and len(labels) != len(images):
        raise ValueError(f"{len(images)} images but {len(labels)} labels")
    words = description or _words(images, labels)
    across = columns or (1 if len(images) == 1 else min(len(images), max(5, isqrt(len(images)))))
    current().display(picture_markup(images, across, labels, words), words)


def images_of(values: Nested, *, many: bool = False) -> list[list[list[float]]]:
    """Images as lists of rows, from any of the shapes that `show` takes."""
    dims = shape_of(values)
    if len(dims) == 1:
        return [_square(flatten(values))]
    if len(dims) == 2 and not many and dims[0] == dims[1]:
        return [_square(flatten(values))]
    if len(dims) == 3 and dims[1] == dims[2] and dims[0] == 1:
        return [_square(flatten(values))]
    if len(dims) < 2:
        raise ValueError("there is no image in this")
    return [_square(flatten(image)) for image in values]  # type: ignore[union-attr]


def _square(flat: list[float]) -> list[list[float]]:
    side = isqrt(len(flat))
    if not flat or side * side != len(flat):
        raise ValueError(f"{len(flat)} numbers make no square image")
    return [flat[at : at + side] for at in range(0, len(flat), side)]


def _words(images: list[list[list[float]]], labels: Sequence[object] | None) -> str:
    """What can be said of images that the author did not describe."""
    side = len(images[0])
    pixels = [value for image in images for row in image for value in row]
    count = "An image" if len(images) == 1 else f"{len(images)} images"
    ink = f"mean ink {sum(pixels) / len(pixels):.2f}"
    named = f", labelled {', '.join(map(str, labels))}" if labels else ""
    return f"{count} of {side} by {side} pixels, {ink}{named}"


def picture_markup(
    images: list[list[list[float]]],
    columns: int,
    labels: Sequence[object] | None,
    words: str,
) -> str:
    """An HTML figure; labelled images stand in a list, others are tiles of one picture."""
    if labels is not None:
        items = "".join(
            f"<li>{_img([image], 1, str(label), SMALL)}"
            f'<span aria-hidden="true">{escape(str(label))}</span></li>'
            for image, label in zip(images, labels, strict=True)
        )
        return f'<ul class="cell-images" aria-label="{escape(words)}">{items}</ul>'
    wide = " cell-image-one" if len(images) == 1 else ""
    size = LARGE if len(images) == 1 else SMALL
    return f'<div class="cell-image{wide}">{_img(images, columns, words, size)}</div>'


def _img(images: list[list[list[float]]], columns: int, alt: str, size: int) -> str:
    """Images side by side in one picture, each about `size` CSS pixels wide."""
    side = len(images[0])
    gap = 1 if len(images) > 1 else 0
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    width, height = columns * (side + gap) - gap, rows * (side + gap) - gap
    pixels = [[0.0] * width for _ in range(height)]
    for index, image in enumerate(images):
        top, left = index // columns * (side + gap), index % columns * (side + gap)
        for y, row in enumerate(image):
            pixels[top + y][left : left + len(row)] = row
    scale = max(1, round(size / side))
    source = b64encode(ink_png(pixels)).decode()
    return (
        f'<img src="data:image/png;base64,{source}" width="{width * scale}" '
        f'height="{height * scale}" alt="{escape(alt)}">'
    )


def ink_png(pixels: list[list[float]]) -> bytes:
    """Ink as a PNG: black, with the pixel's value as opacity, so that a dark page can turn it."""
    height, width = len(pixels), len(pixels[0])
    rows = bytearray()
    for row in pixels:
        rows.append(0)  # no filter
        for value in row:
            ink = min(1.0, max(0.0, value)) if value == value else 0.0
            rows += bytes((0, round(255 * ink)))
    header = struct.pack(">IIBBBBB", width, height, 8, 4, 0, 0, 0)  # 8 bits, grey with alpha
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(rows), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
