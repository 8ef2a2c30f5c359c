"""What a step graph can carry: dense, deterministic modules whose only state is parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.nn.modules.module import (
    register_module_forward_hook,
    register_module_forward_pre_hook,
)
from torch.utils._python_dispatch import TorchDispatchMode

CONVOLUTIONS = ("aten.convolution", "aten.mkldnn_convolution", "aten._convolution")


class NotCarriable(ValueError):
    """A module that cannot be part of a step graph; the message names it and says why."""

    def __init__(self, path: str, module: nn.Module, reason: str) -> None:
        kind = type(module).__name__
        super().__init__(f"module '{path or '(root)'}' ({kind}) cannot train in a page: {reason}")


def require_carriable(network: nn.Module, forward: Callable[[], object]) -> None:
    """Raise `NotCarriable` for buffers, randomness or convolutions anywhere in the network.

    `forward` runs the loss once; the operators that it calls are watched.
    """
    for path, module in network.named_modules():
        buffers = [name for name, _ in module.named_buffers(recurse=False)]
        if buffers:
            raise NotCarriable(
                path,
                module,
                f"the step carries parameters only, found buffers {', '.join(buffers)}",
            )
    with _module_stack(network) as stack, _Watch(stack):
        forward()


class _Watch(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Judges each operator and blames the innermost module that runs."""

    def __init__(self, stack: list[tuple[str, nn.Module]]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.stack = stack

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        if torch.Tag.nondeterministic_seeded in func.tags:
            raise NotCarriable(
                *self.stack[-1], f"{func} draws its own random numbers; pass the noise in as ε"
            )
        if str(func).startswith(CONVOLUTIONS):
            raise NotCarriable(
                *self.stack[-1],
                f"the backward pass of {func} has no ONNX "
                "translation; train it at build and ship it trained",
            )
        return func(*args, **(kwargs or {}))


@contextmanager
def _module_stack(network: nn.Module) -> Iterator[list[tuple[str, nn.Module]]]:
    """The modules of `network` that run at this moment, outermost first."""
    paths = {module: path for path, module in network.named_modules()}
    stack: list[tuple[str, nn.Module]] = [("", network)]

    def enter(module: nn.Module, inputs: object) -> None:
        stack.append((paths.get(module, stack[-1][0]), module))

    def leave(module: nn.Module, inputs: object, outputs: object) -> None:
        stack.pop()

    hooks = (register_module_forward_pre_hook(enter), register_module_forward_hook(leave))
    try:
        yield stack
    finally:
        for hook in hooks:
            hook.remove()
