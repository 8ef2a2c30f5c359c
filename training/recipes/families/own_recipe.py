"""Trains on the author's own data: a dense AE or VAE with a code of two numbers, as for the digits.

A table's numbers are divided by their column's standard deviation, so that no column drowns the
others; pictures are ink from 0 to 1. Small data are learnt by heart in the end, so the weights are
kept that do best on the validation split. Every choice below is one that the chapters explain.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor, nn

from training.data.dataset import Dataset, Floats, HonestyLabel, Labels, Split
from training.learn.early_stopping import BestWeights
from training.learn.fit import Batch, Schedule, fit
from training.learn.losses import cross_entropy, gaussian_kl, squared_error
from training.learn.networks import DenseAutoencoder, DenseVAE, parameter_count
from training.learn.posterior import code_port, posterior_ports
from training.measure.metrics import NEIGHBOURS, mean_squared_error, neighbour_accuracy
from training.measure.pca import PrincipalComponents
from training.own_data.declaration import Declaration
from training.own_data.groups import deal, each_in_a_group
from training.own_data.pictures import FULL_INK
from training.own_data.read import Data, OwnData
from training.own_data.table import Table, bulk, has_heavy_tails
from training.publish.card import DataCard, Metric, Port
from training.publish.export import Call, export, gaussian_sampler, round_to_half, uniform_sampler
from training.publish.recipe import Progress, PublishedArray, Recipe, Trained

CODE_SIZE = 2
STEPS = 1500
BATCH_SIZE = 64
LEARNING_RATE = 2e-3
WEIGHT_DECAY = 1e-2
CODE_PENALTY = 0.01
"""Weight of ‖z‖² in an AE's loss; see `digits-ae`."""
WARM_UP = 0.2
"""Share of the training over which a VAE's KL term grows to its full weight."""
STAIR = 30
"""Steps at most in which that weight stays as it is: an epoch, or a part of a longer one, as a
large table has so few epochs that the first could be the whole warm-up."""
WIDEST, NARROWEST, SECOND = 128, 16, 32
FIRST_LAYER = 40_000
"""Weights of the first layer at most: a model has to fit the page's budget."""
SHOWN_EXAMPLES, SHOWN_NUMBERS = 400, 100_000
"""Test examples that travel with the figures, at most, and numbers in all of them."""
LOG_VARIANCES = (-30.0, 10.0)
"""Between which log σ² of a table's VAE lies: a posterior wider than the prior is of no use, but a
row far from all that train would get one of infinite width, and make the mean KL infinite."""


class SplitError(Exception):
    """Data that are sound, but not as the seed splits them."""


UNIT_CODE = Port(
    "z",
    ("n", CODE_SIZE),
    "standard deviations of the training codes",
    "the code; training codes have mean 0 and deviation 1 along each axis",
)


class TableAutoencoder(DenseAutoencoder):
    """An autoencoder of standardised columns: what it decodes has no bounds."""

    def decode(self, z: Tensor) -> Tensor:
        """z `[n, code_size]` → x̂ `[n, columns]`, in standard deviations."""
        x_hat: Tensor = self.decoder(z)
        return x_hat


class TableVAE(DenseVAE):
    """A VAE of standardised columns: the decoder gives the mean of a Gaussian likelihood."""

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """x `[n, columns]` → μ and log σ², each `[n, code_size]`, finite however far x lies out."""
        mu, log_var = super().encode(x)
        return mu, log_var.clamp(*LOG_VARIANCES)

    def decode(self, z: Tensor) -> Tensor:
        """z `[n, code_size]` → the mean of x, in standard deviations."""
        return self.decode_logits(z)


Autoencoder: TypeAlias = DenseAutoencoder | DenseVAE


def gaussian_nats(x_hat: Tensor, x: Tensor) -> Tensor:
    """−log N(x; x̂, σ²I) in nats, a mean over the batch, σ² the mean squared error itself.

    That is the likeliest σ² (Rybkin, Daniilidis & Levine 2021, *Simple and Effective VAE Training
    with Calibrated Decoders*, section 3.2), so no spread of the noise need be chosen.
    """
    variance = (x_hat - x).square().mean()
    return 0.5 * x.shape[1] * (torch.log(2 * torch.pi * variance) + 1)


@dataclass(frozen=True)
class Prepared:
    """Data as a model is shown them, and how their numbers are read."""

    dataset: Dataset
    labelled: bool
    unit: str
    shape: tuple[int, ...]
    details: Mapping[str, object]
    """What a figure needs to draw an example: see `site_assets/kit/figure/own_data.ts`."""

    @property
    def is_table(self) -> bool:
        return len(self.shape) == 1


