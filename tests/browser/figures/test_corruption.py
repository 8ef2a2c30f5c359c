"""F-corruption: strength against error and task, and where the two are turned by hand."""

from tests.browser.conftest import Reader
from tests.browser.support.experiment import expect_measurements

NAME = "corruption"


def test_every_strength_shows_its_seeds_and_their_mean(reader: Reader) -> None:
    expect_measurements(reader.live_figure(NAME))


def test_a_reader_turns_to_the_error_and_to_gaussian_rows(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    before = figure.snapshot().readouts
    strength = figure.slider("strength of the corruption")
    strength.focus()
    figure.page.keyboard.press("Home")
    figure.expect_summary("strength of the corruption 0,")
    assert figure.settle().readouts != before
    figure.choice("Gaussian rows").click()
    figure.root.get_by_label("measured").select_option("error")
    figure.expect_summary("Error at its own strength")
    figure.expect_summary("theory 0.0113")
    assert "setting=gaussian" in figure.address()
    assert "measure=error" in figure.address()
