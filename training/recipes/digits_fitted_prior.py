"""`digits-fitted-prior`: three ways to throw codes for one and the same decoder (F26).

Plain autoencoders of digits and their variational twins, as in `digits_holes`. To each belongs a
prior that is fitted to its codes only afterwards: a mixture of Gaussians, and a diffusion model
on the codes. The decoder is the same throughout, and the judge is that of `digits_holes`.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.mixture import GaussianMixture
from torch import Tensor

from training.data import rng
from training.data.dataset import Dataset, Floats
from training.data.digits import digits
from training.learn.cloud_stack import TwinStack
from training.learn.code_diffusion import ChosenDenoiser, DenoiserStack, noise_levels, pull
from training.learn.fit import Batch, Schedule, fit, share_of
from training.learn.judge import Judge, nearest_distance, train_judge
from training.learn.stack import ChosenMember
from training.publish.card import DataCard, Metric, Port
from training.publish.export import Array, export, round_to_half
from training.publish.recipe import Claim, Progress, PublishedArray, Recipe, Trained
from training.recipes.families.digit_codes import PIXELS, X_HAT, images

SEED = 21
CODE_SIZE = 16
SEEDS = 3
KINDS = ("ae", "vae")
MEMBERS = len(KINDS) * SEEDS
"""Member `place of kind · SEEDS + seed`."""

PRIORS = ("normal", "mixture", "diffusion")
HIDDEN = (48, 24)
SCHEDULE = Schedule(epochs=120, batch_size=64, learning_rate=4e-3)
WARM_UP_EPOCHS = 20

COMPONENTS = (1, 2, 4, 8, 16, 32)
"""Sizes of the mixture; held-out codes choose among them."""

LEAST_VARIANCE = 1e-2
"""Added to each variance of the mixture, in that of the codes: a component is no single code."""

STEPS = 24
DENOISER_HIDDEN = 64
DENOISER_SCHEDULE = Schedule(epochs=400, batch_size=128, learning_rate=4e-3)

JUDGED_STEPS = range(0, STEPS + 1, 3)
"""After how many steps of the diffusion the drawings are judged."""

THROWS = 1000
THROW_SEED = 7
STREAM_NORMAL = rng.STREAM_DRAW + 26
STREAM_COMPONENT = rng.STREAM_DRAW + 27
"""As in figures/fitted-prior/maths.ts."""

SHOWN_CODES = 200
PLACE_STEP = 1 / 24
"""Published places of training digits are whole multiples of this, offset by 128."""

Z = Port(
    "z",
    ("n", CODE_SIZE),
    "standard deviations of the training codes",
    "a code; over the training digits, codes have mean 0 and covariance I",
)
MEMBER = Port("member", ("n",), "", "which autoencoder: kind, then seed", "int32")
LEVEL = Port("level", ("n",), "", "the step's logarithm of the ratio of signal to noise, halved")
CLEAN = Port("clean", ("n", CODE_SIZE), Z.unit, "the denoiser's guess at the clean code")


@dataclass(frozen=True)
class Mixture:
    """Weights `[k]`, means `[k, 16]`, and Cholesky factors of the covariances `[k, 16, 16]`.

    Rounded as they are published.
    """

    weights: NDArray[np.float32]
    means: NDArray[np.float16]
    factors: NDArray[np.float16]


def train(progress: Progress) -> Trained:
    """Train the autoencoders, then the priors on their codes, and judge what each throws."""
    dataset = digits()
    x = images(dataset, "train")
    stack = train_twins(x, share_of(progress, 0.0, 0.4))
    codes = {split: drawn_codes(stack, images(dataset, split)) for split in dataset.splits()}
    mixtures = [
        fit_mixture(codes["train"][member], codes["validation"][member])
        for member in range(MEMBERS)
    ]
    denoiser = train_denoiser(torch.from_numpy(codes["train"]), share_of(progress, 0.4, 0.9))
    judge = train_judge(dataset)
    paths = diffuse(denoiser, np.broadcast_to(normals(), (MEMBERS, THROWS, CODE_SIZE)))
    thrown = {
        "normal": np.broadcast_to(normals(), (MEMBERS, THROWS, CODE_SIZE)),
        "mixture": np.stack([mixture_throws(mixture) for mixture in mixtures]),
        "diffusion": paths[-1],
    }
    verdicts = {
        prior: [judged(judge, drawn) for drawn in decoded(stack, codes)]
        for prior, codes in thrown.items()
    }
    along = [
        [judge.accepted_share(drawn) for drawn in decoded(stack, paths[step])]
        for step in JUDGED_STEPS
    ]
    decoder = ChosenMember(stack, (len(stack.weights) - 1,), stack.code_layer + 1)
    return Trained(
        data=DataCard.of(dataset),
        seed=SEED,
        parameters=stack.parameter_count(0),
        graphs={
            "decoder": export(decoder, (Z, MEMBER), (X_HAT,), sample_codes, SEED),
            "denoiser": export(
                ChosenDenoiser(denoiser), (Z, LEVEL, MEMBER), (CLEAN,), sample_levels, SEED
            ),
        },
        arrays={
            **mixture_arrays(mixtures),
            **share_arrays(verdicts, along),
            **plane_arrays(codes["train"], dataset.train.labels),
        },
        metrics=metrics(stack, dataset, judge, verdicts, mixtures),
        options={
            "code_size": CODE_SIZE,
            "kinds": list(KINDS),
            "seed_count": SEEDS,
            "priors": list(PRIORS),
            "steps": STEPS,
            "levels": noise_levels(STEPS).tolist(),
            "judged_steps": list(JUDGED_STEPS),
            "components": [len(mixture.weights) for mixture in mixtures],
            "throws": THROWS,
            "throw_seed": THROW_SEED,
            "place_step": PLACE_STEP,
            "hidden": list(HIDDEN),
            "denoiser_hidden": DENOISER_HIDDEN,
            "denoiser_epochs": DENOISER_SCHEDULE.epochs,
            "warm_up_epochs": WARM_UP_EPOCHS,
            **asdict(SCHEDULE),
        },
    )


def train_twins(x: Tensor, progress: Progress) -> TwinStack:
    """The autoencoders, all codes with mean 0 and covariance I over the training digits."""
    torch.manual_seed(SEED)
    stack = TwinStack(PIXELS, HIDDEN, (CODE_SIZE,) * SEEDS)

    def loss(batch: Batch) -> Tensor:
        rows = x[batch.rows].expand(len(stack), -1, -1)
        eps = torch.randn(len(stack), len(batch.rows), CODE_SIZE, generator=batch.noise)
        reconstruction, kl = stack.losses(rows, eps)
        return (reconstruction + min(1.0, (batch.epoch + 1) / WARM_UP_EPOCHS) * kl).sum()

    fit(stack, loss, len(x), SCHEDULE, SEED, progress)
    stack.whiten_plain_codes(x)
    round_to_half(stack)
    return stack


@torch.no_grad()
def drawn_codes(stack: TwinStack, x: Tensor) -> Floats:
    """A code of each digit for each member, `[members, n, 16]`: drawn, if it has a cloud."""
    mu, log_var = stack.posterior(x.expand(len(stack), -1, -1))
    eps = torch.randn(mu.shape, generator=torch.Generator().manual_seed(SEED))
    codes: Floats = (mu + stack.noisy * torch.exp(0.5 * log_var) * eps).numpy()
    return codes


def fit_mixture(codes: Floats, held_out: Floats) -> Mixture:
    """The mixture of Gaussians, of the size under which held-out codes are likeliest."""
    fitted = [
        GaussianMixture(size, reg_covar=LEAST_VARIANCE, random_state=SEED).fit(codes)
        for size in COMPONENTS
    ]
    best = max(fitted, key=lambda mixture: mixture.score(held_out))
    return Mixture(
        best.weights_.astype(np.float32),
        best.means_.astype(np.float16),
        np.linalg.cholesky(best.covariances_).astype(np.float16),
    )


def train_denoiser(codes: Tensor, progress: Progress) -> DenoiserStack:
    """A denoiser for each member's codes `[members, n, 16]`."""
    torch.manual_seed(SEED)
    denoiser = DenoiserStack(MEMBERS, CODE_SIZE, DENOISER_HIDDEN)
    levels = torch.from_numpy(noise_levels(STEPS))

    def loss(batch: Batch) -> Tensor:
        clean = codes.index_select(1, batch.rows)
        places = torch.randint(STEPS, clean.shape[:2], generator=batch.noise)
        eps = torch.randn(clean.shape, generator=batch.noise)
        return denoiser.loss(clean, levels[places], eps)

    fit(denoiser, loss, codes.shape[1], DENOISER_SCHEDULE, SEED, progress)
    round_to_half(denoiser)
    return denoiser


