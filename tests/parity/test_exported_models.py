"""Every published graph still answers as torch did when it was trained.

`reference.json` beside each model holds random inputs and torch's outputs, written when the model
was published; the browser tests read the same file.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

DTYPES = {"float32": "<f4", "uint8": "u1", "int32": "<i4"}
MODELS_THAT_THE_CHAPTERS_NEED = {"shapes-vae", "digits-ae", "digits-vae", "digits-pca"}


def cards(models_dir: Path) -> dict[str, dict[str, Any]]:
    return {
        path.parent.name: json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(models_dir.glob("*/card.json"))
    }


def session(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def tensor(stored: dict[str, Any]) -> np.ndarray:
    return np.array(stored["data"], stored["dtype"]).reshape(stored["shape"])


def array(folder: Path, card: dict[str, Any], name: str) -> np.ndarray:
    part = card["arrays"][name]
    return np.fromfile(folder / part["file"], DTYPES[part["dtype"]]).reshape(part["shape"])


def test_the_models_of_the_first_chapters_are_published(models_dir: Path) -> None:
    assert set(cards(models_dir)) >= MODELS_THAT_THE_CHAPTERS_NEED


def test_every_graph_answers_as_torch_did(models_dir: Path) -> None:
    for name, card in cards(models_dir).items():
        references = json.loads((models_dir / name / "reference.json").read_text(encoding="utf-8"))
        for key, graph in card["graphs"].items():
            if "live" in card["options"] and key == "step":
                continue  # a training step is compared over hundreds of steps, elsewhere
            calls = references[key]
            assert calls, f"{name}/{key} has no reference"
            running = session(models_dir / name / graph["file"])
            for call in calls:
                feeds = {port: tensor(stored) for port, stored in call["inputs"].items()}
                names = list(call["outputs"])
                tolerance = card["parity"][key]["tolerance"]
                for port, found in zip(names, running.run(names, feeds), strict=True):
                    expected = tensor(call["outputs"][port])
                    assert found.shape == expected.shape
                    worst = float(np.max(np.abs(found - expected)))
                    assert worst <= tolerance, f"{name}/{key}.{port} differs by {worst}"


def test_every_graph_has_the_ports_that_its_card_says(models_dir: Path) -> None:
    for name, card in cards(models_dir).items():
        for key, graph in card["graphs"].items():
            running = session(models_dir / name / graph["file"])
            found = {"inputs": running.get_inputs(), "outputs": running.get_outputs()}
            for kind, ports in found.items():
                declared = [(port["name"], port["shape"]) for port in graph[kind]]
                assert declared == [(port.name, port.shape) for port in ports], f"{name}/{key}"


def test_every_array_has_the_size_that_its_card_says(models_dir: Path) -> None:
    for name, card in cards(models_dir).items():
        for key, part in card["arrays"].items():
            values = array(models_dir / name, card, key)
            may_lack = "NaN where nothing was measured" in part["description"]
            known = np.isfinite(values) | (may_lack & np.isnan(values))
            assert np.all(known), f"{name}/{key}"


def test_published_codes_are_the_encoders_answers_to_the_published_images(
    models_dir: Path,
) -> None:
    """Order, scale and layout of images, codes and labels belong together."""
    everything = cards(models_dir)
    for name in sorted(MODELS_THAT_THE_CHAPTERS_NEED):
        card, folder = everything[name], models_dir / name
        images = array(folder, card, "images_test").astype(np.float32)
        shape = [len(images), *card["graphs"]["encoder"]["inputs"][0]["shape"][1:]]
        x = (images / (255 if name == "shapes-vae" else 16)).reshape(shape)
        found = session(folder / "encoder.onnx").run(None, {"x": x})[0]
        codes = array(folder, card, "codes_test")[: len(images)]
        allowed = 0.02 if name == "shapes-vae" else 1e-5
        assert np.max(np.abs(found - codes)) <= allowed, f"{name}: images are rounded to 8 bits"
        assert len(array(folder, card, "labels_test")) == len(array(folder, card, "codes_test"))


@pytest.mark.parametrize("name", ["digits-ae", "digits-vae", "digits-pca"])
def test_the_reported_test_error_is_that_of_the_published_graphs(
    models_dir: Path, name: str
) -> None:
    card, folder = cards(models_dir)[name], models_dir / name
    images = array(folder, card, "images_test").reshape(-1, 64).astype(np.float32) / 16
    codes = array(folder, card, "codes_test")
    (x_hat,) = session(folder / "decoder.onnx").run(None, {"z": codes})
    error = float(np.mean((x_hat - images) ** 2))
    assert error == pytest.approx(card["metrics"]["test.reconstruction_mse"]["value"], rel=1e-4)


def test_every_metric_is_finite_and_says_what_it_measures(models_dir: Path) -> None:
    for name, card in cards(models_dir).items():
        for key, metric in card["metrics"].items():
            assert np.isfinite(metric["value"]), f"{name}: {key}"
            assert all(metric[part] for part in ("unit", "split", "description")), f"{name}: {key}"


def test_regions_and_shares_agree(models_dir: Path) -> None:
    card = cards(models_dir)["shapes-vae"]
    regions = array(models_dir / "shapes-vae", card, "regions")
    assert regions.shape == (card["options"]["grid"]["side"],) * 2
    for label, name in enumerate(card["data"]["classes"]):
        share = card["metrics"][f"grid.share_{name}"]["value"]
        assert share == pytest.approx(float(np.mean(regions == label)))
        assert share >= 0.1
