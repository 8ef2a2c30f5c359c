"""A model is published whole, with a complete card, or not at all."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from tests.unit.misfits import misfits
from training.publish import publish as module
from training.publish import swap
from training.publish.card import DataCard, Metric, Port
from training.publish.export import export, gaussian_sampler
from training.publish.fields import CardFields
from training.publish.publish import publish
from training.publish.recipe import Claim, ClaimError, PublishedArray, Recipe, Trained

Z = Port("z", ("n", 2), "deviations", "a code")
Y = Port("y", ("n", 3), "ink", "an output")
CODES = np.arange(8, dtype=np.float32).reshape(4, 2)


@pytest.fixture(scope="module")
def trained() -> Trained:
    torch.manual_seed(0)
    return Trained(
        data=DataCard("points", "synthetic", "four points", {"train": 4}, ("a", "b")),
        seed=3,
        parameters=9,
        graphs={"decoder": export(nn.Linear(2, 3), (Z,), (Y,), gaussian_sampler((Z,)))},
        arrays={"codes_test": PublishedArray(CODES, "deviations", "codes")},
        metrics={"test.error": Metric(0.25, "ink", "test", "an error")},
        options={"epochs": 1},
    )


def recipe(holds: Callable[[float], bool] = lambda _: True) -> Recipe:
    return Recipe(
        "A title",
        "A description",
        "trained model",
        train=lambda _: pytest.fail("not to be trained"),
        claims=(Claim("the error is small", lambda m: holds(m["test.error"])),),
    )


def test_the_card_is_complete_and_describes_every_file(tmp_path: Path, trained: Trained) -> None:
    folder = publish("linear", recipe(), trained, tmp_path, "abc", 1.234)
    card = json.loads((folder / "card.json").read_text())
    assert misfits(card, CardFields) == []
    assert card["name"] == "linear"
    assert card["fingerprint"] == "abc"
    assert card["wall_time_seconds"] == 1.23
    assert card["data"] == {
        "name": "points",
        "label": "synthetic",
        "description": "four points",
        "splits": {"train": 4},
        "classes": ["a", "b"],
    }
    assert card["metrics"]["test.error"] == {
        "value": 0.25,
        "unit": "ink",
        "split": "test",
        "description": "an error",
    }
    assert card["graphs"]["decoder"]["inputs"] == [
        {
            "name": "z",
            "shape": ["n", 2],
            "dtype": "float32",
            "unit": "deviations",
            "description": "a code",
        }
    ]
    assert card["parity"]["decoder"]["max_abs_difference"] <= card["parity"]["decoder"]["tolerance"]
    assert {"torch", "numpy", "onnx"} <= set(card["versions"])
    described = {part["file"] for kind in ("graphs", "arrays") for part in card[kind].values()}
    present = {path.name for path in folder.iterdir()}
    assert present == described | {"card.json", "reference.json"}


def test_arrays_are_raw_little_endian_rows(tmp_path: Path, trained: Trained) -> None:
    swapped = PublishedArray(np.asfortranarray(CODES).astype(">f4"), "deviations", "codes")
    folder = publish(
        "linear", recipe(), replace(trained, arrays={"codes_test": swapped}), tmp_path, "abc", 0
    )
    assert np.array_equal(np.fromfile(folder / "codes_test.bin", "<f4"), CODES.ravel())


def test_references_round_trip_exactly(tmp_path: Path, trained: Trained) -> None:
    folder = publish("linear", recipe(), trained, tmp_path, "abc", 0)
    stored = json.loads((folder / "reference.json").read_text())["decoder"]
    assert [call["inputs"]["z"]["shape"] for call in stored] == [[1, 2], [7, 2]]
    for call, reference in zip(stored, trained.graphs["decoder"].references, strict=True):
        for name, tensor in reference.outputs.items():
            values = np.array(call["outputs"][name]["data"], np.float32)
            assert np.array_equal(values, tensor.ravel())


def test_a_broken_claim_names_itself_and_keeps_the_old_model(
    tmp_path: Path, trained: Trained
) -> None:
    publish("linear", recipe(), trained, tmp_path, "old", 0)
    with pytest.raises(ClaimError, match=r"the error is small.*test\.error = 0\.25"):
        publish("linear", recipe(lambda error: error < 0.2), trained, tmp_path, "new", 0)
    assert fingerprints(tmp_path) == {"linear": "old"}


def test_a_failure_while_writing_leaves_the_old_model_and_no_litter(
    tmp_path: Path, trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish("linear", recipe(), trained, tmp_path, "old", 0)

    def full_disk(*_: object, **__: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(module, "write_json", full_disk)
    with pytest.raises(OSError, match="no space left"):
        publish("linear", recipe(), trained, tmp_path, "new", 0)
    assert fingerprints(tmp_path) == {"linear": "old"}


def test_a_failure_while_swapping_puts_the_old_model_back(
    tmp_path: Path, trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish("linear", recipe(), trained, tmp_path, "old", 0)
    rename = os.rename

    def fail_on_the_fresh_one(source: Path, target: Path) -> None:
        if Path(target) == tmp_path / "linear" and Path(source).name != "old":
            raise OSError("busy")
        rename(source, target)

    monkeypatch.setattr(swap, "_exchange", lambda first, second: False)
    monkeypatch.setattr(os, "rename", fail_on_the_fresh_one)
    with pytest.raises(OSError, match="busy"):
        publish("linear", recipe(), trained, tmp_path, "new", 0)
    assert fingerprints(tmp_path) == {"linear": "old"}


def test_what_a_killed_training_left_goes_with_the_next_publication(
    tmp_path: Path, trained: Trained
) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    (tmp_path / f".linear-{dead.pid}-a_c").mkdir()
    (tmp_path / f".linear-{os.getpid()}-a_c").mkdir()
    publish("linear", recipe(), trained, tmp_path, "new", 0)
    assert {path.name for path in tmp_path.iterdir()} == {"linear", f".linear-{os.getpid()}-a_c"}


def test_a_second_publication_replaces_the_first(tmp_path: Path, trained: Trained) -> None:
    publish("linear", recipe(), trained, tmp_path, "old", 0)
    publish("linear", recipe(), replace(trained, arrays={}), tmp_path, "new", 0)
    assert fingerprints(tmp_path) == {"linear": "new"}
    assert not (tmp_path / "linear" / "codes_test.bin").exists()


def test_numbers_that_json_cannot_carry_are_refused() -> None:
    with pytest.raises(ValueError, match="finite metric"):
        Metric(float("nan"), "ink", "test", "an error")


def test_arrays_of_other_dtypes_are_refused() -> None:
    with pytest.raises(TypeError, match="found float64"):
        PublishedArray(np.zeros(2), "ink", "numbers")


def fingerprints(models: Path) -> dict[str, str]:
    return {
        path.name: json.loads((path / "card.json").read_text())["fingerprint"]
        for path in models.iterdir()
    }
