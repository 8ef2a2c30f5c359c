"""F-beta-knob: what VAEs do over β, with pixels summed and averaged."""

from tests.browser.conftest import Reader
from tests.browser.support.experiment import expect_measurements

NAME = "beta-knob"


def test_every_beta_shows_its_seeds_and_their_mean(reader: Reader) -> None:
    expect_measurements(reader.live_figure(NAME))


def test_beta_is_stepped_by_the_keyboard_and_measures_are_chosen(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    before = figure.snapshot().readouts
    beta = figure.slider("weight β")
    beta.focus()
    figure.page.keyboard.press("End")
    figure.expect_summary("at weight β 4")
    after = figure.settle().readouts
    assert before != after
    assert "condition=4" in figure.address()
    figure.root.get_by_label("measured").select_option("accepted")
    figure.expect_summary("Drawings accepted")
    assert figure.settle().readouts != after
