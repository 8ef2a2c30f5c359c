"""`currents-conditional`: conditional VAEs of machine currents, whole or with a fault (F24).

The class is what is wrong with a machine; speed, load and the rest are left to the code. Here the
change of class has a true answer: the simulator records the same machine, with the same sensors
and the same noise, whole and with each fault. No network sees two recordings of one machine. Each
must make a whole window faulty, and that is compared with the recording of the fault. The
rivals: leave the window as it is; add the difference of class means, which is what directions do
that all classes share; move along two directions of each class; take the mean of the nearest
recordings with that fault.
"""

from collections.abc import Mapping
from dataclasses import asdict

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from training.data.currents import FAULTS, SAMPLING_RATE, currents, recording
from training.data.dataset import Dataset, Floats, Split
from training.learn.conditional_stack import ConditionalDecoder, ConditionalStack
from training.learn.fit import Batch, Schedule, fit, share_of
from training.learn.judge import DigitClassifier, Judge, limited
from training.learn.posterior import code_port
from training.publish.card import DataCard, Metric, Port
from training.publish.export import Array, Graph, export, round_to_half
from training.publish.recipe import Claim, Progress, PublishedArray, Recipe, Trained
from training.recipes.families.anomaly import MEMBER, spread
from training.recipes.families.coarse_currents import MEANED, WIDTH, coarse
from training.recipes.families.conditional import (
    CODE_SIZE,
    LINEAR,
    SEEDS,
    LinearRival,
    acceptance,
    common_arrays,
    common_metrics,
    common_options,
    linear_rivals,
    new_members,
    one_hot,
    probe_accuracies,
    shared_noise,
    warmth,
)

SEED = 7
DATA_SEED, JUDGE_SEED = 41, 42
BETAS = (3.0, 10.0, 30.0)
KINDS = ("whole", *FAULTS)
CLASSES = len(KINDS)
TRAIN, VALIDATION, TEST = 2400, 600, 300
"""Windows, one a machine; as many of each class."""

PROBED = 600
"""Training windows from whose codes probes learn."""

JUDGED = 1800
"""Windows of other machines, from which the judge learns."""

MACHINES, SHOWN = 200, 12
"""Machines that are recorded whole and with all faults, and those of them that the page has."""

HIDDEN = (32, 24)
SCHEDULE = Schedule(epochs=30, batch_size=64, learning_rate=1.2e-2)
JUDGE_SCHEDULE = Schedule(epochs=40, batch_size=128, learning_rate=1e-2, weight_decay=5e-2)
SEVERITY = 1.0
LIMITS = (-2.0, 2.0)
"""Between which the linear rivals draw, rated amplitudes."""

OURS = ("grafted", "redrawn")
RIVALS = ("unchanged", "means", "own", "nearest")
AS_MANY = (1, 3, 6)
"""Of nearest recordings; validation machines choose."""

FINE = 200
MACHINE_STEPS = 512
"""Published windows and codes of machines are whole multiples of 1/200 and 1/512."""

C = Port("c", ("n", CLASSES), "", "the class, one for what is asked for and else zero")
X_HAT = Port("x_hat", ("n", WIDTH), "rated amplitudes", "windows, 32 samples a phase")

Made = NDArray[np.float32]
"""Windows with each fault, `[faults, n, 96]`."""


