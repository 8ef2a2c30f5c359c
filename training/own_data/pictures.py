"""A folder of PNGs or JPEGs as ink: 0 paper to 255 full, whatever their colours and
transparency."""

import io
from collections.abc import Mapping
from dataclasses import dataclass

from PIL import Image, ImageOps

from training.own_data.copies import copies_in
from training.own_data.declaration import Declaration
from training.own_data.problem import InFile, Problem, and_more, counted
from training.own_data.table import (
    MAXIMUM_CLASSES,
    MINIMUM_ROWS,
    are_nearly_constant,
    commonest,
)

FULL_INK = 255
PAPER = {"dark": (255, 255, 255, 255), "light": (0, 0, 0, 255)}
"""What transparent pixels show, by which end of grey is ink."""
UNREADABLE = (OSError, ValueError, SyntaxError, Image.DecompressionBombError)
"""What Pillow raises of a picture that it cannot read: a PNG's torn parts are a SyntaxError."""


@dataclass(frozen=True)
class Pictures:
    """Square pictures in the order of their paths, each `size * size` bytes row by row."""

    size: int
    ink: tuple[bytes, ...]
    labels: tuple[str, ...]
    """The sub-folder of each picture; none at all if they lie in the folder itself."""


def read_pictures(
    files: Mapping[str, bytes], declaration: Declaration
) -> tuple[Pictures | None, tuple[Problem, ...]]:
    """The pictures of a folder by path, or None with everything that is wrong."""
    unreadable: dict[tuple[str, str], list[str]] = {}
    ink, odd = [], []
    for path in sorted(files):
        try:
            picture = _ink(files[path], declaration.ink)
        except UNREADABLE as error:
            unreadable.setdefault(_reason(files[path], error), []).append(path)
            continue
        if picture.size != (declaration.size, declaration.size):
            odd.append((path, picture.size))
        ink.append(picture.tobytes())
    problems = [
        Problem(rule, InFile(paths[0]), message + and_more(len(paths), "picture"))
        for (rule, message), paths in unreadable.items()
    ]
    if odd:
        path, (width, height) = odd[0]
        message = (
            f"this picture is {width}×{height} pixels, "
            f"expected {declaration.size}×{declaration.size}"
        )
        problems.append(
            Problem(
                "data-size",
                InFile(path),
                message + and_more(len(odd), "picture"),
                "all pictures of a set are as large as 'size' in book.toml says",
            )
        )
    elif ink and are_nearly_constant(ink):
        others = len(ink) - commonest(ink)[1]
        message = f"all pictures{f' but {others}' if others else ''} are the same"
        problems.append(Problem("data-constant", InFile(declaration.path), message))
    labels = _labels(sorted(files), declaration, problems)
    if len(files) < MINIMUM_ROWS:
        message = f"{counted(len(files), 'picture')}, at least {MINIMUM_ROWS} are needed"
        hint = "validation and test take a fifth each"
        problems.append(Problem("data-rows", InFile(declaration.path), message, hint))
    if problems:
        return None, tuple(problems)
    names = [path.removeprefix(f"{declaration.path}/") for path in sorted(files)]
    copies = copies_in(ink, declaration, "picture", names.__getitem__)
    return Pictures(declaration.size, tuple(ink), labels), tuple(copies)


def _ink(data: bytes, ink: str) -> Image.Image:
    """The picture in grey with full ink as 255, as upright as viewers show a camera's; raises what
    Pillow raises, or ValueError."""
    picture = ImageOps.exif_transpose(Image.open(io.BytesIO(data), formats=["PNG", "JPEG"]))
    if picture.mode.startswith("I"):
        raise ValueError("it has 16 bits a pixel; save it with 8")
    paper = Image.new("RGBA", picture.size, PAPER[ink])
    grey = Image.alpha_composite(paper, picture.convert("RGBA")).convert("L")
    return grey if ink == "light" else grey.point([FULL_INK - value for value in range(256)])


def _reason(data: bytes, error: Exception) -> tuple[str, str]:
    """By which rule a picture cannot be read, and why."""
    if not data:
        return "data-empty", "this file is empty"
    reason = "it may be cut short, or no PNG or JPEG"
    if isinstance(error, ValueError):
        reason = str(error)
    elif isinstance(error, Image.DecompressionBombError):
        reason = "it has far too many pixels"
    return "data-picture", f"this picture cannot be read: {reason}"


def _labels(paths: list[str], declaration: Declaration, problems: list[Problem]) -> tuple[str, ...]:
    """The sub-folder of each path."""
    inside = [path.removeprefix(f"{declaration.path}/") for path in paths]
    labels = [path.rpartition("/")[0] for path in inside]
    if not any(labels):
        return ()
    if "" in labels:
        message = "this picture lies beside the folders of classes, in none of them"
        problems.append(
            Problem(
                "data-missing",
                InFile(paths[labels.index("")]),
                message + and_more(labels.count(""), "picture"),
            )
        )
    count = len(set(labels))
    if count > MAXIMUM_CLASSES:
        message = f"{count} folders of classes, at most {MAXIMUM_CLASSES} can be told apart"
        problems.append(Problem("data-classes", InFile(declaration.path), message))
    return tuple(labels)
