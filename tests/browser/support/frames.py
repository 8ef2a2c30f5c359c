"""Displayed frames, counted while somebody looks.

A page that asks for every frame costs a twentieth of a core for as long as it is open, and tests
hand pages on to each other: so counting ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page

FRAMES = "framesSeen.count"
"""In the page: how many there were, of those that are being counted."""

START = """
() => {
  const seen = window.framesSeen = { count: 0 };
  const next = () => {
    if (window.framesSeen !== seen) return;
    seen.count++;
    requestAnimationFrame(next);
  };
  requestAnimationFrame(next);
}
"""
STOP = "() => { delete window.framesSeen; }"


@contextmanager
def counting_frames(page: Page) -> Iterator[None]:
    """Until the end of the block, `FRAMES` counts the page's displayed frames."""
    page.evaluate(START)
    try:
        yield
    finally:
        page.evaluate(STOP)