def train(progress: Progress) -> Trained:
    """Train all members at once, then measure them beside the rivals."""
    dataset = kinds()
    stack = train_stack(dataset, share_of(progress, 0, 0.7))
    rivals = linear_rivals(dataset, LIMITS)
    known = Split(dataset.train.x[:PROBED], dataset.train.labels[:PROBED])
    told = probe_accuracies(stack, known, dataset.test)
    progress(0.8)
    judge = train_judge(dataset.validation.x)
    drawn = acceptance(stack, ConditionalStack.logits, rivals, judge, dataset.test)
    valid, test = (in_all_kinds(MACHINES, part) for part in ("validation", "faulty"))
    as_many = min(AS_MANY, key=lambda k: relative(by_nearest(valid[0], dataset, k), valid))
    best = int(made_errors(stack, valid)[0].mean(1).sum(1).argmin())
    errors = made_errors(stack, test)
    plain = rival_errors(dataset, rivals, test, as_many)
    named = right_classes(judge, dataset.test)
    return Trained(
        data=DataCard.of(dataset),
        seed=SEED,
        parameters=sum(p.numel() for p in stack.parameters()) // stack.members,
        graphs={"decoder": decoder(stack.subset([place * SEEDS for place in range(len(BETAS))]))},
        arrays={
            **common_arrays(stack, rivals, known, dataset.test, told, drawn),
            **machine_arrays(stack, test),
            "labels_train": PublishedArray(known.labels, "class", "of draws_train"),
            "labels_test": PublishedArray(dataset.test.labels, "class", "of test codes"),
            "errors": PublishedArray(
                errors.astype(np.float32),
                "rated amplitudes",
                "root mean square from the true windows of whole ones made faulty, by way "
                "(grafted, redrawn), β, seed and fault",
            ),
            "rival_errors": PublishedArray(
                plain.astype(np.float32), "rated amplitudes", "the same, by rival and fault"
            ),
        },
        metrics={
            **common_metrics(BETAS, dataset.test, told, drawn),
            **job_metrics(errors, plain, best),
            "judge.right": Metric(
                named, "share of windows", "test", "windows of which the judge knows the class"
            ),
            "judge.accepted": Metric(
                judge.accepted_share(dataset.test.x),
                "share of windows",
                "test",
                "real windows that the judge accepts",
            ),
        },
        options={
            **common_options(BETAS),
            "chosen_beta": BETAS[best],
            "as_many": as_many,
            "classes": list(KINDS),
            "ours": list(OURS),
            "rivals": list(RIVALS),
            "linear": list(LINEAR),
            "machines": MACHINES,
            "judged": JUDGED,
            "severity": SEVERITY,
            "fine": FINE,
            "machine_steps": MACHINE_STEPS,
            "hidden": list(HIDDEN),
            "sampling_rate": SAMPLING_RATE / MEANED,
            "likelihood": "Gaussian of calibrated variance",
            **asdict(SCHEDULE),
        },
    )


def in_all_kinds(count: int, part: str, seed: int = DATA_SEED) -> Floats:
    """The same machines whole and with each fault, coarse, `[6, n, 96]`."""
    machines = recording(count, part, seed)
    faulty = [coarse(machines.faulty(fault, SEVERITY)) for fault in FAULTS]
    return np.stack([coarse(machines.windows()), *faulty])


def one_kind_each(count: int, part: str, seed: int = DATA_SEED) -> Split:
    """Machines of which each is in one condition."""
    labels = (np.arange(count) % CLASSES).astype(np.uint8)
    return Split(in_all_kinds(count, part, seed)[labels, np.arange(count)], labels)


def kinds() -> Dataset:
    """Coarse windows of whole and faulty machines, at full severity."""
    base = currents(1, 1, 1, seed=DATA_SEED)
    return Dataset(
        name="currents, whole and faulty",
        label=base.label,
        description=f"{base.description}; every {MEANED} samples meaned; whole, or with one of "
        f"{len(FAULTS)} faults at full severity",
        classes=KINDS,
        train=one_kind_each(TRAIN, "train"),
        validation=one_kind_each(VALIDATION, "validation"),
        test=one_kind_each(TEST, "test"),
    )


def train_stack(dataset: Dataset, progress: Progress) -> ConditionalStack:
    """Minimise ½ d log MSE + β KL, the KL term warmed up: a Gaussian of calibrated variance
    (Rybkin, Daniilidis & Levine 2021, equation 5)."""
    x = torch.from_numpy(dataset.train.x)
    c = one_hot(dataset.train.labels, CLASSES)
    stack, beta = new_members(BETAS, WIDTH, CLASSES, HIDDEN, SEED)

    def loss(batch: Batch) -> Tensor:
        rows, told = x[batch.rows], c[batch.rows]
        mu, log_var = stack.encode(rows, told)
        eps = shared_noise(len(rows), stack.members, batch.noise)
        x_hat = stack.logits(mu + torch.exp(0.5 * log_var) * eps, told)
        errors = (x_hat - rows).square().mean((1, 2))
        kl = -0.5 * (1 + log_var - mu.square() - torch.exp(log_var)).sum(2).mean(1)
        total: Tensor = 0.5 * WIDTH * torch.log(errors) + warmth(batch.epoch) * beta[:, 0] * kl
        return total.sum()

    fit(stack, loss, len(x), SCHEDULE, SEED, progress)
    round_to_half(stack)
    return stack


