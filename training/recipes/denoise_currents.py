"""`denoise-currents`: noise taken out of simulated phase currents, beside filters (F18)."""

import numpy as np

from training.data.currents import PHASES, SAMPLES, currents, flat, recording
from training.learn.fit import Schedule, share_of
from training.measure.filters import Field, Spectrum, gain_db
from training.publish.card import DataCard, Metric
from training.publish.recipe import Claim, Progress, PublishedArray, Recipe, Trained
from training.recipes.families.denoise import (
    MEASURED_SEED,
    SEEDS,
    Domain,
    Knobs,
    Network,
    Trial,
    arrays,
    choose,
    export_network,
    gains,
    metrics,
    noise,
    options,
    spread,
    train_stack,
)

FIRST_SEED = 41
TRAIN, HELD_OUT = 4096, 300
SHOWN = 6
FINE = 500
"""Shown windows are whole multiples of 1/500 of the rated amplitude."""

DOMAIN = Domain(
    rows=lambda windows: windows.reshape(len(windows), -1),
    examples=lambda rows: rows.reshape(-1, PHASES, SAMPLES),
    axes=(-1,),
    levels=(0.05, 0.1, 0.2, 0.4),
    trained=0.2,
    kept=64,
    unit="rated amplitudes",
)
NETWORK = Network(
    hidden=(64, 32),
    numbers=8,
    ink=False,
    schedule=Schedule(epochs=40, batch_size=64, learning_rate=1e-2),
)


def trial(seed: int) -> Trial:
    """What flows in whole machines, before any sensor."""
    train = flat(recording(TRAIN, "train", seed).flowing)
    held_out = [recording(HELD_OUT, part, seed).flowing for part in ("validation", "test")]
    return Trial(train, held_out[0], held_out[1])


def rid_of_spikes(trials: list[Trial], knobs: list[Knobs]) -> dict[str, Metric]:
    """What is gained by the first step alone of the filter against spikes, on spikes of the
    deviation that networks are trained with."""
    found = []
    for each, knob in zip(trials, knobs, strict=True):
        noisy = each.test + noise(each.test.shape, "spikes", MEASURED_SEED, DOMAIN.trained)
        rid = knob.despiked.without_spikes(noisy, DOMAIN.trained, DOMAIN.axes)
        found.append(gain_db(each.test, noisy, rid))
    key = f"spikes.level-{100 * DOMAIN.trained:.0f}.rid.gain"
    return spread(key, np.array(found), "by replacing what sticks out")


def train(progress: Progress) -> Trained:
    """Train all seeds at once, choose the filters' knobs, and measure."""
    trials = [trial(FIRST_SEED + seed) for seed in range(SEEDS)]
    stack = train_stack(trials, DOMAIN, NETWORK, share_of(progress, 0, 0.8))
    spectra = [Spectrum(each.train, DOMAIN.kept) for each in trials]
    pairs = zip(trials, spectra, strict=True)
    knobs = [choose(each, DOMAIN, spectrum) for each, spectrum in pairs]
    table = gains(trials, DOMAIN, stack, spectra, knobs)
    graph = export_network(stack, DOMAIN, trials[0].test, progress)
    shown: Field = trials[0].test[:SHOWN]
    return Trained(
        data=DataCard.of(currents(TRAIN, HELD_OUT, HELD_OUT, seed=FIRST_SEED)),
        seed=FIRST_SEED,
        parameters=stack.parameter_count(0),
        graphs={"network": graph},
        arrays={
            **arrays(table, spectra[0], knobs[0], DOMAIN),
            "clean": PublishedArray(
                np.rint(FINE * shown).astype(np.int32),
                f"{DOMAIN.unit}, times {FINE}",
                "currents of test machines, before any sensor",
            ),
        },
        metrics={**metrics(table, DOMAIN), **rid_of_spikes(trials, knobs)},
        options=options(DOMAIN, NETWORK, knobs[0], FINE),
    )


RECIPE = Recipe(
    title="Noise taken out of currents",
    description="dense denoising autoencoders, 384 → 64 → 32 → 8 and back, trained on windows of "
    "currents with white noise, from five seeds",
    honesty="trained model",
    train=train,
    claims=(
        Claim(
            "at the noise of training and at twice as much, every network is ahead of the best "
            "filter",
            lambda m: all(m[f"white.level-{level}.lead_lowest"] > 0 for level in (20, 40)),
        ),
        Claim(
            "at half and a quarter of it, the Wiener filter is ahead of every network",
            lambda m: all(
                m[f"white.level-{level}.lead_highest"] < 0
                and m[f"white.level-{level}.best_rival.gain"]
                == m[f"white.level-{level}.wiener.gain"]
                for level in (5, 10)
            ),
        ),
        Claim(
            "spikes of the same strength, never trained for, cost less than half a decibel",
            lambda m: (
                abs(m["spikes.level-20.network.gain"] - m["white.level-20.network.gain"]) < 0.5
            ),
        ),
        Claim(
            "a median that replaces spikes is ahead of every network, the more with a Wiener "
            "filter behind it",
            lambda m: (
                m["spikes.level-20.network.gain_highest"]
                < m["spikes.level-20.rid.gain_lowest"]
                < m["spikes.level-20.despiked.gain_lowest"]
            ),
        ),
    ),
)
