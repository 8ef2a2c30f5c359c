"""F-simplest-tool: five tools by six measures, and where they are turned by hand."""

from tests.browser.conftest import Reader
from tests.browser.support.experiment import expect_measurements

NAME = "simplest-tool"


def test_every_tool_shows_its_seeds_and_their_mean(reader: Reader) -> None:
    expect_measurements(reader.live_figure(NAME))


def test_a_tool_without_a_code_redraws_nothing_and_the_address_keeps_it(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    tool = figure.slider("tool")
    tool.focus()
    figure.page.keyboard.press("End")
    figure.expect_summary("tool diffusion")
    assert "condition=diffusion" in figure.address()
    figure.root.get_by_label("measured").select_option("error")
    figure.expect_readout("this tool", "not measured")
    figure.choice("points").click()
    figure.expect_summary("points: PCA")
