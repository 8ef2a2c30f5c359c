"""`anomaly-currents`: detectors of faults, trained on currents of whole machines only (F17)."""

from dataclasses import asdict
from functools import cache

import numpy as np
from numpy.typing import NDArray

from training.data.currents import (
    FAULTS,
    PHASES,
    SAMPLES,
    STATED,
    Recording,
    currents,
    flat,
    recording,
)
from training.data.dataset import Floats
from training.learn.fit import Schedule, share_of
from training.measure.detectors import Field, threshold
from training.publish.card import DataCard, Metric
from training.publish.recipe import Claim, Progress, PublishedArray, Recipe, Trained
from training.recipes.families.anomaly import (
    BASE_RATE,
    LEVELS,
    OURS,
    RIVALS,
    SEEDS,
    SHARE,
    WEIGHED,
    Network,
    Scores,
    Trial,
    alarm_metrics,
    auc_metrics,
    export_shown,
    lead_metrics,
    score_all,
    score_arrays,
    train_stack,
)

FIRST_SEED = 21
NETWORK = Network(
    hidden=(64, 32),
    numbers=8,
    ink=False,
    schedule=Schedule(epochs=40, batch_size=64, learning_rate=1e-2),
    seed=7,
)
FAULTY = 100
HELD_OUT, TEST = 1000, 2000
"""Machines that suffer each fault at each severity; whole ones in validation and in test."""

STEPS = 10
"""Severities from 0 to 1 in tenths."""

QUOTED_STEPS = (1, 2, 3, 5, 10)
"""Tenths of severity whose numbers stand on the card."""

SHOWN_STEP = 3
"""Tenths of severity that the figure begins with and the text speaks of."""

SHOWN = 8
"""Faulty machines whose windows a reader can look at."""

FINE = 500
"""Shown windows are whole multiples of 1/500 of the rated amplitude."""

KINDS = ((FAULTS[0], 0), *((fault, step) for fault in FAULTS for step in range(1, STEPS + 1)))
"""Fault and tenths of severity; the first are whole machines."""

SUM = "sum"
DETECTORS = (OURS, WEIGHED, *RIVALS, SUM)
MOST = 0.9
"""Share of faulty windows that a good detector catches."""

UNIT = "rated amplitudes"


def trial(seed: int) -> Trial:
    """Windows drawn with their own seed."""
    data = currents(validation=HELD_OUT, test=TEST, seed=seed)

    @cache
    def faulty() -> Recording:
        return recording(FAULTY, "faulty", seed)

    def strange(kind: int) -> Floats:
        fault, step = KINDS[kind]
        return faulty().faulty(fault, step / STEPS)

    return Trial(data.train.x, data.validation.x, data.test.x, strange)


def sum_of_phases(x: Floats) -> Field:
    """Mean square of i_a + i_b + i_c, which Kirchhoff sets to zero; windows `[n, 384]`."""
    total = x.reshape(-1, PHASES, SAMPLES).sum(axis=1, dtype=np.float64)
    squares: Field = np.square(total).mean(axis=1)
    return squares


def train(progress: Progress) -> Trained:
    """Train all seeds at once, then let every detector judge what it has not seen."""
    trials = [trial(FIRST_SEED + seed) for seed in range(SEEDS)]
    stack = train_stack(trials, NETWORK, share_of(progress, 0, 0.6))
    rivals = {SUM: sum_of_phases}
    scores = score_all(trials, len(KINDS), stack, rivals, share_of(progress, 0.6, 1))
    shown = recording(FAULTY, "faulty", FIRST_SEED)
    return Trained(
        data=DataCard.of(currents(validation=HELD_OUT, test=TEST, seed=FIRST_SEED)),
        seed=FIRST_SEED,
        parameters=stack.parameter_count(0),
        graphs={"autoencoder": export_shown(stack, [0], trials[0].test, UNIT, NETWORK.seed)},
        arrays={
            **score_arrays(scores, [0]),
            "windows": PublishedArray(
                fine(shown.windows()[:SHOWN]),
                f"{UNIT}, times {FINE}",
                "windows of the first machines that the faults happen to, while whole",
            ),
            "effects": PublishedArray(
                fine(np.stack([flat(shown.effect(fault))[:SHOWN] for fault in FAULTS])),
                f"{UNIT}, times {FINE}",
                "what each fault adds to these at severity 1",
            ),
        },
        metrics=metrics(scores),
        options={
            "faults": list(FAULTS),
            "machine": STATED,
            "shown_severity": SHOWN_STEP / STEPS,
            "steps": STEPS,
            "detectors": list(scores.detectors),
            "seeds": SEEDS,
            "numbers": NETWORK.numbers,
            "hidden": list(NETWORK.hidden),
            "fine": FINE,
            "levels": LEVELS,
            "share": SHARE,
            "base_rate": BASE_RATE,
            **asdict(NETWORK.schedule),
        },
    )


