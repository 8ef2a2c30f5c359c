"""What readers take along of trained models: an archive a model, for PyTorch and for ONNX, and for
one that trains in the page the Python that goes with the reader's own weights.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypedDict

from builder.issues.issue import Issue, Source, whole_file
from builder.load.model_card import ModelCard
from builder.load.networks import NETWORKS, WEIGHTS, Network, module_source, parse_networks
from builder.load.readable import content_of
from builder.pack.pack import PackedAsset, pack_asset, zip_archive
from builder.store.cache import Cache
from builder.store.effects import Effects
from builder.store.hashing import canonical
from builder.store.memory import Memory

Layout: TypeAlias = tuple[tuple[str, tuple[int, ...]], ...]
"""Name and shape of each tensor, in the order of the flat parameters."""

PARAMS = "params"
"""The input by which a graph that trains in the page gets its weights."""
OF_NETWORK = {"encoder", "decoder"}
"""The graphs of such a model that say what it does; the others say how it is trained."""


@dataclass(frozen=True, slots=True)
class Archive:
    """One model's file, and its size in bytes."""

    address: str
    bytes: int


class TakenProgram(TypedDict):
    """What goes with weights that a reader has trained: a file with the network's class, the
    program that loads them, and the graphs that say what the model does, as ONNX in base64."""

    file: str
    source: str
    program: str
    graphs: Mapping[str, str]


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
    issues: list[Issue] = []
    networks, modules, found = memory.recall("networks", _listed, _code(effects, issues))
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
        except OSError:
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
            told: TakenProgram = {
                "file": f"{network.module}.py",
                "source": source,
                "program": network.program(WEIGHTS),
                "graphs": {use: b64encode(graph).decode() for use, graph in graphs.items()},
            }
            asset, script = pack_asset(
                cache, f"models/{name}/network.json", canonical(told).encode()
            )
            programs[name], files[asset.src] = asset, script
    return Taken(archives, programs), files, (*issues, *found)


def _code(effects: Effects, issues: list[Issue]) -> dict[str, bytes]:
    """All files from which networks are listed."""
    paths = [path for path in effects.files("training") if path.endswith(".py")]
    paths += [NETWORKS] if effects.exists(NETWORKS) else []
    return {path: content_of(effects, path, issues) for path in paths}


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
    from builder.pack import weights as read  # numpy and onnx: most builds need neither

    files = {"card.json": json.dumps(json.loads(card), indent=1, ensure_ascii=False).encode()}
    several = len(networks) > 1
    for network, source in zip(networks, modules, strict=True):
        stem = f"{name}-{network.graphs[0]}" if several else name
        files[f"{network.module}.py"] = source.encode()
        tensors = (
            [read.named(layout, row) for row in read.split(rows, layout)]
            if rows
            else [read.weights(map(graphs.__getitem__, network.graphs), network.prefix)]
        )
        stems = [f"{stem}-{i}" if len(tensors) > 1 else stem for i in range(len(tensors))]
        for own, weights in zip(stems, tensors, strict=True):
            files[f"{own}.safetensors"] = read.save(weights, {"format": "pt"})
        load = f"load_{network.graphs[0]}.py" if several else "load.py"
        files[load] = network.program(f"{stems[0]}.safetensors").encode()
    for use, graph in graphs.items():
        given = (
            [read.with_constant(graph, row) for row in read.split(rows, layout)]
            if rows
            else [graph]
        )
        for i, model in enumerate(given):
            files[f"{name}-{use}{f'-{i}' if len(given) > 1 else ''}.onnx"] = model
    return zip_archive(name, files)
