"""F26: the page's own draws are the recipe's, and their shares are counted again by brute force."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit

from tests.parity.test_measured_claims import Published, distances
from tests.twin import answer
from training.data import rng
from training.recipes.digits_fitted_prior import STREAM_COMPONENT, STREAM_NORMAL

ASSETS = Path(__file__).resolve().parents[2] / "site_assets"
MATHS = ASSETS / "figures/fitted-prior/maths.ts"
STEPS = ASSETS / "kit/maths/diffusion.ts"
BORDERLINE = 2  # drawings of 1,000 that lie within float32's rounding of a limit
SIZE = 16

SCRIPT = """
import { readFileSync } from "node:fs";
const { mixtureCodes, normalCodes } = await import(process.argv[1]);
const { pull } = await import(process.argv[2]);
const { seed, mixtures, mixed, clean, levels } = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify({
  normal: [...normalCodes(seed)],
  mixtures: mixtures.map((mixture) => [...mixtureCodes(seed, mixture)]),
  pulled: [...pull(Float32Array.from(mixed), Float32Array.from(clean), ...levels)],
}));
"""

Field = NDArray[np.float64]


@pytest.fixture(scope="module")
def model(models_dir: Path) -> Published:
    return Published(models_dir, "digits-fitted-prior")


def normals(model: Published) -> Field:
    seed, throws = (model.card["options"][name] for name in ("throw_seed", "throws"))
    return rng.normal(seed, STREAM_NORMAL, throws * SIZE).reshape(throws, SIZE).astype(float)


def from_mixture(model: Published, member: int) -> Field:
    """Part by part, with whole matrices."""
    weights, means, lower = (
        model.array(f"mixture_{name}")[member].astype(float)
        for name in ("weights", "means", "factors")
    )
    noise = normals(model)
    u = rng.uniform(model.card["options"]["throw_seed"], STREAM_COMPONENT, len(noise))
    ends = np.cumsum(weights)
    z = np.empty_like(noise)
    for part in range(model.card["options"]["components"][member]):
        factor = np.zeros((SIZE, SIZE))
        factor[np.tril_indices(SIZE)] = lower[part]
        last = part == model.card["options"]["components"][member] - 1
        rows = (u >= ends[part] - weights[part]) & ((u < ends[part]) | last)
        z[rows] = means[part] + noise[rows] @ factor.T
    return z


def from_diffusion(model: Published, member: int) -> Field:
    """DDIM in the form with ε: z' = α' ẑ + σ' ε̂, ε̂ = (z − α ẑ)/σ (Song et al. 2021)."""
    z, levels = normals(model), model.card["options"]["levels"]
    denoise = model.graph("denoiser")
    which = np.full(len(z), member, np.int32)
    for level, following in zip(levels, [*levels[1:], np.inf], strict=True):
        (clean,) = denoise(
            z=z.astype(np.float32), level=np.full(len(z), level, np.float32), member=which
        )
        eps = (z - np.sqrt(expit(2 * level)) * clean) / np.sqrt(expit(-2 * level))
        z = np.sqrt(expit(2 * following)) * clean + np.sqrt(expit(-2 * following)) * eps
    return z


def drawn_from(model: Published, prior: str, member: int) -> Field:
    if prior == "normal":
        return normals(model)
    return (from_mixture if prior == "mixture" else from_diffusion)(model, member)


@pytest.mark.parametrize("prior", ["normal", "mixture", "diffusion"])
def test_shares_are_counted_again(models_dir: Path, model: Published, prior: str) -> None:
    judge = Published(models_dir, "digits-judge")
    known = judge.array("images_train").reshape(-1, 64) / judge.card["options"]["full_ink"]
    options = model.card["options"]
    published = model.array("accepted_shares")[options["priors"].index(prior)].ravel()
    for member, share in enumerate(published):
        z = drawn_from(model, prior, member).astype(np.float32)
        (drawn,) = model.graph("decoder")(z=z, member=np.full(len(z), member, np.int32))
        (probability,) = judge.graph("classifier")(x=drawn)
        near = distances(drawn.astype(float), known).min(axis=1)
        accepted = (probability.max(axis=1) >= judge.metric("least_probability")) & (
            near <= judge.metric("largest_distance")
        )
        assert accepted.mean() == pytest.approx(share, abs=BORDERLINE / len(z) + 1e-6)
    for place, kind in enumerate(options["kinds"]):
        own = published.reshape(len(options["kinds"]), -1)[place]
        assert model.metric(f"{kind}.{prior}.accepted_share") == pytest.approx(own.mean(), abs=1e-6)


def test_the_way_begins_and_ends_with_the_shares_of_its_ends(model: Published) -> None:
    along, shares = model.array("path_shares"), model.array("accepted_shares")
    priors = model.card["options"]["priors"]
    assert np.array_equal(along[..., 0], shares[priors.index("normal")])
    assert np.array_equal(along[..., -1], shares[priors.index("diffusion")])


def test_the_page_draws_the_same_codes(model: Published) -> None:
    options = model.card["options"]
    members = range(len(options["components"]))
    generator = np.random.default_rng(0)
    mixed, clean = (generator.standard_normal(SIZE).astype(np.float32) for _ in range(2))
    parts = {name: model.array(f"mixture_{name}") for name in ("weights", "means", "factors")}
    call: dict[str, Any] = {
        "seed": options["throw_seed"],
        "mixtures": [{name: part[m].ravel() for name, part in parts.items()} for m in members],
        "mixed": mixed,
        "clean": clean,
        "levels": options["levels"][5:7],
    }
    found = answer(SCRIPT, MATHS.as_uri(), STEPS.as_uri(), given=call)
    assert np.array(found["normal"]) == pytest.approx(normals(model).ravel(), abs=1e-6)
    for member, codes in zip(members, found["mixtures"], strict=True):
        assert np.array(codes) == pytest.approx(from_mixture(model, member).ravel(), abs=1e-5)
    level, following = call["levels"]
    eps = (mixed - np.sqrt(expit(2 * level)) * clean) / np.sqrt(expit(-2 * level))
    pulled = np.sqrt(expit(2 * following)) * clean + np.sqrt(expit(-2 * following)) * eps
    assert np.array(found["pulled"]) == pytest.approx(pulled, abs=1e-5)
