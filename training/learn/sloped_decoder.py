"""The decoders of a stack as a function with its slopes, for whoever searches among codes."""

import torch
from torch import Tensor, nn

from training.learn.stack import AutoencoderStack


class SlopedDecoder(nn.Module):
    """What a code decodes to, and how that changes with each of the code's numbers.

    A row of a batch goes through the decoder of the member that it names. Hidden layers end in
    SiLU, a σ(a), whose slope is σ(a) (1 + a (1 − σ(a))); the stack's output is linear. Raises
    ValueError for a stack of ink, which ends in a sigmoid.
    """

    def __init__(self, stack: AutoencoderStack) -> None:
        super().__init__()
        if stack.ink:
            raise ValueError("the slopes of ink are not written here; give a stack without")
        self.stack = stack

    def forward(self, z: Tensor, member: Tensor) -> tuple[Tensor, Tensor]:
        """z `[n, k]`, member int32 `[n]` → x̂ `[n, d]` and ∂x̂/∂z `[n, d, k]`."""
        first, last = self.stack.code_layer + 1, len(self.stack.weights) - 1
        values, slopes = z, torch.empty(0)  # the first layer's own weights replace them
        for layer in range(first, last + 1):
            weight = torch.index_select(self.stack.weights[layer], 0, member)
            bias = torch.index_select(self.stack.biases[layer], 0, member).squeeze(1)
            values = torch.bmm(weight, values.unsqueeze(2)).squeeze(2) + bias
            if layer == first:
                slopes = weight
            else:  # knob by knob: the page's kernels take one column at a time
                columns = [slopes.select(2, knob) for knob in range(z.shape[1])]
                moved = [torch.bmm(weight, column.unsqueeze(2)) for column in columns]
                slopes = torch.cat(moved, dim=2)
            if layer < last:
                gate = torch.sigmoid(values)
                slopes = slopes * (gate * (1 + values * (1 - gate))).unsqueeze(2)
                values = values * gate
        return values, slopes
