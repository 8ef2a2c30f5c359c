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

FOLDER = ROOT / "build/models/losses"
CARD: dict[str, Any] = json.loads((FOLDER / "card.json").read_text("utf-8"))
FIELDS = CARD["options"]["experiment"]
LIVE = CARD["options"]["live"]
SPIKE, DELTA, ROUNDED = (CARD["options"][name] for name in ("spike", "delta", "rounded"))
CODE = 4
WIDTHS = [(64, 16), (16, CODE), (CODE, 16), (16, 64)]
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


def shipped(split: str) -> NDArray[np.float32]:
    """Rows as the network sees them: a waveform, a digit, signed shares of outliers."""
    x: NDArray[np.float32] = array(FOLDER, CARD, f"x_{split}").astype(np.float32)
    return x * np.float32(LIVE["data"]["scale"]) - array(FOLDER, CARD, "offset")


def clean(setting: str, split: str) -> Matrix:
    wave, pixels, _ = np.split(shipped(split).astype(np.float64), 3, axis=1)
    return wave if setting == "signals" else pixels


def spoiled(setting: str, share: str) -> Matrix:
    """Training data with so many outliers in a hundred."""
    right = clean(setting, "train")
    luck = shipped("train")[:, 128:]
    wrong = right + SPIKE * np.sign(luck) if setting == "signals" else 1 - right
    found: Matrix = np.where(np.round(100 * np.abs(luck)) <= float(share), wrong, right)
    return found


@pytest.mark.parametrize("setting", ["signals", "digits"])
@pytest.mark.parametrize("share", SHARES)
def test_pca_is_that_of_scikit_learn(setting: str, share: str) -> None:
    fitted = PCA(CODE, svd_solver="full").fit(spoiled(setting, share))
    x = clean(setting, "validation")
    missed = fitted.inverse_transform(fitted.transform(x)) - x
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
    off = clean("signals", "validation") - centre.detach().numpy()
    missed = off @ kept @ kept.T - off
    (said,) = published("signals", "error", "huber-pca", "20")
    assert said == pytest.approx((missed**2).mean(), rel=0.02)


@pytest.mark.parametrize(
    ("setting", "loss", "share"), [("signals", "huber", "10"), ("digits", "cross-entropy", "0")]
)
def test_one_seed_trained_by_plain_torch_ends_at_its_dot(
    setting: str, loss: str, share: str
) -> None:
    seed = CARD["options"]["seeds"][0]
    layers = [nn.Linear(*widths) for widths in WIDTHS]
    network = nn.Sequential(layers[0], nn.SiLU(), layers[1], layers[2], nn.SiLU(), layers[3])
    shapes = [tuple(weights.shape) for weights in network.parameters()]
    fans = [layer.in_features for layer in layers for _ in range(2)]
    start = torch.from_numpy(rng.initial_weights(seed, shapes, fans))
    nn.utils.vector_to_parameters(start, network.parameters())
    x = torch.from_numpy(spoiled(setting, share)).float()
    (lr,) = (knob["default"] for knob in LIVE["knobs"] if knob["name"] == "lr")
    optimiser = torch.optim.Adam(network.parameters(), lr=lr)
    for rows in rng.batches(seed, 0, LIVE["steps"], len(x), LIVE["batch_size"]):
        batch = x[torch.from_numpy(rows)]
        optimiser.zero_grad()
        if loss == "huber":
            (2 * functional.huber_loss(network(batch), batch, delta=DELTA)).backward()
        else:
            functional.binary_cross_entropy_with_logits(network(batch), batch).backward()
        optimiser.step()
    held_out = torch.from_numpy(clean(setting, "validation")).float()
    with torch.no_grad():
        drawn = network(held_out) if loss == "huber" else torch.sigmoid(network(held_out))
        error = float((drawn - held_out).square().mean())
    assert published(setting, "error", loss, share)[0] == pytest.approx(error, rel=0.01)


@pytest.mark.parametrize(
    ("setting", "loss"),
    [
        *(("signals", loss) for loss in ("squared", "huber", "absolute")),
        *(("digits", loss) for loss in ("squared", "cross-entropy", "absolute")),
    ],
)
def test_slopes_in_the_shipped_graph_are_those_of_the_formulas(setting: str, loss: str) -> None:
    """Adam's mean of the gradient after one step is a tenth of it; that of the last layer's bias
    is the mean of the slopes at the outputs: 2e, cut off at ±2δ, and for digits times that of the
    sigmoid; x̂ − x for cross-entropy."""
    (one,) = (
        live
        for live in FIELDS["live"]
        if (live["setting"], live["series"], live["condition"]) == (setting, loss, "20")
    )
    x = shipped("train")
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
    seen = torch.from_numpy(spoiled(setting, "20")[rows[0]])
    hidden = functional.silu(seen @ pieces[0].T + pieces[1])
    code = hidden @ pieces[2].T + pieces[3]
    x_hat = functional.silu(code @ pieces[4].T + pieces[5]) @ pieces[6].T + pieces[7]
    outer = torch.ones_like(x_hat)
    if setting == "digits":
        x_hat = torch.sigmoid(x_hat)
        outer = x_hat * (1 - x_hat)
    e = x_hat - seen
    limit = {"huber": DELTA, "absolute": ROUNDED}.get(loss, np.inf)
    slope = e if loss == "cross-entropy" else 2 * e.clamp(-limit, limit) * outer
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
