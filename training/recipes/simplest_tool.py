"""`simplest-tool`: five tools for the same three jobs, on points and on digits (note 10).

PCA, a plain, a denoising and a variational autoencoder, and a small diffusion model: what each
loses in redrawing, how well it tells what is strange, what it draws, and what that costs.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from training.data.dataset import Dataset, Floats
from training.data.digits import SIDE, digits
from training.data.surfaces import surface
from training.learn.cloud_stack import TwinStack
from training.learn.code_diffusion import (
    ChosenDenoiser,
    DenoiserStack,
    amounts,
    noise_levels,
    pull,
)
from training.learn.early_stopping import BestWeights
from training.learn.fit import Batch, Schedule, fit, share_of
from training.learn.judge import REFUSED, nearest_distance, train_judge
from training.learn.spoiler import Spoiler
from training.learn.stack import AutoencoderStack
from training.measure.detectors import Field, area_under_curve
from training.measure.metrics import mean_squared_error
from training.measure.pca import PrincipalComponents
from training.measure.samples import energy_distance
from training.publish.card import DataCard, Metric, Port
from training.publish.experiment import Comparison, Experiment, Values
from training.publish.export import Graph, export
from training.publish.recipe import Claim, Progress, PublishedArray, Recipe, Trained

FIRST_SEED = 41
SEEDS = 5
TOOLS = ("pca", "ae", "dae", "vae", "diffusion")
MEASURES = ("error", "auc", "accepted", "energy", "multiplications", "parameters")
THROWS = 1000
STEPS = 24
WARM_UP = 1 / 6
"""Of a training: over so much of it the KL's weight rises to 1."""

POINT = ("n", 2)
"""Of the points that the page takes from noise step by step (Figure diffusion-steps)."""

LONGER = 2
"""Times as many epochs as the other networks have, a diffusion model may train at most."""

SCORE_DRAWS = 2
"""Of the noise at each level, over which a diffusion model's score is the mean."""


@dataclass(frozen=True)
class Setting:
    """A data set with something strange beside it, and the networks for it."""

    name: str
    label: str
    data: Dataset
    strange: Floats
    code_size: int
    hidden: tuple[int, ...]
    ink: bool
    noise: float
    """Deviation of the noise that the denoising autoencoders learn to remove."""
    schedule: Schedule
    diffusion_hidden: int

    def diffusion_schedule(self) -> Schedule:
        """That of the other networks, but longer; validation says when it was best."""
        return replace(self.schedule, epochs=LONGER * self.schedule.epochs)


def settings() -> tuple[Setting, ...]:
    """Two half moons, beside points thrown over their part of the plane, and digits, beside digits
    in a mirror."""
    moons, images = surface("moons").dataset, digits()
    low, high = moons.train.x.min(axis=0), moons.train.x.max(axis=0)
    thrown = np.random.default_rng(FIRST_SEED).uniform(low, high, moons.test.x.shape)
    mirrored = images.test.x.reshape(-1, SIDE, SIDE)[:, :, ::-1].reshape(-1, SIDE * SIDE)
    return (
        Setting(
            "points", "points", moons, thrown.astype(np.float32), 1, (32, 32), False, 0.2,
            Schedule(epochs=100, batch_size=80, learning_rate=1e-2), 64,
        ),
        Setting(
            "digits", "digits", images, np.ascontiguousarray(mirrored), 16, (64,), True, 0.4,
            Schedule(epochs=60, batch_size=64, learning_rate=1e-2), 128,
        ),
    )  # fmt: skip


@dataclass(frozen=True)
class Tool:
    """What a tool, trained from all seeds, can be asked; all answers begin with the seeds."""

    score: Callable[[Floats], Field]
    """Rows `[n, d]` → how strange each is, `[seeds, n]`."""
    samples: Callable[[], Floats]
    """1,000 throws, `[seeds, throws, d]`."""
    redraw: Callable[[Floats], Floats] | None
    """Rows → their reconstructions, `[seeds, n, d]`; None without a code."""
    multiplications: int
    """To draw one sample: weights, each as often as it is used."""
    parameters: int
    denoiser: DenoiserStack | None = None
    stopped: float = 1.0
    """After which share of its training validation was best."""


