"""`drive-groups`: do groups among codes of speed windows match the situations they came from (F23)?

Autoencoders of windows from ten seeds, each with its own draw of data. k-means groups the test
windows by their codes, by what the decoder makes of these, by as many principal components, by the
raw readings, and by two numbers that need no training. Groups are compared with the true
situations, and asked whether a window keeps its group when it begins some seconds later. The size
of the code, four, is the knee of the validation error over 2, 3, 4, 5, 6 and 8; the true situations
had no say in any choice.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.metrics import adjusted_rand_score
from torch import Tensor

from training.data.dataset import Floats
from training.data.drives import (
    LONGEST_SHIFT,
    NAMES,
    SAMPLES,
    STATED,
    UNIT_SPEED,
    Logs,
    drives,
    logs,
)
from training.learn.fit import Batch, Schedule, fit, share_of
from training.learn.losses import error_of_all
from training.learn.stack import AutoencoderStack, ChosenMember
from training.measure.groups import STARTS, grouped
from training.measure.metrics import mean_squared_error
from training.measure.pca import PrincipalComponents
from training.publish.card import DataCard, Metric, Port
from training.publish.export import Array, Call, export, round_to_half
from training.publish.recipe import Claim, Progress, PublishedArray, Recipe, Trained

FIRST_SEED = 61
SEEDS = 10
TRAIN, HELD_OUT, TEST = 2000, 500, 200
SEED = 7
HIDDEN = (64, 32)
NUMBERS = 4
SCHEDULE = Schedule(epochs=40, batch_size=64, learning_rate=1e-2)

WAYS = ("code", "decoded", "pca", "raw", "hand")
RIVALS = ("pca", "raw", "hand")
NAMED = {
    "code": "codes, each number over its deviation",
    "decoded": "what the decoder makes of the codes",
    "pca": f"{NUMBERS} principal components",
    "raw": "the raw readings",
    "hand": "the mean of a window and its standard deviation",
}
COUNTS = tuple(range(2, 9))
"""Numbers of groups."""

SHIFTS = tuple(range(1, LONGEST_SHIFT + 1))
"""Seconds."""

QUOTED_SHIFTS = (1, LONGEST_SHIFT)
"""Those whose numbers stand on the card."""

SHOWN_COUNT = len(NAMES)
"""The number of groups that the figure begins with and the text speaks of."""

UNIT = f"shares of {UNIT_SPEED:g} km/h"
X = Port("x", ("n", SAMPLES), UNIT, "windows of speed")
Z = Port("z", ("n", NUMBERS), "standard deviations of the training codes", "the code")
X_HAT = Port("x_hat", ("n", SAMPLES), UNIT, "reconstructions")
MEMBER = Port("member", ("n",), "", "always 0", "int32")
COMPONENTS = Port("z", ("n", NUMBERS), UNIT, "along the principal components")

View = Callable[[Floats], Floats]
Field = NDArray[np.float64]


def train(progress: Progress) -> Trained:
    """Networks first, all seeds at once; then the groups of each."""
    known = [logs(TRAIN, "train", FIRST_SEED + seed) for seed in range(SEEDS)]
    stack = networks(np.stack([log.windows() for log in known]), share_of(progress, 0, 0.6))
    test = [logs(TEST, "test", FIRST_SEED + seed) for seed in range(SEEDS)]
    pcas = [PrincipalComponents(log.windows(), NUMBERS) for log in known]
    likeness = np.empty((SEEDS, len(WAYS), len(COUNTS)))
    kept = np.empty((SEEDS, len(WAYS), len(COUNTS), len(SHIFTS)), np.uint8)
    for seed in range(SEEDS):
        of_seed = views(stack.subset([seed]), pcas[seed])
        likeness[seed], kept[seed] = measure(test[seed], of_seed)
        progress(0.6 + 0.4 * (seed + 1) / SEEDS)
    data = drives(TRAIN, HELD_OUT, TEST, FIRST_SEED)

    def sample(n: int, rng: np.random.Generator) -> tuple[Array, ...]:
        return data.test.x[rng.integers(TEST, size=n)], np.zeros(n, np.int32)

    def alone(n: int, rng: np.random.Generator) -> tuple[Array, ...]:
        return sample(n, rng)[:1]

    shown = stack.subset([0])
    layers = (shown.code_layer, len(shown.weights) - 1)
    return Trained(
        data=DataCard.of(data),
        seed=FIRST_SEED,
        parameters=stack.parameter_count(0),
        graphs={
            "autoencoder": export(
                ChosenMember(shown, layers), (X, MEMBER), (Z, X_HAT), sample, SEED
            ),
            "pca": export(Call(pcas[0], "encode"), (X,), (COMPONENTS,), alone, SEED),
        },
        arrays={
            "readings": PublishedArray(
                test[0].readings,
                "km/h",
                f"of the first seed's test cars, once a second; windows are {SAMPLES} long",
            ),
            "situations": PublishedArray(
                test[0].situations, "situation", "that each of these cars was in"
            ),
            "likeness": PublishedArray(
                likeness.astype(np.float32),
                "adjusted Rand index",
                "of groups and situations, by seed, way and number of groups",
            ),
            "kept": PublishedArray(
                kept,
                f"of {TEST} test windows",
                "that keep their group when they begin later, by seed, way, number of groups and "
                "seconds",
            ),
        },
        metrics={
            **errors(stack, pcas),
            **reaches(stack),
            **likeness_metrics(likeness),
            **kept_metrics(kept / TEST),
        },
        options={
            "traffic": STATED,
            "ways": list(WAYS),
            "situations": list(NAMES),
            "counts": list(COUNTS),
            "shifts": list(SHIFTS),
            "starts": STARTS,
            "seed_count": SEEDS,
            "unit_speed": UNIT_SPEED,
            "hidden": list(HIDDEN),
            "numbers": NUMBERS,
            **asdict(SCHEDULE),
        },
    )


def networks(windows: Floats, progress: Progress) -> AutoencoderStack:
    """One autoencoder a seed, trained on its own windows `[seeds, n, 64]`; codes of deviation 1."""
    x = torch.from_numpy(windows)
    torch.manual_seed(SEED)
    stack = AutoencoderStack(SAMPLES, HIDDEN, [NUMBERS] * SEEDS, ink=False)

    def loss(batch: Batch) -> Tensor:
        rows = x.index_select(1, batch.rows)
        return error_of_all(stack(rows), rows)

    fit(stack, loss, x.shape[1], SCHEDULE, SEED, progress)
    stack.standardize_codes(x)
    round_to_half(stack)
    return stack


def views(network: AutoencoderStack, pca: PrincipalComponents) -> dict[str, View]:
    """What k-means sees of windows `[n, 64]`, by way."""

    @torch.no_grad()
    def code(x: Floats) -> Floats:
        z: Floats = network.encode(torch.from_numpy(x)[None])[0].numpy()
        return z

    @torch.no_grad()
    def decoded(x: Floats) -> Floats:
        x_hat: Floats = network(torch.from_numpy(x)[None])[0].numpy()
        return x_hat

    def components(x: Floats) -> Floats:
        z: Floats = pca.encode(torch.from_numpy(x)).numpy()
        return z

    return {"code": code, "decoded": decoded, "pca": components, "raw": lambda x: x, "hand": hand}


def hand(x: Floats) -> Floats:
    """Mean and standard deviation of each window, `[n, 2]`."""
    speeds = x.astype(np.float64)
    return np.stack([speeds.mean(axis=1), speeds.std(axis=1)], axis=1).astype(np.float32)


def measure(test: Logs, ways: Mapping[str, View]) -> tuple[Field, NDArray[np.int64]]:
    """Adjusted Rand index by way and number of groups, and how many windows keep their group, by
    seconds of shift besides."""
    likeness = np.empty((len(ways), len(COUNTS)))
    kept = np.empty((len(ways), len(COUNTS), len(SHIFTS)), np.int64)
    for w, view in enumerate(ways.values()):
        seen = view(test.windows())
        later = [view(test.windows(shift)) for shift in SHIFTS]
        for c, count in enumerate(COUNTS):
            groups = grouped(seen, count)
            likeness[w, c] = adjusted_rand_score(test.situations, groups.labels)
            kept[w, c] = [np.sum(groups.of(moved) == groups.labels) for moved in later]
    return likeness, kept


@torch.no_grad()
def errors(stack: AutoencoderStack, pcas: Sequence[PrincipalComponents]) -> dict[str, Metric]:
    """Root of the mean squared error on validation, km/h, as `validation.code.error`."""
    network, pca = [], []
    for seed in range(SEEDS):
        x = logs(HELD_OUT, "validation", FIRST_SEED + seed).windows()
        rows = torch.from_numpy(x)
        network.append(mean_squared_error(stack.subset([seed])(rows[None])[0].numpy(), x))
        pca.append(mean_squared_error(pcas[seed](rows).numpy(), x))
    return {
        f"validation.{way}.error": Metric(
            UNIT_SPEED * float(np.sqrt(np.mean(values))),
            "km/h",
            "validation",
            f"root of the mean squared difference between readings and what {who} makes of them",
        )
        for way, values, who in (("code", network, "the network"), ("pca", pca, "PCA"))
    }


@torch.no_grad()
def reaches(stack: AutoencoderStack) -> dict[str, Metric]:
    """How far x̂ moves with one number of the code, `reach.largest` and `reach.smallest`, km/h.

    The root of its mean squared change as that number grows by one, at codes of validation windows.
    """
    x = [logs(HELD_OUT, "validation", FIRST_SEED + seed).windows() for seed in range(SEEDS)]
    z = stack.encode(torch.from_numpy(np.stack(x)))
    moved = [
        (stack.decode(z + step) - stack.decode(z)).square().mean((1, 2)).sqrt()
        for step in torch.eye(NUMBERS)
    ]
    reach = UNIT_SPEED * torch.stack(moved)
    about = "that a reconstruction moves when one number of its code grows by one deviation"
    return {
        f"reach.{which}": Metric(
            float(of_seeds.mean()), "km/h", "validation", f"{about}; the {which}, mean of the seeds"
        )
        for which, of_seeds in (("largest", reach.amax(0)), ("smallest", reach.amin(0)))
    }


def spread(name: str, values: Field, unit: str, about: str) -> dict[str, Metric]:
    """Mean, lowest and highest over the seeds."""
    found = (("", "mean", values.mean()), ("_lowest", "lowest", values.min()))
    return {
        f"{name}{ending}": Metric(float(value), unit, "test", f"{about}, {word} of {len(values)}")
        for ending, word, value in (*found, ("_highest", "highest", values.max()))
    }


def likeness_metrics(likeness: Field) -> dict[str, Metric]:
    """Adjusted Rand indices as `groups-5.code.ari`; the code's lead over the best rival."""
    unit = "adjusted Rand index"
    result: dict[str, Metric] = {}
    for c, count in enumerate(COUNTS):
        here = dict(zip(WAYS, likeness[:, :, c].T, strict=True))
        for way, values in here.items():
            about = f"likeness of {count} groups and the true situations, by {NAMED[way]}"
            result |= spread(f"groups-{count}.{way}.ari", values, unit, about)
        best = max(RIVALS, key=lambda way: float(here[way].mean()))
        about = f"that of the best rival, {count} groups"
        result |= spread(f"groups-{count}.best_rival.ari", here[best], unit, about)
        about = f"likeness by codes less that by the best rival, {count} groups"
        result |= spread(f"groups-{count}.lead", here["code"] - here[best], unit, about)
    by_hand = likeness[:, WAYS.index("hand")].mean(axis=0)
    about = "at which the mean and the standard deviation of a window do best on average"
    result["hand.best_groups"] = Metric(COUNTS[int(by_hand.argmax())], "groups", "test", about)
    return result


