"""AdamW (Loshchilov & Hutter 2019) as torch computes it, without what torch does around it.

`torch.optim.AdamW` collects its parameters, groups them, counts a step for each and reports to the
profiler, at every step anew. For networks as small as ours that takes five times as long as the
update, and a tenth of all training.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor


class AdamW:
    """The numbers of `torch.optim.AdamW(…, fused=True)` to the last bit, by the same kernel.

    `learning_rate` may be set between steps. Every parameter must have a gradient at every step.
    """

    def __init__(
        self,
        parameters: Iterable[Tensor],
        learning_rate: float,
        weight_decay: float = 0.0,
        eps: float = 1e-8,
    ) -> None:
        self.parameters = list(parameters)
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.eps = eps
        self.means = [torch.zeros_like(parameter) for parameter in self.parameters]
        self.squares = [torch.zeros_like(parameter) for parameter in self.parameters]
        self.steps = torch.zeros(())

    def zero_grad(self) -> None:
        """Forget the gradients, so that the next ones need not be added to them."""
        for parameter in self.parameters:
            parameter.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """Follow the gradients. Raises ValueError where one is missing."""
        gradients = [parameter.grad for parameter in self.parameters if parameter.grad is not None]
        if len(gradients) < len(self.parameters):
            raise ValueError("expected a gradient of every parameter")
        self.steps += 1
        torch._fused_adamw_(
            self.parameters,
            gradients,
            self.means,
            self.squares,
            [],
            [self.steps] * len(self.parameters),
            lr=self.learning_rate,
            beta1=0.9,
            beta2=0.999,
            weight_decay=self.weight_decay,
            eps=self.eps,
            amsgrad=False,
            maximize=False,
        )
