"""Small things of type that are read wrong when they are off: spaces, accents, primes, notes."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import FloatRect, Page, expect

from tests.browser.conftest import Reader

# Gaps, in em, between each fraction and the function that it multiplies.
GAPS = """
() => [...document.querySelectorAll("math mfrac")].flatMap((fraction) => {
  let node = fraction;
  while (!node.nextElementSibling && node.matches("mfrac, mstyle")) node = node.parentElement;
  const name = node.nextElementSibling?.querySelector(":scope > mi:has(+ mo)");
  if (node.nextElementSibling?.localName !== "mrow" || name?.nextSibling.textContent !== "\\u2061")
    return [];
  const size = parseFloat(getComputedStyle(name).fontSize);
  if (!name.checkVisibility()) return [];
  return [(name.getBoundingClientRect().left - fraction.getBoundingClientRect().right) / size];
})
"""
# Of each hat: its width, in em of what it stands on.
HATS = """
() => [...document.querySelectorAll("mover > mo:last-child")]
  .filter((hat) => hat.textContent === "\\u02c6" && hat.getClientRects()[0]?.width > 0)
  .map((hat) => hat.getBoundingClientRect().width
    / parseFloat(getComputedStyle(hat.previousElementSibling).fontSize))
"""
# The boxes of a letter and of its prime in the window.
PRIME = """
(power) => [...power.children].map((part) => {
  const { left, right } = part.getBoundingClientRect();
  const { top, bottom } = power.closest("math").getBoundingClientRect();
  return [left, top, right - left, bottom - top];
})
"""
NOTES = """
() => [...document.querySelectorAll(".sidenote")].map((note) => [
  note.querySelector(".sidenote-mark").textContent,
  getComputedStyle(note.querySelector(".sidenote-body"), "::before").content,
])
"""


def told(reader: Reader, page: str, script: str) -> list[Any]:
    shown: Page = reader.visit(reader.site.url(page))
    expect(shown.locator("html.layout-postponed")).to_have_count(0)  # all of it is laid out
    found: list[Any] = shown.evaluate(script)
    assert found, "the page has none any more: look at another"
    return found


def test_a_fraction_does_not_touch_the_function_behind_it(reader: Reader) -> None:
    assert min(told(reader, "two-jobs-in-one-loss.html", GAPS)) > 0.12


@pytest.mark.parametrize("page", ["the-core-idea.html", "the-bottleneck.html"])
def test_a_hat_is_wider_than_a_dot(reader: Reader, page: str) -> None:
    assert min(told(reader, page, HATS)) > 0.42


def test_a_prime_does_not_float_above_its_letter(reader: Reader) -> None:
    page = reader.visit(reader.site.url("what-lives-in-the-middle.html"))
    expect(page.locator("html.layout-postponed")).to_have_count(0)  # nothing moves any more
    power = page.locator(".exercise-body msup:has(> .tml-prime)").first
    power.scroll_into_view_if_needed()
    letter, prime = (top_of_ink(page, box) for box in power.evaluate(PRIME))
    assert prime >= letter - 1, (prime, letter)


def top_of_ink(page: Page, box: list[float]) -> int:
    """The first row of pixels with ink in it."""
    x, y, width, height = box
    clip = FloatRect(x=x, y=y, width=width, height=height)
    with Image.open(BytesIO(page.screenshot(clip=clip))) as picture:
        grey = np.asarray(picture.convert("L"))
    return int(np.flatnonzero((grey < 200).any(axis=1))[0])


def test_a_note_bears_the_number_of_its_mark(reader: Reader) -> None:
    notes = told(reader, "enter-the-vae.html", NOTES)
    for mark, before in notes:
        assert before.replace('"', " ").split()[0] == mark, (mark, before)
