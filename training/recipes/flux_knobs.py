"""`flux-knobs`: flux maps said with one to six numbers, and filled in from a few points (F19).

Autoencoders with codes of one to six numbers, from five seeds each, beside PCA with as many. The
first and the last layer of all of them are the same and fixed: they go to and from the scores along
the first principal directions, of which `DIRECTIONS` miss next to nothing. So a network is small,
and the rival stands on the same ground.

Then the numbers are fitted to a few measured points of maps that nobody has seen, and the error is
that on the points that were not measured. λ was chosen on validation maps.
"""

from dataclasses import asdict

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from training.data import rng
from training.data.dataset import Floats
from training.data.fluxmaps import NOISE, POINTS, STATED, fluxmaps
from training.learn.fit import Batch, Schedule, fit, share_of
from training.learn.losses import error_of_all
from training.learn.sloped_decoder import SlopedDecoder
from training.learn.stack import AutoencoderStack
from training.measure.fitted_codes import Measured, fitted, fitted_linear
from training.measure.pca import PrincipalComponents
from training.publish.card import DataCard, Metric, Port
from training.publish.export import Array, export, round_to_half
from training.publish.recipe import Claim, Progress, PublishedArray, Recipe, Trained

SEED = 7
SEEDS = 5
KNOBS = (1, 2, 3, 4, 5, 6)
DIRECTIONS = 20
HIDDEN = (48,)
SCHEDULE = Schedule(epochs=100, batch_size=50, learning_rate=1e-2)

MEASURED = (2, 4, 8, 16)
"""Numbers of measured points; each tells both flux linkages."""

FITTED = 100
"""Test maps that are filled in, for each draw of points; a training meets one draw."""

CHOSEN_ON = 60
"""Validation maps that λ is chosen on."""

STRENGTHS = (1.0, 4.0, 16.0, 64.0)
"""λ, (mVs)²."""

SHOWN = 6
FINE = 10
"""Shown maps are whole multiples of 1/10 mVs."""

STREAM_POINTS = rng.STREAM_DRAW + 40
STREAM_NOISE = rng.STREAM_DRAW + 60
"""Of draw 0, the other draws follow; a map's place in its split is the seed. The second as in
figures/reduce/maths.ts."""

METHODS = ("autoencoder", "pca", "full_pca")
NAMES = {
    "autoencoder": "the autoencoder",
    "pca": "PCA with as many knobs",
    "full_pca": f"PCA with {DIRECTIONS} knobs, held by λ",
}

Field = NDArray[np.float64]


class Ground:
    """The fixed layers: mVs to scores and back. Scores are in units of `unit` mVs."""

    def __init__(self, train: Floats) -> None:
        components = PrincipalComponents(train, DIRECTIONS)
        # rounded as they are published, so that all that is measured is measured with these
        self.mean: Field = halved(components.mean.numpy())
        self.directions: Field = halved(components.components.numpy())
        deviations = self.raw_scores(train).std(axis=0)
        self.unit = float(deviations[0])
        self.scales: Field = halved(deviations / self.unit)

    def raw_scores(self, maps: Floats) -> Field:
        """Along the directions, mVs `[n, 20]`."""
        scores: Field = (maps - self.mean) @ self.directions.T
        return scores

    def scores(self, maps: Floats) -> Field:
        """`[n, 338]` mVs → `[n, 20]`."""
        return self.raw_scores(maps) / self.unit

    def maps(self, scores: Field) -> Field:
        """`[…, 20]` → `[…, 338]` mVs."""
        maps: Field = self.mean + self.unit * scores @ self.directions
        return maps


def halved(values: NDArray[np.floating]) -> Field:
    """As half precision keeps them."""
    return values.astype(np.float16).astype(np.float64)


