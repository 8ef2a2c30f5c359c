"""What the tests of all browsers ask of a browser: little, so that any of them can be driven."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

Spot = tuple[float, float]

WIDTH, HEIGHT = 1200, 900
"""The viewport in CSS pixels, where the browser lets it be set."""

CALLS_TIMEOUT = 120.0
"""Seconds for one answer: a loaded test machine compiles 14 MB of wasm meanwhile."""


KEYS = {"ArrowLeft": "\ue012", "ArrowRight": "\ue014", "Control": "\ue009"}
"""Keys that write nothing: their names in the page, and W3C's characters for them."""


class Driver(ABC):
    """One window of one browser, from its start to its end."""

    version: str
    """Name and version, as a reader of the report knows them: “Firefox 153.7.0”."""

    @abstractmethod
    def open(self, url: str) -> None:
        """Goes to the address and waits until the page has loaded."""

    @abstractmethod
    def ask(self, function: str, *arguments: object) -> Any:
        """Calls a JavaScript function in the page with JSON values; awaits a promise it returns.

        Raises AssertionError with the page's words when it throws.
        """

    @abstractmethod
    def drag(self, spots: Sequence[Spot]) -> None:
        """The mouse down on the first spot of the viewport, over the others, up on the last."""

    @abstractmethod
    def press(self, *keys: str) -> None:
        """Presses the keys, one while the others are down: a name out of `KEYS`, or a character."""

    @abstractmethod
    def problems(self) -> list[str]:
        """Console errors, exceptions and refused requests since this was last asked."""

    @abstractmethod
    def close(self) -> None:
        """Ends the browser that this driver started."""

    def click(self, spot: Spot) -> None:
        self.drag([spot])


def drag_actions(spots: Sequence[Spot]) -> list[dict[str, Any]]:
    """A mouse's way over the spots, for W3C's “perform actions”."""

    def move(spot: Spot) -> dict[str, Any]:
        x, y = (round(value) for value in spot)
        return {"type": "pointerMove", "x": x, "y": y, "duration": 20}

    first, *others = spots
    way = [move(first), {"type": "pointerDown", "button": 0}]
    way += [move(spot) for spot in others]
    way.append({"type": "pointerUp", "button": 0})
    return [{"type": "pointer", "id": "mouse", "actions": way}]


def key_actions(keys: Sequence[str]) -> list[dict[str, Any]]:
    """Keys pressed together, for W3C's “perform actions”."""
    values = [KEYS.get(key, key) for key in keys]
    way = [{"type": "keyDown", "value": value} for value in values]
    way += [{"type": "keyUp", "value": value} for value in reversed(values)]
    return [{"type": "key", "id": "keyboard", "actions": way}]
