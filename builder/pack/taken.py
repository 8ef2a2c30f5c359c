"""What readers take along of trained models: an archive a model, for PyTorch and for ONNX, and for
one that trains in the page the Python that goes with the reader's own weights.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import save

from builder.issues.issue import Issue, Source, whole_file
from builder.load.model_card import ModelCard
from builder.load.networks import NETWORKS, WEIGHTS, Network, module_source, parse_networks
from builder.pack.pack import PackedAsset, pack_asset, zip_archive
from builder.store.cache import Cache
from builder.store.effects import Effects
from builder.store.hashing import canonical
from builder.store.memory import Memory

Floats: TypeAlias = NDArray[np.float32]
Numbers: TypeAlias = NDArray[np.float32] | NDArray[np.float16]
Layout: TypeAlias = tuple[tuple[str, tuple[int, ...]], ...]
"""Name and shape of each tensor, in the order of the flat parameters."""

PARAMS = "params"
"""The input by which a graph that trains in the page gets its weights."""
OF_NETWORK = {"encoder", "decoder"}
"""The graphs of such a model that say what it does; the others say how it is trained."""
HALF = ".half"
WRAPPED = re.compile(r"^(module|(chosen\.)?stack)\.")
"""What the export puts in front of the names in a network's class."""


@dataclass(frozen=True, slots=True)
class Archive:
    """One model's file, and its size in bytes."""

    address: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Taken:
    """By model: its archive, and the asset for readers who train it themselves."""

    archives: Mapping[str, Archive] = field(default_factory=dict)
    programs: Mapping[str, PackedAsset] = field(default_factory=dict)


def pack_taken(
    effects: Effects, cache: Cache, cards: Mapping[str, ModelCard], names: Iterable[str],
    memory: Memory,
) -> tuple[Taken, Mapping[str, bytes], tuple[Issue, ...]]:  # fmt: skip
    """The archives of the models of these names, as far as their files are there."""
    archives, programs, files = {}, {}, dict[str, bytes]()
    networks, modules, issues = memory.recall("networks", _listed, _code(effects))
    for name in sorted(set(names) & cards.keys()):
        card, of_model = cards[name], networks.get(name, ())
        layout = next((cards[of.layout] for of in of_model if of.layout in cards), card)
        try:
            graphs = {
                use: effects.read(f"{card.folder}/{card.file_of(use)}")
                for use in card.content.get("graphs", {})
                if not _live(card) or use in OF_NETWORK
            }
            rows = _rows(effects, card)
        except FileNotFoundError:
            continue  # `pack_models` tells of it
        if graphs:
            address = f"models/{name}.zip"
            files[address] = memory.recall(
                ("taken", name), _archive, name, card.canonical, graphs, rows,
                _layout(layout), of_model, modules.get(name, ()),
            )  # fmt: skip
            archives[name] = Archive(address, len(files[address]))
        if _live(card) and of_model:
            network, source = of_model[0], modules[name][0]
            told = {
                "file": f"{network.module}.py",
                "source": source,
                "program": network.program(WEIGHTS),
                "graphs": {use: b64encode(graph).decode() for use, graph in graphs.items()},
            }
            asset, script = pack_asset(
                cache, f"models/{name}/network.json", canonical(told).encode()
            )
            programs[name], files[asset.src] = asset, script
    return Taken(archives, programs), files, issues


def _code(effects: Effects) -> dict[str, bytes]:
    """All files from which networks are listed."""
    paths = [path for path in effects.files("training") if path.endswith(".py")]
    return {path: effects.read(path) for path in (*paths, NETWORKS) if effects.exists(path)}


def _listed(
    code: Mapping[str, bytes],
) -> tuple[dict[str, tuple[Network, ...]], dict[str, tuple[str, ...]], tuple[Issue, ...]]:
    """The networks of each model, and each one's class as a file; those that can be listed."""
    issues: list[Issue] = []
    networks, modules = parse_networks(code.get(NETWORKS, b"").decode()), {}

    def read(path: str) -> Source:
        return Source(path, code[path].decode())

    for name, of_model in tuple(networks.items()):
        try:
            modules[name] = tuple(module_source(read, network) for network in of_model)
        except (KeyError, SyntaxError) as error:
            reason = f"there is no {error}" if isinstance(error, KeyError) else error
            message = f"the class of '{name}' cannot be listed: {reason}"
            issues.append(whole_file("model-network", NETWORKS, message))
            del networks[name]
    return networks, modules, tuple(issues)


