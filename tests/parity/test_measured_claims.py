"""What chapters quote is measured again, from the published models, by other tools.

Each test goes another way than the recipe: brute force, finite differences, scipy, scikit-learn.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.stats import norm
from sklearn.decomposition import PCA

from tests.parity.test_exported_models import array, session
from training.data.digit_frame import digit_frame
from training.data.digits import digits
from training.data.house import house
from training.data.signals import SAMPLES, signals
from training.learn.stack import AutoencoderStack
from training.recipes.digits_holes import throws

Field = NDArray[np.float64]


class Published:
    """A model's folder: its card, its metrics, its graphs."""

    def __init__(self, models: Path, name: str) -> None:
        self.folder = models / name
        self.card: dict[str, Any] = json.loads((self.folder / "card.json").read_text("utf-8"))

    def metric(self, name: str) -> float:
        return float(self.card["metrics"][name]["value"])

    def array(self, name: str) -> NDArray[Any]:
        return array(self.folder, self.card, name)

    def graph(self, name: str) -> Callable[..., list[NDArray[np.float32]]]:
        runner = session(self.folder / self.card["graphs"][name]["file"])
        return lambda **feeds: runner.run(None, feeds)


def distances(a: Field, b: Field) -> Field:
    """Euclidean, `[n, m]`, in double precision."""
    return np.sqrt(np.maximum((a**2).sum(1)[:, None] + (b**2).sum(1)[None] - 2 * a @ b.T, 0))


def test_ten_nearest_pictures_vote_as_the_chapter_says(models_dir: Path) -> None:
    data = digits()
    train, test = (split.x.astype(float) for split in (data.train, data.test))
    order = distances(test, train).argsort(axis=1, kind="stable")[:, :10]
    votes = np.array([np.bincount(row, minlength=10).argmax() for row in data.train.labels[order]])
    measured = Published(models_dir, "digits-pca").metric("test.pixels_knn_accuracy")
    assert np.mean(votes == data.test.labels) == pytest.approx(measured, abs=1.5 / len(test))


def test_scipy_finds_no_better_house(models_dir: Path) -> None:
    model = Published(models_dir, "digits-anatomy")
    x = house(digit_frame(digits().train.x))
    encode, decode = model.graph("encoder_8"), model.graph("decoder_8")
    (z,) = encode(x=x[None])

    def error(code: Field) -> float:
        return float(np.mean((decode(z=code[None].astype(np.float32))[0][0] - x) ** 2))

    assert error(z[0]) == pytest.approx(model.metric("house.encoder_mse"), abs=1e-5)
    found = min(
        minimize(error, start, method="Powell", options={"maxfev": 4000}).fun
        for start in (z[0].astype(float), np.zeros(8))
    )
    assert found == pytest.approx(model.metric("house.search_mse"), rel=0.05)


def test_each_doubling_of_the_waist_brings_less_per_number_but_no_smaller_a_share(
    models_dir: Path,
) -> None:
    model = Published(models_dir, "digits-anatomy")
    sizes = np.array([1, 2, 4, 8, 16, 32])
    errors = np.array([model.metric(f"code-{size}.test.reconstruction_mse") for size in sizes])
    falls = -np.diff(errors)
    assert (np.diff(falls / np.diff(sizes)) < 0).all()
    shares = falls / errors[:-1]
    assert shares[-1] > shares[0]


def test_without_its_last_bend_the_widest_network_could_copy_pca(models_dir: Path) -> None:
    """SiLU is all but a/2 for a small a; a sigmoid cannot draw what PCA draws beyond 0 and 1."""
    options = Published(models_dir, "digits-anatomy").card["options"]
    size, hidden, small = max(options["sizes"]), options["hidden"], 1e-4
    data = digits()
    pca = PCA(size).fit(data.train.x.astype(float))
    network = AutoencoderStack(64, (hidden,), [size], ink=False).double()
    axes = torch.from_numpy(pca.components_)
    through = torch.eye(hidden, size, dtype=torch.float64)
    layers = (small * through @ axes, through.T * 2 / small)  # a bend of size `small`, undone
    layers += (small * through, axes.T @ through.T * 2 / small)
    mean = torch.from_numpy(pca.mean_)
    with torch.no_grad():
        for layer, weight in enumerate(layers):
            network.weights[layer].copy_(weight)
            network.biases[layer].zero_()
        network.biases[0].copy_(-network.weights[0][0] @ mean)
        network.biases[3].copy_(mean)
        x = data.test.x.astype(float)
        (drawn,) = network(torch.from_numpy(x)[None]).numpy()
    rebuilt = pca.inverse_transform(pca.transform(x))
    assert np.abs(drawn - rebuilt).max() < 1e-3
    assert rebuilt.min() < -0.1
    assert rebuilt.max() > 1.1


def test_shares_of_the_plane_weighted_by_the_prior(models_dir: Path) -> None:
    model = Published(models_dir, "shapes-vae")
    regions = model.array("regions")
    axis = np.linspace(-2.5, 2.5, len(regions))
    weight = np.outer(norm.pdf(axis), norm.pdf(axis))
    for label, name in enumerate(model.card["data"]["classes"]):
        share = weight[regions == label].sum() / weight.sum()
        assert share == pytest.approx(model.metric(f"grid.mass_{name}"), abs=1e-4)
        assert np.mean(regions == label) == pytest.approx(
            model.metric(f"grid.share_{name}"), abs=1e-6
        )


