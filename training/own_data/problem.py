"""What is wrong with declared data, and where: in book.toml, in a range of a text, or in a file."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class InBook:
    """A key of a table of book.toml, or its value; the table itself if it has no such key."""

    table: tuple[str, ...]
    key: str
    value: bool = True


@dataclass(frozen=True)
class InText:
    """A half-open range of characters of a text file, byte order mark and `\\r` left out."""

    path: str
    start: int
    end: int


@dataclass(frozen=True)
class InFile:
    """A file or folder as a whole."""

    path: str


Place: TypeAlias = InBook | InText | InFile


@dataclass(frozen=True)
class Problem:
    """One mistake. If `name` may be a misspelling, `known` holds what the author may have meant."""

    rule: str
    at: Place
    message: str
    hint: str = ""
    name: str = ""
    known: tuple[str, ...] = ()
    warning: bool = False
    """Whether the data can be used all the same."""


def counted(count: int, noun: str) -> str:
    """`1 row`, `2 rows`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def and_more(count: int, noun: str) -> str:
    """What follows the first of `count` alike mistakes, each at a `noun`."""
    return f" (and {counted(count - 1, f'more {noun}')})" if count > 1 else ""