def prepare(declaration: Declaration, data: Data) -> Prepared:
    """Split by the seed into train, validation and test, whole groups where rows are of any, and
    scale by what the first holds."""
    named = data.labels or ("",) * len(examples_of(data))
    classes = tuple(sorted(set(data.labels)))
    labels: Labels = np.array([classes.index(name) if classes else 0 for name in named], np.uint8)
    order = np.random.default_rng(declaration.seed).permutation(len(labels)).tolist()
    groups = data.groups if isinstance(data, Table) else ()
    rows = deal(each_in_a_group(groups, len(order)), order)
    x, unit, shape, details = scaled(declaration, data, np.array(rows["train"]))
    splits = {name: Split(x[chosen], labels[chosen]) for name, chosen in rows.items()}
    if groups:
        counts = {name: len({groups[row] for row in chosen}) for name, chosen in rows.items()}
        details["groups"] = {"column": declaration.group, "splits": counts}
    honesty: HonestyLabel = declaration.honesty  # type: ignore[assignment]
    dataset = Dataset(declaration.name, honesty, declaration.description, classes, **splits)
    return Prepared(dataset, bool(classes), unit, shape, details)


def examples_of(data: Data) -> Floats:
    """Every example as one row, float32, in the data's own unit."""
    if isinstance(data, Table):
        return np.array(data.rows, np.float32)
    return np.stack([np.frombuffer(ink, np.uint8) for ink in data.ink]).astype(np.float32)


def scaled(
    declaration: Declaration, data: Data, train: np.ndarray
) -> tuple[Floats, str, tuple[int, ...], dict[str, object]]:
    """Examples in the model's unit, that unit, the shape of one, and the details of the card."""
    raw = examples_of(data)
    if not isinstance(data, Table):
        if not np.ptp(raw[train], axis=0).any():
            raise SplitError(
                f"{declaration.path}: all {len(train)} pictures that train are the same; another "
                "'seed' in book.toml chooses others"
            )
        ink: Floats = (raw / FULL_INK).astype(np.float32)
        shape = (data.size, data.size)
        return ink, "ink, 0 paper to 1 full", shape, {"pictures": {"size": data.size}}
    values = np.array(data.rows, np.float64)
    same = np.ptp(values[train], axis=0) == 0
    if same.any():
        name = data.columns[int(np.argmax(same))]
        raise SplitError(
            f"{declaration.path}: the column '{name}' has one number in all {len(train)} rows that "
            f"train; another 'seed' in book.toml chooses others, 'exclude' leaves it out"
        )
    size = np.abs(values[train]).max(0)
    mean, spread = values[train].mean(0), (values[train] / size).std(0) * size
    units = dict(declaration.units)
    columns = [
        {
            "name": name,
            "unit": units.get(name, ""),
            "mean": float(mean[i]),
            "deviation": float(spread[i]),
            "min": float(values[train][:, i].min()),
            "max": float(values[train][:, i].max()),
            **_axis(values[train][:, i]),
        }
        for i, name in enumerate(data.columns)
    ]
    unit = "standard deviations of the training split's column"
    return ((values - mean) / spread).astype(np.float32), unit, raw.shape[1:], {"columns": columns}


def _axis(numbers: np.ndarray) -> dict[str, float]:
    """Where a figure's axis of a column begins and ends, and from where its bars are drawn: its
    range and its mean; or the middle nine tenths of it and its median, if the others lie so far
    out that nothing could be read beside them. Where those nine tenths are a single number, as of
    rain on most days, it is the whole range and that number."""
    listed: list[float] = numbers.tolist()
    if has_heavy_tails(listed):
        low, high = bulk(listed)
        if low == high:
            low, high = min(listed), max(listed)
        return {"low": low, "high": high, "middle": float(np.median(numbers))}
    return {"low": min(listed), "high": max(listed), "middle": float(np.mean(numbers))}


def train(own: OwnData, progress: Progress) -> Trained:
    """Train what the declaration asks for, measure every split, and set PCA beside it."""
    declaration = own.declaration
    data, problems = own.read()
    if data is None:
        raise ValueError("; ".join(problem.message for problem in problems))
    prepared = prepare(declaration, data)
    x = torch.from_numpy(prepared.dataset.train.x)
    schedule = schedule_for(declaration, len(x))
    torch.manual_seed(declaration.seed)
    model = build(declaration, prepared, x.shape[1])
    loss = vae_loss if isinstance(model, DenseVAE) else ae_loss
    warmth = warm_up(schedule, len(x))
    unseen = torch.from_numpy(prepared.dataset.validation.x)
    best = BestWeights(model, lambda: validation_loss(model, unseen, declaration.seed), progress)
    fit(
        model,
        lambda batch: loss(model, x[batch.rows], batch, next(warmth)),
        len(x),
        schedule,
        declaration.seed,
        best,
    )
    best.restore()
    if isinstance(model, DenseAutoencoder):
        model.standardize_code(x)
    round_to_half(model)
    return published(declaration, prepared, model, schedule, best.share)


