"""Note 3: rivals, one seed's training, the slopes in the shipped graph and the findings, by other
code than the recipe's."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from torch import nn
from torch.nn import functional

from tests.conftest import ROOT
from tests.parity.test_exported_models import array
from training.data import rng
from training.recipes.losses import pixels, waveforms

FOLDER = ROOT / "build/models/losses"
CARD: dict[str, Any] = json.loads((FOLDER / "card.json").read_text("utf-8"))
FIELDS = CARD["options"]["experiment"]
LIVE = CARD["options"]["live"]
SPIKE, DELTA, ROUNDED = (CARD["options"][name] for name in ("spike", "delta", "rounded"))
SHARES = [condition["name"] for condition in FIELDS["conditions"]]

Matrix = NDArray[np.float64]


def published(setting: str, measure: str, series: str, share: str) -> Matrix:
    """The published measurements there, one a seed."""
    lists = [[one["name"] for one in FIELDS[key]] for key in ("settings", "measures", "series")]
    place = [
        names.index(name) for names, name in zip(lists, (setting, measure, series), strict=True)
    ]
    values = array(FOLDER, CARD, "values").astype(np.float64)
    seeds: Matrix = values[(*place, SHARES.index(share))]
    return seeds[~np.isnan(seeds)]


def halves(setting: str, split: str) -> tuple[Matrix, Matrix]:
    """Clean inputs, and beside them from which signed share on each number is wrong."""
    x = waveforms().splits()[split].x if setting == "signals" else pixels()[split]
    clean, luck = np.split(x.astype(np.float64), 2, axis=1)
    return clean, luck


def spoiled(setting: str, share: str) -> Matrix:
    """Training data with so many outliers in a hundred."""
    clean, luck = halves(setting, "train")
    wrong = clean + SPIKE * np.sign(luck) if setting == "signals" else 1 - clean
    found: Matrix = np.where(np.round(100 * np.abs(luck)) <= float(share), wrong, clean)
    return found


def size(setting: str) -> int:
    return {"signals": 4, "digits": 6}[setting]


@pytest.mark.parametrize("setting", ["signals", "digits"])
@pytest.mark.parametrize("share", SHARES)
def test_pca_is_that_of_scikit_learn(setting: str, share: str) -> None:
    fitted = PCA(size(setting), svd_solver="full").fit(spoiled(setting, share))
    clean, _ = halves(setting, "validation")
    missed = fitted.inverse_transform(fitted.transform(clean)) - clean
    for measure, value in (("error", missed**2), ("absolute_error", abs(missed))):
        (said,) = published(setting, measure, "pca", share)
        assert said == pytest.approx(value.mean(), rel=1e-3)


def test_huber_pca_is_where_gradient_descent_ends() -> None:
    """A free search for codes, plane and centre under torch's own Huber loss."""
    x = torch.from_numpy(spoiled("signals", "20"))
    fitted = PCA(4).fit(x.numpy())
    codes = torch.tensor(np.ascontiguousarray(fitted.transform(x.numpy())), requires_grad=True)
    plane = torch.tensor(np.ascontiguousarray(fitted.components_), requires_grad=True)
    centre = torch.tensor(fitted.mean_, requires_grad=True)
    search = torch.optim.LBFGS(
        [codes, plane, centre], max_iter=400, history_size=20, line_search_fn="strong_wolfe"
    )

    def loss() -> torch.Tensor:
        search.zero_grad()
        value = functional.huber_loss(codes @ plane + centre, x, reduction="sum", delta=DELTA)
        value.backward()
        return value

    search.step(loss)
    kept = np.linalg.qr(plane.detach().numpy().T)[0]
    clean, _ = halves("signals", "validation")
    off = clean - centre.detach().numpy()
    missed = off @ kept @ kept.T - off
    (said,) = published("signals", "error", "huber-pca", "20")
    assert said == pytest.approx((missed**2).mean(), rel=0.02)


def test_one_seed_trained_by_plain_torch_ends_at_its_dot() -> None:
    seed = CARD["options"]["seeds"][0]
    layers = [nn.Linear(32, 16), nn.Linear(16, 4), nn.Linear(4, 16), nn.Linear(16, 32)]
    network = nn.Sequential(layers[0], nn.SiLU(), layers[1], layers[2], nn.SiLU(), layers[3])
    shapes = [tuple(weights.shape) for weights in network.parameters()]
    fans = [layer.in_features for layer in layers for _ in range(2)]
    start = torch.from_numpy(rng.initial_weights(seed, shapes, fans))
    nn.utils.vector_to_parameters(start, network.parameters())
    x = torch.from_numpy(spoiled("signals", "10")).float()
    (lr,) = (knob["default"] for knob in LIVE["knobs"] if knob["name"] == "lr")
    optimiser = torch.optim.Adam(network.parameters(), lr=lr)
    for rows in rng.batches(seed, 0, LIVE["steps"], len(x), LIVE["batch_size"]):
        batch = x[torch.from_numpy(rows)]
        optimiser.zero_grad()
        (functional.huber_loss(network(batch), batch, delta=DELTA) / DELTA).backward()
        optimiser.step()
    clean = torch.from_numpy(halves("signals", "validation")[0]).float()
    with torch.no_grad():
        error = float((network(clean) - clean).square().mean())
    assert published("signals", "error", "huber", "10")[0] == pytest.approx(error, rel=0.01)


