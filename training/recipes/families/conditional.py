"""What the recipes of conditional VAEs share (F24): members, linear rivals, probes, acceptance.

At each β, told the class or not, members begin from the same sets of weights and see the same
examples and the same noise. A twin is the same network with zeros in place of the class.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from torch import Tensor
from torch.nn import functional

from training.data import rng
from training.data.dataset import Dataset, Floats, Labels, Split
from training.learn.conditional_stack import ConditionalStack
from training.learn.judge import Judge
from training.measure.metrics import NEIGHBOURS, neighbour_accuracy
from training.measure.pca import PrincipalComponents
from training.publish.card import Metric
from training.publish.recipe import PublishedArray
from training.recipes.families.anomaly import spread

SEEDS = 5
CODE_SIZE = 2
KINDS = ("conditional", "plain")
"""Told the class, and not: members are numbered by kind, then β, then seed."""

LINEAR = ("own", "shared")
PROBES = ("linear", "neighbours", "neighbours_of_means")
THROWS = 100
WARM_UP_EPOCHS = 20
STREAM_THROWS = rng.STREAM_DRAW + 28
STREAM_NOISE = rng.STREAM_DRAW + 29
TRAIN_NOISE, TEST_NOISE = 7, 8
"""Seeds of the noise with which codes are drawn."""

CODE_STEP = 1 / 24
"""Published codes are whole multiples of this, offset by 128."""

Decode = Callable[[ConditionalStack, Tensor, Tensor], Tensor]
"""`ConditionalStack.decode` or `.logits`: what the decoder's last layer is taken for."""


@dataclass(frozen=True)
class LinearRival:
    """x̂ = m_c + z S_c V_c, cut to what x may be, with z ~ N(0, I): means `[classes, d]`, S V
    `[classes, 2, d]`."""

    means: Floats
    directions: Floats
    limits: tuple[float, float] = (0, 1)

    def encode(self, x: Floats, labels: Labels) -> Floats:
        """The codes `[n, 2]` of examples, each by the directions of its class."""
        scale = np.square(self.directions).sum(2)
        offsets = x - self.means[labels]
        z: Floats = np.einsum("nd,nkd->nk", offsets, self.directions[labels]) / scale[labels]
        return z

    def decode(self, z: Floats, kind: int) -> Floats:
        """Codes `[n, 2]` drawn as one class."""
        x: Floats = np.clip(self.means[kind] + z @ self.directions[kind], *self.limits)
        return x


