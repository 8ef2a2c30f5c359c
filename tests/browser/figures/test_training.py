"""What every figure that trains owes its reader: a run in their hand that can be repeated."""

from __future__ import annotations

import math
import re
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import FROM_FILE, Reader
from tests.browser.support.figure import Figure
from tests.browser.support.frames import FRAMES, counting_frames
from tests.browser.support.training import (
    HAND_OF,
    HANDS,
    PAUSE,
    RATE_MAXIMUM,
    RECOVER,
    SHOWN,
    STEP,
    TRAIN,
    UNTRAIN,
    Bench,
    Hand,
)
from tests.browser.support.waiting import eventually

# At the highest learning rate these leave the data behind; a linear map finds back, and the
# sigmoid's loss on three digits is bounded.
EXPLODING = ("organise", "unroll", "tug-of-war")

VISIBILITY = """
(state) => {
  Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}
"""


@pytest.fixture(params=SHOWN)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


CALM_RUN = 10_000  # ms
CALM_SLACK = 250  # ms between the page's own clock and that of the frames
FOLLOW_RUN = """
([id, pause]) => new Promise((done) => {
  const seen = [], start = performance.now();
  const look = () => {
    seen.push([performance.now(), book.trainingRecord(id).step]);
    if (performance.now() - start < pause) setTimeout(look, 50);
    else done(seen);
  };
  look();
})
"""


# Height of what is docked, and where the buttons beside the first one stand in it.
DOCK_SHAPE = """
(progress) => {
  const dock = progress.closest(".dock");
  const [, ...others] = dock.querySelectorAll(".button");
  const lefts = others.map((button) => button.getBoundingClientRect().left);
  return [dock.getBoundingClientRect().height, ...lefts].map(Math.round);
}
"""


def total_steps(run: Bench) -> int:
    """Of a whole run, as the page says it."""
    found = re.search(r"(?: of|:) ([\d,]+)", run.progress.inner_text())
    assert found, run.progress.inner_text()
    return int(found[1].replace(",", ""))


def bench(reader: Reader, name: str, hand: Hand = "mouse", **state: object) -> Bench:
    figure = reader.live_figure(name, SHOWN[name] | state, touch=hand == "finger")
    return Bench(figure, hand)


def prefix(run: dict[str, Any], steps: int) -> tuple[list[list[float]], list[list[Any]]]:
    """Losses of the first steps, of the batches and of the validation."""
    train = [losses[:steps] for losses in run["train"]]
    return train, [[point for point in curve if point[0] <= steps] for curve in run["validation"]]


# Each figure by a hand of its own, and one by all: the controls are the kit's.
BY_HAND = [*HAND_OF.items(), *(("organise", hand) for hand in HANDS if hand != HAND_OF["organise"])]


@pytest.mark.parametrize(("name", "hand"), BY_HAND)
def test_train_pause_one_step_untrain(reader: Reader, name: str, hand: Hand) -> None:
    run = bench(reader, name, hand)
    expect(run.progress).to_contain_text("Trained when this book was built")
    assert run.record() is None
    run.choose("1")  # step a frame: at full speed a run is over before a hand is at Pause
    shape = run.progress.evaluate(DOCK_SHAPE)
    run.press(TRAIN)
    run.wait_step(10)
    expect(run.figure.root).to_have_attribute("data-state", "training")
    assert run.progress.evaluate(DOCK_SHAPE) == shape, "what is pressed next has moved"
    run.press(PAUSE)
    run.wait_phase("paused")
    assert run.progress.evaluate(DOCK_SHAPE) == shape
    steps = run.rest()
    run.figure.page.wait_for_timeout(400)
    assert run.steps_done() == steps, "it went on after Pause"

    def told() -> None:
        assert run.step() == steps, "the page says another number of steps"

    eventually(run.figure.page, told)
    expect(run.figure.root).to_have_attribute("data-state", "live")

    for more in (1, 2):
        run.press(STEP)
        run.wait_step(steps + more)
        assert run.rest() == steps + more
    for _ in range(3):  # faster than a step is made
        run.press(STEP)
    assert run.rest() == steps + 5
    assert all(len(losses) == steps + 5 for losses in run.run()["train"])

    run.press(UNTRAIN)
    run.wait_phase("untrained")
    untrained = run.run()
    assert untrained["step"] == 0
    assert [len(curve) for curve in untrained["validation"]] == [1] * len(untrained["validation"])
    run.press(STEP)
    run.wait_step(1)
    assert run.rest() == 1


