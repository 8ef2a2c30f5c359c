"""Functions that give slopes, as plain operators: what `export` can carry to the browser.

PyTorch's exporter refuses a module that asks for a gradient, and has no translation for the
gradient of a convolution. `make_fx` writes down what such a module does; the two rules below say
the gradients in operators that have one.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch._decomp import get_decompositions
from torch.func import functionalize
from torch.fx.experimental.proxy_tensor import make_fx

aten = torch.ops.aten


def traced(module: nn.Module, example: tuple[Tensor, ...]) -> nn.Module:
    """`module` as a graph of operators, gradients in it included; the batch size stays free.

    The example's batch must be a size that no other axis has, as tracing takes equal sizes for
    the same. Only gradients of inputs are carried, not those of a convolution's weights.
    """
    trace = make_fx(
        functionalize(module, remove="mutations"),
        RULES,
        tracing_mode="symbolic",
        _allow_non_fake_inputs=True,
        record_module_stack=False,
    )
    graph: nn.Module = trace(*example)
    return graph.eval()


def convolution_backward(
    gradient: Tensor,
    x: Tensor,
    weight: Tensor,
    bias_sizes: Sequence[int] | None,
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    transposed: bool,
    output_padding: Sequence[int],
    groups: int,
    wanted: Sequence[bool],
) -> tuple[Tensor, None, None]:
    """∂/∂x of a convolution is the transposed one with the same weights, and the other way round
    (Dumoulin & Visin 2016, *A guide to convolution arithmetic for deep learning*, section 4)."""
    if any(wanted[1:]):
        raise ValueError("only the slope by what goes into a convolution is carried")
    lost = [0, 0]
    if not transposed:
        # What the strides left over at the far edge.
        lost = [
            (
                x.shape[2 + axis]
                + 2 * padding[axis]
                - dilation[axis] * (weight.shape[2 + axis] - 1)
                - 1
            )
            % stride[axis]
            for axis in range(2)
        ]
    slope = aten.convolution(
        gradient, weight, None, stride, padding, dilation, not transposed, lost, groups
    )
    return slope, None, None


def threshold_backward(gradient: Tensor, x: Tensor, threshold: float) -> Tensor:
    """The slope of max(x, 0): 1 above."""
    return torch.where(x > threshold, gradient, 0.0)


WITHOUT_TRANSLATION = (
    aten.rsub,
    aten.sigmoid_backward,
    aten.softplus_backward,
    aten.square,
    aten.tanh_backward,
)
"""Operators in gradients that ONNX lacks. What is traced to others at once, and not to operators
that change a tensor in place, torch need not trace again to replace them.
"""

REPLACED: Any = get_decompositions(WITHOUT_TRANSLATION)

RULES: Mapping[Any, Callable[..., Any]] = {
    **REPLACED,
    aten.convolution_backward.default: convolution_backward,
    aten.threshold_backward.default: threshold_backward,
}
