"""Designs by search: arg min over z of C(g(z)) + λ ‖z‖², C from what is measured of a drawing.

With m the measures of the drawing, t the wished ones and s their deviations over an archive,
C = ⅓ Σ ((m − t) / s)². Its root, the *misfit*, is in standard deviations.

Far out a decoder's drawings hardly change with the code, and a search that goes there ends where
rounding leads it. So a wall keeps it to a square around the origin.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from training.measure.drawings import LARGEST, DrawingMeasures

Field = NDArray[np.float64]

ITERATIONS = 30
TOLERANCE = 1e-3
"""A search ends when no entry of the slope is larger. With ten times as much, rounding in float32
decided the first digit of a code where the cost is flat."""

REGION = 4.5
"""Half the side of the square, in standard deviations of the prior."""

STEEPNESS = 10.0
"""Of the wall: its height is as many times the square of the way beyond it."""

MEMORY = 10
SUFFICIENT = 1e-4
HALVINGS = 40


def cost(measures: Tensor, target: Tensor, deviations: Tensor) -> Tensor:
    """C of each row: measures and target `[…, 3]`, deviations `[3]` → `[…]`."""
    return ((measures - target) / deviations).square().mean(-1)


def weights(deviations: Tensor) -> Tensor:
    """Of each squared miss in C, once a miss is counted in shares of `LARGEST`: `[3]`."""
    return (torch.tensor(LARGEST) / deviations).square() / len(LARGEST)


class SearchSlope(nn.Module):
    """One look at codes: drawing, measures, and the slope of C + λ ‖z‖² by the code."""

    largest: Tensor

    def __init__(self, draw: nn.Module) -> None:
        """`draw` takes z `[n, code]` to drawings `[n, 1, 32, 32]`."""
        super().__init__()
        self.draw = draw
        self.measures = DrawingMeasures()
        self.register_buffer("largest", torch.tensor(LARGEST))

    def forward(
        self, z: Tensor, target: Tensor, weights: Tensor, leash: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """z `[n, code]`, target and `weights` `[n, 3]`, leash λ `[n, 1]` → drawings
        `[n, 1, 32, 32]`, measures `[n, 3]`, slope `[n, code]`."""

        def total(code: Tensor) -> tuple[Tensor, tuple[Tensor, Tensor]]:
            drawing = self.draw(code)
            measures = self.measures(drawing)
            missed = (weights * ((measures - target) / self.largest).square()).sum()
            return missed + (leash * code.square()).sum(), (drawing, measures)

        slope, (drawing, measures) = torch.func.grad(total, has_aux=True)(z)
        return drawing, measures, slope


def wall(codes: Field) -> tuple[Field, Field]:
    """How high the wall is at codes `[n, code]`, 0 within the square, and its slope: `[n]`,
    `[n, code]`."""
    beyond = codes - np.clip(codes, -REGION, REGION)
    return STEEPNESS * (beyond**2).sum(1), 2 * STEEPNESS * beyond


Asked = Callable[[Field, NDArray[np.int_]], tuple[Field, Field]]
"""Codes `[n, code]` and which searches they belong to `[n]` → values `[n]`, slopes `[n, code]`."""


@dataclass(frozen=True)
class Ends:
    """Where searches ended `[n, code]`, and how often each had asked `[n]`."""

    codes: Field
    looks: NDArray[np.int_]


def search(ask: Asked, starts: Field) -> Ends:
    """Searches from `starts` `[n, code]`, side by side: each round asks for all that go on.

    They go down what `ask` tells and the wall.
    """
    descents = [descent(start.astype(np.float64)) for start in starts]
    asked = {number: next(each) for number, each in enumerate(descents)}
    ends, looks = np.empty(starts.shape), np.zeros(len(starts), int)
    while asked:
        numbers = np.array(list(asked))
        looks[numbers] += 1
        codes = np.array(list(asked.values()))
        values, slopes = (
            told + risen for told, risen in zip(ask(codes, numbers), wall(codes), strict=True)
        )
        for number, value, slope in zip(numbers.tolist(), values, slopes, strict=True):
            try:
                asked[number] = descents[number].send((float(value), slope))
            except StopIteration as stop:
                ends[number] = stop.value
                del asked[number]
    return Ends(ends, looks)


def descent(x: Field) -> Generator[Field, tuple[float, Field], Field]:
    """Limited-memory BFGS with halved steps (Nocedal & Wright 2006, algorithms 7.4 and 3.1), as
    `minimiseAsked` of the figures' kit takes them. Yields the places that it wants to know of."""
    value, slope = yield x
    steps: list[tuple[Field, Field]] = []
    for _ in range(ITERATIONS):
        if np.abs(slope).max() <= TOLERANCE:
            break
        way = _direction(slope, steps)
        promised, length = float(way @ slope), 1.0
        for _ in range(HALVINGS):
            tried = x + length * way
            reached, found = yield tried
            if reached <= value + SUFFICIENT * length * promised:
                break
            length /= 2
        if not reached < value:
            break
        if (tried - x) @ (found - slope) > 0:
            steps = [*steps, (tried - x, found - slope)][-MEMORY:]
        x, value, slope = tried, reached, found
    return x


def _direction(slope: Field, steps: list[tuple[Field, Field]]) -> Field:
    """−H · slope, H the inverse curvature that the steps (moved, turned) tell of."""
    way, alphas = -slope, []
    for moved, turned in reversed(steps):
        alphas.append((moved @ way) / (moved @ turned))
        way = way - alphas[-1] * turned
    if steps:
        moved, turned = steps[-1]
        way = way * (moved @ turned) / (turned @ turned)
    else:
        way = way / max(1.0, float(np.linalg.norm(way)))
    for moved, turned in steps:
        way = way + (alphas.pop() - (turned @ way) / (moved @ turned)) * moved
    return way
