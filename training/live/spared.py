"""The gradient of a loss of many runs at once, as a plain list of operators.

Tracing it once spares each step what Python, vmap and autograd do around the operators, and shows
what the minimised term of these runs does not rest on: terms that are only looked at, and what a
knob of 0 multiplies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import torch
from torch import Tensor, fx
from torch.fx.experimental.proxy_tensor import make_fx

from training.live.declaration import STEP, LiveModel
from training.live.step import flat_loss

ATEN = torch.ops.aten

Gradient: TypeAlias = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]
"""(params `[runs, N]`, x `[runs, B, D]`, ε `[runs, B, noise_size]`, step `[runs]`) → `[runs, N]`;
every call has the shapes of the first one."""


def gradient(
    model: LiveModel, knobs: Mapping[str, Tensor], example: tuple[Tensor, Tensor, Tensor, Tensor]
) -> Gradient:
    """Of the minimised term by each run's parameters; `knobs` `[runs]` are fixed."""
    loss = torch.func.vmap(flat_loss(model))

    def minimised(params: Tensor, x: Tensor, eps: Tensor, step: Tensor) -> Tensor:
        at_step = {**knobs, STEP: step} if model.scheduled else knobs
        total: Tensor = loss(params, x, eps, at_step)[0].sum()
        return total

    needed = without_idle_parts(make_fx(minimised)(*example))
    traced = make_fx(torch.func.grad(needed))(*example)
    traced.graph.eliminate_dead_code()
    traced.recompile()
    return traced


def without_idle_parts(traced: fx.GraphModule) -> fx.GraphModule:
    """The same function, less what rests on constants alone, what a constant 0 multiplies, and
    factors of 1."""
    graph = traced.graph
    known: dict[fx.Node, Any] = {}
    for node in list(graph.nodes):
        if node.op == "get_attr":
            known[node] = getattr(traced, str(node.target))
        elif node.op == "call_function":
            _judge(node, known)
    for number, (node, value) in enumerate(known.items()):
        if node.op == "get_attr" or not isinstance(value, Tensor):
            continue
        name = f"known_{number}"
        traced.register_buffer(name, value)
        with graph.inserting_before(node):
            node.replace_all_uses_with(graph.get_attr(name))
    graph.eliminate_dead_code()
    traced.recompile()
    return traced


def _judge(node: fx.Node, known: dict[fx.Node, Any]) -> None:
    """Note the value of an operator where it is known; where it changes nothing, go around it."""
    if all(source in known for source in node.all_input_nodes):
        args, kwargs = fx.node.map_arg((node.args, node.kwargs), known.__getitem__)
        known[node] = node.target(*args, **kwargs)  # type: ignore[operator]
        return
    if node.target not in (ATEN.mul.Tensor, ATEN.add.Tensor, ATEN.sub.Tensor) or node.kwargs:
        return
    left, right = node.args
    sides = ((right, left),) if node.target is ATEN.sub.Tensor else ((left, right), (right, left))
    for one, other in sides:
        if not isinstance(one, fx.Node) or not isinstance(known.get(one), Tensor):
            continue
        values, shape = known[one], node.meta["val"].shape
        if node.target is ATEN.mul.Tensor and not values.any():
            known[node] = torch.zeros(shape)
            return
        idle = 1 if node.target is ATEN.mul.Tensor else 0
        if (
            isinstance(other, fx.Node)
            and bool((values == idle).all())
            and other.meta["val"].shape == shape
        ):
            node.replace_all_uses_with(other)
            return
