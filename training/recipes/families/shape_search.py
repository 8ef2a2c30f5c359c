"""A search in the code of `shapes-vae` for wished drawings, beside an archive to pick from (F22).

A search follows the slope of a cost through the decoder into the code, with and without a leash λ.
Its rivals are as many codes drawn from the prior, and the best of all training drawings. What is
found is measured again on the drawing and put before a judge, who learnt from drawings alone. All
this is done with several trainings of the network, the first of which is the page's. λ was chosen
on validation wishes, one for all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from training.data import rng
from training.data.dataset import Dataset, Floats, Split
from training.data.shapes import SIDE
from training.learn.judge import Judge, limited
from training.learn.networks import PatchVAE, ShapeClassifier
from training.learn.posterior import code_port
from training.measure.code_search import (
    ITERATIONS,
    REGION,
    STEEPNESS,
    TOLERANCE,
    SearchSlope,
    cost,
    search,
    weights,
)
from training.measure.drawings import (
    FREQUENCIES,
    LARGEST,
    NAMES,
    QUIET,
    SHARPNESS,
    SMOOTHING,
    DrawingMeasures,
)
from training.publish.card import Metric, Port
from training.publish.export import (
    Array,
    Call,
    Graph,
    export,
    inference_session,
    uniform_sampler,
    with_weights,
)
from training.publish.gradient import traced
from training.publish.recipe import Claim, Progress, PublishedArray

CODE_SIZE = 2
KINDS = ("drawn", "mixed")
WAYS = ("free", "held", "random", "archive")
WISHES = 24
"""Of each kind, for the choice of λ and again for the test."""

NETWORKS = 5
"""Trainings, each with starts and random codes of its own."""

STARTS = 4
"""Searches for a wish, of which the best is kept."""

LOOKS = 90
"""Random codes for a wish: at least as many as its searches ask for."""

LEASHES = (0.01, 0.03, 0.1, 0.3)

KNOWN = 160
"""Training drawings that the page has: the judge's examples, and a small archive."""

LEVELS = 15
"""Known drawings are whole multiples of 1/15 of full ink."""

PLANE_SIDE, PLANE_EXTENT = 37, 4.5
FINE = 24
"""Measures over the plane are whole multiples of 1/24 deviation."""

TURNED_WISH, TURNED_START = (0.14, 0.25, 5.0), (-2.5, -2.0)
"""Of the search that the figure opens with, in which an exercise turns λ: a thin star, from where
cogs are. It is an example, chosen for what it shows and because starts and weights beside these
show the same. What holds of searches in general, the wishes of the test split say."""

STREAM_STARTS = rng.STREAM_DRAW + 80
STREAM_CODES = rng.STREAM_DRAW + 81
SEED = 5

MEASURE_UNITS = "mean ink; 4 π area / edge²; cycles"
X = Port("x", ("n", SIDE * SIDE), "ink, 0 paper to 1 full", "drawings, row by row")
PROBABILITY = Port("probability", ("n", 4), "share", "of each shape, by data.classes")
INPUTS = (
    code_port(CODE_SIZE),
    Port("target", ("n", 3), MEASURE_UNITS, "wished ink, roundness and points"),
    Port("weights", ("n", 3), "", "of each squared miss, in shares of options.search.largest"),
    Port("leash", ("n", 1), "", "λ, weight of the squared distance from the origin"),
)
OUTPUTS = (
    Port("x_hat", ("n", 1, SIDE, SIDE), "ink, 0 paper to 1 full", "what the code decodes to"),
    Port("measures", ("n", 3), MEASURE_UNITS, "ink, roundness and points of the drawing"),
    Port("slope", ("n", CODE_SIZE), "", "of cost and leash by the code"),
)

Field = NDArray[np.float64]


@dataclass(frozen=True)
class Searched:
    """What `shapes-vae` publishes of the search."""

    graphs: Mapping[str, Graph]
    arrays: Mapping[str, PublishedArray]
    metrics: Mapping[str, Metric]
    options: Mapping[str, object]


