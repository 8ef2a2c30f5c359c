"""An experiment's figure, compared with what its recipe published."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import expect

from builder.resolve.number import written
from tests.browser.conftest import FOLLOW
from tests.browser.support.figure import Figure


def expect_measurements(figure: Figure) -> None:
    """Goes through all settings, measures and conditions by address; raises AssertionError unless
    the read-out of each series that was measured is mean and range of its seeds, and the findings
    are the recipe's."""
    model = figure.placed.model("experiment")
    fields = model.card["options"]["experiment"]
    values = model.array("values").astype(np.float64)
    state = figure.placed.data["spec"]["state"]
    assert state["condition"]["choices"] == [one["name"] for one in fields["conditions"]]
    for place, setting in enumerate(fields["settings"]):
        for row, measure in enumerate(fields["measures"]):
            chosen = {"setting": setting["name"], "measure": measure["name"]}
            here = {key: value for key, value in chosen.items() if key in state}
            for column, condition in enumerate(fields["conditions"]):
                fragment = figure.placed.fragment({**here, "condition": condition["name"]})
                figure.page.evaluate(FOLLOW, f"#{fragment}")
                for series, name in enumerate(fields["series"]):
                    seeds = values[place, row, series, column]
                    if np.isnan(values[place, row, series]).all():
                        continue  # it has no place under this setting and measure
                    said = spread(seeds[~np.isnan(seeds)], measure["decimals"])
                    figure.expect_readout(name["label"], said)
    found = figure.root.locator(".findings li")
    expect(found).to_have_count(len(fields["findings"]))
    for finding, item in zip(fields["findings"], found.all(), strict=True):
        expect(item).to_contain_text(("Yes " if finding["holds"] else "No ") + finding["text"])
    expect(figure.root.locator(".findings > p")).to_contain_text(fields["verdict"].capitalize())


def spread(seeds: NDArray[np.float64], decimals: int) -> str:
    """As the figure writes it."""
    if not len(seeds):
        return "not measured"
    shown = (seeds.mean(), seeds.min(), seeds.max())
    mean, low, high = (written(float(value), f",.{decimals}f") for value in shown)
    return mean if len(seeds) == 1 else f"{mean} ({low} to {high})"
