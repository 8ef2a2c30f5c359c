"""A figure that trains, as a reader works it: by mouse, by finger or by keys."""

from __future__ import annotations

import json
import math
import re
import time
from dataclasses import dataclass
from typing import Any, Literal

import pytest
from playwright.sync_api import Locator, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from tests.browser.support.figure import Figure
from tests.browser.support.waiting import eventually

Hand = Literal["mouse", "finger", "keys"]
HANDS: tuple[Hand, ...] = ("mouse", "finger", "keys")

TRAIN = re.compile("^(Train|Train it yourself|Go on)$")
PAUSE, STEP, UNTRAIN = "Pause", "One step", "Untrain"
RECOVER = "Back to the last good weights"
LEARNING_RATE = "learning rate"
RATE_MAXIMUM = 1.0

# As JSON, because Playwright takes a value apart node by node, and a run has thousands of numbers.
RECORD = "(id) => JSON.stringify(book.trainingRecord(id))"
STEPS_DONE = "(id) => book.trainingRecord(id).step"

FULL_SPEED: dict[str, object] = {"speed": "max"}

# What the address must hold beside a figure's id before its training controls show; tests
# don't wait for the calm pace, unless it is what they test.
SHOWN: dict[str, dict[str, object]] = {
    "organise": FULL_SPEED,
    "linear-is-pca": FULL_SPEED,
    "unroll": FULL_SPEED,
    "tug-of-war": {"source": "live", **FULL_SPEED},
}
# Where one hand is enough, each figure gets another.
HAND_OF: dict[str, Hand] = {
    "organise": "mouse",
    "linear-is-pca": "keys",
    "unroll": "finger",
    "tug-of-war": "mouse",
}
PACE = 40.0  # s; a loaded test machine takes 50 optimiser steps a second


@dataclass(frozen=True)
class Bench:
    """The training controls of a live figure and the hand that works them."""

    figure: Figure
    hand: Hand = "mouse"

    # What the reader sees

    @property
    def progress(self) -> Locator:
        return self.figure.part("training-progress")

    def phase(self) -> str:
        return self.progress.get_attribute("data-phase") or ""

    def step(self) -> int:
        """Optimiser steps done, as the page says it."""
        found = re.search(r"step ([\d,]+) of", self.progress.inner_text())
        return int(found[1].replace(",", "")) if found else 0

    def record(self) -> dict[str, Any] | None:
        """The run to the last bit: `step`, `params`, `train` and `validation` by term."""
        found: dict[str, Any] | None = json.loads(
            self.figure.page.evaluate(RECORD, self.figure.placed.id)
        )
        return found

    def run(self) -> dict[str, Any]:
        """The reader's own run; there must be one."""
        record = self.record()
        assert record is not None, "the figure shows the recorded run, not the reader's"
        return record

    def steps_done(self) -> int:
        """Of the reader's own run, as the record says it."""
        return int(self.figure.page.evaluate(STEPS_DONE, self.figure.placed.id))

    def validation_loss(self) -> float:
        """The newest; of a run that has just begun none is known yet."""
        curve = self.run()["validation"][0]
        return float(curve[-1][1]) if curve else math.inf

    def knob(self, name: str = LEARNING_RATE) -> Locator:
        return self.figure.slider(name)

    # What the reader does

    def press(self, name: str | re.Pattern[str], patience: float | None = None) -> None:
        """Raises Playwright's TimeoutError if there is no such button for `patience` ms."""
        button = self.figure.root.get_by_role("button", name=name, exact=isinstance(name, str))
        if self.hand == "mouse":
            button.click(timeout=patience)
        elif self.hand == "keys":
            button.focus(timeout=patience)
            self.figure.page.keyboard.press("Enter")
        else:
            self._tap(button, 0.5, patience)

    def choose(self, label: str) -> None:
        """One of a few choices, such as the speed."""
        choice = self.figure.choice(re.compile(f"^{re.escape(label)}$"))
        if self.hand == "finger":
            self._tap(choice, 0.5)
        elif self.hand == "mouse":
            choice.click()
        else:
            choice.focus()
            self.figure.page.keyboard.press("Space")

    def turn_up(self, name: str = LEARNING_RATE) -> None:
        """The knob to its maximum."""
        knob = self.knob(name)
        if self.hand == "keys":
            knob.focus()
            self.figure.page.keyboard.press("End")
        elif self.hand == "finger":
            self._tap(knob, 0.99)
        else:
            knob.scroll_into_view_if_needed()
            box = knob.bounding_box()
            assert box
            self.figure.mouse_drag(
                (box["x"] + share * box["width"], box["y"] + box["height"] / 2)
                for share in (0.6, 0.9, 1.1)
            )

    def _tap(self, target: Locator, share: float, patience: float | None = None) -> None:
        target.scroll_into_view_if_needed(timeout=patience)
        box = target.bounding_box(timeout=patience)
        assert box
        spot = box["x"] + share * box["width"], box["y"] + box["height"] / 2
        self.figure.finger().tap(spot)

    # What it waits for

    def wait_phase(self, *phases: str) -> None:
        pattern = re.compile(f"^({'|'.join(phases)})$")
        expect(self.progress).to_have_attribute("data-phase", pattern, timeout=1000 * PACE)

    def wait_step(self, at_least: int) -> None:
        def check() -> None:
            if self.phase() == "diverged":
                pytest.fail(self.progress.inner_text())
            assert self.step() >= at_least, self.progress.inner_text()

        eventually(self.figure.page, check, PACE)

    def train_to(self, at_least: int) -> dict[str, Any]:
        """Trains from where it is, pauses after `at_least` steps and returns the run."""
        self.press(TRAIN)
        self.wait_step(at_least)
        self.pause()
        return self.run()

    def pause(self) -> None:
        """Pauses; the call that is under way still ends."""
        deadline = time.monotonic() + PACE
        while self.phase() == "running":
            try:
                self.press(PAUSE, patience=500)
                break
            except PlaywrightTimeoutError:  # a run may end before the hand is there
                if time.monotonic() > deadline:
                    raise
        self.wait_phase("paused", "done")
        self.rest()

    def rest(self) -> int:
        """Waits until no step has been made for a while; the number of steps done."""
        steps = self.steps_done()
        while True:
            self.figure.page.wait_for_timeout(250)
            before, steps = steps, self.steps_done()
            if steps == before:
                return steps
