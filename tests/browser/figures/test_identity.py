"""F-identity: errors and AUC against the size of the code, beside theory and PCA."""

from tests.browser.conftest import Reader
from tests.browser.support.experiment import expect_measurements

NAME = "identity"


def test_every_measurement_is_shown(reader: Reader) -> None:
    expect_measurements(reader.live_figure(NAME))


def test_at_the_widest_code_a_linear_detector_tosses_a_coin(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    slider = figure.slider("numbers in the code")
    slider.focus()
    figure.page.keyboard.press("End")
    figure.expect_readout("theory", "0.000")
    figure.root.get_by_label("measured").select_option(label="AUC")
    figure.expect_number("PCA", 0.5, within=0.001)
    assert "condition=20" in figure.address()
    assert "measure=auc" in figure.address()
