"""A fixed judge of what is drawn: does it look like the data at all, and how near is an example?

A drawing is accepted if a classifier that was trained on real examples is sure enough of its class
*and* a real training example is close enough. Either rule alone can be fooled: a classifier is
often sure of nonsense, and a smear lies near to everything. Both limits come from the validation
examples, of which each rule refuses one in forty.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from training.data.dataset import Dataset, Floats
from training.learn.fit import Batch, Schedule, fit
from training.publish.export import round_to_half

SEED = 11
HIDDEN = 64
SCHEDULE = Schedule(epochs=60, batch_size=64, learning_rate=1e-2, weight_decay=5e-2)
REFUSED = 0.025
"""Share of the validation examples that each rule alone refuses."""


class DigitClassifier(nn.Module):
    """64 pixels → one hidden layer, SiLU → probabilities of the classes."""

    def __init__(self, pixels: int, classes: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(pixels, HIDDEN)
        self.to_logits = nn.Linear(HIDDEN, classes)

    def logits(self, x: Tensor) -> Tensor:
        """x `[n, pixels]`, ink 0..1 → `[n, classes]`."""
        values: Tensor = self.to_logits(functional.silu(self.hidden(x)))
        return values

    def forward(self, x: Tensor) -> Tensor:
        """x → probabilities."""
        return self.logits(x).softmax(1)


@dataclass(frozen=True)
class Judge:
    """The classifier (`[n, pixels]` → probabilities), the training examples `[n, pixels]`, and the
    two limits."""

    classifier: nn.Module
    known: Floats
    least_probability: float
    largest_distance: float

    def probabilities(self, x: Floats) -> Floats:
        """Of each class, `[n, classes]`."""
        with torch.no_grad():
            result: Floats = self.classifier(torch.from_numpy(x)).numpy()
        return result

    def sure(self, x: Floats) -> NDArray[np.bool_]:
        """Of which drawings `[n, pixels]` the classifier is sure enough."""
        enough: NDArray[np.bool_] = self.probabilities(x).max(1) >= self.least_probability
        return enough

    def near(self, x: Floats) -> NDArray[np.bool_]:
        """Which drawings `[n, pixels]` lie close enough to a known one."""
        enough: NDArray[np.bool_] = nearest_distance(x, self.known) <= self.largest_distance
        return enough

    def accepts(self, x: Floats) -> NDArray[np.bool_]:
        """Which drawings `[n, pixels]` look like the data."""
        return self.sure(x) & self.near(x)

    def accepted_share(self, x: Floats) -> float:
        """Share of drawings that are accepted, 0..1."""
        return float(self.accepts(x).mean())


def nearest_distance(x: Floats, known: Floats) -> Floats:
    """Euclidean distance, in ink, from each drawing to the nearest of `known`."""
    distances = torch.cdist(
        torch.from_numpy(x).double(),
        torch.from_numpy(known).double(),
        compute_mode="use_mm_for_euclid_dist",
    )
    result: Floats = distances.min(1).values.numpy()
    return result


def train_judge(dataset: Dataset) -> Judge:
    """Train the classifier and set both limits; the same judge whenever it is called."""
    x = torch.from_numpy(dataset.train.x)
    labels = torch.from_numpy(dataset.train.labels.astype(np.int64))
    torch.manual_seed(SEED)
    classifier = DigitClassifier(x.shape[1], len(dataset.classes))

    def loss(batch: Batch) -> Tensor:
        return functional.cross_entropy(classifier.logits(x[batch.rows]), labels[batch.rows])

    fit(classifier, loss, len(x), SCHEDULE, SEED, lambda _: None)
    round_to_half(classifier)
    return limited(classifier, dataset.train.x, dataset.validation.x)


def limited(classifier: nn.Module, known: Floats, validation: Floats) -> Judge:
    """The judge whose rules each refuse one in forty of the validation examples `[n, pixels]`."""
    unlimited = Judge(classifier, known, 0.0, np.inf)
    return Judge(
        classifier,
        known,
        float(np.quantile(unlimited.probabilities(validation).max(1), REFUSED)),
        float(np.quantile(nearest_distance(validation, known), 1 - REFUSED)),
    )
