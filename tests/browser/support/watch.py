"""Watches a page for what no reader should meet: console errors, exceptions, foreign requests."""

from __future__ import annotations

import re

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Route

LOCAL = ("data:", "blob:", "about:")


class Watch:
    """Blocks and records foreign requests of a context; records errors of its pages."""

    def __init__(self, context: BrowserContext, root: str) -> None:
        self._root = root
        self._expected: list[re.Pattern[str]] = []
        self.errors: list[str] = []
        self.foreign: list[str] = []
        self.own: list[str] = []
        # A pattern, not a function: the browser's side decides, own files need no round trip.
        own = "|".join(re.escape(start) for start in (root, *LOCAL))
        context.route(re.compile(f"^(?!{own})"), self._block)
        context.on("request", self._record)
        context.on("page", self._follow)

    def expect_errors(self, *patterns: str) -> None:
        """Console errors that this test provokes."""
        self._expected += map(re.compile, patterns)

    def forget(self) -> None:
        """A new test begins on the same page."""
        self._expected, self.errors, self.foreign, self.own = [], [], [], []

    def verdict(self) -> list[str]:
        """One line for each thing that should not have happened."""
        unexpected = [
            text for text in self.errors if not any(p.search(text) for p in self._expected)
        ]
        return unexpected + [f"foreign request: {url}" for url in dict.fromkeys(self.foreign)]

    def _follow(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.errors.append(f"exception: {error}"))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(f"console: {message.text} ({message.location['url']})")

    def _record(self, request: Request) -> None:
        if request.url.startswith(self._root):
            self.own.append(request.url)
        elif not request.url.startswith(LOCAL):
            self.foreign.append(request.url)

    def _block(self, route: Route) -> None:
        route.abort()