def test_speed_is_steps_a_displayed_frame(reader: Reader, name: str) -> None:
    run = bench(reader, name, HAND_OF[name])
    with counting_frames(run.figure.page):
        for speed in (1, 5, 25):
            run.choose(str(speed))
            run.press(UNTRAIN)
            run.press(TRAIN)
            run.wait_step(speed)
            (before, start), (after, end) = (
                run.figure.page.evaluate(
                    "([id, pause]) => new Promise((done) => setTimeout(() =>"
                    f" done([book.trainingRecord(id).step, {FRAMES}]), pause))",
                    [run.figure.placed.id, pause],
                )
                for pause in (0, 500)
            )
            run.pause()
            assert after > before, "not training"
            assert after - before <= speed * (end - start + 2), "faster than asked"
            assert run.steps_done() % speed == 0
            assert f"speed={speed}" in run.figure.address()


def test_unasked_a_run_goes_calmly(reader: Reader, name: str) -> None:
    """No faster than a run in ten seconds, and in many small steps that a reader can follow."""
    run = bench(reader, name, speed="calm")
    page, id = run.figure.page, run.figure.placed.id
    run.press(UNTRAIN)
    run.press(TRAIN)
    run.wait_step(1)
    total = total_steps(run)
    seen = page.evaluate(FOLLOW_RUN, [id, 1500])
    run.pause()
    for (then, before), (now, after) in pairwise(seen):
        assert after - before <= (now - then + CALM_SLACK) * total / CALM_RUN
    assert len({step for _, step in seen}) > 5, "it does not go on"
    assert run.figure.placed.data["state"]["speed"] == "calm", "it has to be asked for"


@FROM_FILE
def test_an_address_gives_the_same_curve_twice(reader: Reader, name: str) -> None:
    """Seed and knobs turned on the way stand in the address; the pace makes no difference."""
    asked: dict[str, Any] = {"seed": 11, "run": "0:lr=0.01;30:lr=0.002", "speed": "5"}
    first = bench(reader, name, **asked)
    first.wait_phase("untrained")
    once = first.train_to(50)
    address = first.figure.address().replace("speed=5", "speed=max")

    second = Bench(Figure(reader.visit(address), first.figure.placed).wait_live(), "keys")
    assert second.knob().get_attribute("aria-valuetext") == "0.01"
    again = second.train_to(50)
    assert prefix(once, 50) == prefix(again, 50)
    assert second.knob().get_attribute("aria-valuetext") == "0.002"
    if once["step"] == again["step"]:
        assert once["params"] == again["params"]

    seed = second.figure.root.get_by_label("seed")
    seed.fill("12")
    seed.press("Enter")
    assert second.steps_done() == again["step"], "a run is not thrown away by a number"
    second.press("Begin anew with seed 12")
    second.wait_phase("untrained")
    other = second.train_to(25)
    assert prefix(other, 25) != prefix(once, 25)


def test_a_knob_turned_on_the_way_shows_in_the_next_losses(reader: Reader, name: str) -> None:
    run = bench(reader, name, HAND_OF[name])
    for step in range(1, 13):  # to the same step on any machine: later ones may diverge at once
        run.press(STEP)
        run.wait_step(step)
    at = run.rest()
    run.turn_up()
    expect(run.knob()).to_have_attribute("aria-valuetext", "1")
    turned = re.search(r"run=(\d+)%3Alr%3D(\S+?)(&|$)", run.figure.address())
    assert turned, run.figure.page.url
    assert int(turned[1]) == at
    assert float(turned[2]) == RATE_MAXIMUM
    for more in (1, 2):
        run.press(STEP)

        def stepped(losses: int = at + more) -> None:
            assert len(run.run()["train"][0]) == losses  # a divergence takes the step back

        eventually(run.figure.page, stepped)
    bent = run.run()["train"][0]
    run = bench(reader, name, HAND_OF[name])
    straight = run.train_to(at + 2)["train"][0]
    assert bent[: at + 1] == straight[: at + 1], "the past has changed"
    assert bent[at + 1] != straight[at + 1], "the knob had no effect"


