"""Principal components at a price: the best linear code for squared error plus nats.

Of all codes that are linear with Gaussian noise, this one has the least ‖x − x̂‖² + β KL on Gaussian
data. It is reverse water-filling, which gives a Gaussian's rate–distortion function, and the global
optimum of the linear VAE (Lucas et al. 2019), each with level β/2: a direction with less variance
than the level is left out, and of every other one the level is left as error.
"""

import torch
from torch import Tensor

from training.data.dataset import Floats
from training.measure.pca import PrincipalComponents


class PricedComponents:
    """The code of at most `code_size` numbers fitted to `x` `[n, d]`; `beta` in units of x² a nat.

    With λ the variance along a principal direction and level θ = β/2 < λ, its number is
    z ~ N(√(1 − θ/λ) s, θ/λ), s the standardised coordinate, and x̂ has √(λ − θ) z along it. Where
    λ ≤ θ it is z ~ N(0, 1), and x̂ has nothing.
    """

    def __init__(self, x: Floats, code_size: int, beta: float) -> None:
        self.components = PrincipalComponents(x, code_size)
        variances = self.components.encode(torch.from_numpy(x)).var(0, correction=0)
        self.deviations = variances.sqrt()
        left = (beta / 2 / variances).clamp(max=1)
        self.kept = 1 - left
        self.log_var = left.log()

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """x `[n, d]` → μ and log σ², each `[n, code_size]`."""
        mu = self.components.encode(x) / self.deviations * self.kept.sqrt()
        return mu, self.log_var.expand_as(mu)

    def decode(self, z: Tensor) -> Tensor:
        """z `[…, code_size]` → x̂ `[…, d]`; nothing keeps it within the range of x."""
        return self.components.decode(z * self.kept.sqrt() * self.deviations)
