"""Networks that train in the page, and the graphs through which their states are looked at."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn
from torch.nn import functional

from training.learn.losses import gaussian_kl
from training.learn.networks import DenseAutoencoder, VariationalAutoencoder
from training.live.declaration import Inference, Term
from training.publish.card import Port

MEAN_SQUARED_ERROR = (
    Term("loss", "mean squared error", "(x̂ − x)², mean over the samples and their coordinates"),
)

ELBO_TERMS = (
    Term("loss", "nats", "reconstruction + β × KL, mean over the samples"),
    Term("reconstruction", "nats", "−log p(x|z) under Bernoulli pixels, mean over the samples"),
    Term("kl", "nats", "KL(q(z|x) ‖ N(0, I)), mean over the samples"),
)


class RealAutoencoder(DenseAutoencoder):
    """x → z → x̂ for points whose coordinates are any real numbers."""

    def decode(self, z: Tensor) -> Tensor:
        """z `[n, code_size]` → x̂ `[n, input_size]`."""
        x_hat: Tensor = self.decoder(z)
        return x_hat


class LinearAutoencoder(nn.Module):
    """x → z → x̂ by two matrices, without biases: x is expected to be centred."""

    def __init__(self, input_size: int, code_size: int) -> None:
        super().__init__()
        self.encoder = nn.Linear(input_size, code_size, bias=False)
        self.decoder = nn.Linear(code_size, input_size, bias=False)

    def encode(self, x: Tensor) -> Tensor:
        """x `[n, input_size]` → z `[n, code_size]`."""
        z: Tensor = self.encoder(x)
        return z

    def decode(self, z: Tensor) -> Tensor:
        """z `[n, code_size]` → x̂ `[n, input_size]`."""
        x_hat: Tensor = self.decoder(z)
        return x_hat


def mean_squared_error(
    network: nn.Module, x: Tensor, eps: Tensor, knobs: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """The loss of a plain autoencoder.

    The mean is taken by sample, then over samples: WebAssembly adds one number after the other,
    and a single sum of 20,000 of them would lose the digits that are compared with torch.
    """
    assert callable(network.encode)
    assert callable(network.decode)
    errors = (network.decode(network.encode(x)) - x).square()
    return {"loss": errors.mean(1).mean()}


def negative_elbo(
    network: nn.Module, x: Tensor, eps: Tensor, knobs: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """The loss of a β-VAE (Higgins et al. 2017, eq. 4) with its two parts."""
    assert isinstance(network, VariationalAutoencoder)
    logits, mu, log_var = network(x, eps)
    reconstruction = bernoulli_nats(logits, x).mean()
    kl = gaussian_kl(mu, log_var).mean()
    return {"loss": reconstruction + knobs["beta"] * kl, "reconstruction": reconstruction, "kl": kl}


def bernoulli_nats(logits: Tensor, x: Tensor) -> Tensor:
    """−log p(x|z) of each sample `[n]`: log(1 + eˡ) − x l, summed over pixels.

    Equal to `training.learn.losses.cross_entropy`, but exported as it stands: the exporter turns
    torch's fused operator into log σ(l), which is −∞ for a pixel that is surely paper.
    """
    return (functional.softplus(logits) - x * logits).sum(1)


def autoencoder_graphs(input_size: int, code_size: int, unit: str) -> dict[str, Inference]:
    """`encoder` x → z and `decoder` z → x̂; `unit` is that of x."""
    x = Port("x", ("n", input_size), unit, "samples")
    z = Port("z", ("n", code_size), "", "codes")
    x_hat = Port("x_hat", ("n", input_size), unit, "reconstructions")

    def encode(network: nn.Module, values: Tensor) -> dict[str, Tensor]:
        assert callable(network.encode)
        return {"z": network.encode(values)}

    return {"encoder": Inference((x,), (z,), encode), "decoder": Inference((z,), (x_hat,), _decode)}


def vae_graphs(input_size: int, code_size: int, unit: str) -> dict[str, Inference]:
    """`encoder` x → μ, log σ² and `decoder` z → x̂; `unit` is that of x."""
    x = Port("x", ("n", input_size), unit, "samples")
    mu = Port("mu", ("n", code_size), "prior standard deviations", "mean μ of each posterior")
    log_var = Port("log_var", ("n", code_size), "", "log σ² of each posterior")
    z = Port("z", ("n", code_size), "prior standard deviations", "codes")
    x_hat = Port("x_hat", ("n", input_size), unit, "reconstructions")

    def encode(network: nn.Module, values: Tensor) -> dict[str, Tensor]:
        assert isinstance(network, VariationalAutoencoder)
        return dict(zip(("mu", "log_var"), network.encode(values), strict=True))

    return {
        "encoder": Inference((x,), (mu, log_var), encode),
        "decoder": Inference((z,), (x_hat,), _decode),
    }


def _decode(network: nn.Module, codes: Tensor) -> dict[str, Tensor]:
    assert callable(network.decode)
    return {"x_hat": network.decode(codes)}
