"""`digits-conditional`: conditional VAEs of digits and unconditional twins, at four β (F24).

All are trained side by side. At each β, told the class or not, they begin from the same five sets
of weights and see the same digits and the same noise. A twin is the same network with zeros in
place of the class. The rivals are linear: the mean of a class and two directions, those of the
class itself or those that all classes share, with a Gaussian over them; and, for a digit that is
to be drawn as another, the nearest real one of that class.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from torch import Tensor
from torch.nn import functional

from training.data import rng
from training.data.dataset import Dataset, Floats, Labels, Split
from training.data.digits import SIDE, digits
from training.learn.conditional_stack import ConditionalDecoder, ConditionalStack
from training.learn.fit import Batch, Schedule, fit, share_of
from training.learn.judge import Judge, train_judge
from training.learn.posterior import code_port
from training.measure.hand import TRAITS, hand, kept
from training.measure.metrics import NEIGHBOURS, neighbour_accuracy
from training.measure.pca import PrincipalComponents
from training.publish.card import DataCard, Metric, Port
from training.publish.export import Array, Graph, export, round_to_half
from training.publish.recipe import Claim, Progress, PublishedArray, Recipe, Trained
from training.recipes.families.anomaly import MEMBER, spread
from training.recipes.families.digit_codes import CODE_SIZE, PIXELS, X_HAT, images

SEED = 7
SEEDS = 5
BETAS = (0.1, 0.3, 1.0, 3.0)
CLASSES = 10
ENCODER = (48, 24)
DECODER = (24, 48)
SCHEDULE = Schedule(epochs=100, batch_size=64, learning_rate=8e-3)
WARM_UP_EPOCHS = 20
KINDS = ("conditional", "plain")
"""Told the class, and not: members are numbered by kind, then β, then seed."""

RIVALS = ("own", "shared", "nearest")
PROBES = ("linear", "neighbours", "neighbours_of_means")
THROWS = 100
STREAM_THROWS = rng.STREAM_DRAW + 28
STREAM_NOISE = rng.STREAM_DRAW + 29
TRAIN_NOISE, TEST_NOISE = 7, 8
"""Seeds of the noise with which codes are drawn."""

CODE_STEP = 1 / 24
"""Published codes are whole multiples of this, offset by 128."""

C = Port("c", ("n", CLASSES), "", "the class, one for the digit that is asked for and else zero")

Draw = Callable[[Floats, int], Floats]
"""Codes `[n, 2]` and a class to drawings `[n, 64]`."""


@dataclass(frozen=True)
class LinearRival:
    """x̂ = m_c + z S_c V_c, cut to 0..1, with z ~ N(0, I): means `[10, 64]`, S V `[10, 2, 64]`."""

    means: Floats
    directions: Floats

    def encode(self, x: Floats, labels: Labels) -> Floats:
        """The codes `[n, 2]` of digits, each by the directions of its class."""
        scale = np.square(self.directions).sum(2)
        offsets = x - self.means[labels]
        z: Floats = np.einsum("nd,nkd->nk", offsets, self.directions[labels]) / scale[labels]
        return z

    def decode(self, z: Floats, digit: int) -> Floats:
        """Codes `[n, 2]` drawn as one digit."""
        x: Floats = np.clip(self.means[digit] + z @ self.directions[digit], 0, 1)
        return x


def train(progress: Progress) -> Trained:
    """Train all members at once, then measure them beside the rivals."""
    dataset = digits()
    stack = train_stack(dataset, share_of(progress, 0, 0.7))
    rivals = linear_rivals(dataset)
    judge = train_judge(dataset)
    told = probe_accuracies(stack, dataset)
    progress(0.8)
    drawn = acceptance(stack, rivals, judge, dataset.test)
    hands = {
        name: hands_kept(stack, rivals, dataset.train, split)
        for name, split in (("validation", dataset.validation), ("test", dataset.test))
    }
    best = int(hands["validation"].ours.mean((1, 2)).argmax())
    shown = [place * SEEDS for place in range(len(BETAS))]
    return Trained(
        data=DataCard.of(dataset),
        seed=SEED,
        parameters=sum(p.numel() for p in stack.parameters()) // stack.members,
        graphs={"decoder": decoder(stack.subset(shown))},
        arrays=arrays(stack, rivals, dataset, told, drawn, hands["test"]),
        metrics=metrics(dataset, told, drawn, hands["test"], best),
        options={
            "betas": list(BETAS),
            "chosen_beta": BETAS[best],
            "seed_count": SEEDS,
            "kinds": list(KINDS),
            "rivals": list(RIVALS),
            "probes": list(PROBES),
            "traits": list(TRAITS),
            "encoder": list(ENCODER),
            "decoder": list(DECODER),
            "code_size": CODE_SIZE,
            "likelihood": "Bernoulli",
            "warm_up_epochs": WARM_UP_EPOCHS,
            "throws": THROWS,
            "neighbours": NEIGHBOURS,
            "code_step": CODE_STEP,
            **asdict(SCHEDULE),
        },
    )


def train_stack(dataset: Dataset, progress: Progress) -> ConditionalStack:
    """Minimise E[−log p(x|z, c)] + β KL, the KL term warmed up."""
    x = images(dataset, "train")
    c = one_hot(dataset.train.labels)
    members = len(KINDS) * len(BETAS) * SEEDS
    torch.manual_seed(SEED)
    stack = ConditionalStack(members, PIXELS, CLASSES, ENCODER, CODE_SIZE, DECODER)
    stack.share_starts(SEEDS)
    stack.told[members // 2 :] = 0
    beta = torch.tensor(BETAS).repeat_interleave(SEEDS).repeat(len(KINDS))[:, None]

    def loss(batch: Batch) -> Tensor:
        eps = torch.randn(SEEDS, len(batch.rows), CODE_SIZE, generator=batch.noise)
        eps = eps.repeat(members // SEEDS, 1, 1)
        warmth = min(1.0, (batch.epoch + 1) / WARM_UP_EPOCHS)
        nats, kl = stack.elbo_terms(x[batch.rows], c[batch.rows], eps)
        return (nats + warmth * beta * kl).mean(1).sum()

    fit(stack, loss, len(x), SCHEDULE, SEED, progress)
    round_to_half(stack)
    return stack


def one_hot(labels: Labels) -> Tensor:
    """Classes as float32 `[n, 10]`."""
    return functional.one_hot(torch.from_numpy(labels.astype(np.int64)), CLASSES).float()


def linear_rivals(dataset: Dataset) -> dict[str, LinearRival]:
    """Class means with two principal directions: of each class's own, or of all classes at once.

    Directions are scaled to the deviation of the training digits along them.
    """
    x, labels = dataset.train.x, dataset.train.labels
    means = np.stack([x[labels == k].mean(0) for k in range(CLASSES)])
    offsets = x - means[labels]

    def directions(of: Floats) -> Floats:
        components = PrincipalComponents(of, CODE_SIZE)
        deviations = components.encode(torch.from_numpy(of)).std(0, correction=0)
        scaled: Floats = (components.components * deviations[:, None]).numpy()
        return scaled

    own = np.stack([directions(offsets[labels == k]) for k in range(CLASSES)])
    shared = np.repeat(directions(offsets)[None], CLASSES, axis=0)
    return {
        name: LinearRival(half_precision(means), half_precision(found))
        for name, found in (("own", own), ("shared", shared))
    }


def half_precision(values: Floats) -> Floats:
    """Numbers as they are published."""
    return values.astype(np.float16).astype(np.float32)


@torch.no_grad()
def codes(stack: ConditionalStack, split: Split, seed: int) -> tuple[Floats, Floats]:
    """Means of a split's codes and one draw of each, both float32 `[m, n, 2]` as published.

    All members are dealt the same noise.
    """
    mu, log_var = stack.encode(torch.from_numpy(split.x), one_hot(split.labels))
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


def probe_accuracies(stack: ConditionalStack, dataset: Dataset) -> NDArray[np.float64]:
    """Share of test digits whose class a probe reads from the code, `[kinds, β, seeds, probes]`.

    Probes learn from codes of training digits. Codes are drawn from q(z|x, c), as the decoder gets
    them; of the means the last probe alone.
    """
    train_means, train_draws = codes(stack, dataset.train, TRAIN_NOISE)
    test_means, test_draws = codes(stack, dataset.test, TEST_NOISE)
    known, unseen = dataset.train.labels, dataset.test.labels
    found = []
    for member in range(stack.members):
        a, b = train_draws[member], test_draws[member]
        found.append(
            (
                float(LogisticRegression(max_iter=500).fit(a, known).score(b, unseen)),
                neighbour_accuracy(a, known, b, unseen),
                neighbour_accuracy(train_means[member], known, test_means[member], unseen),
            )
        )
    return np.array(found).reshape(len(KINDS), len(BETAS), SEEDS, len(PROBES))


def throws(seed: int) -> Floats:
    """Codes from N(0, I), float32 `[100, 2]`."""
    return rng.normal(seed, STREAM_THROWS, THROWS * CODE_SIZE).reshape(THROWS, CODE_SIZE)


@torch.no_grad()
def draws(stack: ConditionalStack, z: Floats, digit: int) -> Floats:
    """Codes `[n, 2]`, or `[m, n, 2]`, drawn as one digit by each member, `[m, n, 64]`."""
    c = one_hot(np.array([digit], np.uint8)).expand(z.shape[-2], -1)
    x: Floats = stack.decode(torch.from_numpy(z).expand(stack.members, -1, -1), c).numpy()
    return x


def named(judge: Judge, x: Floats, digit: int) -> NDArray[np.bool_]:
    """Which drawings the judge accepts as that digit."""
    right: NDArray[np.bool_] = judge.probabilities(x).argmax(1) == digit
    right[right] = judge.accepts(
        x[right]
    )  # the rest need no nearest digit: that is what takes time
    return right


@dataclass(frozen=True)
class Drawn:
    """Drawings of random codes, by way: conditional at each β, `own`, `shared`, plain at each β.

    `accepted` counts those of `THROWS` that the judge accepts as the class that was asked for,
    `[ways, seeds, 10]`; a plain member is asked for nothing. `variety` is the variance of drawings
    of one class as a share of that of real ones, `[ways, seeds]`, zero for plain members.
    """

    accepted: NDArray[np.int32]
    variety: Floats


def acceptance(
    stack: ConditionalStack, rivals: Mapping[str, LinearRival], judge: Judge, real: Split
) -> Drawn:
    """Throw random codes into every member and every linear rival, a seed of throws each."""
    ways = 2 * len(BETAS) + len(rivals)
    accepted = np.zeros((ways, SEEDS, CLASSES), np.int32)
    variances = np.zeros((ways, SEEDS))
    plain = len(BETAS) + len(rivals)
    z = np.stack([throws(member % SEEDS) for member in range(stack.members)])
    for digit in range(CLASSES):
        for member, x in enumerate(draws(stack, z, digit)):
            place = member // SEEDS
            way = place if place < len(BETAS) else place + len(rivals)
            accepted[way, member % SEEDS, digit] = named(judge, x, digit).sum()
            variances[way, member % SEEDS] += x.var(0).sum()
        for way, rival in enumerate(rivals.values(), len(BETAS)):
            for seed in range(SEEDS):
                x = rival.decode(throws(seed), digit)
                accepted[way, seed, digit] = named(judge, x, digit).sum()
                variances[way, seed] += x.var(0).sum()
    variances[plain:] = 0
    whole = sum(real.x[real.labels == digit].var(0).sum() for digit in range(CLASSES))
    return Drawn(accepted, (variances / whole).astype(np.float32))


@dataclass(frozen=True)
class Hands:
    """What is kept of each trait when a digit is drawn as another.

    `ours` `[β, seeds, traits]`, `rivals` `[rivals, traits]`.
    """

    ours: Floats
    rivals: Floats


def hands_kept(
    stack: ConditionalStack,
    rivals: Mapping[str, LinearRival],
    known: Split,
    split: Split,
) -> Hands:
    """Draw each digit of a split as all others, with the mean of its code."""
    written = hand(split.x, SIDE)

    def measure(redrawn: Sequence[Floats]) -> NDArray[np.float64]:
        return kept(written, np.stack([hand(x, SIDE) for x in redrawn]), split.labels)

    told = stack.subset(range(len(BETAS) * SEEDS))
    means, _ = codes(told, split, TEST_NOISE)
    by_class = [draws(told, means, digit) for digit in range(CLASSES)]
    ours = [measure([x[member] for x in by_class]) for member in range(told.members)]
    linear = [
        measure([rival.decode(z, digit) for digit in range(CLASSES)])
        for rival in rivals.values()
        for z in [rival.encode(split.x, split.labels)]
    ]
    nearest = measure(
        [nearest_of(split.x, known.x[known.labels == digit]) for digit in range(CLASSES)]
    )
    return Hands(
        np.array(ours, np.float32).reshape(len(BETAS), SEEDS, -1),
        np.array([*linear, nearest], np.float32),
    )


def nearest_of(x: Floats, candidates: Floats) -> Floats:
    """For each row the nearest of the candidates, itself."""
    distances = torch.cdist(torch.from_numpy(x), torch.from_numpy(candidates))
    found: Floats = candidates[distances.argmin(1).numpy()]
    return found


def decoder(shown: ConditionalStack) -> Graph:
    """The decoders of the first seed, a member for each β."""

    def sample(n: int, generator: np.random.Generator) -> tuple[Array, ...]:
        z = (2 * generator.standard_normal((n, CODE_SIZE))).astype(np.float32)
        c = np.eye(CLASSES, dtype=np.float32)[generator.integers(CLASSES, size=n)]
        return z, c, generator.integers(shown.members, size=n).astype(np.int32)

    return export(
        ConditionalDecoder(shown), (code_port(CODE_SIZE), C, MEMBER), (X_HAT,), sample, SEED
    )


def arrays(
    stack: ConditionalStack,
    rivals: Mapping[str, LinearRival],
    dataset: Dataset,
    told: NDArray[np.float64],
    drawn: Drawn,
    hands: Hands,
) -> dict[str, PublishedArray]:
    """What the figure shows beside the drawings."""
    shown = slice(0, len(BETAS) * SEEDS, SEEDS)
    means, test_draws = codes(stack, dataset.test, TEST_NOISE)
    _, train_draws = codes(stack, dataset.train, TRAIN_NOISE)
    test = dataset.test
    linear = np.stack([rival.encode(test.x, test.labels) for rival in rivals.values()])
    step = f"{CODE_STEP:.4f} prior standard deviations, plus 128"
    return {
        "codes_test": PublishedArray(
            levels(means[shown]), step, "mean codes of the test digits, by β, first seed"
        ),
        "draws_test": PublishedArray(
            levels(test_draws[shown]), step, "one draw of each test digit's code, by β"
        ),
        "draws_train": PublishedArray(
            levels(train_draws[shown]), step, "one draw of each training digit's code, by β"
        ),
        "linear_codes_test": PublishedArray(
            levels(linear), step, "codes of the test digits by `own` and `shared`"
        ),
        "class_means": PublishedArray(
            rivals["own"].means, "ink", "mean training digit of each class"
        ),
        "own_directions": PublishedArray(
            rivals["own"].directions, "ink a deviation", "two directions of each class"
        ),
        "shared_directions": PublishedArray(
            rivals["shared"].directions[0], "ink a deviation", "two directions of all classes"
        ),
        "accuracies": PublishedArray(
            told.astype(np.float32),
            "share of test digits",
            "whose class a probe reads from the code, by kind, β, seed and probe",
        ),
        "accepted": PublishedArray(
            drawn.accepted,
            f"of {THROWS} random codes",
            "accepted as the digit that was asked for, by way (conditional at each β, own, shared, "
            "plain at each β), seed and digit",
        ),
        "variety": PublishedArray(
            drawn.variety[: len(BETAS) + len(rivals)],
            "share of the variance of real digits",
            "variance of the drawings of a class, by way and seed",
        ),
        "kept": PublishedArray(
            hands.ours,
            "share of variance",
            "slant, width and ink kept by test digits drawn as others, by β and seed",
        ),
        "rivals_kept": PublishedArray(hands.rivals, "share of variance", "the same, by rival"),
    }


def metrics(
    dataset: Dataset, told: NDArray[np.float64], drawn: Drawn, hands: Hands, best: int
) -> dict[str, Metric]:
    """All that the text quotes, with its spread over the seeds."""
    commonest = np.bincount(dataset.test.labels).max() / len(dataset.test)
    result = {
        "chance": Metric(
            float(commonest),
            "share of digits",
            "test",
            "digits of the commonest class: what is right without looking",
        )
    }
    shares = drawn.accepted.mean(2) / THROWS
    plain = len(shares) - len(BETAS)
    for place, beta in enumerate(BETAS):
        for kind, name in enumerate(KINDS):
            key = f"beta-{beta:g}.{name}"
            for probe, word in enumerate(PROBES):
                about = f"digits whose class the probe `{word}` reads from the code"
                values = told[kind, place, :, probe]
                result |= spread(f"{key}.{word}", values, "share of digits", about)
        about = "random codes that the judge accepts as the digit asked for"
        key = f"beta-{beta:g}"
        result |= spread(f"{key}.conditional.accepted", shares[place], "share of throws", about)
        about = "random codes of an unconditional VAE that happen to be accepted as a given digit"
        result |= spread(f"{key}.plain.accepted", shares[plain + place], "share of throws", about)
        about = "variance of drawings of a class, of that of real ones"
        result |= spread(f"{key}.conditional.variety", drawn.variety[place], "share", about)
        for trait, name in enumerate(TRAITS):
            about = f"variance of the {name} that is kept when a digit is drawn as another"
            of_hand = hands.ours[place, :, trait]
            result |= spread(f"{key}.conditional.{name}", of_hand, "share of variance", about)
    for place, name in enumerate(RIVALS[:2], len(BETAS)):
        about = f"random codes of `{name}` that the judge accepts as the digit asked for"
        result |= spread(f"{name}.accepted", shares[place], "share of throws", about)
        about = f"variance of drawings of a class by `{name}`, of that of real ones"
        result |= spread(f"{name}.variety", drawn.variety[place], "share", about)
    for rival, values in zip(RIVALS, hands.rivals, strict=True):
        for name, value in zip(TRAITS, values, strict=True):
            result[f"{rival}.{name}"] = Metric(
                float(value),
                "share of variance",
                "test",
                f"{name} kept by digits drawn by `{rival}`",
            )
    return result | job_metrics(shares, hands, best)


def job_metrics(shares: NDArray[np.float64], hands: Hands, best: int) -> dict[str, Metric]:
    """Both jobs at the β that was chosen on validation, beside the best rival of each."""
    asked, count = shares[best], len(BETAS)
    rivals = shares[count : count + 2]
    winner = rivals[rivals.mean(1).argmax()]
    hand_kept = hands.ours[best].mean(1)
    rival_kept = hands.rivals.mean(1)
    unit, about = "share of throws", "random codes accepted as the digit asked for"
    result = spread("asked.accepted", asked, unit, about)
    result |= spread("asked.best_rival.accepted", winner, unit, f"{about}, best linear rival")
    result |= spread("asked.lead", asked - winner, unit, f"{about}, less those of that rival")
    unit, about = "share of variance", "slant, width and ink kept by digits drawn as others, mean"
    result |= spread("hand.kept", hand_kept, unit, about)
    result |= spread("hand.lead", hand_kept - rival_kept.max(), unit, f"{about}, less the best")
    result["chosen_beta"] = Metric(
        BETAS[best], "1", "validation", "the β at which most of a hand is kept by validation digits"
    )
    result["hand.best_rival.kept"] = Metric(
        float(rival_kept.max()), unit, "test", f"{about}, by the rival that keeps most"
    )
    return result


def hand_of(m: Mapping[str, float], rival: str) -> float:
    """What a rival keeps of a hand, mean of the traits."""
    return sum(m[f"{rival}.{trait}"] for trait in TRAITS) / len(TRAITS)


RECIPE = Recipe(
    title="Digits on request",
    description="conditional VAEs of digits, 64 + 10 → 48 → 24 → 2 and back, and unconditional "
    "twins, at four β from five seeds, beside class means with two directions",
    honesty="trained model",
    train=train,
    claims=(
        Claim(
            "at β up to 1 less is read from the code of any model that is told the class than from "
            "that of any that is not",
            lambda m: all(
                m[f"beta-{beta:g}.conditional.neighbours_highest"]
                < m[f"beta-{beta:g}.plain.neighbours_lowest"]
                for beta in BETAS[:3]
            ),
        ),
        Claim(
            "at β = 0.1 every model's code tells more of the class than luck, and on average less "
            "than a third",
            lambda m: (
                m["beta-0.1.conditional.neighbours_lowest"] > m["chance"] + 0.03
                and m["beta-0.1.conditional.neighbours"] < 1 / 3
            ),
        ),
        Claim(
            "what is read falls as β rises, and is luck at 1 and above",
            lambda m: (
                all(
                    m[f"beta-{one:g}.conditional.neighbours"]
                    > m[f"beta-{other:g}.conditional.neighbours"]
                    for one, other in pairwise(BETAS[:3])
                )
                and all(
                    abs(m[f"beta-{beta:g}.conditional.neighbours"] - m["chance"]) < 0.03
                    for beta in BETAS[2:]
                )
            ),
        ),
        Claim(
            "at β = 1 the means tell more of the class than the drawn codes, in every training",
            lambda m: (
                m["beta-1.conditional.neighbours_of_means_lowest"]
                > m["beta-1.conditional.neighbours_highest"]
            ),
        ),
        Claim("of the four β, validation digits choose 0.3", lambda m: m["chosen_beta"] == 0.3),
        Claim(
            "there, means with own directions are accepted more often in every training",
            lambda m: (
                m["asked.lead_highest"] < 0 and m["asked.best_rival.accepted"] == m["own.accepted"]
            ),
        ),
        Claim(
            "own directions keep no slant, and shared ones more of a hand than the network does",
            lambda m: (
                m["own.slant"] < 0
                and m["hand.lead"] < 0
                and m["hand.best_rival.kept"] > max(hand_of(m, "own"), hand_of(m, "nearest"))
            ),
        ),
        Claim(
            "at β = 3 styles hardly differ, and no slant is kept",
            lambda m: (
                m["beta-3.conditional.variety_highest"] < 0.05
                and abs(m["beta-3.conditional.slant"]) < 0.01
            ),
        ),
    ),
)
