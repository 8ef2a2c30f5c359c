"""What the data generators promise: range, soft edges, balance, repeatability, disjoint splits."""

from dataclasses import replace

import numpy as np
import pytest

from training.data.dataset import Dataset, Split, balanced_labels
from training.data.digit_frame import digit_frame, first_ink, stroke_width
from training.data.digits import digits
from training.data.shapes import FILL_INK, OUTLINES, RADIUS, SIDE, Strokes, draw, shapes

GENERATORS = {"digits": digits, "shapes": lambda: shapes(train=80, validation=40, test=40)}


@pytest.fixture(scope="module", params=sorted(GENERATORS))
def dataset(request: pytest.FixtureRequest) -> Dataset:
    made: Dataset = GENERATORS[request.param]()
    return made


def upright(count: int = 1, radius: float = 11.0, stroke: float = 2.0) -> Strokes:
    return Strokes(np.full(count, radius), np.zeros(count), np.full(count, stroke))


def test_ink_is_float32_between_paper_and_full(dataset: Dataset) -> None:
    for split in dataset.splits().values():
        assert split.x.dtype == np.float32
        assert split.x.min() == 0
        assert split.x.max() == 1
        assert split.labels.dtype == np.uint8


def test_every_split_has_every_class_in_the_same_proportion(dataset: Dataset) -> None:
    for split in dataset.splits().values():
        counts = np.bincount(split.labels, minlength=len(dataset.classes))
        assert len(counts) == len(dataset.classes)
        assert counts.max() - counts.min() <= 0.15 * len(split) / len(dataset.classes)


def test_no_example_lies_in_two_splits(dataset: Dataset) -> None:
    seen: set[bytes] = set()
    for split in dataset.splits().values():
        examples = {x.tobytes() for x in split.x}
        assert not seen & examples
        seen |= examples


def test_the_same_seed_gives_the_same_bytes(dataset: Dataset) -> None:
    again = GENERATORS[dataset.name]()
    for one, other in zip(dataset.splits().values(), again.splits().values(), strict=True):
        assert np.array_equal(one.x, other.x)
        assert np.array_equal(one.labels, other.labels)


def test_another_seed_gives_other_drawings_and_another_split() -> None:
    assert not np.array_equal(shapes(40, 8, 8, seed=1).train.x, shapes(40, 8, 8, seed=2).train.x)
    assert not np.array_equal(digits(seed=1).test.x, digits(seed=2).test.x)


def test_digits_are_the_whole_published_set() -> None:
    dataset = digits()
    assert [len(split) for split in dataset.splits().values()] == [1077, 360, 360]
    levels = np.unique(np.concatenate([split.x for split in dataset.splits().values()]))
    assert np.array_equal(levels, np.arange(17, dtype=np.float32) / 16)


def test_a_split_needs_a_label_for_each_example() -> None:
    with pytest.raises(ValueError, match="found 2 labels for 3 examples"):
        Split(np.zeros((3, 1), np.float32), np.zeros(2, np.uint8))


def test_balanced_labels_differ_by_one_at_most() -> None:
    counts = np.bincount(balanced_labels(11, 4, np.random.default_rng(0)))
    assert sorted(counts) == [2, 3, 3, 3]


@pytest.mark.parametrize("name", OUTLINES)
def test_edges_are_soft(name: str) -> None:
    levels = np.unique(draw(name, upright()))
    assert len(levels) > 20, "a drawing without anti-aliasing has three levels"


def test_a_circle_has_the_area_of_a_circle_to_a_fraction_of_a_pixel() -> None:
    """Soft edges carry size between whole pixels; hard ones would jump."""
    for radius in (9.0, 9.25, 11.6, 13.0):
        stroke = 2.0
        ink = float(draw("circle", upright(radius=radius, stroke=stroke)).sum())
        interior = np.pi * (radius - stroke) ** 2
        expected = np.pi * radius**2 - (1 - FILL_INK) * interior
        assert ink == pytest.approx(expected, abs=1.0)


@pytest.mark.parametrize("name", OUTLINES)
def test_drawings_stay_inside_the_frame(name: str) -> None:
    largest = draw(name, replace(upright(radius=RADIUS[1]), tilt=np.array([0.1])))[0, 0]
    frame = np.concatenate([largest[0], largest[-1], largest[:, 0], largest[:, -1]])
    assert largest.shape == (SIDE, SIDE)
    assert frame.max() == 0


def test_tilt_turns_clockwise() -> None:
    """A star's topmost point moves to the right when the tilt is positive."""
    straight = draw("star", upright(radius=13.0))[0, 0]
    tilted = draw("star", replace(upright(radius=13.0), tilt=np.array([0.2])))[0, 0]
    columns = np.arange(SIDE)

    def tip(image: np.ndarray) -> float:
        return float(image[:6].sum(0) @ columns / image[:6].sum())

    assert tip(straight) == pytest.approx((SIDE - 1) / 2, abs=0.05)
    assert tip(tilted) == pytest.approx((SIDE - 1) / 2 + 13 * np.sin(0.2), abs=1.0)


def test_middles_tell_the_shapes_apart() -> None:
    centre = slice(SIDE // 2 - 1, SIDE // 2 + 1)
    ink = {name: draw(name, upright())[0, 0, centre, centre].mean() for name in OUTLINES}
    assert ink["cog"] == 0
    assert ink["flower"] == 1
    assert ink["circle"] == pytest.approx(FILL_INK)


def bitmap_counts(bitmap: np.ndarray) -> np.ndarray:
    """The makers' own reduction: inked cells of each 4×4 block, as ink 0..1, `[1, 64]`."""
    blocks = bitmap.reshape(8, 4, 8, 4).sum(axis=(1, 3)) / 16
    counts: np.ndarray = blocks.reshape(1, 64).astype(np.float32)
    return counts


@pytest.mark.parametrize(("left", "width"), [(12, 8), (9, 10), (13, 11), (10, 12)])
def test_the_frame_of_a_known_bar_is_measured_back(left: int, width: int) -> None:
    bitmap = np.zeros((32, 32))
    bitmap[:, left : left + width] = 1
    frame = digit_frame(bitmap_counts(bitmap))
    medians = {key: value["median"] for key, value in frame.items() if isinstance(value, dict)}
    assert medians["width"] == width
    assert medians["height"] == 32
    assert medians["centre_x"] == left + width / 2
    assert medians["centre_y"] == 16
    assert medians["mean_ink"] == pytest.approx(width / 32, abs=1e-4)
    assert medians["stroke"] == pytest.approx(width, abs=1.5)


def test_first_ink_reads_how_far_ink_reaches_into_a_block() -> None:
    peaks = np.array([[0, 0.25, 1, 1, 1, 1, 1, 0], [1, 1, 1, 1, 1, 1, 1, 1]], np.float32)
    assert first_ink(peaks).tolist() == [7.0, 0.0]


def test_a_thicker_stroke_measures_thicker() -> None:
    widths = []
    for width in (4, 6, 8):
        bitmap = np.zeros((32, 32))
        bitmap[:, 12 : 12 + width] = 1
        widths.append(stroke_width(bitmap_counts(bitmap).reshape(8, 8)))
    assert widths == sorted(widths)
    assert widths[0] < widths[2]
