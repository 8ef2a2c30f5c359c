"""A page with cells in a window, with words for what one does there."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from tests.browser.conftest import Window

START = 120_000  # ms for Python to start on a machine that is busy with other tests


class CellsPage:
    """The page of cells in a window, with words for what one does there."""

    def __init__(self, window: Window) -> None:
        self.window, self.page = window, window.page

    def cell(self, number: int) -> Locator:
        return self.page.locator(f'[data-cell-number="{number}"]')

    def press(self, number: int, button: str) -> None:
        self.cell(number).get_by_role("button", name=button, exact=True).click()

    def output(self, number: int) -> Locator:
        return self.cell(number).get_by_role("group", name=f"Output of cell {number}")

    def status(self, number: int) -> Locator:
        return self.cell(number).get_by_role("status")

    def expect_state(self, number: int, state: str, timeout: int = START) -> None:
        expect(self.cell(number)).to_have_attribute("data-cell-state", state, timeout=timeout)

    def run(self, number: int, state: str = "done") -> None:
        self.press(number, "Run")
        self.expect_state(number, "running") if state == "running" else None
        expect(self.status(number)).to_contain_text(re.compile("Done|raised"), timeout=START)
        self.expect_state(number, state)

    def write(self, number: int, code: str) -> None:
        """Open the editor and replace all that is in it."""
        self.press(number, "Edit")
        editor = self.cell(number).get_by_role("textbox")
        expect(editor).to_be_focused(timeout=START)  # its script is loaded now
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(code)