def train_judge(validation: Floats) -> Judge:
    """A classifier of the six classes, and how near a real window has to be; from other machines.

    Each rule refuses one in forty of the validation windows.
    """
    windows = one_kind_each(JUDGED, "train", JUDGE_SEED)
    x, labels = torch.from_numpy(windows.x), torch.from_numpy(windows.labels.astype(np.int64))
    torch.manual_seed(SEED)
    classifier = DigitClassifier(WIDTH, CLASSES)

    def loss(batch: Batch) -> Tensor:
        return functional.cross_entropy(classifier.logits(x[batch.rows]), labels[batch.rows])

    fit(classifier, loss, len(x), JUDGE_SCHEDULE, SEED, lambda _: None)
    return limited(classifier, windows.x, validation)


def right_classes(judge: Judge, of: Split) -> float:
    """Share of real windows whose class the judge names."""
    return float(np.mean(judge.probabilities(of.x).argmax(1) == of.labels))


def machine_codes(stack: ConditionalStack, whole: Floats) -> NDArray[np.int32]:
    """Mean codes of whole windows by each member, in published steps, `[m, n, 2]`."""
    with torch.no_grad():
        mu, _ = stack.encode(torch.from_numpy(whole), asked(0, len(whole)))
    steps: NDArray[np.int32] = np.rint(MACHINE_STEPS * mu.numpy()).astype(np.int32)
    return steps


def asked(place: int, count: int) -> Tensor:
    """One class for all of `count` rows."""
    return torch.eye(CLASSES)[[place]].expand(count, -1)


def made_errors(stack: ConditionalStack, machines: Floats) -> NDArray[np.float64]:
    """How far whole windows that told members make faulty are from the truth, `[ways, β, seeds,
    faults]`. A graft keeps what the VAE does not draw of the window, its noise and the ripple."""
    told = stack.subset(range(len(BETAS) * SEEDS))
    whole, count = machines[0], machines.shape[1]
    z = torch.from_numpy((machine_codes(told, whole) / MACHINE_STEPS).astype(np.float32))
    with torch.no_grad():
        drawn = np.stack([told.logits(z, asked(k, count)).numpy() for k in range(CLASSES)], axis=1)
    ways = [[whole + x[1:] - x[0] for x in drawn], [x[1:] for x in drawn]]
    found = [[error(made, machines) for made in way] for way in ways]
    return np.array(found).reshape(len(OURS), len(BETAS), SEEDS, len(FAULTS))


def error(made: Made, machines: Floats) -> NDArray[np.float64]:
    """Root mean square over machines and samples of what is missed of each fault, `[faults]`."""
    missed: NDArray[np.float64] = np.square(made.astype(np.float64) - machines[1:]).mean((1, 2))
    return np.sqrt(missed)


def relative(made: Made, machines: Floats) -> float:
    """The error as a share of what each fault changes, summed over the faults."""
    whole = np.broadcast_to(machines[0], machines[1:].shape)
    return float(np.sum(error(made, machines) / error(whole, machines)))


def by_nearest(whole: Floats, dataset: Dataset, as_many: int) -> Made:
    """For each window the mean of the nearest training windows of each fault."""
    made = []
    for place in range(1, CLASSES):
        known = dataset.train.x[dataset.train.labels == place].astype(np.float64)
        squared = np.square(known).sum(1) - 2 * whole @ known.T
        chosen = np.argsort(squared, axis=1, kind="stable")[:, :as_many]
        made.append(known[chosen].mean(1))
    return np.stack(made).astype(np.float32)


def rival_errors(
    dataset: Dataset, linear: Mapping[str, LinearRival], machines: Floats, as_many: int
) -> NDArray[np.float64]:
    """The same without a network, `[rivals, faults]`."""
    whole, own = machines[0], linear["own"]
    z = own.encode(whole, np.zeros(len(whole), np.uint8))
    along = own.means[:, None] + np.einsum("nk,ckd->cnd", z, own.directions)
    made = {
        "unchanged": np.broadcast_to(whole, machines[1:].shape),
        "means": whole + (own.means[1:] - own.means[0])[:, None],
        "own": whole + along[1:] - along[0],
        "nearest": by_nearest(whole, dataset, as_many),
    }
    return np.stack([error(made[name], machines) for name in RIVALS])