def train(progress: Progress) -> Trained:
    """Train all members at once, then measure what they lose and what they fill in."""
    data = fluxmaps()
    ground = Ground(data.train.x)
    stack = train_stack(ground.scores(data.train.x), share_of(progress, 0, 0.8))
    test = data.test.x
    errors = reconstruction_errors(stack, ground, test)
    flat = pca_errors(ground, test)
    strengths = chosen_strengths(stack, ground, data.validation.x[:CHOSEN_ON])
    progress(0.9)
    rest = filled_in(stack, ground, test[:FITTED], strengths, range(SEEDS))
    shown = stack.subset([member(knobs, 0) for knobs in KNOBS])
    return Trained(
        data=DataCard.of(data),
        seed=SEED,
        parameters=stack.parameter_count(member(KNOBS[-1], 0)),
        graphs={
            "decoder": export(
                SlopedDecoder(shown),
                (
                    Port(
                        "z", ("n", KNOBS[-1]), "", "knobs; those beyond a member's own do nothing"
                    ),
                    Port("member", ("n",), "", "the number of knobs less one", "int32"),
                ),
                (
                    Port("scores", ("n", DIRECTIONS), "", "along the directions"),
                    Port("slopes", ("n", DIRECTIONS, KNOBS[-1]), "", "of scores by knobs"),
                ),
                sample,
                SEED,
            )
        },
        arrays={
            "mean": published(ground.mean, "mVs", "of the training maps"),
            "directions": published(ground.directions, "", "principal directions of these"),
            "scales": published(ground.scales, "", "deviations of the scores along them"),
            "maps": PublishedArray(
                np.rint(FINE * test[:SHOWN]).astype(np.int32),
                f"mVs, times {FINE}",
                "of test machines, the d axis first",
            ),
            "errors": published(errors, "mVs", "left by autoencoders, by knobs and seed"),
            "pca_errors": published(flat, "mVs", "left by PCA, by knobs"),
            "rest": published(
                rest, "mVs", "on points not measured, by method, points, knobs and draw"
            ),
            "strengths": published(strengths, "(mVs)²", "λ by method, points and knobs"),
        },
        metrics=metrics(errors, flat, rest),
        options={
            "methods": list(METHODS),
            "knobs": list(KNOBS),
            "measured": list(MEASURED),
            "seeds": SEEDS,
            "directions": DIRECTIONS,
            "hidden": list(HIDDEN),
            "points": POINTS,
            "unit": ground.unit,
            "fine": FINE,
            "noise": NOISE,
            "fitted": FITTED,
            "machine": STATED,
            **asdict(SCHEDULE),
        },
    )


def member(knobs: int, seed: int) -> int:
    """Where it stands in the stack."""
    return KNOBS.index(knobs) * SEEDS + seed


def sample(n: int, generator: np.random.Generator) -> tuple[Array, ...]:
    """Codes as wide as a search may go, for the check of the export."""
    z = 2 * generator.standard_normal((n, KNOBS[-1]))
    return z.astype(np.float32), generator.integers(len(KNOBS), size=n).astype(np.int32)


def published(values: Field, unit: str, description: str) -> PublishedArray:
    return PublishedArray(values.astype(np.float32), unit, description)


def train_stack(scores: Field, progress: Progress) -> AutoencoderStack:
    """`SEEDS` members for each number of knobs, their codes standardised, weights rounded."""
    x = torch.from_numpy(scores.astype(np.float32))
    torch.manual_seed(SEED)
    sizes = [knobs for knobs in KNOBS for _ in range(SEEDS)]
    stack = AutoencoderStack(DIRECTIONS, HIDDEN, sizes, ink=False)

    def loss(batch: Batch) -> Tensor:
        rows = x[batch.rows].expand(len(stack), -1, -1)
        return error_of_all(stack(rows), rows)

    fit(stack, loss, len(x), SCHEDULE, SEED, progress)
    stack.standardize_codes(x.expand(len(stack), -1, -1))
    round_to_half(stack)
    return stack


def root_mean_square(errors: Field, weights: Field | None = None) -> float:
    """Of all errors, or of those with weight 1 among some with 0."""
    return float(np.sqrt(np.average(np.square(errors), weights=weights)))


