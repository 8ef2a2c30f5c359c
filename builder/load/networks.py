"""How readers make a published model again in PyTorch: `training/networks.toml` names the class.

The class is cut out into a file of its own, word for word, with all of this repository's code that
it rests on.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass

from builder.issues.issue import Source
from builder.load.listing import definitions, excerpt

NETWORKS = "training/networks.toml"
OWN = "training."
HEAD = '"""{name}, from {path} of the book’s source, with what it rests on."""\n\n'
WEIGHTS = "WEIGHTS"
"""Stands in a program for the name of the file of weights."""

PROGRAM = """\
import torch
from safetensors.torch import load_file
from {module} import {name}

model = {name}({arguments})
model.load_state_dict(load_file("{weights}"){strict})
model.eval()
print(model.{example})
"""

Read = Callable[[str], Source]
"""A file of the repository; raises KeyError if there is none."""


@dataclass(frozen=True, slots=True)
class Network:
    """How the network of a published model is made again, in the words of `networks.toml`."""

    kind: str
    """Dotted name of its class."""
    arguments: str
    example: str
    graphs: tuple[str, ...] = ()
    layout: str = ""
    prefix: str = ""
    partial: bool = False

    @property
    def name(self) -> str:
        """The class."""
        return self.kind.rpartition(".")[2]

    @property
    def path(self) -> str:
        """The file that the class stands in."""
        return self.kind.rpartition(".")[0].replace(".", "/") + ".py"

    @property
    def module(self) -> str:
        """What the class's own file is called: `DenseVAE` is in `dense_vae`."""
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", self.name).lower()

    def program(self, weights: str) -> str:
        """The eight lines that load it."""
        return PROGRAM.format(
            module=self.module,
            name=self.name,
            arguments=self.arguments,
            weights=weights,
            strict=", strict=False" if self.partial else "",
            example=self.example,
        )


def parse_networks(text: str) -> dict[str, tuple[Network, ...]]:
    """The networks of each model. Raises tomllib.TOMLDecodeError, KeyError or TypeError."""
    return {
        model: tuple(_network(**{"kind": entry.pop("class"), **entry}) for entry in entries)
        for model, entries in tomllib.loads(text).items()
    }


def _network(graphs: list[str] | None = None, **values: str | bool) -> Network:
    return Network(graphs=tuple(graphs or ()), **values)  # type: ignore[arg-type]


def module_source(read: Read, network: Network) -> str:
    """The text of the class's own file. Raises SyntaxError, or KeyError for a name that no file
    defines.
    """
    gathered = _Gathered(read)
    gathered.take(network.path, network.name)
    head = HEAD.format(name=network.name, path=network.path)
    imports = "\n".join(sorted(gathered.imports, key=lambda line: ("torch" in line, line)))
    return head + imports + "\n\n\n" + "\n\n\n".join(gathered.parts) + "\n"


class _Gathered:
    """Definitions in the order in which they need each other, and the imports of libraries."""

    def __init__(self, read: Read) -> None:
        self.read = read
        self.imports: set[str] = set()
        self.parts: list[str] = []
        self.taken: set[tuple[str, str]] = set()

    def take(self, path: str, name: str) -> None:
        """The definition `name` of the file at `path`, after all that it names."""
        if (path, name) in self.taken:
            return
        self.taken.add((path, name))
        source = self.read(path)
        tree = ast.parse(source.text, path)
        constants = {
            target.id: node
            for node in tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        imported = {
            alias.asname or alias.name: (node, alias)
            for node in tree.body
            if isinstance(node, (ast.Import, ast.ImportFrom))
            for alias in node.names
        }
        defined = definitions(source)
        node = constants[name] if name in constants else defined[name]
        for used in _names(node):
            if used != name and (used in defined or used in constants):
                self.take(path, used)
            elif used in imported:
                self._import(*imported[used])
        self.parts.append(
            ast.unparse(node) if isinstance(node, ast.Assign) else excerpt(source, node).code
        )

    def _import(self, node: ast.Import | ast.ImportFrom, alias: ast.alias) -> None:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(OWN):
            self.take(node.module.replace(".", "/") + ".py", alias.name)
        elif isinstance(node, ast.ImportFrom):
            self.imports.add(f"from {node.module} import {ast.unparse(alias)}")
        else:
            self.imports.add(f"import {ast.unparse(alias)}")


def _names(node: ast.AST) -> list[str]:
    """Every name that stands in the code, once each, in order."""
    found = (part.id for part in ast.walk(node) if isinstance(part, ast.Name))
    return list(dict.fromkeys(found))