def normals() -> Floats:
    """1,000 codes from N(0, I), `[throws, 16]`; the page throws the same."""
    return rng.normal(THROW_SEED, STREAM_NORMAL, THROWS * CODE_SIZE).reshape(THROWS, CODE_SIZE)


def mixture_throws(mixture: Mixture) -> Floats:
    """1,000 codes from a mixture, made of the same normals."""
    u = rng.uniform(THROW_SEED, STREAM_COMPONENT, THROWS)
    of = np.searchsorted(np.cumsum(mixture.weights.astype(np.float64))[:-1], u, side="right")
    means, factors = (part.astype(np.float64) for part in (mixture.means, mixture.factors))
    thrown = means[of] + np.einsum("nij,nj->ni", factors[of], normals())
    result: Floats = thrown.astype(np.float32)
    return result


@torch.no_grad()
def diffuse(denoiser: DenoiserStack, start: Floats) -> list[Floats]:
    """Noise `[members, n, 16]` and each further step's codes, the last without any noise."""
    z = torch.from_numpy(np.array(start))
    path = [z.numpy()]
    levels = noise_levels(STEPS)
    for place in range(STEPS):
        clean = denoiser(z, torch.full(z.shape[:2], levels[place]))
        z = pull(
            z, clean, float(levels[place]), float(levels[place + 1]) if place + 1 < STEPS else None
        )
        path.append(z.numpy())
    return path


