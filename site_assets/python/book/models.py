"""The book's trained models: lists of numbers in, lists of numbers out."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from book.host import current
from book.tensors import Nested, Tensor, shaped


class Model:
    """One trained model. Its graphs are run by the page's engine, or by onnxruntime."""

    def __init__(self, name: str, card: Mapping[str, Any]) -> None:
        self.name = name
        self.card = card

    def __repr__(self) -> str:
        return f"<model {self.name}: {', '.join(self.card['graphs'])}>"

    def metric(self, name: str) -> float:
        """A number that the training step measured, such as `test.kl`; raises KeyError."""
        return float(self.card["metrics"][name]["value"])

    async def encode(self, x: Nested) -> Any:
        """The codes of inputs x, one row each; a variational model gives `mu` and `log_var`."""
        return await self._only("encoder", "x", x)

    async def decode(self, z: Nested) -> Any:
        """What the model makes of codes z, one row each."""
        return await self._only("decoder", "z", z)

    async def run(self, graph: str, **inputs: Nested) -> dict[str, Any]:
        """All outputs of a graph by name, as nested lists.

        Raises KeyError for a graph that there isn't, ValueError for inputs that don't fit.
        """
        graphs = self.card["graphs"]
        if graph not in graphs:
            raise KeyError(f"{self.name} has no graph {graph!r}, only {', '.join(graphs)}")
        declared = {entry["name"]: entry["shape"] for entry in graphs[graph]["inputs"]}
        if inputs.keys() != declared.keys():
            wanted, found = ", ".join(declared), ", ".join(inputs) or "nothing"
            raise ValueError(f"{graph} takes {wanted}, found {found}")
        feeds: dict[str, Tensor] = {
            name: shaped(name, values, declared[name]) for name, values in inputs.items()
        }
        outputs = await current().run(self.name, graph, feeds)
        return {name: tensor.nested() for name, tensor in outputs.items()}

    async def _only(self, graph: str, name: str, values: Nested) -> Any:
        outputs = await self.run(graph, **{name: values})
        return next(iter(outputs.values())) if len(outputs) == 1 else outputs


def model(name: str) -> Model:
    """The model of that name; raises LookupError if this page doesn't bring it along."""
    host = current()
    try:
        return Model(name, host.card(name))
    except KeyError:
        raise LookupError(unknown("model", name, host.models())) from None


def unknown(kind: str, name: str, known: list[str]) -> str:
    """What to say when there is no such name."""
    close = get_close_matches(name, known, n=1)
    if close:
        return f"there is no {kind} {name!r} here; did you mean {close[0]!r}?"
    return f"there is no {kind} {name!r} here, only {', '.join(known) or 'none at all'}"