def _live(card: ModelCard) -> Any:
    return card.content.get("options", {}).get("live")


def _layout(card: ModelCard) -> Layout:
    parameters = _live(card)["parameters"] if _live(card) else ()
    return tuple((parameter["name"], tuple(parameter["shape"])) for parameter in parameters)


def _rows(effects: Effects, card: ModelCard) -> bytes:
    """The flat parameters of a model whose graphs take them as an input, one network a row."""
    arrays = card.content.get("arrays", {})
    use = next((use for use in ("params_trained", PARAMS) if use in arrays), None)
    return effects.read(f"{card.folder}/{arrays[use]['file']}") if use else b""


def _archive(
    name: str,
    card: str,
    graphs: Mapping[str, bytes],
    rows: bytes,
    layout: Layout,
    networks: tuple[Network, ...],
    modules: tuple[str, ...],
) -> bytes:
    files = {"card.json": json.dumps(json.loads(card), indent=1, ensure_ascii=False).encode()}
    several = len(networks) > 1
    for network, source in zip(networks, modules, strict=True):
        stem = f"{name}-{network.graphs[0]}" if several else name
        files[f"{network.module}.py"] = source.encode()
        tensors = (
            [_named(layout, row) for row in _split(rows, layout)]
            if rows
            else [_weights(map(graphs.__getitem__, network.graphs), network.prefix)]
        )
        stems = [f"{stem}-{i}" if len(tensors) > 1 else stem for i in range(len(tensors))]
        for own, weights in zip(stems, tensors, strict=True):
            files[f"{own}.safetensors"] = save(weights, {"format": "pt"})
        load = f"load_{network.graphs[0]}.py" if several else "load.py"
        files[load] = network.program(f"{stems[0]}.safetensors").encode()
    for use, graph in graphs.items():
        given = [_with_constant(graph, row) for row in _split(rows, layout)] if rows else [graph]
        for i, model in enumerate(given):
            files[f"{name}-{use}{f'-{i}' if len(given) > 1 else ''}.onnx"] = model
    return zip_archive(name, files)


def _split(rows: bytes, layout: Layout) -> list[Floats]:
    size = sum(int(np.prod(shape)) for _, shape in layout)
    return list(np.frombuffer(rows, "<f4").reshape(-1, size))


def _named(layout: Layout, row: Floats) -> dict[str, Numbers]:
    """The tensors of flat parameters."""
    ends = np.cumsum([int(np.prod(shape)) for _, shape in layout])
    parts = np.split(row, ends[:-1])
    return {
        name: _shortest(part).reshape(shape)
        for (name, shape), part in zip(layout, parts, strict=True)
    }


def _shortest(values: Floats) -> Numbers:
    """As float16 if nothing is lost by it; PyTorch makes them float32 again."""
    with np.errstate(over="ignore"):
        half = values.astype(np.float16)
    return half if np.array_equal(half.astype(np.float32), values) else values


def _weights(graphs: Iterable[bytes], prefix: str) -> dict[str, Numbers]:
    """The constants of exported graphs that are weights, by their names in the network's class."""
    found = {}
    for graph in graphs:
        for constant in onnx.load_model_from_string(graph).graph.initializer:
            name = WRAPPED.sub("", constant.name.removesuffix(HALF))
            if "." in name:  # what the exporter adds has no dot in its name
                found[prefix + name] = numpy_helper.to_array(constant)
    return found


def _with_constant(graph: bytes, row: Floats) -> bytes:
    """The graph with its weights inside."""
    model = onnx.load_model_from_string(graph)
    kept = [port for port in model.graph.input if port.name != PARAMS]
    model.graph.ClearField("input")
    model.graph.input.extend(kept)
    values = _shortest(row)
    if values.dtype == np.float16:
        nodes = list(model.graph.node)
        model.graph.ClearField("node")
        cast = helper.make_node("Cast", [PARAMS + HALF], [PARAMS], to=TensorProto.FLOAT)
        model.graph.node.extend([cast, *nodes])
    name = PARAMS if values is row else PARAMS + HALF
    model.graph.initializer.append(numpy_helper.from_array(values, name))
    given: bytes = model.SerializeToString(deterministic=True)
    return given
