"""F-warm-up: numbers awake with and without a warm-up, beside theory or PCA."""

from tests.browser.conftest import Reader
from tests.browser.support.experiment import expect_measurements

NAME = "warm-up"


def test_every_measurement_is_shown(reader: Reader) -> None:
    expect_measurements(reader.live_figure(NAME))


def test_theory_stands_where_there_is_one_and_the_address_keeps_the_choice(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    figure.choice("linear").click()
    figure.expect_readout("theory", "3.0")
    figure.choice("0.35").click()
    figure.expect_readout("theory", "4.0")
    assert "setting=linear" in figure.address()
    assert "condition=0.35" in figure.address()
