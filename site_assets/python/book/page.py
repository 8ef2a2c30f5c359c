"""The book inside Pyodide: JavaScript holds models and shows events; see interpreter.ts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from book import cells
from book.host import use
from book.tensors import Tensor


class PageHost:
    """Asks JavaScript, through the functions that it hands over."""

    def __init__(self, outside: Any, cards: Mapping[str, Mapping[str, Any]]) -> None:
        self.outside = outside
        self.cards = cards

    def models(self) -> list[str]:
        return sorted(self.cards)

    def card(self, model: str) -> Mapping[str, Any]:
        return self.cards[model]

    def array(self, model: str, name: str) -> bytes:
        found = self.outside.array(f"{model}/{name}")
        if found is None:
            raise KeyError(name)
        return bytes(found.to_py())

    async def run(self, model: str, graph: str, feeds: Mapping[str, Tensor]) -> dict[str, Tensor]:
        from pyodide.ffi import to_js

        sent = [[name, list(feed.dims), feed.data.tobytes()] for name, feed in feeds.items()]
        received = await self.outside.run(model, graph, to_js(sent))
        return {
            name: Tensor.from_bytes(dims, "float32", bytes(data))
            for name, dims, data in received.to_py()
        }

    def display(self, markup: str, description: str) -> None:
        cells.emit({"kind": "html", "html": markup, "text": description})

    def notice(self, text: str) -> None:
        cells.emit({"kind": "notice", "text": text})


class Session:
    """The cells of one page, run as JavaScript asks; events go to `outside.tell` as JSON."""

    def __init__(self, outside: Any, cards: str) -> None:
        self.outside = outside
        self.namespace: dict[str, Any] = {"__name__": "__main__"}
        use(PageHost(outside, json.loads(cards)))

    async def run(self, code: str, name: str, *, apart: bool = False) -> bool:
        """Run a cell; with `apart` in a copy of the namespace, which a check then judges."""
        self.judged = dict(self.namespace) if apart else self.namespace
        return await cells.run(code, name, self.judged, self._tell)

    async def check(self, code: str) -> bool:
        """Judge what the cell that ran last has defined."""
        return await cells.check(code, self.judged, self._tell)

    def _tell(self, event: cells.Event) -> None:
        self.outside.tell(json.dumps(event))
