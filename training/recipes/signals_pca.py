"""`signals-pca`: principal components of waveforms, a set for each number of harmonics (F3)."""

import numpy as np

from training.data.dataset import Floats
from training.data.signals import COMPLEXITIES, SAMPLES, amplitudes, signals
from training.measure.knee import knee
from training.measure.pca import PrincipalComponents
from training.publish.card import Metric
from training.publish.recipe import Claim, Progress, PublishedArray, Recipe, Trained
from training.recipes.families.signal_codes import ABOUT, COMPONENTS, SQUARED, card_of, pca_errors

SHOWN = 10
"""Held-out waveforms of each complexity that a reader can choose."""


def variances(x: Floats) -> Floats:
    """The eigenvalues of the covariance of `x` `[n, d]`, largest first."""
    eigenvalues: Floats = np.linalg.eigvalsh(np.cov(x.T, bias=True))[::-1].astype(np.float32)
    return eigenvalues


def train(progress: Progress) -> Trained:
    """Singular value decomposition of each training set; nothing is random."""
    datasets = []
    models = []
    for complexity in COMPLEXITIES:
        datasets.append(signals(complexity))
        models.append(PrincipalComponents(datasets[-1].train.x, COMPONENTS))
        progress(complexity / (len(COMPLEXITIES) + 1))
    errors = np.stack(
        [pca_errors(model, dataset.test.x) for model, dataset in zip(models, datasets, strict=True)]
    )
    metrics = {}
    for complexity, curve in zip(COMPLEXITIES, errors, strict=True):
        metrics[f"complexity-{complexity}.knee"] = Metric(
            knee(range(COMPONENTS + 1), curve.tolist()),
            "components",
            "test",
            "where the error curve, on a logarithmic axis, lies furthest below its chord",
        )
        spectrum = variances(datasets[complexity - 1].train.x)
        for components, error in enumerate(curve):
            metrics[f"complexity-{complexity}.pca-{components}.train.tail"] = Metric(
                float(spectrum[components:].sum()) / SAMPLES,
                SQUARED,
                "train",
                "sum of the eigenvalues that are left out, over the samples",
            )
            metrics[f"complexity-{complexity}.pca-{components}.test.reconstruction_mse"] = Metric(
                float(error), SQUARED, "test", ABOUT
            )
    return Trained(
        data=card_of(datasets, COMPLEXITIES),
        seed=0,
        parameters=len(COMPLEXITIES) * (COMPONENTS + 1) * SAMPLES,
        graphs={},
        arrays={
            "mean": PublishedArray(
                np.stack([model.mean.numpy() for model in models]),
                "amplitude",
                "the mean training waveform of each complexity",
            ),
            "components": PublishedArray(
                np.stack([model.components.numpy() for model in models]),
                "unit vectors",
                "the first principal components of each complexity, one a row",
            ),
            "errors_test": PublishedArray(
                errors, SQUARED, f"test error of each complexity with 0 … {COMPONENTS} components"
            ),
            "shown_test": PublishedArray(
                np.stack([dataset.test.x[:SHOWN] for dataset in datasets]),
                "amplitude",
                "test waveforms of each complexity",
            ),
            "amplitudes": PublishedArray(
                amplitudes(max(COMPLEXITIES)), "amplitude", "of each harmonic, as drawn"
            ),
        },
        metrics=metrics,
        options={"components": COMPONENTS, "complexities": list(COMPLEXITIES)},
    )


RECIPE = Recipe(
    title="Waveforms along their principal components",
    description="principal component analysis of waveforms with 1 to 6 harmonics",
    honesty="exact",
    train=train,
    claims=(
        Claim(
            "the knee of the error curve lies at two components a harmonic",
            lambda m: all(m[f"complexity-{c}.knee"] == 2 * c for c in COMPLEXITIES),
        ),
    ),
)