def chance() -> torch.Generator:
    """The same draws for all that is thrown or scored."""
    return torch.Generator().manual_seed(FIRST_SEED)


def squared_errors(redraw: Callable[[Floats], Floats], x: Floats) -> Field:
    """Of each row's reconstruction, `[seeds, n]`."""
    errors: Field = np.square(redraw(x).astype(np.float64) - x).mean(axis=2)
    return errors


def gaussian_throws(codes: Tensor) -> Tensor:
    """From the Gaussian that fits codes `[seeds, n, k]` best, `[seeds, throws, k]`."""
    mean = codes.mean(1, keepdim=True)
    centred = codes - mean
    factor = torch.linalg.cholesky(centred.mT @ centred / codes.shape[1])
    normal = torch.randn((THROWS, codes.shape[2]), generator=chance())
    codes_drawn: Tensor = mean + normal @ factor.mT
    return codes_drawn


def multiplied(weights: Sequence[Tensor]) -> int:
    """Weights of one member's layers, `[m, out, in]` each."""
    return sum(weight[0].numel() for weight in weights)


def pca_tool(setting: Setting) -> Tool:
    """Principal components; they have no seeds, so that of these there is one."""
    x = setting.data.train.x
    components = PrincipalComponents(x, setting.code_size)

    def redraw(rows: Floats) -> Floats:
        redrawn: Floats = components(torch.from_numpy(rows))[None].numpy()
        return redrawn

    def samples() -> Floats:
        codes = components.encode(torch.from_numpy(x))[None]
        drawn: Floats = components.decode(gaussian_throws(codes)).numpy()
        return drawn

    cost = components.components.numel()
    return Tool(
        partial(squared_errors, redraw), samples, redraw, cost, cost + components.mean.numel()
    )


def plain_tool(setting: Setting, stack: AutoencoderStack, members: slice) -> Tool:
    """Autoencoders that know nothing of chance: some members of a stack."""
    x = torch.from_numpy(setting.data.train.x)

    @torch.no_grad()
    def redraw(rows: Floats) -> Floats:
        redrawn: Floats = stack(torch.from_numpy(rows).expand(len(stack), -1, -1))[members].numpy()
        return redrawn

    @torch.no_grad()
    def samples() -> Floats:
        codes = gaussian_throws(stack.encode(x.expand(len(stack), -1, -1)))
        drawn: Floats = stack.decode(codes)[members].numpy()
        return drawn

    return Tool(
        partial(squared_errors, redraw),
        samples,
        redraw,
        multiplied(list(stack.weights)[stack.code_layer + 1 :]),
        stack.parameter_count(0),
    )


def variational_tool(setting: Setting, stack: TwinStack, members: slice) -> Tool:
    """The variational members; strange is what their bound says to be unlikely."""
    x = torch.from_numpy(setting.data.train.x)

    def redraw(rows: Floats) -> Floats:
        return redrawn_and_kl(rows)[0]

    @torch.no_grad()
    def redrawn_and_kl(rows: Floats) -> tuple[Floats, Floats]:
        mu, log_var = stack.posterior(torch.from_numpy(rows).expand(len(stack), -1, -1))
        kl = -0.5 * (1 + log_var - mu.square() - torch.exp(log_var)).sum(2)
        return stack.decode(mu)[members].numpy(), kl[members].numpy()

    variances = squared_errors(redraw, x.numpy()).mean(axis=1)

    def score(rows: Floats) -> Field:
        drawn, kl = redrawn_and_kl(rows)
        errors = np.square(drawn.astype(np.float64) - rows).sum(axis=2)
        bound: Field = errors / (2 * variances[:, None]) + kl
        return bound

    @torch.no_grad()
    def samples() -> Floats:
        codes = torch.randn((THROWS, setting.code_size), generator=chance())
        drawn: Floats = stack.decode(codes.expand(len(stack), -1, -1))[members].numpy()
        return drawn

    return Tool(
        score,
        samples,
        redraw,
        multiplied(list(stack.weights)[stack.code_layer + 1 :]),
        stack.parameter_count(0) + setting.hidden[-1] * setting.code_size + setting.code_size,
    )


