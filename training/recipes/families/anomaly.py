"""What the recipes of detectors share (F17): a stack of autoencoders, its rivals, and their scores.

A trial is one training on one split of the data. All trials of a recipe are trained as one stack;
those of the first seed are shown, the others are measured.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from training.data.dataset import Floats
from training.learn.fit import Batch, Schedule, fit
from training.learn.losses import error_of_all
from training.learn.stack import AutoencoderStack, ChosenMember
from training.measure.detectors import (
    Field,
    Score,
    area_under_curve,
    isolation_forest,
    mahalanobis,
    pca_residual,
    threshold,
    true_alarm_share,
)
from training.publish.card import Metric, Port
from training.publish.export import Array, Graph, export, round_to_half
from training.publish.recipe import Progress, PublishedArray

Levels = NDArray[np.int32]

OURS = "autoencoder"
WEIGHED = "weighed"
RIVALS = ("pca", "mahalanobis", "forest")
SEEDS = 5
SHARE = 0.01
"""Of held-out ordinary examples that lie above the threshold, where the text names one."""

BASE_RATE = 1e-3
LEVELS = 200
"""Steps of a score to a factor of ten: all is measured on scores as they are published."""

MEMBER = Port("member", ("n",), "", "which network: its place among the shown ones", "int32")


@dataclass(frozen=True)
class Trial:
    """Ordinary examples in three splits, `[n, d]`, and strange ones, kind after kind.

    All trials of a recipe have as many of each.
    """

    train: Floats
    validation: Floats
    test: Floats
    strange: Callable[[int], Floats]
    """The strange examples of a kind, as many of each; called while the trial is scored."""


@dataclass(frozen=True)
class Network:
    """The widths of a recipe's autoencoders, and how they are trained."""

    hidden: tuple[int, ...]
    numbers: int
    ink: bool
    schedule: Schedule
    seed: int


@dataclass(frozen=True)
class Scores:
    """What each detector says of each example, in steps of log10: `[trials, detectors, n]`, and
    with kinds before the detectors for the strange ones."""

    detectors: tuple[str, ...]
    validation: Levels
    test: Levels
    strange: Levels

    @cached_property
    def auc(self) -> Floats:
        """Share of pairs, one strange and one ordinary test example, in which the strange one has
        the larger score, `[trials, kinds, detectors]`."""
        trials, kinds, detectors, _ = self.strange.shape
        table = np.empty((trials, kinds, detectors), np.float32)
        for trial, detector in np.ndindex(trials, detectors):
            table[trial, :, detector] = area_under_curve(
                self.test[trial, detector], self.strange[trial, :, detector]
            )
        return table


def train_stack(trials: Sequence[Trial], network: Network, progress: Progress) -> AutoencoderStack:
    """One autoencoder a trial, minimising ‖x − x̂‖² over its own ordinary examples."""
    x = torch.from_numpy(np.stack([trial.train for trial in trials]))
    torch.manual_seed(network.seed)
    sizes = [network.numbers] * len(trials)
    stack = AutoencoderStack(x.shape[2], network.hidden, sizes, ink=network.ink)

    def loss(batch: Batch) -> Tensor:
        rows = x.index_select(1, batch.rows)
        return error_of_all(stack(rows), rows)

    fit(stack, loss, x.shape[1], network.schedule, network.seed, progress)
    round_to_half(stack)
    return stack


def reconstruction_error(stack: AutoencoderStack, member: int) -> Score:
    """Mean squared difference between a row and what one member makes of it."""
    alone = stack.subset([member])

    @torch.no_grad()
    def score(x: Floats) -> Field:
        rows = torch.from_numpy(x)[None]
        errors: Field = (alone(rows) - rows).square().mean(2)[0].double().numpy()
        return errors

    return score


def weighed_residual(stack: AutoencoderStack, member: int, train: Floats) -> Score:
    """Mahalanobis distance of x − x̂ from the residuals that training left."""
    alone = stack.subset([member])

    @torch.no_grad()
    def residual(x: Floats) -> Floats:
        rows = torch.from_numpy(x)[None]
        difference: Floats = (rows - alone(rows))[0].numpy()
        return difference

    distance = mahalanobis(residual(train))
    return lambda x: distance(residual(x))


def score_all(
    trials: Sequence[Trial],
    kinds: int,
    stack: AutoencoderStack,
    own_rivals: Mapping[str, Score],
    progress: Progress,
) -> Scores:
    """All detectors on all trials; `own_rivals` are rules of the trade, fitted to nothing."""
    numbers = stack.code_sizes[0]
    validation, test, strange = [], [], []
    for place, trial in enumerate(trials):
        scores: dict[str, Score] = {
            OURS: reconstruction_error(stack, place),
            WEIGHED: weighed_residual(stack, place, trial.train),
            "pca": pca_residual(trial.train, numbers),
            "mahalanobis": mahalanobis(trial.train),
            "forest": isolation_forest(trial.train, place),
            **own_rivals,
        }
        parts = [trial.validation, trial.test, *(trial.strange(kind) for kind in range(kinds))]
        ends = np.cumsum([len(part) for part in parts])[:-1]
        rows = np.concatenate(parts)  # a forest takes as long for one call as for a hundred rows
        scored = [np.split(score(rows), ends) for score in scores.values()]
        validation.append([found[0] for found in scored])
        test.append([found[1] for found in scored])
        strange.append(np.stack([found[2:] for found in scored], axis=1))
        progress((place + 1) / len(trials))
    names = (OURS, WEIGHED, *RIVALS, *own_rivals)
    return Scores(names, *(levels(np.array(of)) for of in (validation, test, strange)))


