"""F-simplest-tool: five tools by six measures, and where they are turned by hand."""

import pytest

from tests.browser.conftest import Reader
from tests.browser.support.experiment import expect_measurements

NAME = "simplest-tool"

# Pairs of texts along the axes that lie over each other, and texts that begin left of the page.
# A text's box is taller than its letters, or wider if it stands upright; a row has gaps.
CROWDED = """
(figure) => [...figure.querySelectorAll("svg.plot")].flatMap((plot) => {
  const texts = [...plot.querySelectorAll(".axis text")].map((text) => {
    const { left, right, top, bottom, width, height } = text.getBoundingClientRect();
    const [aside, down] = height > width ? [0.2 * width, 0] : [-2, 0.2 * height];
    const box = [left + aside, right - aside, top + down, bottom - down];
    return { said: text.textContent, box };
  });
  const over = ([l, r, t, b], [left, right, top, bottom]) =>
    l < right && left < r && t < bottom && top < b;
  return texts.flatMap(({ said, box }, i) => [
    ...texts.slice(i + 1).flatMap((other) => (over(box, other.box) ? [[said, other.said]] : [])),
    ...(box[0] < 0 ? [[said]] : []),
  ]);
})
"""


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


@pytest.mark.parametrize("touch", [False, True], ids=["desk", "phone"])
def test_large_numbers_are_written_as_the_text_does_and_stand_apart(
    reader: Reader, touch: bool
) -> None:
    costs = {"measure": "multiplications", "condition": "diffusion"}
    figure = reader.live_figure(NAME, costs, touch=touch)
    figure.expect_readout("this tool", "792,576")
    assert not figure.root.evaluate(CROWDED)
