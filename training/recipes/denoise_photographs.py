"""`denoise-photographs`: noise taken out of patches of two photographs, beside filters (F18)."""

import numpy as np

from training.data.photographs import SIDE, bands, photographs
from training.learn.fit import Schedule, share_of
from training.measure.filters import Field, Spectrum
from training.publish.card import DataCard
from training.publish.recipe import Claim, Progress, PublishedArray, Recipe, Trained
from training.recipes.families.denoise import (
    SEEDS,
    Domain,
    Network,
    Trial,
    arrays,
    choose,
    export_network,
    gains,
    metrics,
    options,
    train_stack,
)

TILE = 64
"""Pixels along one side of an example: eight patches."""

PATCHES = TILE // SIDE
STEP = 5
"""Pixels from one training patch to the next."""

SHOWN = (1, 4, 13, 18)
"""Test tiles that a reader can look at."""

GREYS = 255


def to_rows(tiles: Field) -> Field:
    """Tiles `[n, 64, 64]` as patches `[64 n, 64]`."""
    parts = tiles.reshape(-1, PATCHES, SIDE, PATCHES, SIDE).swapaxes(2, 3)
    return parts.reshape(-1, SIDE * SIDE)


def to_tiles(rows: Field) -> Field:
    """The way back."""
    parts = rows.reshape(-1, PATCHES, PATCHES, SIDE, SIDE).swapaxes(2, 3)
    return parts.reshape(-1, TILE, TILE)


DOMAIN = Domain(
    rows=to_rows,
    examples=to_tiles,
    axes=(-1, -2),
    levels=(0.03, 0.05, 0.1, 0.2),
    trained=0.1,
    kept=SIDE * SIDE,
    unit="grey, 0 black to 1 white",
)
NETWORK = Network(
    hidden=(96,),
    numbers=32,
    ink=True,
    schedule=Schedule(epochs=8, batch_size=64, learning_rate=4e-3),
)


def tiles(split: str) -> Field:
    """All whole tiles of a split's bands, `[n, 64, 64]`."""
    found = []
    for band in bands(split):
        rows, columns = (size // TILE for size in band.shape)
        whole = band[: rows * TILE, : columns * TILE].astype(np.float64)
        found.append(
            whole.reshape(rows, TILE, columns, TILE).swapaxes(1, 2).reshape(-1, TILE, TILE)
        )
    return np.concatenate(found)


def train(progress: Progress) -> Trained:
    """Train all seeds at once on the same patches, choose the filters' knobs, and measure."""
    data = photographs(STEP)
    trials = [Trial(data.train.x, tiles("validation"), tiles("test"))] * SEEDS
    stack = train_stack(trials, DOMAIN, NETWORK, share_of(progress, 0, 0.9))
    spectrum = Spectrum(data.train.x, DOMAIN.kept)
    knobs = choose(trials[0], DOMAIN, spectrum)
    table = gains(trials, DOMAIN, stack, [spectrum] * SEEDS, [knobs] * SEEDS)
    graph = export_network(stack, DOMAIN, trials[0].test, progress)
    shown: Field = trials[0].test[list(SHOWN)]
    return Trained(
        data=DataCard.of(data),
        seed=0,
        parameters=stack.parameter_count(0),
        graphs={"network": graph},
        arrays={
            **arrays(table, spectrum, knobs, DOMAIN),
            "clean": PublishedArray(
                np.rint(GREYS * shown).astype(np.uint8),
                f"{DOMAIN.unit}, times {GREYS}",
                "tiles of 64×64 pixels from the test bands",
            ),
        },
        metrics=metrics(table, DOMAIN),
        options=options(DOMAIN, NETWORK, knobs, GREYS),
    )


RECIPE = Recipe(
    title="Noise taken out of photographs",
    description="dense denoising autoencoders, 64 → 96 → 32 and back, trained on patches of 8×8 "
    "pixels with white noise, from five seeds",
    honesty="trained model",
    train=train,
    claims=(
        Claim(
            "at every strength the Wiener filter is ahead of every network",
            lambda m: all(
                m[f"white.level-{level}.lead_highest"] < 0
                and m[f"white.level-{level}.best_rival.gain"]
                == m[f"white.level-{level}.wiener.gain"]
                for level in (3, 5, 10, 20)
            ),
        ),
        Claim(
            "spikes as strong as in training, or twice that, are taken out best by a median and a "
            "Wiener filter behind it",
            lambda m: all(
                m[f"spikes.level-{level}.network.gain_highest"]
                < m[f"spikes.level-{level}.despiked.gain_lowest"]
                == m[f"spikes.level-{level}.best_rival.gain_lowest"]
                for level in (10, 20)
            ),
        ),
    ),
)
