"""Principal component analysis as a module with the book's words: encode, decode."""

import numpy as np
import torch
from torch import Tensor, nn

from training.data.dataset import Floats


class PrincipalComponents(nn.Module):
    """The k orthogonal directions that leave the least squared error (Pearson 1901).

    z = (x − m) Wᵀ and x̂ = z W + m, with m the mean of the rows of `x` `[n, d]` and W `[k, d]`
    the first right singular vectors of x − m. The sign of each row of W is chosen so that its
    largest entry is positive, which makes the result unique.
    """

    mean: Tensor
    components: Tensor

    def __init__(self, x: Floats, code_size: int) -> None:
        super().__init__()
        mean = x.mean(axis=0, dtype=np.float64)
        _, _, right = np.linalg.svd(x - mean, full_matrices=False)
        components = right[:code_size]
        largest = np.take_along_axis(components, np.abs(components).argmax(axis=1)[:, None], axis=1)
        self.register_buffer("mean", torch.from_numpy(mean).float())
        self.register_buffer("components", torch.from_numpy(components * np.sign(largest)).float())

    def encode(self, x: Tensor) -> Tensor:
        """x `[n, d]` → z `[n, k]`, in the units of x."""
        return (x - self.mean) @ self.components.T

    def decode(self, z: Tensor) -> Tensor:
        """z `[n, k]` → x̂ `[n, d]`; nothing keeps it within the range of x."""
        return z @ self.components + self.mean

    def forward(self, x: Tensor) -> Tensor:
        """x → x̂."""
        return self.decode(self.encode(x))
