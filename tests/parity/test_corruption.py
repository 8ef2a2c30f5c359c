"""Note 8: errors, probes and findings from what is published, by other code, and by theory."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from torch import nn

from tests.conftest import ROOT
from tests.parity.test_exported_models import array
from training.data.digits import digits
from training.data.gaussian import directions, gaussian, variances
from training.measure.probe import labelled_rows

FOLDER = ROOT / "build/models/corruption"
CARD = json.loads((FOLDER / "card.json").read_text("utf-8"))
FIELDS = CARD["options"]["experiment"]
STRENGTHS = [condition["value"] for condition in FIELDS["conditions"]]
NAMES = [
    [one["name"] for one in FIELDS[key]]
    for key in ("settings", "measures", "series", "conditions")
]  # fmt: skip
SIZE = 8


def values(*names: str) -> np.ndarray:
    """By setting, measure, series and condition; without the last, for all of them."""
    table = array(FOLDER, CARD, "values").astype(np.float64)
    places = tuple(known.index(name) for known, name in zip(NAMES, names, strict=False))
    seeds: np.ndarray = table[places]
    return seeds if len(names) < 4 else seeds[~np.isnan(seeds)]


def limit(trained: float, met: float) -> float:
    """From the spectrum, term by term."""
    left = 0.0
    for place, variance in enumerate(variances()):
        gain = variance / (variance + trained**2) if place < SIZE else 0.0
        left += variance * (1 - gain) ** 2 + met**2 * gain**2
    return left / len(variances())


@pytest.mark.parametrize("measure", ["error", "fixed"])
@pytest.mark.parametrize("strength", STRENGTHS)
def test_trained_linear_denoisers_reach_wieners_limit(measure: str, strength: float) -> None:
    met = strength if measure == "error" else CARD["options"]["fixed"]
    (published,) = values("gaussian", measure, "theory", f"{strength:g}")
    assert published == pytest.approx(limit(strength, met), rel=1e-5)
    for series in ("network", "linear"):
        measured = values("gaussian", measure, series, f"{strength:g}")
        assert measured.mean() == pytest.approx(published, rel=CARD["options"]["tolerance"])


def test_a_plain_training_loop_comes_to_the_same_error() -> None:
    """One strength, one seed, `torch.nn` and `torch.optim`; noise and order of its own."""
    strength = 0.4
    torch.manual_seed(1)
    x = torch.from_numpy(gaussian().train.x)
    model = nn.Sequential(nn.Linear(16, SIZE), nn.Linear(SIZE, 16))
    optimiser = torch.optim.Adam(model.parameters(), lr=5e-3)
    for _ in range(600):
        clean = x[torch.randint(len(x), (256,))]
        optimiser.zero_grad()
        nn.functional.mse_loss(model(clean + strength * torch.randn(clean.shape)), clean).backward()
        optimiser.step()
    clean = torch.from_numpy(gaussian().test.x)
    with torch.no_grad():
        error = float((model(clean + strength * torch.randn(clean.shape)) - clean).square().mean())
    assert error == pytest.approx(values("gaussian", "error", "network", "0.4").mean(), rel=0.05)


def named_rightly(features: dict[str, np.ndarray]) -> float:
    """By scikit-learn's own scaler and classifier, one deviation common to all columns."""
    data = digits()
    mean = StandardScaler(with_std=False).fit(features["train"])
    scaled = {name: mean.transform(rows) for name, rows in features.items()}
    common = float(np.sqrt((scaled["train"] ** 2).mean()))
    shares = []
    for draw in range(CARD["options"]["draws"]):
        rows = labelled_rows(data.train.labels, CARD["options"]["labels"], draw)
        probe = LogisticRegression(C=1.0, max_iter=2000, tol=1e-6)
        probe.fit(scaled["train"][rows] / common, data.train.labels[rows])
        shares.append(probe.score(scaled["test"] / common, data.test.labels))
    return float(np.mean(shares))


def test_probes_on_pixels_and_on_pca_are_scikit_learns() -> None:
    splits = {name: split.x.astype(np.float64) for name, split in digits().splits().items()}
    pca = PCA(CARD["options"]["digits"]["size"], svd_solver="full").fit(splits["train"])
    codes = {name: pca.transform(rows) for name, rows in splits.items()}
    one_digit = 1 / len(splits["test"]) / CARD["options"]["draws"]
    for setting in ("noise", "blanked"):
        (raw, *others) = values(setting, "probe", "raw")[:, 0]
        assert raw == pytest.approx(named_rightly(splits), abs=2 * one_digit)
        assert set(others) == {raw}
        (linear,) = values(setting, "probe", "linear", "0")
        assert linear == pytest.approx(named_rightly(codes), abs=2 * one_digit)
        (error,) = values(setting, "error", "linear", "0")
        left = pca.inverse_transform(codes["test"]) - splits["test"]
        assert error == pytest.approx(float(np.mean(left**2)), rel=1e-4)


def test_without_noise_the_directions_that_have_no_place_are_what_is_left() -> None:
    x = gaussian().test.x.astype(np.float64) @ directions(17).T
    dropped = float((x[:, SIZE:] ** 2).sum(1).mean()) / x.shape[1]
    (linear,) = values("gaussian", "error", "linear", "0")
    assert linear == pytest.approx(dropped, rel=0.03)


def test_the_findings_follow_from_the_measurements() -> None:
    metrics = {name: metric["value"] for name, metric in CARD["metrics"].items()}
    holds = []
    findings = iter(FIELDS["findings"])
    for setting in ("noise", "blanked"):
        own, fixed = (f"{metrics[f'{setting}.best_{one}']:g}" for one in ("probe", "fixed"))
        for measure, better, worse, sign in (
            ("error", "0.1", "0.8", -1), ("probe", own, "0", 1), ("probe", own, fixed, 1),
        ):  # fmt: skip
            found = next(findings)
            effects = sign * (
                values(setting, measure, "network", better)
                - values(setting, measure, "network", worse)
            )
            assert (found["effect"], found["lowest"], found["highest"]) == pytest.approx(
                (effects.mean(), effects.min(), effects.max()), rel=1e-3, abs=1e-6
            )
            assert found["holds"] == (effects.min() > 0)
            holds.append(found["holds"])
    expected = "held" if all(holds) else "held in part" if any(holds) else "not on these data"
    assert FIELDS["verdict"] == expected
