"""What every experiment that trains in the page owes: its runs are those of the build."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import FOLLOW, Reader
from tests.browser.figures.test_every_figure import FIGURES, SPECS
from tests.browser.support.figure import Figure
from tests.browser.support.training import FULL_SPEED, Bench

TRAINING = [
    name
    for name in FIGURES
    if SPECS[name].get("kind") == "experiment" and SPECS[name].get("trains")
]
NONE = "none yet"

# Of the two curves of a run: on which name one lies, and whether one name is on the other.
NAMES_COVER = """
(figure) => {
  const names = [...figure.querySelectorAll(".direct-label")].filter(
    ({ textContent }) => ["training", "validation"].includes(textContent),
  );
  const plots = [...new Set(names.map((name) => name.ownerSVGElement))];
  return plots.flatMap((plot) => {
    const own = names.filter((name) => plot.contains(name));
    const boxes = own.map((name) => {
      const { x, width } = name.getBBox(), y = Number(name.getAttribute("y"));
      return { name: name.textContent, left: x, right: x + width, top: y - 10, bottom: y + 1 };
    });
    const inside = ({ x, y }) => boxes.filter(
      ({ left, right, top, bottom }) => left < x && x < right && top < y && y < bottom,
    );
    const curves = [...plot.querySelectorAll("path.line")].flatMap((path) => {
      const length = path.getTotalLength();
      const points = Array.from({ length: 501 }, (_, i) => path.getPointAtLength(i * length / 500));
      return points.flatMap(inside).map(({ name }) => `a curve is under “${name}”`);
    });
    const [one, other] = boxes;
    const apart = !other || one.bottom < other.top || other.bottom < one.top;
    return [...new Set(curves), ...(apart ? [] : ["the names touch"])];
  });
}
"""


def experiment(figure: Figure) -> dict[str, Any]:
    fields: dict[str, Any] = figure.placed.model("experiment").card["options"]["experiment"]
    return fields


def own(figure: Figure, series: str) -> str:
    """The read-out of the reader's runs of a series: named, if there are several to train."""
    fields = experiment(figure)
    if len({one["series"] for one in fields["live"]}) == 1:
        return "your runs here"
    return "yours, " + next(one["label"] for one in fields["series"] if one["name"] == series)


def state_of(figure: Figure, one: dict[str, Any]) -> dict[str, object]:
    """The figure's state in which a condition that trains in the page is shown."""
    declared = figure.placed.data["spec"]["state"]
    return {**FULL_SPEED, **{key: one[key] for key in declared if key in one}}


def follow(figure: Figure, state: dict[str, object]) -> None:
    figure.page.evaluate(FOLLOW, f"#{figure.placed.fragment(state)}")


def expect_where_the_build_ended(figure: Figure, one: dict[str, Any]) -> None:
    """Goes through the measures that the run has; its own are the build's for the first seed."""
    fields, model = experiment(figure), figure.placed.model("experiment")
    terms = [term["name"] for term in model.card["options"]["live"]["terms"]]
    places = [
        [named["name"] for named in fields[kind]].index(one[key])
        for kind, key in (
            ("settings", "setting"),
            ("series", "series"),
            ("conditions", "condition"),
        )
    ]
    measured = [measure for measure in fields["measures"] if measure["name"] in terms]
    assert measured, "no measure is a term of the loss"
    for measure in measured:
        if len(fields["measures"]) > 1:
            follow(figure, state_of(figure, one) | {"measure": measure["name"]})
        row = fields["measures"].index(measure)
        setting, series, condition = places
        built = float(model.array("values")[setting, row, series, condition, 0])
        shown = 0.6 * 10.0 ** -measure["decimals"]
        figure.expect_number(own(figure, one["series"]), built, within=shown + 2e-3 * abs(built))


@pytest.mark.parametrize("name", TRAINING)
def test_a_run_of_ones_own_ends_where_the_build_s_run_of_that_seed_did(
    reader: Reader, name: str
) -> None:
    figure = reader.live_figure(name)
    first, last = experiment(figure)["live"][0], experiment(figure)["live"][-1]
    for one in (first, last):
        follow(figure, state_of(figure, one))
        readout = own(figure, one["series"])
        figure.expect_readout(readout, NONE)
        bench = Bench(figure)
        bench.press("Train it yourself")
        figure.expect_readout(readout, re.compile(r"\d"))  # it may be done before it is seen
        bench.wait_phase("done")
        expect_where_the_build_ended(figure, one)
    marks = figure.root.locator(".glyphs.own-run")
    assert marks.all_text_contents(), "the run has left no mark"
    # The first state again, under which no run is shown: what the runs have left can be undone.
    follow(figure, {})
    expect(figure.part("reset")).to_be_enabled()
    assert marks.all_text_contents()
    figure.reset()
    expect(figure.root.locator(".readout dd").get_by_text(NONE, exact=True)).to_have_count(1)
    expect(marks).to_have_count(0)
    expect(figure.part("reset")).to_be_disabled()
    # A run that is shown to its end when the reader undoes it.
    follow(figure, state_of(figure, first))
    bench = Bench(figure)
    bench.press("Train it yourself")
    bench.wait_phase("done")
    expect(marks).to_have_count(1)
    figure.reset()
    figure.settle()
    follow(figure, state_of(figure, first))
    figure.expect_readout(own(figure, first["series"]), NONE)
    expect(marks).to_have_count(0)


