"""F26: three priors for one decoder; what is drawn, judged and counted is what the models give."""

from __future__ import annotations

import re
from itertools import islice, pairwise

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import HTTP_AND_FILE, Reader
from tests.browser.support.figure import Figure, number
from tests.browser.support.site import Array
from tests.browser.support.waiting import eventually
from training.recipes.digits_fitted_prior import MEMBERS, STEPS, normals

NAME = "fitted-prior"
FROM = {"normal": "N(0, I)", "mixture": "a mixture", "diffusion": "a diffusion model"}
SHORT = ("N(0, I)", "mixture", "diffusion")
STEP = "steps gone, from noise to a code"
SEED = "training seed"
TOLERANCE = 1 / 255 + 1e-3  # the canvas holds 8 bits


def picture(figure: Figure) -> Array:
    """Ink of the 24 drawings, one after the other, without the paper between them."""
    grid = figure.snapshot().raster("Drawings of codes from")
    cells = grid.reshape(4, 10, 6, 10).transpose(0, 2, 1, 3)
    return cells[:, :, 1:-1, 1:-1].reshape(24, 64)


def expect_drawings(figure: Figure, codes: Array, member: int) -> None:
    """Waits until these codes are decoded, and checks which of them are struck out."""
    which = np.full(24, member, np.int32)
    drawn = figure.placed.model("priors").run("decoder", z=codes[:24], member=which)["x_hat"]

    def shown() -> None:
        assert np.abs(picture(figure) - drawn).max() <= TOLERANCE

    eventually(figure.page, shown)
    judge = figure.placed.model("judge")
    known = judge.array("images_train").reshape(-1, 64) / judge.card["options"]["full_ink"]
    distance = np.linalg.norm(known[None] - drawn[:, None], axis=2).min(axis=1)
    probability = judge.run("classifier", x=drawn)["probability"].max(axis=1)
    limits = {name: entry["value"] for name, entry in judge.card["metrics"].items()}
    refused = (probability < limits["least_probability"]) | (distance > limits["largest_distance"])
    expect(figure.stage.get_by_role("img", name="Drawings of codes from")).to_have_attribute(
        "aria-label", re.compile(f"; {refused.sum()} of 24 are struck out$")
    )


def way(figure: Figure, member: int, steps: int) -> Array:
    """The first codes after some steps of the published denoiser."""
    model = figure.placed.model("priors")
    levels = [*model.card["options"]["levels"], np.inf]
    z = normals()[:24].astype(float)
    for level, following in islice(pairwise(levels), steps):
        clean = model.run(
            "denoiser",
            z=z.astype(np.float32),
            level=np.full(24, level, np.float32),
            member=np.full(24, member, np.int32),
        )["clean"]
        ratio = np.exp(-2 * np.array([level, following]))
        alpha, sigma = 1 / np.sqrt(1 + ratio), np.sqrt(ratio / (1 + ratio))
        z = alpha[1] * clean + sigma[1] * (z - alpha[0] * clean) / sigma[0]
    return z.astype(np.float32)


@HTTP_AND_FILE
def test_each_prior_is_counted_as_the_recipe_counted(reader: Reader) -> None:
    """The page draws, decodes and judges by itself, on the seed that was measured."""
    figure = reader.live_figure(NAME)
    published = figure.placed.model("priors").array("accepted_shares")
    for place, name in ((1, "mixture"), (2, "diffusion"), (0, "normal")):
        figure.choice(FROM[name]).click()
        figure.expect_number("accepted of 1,000", 100 * published[place, 0, 0], 0.26)
    rows = {row[0]: [number(cell) / 100 for cell in row[1:]] for row in figure.table()[1:]}
    for k, kind in enumerate(("plain", "variational")):
        for place, name in enumerate(SHORT):
            shares = published[place, k]
            assert rows[f"{kind}, {name}"] == pytest.approx([*shares, shares.mean()], abs=0.00051)


def test_the_slider_goes_back_along_the_way(reader: Reader) -> None:
    figure = reader.live_figure(NAME, {"prior": "diffusion"})
    expect_drawings(figure, way(figure, 0, STEPS), 0)
    figure.slider(STEP).focus()
    for key, steps in (("ArrowLeft", STEPS - 1), ("PageDown", None), ("Home", 0)):
        figure.page.keyboard.press(key)
        at = int(figure.slider(STEP).input_value())
        assert steps is None or at == steps
        expect_drawings(figure, way(figure, 0, at), 0)
    assert np.array_equal(way(figure, 0, 0), normals()[:24]), "it begins at N(0, I)"


def test_finger_picks_a_prior(reader: Reader) -> None:
    figure = reader.live_figure(NAME, touch=True)
    expect_drawings(figure, normals(), 0)
    figure.choice(FROM["diffusion"]).tap()
    expect_drawings(figure, way(figure, 0, STEPS), 0)


def test_other_decoders_draw_the_same_codes(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    figure.choice("variational").click()
    figure.slider(SEED).focus()
    figure.page.keyboard.press("End")
    expect_drawings(figure, normals(), MEMBERS - 1)


@HTTP_AND_FILE
def test_drawing_afresh_changes_codes_and_address_restores_them(reader: Reader) -> None:
    figure = reader.live_figure(NAME, {"prior": "mixture"})
    before = figure.settle()
    figure.button("Draw afresh").click()
    figure.expect_readout("seed of the codes", "8")
    after = figure.settle()
    assert after.number("accepted of 1,000") == pytest.approx(
        before.number("accepted of 1,000"), abs=5
    )
    label = next(iter(after.rasters))
    assert not np.array_equal(after.rasters[label], next(iter(before.rasters.values())))
    other = Figure(reader.visit(figure.address()), figure.placed).wait_live()
    assert np.array_equal(other.settle().rasters[label], after.rasters[label])
    assert other.settle().readouts == after.readouts
    other.reset()
    other.expect_readout("seed of the codes", "7")
    expect(other.choice(FROM["normal"])).to_be_checked()


def test_claim_is_in_sight_untouched(reader: Reader) -> None:
    """The best prior is found from the numbers, and the figure names it in its summary."""
    figure = reader.live_figure(NAME)
    published = figure.placed.model("priors").array("accepted_shares")
    best = SHORT[int(published[:, 0].mean(axis=1).argmax())]
    expect(figure.stage.get_by_text(f"Best for the plain decoders: {best}")).to_be_visible()
    always = published[1, 0].min() > published[[0, 2], 0].max()
    figure.expect_summary("lower in every training" if always else "the trainings overlap")
