"""F23: groups that the page finds are scikit-learn's; a reader names them, and hears the truth."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import expect
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, confusion_matrix, pairwise_distances_argmin

from tests.browser.conftest import HTTP_AND_FILE, Reader
from tests.browser.support.figure import Figure, number
from tests.browser.support.site import PublishedModel
from tests.browser.support.waiting import eventually
from training.measure.groups import starting_rows

NAME = "semantic"
SAMPLES = 64
WAYS = {
    "code": "code",
    "decoded": "decoded code",
    "pca": "PCA",
    "raw": "raw readings",
    "hand": "mean and spread",
}
NEARLY = 2
"""Windows that lie as near to one mean as to another may fall to either side."""


def features(model: PublishedModel, way: str, seconds: int) -> NDArray[Any]:
    """What k-means sees, by onnxruntime and numpy."""
    readings = model.array("readings")[:, seconds : seconds + SAMPLES]
    unit: float = model.card["options"]["unit_speed"]
    x = (readings / unit).astype(np.float32)
    if way == "raw":
        return x
    if way == "hand":
        return np.stack([x.mean(axis=1), x.std(axis=1)], axis=1)
    if way == "pca":
        return model.run("pca", x=x)["z"]
    found = model.run("autoencoder", x=x, member=np.zeros(len(x), np.int32))
    return found["z" if way == "code" else "x_hat"]


def groups(model: PublishedModel, way: str, count: int) -> tuple[NDArray[np.int32], KMeans]:
    """Labels, the slowest group first, and the clusters as they were found."""
    rows = features(model, way, 0)
    fits = [
        KMeans(count, init=rows[starting_rows(rows, count, start)], n_init=1, tol=0).fit(rows)
        for start in range(model.card["options"]["starts"])
    ]
    best = min(fits, key=lambda fit: float(fit.inertia_))
    speeds = model.array("readings")[:, :SAMPLES].mean(axis=1)
    order = np.argsort([speeds[best.labels_ == k].mean() for k in range(count)])
    return order.argsort()[best.labels_].astype(np.int32), best


def expect_groups(figure: Figure, way: str, count: int) -> None:
    """Waits for the groups of scikit-learn, and for their likeness with the truth."""
    model = figure.placed.model("drives")
    labels, _ = groups(model, way, count)
    sizes = np.bincount(labels, minlength=count)
    picture = figure.root.get_by_role("img", name="Windows of each group")

    def agrees() -> None:
        told = (picture.get_attribute("aria-label") or "").partition(": ")[2].split("; ")
        found = [number(part.split(", ")[1]) for part in told]
        assert len(found) == count
        assert found == pytest.approx(sizes, abs=NEARLY)

    eventually(figure.page, agrees)
    likeness = adjusted_rand_score(model.array("situations"), labels)
    figure.expect_number("adjusted Rand index here", likeness, 0.02)


@HTTP_AND_FILE
def test_the_page_finds_the_groups_that_scikit_learn_finds(reader: Reader) -> None:
    figure = reader.live_figure(NAME, {"revealed": "true"})
    expect_groups(figure, "code", 5)
    figure.slider("groups").focus()
    figure.page.keyboard.press("ArrowRight")
    expect_groups(figure, "code", 6)
    for way, label in list(WAYS.items())[1:]:
        figure.root.get_by_label("k-means sees").select_option(label=label)
        expect_groups(figure, way, 6)


def test_the_truth_is_hidden_until_it_is_asked_for(reader: Reader) -> None:
    figure = reader.live_figure(NAME, {"sees": "hand"})
    model = figure.placed.model("drives")
    situations = model.card["options"]["situations"]
    figure.expect_readout("named rightly", "hidden")
    truth = figure.root.get_by_role("img", name="True situations of each group")
    expect(truth).to_have_count(0)
    figure.button("Reveal the truth").click()
    expect(truth).to_be_visible()
    labels, _ = groups(model, "hand", 5)
    counts = confusion_matrix(model.array("situations"), labels).T
    shares = np.rint(100 * counts / counts.sum(axis=1, keepdims=True)).astype(int)
    for group, row in enumerate(shares):
        cells = ", ".join(f"{name} {share}" for name, share in zip(situations, row, strict=True))
        assert f"group {group + 1}: {cells}" in (truth.get_attribute("aria-label") or "")
    figure.expect_readout("at best", f"{counts.max(axis=1).sum()} of {counts.sum()}")
    figure.button("Hide the truth").click()
    expect(truth).to_have_count(0)


def test_names_are_judged_and_kept_in_the_address(reader: Reader) -> None:
    figure = reader.live_figure(NAME, {"sees": "hand"})
    model = figure.placed.model("drives")
    situations = model.card["options"]["situations"]
    labels, _ = groups(model, "hand", 5)
    counts = confusion_matrix(model.array("situations"), labels).T
    figure.button("Name the groups").click()
    for group, place in ((0, 0), (4, 4), (2, 1)):
        chosen = figure.root.get_by_label(f"group {group + 1}", exact=True)
        chosen.select_option(label=situations[place])
    figure.button("Reveal the truth").click()
    right = counts[0, 0] + counts[4, 4] + counts[2, 1]
    figure.expect_readout("named rightly", f"{right} of {counts.sum()}")
    other = Figure(reader.visit(figure.address()), figure.placed).wait_live()
    other.expect_readout("named rightly", f"{right} of {counts.sum()}")
    expect(other.root.get_by_label("group 5", exact=True)).to_have_value("5")
    other.slider("groups").focus()
    other.page.keyboard.press("End")
    other.expect_readout("named rightly", f"0 of {counts.sum()}")
    other.reset()
    other.expect_readout("named rightly", "hidden")


def test_windows_that_begin_later_are_counted(reader: Reader) -> None:
    figure = reader.live_figure(NAME, {"seconds": 8, "more": "true"})
    model = figure.placed.model("drives")
    fit = groups(model, "code", 5)[1]
    later = pairwise_distances_argmin(features(model, "code", 8), fit.cluster_centers_)
    figure.expect_number("keep their group 8 s later", int(np.sum(later == fit.labels_)), NEARLY)
    figure.slider("seconds later").focus()
    figure.page.keyboard.press("Home")
    later = pairwise_distances_argmin(features(model, "code", 1), fit.cluster_centers_)
    figure.expect_number("keep their group 1 s later", int(np.sum(later == fit.labels_)), NEARLY)


def test_a_finger_turns_the_groups_and_the_table_follows(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    box = figure.slider("groups").bounding_box()
    assert box
    figure.finger().tap((box["x"] + box["width"] - 6, box["y"] + box["height"] / 2))
    likeness = figure.placed.model("drives").array("likeness")

    def told() -> None:
        rows = figure.table()[1:]
        found = np.array([[number(cell) for cell in row[1:-1]] for row in rows])
        assert found == pytest.approx(likeness[:, :, -1].T, abs=0.0006)

    eventually(figure.page, told)
    expect(figure.stage.get_by_text("Eight groups: ")).to_be_visible()


def test_the_claim_of_the_default_state_is_in_sight(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    model = figure.placed.model("drives")
    options = model.card["options"]
    table = model.array("likeness")[:, :, options["counts"].index(5)].mean(axis=0)
    found = dict(zip(options["ways"], table.tolist(), strict=True))
    assert found["hand"] == max(found.values())
    told = (
        f"Five groups: by mean and spread {found['hand']:.2f}, ahead of the code, "
        f"{found['code']:.2f}, in every seed"
    )
    expect(figure.stage.get_by_text(told)).to_be_visible()
