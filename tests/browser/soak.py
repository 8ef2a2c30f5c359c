"""Any hands: thousands of random gestures on a figure, from a seed.

`python -m tests.browser.soak [--gestures 10000] [--seed 1] [figure …]` prints a line a figure;
the test suite makes fewer (test_any_hands.py).
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, Error, ViewportSize, expect, sync_playwright

from tests.browser.conftest import Window
from tests.browser.support.browsers import launch
from tests.browser.support.figure import ALL_WRITTEN, AT_REST, Figure
from tests.browser.support.finger import Spot
from tests.browser.support.server import serve
from tests.browser.support.site import Site
from tests.browser.support.waiting import eventually

ROOT = Path(__file__).resolve().parents[2]
KEYS = (
    "ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End",
    "Shift+ArrowLeft", "Shift+ArrowUp", "Enter", "Space", "Tab", "Shift+Tab", "Escape",
)  # fmt: skip
TYPED = ("", "0", "7", "-5", "1e9", "99999999999", "1.5", "e")
HOSTILE = (
    "NaN",
    "Infinity",
    "-1e300",
    "1e-300",
    "",
    "%00",
    "%zz",
    "__proto__",
    "true",
    "0:lr=99",
    '"><script>alert(1)</script>',
    "javascript:alert(1)",
    "🦆",
    "0.5",
    "1",
    "3",
    "-2",
    "AAAA.____",
)
REST = 1 / 50
"""Share of gestures after which the hand rests for a moment, so that figures draw and settle."""

# Everything of the figure that can be worked, where it is now; a random one is scrolled to.
PICK = """
([id, dice]) => {
  const figure = document.getElementById(id);
  const all = [...figure.querySelectorAll(
    "button:enabled, input:enabled, select:enabled, summary, [role=radio],"
    + "svg:is(.plot, .sketch)")].filter((target) => {
      const { width, height } = target.getBoundingClientRect();
      return width > 0 && height > 0 && target.checkVisibility();
    });
  const target = all[Math.floor(dice * all.length)];
  if (!target) return { state: figure.dataset.state, kind: "none" };
  target.scrollIntoView({ block: "center", behavior: "instant" });
  const { left, top, width, height } = target.getBoundingClientRect();
  const kind = target.matches("svg") ? "pad" : target.matches("input") ? target.type
    : target.localName;
  return { state: figure.dataset.state, kind, left, top, width, height };
}
"""

# A hand that slips beside the figure may meet a link; it stays on the page all the same. Other
# tests may be given the page afterwards: there its links lead on again.
STAY = """
() => {
  window.staying?.abort();
  window.staying = new AbortController();
  document.addEventListener("click", (event) => {
    if (event.target.closest("a")) event.preventDefault();
  }, { capture: true, signal: window.staying.signal });
}
"""
LEAVE = "() => window.staying.abort()"

LATE = 400
"""ms in which a figure has written its address after the last gesture."""

READOUTS_AT_REST = f"""
(ids) => Promise.all(ids.map(async (id) => (await ({AT_REST})(id)).readouts))
"""

HOLDS_FOCUS = """
(figure) => figure.contains(document.activeElement) && !document.activeElement.closest("a")
"""


@dataclass(frozen=True)
class Memory:
    """What the page holds after garbage collection."""

    heap: float
    nodes: float
    listeners: float

    def is_flat_after(self, early: Memory) -> bool:
        """Caches may have filled a little more meanwhile; what leaks, leaks with every gesture."""
        return (
            self.heap <= 1.1 * early.heap + 2e6
            and self.nodes <= 1.1 * early.nodes + 200
            and self.listeners <= 1.1 * early.listeners + 50
        )

    def __str__(self) -> str:
        return f"{self.heap / 1e6:.1f} MB, {self.nodes:.0f} nodes, {self.listeners:.0f} listeners"


class Hands:
    """Works one live figure at random."""

    def __init__(self, figure: Figure, seed: int) -> None:
        self.figure = figure
        self.page = figure.page
        self._random = random.Random(f"{figure.placed.name} {seed}")
        self._session: CDPSession = self.page.context.new_cdp_session(self.page)
        self._session.send("Performance.enable")
        self.page.evaluate(STAY)

    def gesture(self) -> None:
        """One of them, whatever it hits. Fails if the figure has given up."""
        dice = self._random
        kind = dice.random()
        if kind < 0.01:
            self._follow_an_address()
        elif kind < 0.02:
            self.page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
        elif kind < 0.12:
            self._press(dice.choice(KEYS))
        else:
            self._work(self.page.evaluate(PICK, [self.figure.placed.id, dice.random()]))
        if dice.random() < REST:
            self.page.wait_for_timeout(60)

    def recover(self) -> None:
        """Reset brings the figure back, whatever was done to it."""
        self.rest()
        self.figure.root.scroll_into_view_if_needed()
        self.page.wait_for_timeout(LATE)
        self.reset()
        self.figure.settle()

    def rest(self) -> None:
        """Nothing is held or open any more."""
        self.page.mouse.up()
        self.page.keyboard.press("Escape")

    def reset(self) -> None:
        """After it there is nothing left to undo."""
        if self.figure.part("reset").is_enabled():
            self.figure.reset()
        expect(self.figure.root).to_have_attribute("data-state", "live", timeout=30_000)
        expect(self.figure.part("reset")).to_be_disabled(timeout=30_000)

    def let_go(self) -> None:
        """Links lead on again."""
        self.page.evaluate(LEAVE)

    def memory(self) -> Memory:
        for _ in range(2):  # finalisers let go of more
            self._session.send("HeapProfiler.collectGarbage")
        found = self._session.send("Performance.getMetrics")["metrics"]
        value = {metric["name"]: metric["value"] for metric in found}
        return Memory(value["JSHeapUsedSize"], value["Nodes"], value["JSEventListeners"])

    def _work(self, target: dict[str, Any]) -> None:
        assert target["state"] != "error", self.figure.part("status").inner_text()
        if target["kind"] == "none":
            return
        spot = self._spot(target)
        if target["kind"] in ("pad", "range"):
            others = [self._spot(target) for _ in range(self._random.randrange(5))]
            self.figure.mouse_drag([spot, *others], steps=1)
            return
        if target["kind"] == "select":
            self.page.mouse.click(*spot)
            self.page.keyboard.press(self._random.choice(("ArrowDown", "ArrowUp")))
            self.page.keyboard.press("Enter")
            return
        self.page.mouse.click(*spot)
        if target["kind"] == "number":
            self.page.keyboard.press("Control+a")
            self.page.keyboard.type(self._random.choice(TYPED))
            self.page.keyboard.press("Enter")

    def _spot(self, box: dict[str, float]) -> Spot:
        """Most often on the target, at times a little beside it."""
        x, y = (self._random.uniform(-0.02, 1.02) for _ in range(2))
        return box["left"] + x * box["width"], box["top"] + y * box["height"]

    def _press(self, key: str) -> None:
        """A key, wherever the focus is; but no link is followed, and no search made."""
        if key in ("Enter", "Space") and not self.figure.root.evaluate(HOLDS_FOCUS):
            key = "Tab"
        self.page.keyboard.press(key)

    def _follow_an_address(self) -> None:
        keys = [*self.figure.placed.data["spec"].get("state", {}), "nothing"]
        asked = {self._random.choice(keys): self._random.choice(HOSTILE) for _ in range(3)}
        fragment = self.figure.placed.fragment(asked)
        self.page.evaluate("(fragment) => { location.hash = fragment; }", fragment)


SETTLED = 10
"""Gestures by which first runs have begun and neighbours are live: what they load stays."""


def soak(
    figures: Sequence[Figure], gestures: int, seed: int, narrow: ViewportSize | None = None
) -> list[Memory]:
    """All figures of a page, so many gestures each.

    Memory after a tenth of the gestures, but at least `SETTLED`, after all, and, if it grew, after
    more of them. The later ones are made on a `narrow` screen, if there is one, and no gesture may
    make the page wider than it. Raises AssertionError at what fails.
    """
    page = figures[0].page
    wide = page.viewport_size
    ids = [figure.placed.id for figure in figures]
    hands = [Hands(figure, seed) for figure in figures]
    usual = page.evaluate(READOUTS_AT_REST, ids)
    early = max(gestures // 10, SETTLED)

    def fits(screen: ViewportSize, hand: Hands, made: int) -> None:
        width = page.evaluate("document.documentElement.scrollWidth")
        told = f"{hand.figure.placed.id}: after gesture {made} the page is {width} px wide"
        assert width <= screen["width"], told

    def worked(count: int, screen: ViewportSize | None = None) -> Memory:
        if screen:
            page.set_viewport_size(screen)
            page.evaluate(ALL_WRITTEN, ids)  # drawn for this width
        for hand in hands:
            for made in range(1, count + 1):
                hand.gesture()
                if screen:
                    fits(screen, hand, made)
            hand.rest()
        if screen and wide:
            page.set_viewport_size(wide)
        page.wait_for_timeout(LATE)
        for hand in hands:
            hand.reset()
        page.evaluate(READOUTS_AT_REST, ids)
        return hands[0].memory()

    def as_before() -> None:
        found = page.evaluate(READOUTS_AT_REST, ids)
        assert found == usual, f"Reset does not bring the beginning back: {found}, not {usual}"

    held = [worked(early), worked(gestures - early, narrow)]
    eventually(page, as_before)

    # What leaks, stays; what a task yet to come holds on to, goes with it.
    def is_flat() -> None:
        if not held[-1].is_flat_after(held[-2]):
            held[-1] = hands[0].memory()
        grown = " → ".join(map(str, held))
        assert held[-1].is_flat_after(held[-2]), f"memory grows: {grown}"

    try:
        eventually(page, is_flat)
    except AssertionError:  # what is opened for the first time is kept once, a leak grows again
        held.append(worked(gestures - early, narrow))
        eventually(page, is_flat)
    hands[0].let_go()
    return held


def report(browser: Browser, site: Site, name: str, gestures: int, seed: int) -> bool:
    """Prints what came of it; whether all was well."""
    placed = site.figure(name)
    window = Window(browser, site)
    window.page.goto(site.url(placed.page, placed.fragment({})))
    start = time.monotonic()
    try:
        held = soak([Figure(window.page, placed).wait_live()], gestures, seed)
        lines = [" → ".join(map(str, held))]
        trouble = window.watch.verdict()
    except (AssertionError, Error) as failure:
        lines = []
        trouble = [*window.watch.verdict(), str(failure)]
    window.context.close()
    spent = f"{name}: {gestures} gestures, {time.monotonic() - start:.0f} s"
    print(spent, *lines, *trouble, sep="\n    ", flush=True)
    return not trouble


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gestures", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("figures", nargs="*", help="all, if none is named")
    asked = parser.parse_args()
    folder = ROOT / "build" / "site"
    with sync_playwright() as playwright, serve(folder) as root:
        browser = launch(playwright)
        site = Site(folder, root)
        names = asked.figures or sorted({figure.name for figure in site.figures})
        well = [report(browser, site, name, asked.gestures, asked.seed) for name in names]
        browser.close()
    return 0 if all(well) else 1


if __name__ == "__main__":
    sys.exit(main())