def kept_metrics(kept: Field) -> dict[str, Metric]:
    """Shares of windows that keep their group as `groups-5.shift-1.code.kept`."""
    unit = "share of windows"
    result: dict[str, Metric] = {}
    c = COUNTS.index(SHOWN_COUNT)
    for shift in QUOTED_SHIFTS:
        key = f"groups-{SHOWN_COUNT}.shift-{shift}"
        here = dict(zip(WAYS, kept[:, :, c, SHIFTS.index(shift)].T, strict=True))
        for way, values in here.items():
            about = f"that keep their group when they begin {shift} s later, by {NAMED[way]}"
            result |= spread(f"{key}.{way}.kept", values, unit, about)
        about = f"kept by codes less kept by raw readings, {shift} s later"
        result |= spread(f"{key}.gain", here["code"] - here["raw"], unit, about)
    return result


RECIPE = Recipe(
    title="Groups of driving",
    description="dense autoencoders, 64 → 64 → 32 → 4 and back, trained on windows of a car’s "
    "speed from ten seeds, and groups that k-means finds by their codes and by four other ways",
    honesty="trained model",
    train=train,
    claims=(
        Claim(
            "with four groups or more, mean and standard deviation are the best rival on average, "
            "and ahead of the code in every seed",
            lambda m: all(
                m[f"groups-{count}.lead_highest"] < 0
                and m[f"groups-{count}.best_rival.ari"] == m[f"groups-{count}.hand.ari"]
                for count in COUNTS
                if count >= 4
            ),
        ),
        Claim(
            "there they are best with six groups, one more than there are situations",
            lambda m: m["hand.best_groups"] == 6,
        ),
        Claim(
            "groups by what the decoder makes of the codes are about as good as those by readings",
            lambda m: abs(m["groups-5.decoded.ari"] - m["groups-5.raw.ari"]) < 0.03,
        ),
        Claim(
            "one number of the code moves the window more than twice as far as another",
            lambda m: m["reach.largest"] > 2 * m["reach.smallest"],
        ),
        Claim(
            "the network redraws windows at least as well as PCA with as many numbers",
            lambda m: m["validation.code.error"] <= m["validation.pca.error"],
        ),
        Claim(
            "in no seed do more windows keep their group by code than by raw readings, whether "
            "they begin one second later or eight",
            lambda m: all(m[f"groups-5.shift-{shift}.gain_highest"] <= 0 for shift in (1, 8)),
        ),
    ),
)