def export_shown(
    stack: AutoencoderStack, shown: Sequence[int], examples: Floats, unit: str, seed: int
) -> Graph:
    """The shown members as one graph, x and member to x̂, checked on `examples` `[n, d]`."""
    width = examples.shape[1]

    def sample(n: int, rng: np.random.Generator) -> tuple[Array, ...]:
        members = rng.integers(len(shown), size=n).astype(np.int32)
        return examples[rng.integers(len(examples), size=n)], members

    subset = stack.subset(shown)
    return export(
        ChosenMember(subset, (len(subset.weights) - 1,)),
        (Port("x", ("n", width), unit, "examples"), MEMBER),
        (Port("x_hat", ("n", width), unit, "reconstructions"),),
        sample,
        seed,
    )


def levels(scores: Field) -> Levels:
    """Positive scores in steps of their logarithm."""
    steps: Levels = np.rint(LEVELS * np.log10(scores)).astype(np.int32)
    return steps


def score_arrays(scores: Scores, shown: Sequence[int]) -> dict[str, PublishedArray]:
    """The scores of the shown trials, and the area under the curve in all trials."""
    unit = f"1/{LEVELS} of a decade"
    places = list(shown)
    return {
        "scores_validation": PublishedArray(
            scores.validation[places],
            unit,
            "held-out ordinary examples by shown trial and detector",
        ),
        "scores_test": PublishedArray(
            scores.test[places], unit, "ordinary test examples by shown trial and detector"
        ),
        "scores_strange": PublishedArray(
            scores.strange[places],
            unit,
            "strange examples by shown trial, kind and detector",
        ),
        "auc": PublishedArray(
            scores.auc,
            "share of pairs",
            "a strange example has a larger score than an ordinary one, by trial, kind, detector",
        ),
    }


def spread(name: str, values: Field | Floats, unit: str, about: str) -> dict[str, Metric]:
    """The mean of a value over the seeds, with lowest, highest and standard deviation."""
    numbers = np.asarray(values, np.float64)
    found = {
        "": ("mean", numbers.mean()),
        "_lowest": ("lowest", numbers.min()),
        "_highest": ("highest", numbers.max()),
        "_deviation": ("standard deviation", numbers.std(ddof=1)),
    }
    return {
        f"{name}{ending}": Metric(float(value), unit, "test", f"{about}, {word} of {len(numbers)}")
        for ending, (word, value) in found.items()
    }


def auc_metrics(name: str, table: Floats, detectors: Sequence[str]) -> dict[str, Metric]:
    """Areas as `name.pca.auc`, from `[seeds, detectors]`."""
    result: dict[str, Metric] = {}
    for place, detector in enumerate(detectors):
        about = "share of pairs in which the strange example has the larger score"
        result |= spread(f"{name}.{detector}.auc", table[:, place], "share of pairs", about)
    return result


def lead_metrics(name: str, table: Floats, detectors: Sequence[str]) -> dict[str, Metric]:
    """The strongest of `RIVALS`, and how far our two scores are ahead of it.

    `table` is `[seeds, detectors]`; a lead is that of one seed over the same seed.
    """
    rivals = [detectors.index(rival) for rival in RIVALS]
    best = max(rivals, key=lambda place: float(table[:, place].mean()))
    unit = "share of pairs"
    result = spread(f"{name}.best_rival.auc", table[:, best], unit, "area of the strongest rival")
    for ours in (OURS, WEIGHED):
        lead = table[:, detectors.index(ours)] - table[:, best]
        result |= spread(f"{name}.{ours}.lead", lead, unit, "area less that of the strongest rival")
    return result


def alarm_metrics(name: str, scores: Scores, trial: int, kind: int) -> dict[str, Metric]:
    """What each detector's threshold is worth for one kind in a shown trial.

    `name.pca.caught`, `.false_alarms`, and `.true_alarms`: the share of alarms that are true if one
    example in a thousand is strange.
    """
    result = {}
    for place, detector in enumerate(scores.detectors):
        limit = threshold(scores.validation[trial, place], SHARE)
        caught = float(np.mean(scores.strange[trial, kind, place] > limit))
        false = float(np.mean(scores.test[trial, place] > limit))
        told = {
            "caught": (caught, "share of strange examples", "strange examples above it"),
            "false_alarms": (false, "share of ordinary examples", "ordinary ones above it"),
        }
        if caught + false > 0:
            told["true_alarms"] = (
                true_alarm_share(caught, false, BASE_RATE),
                "share of alarms",
                "alarms that are true if one example in a thousand is strange",
            )
        for key, (value, unit, about) in told.items():
            result[f"{name}.{detector}.{key}"] = Metric(
                value,
                unit,
                "test",
                f"{about}; the threshold is the score that one in a hundred held-out ordinary "
                "examples exceeds, first seed",
            )
    return result
