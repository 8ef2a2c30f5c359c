"""F-geometry: dense layers and convolutions on data in order and shuffled, beside PCA."""

import re

from tests.browser.conftest import Reader
from tests.browser.support.experiment import expect_measurements

NAME = "geometry"


def test_every_measurement_is_shown(reader: Reader) -> None:
    expect_measurements(reader.live_figure(NAME))


def test_pca_does_not_see_the_order(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    shuffled = figure.settle().readouts["PCA"]
    figure.choice(re.compile("^drawings$")).click()
    figure.expect_summary("data drawings: dense")
    assert figure.settle().readouts["PCA"] == shuffled
    assert "condition=shapes" in figure.address()
    figure.choice(re.compile("^currents$")).click()
    figure.expect_summary("data currents: dense")
    assert figure.settle().readouts["PCA"] != shuffled