@pytest.mark.parametrize("loss", ["squared", "huber", "absolute"])
def test_slopes_in_the_shipped_graph_are_those_of_the_formulas(loss: str) -> None:
    """Adam's mean of the gradient after one step is a tenth of it; that of the last layer's bias
    is the mean of the slopes at the outputs: 2e, e/δ within ±1, and the sign of
    e, rounded off."""
    (one,) = (
        live for live in FIELDS["live"] if (live["series"], live["condition"]) == (loss, "20")
    )
    x = waveforms().train.x
    shapes = [tuple(tensor["shape"]) for tensor in LIVE["parameters"]]
    fans = [tensor["fan_in"] for tensor in LIVE["parameters"]]
    params = rng.initial_weights(3, shapes, fans)
    rows = rng.batches(3, 0, 1, len(x), LIVE["batch_size"])
    zeros = np.zeros_like(params)
    feeds = {
        "params": params, "adam_m": zeros, "adam_v": zeros, "step": np.float32(0),
        "index": rows, "x_all": x, "lr": np.float32(0.01), "adam_eps": np.float32(1e-8),
        **{name: np.float32(value) for name, value in one["knobs"].items()},
    }  # fmt: skip
    session = onnxruntime.InferenceSession((FOLDER / "step.onnx").read_bytes())
    (mean,) = session.run(["adam_m_out"], {name: np.asarray(feed) for name, feed in feeds.items()})
    pieces = [
        torch.from_numpy(piece.reshape(shape)).double()
        for piece, shape in zip(
            np.split(params, np.cumsum([np.prod(shape) for shape in shapes])[:-1]),
            shapes,
            strict=True,
        )
    ]
    seen = torch.from_numpy(spoiled("signals", "20")[rows[0]])
    hidden = functional.silu(seen @ pieces[0].T + pieces[1])
    code = hidden @ pieces[2].T + pieces[3]
    x_hat = functional.silu(code @ pieces[4].T + pieces[5]) @ pieces[6].T + pieces[7]
    e = x_hat - seen
    slope = {
        "squared": 2 * e,
        "huber": (e / DELTA).clamp(-1, 1),
        "absolute": e / (e**2 + ROUNDED**2) ** 0.5,
    }[loss]
    bias = len(pieces[7])
    np.testing.assert_allclose(
        10 * mean[-bias:], slope.mean(0).numpy() / bias, rtol=1e-3, atol=1e-6
    )


def test_slopes_before_the_sigmoid_are_those_of_the_chapter() -> None:
    said = {
        loss: CARD["metrics"][f"slope.{loss}"]["value"] for loss in ("cross-entropy", "squared")
    }
    ink = CARD["metrics"]["slope.ink"]["value"]
    assert said["cross-entropy"] == pytest.approx(ink - 1, rel=1e-5)
    assert said["squared"] == pytest.approx(2 * (ink - 1) * ink * (1 - ink), rel=1e-5)


def test_the_findings_follow_from_the_measurements() -> None:
    wanted = [
        *(
            ("signals", "error", loss, share)
            for loss in ("huber", "absolute")
            for share in ("5", "20")
        ),
        ("digits", "error", "cross-entropy", "0"),
        ("digits", "sharpness", "cross-entropy", "0"),
    ]
    holds = []
    for (setting, measure, loss, share), found in zip(wanted, FIELDS["findings"], strict=True):
        at = published(setting, measure, loss, share), published(setting, measure, "squared", share)
        gains = at[0] - at[1] if measure == "sharpness" else at[1] - at[0]
        assert found["effect"] == pytest.approx(gains.mean(), rel=1e-3, abs=1e-7)
        held = gains.min() > 0
        if measure == "sharpness":
            held = np.abs(gains).max() <= CARD["options"]["blur"]
        assert found["holds"] == held
        holds.append(found["holds"])
    words = "held" if all(holds) else "held in part" if any(holds) else "not on these data"
    assert FIELDS["verdict"] == words