def diffusion_tool(setting: Setting, denoiser: DenoiserStack, stopped: float) -> Tool:
    """The denoiser, applied step by step; strange is what it denoises badly, level by level."""
    mean, deviation = scale(setting)
    levels = noise_levels(STEPS)
    size = setting.data.train.x.shape[1]

    @torch.no_grad()
    def score(rows: Floats) -> Field:
        clean = ((torch.from_numpy(rows) - mean) / deviation).expand(SEEDS, -1, -1)
        noise = chance()
        total = torch.zeros(clean.shape[:2])
        for level in levels.tolist():
            alpha, sigma = amounts(torch.tensor(level))
            for _ in range(SCORE_DRAWS):
                eps = torch.randn(clean.shape[1:], generator=noise)
                told = torch.full(clean.shape[:2], level)
                errors = (denoiser(alpha * clean + sigma * eps, told) - clean).square().mean(2)
                total += (alpha / sigma).square() * errors
        scores: Field = total.double().numpy()
        return scores

    def samples() -> Floats:
        noise = torch.randn((THROWS, size), generator=chance()).expand(SEEDS, -1, -1)
        *_, z = steps_from(denoiser, noise)
        drawn: Floats = (z * deviation + mean).numpy()
        return drawn

    layers = denoiser.layers
    one_pass = multiplied(list(layers.weights))
    biases = sum(bias[0].numel() for bias in layers.biases)
    return Tool(score, samples, None, STEPS * one_pass, one_pass + biases, denoiser, stopped)


@torch.no_grad()
def steps_from(denoiser: DenoiserStack, noise: Tensor) -> Iterator[Tensor]:
    """Rows `[m, n, d]` as they start, and after each step, in the training rows' scale."""
    levels = noise_levels(STEPS)
    z = noise
    yield z
    for place, level in enumerate(levels.tolist()):
        clean = denoiser(z, torch.full(z.shape[:2], level))
        following = float(levels[place + 1]) if place + 1 < STEPS else None
        z = pull(z, clean, level, following)
        yield z


def scale(setting: Setting) -> tuple[Tensor, Tensor]:
    """The training rows' mean `[d]` and the deviation common to all columns."""
    x = torch.from_numpy(setting.data.train.x)
    mean = x.mean(0)
    return mean, (x - mean).square().mean().sqrt()


def tools(setting: Setting, progress: Progress) -> dict[str, Tool]:
    """All five, trained from all seeds."""
    x = torch.from_numpy(setting.data.train.x)
    sizes = (setting.code_size,) * SEEDS
    shape = (x.shape[1], setting.hidden, sizes)
    torch.manual_seed(FIRST_SEED)
    twins = TwinStack(*shape, ink=setting.ink)
    denoising = AutoencoderStack(*shape, ink=setting.ink)
    warm_up = WARM_UP * setting.schedule.epochs

    def twin_loss(batch: Batch) -> Tensor:
        rows = x[batch.rows].expand(len(twins), -1, -1)
        eps = torch.randn(len(twins), len(batch.rows), setting.code_size, generator=batch.noise)
        reconstruction, kl = twins.losses(rows, eps)
        return (reconstruction + min(1.0, (batch.epoch + 1) / warm_up) * kl).sum()

    spoil = Spoiler(noise=(setting.noise,) * SEEDS)

    def denoising_loss(batch: Batch) -> Tensor:
        clean = x[batch.rows]
        drawn = denoising(spoil(clean, batch.noise))
        summed = functional.mse_loss(drawn, clean.expand_as(drawn), reduction="sum")
        return summed / clean.numel()

    fit(twins, twin_loss, len(x), setting.schedule, FIRST_SEED, share_of(progress, 0, 0.3))
    fit(denoising, denoising_loss, len(x), setting.schedule, FIRST_SEED,
        share_of(progress, 0.3, 0.5))  # fmt: skip
    return {
        "pca": pca_tool(setting),
        "ae": plain_tool(setting, twins, slice(SEEDS)),
        "dae": plain_tool(setting, denoising, slice(SEEDS)),
        "vae": variational_tool(setting, twins, slice(SEEDS, None)),
        "diffusion": diffusion_tool(setting, *denoisers(setting, share_of(progress, 0.5, 1))),
    }