@torch.no_grad()
def decoded(stack: TwinStack, codes: Floats) -> Floats:
    """Codes `[members, n, 16]` through each member's decoder."""
    drawn: Floats = stack.decode(torch.from_numpy(np.array(codes))).numpy()
    return drawn


def sample_codes(n: int, generator: np.random.Generator) -> tuple[Array, ...]:
    """Inputs to check the decoders with."""
    z = (2 * generator.standard_normal((n, CODE_SIZE))).astype(np.float32)
    return z, generator.integers(MEMBERS, size=n).astype(np.int32)


def sample_levels(n: int, generator: np.random.Generator) -> tuple[Array, ...]:
    """Inputs to check the denoisers with."""
    z = generator.standard_normal((n, CODE_SIZE)).astype(np.float32)
    member = generator.integers(MEMBERS, size=n).astype(np.int32)
    return z, generator.choice(noise_levels(STEPS), size=n).astype(np.float32), member


@dataclass(frozen=True)
class Judged:
    """What the judge says of a set of drawings."""

    accepted_share: float
    nearest_distance: float
    """Median distance from the nearest training digit, in ink."""


def judged(judge: Judge, drawn: Floats) -> Judged:
    """Of drawings `[n, 64]`."""
    distance = nearest_distance(drawn, judge.known)
    accepted = judge.sure(drawn) & (distance <= judge.largest_distance)
    return Judged(float(accepted.mean()), float(np.median(distance)))


def mixture_arrays(mixtures: list[Mixture]) -> dict[str, PublishedArray]:
    """The mixtures, padded to one size."""
    size = max(len(mixture.weights) for mixture in mixtures)
    lower = np.tril_indices(CODE_SIZE)
    weights = np.zeros((MEMBERS, size), np.float32)
    means = np.zeros((MEMBERS, size, CODE_SIZE), np.float32)
    factors = np.zeros((MEMBERS, size, len(lower[0])), np.float32)
    for member, mixture in enumerate(mixtures):
        count = len(mixture.weights)
        weights[member, :count] = mixture.weights
        means[member, :count] = mixture.means
        factors[member, :count] = mixture.factors[:, *lower]
    return {
        "mixture_weights": PublishedArray(weights, "", "of the mixture's parts, by member"),
        "mixture_means": PublishedArray(means, Z.unit, "of the mixture's parts, by member"),
        "mixture_factors": PublishedArray(
            factors,
            Z.unit,
            "lower triangles, row by row, of Cholesky factors of the parts' covariances, by member",
        ),
    }


def share_arrays(
    verdicts: Mapping[str, list[Judged]], along: list[list[float]]
) -> dict[str, PublishedArray]:
    """What the judge accepted, prior by prior, and step by step of the diffusion."""
    shares = [[verdict.accepted_share for verdict in verdicts[prior]] for prior in PRIORS]
    steps = np.array(along, np.float32).T
    return {
        "accepted_shares": PublishedArray(
            np.array(shares, np.float32).reshape(len(PRIORS), len(KINDS), SEEDS),
            "share of throws",
            "accepted share by prior, kind and seed",
        ),
        "path_shares": PublishedArray(
            steps.reshape(len(KINDS), SEEDS, len(JUDGED_STEPS)),
            "share of throws",
            "accepted share after some steps of the diffusion, by kind, seed and step",
        ),
    }


