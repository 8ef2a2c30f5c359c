"""The archives of the colophon: in a folder of their own, PyTorch's lines load each model, and it
answers what the archive's graphs answer in onnxruntime."""

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor, nn

from builder.load.networks import NETWORKS, Network, parse_networks
from tests.conftest import ROOT

ATOL = 1e-5
NETWORKS_OF = parse_networks((ROOT / NETWORKS).read_text("utf-8"))
EXACT = {"digits-pca"}
"""Principal components: they have graphs, and no network."""
ROWS = 5


def test_every_model_says_how_its_network_is_made(models_dir: Path) -> None:
    """But an experiment's that trains in the page: there is no finished network to take along."""
    models = {path.parent.name for path in models_dir.glob("*/*.onnx")}
    trying = {name for name in models if trains_as_experiment(models_dir / name)}
    assert trying
    assert NETWORKS_OF.keys() == models - EXACT - trying


def trains_as_experiment(model: Path) -> bool:
    options: dict[str, Any] = json.loads((model / "card.json").read_text("utf-8"))["options"]
    return {"experiment", "live"} <= options.keys()


@pytest.fixture
def folder(
    built_site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str
) -> Iterator[Path]:
    """The archive of `model`, opened, where Python runs."""
    with zipfile.ZipFile(built_site / "models" / f"{model}.zip") as archive:
        archive.extractall(tmp_path)
    monkeypatch.chdir(tmp_path / model)
    monkeypatch.syspath_prepend(tmp_path / model)
    known = set(sys.modules)
    yield tmp_path / model
    for name in set(sys.modules) - known:
        if (tmp_path / model / f"{name}.py").exists():
            del sys.modules[name]


@pytest.mark.parametrize("model", sorted(NETWORKS_OF))
def test_the_archive_is_the_model_in_torch_and_in_onnxruntime(folder: Path, model: str) -> None:
    networks = NETWORKS_OF[model]
    compared = 0
    for network in networks:
        stem, load = model, "load.py"
        if len(networks) > 1:
            stem, load = f"{model}-{network.graphs[0]}", f"load_{network.graphs[0]}.py"
        lines = (folder / load).read_text("utf-8")
        assert len(lines.splitlines()) == 8
        names: dict[str, Any] = {}
        exec(lines, names)  # as a reader runs it
        for weights in sorted(folder.glob(f"{stem}*.safetensors")):
            number = weights.stem.removeprefix(stem)
            if not number.strip("-0123456789"):
                compared += compare(names["model"], network, weights, folder, model, number)
    assert compared >= len(networks)


def compare(
    module: nn.Module, network: Network, weights: Path, folder: Path, model: str, number: str
) -> int:
    """Loads the weights and runs the graphs that belong to them; how many graphs."""
    missing, unexpected = module.load_state_dict(load_file(weights), strict=False)
    assert not unexpected
    assert network.partial or not missing
    graphs = network.graphs or ("encoder", "decoder")
    chance = np.random.default_rng(7)
    for graph in graphs:
        session = onnxruntime.InferenceSession(
            folder / f"{model}-{graph}{number}.onnx", providers=["CPUExecutionProvider"]
        )
        feeds: dict[str, NDArray[Any]] = {}
        for port in session.get_inputs():
            shape = [ROWS, *port.shape[1:]]
            feeds[port.name] = chance.random(shape, dtype=np.float32)
        if "member" in feeds:
            members = len(next(module.parameters()))
            feeds["member"] = np.array([0, 3, 1, 5, 2], np.int32) % members
        outputs = [port.name for port in session.get_outputs()]
        expected = answers(module, feeds, outputs, ink=not network.example.startswith("logits"))
        for found, tensor in zip(session.run(None, feeds), expected, strict=True):
            assert np.abs(found - tensor.numpy()).max() <= ATOL
    return len(graphs)


@torch.no_grad()
def answers(
    module: Any, feeds: dict[str, NDArray[Any]], outputs: list[str], *, ink: bool
) -> list[Tensor]:
    """What torch gives for a graph's outputs; without `ink` a decoder's last layer as it is."""
    member = feeds.get("member")
    values = [torch.from_numpy(fed) for name, fed in feeds.items() if name != "member"]
    if member is not None:  # a stack runs all of its members on what it gets
        count = len(next(module.parameters()))
        values = [value.expand(count, *value.shape) for value in values]
    if "slopes" in outputs:
        codes = values[0].contiguous()
        ones = [one.expand(codes.shape).contiguous() for one in torch.eye(codes.shape[-1])]
        moved = [torch.func.jvp(module.decode, (codes,), (one,))[1] for one in ones]
        found = [module.decode(codes), torch.stack(moved, dim=-1)]
    elif "z_and_class" in feeds:
        z, c = values[0].split([module.code_size, module.classes], dim=-1)
        found = [module.logits(z, c)]
    elif "z" in feeds and "level" not in feeds:
        found = [module.decode(*values) if ink else module.logits(*values)]
    elif outputs == ["z", "x_hat"]:
        z = module.encode(*values)
        found = [z, module.decode(z)]
    elif outputs == ["x_hat"]:
        found = [module(*values)]
    elif hasattr(module, "encode"):
        encoded = module.encode(*values)
        found = list(encoded) if isinstance(encoded, tuple) else [encoded]
    elif type(module).__name__ == "ShapeClassifier":
        found = [module(values[0].reshape(-1, 1, 32, 32)).softmax(1)]
    else:
        found = [module(*values)]
    if member is not None:
        found = [tensor[torch.from_numpy(member).long(), torch.arange(ROWS)] for tensor in found]
    return found