def denoisers(setting: Setting, progress: Progress) -> tuple[DenoiserStack, float]:
    """A diffusion model for each seed, with the weights that lost least on validation, where each
    row is seen at one of the levels; and the share of the training that was done by then."""
    mean, deviation = scale(setting)
    x, held_out = (
        ((torch.from_numpy(split.x) - mean) / deviation)
        for split in (setting.data.train, setting.data.validation)
    )
    stack = DenoiserStack(SEEDS, x.shape[1], setting.diffusion_hidden)
    levels = torch.from_numpy(noise_levels(STEPS))

    def loss(batch: Batch) -> Tensor:
        clean = x[batch.rows].expand(SEEDS, -1, -1)
        places = torch.randint(STEPS, clean.shape[:2], generator=batch.noise)
        eps = torch.randn(clean.shape, generator=batch.noise)
        return stack.loss(clean, levels[places], eps)

    eps = torch.randn(held_out.shape, generator=chance())
    in_turn = levels[torch.arange(len(held_out)) % STEPS].expand(SEEDS, -1)
    best = BestWeights(
        stack, lambda: float(stack.loss(held_out.expand(SEEDS, -1, -1), in_turn, eps)), progress
    )
    fit(stack, loss, len(x), setting.diffusion_schedule(), FIRST_SEED, best)
    best.restore()
    return stack, best.share


def judge_of(setting: Setting) -> Callable[[Floats], float]:
    """The share of drawings that look like data: the judge of digits; for points, those as near to
    a training point as all but one in forty of validation are."""
    data = setting.data
    if setting.name == "digits":
        return train_judge(data).accepted_share
    limit = np.quantile(nearest_distance(data.validation.x, data.train.x), 1 - REFUSED)
    return lambda drawn: float((nearest_distance(drawn, data.train.x) <= limit).mean())


def measured(setting: Setting, of: Mapping[str, Tool]) -> Values:
    """`[measures, tools, seeds]`, NaN where there is nothing to measure."""
    test = setting.data.test.x
    accepted_share = judge_of(setting)
    found = np.full((len(MEASURES), len(TOOLS), SEEDS), np.nan)
    for place, name in enumerate(TOOLS):
        tool = of[name]
        drawn = tool.samples()
        seeds = slice(len(drawn))
        if tool.redraw:
            found[0, place, seeds] = [mean_squared_error(one, test) for one in tool.redraw(test)]
        ordinary, strange = tool.score(test), tool.score(setting.strange)
        for seed, one in enumerate(drawn):
            found[1, place, seed] = area_under_curve(ordinary[seed], strange[seed])
            found[2, place, seed] = accepted_share(one)
            found[3, place, seed] = energy_distance(one, test)
        found[4:, place, 0] = tool.multiplications, tool.parameters
    return found


def comparisons() -> Sequence[Comparison]:
    """What the note says, of each data set. What is drawn is judged where there is a judge, on
    digits; on points by the energy distance."""
    return [
        Comparison(f"{setting}: {text}", measure, ("tool", better), ("tool", worse), setting)
        for setting, drawn in (("points", "energy"), ("digits", "accepted"))
        for text, measure, better, worse in (
            ("plain redraws better than PCA", "error", "ae", "pca"),
            ("plain tells more than PCA", "auc", "ae", "pca"),
            ("VAE draws better than plain", drawn, "vae", "ae"),
            ("diffusion draws better than VAE", drawn, "diffusion", "vae"),
        )
    ]  # fmt: skip


