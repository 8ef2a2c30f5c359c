"""The training loop: Adam over shuffled minibatches, the learning rate falling along a cosine."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from training.learn.adam import AdamW
from training.publish.recipe import Progress


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to train."""

    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float = 0.0


@dataclass(frozen=True)
class Batch:
    """A minibatch: row numbers in the training split, noise generator, and the epoch, 0-based."""

    rows: Tensor
    noise: torch.Generator
    epoch: int


def fit(
    model: nn.Module,
    loss: Callable[[Batch], Tensor],
    examples: int,
    schedule: Schedule,
    seed: int,
    progress: Progress,
) -> None:
    """Minimise `loss`, a mean over the batch, over `examples` rows; changes `model` in place.

    Raises FloatingPointError as soon as the loss is not finite.
    """
    optimiser = AdamW(model.parameters(), schedule.learning_rate, schedule.weight_decay)
    steps = schedule.epochs * (examples // schedule.batch_size)
    model.train()
    for step, batch in enumerate(batches(examples, schedule, seed)):
        optimiser.learning_rate = (
            schedule.learning_rate * 0.5 * (1 + math.cos(math.pi * step / steps))
        )
        optimiser.zero_grad()
        value = loss(batch)
        if not math.isfinite(value.item()):
            raise FloatingPointError(f"the loss became {value.item()} in epoch {batch.epoch}")
        value.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        progress((step + 1) / steps)
    model.eval()


def batches(examples: int, schedule: Schedule, seed: int) -> Iterator[Batch]:
    """Every epoch's shuffled minibatches; the few rows left over wait for another epoch."""
    generator = torch.Generator().manual_seed(seed)
    size = schedule.batch_size
    for epoch in range(schedule.epochs):
        order = torch.randperm(examples, generator=generator)
        for start in range(0, examples - size + 1, size):
            yield Batch(order[start : start + size], generator, epoch)


def share_of(progress: Progress, start: float, end: float) -> Progress:
    """The progress of one part of a recipe, as a stretch `start`..`end` of the whole."""
    return lambda share: progress(start + (end - start) * share)
