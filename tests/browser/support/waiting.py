"""Waiting for what comes about asynchronously, without a fixed sleep."""

from __future__ import annotations

import time
from collections.abc import Callable

from playwright.sync_api import Page


def eventually(page: Page, check: Callable[[], None], seconds: float = 5.0) -> None:
    """Repeat `check` until it raises no AssertionError; its last one is raised in the end."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return check()
        except AssertionError:
            if time.monotonic() > deadline:
                raise
        page.wait_for_timeout(25)
