"""k-sparse autoencoders trained side by side: of a wide code, only the k largest units may speak.

One layer in, the same weights out (Makhzani & Frey 2014, *k-Sparse Autoencoders*). With k as large
as the code, a member is an ordinary dense code of the same build.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional


class SparseStack(nn.Module):
    """m autoencoders of the same inputs; the i-th has `units[i]` units, of which `speaking` speak.

    A unit hears h = max(0, c · (x − rest) + threshold), where c is its column, of length one; the
    drawing is x̂ = rest + Σ h c over the units that speak. Units beyond a member's own are silent.
    """

    def __init__(self, rest: Tensor, units: Sequence[int], speaking: int | None) -> None:
        """`rest` `[d]` is where every x̂ starts from; `speaking` None lets every unit speak."""
        super().__init__()
        members, widest = len(units), max(units)
        self.speaking = widest if speaking is None else speaking
        first = functional.normalize(torch.randn(members, widest, len(rest)), dim=-1)
        self.directions = nn.Parameter(first)
        self.thresholds = nn.Parameter(torch.zeros(members, 1, widest))
        self.rest = nn.Parameter(rest.expand(members, 1, -1).clone())
        used = torch.arange(widest) < torch.tensor(units)[:, None]
        self.register_buffer("used", used.float()[:, None, :])

    used: Tensor
    """1 for a member's own units, `[m, 1, widest]`."""

    def columns(self) -> Tensor:
        """What each unit listens for and draws, of length one, `[m, widest, d]`."""
        return functional.normalize(self.directions, dim=-1)

    def loudness(self, x: Tensor, columns: Tensor) -> Tensor:
        """x `[m, n, d]` → h before anyone is silenced, `[m, n, widest]`."""
        heard = torch.baddbmm(self.thresholds, x - self.rest, columns.mT)
        return functional.relu(heard) * self.used

    def draw(self, code: Tensor, columns: Tensor) -> Tensor:
        """A code `[m, n, widest]` → x̂ `[m, n, d]`."""
        return torch.baddbmm(self.rest, code, columns)

    def forward(self, x: Tensor, speaking: int | None = None) -> Tensor:
        """x `[m, n, d]` → x̂, with another number of units speaking if it is given."""
        columns = self.columns()
        loud = self.loudness(x, columns)
        return self.draw(loudest(loud, speaking or self.speaking), columns)


def loudest(loud: Tensor, speaking: int) -> Tensor:
    """h `[…, units]` with all but the `speaking` largest of each row at zero; ties all speak."""
    if speaking >= loud.shape[-1]:
        return loud
    least = loud.topk(speaking, dim=-1).values[..., -1:]
    return loud * (loud >= least)