@pytest.mark.parametrize("name", TRAINING)
def test_the_names_of_a_run_s_curves_are_apart_and_on_neither(reader: Reader, name: str) -> None:
    figure = reader.live_figure(name)
    for measure in experiment(figure)["measures"]:
        if "measure" in figure.placed.data["spec"]["state"]:
            follow(figure, {"measure": measure["name"]})
            figure.settle()
        covered = figure.root.evaluate(NAMES_COVER)
        assert not covered, f"{measure['label']}: {covered}"


SEVERAL = ("losses", "geometry")


@pytest.mark.parametrize("name", SEVERAL)
def test_runs_of_each_series_are_told_by_themselves(reader: Reader, name: str) -> None:
    """One series is trained to its end, of the next the weights stay untrained, and then some steps
    are made: no run is in another's mean, and only one at its end stands without *so far*."""
    figure = reader.live_figure(name)
    first = experiment(figure)["live"][0]
    second = next(
        one
        for one in experiment(figure)["live"]
        if one["series"] != first["series"]
        and [one[key] for key in ("setting", "condition")]
        == [first[key] for key in ("setting", "condition")]
    )
    follow(figure, state_of(figure, first))
    bench = Bench(figure)
    bench.press("Train it yourself")
    bench.wait_phase("done")
    done = figure.settle().readouts[own(figure, first["series"])]

    follow(figure, state_of(figure, second) | {"speed": "5"})
    figure.expect_readout(own(figure, second["series"]), NONE)
    bench = Bench(figure, "keys")
    bench.press("Untrain")
    bench.wait_phase("untrained")
    figure.settle()
    figure.expect_readout(own(figure, second["series"]), NONE)
    figure.expect_readout(own(figure, first["series"]), done)
    bench.press("Train")
    bench.wait_step(60)
    bench.pause()
    figure.expect_readout(own(figure, second["series"]), re.compile(r"\d so far$"))
    figure.expect_readout(own(figure, first["series"]), done)
    expect(figure.root.locator(".glyphs.own-run")).to_have_count(2)
    rows = figure.root.locator(".dot-rows .direct-label").all_text_contents()
    assert [row.split(" · ")[0] for row in rows if row.startswith("your")] == [
        {first["series"]: "your runs", second["series"]: "yours so far"}[one["name"]]
        for one in experiment(figure)["series"]
        if one["name"] in (first["series"], second["series"])
    ]


@pytest.mark.parametrize("name", TRAINING[:1])
def test_a_condition_is_switched_while_it_trains(reader: Reader, name: str) -> None:
    """The run goes on under the other; being of neither, it is not counted among them."""
    figure = reader.live_figure(name)
    first, second = experiment(figure)["live"][:2]
    assert {**first, **second, "condition": ""} == {**first, "condition": "", **{
        key: second[key] for key in ("knobs", "entry")
    }}, "the first two differ in their condition alone"  # fmt: skip
    follow(figure, state_of(figure, first) | {"speed": "5"})
    bench = Bench(figure, "keys")
    bench.press("Train it yourself")
    bench.wait_step(20)
    choose(figure, second)
    bench.wait_step(60)
    bench.pause()
    turned = {knob for knob, value in second["knobs"].items() if value != first["knobs"][knob]}
    address = figure.address()
    for knob in turned:
        assert re.search(rf"0%3A{knob}%3D", address), "the address says how it began"
        assert len(re.findall(rf"%3A{knob}%3D", address)) == 2, "and what it was switched to"
    figure.expect_readout(own(figure, second["series"]), NONE)
    figure.expect_summary("Paused")
    steps = bench.steps_done()
    assert len(bench.run()["train"][0]) == steps >= 60, "one run, from the first step to now"


def choose(figure: Figure, one: dict[str, Any]) -> None:
    """By keys, one condition further on."""
    fields = experiment(figure)
    label = fields["axis"]["label"]
    slider = figure.slider(label)
    if slider.count():
        slider.focus()
        figure.page.keyboard.press("ArrowRight")
        return
    names = {named["name"]: named["label"] for named in fields["conditions"]}
    figure.choice(names[one["condition"]]).click()