def schedule_for(declaration: Declaration, examples: int) -> Schedule:
    """As many epochs as make about the same number of steps, whatever the number of examples, but
    at least one, so that each is seen."""
    batch = min(BATCH_SIZE, examples // 2)
    decay = WEIGHT_DECAY if declaration.kind == "ae" else 0.0
    epochs = max(1, round(STEPS / (examples // batch)))
    return Schedule(epochs, batch, LEARNING_RATE, decay)


def warm_up(schedule: Schedule, examples: int) -> Iterator[float]:
    """The weight of a VAE's KL term at each step (Bowman et al. 2016)."""
    epoch = examples // schedule.batch_size
    stair = min(epoch, STAIR)
    stairs = max(1, round(WARM_UP * (schedule.epochs * epoch / stair)))
    for step in range(schedule.epochs * epoch):
        yield min(1.0, (step // stair + 1) / stairs)


def build(declaration: Declaration, prepared: Prepared, inputs: int) -> Autoencoder:
    """An untrained network for examples of so many numbers."""
    hidden = (max(NARROWEST, min(WIDEST, FIRST_LAYER // inputs)), SECOND)
    kinds: dict[tuple[str, bool], type[Autoencoder]] = {
        ("ae", True): TableAutoencoder,
        ("ae", False): DenseAutoencoder,
        ("vae", True): TableVAE,
        ("vae", False): DenseVAE,
    }
    return kinds[declaration.kind, prepared.is_table](inputs, hidden, CODE_SIZE)


def ae_loss(model: nn.Module, x: Tensor, batch: Batch, warmth: float) -> Tensor:
    """‖x − x̂‖² + λ‖z‖², a mean over the batch."""
    assert isinstance(model, DenseAutoencoder)
    z = model.encode(x)
    return (squared_error(model.decode(z), x) + CODE_PENALTY * z.square().sum(1)).mean()


def vae_loss(model: nn.Module, x: Tensor, batch: Batch, warmth: float) -> Tensor:
    """The negative ELBO, its KL term weighted by `warmth`, a mean over the batch."""
    assert isinstance(model, DenseVAE)
    eps = torch.randn(len(x), CODE_SIZE, generator=batch.noise)
    output, mu, log_var = model(x, eps)
    is_table = isinstance(model, TableVAE)
    nats = gaussian_nats(output, x) if is_table else cross_entropy(output, x).mean()
    return nats + warmth * gaussian_kl(mu, log_var).mean()


def validation_loss(model: Autoencoder, x: Tensor, seed: int) -> float:
    """What `model` loses on examples that it does not train on: the squared error of an AE, the
    negative ELBO in nats of a VAE, with the same noise at each call."""
    if isinstance(model, DenseAutoencoder):
        return float(squared_error(model.decode(model.encode(x)), x).mean())
    noise = torch.Generator().manual_seed(seed)
    whole = Batch(torch.arange(len(x)), noise, epoch=0)
    return float(vae_loss(model, x, whole, warmth=1.0))


def encode(model: Autoencoder | PrincipalComponents, x: Floats) -> Floats:
    """Codes of examples; where the encoder gives a Gaussian, its mean."""
    with torch.no_grad():
        encoded = model.encode(torch.from_numpy(x))
    codes: Floats = (encoded if isinstance(encoded, Tensor) else encoded[0]).numpy()
    return codes


def reconstruct(model: Autoencoder | PrincipalComponents, x: Floats) -> Floats:
    """What the decoder makes of the examples' codes."""
    with torch.no_grad():
        decoded: Floats = model.decode(torch.from_numpy(encode(model, x))).numpy()
    return decoded


def measure(prepared: Prepared, model: Autoencoder | PrincipalComponents) -> dict[str, Metric]:
    """Reconstruction error of each split and, with labels, what neighbours in the code know."""
    dataset = prepared.dataset
    metrics = {
        f"{name}.reconstruction_mse": Metric(
            mean_squared_error(reconstruct(model, split.x), split.x),
            f"({prepared.unit})²",
            name,
            "mean squared difference between an example and its reconstruction, a number",
        )
        for name, split in dataset.splits().items()
    }
    if prepared.labelled:
        codes = encode(model, dataset.train.x)
        for name in ("validation", "test"):
            split = dataset.splits()[name]
            accuracy = neighbour_accuracy(
                codes, dataset.train.labels, encode(model, split.x), split.labels
            )
            metrics[f"{name}.knn_accuracy"] = Metric(
                accuracy,
                "share of examples",
                name,
                f"examples whose class is the commonest among the {NEIGHBOURS} training codes "
                "nearest to their own",
            )
    return metrics


def with_pca(prepared: Prepared, metrics: Mapping[str, Metric]) -> dict[str, Metric]:
    """The metrics with those of PCA with as many numbers, on the test split, as `test.pca_…`."""
    rival = measure(prepared, PrincipalComponents(prepared.dataset.train.x, CODE_SIZE))
    beside = {
        name.replace("test.", "test.pca_"): replace(
            metric, description=f"{metric.description}, by PCA"
        )
        for name, metric in rival.items()
        if name.startswith("test.")
    }
    return {**metrics, **beside}


def kl_metric(model: DenseVAE, x: Floats) -> Metric:
    """How much a VAE's code tells of a test example."""
    with torch.no_grad():
        kl = float(gaussian_kl(*model.encode(torch.from_numpy(x))).mean())
    return Metric(kl, "nats an example", "test", "KL(q(z|x) ‖ N(0, I))")


def published(
    declaration: Declaration,
    prepared: Prepared,
    model: Autoencoder,
    schedule: Schedule,
    kept: float,
) -> Trained:
    """Encoder and decoder as graphs, with codes, labels and examples of the test split.

    `kept` is the share of the training after which the weights were the best.
    """
    dataset, test = prepared.dataset, prepared.dataset.test
    inputs = test.x.shape[1]
    x_port = Port("x", ("n", inputs), prepared.unit, "examples, one a row")
    x_hat = Port("x_hat", ("n", inputs), prepared.unit, "reconstructed or imagined examples")
    metrics = with_pca(prepared, measure(prepared, model))
    code: Port = UNIT_CODE
    outputs: tuple[Port, ...] = (UNIT_CODE,)
    if isinstance(model, DenseVAE):
        code, outputs = code_port(CODE_SIZE), posterior_ports(CODE_SIZE)
        metrics["test.kl"] = kl_metric(model, test.x)
    sampler = gaussian_sampler((x_port,)) if prepared.is_table else uniform_sampler((x_port,))
    shown = min(len(test), SHOWN_EXAMPLES, max(1, SHOWN_NUMBERS // inputs))
    return Trained(
        data=DataCard.of(dataset, **prepared.details),
        seed=declaration.seed,
        parameters=parameter_count(model),
        graphs={
            "encoder": export(Call(model, "encode"), (x_port,), outputs, sampler, declaration.seed),
            "decoder": export(
                Call(model, "decode"),
                (code,),
                (x_hat,),
                gaussian_sampler((code,)),
                declaration.seed,
            ),
        },
        arrays={
            "codes_test": PublishedArray(
                encode(model, test.x[:shown]),
                code.unit,
                "codes of test examples, in the order of the others",
            ),
            "labels_test": PublishedArray(
                test.labels[:shown], "class", "the class of each test example, 0 without classes"
            ),
            "examples_test": shown_examples(prepared, test.x[:shown]),
        },
        metrics=metrics,
        options={
            "kind": declaration.kind,
            "code_size": CODE_SIZE,
            "neighbours": NEIGHBOURS,
            "kept_after": kept,
            **asdict(schedule),
        },
    )


def shown_examples(prepared: Prepared, x: Floats) -> PublishedArray:
    """Test examples for the figures: rows as they are, pictures as bytes."""
    if prepared.is_table:
        return PublishedArray(x, prepared.unit, "test examples, one a row")
    ink = np.rint(x * FULL_INK).astype(np.uint8).reshape(-1, *prepared.shape)
    return PublishedArray(ink, f"ink, 0 paper to {FULL_INK} full", "test pictures")


def recipe_for(own: OwnData) -> Recipe:
    """The recipe of a declared set of data."""
    declaration = own.declaration
    network = "autoencoder" if declaration.kind == "ae" else "variational autoencoder"
    return Recipe(
        title=f"The author's data {declaration.name} in two numbers",
        description=f"a dense {network} with a two-dimensional code, trained on the author's data "
        f"'{declaration.name}'",
        honesty="trained model",
        train=lambda progress: train(own, progress),
    )