def decoder(shown: ConditionalStack) -> Graph:
    """The decoders of the first seed, a member for each β."""

    def sample(n: int, generator: np.random.Generator) -> tuple[Array, ...]:
        z = (2 * generator.standard_normal((n, CODE_SIZE))).astype(np.float32)
        c = np.eye(CLASSES, dtype=np.float32)[generator.integers(CLASSES, size=n)]
        return z, c, generator.integers(shown.members, size=n).astype(np.int32)

    ports = (code_port(CODE_SIZE), C, MEMBER)
    return export(ConditionalDecoder(shown, ink=False), ports, (X_HAT,), sample, SEED)


def machine_arrays(stack: ConditionalStack, machines: Floats) -> dict[str, PublishedArray]:
    """Machines that were recorded in all conditions, and their codes."""
    shown = stack.subset([place * SEEDS for place in range(len(BETAS))])
    return {
        "machines": PublishedArray(
            np.rint(FINE * machines[:, :SHOWN]).astype(np.int32),
            f"rated amplitudes, times {FINE}",
            "windows of the same machines, whole and with each fault, by class and machine",
        ),
        "machine_codes": PublishedArray(
            machine_codes(shown, machines[0]),
            f"prior standard deviations, times {MACHINE_STEPS}",
            "mean codes of the machines when whole, by β, first seed",
        ),
    }


def key(fault: str) -> str:
    """A fault's name within a metric's."""
    return fault.replace(" ", "-")


def job_metrics(
    errors: NDArray[np.float64], rivals: NDArray[np.float64], best: int
) -> dict[str, Metric]:
    """What each way misses of each fault, at the β that was chosen on validation machines; `.lead`
    is by how much grafts miss less than the best rival."""
    unit, about = "rated amplitudes", "root mean square missed of whole windows made faulty"
    result: dict[str, Metric] = {}
    for place, fault in enumerate(FAULTS):
        for way, values in zip(OURS, errors[:, best, :, place], strict=True):
            result |= spread(f"{key(fault)}.{way}", values, unit, about)
        for rival, value in zip(RIVALS, rivals[:, place], strict=True):
            result[f"{key(fault)}.{rival}"] = Metric(float(value), unit, "test", about)
        winner = float(rivals[:, place].min())
        result[f"{key(fault)}.best_rival"] = Metric(winner, unit, "test", f"{about}, best rival")
        lead = winner - errors[0, best, :, place]
        result |= spread(f"{key(fault)}.lead", lead, unit, f"{about}, less than the best rival")
    return result


RECIPE = Recipe(
    title="Faults on request",
    description="conditional VAEs of coarse windows of currents, 96 + 6 → 32 → 24 → 2 and back, "
    "and unconditional twins, at three β from five seeds, beside class means with two directions",
    honesty="trained model",
    train=train,
    claims=(
        Claim(
            "grafts miss less than every rival for three faults, in every training",
            lambda m: all(
                m[f"{fault}.lead_lowest"] > 0
                for fault in ("phase-imbalance", "sensor-offset", "sensor-gain")
            ),
        ),
        Claim(
            "of an open switch the nearest recordings miss less, in every training",
            lambda m: (
                m["open-switch.lead_highest"] < 0
                and m["open-switch.best_rival"] == m["open-switch.nearest"]
            ),
        ),
        Claim(
            "a bearing's ripple is missed least if nothing is changed, in every training",
            lambda m: (
                m["bearing-ripple.lead_highest"] < 0
                and m["bearing-ripple.best_rival"] == m["bearing-ripple.unchanged"]
            ),
        ),
        Claim(
            "class means, moved along two directions, hardly ever draw what the judge takes for "
            "currents",
            lambda m: max(m["own.accepted_highest"], m["shared.accepted_highest"]) < 0.05,
        ),
        Claim(
            "told or not, codes tell next to nothing of the class at any β",
            lambda m: all(
                abs(m[f"beta-{beta:g}.{kind}.neighbours"] - m["chance"]) < 0.06
                for beta in BETAS
                for kind in ("conditional", "plain")
            ),
        ),
    ),
)