class FlatShapes(nn.Module):
    """The classifier of shapes as a judge asks it."""

    def __init__(self, classifier: ShapeClassifier) -> None:
        super().__init__()
        self.layers = classifier.layers  # of the same name, so that the archive's weights fit both

    def forward(self, x: Tensor) -> Tensor:
        """x `[n, 1024]` → probabilities `[n, classes]`."""
        logits: Tensor = self.layers(x.reshape(-1, 1, SIDE, SIDE))
        return logits.softmax(1)


class Ground:
    """Judge and archive, as they are published."""

    def __init__(self, classifier: ShapeClassifier, dataset: Dataset) -> None:
        self.measures = DrawingMeasures()
        self.archive = self.measures(torch.from_numpy(dataset.train.x))
        self.deviations = self.archive.std(0)
        self.known = np.rint(LEVELS * dataset.train.x[:KNOWN]).astype(np.uint8)
        self.judge = limited(
            FlatShapes(classifier).requires_grad_(False).eval(),
            (self.known.reshape(KNOWN, -1) / LEVELS).astype(np.float32),
            flat(dataset.validation.x),
        )

    @torch.no_grad()
    def best_of(self, measures: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """For each target the row of `measures` that costs least, and its misfit, `[n]` both."""
        least = cost(measures, target[:, None], self.deviations).min(1)
        return least.indices, least.values.sqrt()


class Plane:
    """Codes of one network: its decoder and slopes, as they are published."""

    def __init__(self, graph: Graph, model: PatchVAE, deviations: Tensor) -> None:
        self.draw = model.decode
        self.graph = graph
        # The searches run in what the page gets: its slopes cost half of what PyTorch's do.
        self.session = inference_session(self.graph.model.SerializeToString())
        self.measures = DrawingMeasures()
        self.deviations = deviations

    @torch.no_grad()
    def searched(self, target: Tensor, starts: Tensor, leash: float) -> "Found":
        """The best by C + λ ‖z‖² of the searches for each target `[n, 3]` from its starts
        `[n, s, 2]`."""
        count, each = starts.shape[:2]
        wide = target.repeat_interleave(each, 0)

        def ask(codes: Field, searches: NDArray[np.int_]) -> tuple[Field, Field]:
            feeds = {
                "z": codes.astype(np.float32),
                "target": wide[searches].numpy(),
                "weights": weights(self.deviations).expand(len(codes), -1).numpy(),
                "leash": np.full((len(codes), 1), leash, np.float32),
            }
            measures, slope = self.session.run(["measures", "slope"], feeds)
            missed = cost(torch.from_numpy(measures), wide[searches], self.deviations)
            return missed.double().numpy() + leash * (codes**2).sum(1), slope.astype(np.float64)

        ends = search(ask, starts.flatten(0, 1).double().numpy())
        z = torch.from_numpy(ends.codes).float()
        drawings = self.draw(z)
        found = cost(self.measures(drawings), wide, self.deviations)
        best = (found + leash * z.square().sum(1)).reshape(count, each).argmin(1)
        rows = torch.arange(count) * each + best
        return Found(z[rows], found[rows].sqrt(), drawings[rows], float(each * ends.looks.mean()))


@dataclass(frozen=True)
class Found:
    """Codes `[n, 2]`, misfits `[n]`, drawings `[n, 1, 32, 32]`, and how many looks a target took on
    average."""

    codes: Tensor
    misfits: Tensor
    drawings: Tensor
    looks: float


def flat(drawings: Floats) -> Floats:
    """`[n, 1, 32, 32]` → `[n, 1024]`."""
    return drawings.reshape(len(drawings), -1)


def wishes(split: Split) -> Tensor:
    """Wishes by kind, `[2, 24, 3]`, out of a split that no network and no archive has.

    *Drawn*: all three measures of one drawing, so that the wish can be met. *Mixed*: each measure
    of another drawing, so that it often cannot.
    """
    measures = DrawingMeasures()(torch.from_numpy(split.x[: (1 + len(NAMES)) * WISHES]))
    drawn, *others = measures.split(WISHES)
    return torch.stack([drawn, torch.stack([each[:, k] for k, each in enumerate(others)], dim=1)])


def starts(number: int) -> Tensor:
    """Of network `number`, from the prior, `[48, 4, 2]`: wishes by kind, searches, code."""
    count = len(KINDS) * WISHES * STARTS * CODE_SIZE
    drawn = rng.normal(number, STREAM_STARTS, count)
    return torch.from_numpy(drawn).reshape(-1, STARTS, CODE_SIZE)


def chosen_leash(ground: Ground, planes: Sequence[Plane], split: Split) -> float:
    """The λ of `LEASHES` with which the judge accepts most on validation wishes over all networks,
    the smallest of several."""
    target = wishes(split).flatten(0, 1)
    first = starts(NETWORKS)

    def share(leash: float) -> float:
        found = [plane.searched(target, first, leash).drawings for plane in planes]
        return ground.judge.accepted_share(flat(torch.cat(found).numpy()))

    return LEASHES[int(np.argmax([share(leash) for leash in LEASHES]))]


def measured(
    ground: Ground,
    planes: Sequence[Plane],
    split: Split,
    archive: Floats,
    leash: float,
    progress: Progress,
) -> tuple[Field, Field, float]:
    """Mean misfit and accepted share by kind, way and network, `[2, 4, 5]` each, and the mean
    number of looks that all searches for a wish took without λ."""
    target = wishes(split).flatten(0, 1)
    misfits = np.empty((len(KINDS), len(WAYS), NETWORKS))
    accepted = np.empty_like(misfits)
    looks = []

    def note(way: str, number: int | slice, misfit: Tensor, drawings: Tensor) -> None:
        place = (slice(None), WAYS.index(way), number)
        verdicts = ground.judge.accepts(flat(drawings.numpy())).reshape(len(KINDS), WISHES)
        means = misfit.reshape(len(KINDS), WISHES).double().mean(1).numpy(), verdicts.mean(1)
        for table, mean in zip((misfits, accepted), means, strict=True):
            table[place] = mean[:, None] if isinstance(number, slice) else mean

    for number, plane in enumerate(planes):
        for way, strength in (("free", 0.0), ("held", leash)):
            found = plane.searched(target, starts(number), strength)
            note(way, number, found.misfits, found.drawings)
            if way == "free":
                looks.append(found.looks)
        codes = rng.normal(number, STREAM_CODES, LOOKS * CODE_SIZE).reshape(LOOKS, CODE_SIZE)
        drawings = plane.draw(torch.from_numpy(codes))
        best, misfit = ground.best_of(ground.measures(drawings), target)
        note("random", number, misfit, drawings[best])
        progress((number + 1) / NETWORKS)
    best, misfit = ground.best_of(ground.archive, target)
    note("archive", slice(None), misfit, torch.from_numpy(archive)[best])
    return misfits, accepted, float(np.mean(looks))


def turned(ground: Ground, shown: Plane, codes: Tensor) -> dict[str, Metric]:
    """What λ does to one search: where it is first accepted, at what cost, and how far from all
    training codes `[n, 2]` it ends without."""
    target = torch.tensor([TURNED_WISH])
    start = torch.tensor([[TURNED_START]])
    found = {leash: shown.searched(target, start, leash) for leash in (0.0, *LEASHES)}
    kept = [
        leash
        for leash, each in found.items()
        if ground.judge.accepts(flat(each.drawings.numpy())).item()
    ]
    first, about = min(kept, default=0.0), "in the exercise's search"
    away = torch.cdist(found[0.0].codes, codes).min()
    return {
        "search.turned.first": Metric(first, "1", "search", f"smallest λ that is accepted {about}"),
        "search.turned.free_distance": Metric(
            float(away),
            "prior deviations",
            "search",
            f"from the end at λ = 0 to the nearest code of a training drawing {about}",
        ),
        **{
            f"search.turned.{name}": Metric(
                float(found[leash].misfits), "deviations", "search", f"misfit at {what} {about}"
            )
            for name, leash, what in (
                ("free_misfit", 0.0, "λ = 0"),
                ("first_misfit", first, "that λ"),
                ("largest_misfit", LEASHES[-1], "the largest λ"),
            )
        },
    }


def places() -> Tensor:
    """Codes `[1369, 2]`: rows of falling z₂, in each row rising z₁."""
    axis = torch.linspace(-PLANE_EXTENT, PLANE_EXTENT, PLANE_SIDE)
    z1, z2 = torch.meshgrid(axis, -axis, indexing="xy")
    return torch.stack([z1, z2], dim=-1).reshape(-1, CODE_SIZE)


def sample(n: int, generator: np.random.Generator) -> tuple[Array, ...]:
    """Codes, wishes and light weights: a slope's rounding grows with it, the export's check not."""
    parts = (
        1.5 * generator.standard_normal((n, CODE_SIZE)),
        generator.random((n, 3)) * [0.4, 1.0, 8.0],
        generator.random((n, 3)) * 0.1,
        generator.random((n, 1)) * 0.1,
    )
    return tuple(part.astype(np.float32) for part in parts)


def exported(models: Sequence[PatchVAE]) -> list[Graph]:
    """Each decoder with its slopes."""
    first, *others = models
    looks = [SearchSlope(Call(model, "decode")).requires_grad_(False).eval() for model in models]
    example = tuple(map(torch.from_numpy, sample(5, np.random.default_rng(SEED))))
    graph = export(traced(looks[0], example), INPUTS, OUTPUTS, sample, SEED)
    return [
        graph,
        *(
            with_weights(graph, first.decoder, model.decoder, look, sample, SEED)
            for model, look in zip(others, looks[1:], strict=True)
        ),
    ]


@torch.no_grad()
def searched(
    models: Sequence[PatchVAE], classifier: ShapeClassifier, dataset: Dataset, progress: Progress
) -> Searched:
    """Search in the codes of `NETWORKS` models, measure and export."""
    ground = Ground(classifier, dataset)
    planes = [
        Plane(graph, model, ground.deviations)
        for graph, model in zip(exported(models), models, strict=True)
    ]
    shown, *others = planes
    leash = chosen_leash(ground, planes, dataset.validation)
    misfits, accepted, looks = measured(
        ground, planes, dataset.test, dataset.train.x, leash, progress
    )
    drawings = shown.draw(places())
    fine = FINE * ground.measures(drawings) / ground.deviations
    lands = ground.judge.accepts(flat(drawings.numpy()))
    known = torch.from_numpy(ground.judge.known).reshape(-1, 1, SIDE, SIDE)
    by = "by kind of wish, way and network"
    return Searched(
        graphs={
            "search": shown.graph,
            # No figure has them: they are there for whoever will check what was measured.
            **{f"search-{number}": plane.graph for number, plane in enumerate(others, 2)},
            "judge": export(
                ground.judge.classifier, (X,), (PROBABILITY,), uniform_sampler((X,)), SEED
            ),
        },
        arrays={
            "known": PublishedArray(
                ground.known[:, 0],
                f"ink, 0 paper to {LEVELS} full",
                f"the first {KNOWN} training drawings",
            ),
            "known_measures": PublishedArray(
                ground.measures(known).numpy(), MEASURE_UNITS, "ink, roundness and points of these"
            ),
            "plane_measures": PublishedArray(
                fine.round().clamp(0, 255).byte().numpy(),
                f"1/{FINE} deviation over the training drawings",
                "of what is drawn at each place of a plane, rows of falling z2",
            ),
            "plane_accepted": PublishedArray(
                lands.astype(np.uint8), "1 accepted", "what the judge says of these"
            ),
            "misfits": PublishedArray(misfits.astype(np.float32), "deviations", f"mean {by}"),
            "accepted": PublishedArray(accepted.astype(np.float32), "share of wishes", by),
        },
        metrics={
            **metrics(ground.judge, leash, looks, dataset, misfits, accepted),
            **turned(ground, shown, models[0].encode(torch.from_numpy(dataset.train.x))[0]),
        },
        options={
            "kinds": list(KINDS),
            "ways": list(WAYS),
            "wishes": WISHES,
            "networks": NETWORKS,
            "starts": STARTS,
            "leashes": list(LEASHES),
            "iterations": ITERATIONS,
            "tolerance": TOLERANCE,
            "wall": {"region": REGION, "steepness": STEEPNESS},
            "looks": LOOKS,
            "archive": len(ground.archive),
            "known": KNOWN,
            "levels": LEVELS,
            "plane": {"side": PLANE_SIDE, "extent": PLANE_EXTENT, "fine": FINE},
            "turned": {"wish": list(TURNED_WISH), "start": list(TURNED_START)},
            "largest": list(LARGEST),
            "deviations": ground.deviations.tolist(),
            "sharpness": SHARPNESS,
            "smoothing": SMOOTHING,
            "quiet": QUIET,
            "frequencies": {"lowest": FREQUENCIES[0], "highest": FREQUENCIES[-1]},
        },
    )


def metrics(
    judge: Judge,
    leash: float,
    looks: float,
    dataset: Dataset,
    misfits: Field,
    accepted: Field,
) -> dict[str, Metric]:
    """Limits, λ, and `search.drawn.free.misfit` and so on with their range over the networks."""
    result = {
        "judge.least_probability": Metric(
            judge.least_probability, "share", "validation",
            "the classifier must give its first choice at least this probability",
        ),
        "judge.largest_distance": Metric(
            judge.largest_distance, "ink", "validation",
            "the nearest known drawing may be at most this far, in Euclidean distance",
        ),
        "judge.accepted_test": Metric(
            judge.accepted_share(flat(dataset.test.x)), "share of drawings", "test",
            "test drawings that the judge accepts",
        ),
        "search.leash": Metric(
            leash, "1", "validation", "λ with which the judge accepts most on validation wishes"
        ),
        "search.looks": Metric(
            looks, "looks", "test", "codes that all searches for a wish ask for without λ, mean"
        ),
    }  # fmt: skip
    for k, kind in enumerate(KINDS):
        for w, way in enumerate(WAYS):
            key, about = f"search.{kind}.{way}", f"way '{way}' for wishes of kind '{kind}'"
            result |= spread(f"{key}.misfit", misfits[k, w], "deviations", f"misfit of {about}")
            result |= spread(f"{key}.accepted", accepted[k, w], "share", f"accepted of {about}")
        lead = misfits[k, WAYS.index("archive")] - misfits[k, WAYS.index("free")]
        about = f"misfit more by the archive for wishes of kind '{kind}'"
        result |= spread(f"search.{kind}.lead", lead, "deviations", about)
    return result


def spread(name: str, values: Field, unit: str, about: str) -> dict[str, Metric]:
    """Mean, lowest and highest over the networks."""
    found = (("", "mean", values.mean()), ("_lowest", "lowest", values.min()))
    return {
        f"{name}{ending}": Metric(
            float(value), unit, "test", f"{about}, {word} of {NETWORKS} networks"
        )
        for ending, word, value in (*found, ("_highest", "highest", values.max()))
    }


CLAIMS: tuple[Claim, ...] = (
    Claim(
        "a wish that one drawing meets is met better by the archive in every training",
        lambda m: m["search.drawn.lead_highest"] < 0,
    ),
    Claim(
        "mixed wishes are met better by the search in every training, and less of it is accepted",
        lambda m: (
            m["search.mixed.lead_lowest"] > 0
            and m["search.mixed.free.accepted_highest"] < m["search.mixed.archive.accepted"]
            and m["search.mixed.free.accepted"] < m["search.drawn.free.accepted"]
        ),
    ),
    Claim(
        "for every kind of wish, slopes come closer than as many codes at random, on average",
        lambda m: (
            m["search.looks"] <= LOOKS
            and all(
                m[f"search.{kind}.free.misfit"] < m[f"search.{kind}.random.misfit"]
                for kind in KINDS
            )
        ),
    ),
    Claim(
        "λ costs misfit for every kind of wish, and acceptance is less than ten points from where "
        "it was, on average",
        lambda m: all(
            m[f"search.{kind}.held.misfit"] > m[f"search.{kind}.free.misfit"]
            and abs(m[f"search.{kind}.held.accepted"] - m[f"search.{kind}.free.accepted"]) < 0.1
            for kind in KINDS
        ),
    ),
    Claim(
        "the exercise's search goes where no drawing has its code, is first accepted at a λ "
        "between, and the largest misses the most",
        lambda m: (
            m["search.turned.free_distance"] > 0.5
            and 0 < m["search.turned.first"] < LEASHES[-1]
            and m["search.turned.free_misfit"]
            < m["search.turned.first_misfit"]
            < m["search.turned.largest_misfit"] / 2
        ),
    ),
)