@torch.no_grad()
def reconstruction_errors(stack: AutoencoderStack, ground: Ground, maps: Floats) -> Field:
    """mVs over all points of both axes, `[knobs, seeds]`."""
    scores = torch.from_numpy(ground.scores(maps).astype(np.float32))
    found = stack(scores.expand(len(stack), -1, -1)).double().numpy()
    errors = [root_mean_square(ground.maps(each) - maps) for each in found]
    return np.reshape(errors, (len(KNOBS), SEEDS))


def pca_errors(ground: Ground, maps: Floats) -> Field:
    """The same of PCA, `[knobs]`."""
    scores = ground.scores(maps)
    kept = [np.where(np.arange(DIRECTIONS) < knobs, scores, 0) for knobs in KNOBS]
    return np.array([root_mean_square(ground.maps(each) - maps) for each in kept])


def points(count: int, measured: int, draw: int) -> Field:
    """1 at the measured points of each of `count` maps and 0 elsewhere, both axes `[n, 338]`.

    Of one draw, the fewer points are among the more.
    """
    known = np.zeros((count, POINTS**2))
    for row in range(count):
        known[row, rng.permutation(row, STREAM_POINTS + draw, POINTS**2)[:measured]] = 1
    return np.tile(known, 2)


def readings(maps: Floats, draw: int) -> Field:
    """Maps as an instrument reads them, with noise at each point, mVs `[n, 338]`."""
    noise = [rng.normal(row, STREAM_NOISE + draw, maps.shape[1]) for row in range(len(maps))]
    return maps + NOISE * np.stack(noise).astype(np.float64)


class Fits:
    """Everything that the maps of one draw tell of a few points, for any method to be fitted."""

    def __init__(self, ground: Ground, maps: Floats, measured: int, draw: int) -> None:
        self.ground, self.maps = ground, maps
        self.known = points(len(maps), measured, draw)
        self.told = Measured.of(
            torch.from_numpy(readings(maps, draw)),
            torch.from_numpy(self.known),
            torch.from_numpy(ground.mean),
            torch.from_numpy(ground.unit * ground.directions),
        )

    def strength(self, value: float) -> Tensor:
        return torch.full((len(self.maps),), value, dtype=torch.float64)

    @torch.no_grad()
    def autoencoder(self, decoder: SlopedDecoder, index: int, value: float) -> Field:
        """Scores `[n, 20]` that one member's fitted code decodes to."""
        named = torch.full((len(self.maps),), index, dtype=torch.int32)
        z = fitted(lambda z: decoder(z, named), self.told, self.strength(value), KNOBS[-1])
        return np.asarray(decoder(z, named)[0])

    def pca(self, knobs: int, value: float) -> Field:
        """The same with the first directions."""
        scales = torch.from_numpy(self.ground.scales[:knobs])
        z = fitted_linear(scales, self.told, self.strength(value)).numpy()
        return np.pad(z * self.ground.scales[:knobs], ((0, 0), (0, DIRECTIONS - knobs)))

    def by(self, method: str, decoder: SlopedDecoder, knobs: int, seed: int, value: float) -> float:
        """Error on the points that were not measured, mVs."""
        if method == "autoencoder":
            scores = self.autoencoder(decoder, member(knobs, seed), value)
        else:
            scores = self.pca(DIRECTIONS if method == "full_pca" else knobs, value)
        return root_mean_square(self.ground.maps(scores) - self.maps, 1 - self.known)


def exact(stack: AutoencoderStack) -> SlopedDecoder:
    """The decoders in float64."""
    copy = AutoencoderStack(DIRECTIONS, stack.hidden, stack.code_sizes, ink=False)
    copy.load_state_dict(stack.state_dict())
    return SlopedDecoder(copy.double())


def chosen_strengths(stack: AutoencoderStack, ground: Ground, maps: Floats) -> Field:
    """λ of each method, number of points and of knobs, `[3, 4, 6]`: the best on these maps."""
    decoder = exact(stack)
    chosen = np.empty((len(METHODS), len(MEASURED), len(KNOBS)))
    for place, measured in enumerate(MEASURED):
        fits = Fits(ground, maps, measured, 0)
        for m, method in enumerate(METHODS):
            for k, knobs in enumerate(KNOBS):
                if method == "full_pca" and k:
                    chosen[m, place, k] = chosen[m, place, 0]
                    continue
                found = [fits.by(method, decoder, knobs, 0, value) for value in STRENGTHS]
                chosen[m, place, k] = STRENGTHS[int(np.argmin(found))]
    return chosen