def plane_arrays(codes: Floats, labels: NDArray[np.integer]) -> dict[str, PublishedArray]:
    """For each member the plane in which the classes lie furthest apart, to look at.

    No model has seen it, nor the labels: it is Fisher's, from the finished codes.
    """
    planes = np.stack([apart(member, labels) for member in codes])
    places = np.einsum("mnk,mjk->mnj", codes[:, :SHOWN_CODES], planes)
    return {
        "planes": PublishedArray(planes, "", "two directions of length one, by member"),
        "places_train": PublishedArray(
            np.clip(np.rint(places / PLACE_STEP) + 128, 0, 255).astype(np.uint8),
            f"{PLACE_STEP:.4f} standard deviations, plus 128",
            "where the first training digits' codes lie in that plane, by member",
        ),
    }


def apart(codes: Floats, labels: NDArray[np.integer]) -> Floats:
    """Orthonormal directions `[2, 16]` that span Fisher's best plane for the classes."""
    found = LinearDiscriminantAnalysis().fit(codes, labels)
    directions: Floats = np.linalg.qr(found.scalings_[:, :2])[0].T.astype(np.float32)
    return directions


def metrics(
    stack: TwinStack,
    dataset: Dataset,
    judge: Judge,
    verdicts: Mapping[str, list[Judged]],
    mixtures: list[Mixture],
) -> dict[str, Metric]:
    """Shares as `vae.mixture.accepted_share`, means over the seeds and their spread."""
    with torch.no_grad():
        test = images(dataset, "test").expand(len(stack), -1, -1)
        redrawn = [judged(judge, drawn.numpy()) for drawn in stack.decode(stack.encode(test))]
    sources = {**verdicts, "reconstruction": redrawn}
    result: dict[str, Metric] = {}

    def measured(name: str, values: list[float], unit: str, split: str, about: str) -> None:
        for suffix, value, how in (
            ("", np.mean(values), "mean"),
            ("_lowest", min(values), "lowest"),
            ("_highest", max(values), "highest"),
        ):
            result[f"{name}{suffix}"] = Metric(
                float(value), unit, split, f"{about}; {how} of {SEEDS} seeds"
            )

    for place, kind in enumerate(KINDS):
        own = slice(place * SEEDS, (place + 1) * SEEDS)
        for source, every in sources.items():
            of, split = (
                ("test digits' reconstructions", "test")
                if source == "reconstruction"
                else (f"{THROWS:,} throws", "none")
            )
            measured(
                f"{kind}.{source}.accepted_share",
                [verdict.accepted_share for verdict in every[own]],
                "share of drawings",
                split,
                f"{of} that the judge accepts",
            )
            measured(
                f"{kind}.{source}.nearest_distance",
                [verdict.nearest_distance for verdict in every[own]],
                "ink",
                split,
                f"median distance of {of} from the nearest training digit",
            )
        measured(
            f"{kind}.mixture.components",
            [float(len(mixture.weights)) for mixture in mixtures[own]],
            "parts",
            "validation",
            "parts of the mixture under which held-out codes are likeliest",
        )
    return result


def share(m: Mapping[str, float], kind: str, prior: str, suffix: str = "") -> float:
    """An accepted share out of the metrics."""
    return m[f"{kind}.{prior}.accepted_share{suffix}"]


RECIPE = Recipe(
    title="A prior fitted afterwards",
    description=f"plain and variational autoencoders of digits with codes of {CODE_SIZE} numbers, "
    "and for each a mixture of Gaussians and a diffusion model, fitted to its codes",
    honesty="trained model",
    train=train,
    claims=(
        Claim(
            "every plain decoder's throws from either fitted prior are accepted more often than "
            "any plain decoder's from N(0, I)",
            lambda m: (
                min(share(m, "ae", prior, "_lowest") for prior in ("mixture", "diffusion"))
                > share(m, "ae", "normal", "_highest")
            ),
        ),
        Claim(
            "of the plain codes the mixture throws better than the diffusion model, whatever the "
            "seed, and better than any prior serves the variational ones",
            lambda m: (
                share(m, "ae", "mixture", "_lowest")
                > max(
                    share(m, "ae", "diffusion", "_highest"),
                    *(share(m, "vae", prior, "_highest") for prior in PRIORS),
                )
            ),
        ),
        Claim(
            "the mixture's drawings lie further from the training digits than reconstructions of "
            "unseen digits do",
            lambda m: (
                m["ae.mixture.nearest_distance_lowest"]
                > m["ae.reconstruction.nearest_distance_highest"]
            ),
        ),
        Claim(
            "a fitted prior gains less for variational codes than for plain ones",
            lambda m: all(
                share(m, "vae", prior) - share(m, "vae", "normal")
                < share(m, "ae", prior) - share(m, "ae", "normal")
                for prior in ("mixture", "diffusion")
            ),
        ),
        Claim(
            "a mixture of plain codes needs more parts than one of variational codes",
            lambda m: m["ae.mixture.components_lowest"] > m["vae.mixture.components_highest"],
        ),
    ),
)
