"""F-scales: what is lost of each reading, by scaling; raw units show the claim untouched."""

from tests.browser.conftest import Reader
from tests.browser.support.experiment import expect_measurements

NAME = "scales"


def test_every_scaling_shows_its_seeds_and_their_mean(reader: Reader) -> None:
    expect_measurements(reader.live_figure(NAME))


def test_scalings_and_measures_are_chosen_by_name(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    figure.expect_summary("raw")
    before = figure.settle().readouts
    figure.choice("z-score").click()
    figure.expect_summary("z-score")
    assert figure.settle().readouts != before
    assert "condition=z-score" in figure.address()
    figure.root.get_by_label("measured").select_option("error_speed")
    figure.expect_summary("speed")
    assert "measure=error_speed" in figure.address()
