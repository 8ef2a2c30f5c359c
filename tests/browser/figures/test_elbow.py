"""F-elbow: error against the size of the code, and where the sizes are turned by hand."""

from tests.browser.conftest import Reader
from tests.browser.support.experiment import expect_measurements

NAME = "elbow"


def test_every_size_shows_its_seeds_and_their_mean(reader: Reader) -> None:
    expect_measurements(reader.live_figure(NAME))


def test_sizes_are_stepped_by_the_keyboard_and_the_address_keeps_them(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    before = figure.snapshot().readouts
    size = figure.slider("numbers in the code")
    size.focus()
    figure.page.keyboard.press("End")
    figure.expect_summary("64")
    after = figure.settle().readouts
    assert before != after
    assert "condition=64" in figure.address()
    figure.choice("digits").click()
    figure.expect_summary("digits")
    assert figure.settle().readouts != after
