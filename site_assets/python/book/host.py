"""What the book's Python stands on: the page, or the files that the training step published."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from book.tensors import Tensor


class Host(Protocol):
    """Where models and data sets come from, and where pictures go."""

    def models(self) -> list[str]:
        """The names of the models that there are."""

    def card(self, model: str) -> Mapping[str, Any]:
        """What is known of a model; raises KeyError."""

    def array(self, model: str, name: str) -> bytes:
        """A published array; raises KeyError."""

    async def run(self, model: str, graph: str, feeds: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """A graph's outputs by name."""

    def display(self, markup: str, description: str) -> None:
        """Show HTML or SVG, which the description says in words."""

    def notice(self, text: str) -> None:
        """Tell the reader something beside what is shown."""


_current: Host | None = None


def use(host: Host) -> None:
    """Stand on this host from now on."""
    global _current
    _current = host


def current() -> Host:
    """The host in use: the page's, else the files of the repository."""
    global _current
    if _current is None:
        from book.files import FileHost

        _current = FileHost()
    return _current
