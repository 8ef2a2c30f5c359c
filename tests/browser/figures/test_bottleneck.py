"""F3: a waveform rebuilt from k numbers, linearly and not; the curves, the knee, the spectrum."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import HTTP_AND_FILE, Reader
from tests.browser.support.figure import Figure, Snapshot
from tests.browser.support.site import Array

NAME = "bottleneck"
KEPT, COMPLEXITY = "numbers kept, k", "complexity"
ROLES = {1: "few", 2: "few", 3: "some", 4: "some", 5: "many", 6: "many"}


def waveform(figure: Figure, complexity: int, wave: int) -> Array:
    x: Array = figure.placed.model("pca").array("shown_test")[complexity - 1, wave]
    return x


def linear(figure: Figure, complexity: int, k: int, wave: int = 0) -> Array:
    model = figure.placed.model("pca")
    rows = model.array("components")[complexity - 1, :k]
    mean = model.array("mean")[complexity - 1]
    rebuilt: Array = (waveform(figure, complexity, wave) - mean) @ rows.T @ rows + mean
    return rebuilt


def curved(figure: Figure, complexity: int, k: int, wave: int = 0) -> Array:
    model = figure.placed.model(ROLES[complexity])
    session = onnxruntime.InferenceSession(
        model.bytes("networks"), providers=["CPUExecutionProvider"]
    )
    member = np.array([(complexity - 1) % 2 * 6 + k - 1], np.int32)
    feeds = {"x": waveform(figure, complexity, wave)[None], "member": member}
    rebuilt: Array = session.run(["x_hat"], feeds)[0][0]
    return rebuilt


def expect_rebuilt(figure: Figure, rebuilt: Array, complexity: int, wave: int = 0) -> Snapshot:
    """The error printed, and the harmonics said to survive, are those of this reconstruction."""
    x = waveform(figure, complexity, wave)
    figure.expect_number("this waveform’s error", float(((x - rebuilt) ** 2).mean()), 0.000051)
    strength = [np.abs(np.fft.rfft(values))[1 : complexity + 1] for values in (x, rebuilt)]
    alive = [str(i + 1) for i in range(complexity) if strength[1][i] >= 0.5 * strength[0][i]]
    told = f"Harmonics that survive: {', '.join(alive)} of {complexity}"
    title = told if alive else "No harmonic survives"
    expect(figure.stage.get_by_text(title, exact=True)).to_be_visible()
    return figure.snapshot()


def expect_curves(figure: Figure, shown: Snapshot, complexity: int, k: int) -> None:
    metrics = figure.placed.model("pca").card["metrics"]
    error = metrics[f"complexity-{complexity}.pca-{k}.test.reconstruction_mse"]["value"]
    assert shown.number(f"PCA’s test error with {k}") == pytest.approx(error, abs=0.000051)
    assert shown.number("knee of PCA’s curve") == 2 * complexity
    told = shown.readouts[f"autoencoder’s test error with {k}"]
    if k > 6:
        assert told == "none trained"
        return
    networks = figure.placed.model(ROLES[complexity]).card["metrics"]
    reached = networks[f"complexity-{complexity}.code-{k}.test.reconstruction_mse"]["value"]
    assert float(told) == pytest.approx(reached, abs=0.000051)


@HTTP_AND_FILE
def test_the_default_state_shows_the_claim(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    shown = expect_rebuilt(figure, linear(figure, 3, 4), 3)
    expect_curves(figure, shown, 3, 4)
    assert shown.number("autoencoder’s test error with 4") < shown.number("PCA’s test error with 4")
    assert shown.number("numbers that PCA needs for as little") > 4
    knees = figure.stage.get_by_text("knee at 6")
    expect(knees).to_be_visible()
    assert len(figure.table()) == 18


def test_keys_move_both_sliders(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    figure.slider(KEPT).focus()
    figure.page.keyboard.press("ArrowRight")
    figure.page.keyboard.press("ArrowRight")
    expect_curves(figure, expect_rebuilt(figure, linear(figure, 3, 6), 3), 3, 6)
    figure.slider(COMPLEXITY).focus()
    figure.page.keyboard.press("End")
    expect_curves(figure, expect_rebuilt(figure, linear(figure, 6, 6), 6), 6, 6)
    expect(figure.stage.get_by_text("knee at 12")).to_be_visible()
    figure.expect_summary("A waveform of 6 harmonics rebuilt by PCA from 6 numbers")
    figure.slider(KEPT).focus()
    figure.page.keyboard.press("End")
    expect_curves(figure, expect_rebuilt(figure, linear(figure, 6, 16), 6), 6, 16)


@pytest.mark.parametrize("complexity", [1, 4, 5])
def test_the_non_linear_choice_is_the_trained_network(reader: Reader, complexity: int) -> None:
    figure = reader.live_figure(NAME, {"complexity": complexity, "k": 2, "wave": 3})
    figure.choice("autoencoder (non-linear)").click()
    shown = expect_rebuilt(figure, curved(figure, complexity, 2, 3), complexity, 3)
    expect_curves(figure, shown, complexity, 2)


@HTTP_AND_FILE
def test_networks_are_loaded_only_when_they_are_asked_for(reader: Reader) -> None:
    figure = reader.figure(NAME, {"k": 5})
    asked: list[str] = []
    figure.page.on("request", lambda request: asked.append(request.url))
    figure.wait_live()
    expect_rebuilt(figure, linear(figure, 3, 5), 3)
    assert not [url for url in asked if "networks" in url], "PCA needs no network"
    figure.choice("autoencoder (non-linear)").click()
    expect_rebuilt(figure, curved(figure, 3, 5), 3)
    networks = [url for url in asked if "networks" in url]
    assert len(networks) == 1
    assert "signals-3-4" in networks[0]


def test_more_numbers_than_any_network_has_become_the_most_that_one_has(reader: Reader) -> None:
    figure = reader.live_figure(NAME, {"k": 14})
    figure.choice("autoencoder (non-linear)").click()
    expect_curves(figure, expect_rebuilt(figure, curved(figure, 3, 6), 3), 3, 6)
    figure.choice("PCA (linear)").click()
    expect_curves(figure, expect_rebuilt(figure, linear(figure, 3, 14), 3), 3, 14)


def test_a_finger_changes_everything(reader: Reader) -> None:
    figure = reader.live_figure(NAME, touch=True)
    figure.choice("autoencoder (non-linear)").tap()
    expect_rebuilt(figure, curved(figure, 3, 4), 3)
    figure.slider(COMPLEXITY).scroll_into_view_if_needed()
    box = figure.slider(COMPLEXITY).bounding_box()
    assert box
    figure.finger().tap((box["x"] + 3, box["y"] + box["height"] / 2))
    expect_rebuilt(figure, curved(figure, 1, 4), 1)
    figure.root.get_by_label("waveform", exact=True).select_option("5")
    expect_rebuilt(figure, curved(figure, 1, 4, 5), 1, 5)


@HTTP_AND_FILE
def test_address_restores_and_reset_ends(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    figure.choice("PCA (linear)").focus()
    figure.page.keyboard.press("ArrowRight")
    figure.slider(KEPT).focus()
    figure.page.keyboard.press("ArrowLeft")
    shown = expect_rebuilt(figure, curved(figure, 3, 3), 3)
    other = Figure(reader.visit(figure.address()), figure.placed).wait_live()
    assert other.snapshot().readouts == shown.readouts
    other.reset()
    expect_rebuilt(other, linear(other, 3, 4), 3)


def test_a_control_that_is_worked_right_after_reset_is_heard(reader: Reader) -> None:
    """Before the first frame is computed again, as a quick hand on a slow machine may be."""
    figure = reader.live_figure(NAME, {"complexity": 2, "k": 2})
    figure.root.evaluate(
        """(figure) => {
          figure.querySelector("[data-role=reset]").click();
          figure.querySelector("input[type=radio]:not(:checked)").click();
        }"""
    )
    expect_rebuilt(figure, curved(figure, 3, 4), 3)