@pytest.mark.parametrize("name", EXPLODING)
def test_divergence_is_said_and_recovered_from(reader: Reader, name: str) -> None:
    run = bench(reader, name, HAND_OF[name])
    run.choose("5")  # at full speed the run is over before a hand reaches Pause
    every = 25 * math.ceil(total_steps(run) / 750)  # steps from one validation to the next
    good = run.train_to(every + 5)
    kept = good["step"] - good["step"] % every
    assert kept
    run.turn_up()
    run.press(TRAIN)
    run.wait_phase("diverged")
    said = run.progress.inner_text()
    assert "diverged" in said
    last_good = re.search(r"of step ([\d,]+)\.", said)
    assert last_good, said
    found = int(last_good[1].replace(",", ""))
    assert found >= kept
    assert found % every == 0
    kept = found  # a few steps with the large rate may still end in numbers
    assert all(map(math.isfinite, run.run()["params"]))
    expect(run.figure.root).to_have_attribute("data-state", "live")
    expect(run.figure.root.get_by_role("button", name=STEP)).to_be_disabled()

    run.press(RECOVER)
    run.wait_phase("paused")
    recovered = run.run()
    assert recovered["step"] == kept
    common = min(kept, good["step"])
    assert prefix(recovered, common) == prefix(good, common)
    assert len(recovered["train"][0]) == kept
    assert float(run.knob().get_attribute("aria-valuetext") or "") < RATE_MAXIMUM
    on = run.train_to(max(kept + 25, good["step"]))
    assert prefix(on, good["step"]) == prefix(good, good["step"]), "it did not go on from there"


def test_it_rests_off_screen_and_in_a_hidden_tab(reader: Reader, name: str) -> None:
    run = bench(reader, name, "keys")
    page = run.figure.page
    run.choose("1")
    run.press(TRAIN)
    run.wait_step(2)
    for hidden in (False, True):
        if hidden:
            page.evaluate(VISIBILITY, "hidden")
        else:
            page.evaluate("scrollTo(0, 0)")
        page.wait_for_timeout(200)
        rested = run.rest()
        page.wait_for_timeout(300)
        assert run.steps_done() == rested
        assert run.phase() == "running"
        if hidden:
            page.evaluate(VISIBILITY, "visible")
        else:
            run.figure.root.scroll_into_view_if_needed()

        def goes_on(rested: int = rested) -> None:
            assert run.steps_done() > rested, "it did not go on"

        eventually(page, goes_on)
    run.pause()


def test_reset_brings_the_recorded_run_back(reader: Reader, name: str) -> None:
    hand = HAND_OF[name]
    before = reader.live_figure(name, touch=hand == "finger").settle().readouts
    run = bench(reader, name, hand)
    figure = run.figure
    run.train_to(10)
    expect(figure.part("reset")).to_be_enabled()
    figure.reset()
    expect(figure.part("reset")).to_be_disabled()
    assert run.record() is None
    assert figure.settle().readouts == before
    figure.expect_summary(re.compile("Trained when this book was built|A model trained at build"))


def test_a_button_that_has_done_its_work_keeps_the_focus(reader: Reader) -> None:
    """Greyed out, it is where the keyboard and a screen reader still are; pressed again, it does
    nothing."""
    run = bench(reader, "organise", "keys")
    run.train_to(10)
    for button in (run.figure.button("Untrain"), run.figure.part("reset")):
        button.press("Enter")
        expect(button).to_be_disabled()
        expect(button).to_be_focused()
        readouts = run.figure.settle().readouts
        run.figure.page.keyboard.press("Enter")
        assert run.figure.settle().readouts == readouts


@pytest.mark.parametrize("odd", ["0:lr=99", "0:lr=0.0200000;junk", '"><script>'])
def test_a_schedule_that_is_clamped_or_nonsense_trains_all_the_same(
    reader: Reader, odd: str
) -> None:
    run = bench(reader, "linear-is-pca", run=odd, seed=5)
    assert run.train_to(30)["step"] >= 30