def new_members(
    betas: Sequence[float], input_size: int, classes: int, hidden: Sequence[int], seed: int
) -> tuple[ConditionalStack, Tensor]:
    """The members before training, and β of each, `[members, 1]`; `hidden` are the encoder's
    widths, which the decoder mirrors."""
    members = len(KINDS) * len(betas) * SEEDS
    torch.manual_seed(seed)
    stack = ConditionalStack(members, input_size, classes, hidden, CODE_SIZE, hidden[::-1])
    stack.share_starts(SEEDS)
    stack.told[members // 2 :] = 0
    return stack, torch.tensor(betas).repeat_interleave(SEEDS).repeat(len(KINDS))[:, None]


def shared_noise(rows: int, members: int, generator: torch.Generator) -> Tensor:
    """The noise of a batch, `[members, rows, 2]`, the same at every β."""
    eps = torch.randn(SEEDS, rows, CODE_SIZE, generator=generator)
    return eps.repeat(members // SEEDS, 1, 1)


def warmth(epoch: int) -> float:
    """By what the KL term is multiplied while it is warmed up."""
    return min(1.0, (epoch + 1) / WARM_UP_EPOCHS)


def one_hot(labels: Labels, classes: int) -> Tensor:
    """Classes as float32 `[n, classes]`."""
    return functional.one_hot(torch.from_numpy(labels.astype(np.int64)), classes).float()


def linear_rivals(dataset: Dataset, limits: tuple[float, float]) -> dict[str, LinearRival]:
    """Class means with two principal directions: of each class's own, or of all classes at once.

    Directions are scaled to the deviation of the training examples along them.
    """
    x, labels = dataset.train.x, dataset.train.labels
    classes = range(len(dataset.classes))
    means = np.stack([x[labels == k].mean(0) for k in classes])
    offsets = x - means[labels]

    def directions(of: Floats) -> Floats:
        components = PrincipalComponents(of, CODE_SIZE)
        deviations = components.encode(torch.from_numpy(of)).std(0, correction=0)
        scaled: Floats = (components.components * deviations[:, None]).numpy()
        return scaled

    own = np.stack([directions(offsets[labels == k]) for k in classes])
    shared = np.repeat(directions(offsets)[None], len(classes), axis=0)
    return {
        name: LinearRival(half_precision(means), half_precision(found), limits)
        for name, found in zip(LINEAR, (own, shared), strict=True)
    }


def half_precision(values: Floats) -> Floats:
    """Numbers as they are published."""
    return values.astype(np.float16).astype(np.float32)


@torch.no_grad()
def codes(stack: ConditionalStack, split: Split, seed: int) -> tuple[Floats, Floats]:
    """Means of a split's codes and one draw of each, both float32 `[m, n, 2]` as published.

    All members are dealt the same noise.
    """
    mu, log_var = stack.encode(torch.from_numpy(split.x), one_hot(split.labels, stack.classes))
    noise = rng.normal(seed, STREAM_NOISE, len(split) * CODE_SIZE).reshape(-1, CODE_SIZE)
    z = mu + torch.exp(0.5 * log_var) * torch.from_numpy(noise)
    return values_of(levels(mu.numpy())), values_of(levels(z.numpy()))


def levels(z: Floats) -> NDArray[np.uint8]:
    """Codes in the steps that are published."""
    steps: NDArray[np.uint8] = np.clip(np.rint(z / CODE_STEP) + 128, 0, 255).astype(np.uint8)
    return steps


def values_of(steps: NDArray[np.uint8]) -> Floats:
    """Codes again, float32."""
    z: Floats = ((steps.astype(np.float32) - 128) * CODE_STEP).astype(np.float32)
    return z


def probe_accuracies(stack: ConditionalStack, known: Split, unseen: Split) -> NDArray[np.float64]:
    """Share of unseen examples whose class is read from the code, `[kinds, β, seeds, probes]`.

    Probes learn from codes of known ones. Codes are drawn from q(z|x, c), as the decoder gets
    them; of the means the last probe alone.
    """
    train_means, train_draws = codes(stack, known, TRAIN_NOISE)
    test_means, test_draws = codes(stack, unseen, TEST_NOISE)
    labels, others = known.labels, unseen.labels
    found = []
    for member in range(stack.members):
        a, b = train_draws[member], test_draws[member]
        found.append(
            (
                float(LogisticRegression(max_iter=500).fit(a, labels).score(b, others)),
                neighbour_accuracy(a, labels, b, others),
                neighbour_accuracy(train_means[member], labels, test_means[member], others),
            )
        )
    return np.array(found).reshape(len(KINDS), -1, SEEDS, len(PROBES))


def throws(seed: int) -> Floats:
    """Codes from N(0, I), float32 `[100, 2]`."""
    return rng.normal(seed, STREAM_THROWS, THROWS * CODE_SIZE).reshape(THROWS, CODE_SIZE)


@torch.no_grad()
def draws(stack: ConditionalStack, decode: Decode, z: Floats, kind: int) -> Floats:
    """Codes `[n, 2]`, or `[m, n, 2]`, drawn as one class by each member, `[m, n, d]`."""
    c = one_hot(np.array([kind], np.uint8), stack.classes).expand(z.shape[-2], -1)
    x: Floats = decode(stack, torch.from_numpy(z).expand(stack.members, -1, -1), c).numpy()
    return x


def named(judge: Judge, x: Floats, kind: int) -> NDArray[np.bool_]:
    """Which drawings the judge accepts as that class."""
    right: NDArray[np.bool_] = judge.probabilities(x).argmax(1) == kind
    right[right] = judge.accepts(
        x[right]
    )  # the rest need no nearest example: that is what takes time
    return right


@dataclass(frozen=True)
class Drawn:
    """Drawings of random codes, by way: conditional at each β, `own`, `shared`, plain at each β.

    `accepted` counts those of `THROWS` that the judge accepts as the class that was asked for,
    `[ways, seeds, classes]`; a plain member is asked for nothing. `variety` is the variance of
    drawings of one class as a share of that of real ones, `[ways, seeds]`, zero for plain members.
    """

    accepted: NDArray[np.int32]
    variety: Floats


def acceptance(
    stack: ConditionalStack,
    decode: Decode,
    rivals: Mapping[str, LinearRival],
    judge: Judge,
    real: Split,
) -> Drawn:
    """Throw random codes into every member and every linear rival, a seed of throws each."""
    betas = stack.members // (len(KINDS) * SEEDS)
    ways = 2 * betas + len(rivals)
    accepted = np.zeros((ways, SEEDS, stack.classes), np.int32)
    variances = np.zeros((ways, SEEDS))
    plain = betas + len(rivals)
    z = np.stack([throws(member % SEEDS) for member in range(stack.members)])
    for kind in range(stack.classes):
        for member, x in enumerate(draws(stack, decode, z, kind)):
            place = member // SEEDS
            way = place if place < betas else place + len(rivals)
            accepted[way, member % SEEDS, kind] = named(judge, x, kind).sum()
            variances[way, member % SEEDS] += x.var(0).sum()
        for way, rival in enumerate(rivals.values(), betas):
            for seed in range(SEEDS):
                x = rival.decode(throws(seed), kind)
                accepted[way, seed, kind] = named(judge, x, kind).sum()
                variances[way, seed] += x.var(0).sum()
    variances[plain:] = 0
    whole = sum(real.x[real.labels == kind].var(0).sum() for kind in range(stack.classes))
    return Drawn(accepted, (variances / whole).astype(np.float32))


def common_arrays(
    stack: ConditionalStack,
    rivals: Mapping[str, LinearRival],
    known: Split,
    unseen: Split,
    told: NDArray[np.float64],
    drawn: Drawn,
) -> dict[str, PublishedArray]:
    """Codes of the first seed at each β, the linear rivals, and all seeds' numbers."""
    betas = stack.members // (len(KINDS) * SEEDS)
    shown = slice(0, betas * SEEDS, SEEDS)
    means, test_draws = codes(stack, unseen, TEST_NOISE)
    _, train_draws = codes(stack, known, TRAIN_NOISE)
    linear = np.stack([rival.encode(unseen.x, unseen.labels) for rival in rivals.values()])
    step = f"{CODE_STEP:.4f} prior standard deviations, plus 128"
    unit = "unit of x"
    return {
        "codes_test": PublishedArray(
            levels(means[shown]), step, "mean codes of the test examples, by β, first seed"
        ),
        "draws_test": PublishedArray(
            levels(test_draws[shown]), step, "one draw of each test example's code, by β"
        ),
        "draws_train": PublishedArray(
            levels(train_draws[shown]), step, "one draw of each training example's code, by β"
        ),
        "linear_codes_test": PublishedArray(
            levels(linear), step, "codes of the test examples by `own` and `shared`"
        ),
        "class_means": PublishedArray(
            rivals["own"].means, unit, "mean training example of each class"
        ),
        "own_directions": PublishedArray(
            rivals["own"].directions, f"{unit}, a deviation", "two directions of each class"
        ),
        "shared_directions": PublishedArray(
            rivals["shared"].directions[0], f"{unit}, a deviation", "two directions of all classes"
        ),
        "accuracies": PublishedArray(
            told.astype(np.float32),
            "share of test examples",
            "whose class a probe reads from the code, by kind, β, seed and probe",
        ),
        "accepted": PublishedArray(
            drawn.accepted,
            f"of {THROWS} random codes",
            "accepted as the class that was asked for, by way (conditional at each β, own, shared, "
            "plain at each β), seed and class",
        ),
        "variety": PublishedArray(
            drawn.variety[: betas + len(rivals)],
            "share of the variance of real examples",
            "variance of the drawings of a class, by way and seed",
        ),
    }


def common_metrics(
    betas: Sequence[float], unseen: Split, told: NDArray[np.float64], drawn: Drawn
) -> dict[str, Metric]:
    """What is read from the code and what is accepted, with its spread over the seeds."""
    commonest = np.bincount(unseen.labels).max() / len(unseen)
    result = {
        "chance": Metric(
            float(commonest),
            "share of examples",
            "test",
            "examples of the commonest class: what is right without looking",
        )
    }
    shares = drawn.accepted.mean(2) / THROWS
    plain = len(shares) - len(betas)
    for place, beta in enumerate(betas):
        for kind, name in enumerate(KINDS):
            key = f"beta-{beta:g}.{name}"
            for probe, word in enumerate(PROBES):
                about = f"examples whose class the probe `{word}` reads from the code"
                values = told[kind, place, :, probe]
                result |= spread(f"{key}.{word}", values, "share of examples", about)
        about = "random codes that the judge accepts as the class asked for"
        key = f"beta-{beta:g}"
        result |= spread(f"{key}.conditional.accepted", shares[place], "share of throws", about)
        about = "random codes of an unconditional VAE that happen to be accepted as a given class"
        result |= spread(f"{key}.plain.accepted", shares[plain + place], "share of throws", about)
        about = "variance of drawings of a class, of that of real ones"
        result |= spread(f"{key}.conditional.variety", drawn.variety[place], "share", about)
    for place, name in enumerate(LINEAR, len(betas)):
        about = f"random codes of `{name}` that the judge accepts as the class asked for"
        result |= spread(f"{name}.accepted", shares[place], "share of throws", about)
        about = f"variance of drawings of a class by `{name}`, of that of real ones"
        result |= spread(f"{name}.variety", drawn.variety[place], "share", about)
    return result


def common_options(betas: Sequence[float]) -> dict[str, object]:
    """What the figure asks of either family."""
    return {
        "betas": list(betas),
        "seed_count": SEEDS,
        "kinds": list(KINDS),
        "probes": list(PROBES),
        "code_size": CODE_SIZE,
        "warm_up_epochs": WARM_UP_EPOCHS,
        "throws": THROWS,
        "neighbours": NEIGHBOURS,
        "code_step": CODE_STEP,
    }
