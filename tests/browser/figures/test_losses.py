"""F-losses: errors by loss and share of outliers, on waveforms and on digits."""

from playwright.sync_api import expect

from tests.browser.conftest import Reader
from tests.browser.support.experiment import expect_measurements

NAME = "losses"


def test_every_share_shows_its_seeds_and_their_mean(reader: Reader) -> None:
    expect_measurements(reader.live_figure(NAME))


def test_outliers_are_stepped_by_keys_and_digits_have_cross_entropy(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    share = figure.slider("outliers in training (%)")
    share.focus()
    figure.page.keyboard.press("End")
    figure.expect_summary("20")
    assert "condition=20" in figure.address()
    figure.choice("digits").click()
    figure.expect_summary("cross-entropy")
    assert "setting=digits" in figure.address()


def test_only_what_is_measured_on_these_data_can_be_trained(reader: Reader) -> None:
    figure = reader.live_figure(
        NAME, {"setting": "digits", "condition": "0", "series": "cross-entropy"}
    )
    expect(figure.choice("cross-entropy")).to_be_checked()
    figure.choice("waveforms").click()
    expect(figure.choice("cross-entropy")).to_have_count(0)
    expect(figure.choice("squared")).to_be_checked()
