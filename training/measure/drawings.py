"""What can be measured of a drawing by formulas with a slope: ink, roundness, number of points."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.data.shapes import SIDE

NAMES = ("ink", "roundness", "points")

LARGEST = (1.0, 1.0, 9.0)
"""What no drawing's measures exceed."""

SHARPNESS = 4.0
"""A pixel of ink x belongs to the shape by tanh(4 x): 0.95 for the paler inside of a drawing."""

SMOOTHING = 0.01
"""Added in squares under the root of a slope's length, so that flat paper has a derivative."""

FREQUENCIES = tuple(range(3, 10))
"""Cycles around the middle that count as points."""

QUIET = 1e-3
"""A drawing whose ripple is weaker than the root of this share of its own size has no points."""


class DrawingMeasures(nn.Module):
    """Ink, roundness and points of `[n, 1, 32, 32]` drawings, all differentiable.

    - **ink**: the mean of all pixels, 0 to 1.
    - **roundness**: the isoperimetric quotient 4 π A / P², 1 for a disc. A is the sum of
      s = tanh(4 x), P the sum over all corners between four pixels of the length of the slope of
      s there, by Roberts's two differences. A hole has an edge, too.
    - **points**: the mean frequency of the drawing around its middle. With r and θ the polar
      coordinates of a pixel, q_k = |Σ x r exp(i k θ)|² and T = Σ x r, it is
      Σ k q_k / (Σ q_k + 0.001 T²) over k = 3 … 9: 5 for a star, near 0 for a circle. Pixels are
      averaged two by two before.
    """

    slopes: Tensor
    blocks: Tensor
    waves: Tensor
    radius: Tensor
    frequencies: Tensor

    def __init__(self) -> None:
        super().__init__()
        across = torch.tensor([[-0.5, 0.5], [-0.5, 0.5]])
        self.register_buffer("slopes", torch.stack([across, across.T])[:, None])
        self.register_buffer("blocks", torch.full((1, 1, 2, 2), 0.25))
        place = torch.arange(SIDE // 2) * 2 - (SIDE / 2 - 1)
        y, x = torch.meshgrid(place, place, indexing="ij")
        r, theta = torch.hypot(x, y).flatten(), torch.atan2(x, -y).flatten()
        k = torch.tensor(FREQUENCIES).float()
        angle = k[:, None] * theta
        # Convolutions of a whole picture: their slopes take the same numbers, no transposed copy.
        waves = (r * torch.cat([angle.cos(), angle.sin()])).reshape(-1, 1, SIDE // 2, SIDE // 2)
        self.register_buffer("waves", (waves / SIDE).half().float())
        self.register_buffer(
            "radius", (r / SIDE).half().float().reshape(1, 1, SIDE // 2, SIDE // 2)
        )
        self.register_buffer("frequencies", k)

    def forward(self, x: Tensor) -> Tensor:
        """x `[n, 1, 32, 32]` → `[n, 3]`, in the order of `NAMES`."""
        shape = torch.tanh(SHARPNESS * x)
        slope = functional.conv2d(shape, self.slopes, padding=1).square().sum(1)
        # The root's own value on flat paper is taken off, so that paper has no edge: of each, as
        # hundreds of equal numbers would all be rounded the same way when they are added up.
        edge = (torch.sqrt(slope + SMOOTHING**2) - SMOOTHING).sum((1, 2))
        round_ = 4 * math.pi * shape.sum((1, 2, 3)) / edge.square()
        pale = functional.conv2d(x, self.blocks, stride=2)
        size = functional.conv2d(pale, self.radius).flatten(1).sum(1)
        turned = functional.conv2d(pale, self.waves).reshape(-1, 2, len(FREQUENCIES))
        power = turned.square().sum(1)
        points = (self.frequencies * power).sum(1) / (power.sum(1) + QUIET * size.square())
        return torch.stack([x.mean((1, 2, 3)), round_, points], dim=1)
