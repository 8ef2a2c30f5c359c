"""One finger on a touch screen. Real touch input, so that the browser itself decides to scroll."""

from __future__ import annotations

from collections.abc import Iterable

from playwright.sync_api import Page

Spot = tuple[float, float]


class Finger:
    """Touches in CSS pixels of the viewport. Chromium only: it speaks the devtools protocol."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._session = page.context.new_cdp_session(page)

    def _send(self, kind: str, spots: list[Spot]) -> None:
        points = [{"x": x, "y": y} for x, y in spots]
        self._session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def tap(self, spot: Spot) -> None:
        self._send("touchStart", [spot])
        self._send("touchEnd", [])

    def drag(self, spots: Iterable[Spot]) -> None:
        """Down on the first spot, over the others, up on the last."""
        first, *others = spots
        self._send("touchStart", [first])
        for spot in others:
            self._send("touchMove", [spot])
            self._page.wait_for_timeout(16)
        self._send("touchEnd", [])

    def swipe_up(self, start: Spot, distance: float) -> None:
        """Moves the finger up by `distance`, as one does to read on."""
        steps = 12
        self.drag((start[0], start[1] - distance * i / steps) for i in range(steps + 1))
