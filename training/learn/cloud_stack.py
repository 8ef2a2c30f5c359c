"""Plain and variational autoencoders of the same widths and start, trained side by side.

Each plain member has a variational twin that begins with the same weights and sees the same
batches in the same order: noise and KL are all that differs between them.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from training.learn.stack import AutoencoderStack


class TwinStack(AutoencoderStack):
    """Members 0 … m − 1 are plain, m … 2m − 1 their variational twins; member i's code has
    `code_sizes[i % m]` numbers, padded with zeros to the largest. Outputs are ink, 0..1, unless
    `ink` says that they are not.

    The twins' log variances have a head of their own, which starts at zero: σ = 1.
    """

    def __init__(
        self,
        input_size: int,
        hidden: Sequence[int],
        code_sizes: Sequence[int],
        *,
        ink: bool = True,
    ) -> None:
        super().__init__(input_size, hidden, (*code_sizes, *code_sizes), ink=ink)
        pairs, widest = len(code_sizes), max(code_sizes)
        with torch.no_grad():
            for parameter in self.parameters():
                parameter[pairs:] = parameter[:pairs]
        self.log_variance_weight = nn.Parameter(torch.zeros(2 * pairs, widest, hidden[-1]))
        self.log_variance_bias = nn.Parameter(torch.zeros(2 * pairs, 1, widest))
        self.register_buffer("noisy", (torch.arange(2 * pairs) >= pairs).float()[:, None, None])

    noisy: Tensor
    """1 for variational members and 0 for plain ones, `[2m, 1, 1]`."""

    @property
    def pairs(self) -> int:
        """m, the number of plain members."""
        return len(self) // 2

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """x `[2m, n, d]` → μ, which is the code of a plain member, and log σ²."""
        h = self.run(x, range(self.code_layer))
        mu = self.run(h, range(self.code_layer, self.code_layer + 1))
        log_var = torch.baddbmm(self.log_variance_bias, h, self.log_variance_weight.mT)
        return mu, log_var * self.used

    def losses(self, x: Tensor, eps: Tensor) -> tuple[Tensor, Tensor]:
        """Reconstruction and KL of each member in nats an example, `[2m]`; x `[2m, n, d]`.

        The likelihood is a Gaussian whose variance is the batch's own mean squared error, the
        value that makes it largest: ½ d log MSE (Rybkin, Daniilidis & Levine 2021, *Simple and
        Effective VAE Training with Calibrated Decoders*, eq. 5), constants left out. So nobody
        chose how much a pixel weighs against the KL, and for a plain member, which has no KL, it
        is squared error.
        """
        mu, log_var = self.posterior(x)
        z = mu + self.noisy * self.used * torch.exp(0.5 * log_var) * eps
        errors = (self.decode(z) - x).square().mean((1, 2))
        kl = -0.5 * (1 + log_var - mu.square() - torch.exp(log_var)).sum(2).mean(1)
        return 0.5 * x.shape[2] * torch.log(errors), kl * self.noisy.flatten()

    @torch.no_grad()
    def whiten_plain_codes(self, x: Tensor) -> None:
        """Give every plain code mean 0 and covariance I over `x` `[n, d]`, leaving x̂ as it was.

        A throw from the Gaussian that fits a plain member's codes is then one from N(0, I), as
        it is for its twin.
        """
        z = self.encode(x.expand(len(self), -1, -1))
        into, out_of = self.code_layer, self.code_layer + 1
        for i in range(self.pairs):
            size = self.code_sizes[i]
            mean = z[i, :, :size].mean(0)
            spread = torch.linalg.cholesky(torch.cov(z[i, :, :size].T, correction=0))
            weight = self.weights[out_of][i, :, :size]
            self.biases[out_of][i, 0].add_(weight @ mean)
            self.weights[out_of][i, :, :size] = weight @ spread
            bias = self.biases[into][i, 0, :size] - mean
            self.biases[into][i, 0, :size] = torch.linalg.solve(spread, bias)
            self.weights[into][i, :size] = torch.linalg.solve(spread, self.weights[into][i, :size])

    @torch.no_grad()
    def clear_padding(self) -> None:
        """Zero the decoders' weights that only ever meet padding, so that they compress away."""
        self.weights[self.code_layer + 1].mul_(self.used)
