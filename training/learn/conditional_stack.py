"""Conditional VAEs trained side by side, and unconditional ones of the same networks.

The condition stands beside the input of both halves, as in Sohn et al. (2015) with a fixed prior.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.learn.stack import ChosenMember
from training.learn.variational_stack import DenseStack


class ConditionalStack(nn.Module):
    """m networks (x, c) → N(μ, σ²) → z, (z, c) → x̂, with c one of `classes`, as a one-hot vector.

    `encoder` and `decoder` list the hidden widths on either side of the code. A member that is not
    `told` finds zeros where the others find c: an ordinary VAE. All are told at first.
    """

    told: Tensor
    """1 for a member that is told the class and 0 for others, `[m, 1, 1]`."""

    def __init__(
        self,
        members: int,
        input_size: int,
        classes: int,
        encoder: Sequence[int],
        code_size: int,
        decoder: Sequence[int],
    ) -> None:
        super().__init__()
        self.members = members
        self.classes = classes
        self.code_size = code_size
        self.encoder = DenseStack(members, [input_size + classes, *encoder, 2 * code_size])
        self.decoder = DenseStack(members, [code_size + classes, *decoder, input_size])
        self.register_buffer("told", torch.ones(members, 1, 1), persistent=False)

    def encode(self, x: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        """x `[n, d]` of classes c `[n, classes]` → μ and log σ², each `[m, n, code_size]`."""
        mu, log_var = self.encoder(self._beside(x.expand(self.members, -1, -1), c)).chunk(2, dim=-1)
        return mu, log_var

    def logits(self, z: Tensor, c: Tensor) -> Tensor:
        """z `[m, n, code_size]` and c `[n, classes]` → x̂ before its sigmoid, `[m, n, d]`."""
        logits: Tensor = self.decoder(self._beside(z, c))
        return logits

    def decode(self, z: Tensor, c: Tensor) -> Tensor:
        """z `[m, n, code_size]` and c `[n, classes]` → x̂ `[m, n, d]`, 0..1."""
        return torch.sigmoid(self.logits(z, c))

    def elbo_terms(self, x: Tensor, c: Tensor, eps: Tensor) -> tuple[Tensor, Tensor]:
        """−log p(x|z, c) by one sample, and KL(q(z|x, c) ‖ N(0, I)), each `[m, n]` in nats.

        Bernoulli pixels. log p(x|c) is at least minus their sum (Sohn et al. 2015, equation 4,
        with the prior of every class N(0, I)). eps is `[m, n, code_size]`.
        """
        mu, log_var = self.encode(x, c)
        logits = self.logits(mu + torch.exp(0.5 * log_var) * eps, c)
        nats = functional.binary_cross_entropy_with_logits(
            logits, x.expand_as(logits), reduction="none"
        ).sum(2)
        return nats, -0.5 * (1 + log_var - mu.square() - torch.exp(log_var)).sum(2)

    @torch.no_grad()
    def share_starts(self, starts: int) -> None:
        """Give members `starts`, `starts` + 1, … the first weights of members 0, 1, … ."""
        for parameter in self.parameters():
            first = parameter[:starts]
            parameter.copy_(first.repeat(self.members // starts, *[1] * (first.dim() - 1)))

    @torch.no_grad()
    def subset(self, members: Sequence[int]) -> "ConditionalStack":
        """Some members as a stack of their own, in that order."""
        widths = [
            [weight.shape[1] for weight in half.weights[:-1]]
            for half in (self.encoder, self.decoder)
        ]
        inputs = self.decoder.weights[-1].shape[1]
        chosen = ConditionalStack(
            len(members), inputs, self.classes, widths[0], self.code_size, widths[1]
        )
        for own, other in zip(chosen.parameters(), self.parameters(), strict=True):
            own.copy_(other[list(members)])
        chosen.told.copy_(self.told[list(members)])
        return chosen

    def _beside(self, values: Tensor, c: Tensor) -> Tensor:
        """Values `[m, n, k]` with the class, or zeros, behind them."""
        return torch.cat([values, self.told * c], dim=2)


class ConditionalDecoder(nn.Module):
    """The decoders of members that are told, as one graph: each row names its member.

    With `ink` the output goes through a sigmoid, 0..1.
    """

    def __init__(self, stack: ConditionalStack, *, ink: bool) -> None:
        super().__init__()
        self.ink = ink
        if not bool((stack.told == 1).all()):
            raise ValueError("expected members that are told the class")
        self.chosen = ChosenMember(stack.decoder, (len(stack.decoder.weights) - 1,))

    def forward(self, z: Tensor, c: Tensor, member: Tensor) -> Tensor:
        """z `[n, code_size]`, c `[n, classes]`, member int32 `[n]` → x̂ `[n, d]`."""
        values: Tensor = self.chosen(torch.cat([z, c], dim=1), member)[0]
        return torch.sigmoid(values) if self.ink else values