def beside_pca(found: Values) -> Values:
    """`[measures, tools, seeds]` → `[measures, series, tools, seeds]`: PCA once more, as the line
    that all are seen against."""
    rival = np.full_like(found, np.nan)
    rival[:, :, 0] = found[:, :1, 0]
    return np.stack([found, rival], axis=1)


def first_of(stack: DenoiserStack) -> DenoiserStack:
    """The first seed's denoiser by itself."""
    width, size = stack.layers.weights[0].shape[1], stack.layers.weights[-1].shape[1]
    one = DenoiserStack(1, size, width)
    with torch.no_grad():
        for mine, theirs in zip(one.parameters(), stack.parameters(), strict=True):
            mine.copy_(theirs[:1])
    return one


def sample_points(n: int, generator: np.random.Generator) -> tuple[Floats | NDArray[np.int32], ...]:
    """Inputs to check the denoiser with."""
    z = generator.standard_normal((n, 2)).astype(np.float32)
    return z, generator.choice(noise_levels(STEPS), size=n), np.zeros(n, np.int32)


def denoiser_graph(denoiser: DenoiserStack) -> Graph:
    """Points on their way, and the step's level, to the guess at the clean points."""
    unit = "standard deviations of the training points"
    inputs = (
        Port("z", POINT, unit, "points mixed with noise; the training points have mean 0"),
        Port("level", ("n",), "", "the step's logarithm of the ratio of signal to noise, halved"),
        Port("member", ("n",), "", "which denoiser: there is one, 0", "int32"),
    )
    outputs = (Port("clean", POINT, unit, "the denoiser's guess at the clean points"),)
    return export(ChosenDenoiser(first_of(denoiser)), inputs, outputs, sample_points, FIRST_SEED)


def distances_on_the_way(setting: Setting, denoiser: DenoiserStack) -> Floats:
    """The energy distance of 1,000 rows from test rows at the start and after each step,
    `[seeds, steps + 1]`."""
    mean, deviation = scale(setting)
    noise = torch.randn((THROWS, len(mean)), generator=chance()).expand(SEEDS, -1, -1)
    found = [
        [energy_distance(one, setting.data.test.x) for one in (z * deviation + mean).numpy()]
        for z in steps_from(denoiser, noise)
    ]
    return np.array(found, np.float32).T


