"""F-normals-only: detectors after training sets that hold faults."""

from tests.browser.conftest import Reader
from tests.browser.support.experiment import expect_measurements

NAME = "normals-only"


def test_every_share_shows_its_seeds_and_their_mean(reader: Reader) -> None:
    expect_measurements(reader.live_figure(NAME))


def test_shares_are_stepped_by_the_keyboard_and_data_are_chosen(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    before = figure.snapshot().readouts
    share = figure.slider("faults in the training set")
    share.focus()
    figure.page.keyboard.press("Home")
    figure.expect_summary("0%")
    after = figure.settle().readouts
    assert before != after
    assert "condition=0" in figure.address()
    figure.choice("currents, one fault").click()
    figure.expect_summary("currents, one fault")
    assert figure.settle().readouts != after
