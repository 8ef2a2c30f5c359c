"""F20: a probe that the page trains on a few labels, and what ten draws of labels gave."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import expect
from sklearn.linear_model import LogisticRegression

from builder.resolve.number import written
from tests.browser.conftest import HTTP_AND_FILE, Reader
from tests.browser.support.figure import Figure, number
from tests.browser.support.waiting import eventually
from training.data.digits import digits
from training.measure.probe import centred, labelled_rows

NAME = "pretrain"
A_DIGIT = 100 / 360 + 0.051
"""Per cent: of the two minima, each of which lies within a tolerance of the true one."""


def right(figure: Figure) -> float:
    """What the page says of this draw's probe, in per cent."""
    title = figure.root.locator(".panel-title").filter(has_text="This draw").inner_text()
    return number(title.rsplit(": ", 1)[1])


def expected(figure: Figure, way: str, count: int, draw: int) -> float:
    """scikit-learn's probe on the model's own graphs, in per cent."""
    model = figure.placed.model("codes")
    options = model.card["options"]
    dataset = digits()
    seen = [
        split.x if way == "raw" else model.run(way, x=split.x)["z"]
        for split in (dataset.train, dataset.test)
    ]
    train, test = centred(*seen)
    strengths = model.array("strengths")
    strength = strengths[options["ways"].index(way), options["labels"].index(count)]
    rows = labelled_rows(dataset.train.labels, count, draw)
    probe = LogisticRegression(C=float(strength), tol=1e-6, max_iter=1000)
    probe.fit(train[rows], dataset.train.labels[rows])
    return 100 * float(np.mean(probe.predict(test) == dataset.test.labels))


def expect_right(figure: Figure, way: str, count: int, draw: int) -> None:
    exact = expected(figure, way, count, draw)

    def agrees() -> None:
        assert right(figure) == pytest.approx(exact, abs=A_DIGIT)

    eventually(figure.page, agrees)


@HTTP_AND_FILE
def test_the_page_trains_the_probe_that_scikit_learn_trains(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    expect_right(figure, "denoising", 1, 0)
    for label, way in (("raw pixels", "raw"), ("PCA", "pca"), ("plain code", "code")):
        figure.choice(label).click()
        expect_right(figure, way, 1, 0)
    figure.choice("20").click()
    expect_right(figure, "code", 20, 0)


def test_other_digits_get_the_labels(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    before = figure.snapshot().raster("The labelled digits")
    figure.button("Label other digits").click()
    figure.expect_readout("draw", "1")
    expect_right(figure, "denoising", 1, 1)
    after = figure.snapshot().raster("The labelled digits")
    assert not np.array_equal(before, after)
    dataset = digits()
    first = dataset.train.x[labelled_rows(dataset.train.labels, 1, 1)[0]].reshape(8, 8)
    assert np.abs(after[:8, :8] - first).max() <= 1 / 255 + 1e-3
    other = Figure(reader.visit(figure.address()), figure.placed).wait_live()
    other.expect_readout("draw", "1")
    other.reset()
    other.expect_readout("draw", "0")


def test_keys_choose_the_labels_and_the_verdict_follows(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    model = figure.placed.model("codes")
    options, published = model.card["options"], model.array("accuracies")
    gains = published[options["ways"].index("denoising")] - published[options["ways"].index("raw")]
    labels = figure.root.get_by_role("radio")
    labels.and_(figure.page.get_by_role("radio", name="1", exact=True)).focus()
    for count, gain in zip(options["labels"], gains, strict=True):
        chosen = labels.and_(figure.page.get_by_role("radio", name=str(count), exact=True))
        expect(chosen).to_be_checked()
        points = written(float(abs(gain.astype(float).mean())), ".1p")
        side = "ahead" if gain.astype(float).mean() >= 0 else "behind"
        verdict = f"in {np.sum(gain > 1e-6)} of {options['draws']} draws: {points} points {side}"
        expect(figure.root.get_by_text(verdict).first).to_be_visible()
        figure.page.keyboard.press("ArrowRight")


def test_the_table_holds_every_draw(reader: Reader) -> None:
    figure = reader.live_figure(NAME, {"labels": "5"})
    model = figure.placed.model("codes")
    published = model.array("accuracies")[:, model.card["options"]["labels"].index(5)]

    def agrees() -> None:
        rows = figure.table()[1:]
        told = np.array([[number(cell) / 100 for cell in row[1:-1]] for row in rows])
        assert told == pytest.approx(published, abs=0.0006)

    eventually(figure.page, agrees)


def test_the_claim_of_the_default_state_is_in_sight(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    figure.settle()
    means = {row[0]: number(row[-1]) for row in figure.table()[1:]}
    assert means["denoising code"] == max(means.values())
    assert means["from scratch"] == min(means.values())
