"""A browser that Playwright can drive: its own builds, and any Chromium."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from playwright.sync_api import ConsoleMessage, Error, Playwright, ProxySettings

from tests.browser.support.browsers import launch
from tests.browser.support.drivers.driver import HEIGHT, WIDTH, Driver, Spot
from tests.browser.support.drivers.tripwire import Tripwire


class PlaywrightDriver(Driver):
    def __init__(self, playwright: Playwright, name: str, tripwire: Tripwire) -> None:
        proxy: ProxySettings = {"server": tripwire.address, "bypass": "127.0.0.1"}
        self._browser = launch(playwright, name, proxy)
        self._page = self._browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        self._problems: list[str] = []
        self._page.on("console", self._console)
        self._page.on("pageerror", lambda error: self._problems.append(f"exception: {error}"))
        self.version = f"{name.capitalize()} {self._browser.version}".replace("Webkit", "WebKit")

    def open(self, url: str) -> None:
        self._page.goto(url)

    def ask(self, function: str, *arguments: object) -> Any:
        called = f"async (text) => JSON.stringify([await ({function})(...JSON.parse(text))])"
        try:
            return json.loads(self._page.evaluate(called, json.dumps(arguments)))[0]
        except Error as error:
            raise AssertionError(error.message) from error

    def drag(self, spots: Sequence[Spot]) -> None:
        mouse = self._page.mouse
        mouse.move(*spots[0])
        mouse.down()
        for spot in spots[1:]:
            mouse.move(*spot)
        mouse.up()

    def press(self, *keys: str) -> None:
        self._page.keyboard.press("+".join(keys))

    def problems(self) -> list[str]:
        self._page.evaluate("0")  # what the browser has to say arrives with an answer
        found, self._problems = self._problems, []
        return found

    def close(self) -> None:
        self._browser.close()

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._problems.append(f"console: {message.text} ({message.location['url']})")