def fine(values: Field | Floats) -> NDArray[np.int32]:
    """Windows as they are published."""
    return np.rint(FINE * values).astype(np.int32)


def metrics(scores: Scores) -> dict[str, Metric]:
    """Areas as `open-switch.severity-50.pca.auc`; over all faults as `all.severity-50.…`."""
    auc = scores.auc
    detectors = scores.detectors
    result = auc_metrics("severity-0", auc[:, 0], detectors)
    for step in QUOTED_STEPS:
        kinds = [KINDS.index((fault, step)) for fault in FAULTS]
        for fault, kind in zip(FAULTS, kinds, strict=True):
            key = f"{fault.replace(' ', '-')}.severity-{10 * step}"
            result |= auc_metrics(key, auc[:, kind], detectors)
            result |= alarm_metrics(key, scores, 0, kind)
        over_all = auc[:, kinds].mean(axis=1)
        result |= auc_metrics(f"all.severity-{10 * step}", over_all, detectors)
        result |= lead_metrics(f"all.severity-{10 * step}", over_all, detectors)

    for place, detector in enumerate(detectors):
        limit = threshold(scores.validation[0, place], SHARE)
        for fault in FAULTS:
            caught = [
                np.mean(scores.strange[0, KINDS.index((fault, step)), place] > limit)
                for step in range(1, STEPS + 1)
            ]
            enough = [step for step, share in enumerate(caught, 1) if share >= MOST]
            result[f"{fault.replace(' ', '-')}.{detector}.first_severity"] = Metric(
                min(enough, default=STEPS + 1) / STEPS,
                "severity",
                "test",
                f"the least severity, in tenths, at which {MOST:.0%} of the faults are caught; "
                "1.1 if there is none",
            )
    return result


RECIPE = Recipe(
    title="Faults in the currents of a machine",
    description="dense autoencoders, 384 → 64 → 32 → 8 and back, trained on windows of whole "
    "machines from five seeds, and four detectors without a network",
    honesty="trained model",
    train=train,
    claims=(
        Claim(
            "without severity no detector tells faulty machines from whole ones",
            lambda m: all(abs(m[f"severity-0.{each}.auc"] - 0.5) < 0.06 for each in DETECTORS),
        ),
        Claim(
            "at half severity Mahalanobis distance, the strongest rival, is ahead of the plain "
            "error in every seed",
            lambda m: (
                m["all.severity-50.autoencoder.lead_highest"] < 0
                and m["all.severity-50.best_rival.auc"] == m["all.severity-50.mahalanobis.auc"]
            ),
        ),
        Claim(
            "there the weighed error comes within three hundredths of it, and is not ahead",
            lambda m: -0.03 < m["all.severity-50.weighed.lead"] <= 0,
        ),
        Claim(
            "a bearing's ripple is told better by the weighed error than by the distance",
            lambda m: (
                m["bearing-ripple.severity-30.weighed.auc_lowest"]
                > m["bearing-ripple.severity-30.mahalanobis.auc_highest"]
            ),
        ),
        Claim(
            "of an offset the sum of the currents tells more than the weighed error",
            lambda m: (
                m["sensor-offset.severity-30.sum.auc_lowest"]
                > m["sensor-offset.severity-30.weighed.auc_highest"]
            ),
        ),
        Claim(
            "of open switches at 30% the plain error catches more than half, and at one in a "
            "thousand nine alarms in ten are false",
            lambda m: (
                m["open-switch.severity-30.autoencoder.caught"] > 0.5
                and m["open-switch.severity-30.autoencoder.true_alarms"] < 0.1
            ),
        ),
        Claim(
            "the plain error catches no severity of a bearing's ripple in nine cases of ten, the "
            "weighed one does",
            lambda m: (
                m["bearing-ripple.autoencoder.first_severity"] > 1
                and m["bearing-ripple.weighed.first_severity"] < 1
            ),
        ),
    ),
)