def test_in_how_many_trainings_the_prior_evens_the_shares(models_dir: Path) -> None:
    model = Published(models_dir, "shapes-vae")
    options = model.card["options"]
    axis = np.linspace(-2.5, 2.5, options["grid"]["side"])
    others = range(2, options["search"]["networks"] + 1)
    z = np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2).astype(np.float32)
    weight = norm.pdf(z).prod(1)
    rest = {"target": (len(z), 3), "weights": (len(z), 3), "leash": (len(z), 1)}
    unasked = {name: np.zeros(shape, np.float32) for name, shape in rest.items()}
    judge = model.graph("judge")
    nearer = 0
    for name in ("search", *(f"search-{number}" for number in others)):
        x = model.graph(name)(z=z, **unasked)[0]
        seen = judge(x=x.reshape(len(z), -1))[0].argmax(1)
        cells = np.bincount(seen, minlength=4) / len(z)
        mass = np.bincount(seen, weight, minlength=4) / weight.sum()
        nearer += np.ptp(mass) < np.ptp(cells)
    assert model.metric("grid.nearer_by_mass") == nearer


def test_two_deviations_hold_a_place_for_every_shape(models_dir: Path) -> None:
    """A path within them can visit all four: the plane is connected."""
    model = Published(models_dir, "shapes-vae")
    regions = model.array("regions")
    axis = np.linspace(-2.5, 2.5, len(regions))
    near = np.hypot(axis[:, None], axis) <= 2
    assert set(regions[near].tolist()) == set(range(len(model.card["data"]["classes"])))


def test_eigenvalues_that_are_left_out_are_the_curve(models_dir: Path) -> None:
    model = Published(models_dir, "signals-pca")
    for complexity in (1, 4):
        x = signals(complexity).train.x
        variances = PCA().fit(x).explained_variance_ * (len(x) - 1) / len(x)
        for k in (0, complexity, 2 * complexity - 1, 2 * complexity):
            key = f"complexity-{complexity}.pca-{k}"
            tail = float(variances[k:].sum()) / SAMPLES
            assert model.metric(f"{key}.train.tail") == pytest.approx(tail, rel=1e-3)
            assert model.metric(f"{key}.test.reconstruction_mse") == pytest.approx(tail, rel=0.1)


@pytest.mark.parametrize("kind", ["ae", "vae"])
@pytest.mark.parametrize("size", [4, 16])
def test_decoders_answer_to_as_many_directions_as_counted(
    models_dir: Path, kind: str, size: int
) -> None:
    """Slopes by central differences, of the trainings that are published."""
    model = Published(models_dir, "digits-holes")
    options, decode = model.card["options"], model.graph("decoder")
    width, sizes, shown = max(options["sizes"]), options["sizes"], options["shown_seeds"]
    counts = []
    for seed in range(shown):
        place = (options["kinds"].index(kind) * shown + seed) * len(sizes) + sizes.index(size)
        z = np.zeros((100, width), np.float32)
        z[:, :size] = throws(size, options["throw_seed"])[:100]
        member = np.full(len(z), place, np.int32)
        slopes = []
        for axis in range(size):
            step = np.zeros(width, np.float32)
            step[axis] = 0.02
            ahead, behind = (decode(z=z + sign * step, member=member)[0] for sign in (1, -1))
            slopes.append((ahead.astype(float) - behind) / 0.04)
        jacobian = np.stack(slopes, axis=-1).reshape(-1, size)
        responses = np.linalg.svd(jacobian, compute_uv=False) ** 2
        counts.append(int(np.sum(responses > 0.01 * responses.sum())))
    key = f"code-{size}.{kind}.directions_in_use"
    assert model.metric(f"{key}_lowest") <= min(counts)
    assert max(counts) <= model.metric(f"{key}_highest")


def test_the_judges_reasons_are_those_counted(models_dir: Path) -> None:
    model, judge = Published(models_dir, "digits-holes"), Published(models_dir, "digits-judge")
    options, decode = model.card["options"], model.graph("decoder")
    known = judge.array("images_train").reshape(-1, 64) / judge.card["options"]["full_ink"]
    for place, kind in ((2, "ae"), (2 + 3 * options["shown_seeds"], "vae")):
        z = throws(16, options["throw_seed"])
        (drawn,) = decode(z=z, member=np.full(len(z), place, np.int32))
        (probability,) = judge.graph("classifier")(x=drawn)
        far = distances(drawn.astype(float), known).min(axis=1) > judge.metric("largest_distance")
        unsure = probability.max(axis=1) < judge.metric("least_probability")
        for name, found in (("far_share", far.mean()), ("unsure_share", unsure.mean())):
            key = f"code-16.{kind}.{name}"
            low, high = model.metric(f"{key}_lowest"), model.metric(f"{key}_highest")
            assert low - 0.003 <= found <= high + 0.003