def filled_in(
    stack: AutoencoderStack, ground: Ground, maps: Floats, strengths: Field, draws: range
) -> Field:
    """Errors on points not measured, mVs `[3, 4, 6, draws]`; draw i meets training i."""
    decoder = exact(stack)
    found = np.empty((*strengths.shape, len(draws)))
    for place, measured in enumerate(MEASURED):
        for draw in draws:
            fits = Fits(ground, maps, measured, draw)
            for m, method in enumerate(METHODS):
                for k, knobs in enumerate(KNOBS):
                    value = float(strengths[m, place, k])
                    found[m, place, k, draw] = fits.by(method, decoder, knobs, draw, value)
    return found


def metrics(errors: Field, flat: Field, rest: Field) -> dict[str, Metric]:
    """`knobs-4.autoencoder.error`, `points-8.knobs-4.pca.rest`, and what the rival leaves more."""
    result: dict[str, Metric] = {}
    for k, knobs in enumerate(KNOBS):
        key = f"knobs-{knobs}"
        result |= spread(f"{key}.autoencoder.error", errors[k], "left by the autoencoder")
        result |= spread(f"{key}.pca.error", flat[k : k + 1], "left by PCA")
        result |= spread(f"{key}.lead", flat[k] - errors[k], "left more by PCA")
        for place, measured in enumerate(MEASURED):
            key, here = f"points-{measured}.knobs-{knobs}", rest[:, place, k]
            for method, values in zip(METHODS, here, strict=True):
                about = f"on points not measured, by {NAMES[method]}"
                result |= spread(f"{key}.{method}.rest", values, about)
            best = here[1 + int(here[1:].mean(axis=1).argmin())]
            result |= spread(f"{key}.best_rival.rest", best, "the same by the better rival")
            result |= spread(f"{key}.lead", best - here[0], "more by the better rival")
            result |= spread(f"{key}.pca_lead", here[1] - here[0], "more by PCA with as many")
    return result


def spread(name: str, values: Field, about: str) -> dict[str, Metric]:
    """Mean, lowest and highest over the trainings, root mean square errors in mVs."""
    found = (("", "mean", values.mean()), ("_lowest", "lowest", values.min()))
    return {
        f"{name}{ending}": Metric(
            float(value), "mVs", "test", f"error {about}, {word} of {len(values)}"
        )
        for ending, word, value in (*found, ("_highest", "highest", values.max()))
    }


RECIPE = Recipe(
    title="Flux maps with a few knobs",
    description="autoencoders of flux maps with codes of one to six numbers, 20 → 48 → k and back "
    "between fixed linear layers, from five seeds each, and their codes fitted to a few points",
    honesty="trained model",
    train=train,
    claims=(
        Claim(
            "at every number of knobs each autoencoder leaves less of a map than PCA",
            lambda m: all(m[f"knobs-{knobs}.lead_lowest"] > 0 for knobs in KNOBS),
        ),
        Claim(
            "from eight points on, six fitted knobs are ahead of both rivals in every draw",
            lambda m: all(m[f"points-{n}.knobs-6.lead_lowest"] > 0 for n in (8, 16)),
        ),
        Claim(
            "with two points PCA is ahead of six fitted knobs in every draw",
            lambda m: m["points-2.knobs-6.pca_lead_highest"] < 0,
        ),
        Claim(
            "with eight points, up to four fitted knobs are behind PCA with all of its own",
            lambda m: all(m[f"points-8.knobs-{knobs}.lead"] < 0 for knobs in (1, 2, 3, 4)),
        ),
        Claim(
            "with eight points, any fitted knobs are ahead of PCA with as many on average",
            lambda m: all(m[f"points-8.knobs-{knobs}.pca_lead"] > 0 for knobs in KNOBS),
        ),
    ),
)
