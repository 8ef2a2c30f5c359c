"""Spoilt inputs for many denoising autoencoders that are trained side by side."""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor


@dataclass(frozen=True)
class Spoiler:
    """Corruptions side by side: the first members get noise of these deviations added to each
    number, the others have these shares of their numbers set to 0."""

    noise: tuple[float, ...] = ()
    blanked: tuple[float, ...] = ()

    def __len__(self) -> int:
        return len(self.noise) + len(self.blanked)

    @cached_property
    def amounts(self) -> tuple[Tensor, Tensor]:
        """Both, `[members, 1, 1]`."""
        noise, blanked = (torch.tensor(one)[:, None, None] for one in (self.noise, self.blanked))
        return noise, blanked

    def __call__(self, clean: Tensor, chance: torch.Generator) -> Tensor:
        """`[n, d]` → `[members, n, d]`: members of a kind meet the same draws."""
        noise, blanked = self.amounts
        normal = torch.randn(clean.shape, generator=chance)
        uniform = torch.rand(clean.shape, generator=chance)
        return torch.cat([torch.addcmul(clean, noise, normal), clean * (uniform >= blanked)])