def train(progress: Progress) -> Trained:
    """Train all tools on both data sets, and measure all that they can be asked."""
    both = settings()
    found, diffusions, stopped = [], [], {}
    for place, setting in enumerate(both):
        part = share_of(progress, place / len(both), (place + 1) / len(both))
        of = tools(setting, part)
        found.append(beside_pca(measured(setting, of)))
        diffusions.append(of["diffusion"].denoiser)
        stopped[f"{setting.name}.stopped"] = Metric(
            of["diffusion"].stopped, "share", "validation",
            "of the diffusion model's training, after which its weights were best",
        )  # fmt: skip
    points, denoiser = both[0], diffusions[0]
    assert denoiser is not None
    mean, deviation = scale(points)
    labels = ("PCA", "plain", "denoising", "VAE", "diffusion")
    tried = Experiment(
        axis={"label": "tool", "scale": "names"},
        conditions=[
            {"name": name, "label": label, "value": None}
            for name, label in zip(TOOLS, labels, strict=True)
        ],
        series=[
            {"name": "tool", "label": "this tool", "rival": False},
            {"name": "pca", "label": "PCA", "rival": True},
        ],
        measures=[
            {
                "name": "error", "label": "error of redrawing", "unit": "", "better": "lower",
                "scale": "log", "decimals": 4,
            },
            {
                "name": "auc", "label": "area under the ROC", "unit": "", "better": "higher",
                "scale": "linear", "decimals": 3,
            },
            {
                "name": "accepted", "label": "samples accepted", "unit": "", "better": "higher",
                "scale": "linear", "decimals": 3,
            },
            {
                "name": "energy", "label": "samples’ distance from data", "unit": "",
                "better": "lower", "scale": "linear", "decimals": 4,
            },
            {
                "name": "multiplications", "label": "multiplications a sample", "unit": "",
                "better": "lower", "scale": "log", "decimals": 0,
            },
            {
                "name": "parameters", "label": "parameters", "unit": "", "better": "lower",
                "scale": "log", "decimals": 0,
            },
        ],
        settings=[{"name": one.name, "label": one.label} for one in both],
        values=np.stack(found),
        rule="a network redraws better and tells more than PCA, a VAE draws better than an "
        "autoencoder, a diffusion model best",
        comparisons=comparisons(),
    )  # fmt: skip
    return Trained(
        data=DataCard.of(both[1].data),
        seed=FIRST_SEED,
        parameters=0,
        graphs={"denoiser": denoiser_graph(denoiser)},
        arrays={
            **tried.arrays(),
            "points_test": PublishedArray(points.data.test.x, "", "test points of the half moons"),
            "distances": PublishedArray(
                distances_on_the_way(points, denoiser),
                "",
                "energy distance of 1,000 points from the test points, by seed, at the start and "
                "after each step of the diffusion",
            ),
        },
        metrics={**tried.metrics(), **stopped},
        options={
            **tried.options(),
            "seeds": SEEDS,
            "steps": STEPS,
            "throws": THROWS,
            "levels": noise_levels(STEPS).tolist(),
            "mean": mean.tolist(),
            "deviation": float(deviation),
            **{
                one.name: {
                    "code_size": one.code_size,
                    "hidden": list(one.hidden),
                    "noise": one.noise,
                    **asdict(one.schedule),
                    "diffusion_hidden": one.diffusion_hidden,
                    "diffusion": asdict(one.diffusion_schedule()),
                }
                for one in both
            },
        },
    )


def best(
    means: Mapping[str, float], measure: str, *, last: bool = True, among: Sequence[str] = TOOLS
) -> str:
    """The tool with the largest mean of a measure, or the smallest unless `last`."""
    ordered = sorted(among, key=lambda tool: means[f"{measure}.tool.{tool}"])
    return ordered[-1 if last else 0]


RECIPE = Recipe(
    title="Five tools for the same jobs",
    description="PCA, a plain, a denoising and a variational autoencoder and a small diffusion "
    "model on two half moons and on digits, five seeds each",
    honesty="trained model",
    train=train,
    claims=(
        Claim(
            "of digits the judge accepts most from the denoising autoencoder, which is furthest "
            "from the data",
            lambda m: (
                best(m, "digits.accepted") == "dae" and best(m, "digits.energy", last=True) == "dae"
            ),
        ),
        Claim(
            "the diffusion model's digits are the nearest to the data, then PCA's",
            lambda m: (
                best(m, "digits.energy", last=False) == "diffusion"
                and best(m, "digits.energy", last=False, among=TOOLS[:-1]) == "pca"
            ),
        ),
        Claim(
            "a sample of the diffusion model costs more than fifty times one of the VAE",
            lambda m: all(
                m[f"{name}.multiplications.tool.diffusion"]
                > 50 * m[f"{name}.multiplications.tool.vae"]
                for name in ("points", "digits")
            ),
        ),
        Claim(
            "on points PCA's error tells next to nothing, and the plain autoencoder is ahead of "
            "all in redrawing, in telling and in what is accepted",
            lambda m: (
                m["points.auc.tool.pca"] < 0.6
                and best(m, "points.auc") == best(m, "points.accepted") == "ae"
                and best(m, "points.error", last=False, among=TOOLS[:-1]) == "ae"
            ),
        ),
        Claim(
            "the denoising autoencoder redraws clean digits worse than PCA, but tells more",
            lambda m: (
                m["digits.error.tool.dae"] > m["digits.error.tool.pca"]
                and m["digits.auc.tool.dae"] > m["digits.auc.tool.pca"]
            ),
        ),
    ),
)
