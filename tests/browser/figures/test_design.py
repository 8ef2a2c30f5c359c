"""F22: the page searches where onnxruntime's slopes lead, the judge and the archive answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

from tests.browser.conftest import HTTP_AND_FILE, Reader
from tests.browser.support.figure import Code, Figure, Snapshot
from tests.browser.support.waiting import eventually
from training.measure.code_search import search

NAME = "design"
FREE, HELD, BEST = "Search without λ", "Search with λ", "Best of the past drawings"
TOLERANCE = 1 / 255 + 1e-3  # the canvas holds 8 bits
SEARCHED = 0.03  # of a misfit, or deviations: searches in float32
PLACED = 0.05 + SEARCHED  # a place is told in tenths
WISH = (0.14, 0.25, 5.0)
START = (-2.5, -2.0)
AWAY = (1.9, 1.5)
"""Another start, from around which all searches end at one place. Around (1.6, 0.5) they end at
five, by a hundredth of the start, and of that start itself by the rounding of a kernel."""
Array: TypeAlias = NDArray[Any]


@dataclass(frozen=True)
class Ends:
    """Where both searches end, `[2, 2]`, how far from the wish, `[2]`, and what is drawn; and how
    far from the wish other codes are.
    """

    codes: NDArray[np.float64]
    misfits: NDArray[np.float64]
    drawings: NDArray[np.float32]
    misfits_of: Callable[[Array], Array]


def searched(figure: Figure, start: Code, leash: float, wish: tuple[float, ...] = WISH) -> Ends:
    """The recipe's search in the model's own graph, run by onnxruntime."""
    model = figure.placed.model("vae")
    deviations = np.array(model.card["options"]["search"]["deviations"])
    session = onnxruntime.InferenceSession(model.bytes("search"))

    def look(z: Array, held: float) -> tuple[Array, Array]:
        rows = len(z)
        feeds = {
            "z": z,
            "target": np.tile(wish, (rows, 1)),
            "weights": np.tile(np.array([1, 1, 81]) / (3 * deviations**2), (rows, 1)),
            "leash": np.full((rows, 1), held),
        }
        given = {name: value.astype(np.float32) for name, value in feeds.items()}
        measures, slope = session.run(["measures", "slope"], given)
        misses = (measures - np.array(wish)) / deviations
        return np.mean(misses**2, axis=1), slope.astype(float)

    def end(held: float) -> Array:
        def ask(z: Array, _: Array) -> tuple[Array, Array]:
            costs, slopes = look(z, held)
            return costs + held * (z**2).sum(1), slopes

        codes: Array = search(ask, np.array([start], float)).codes
        return codes

    codes = np.concatenate([end(0), end(leash)])
    z = {"z": codes.astype(np.float32)}
    unasked = {"target": np.zeros((2, 3)), "weights": np.zeros((2, 3)), "leash": np.zeros((2, 1))}
    given = z | {name: value.astype(np.float32) for name, value in unasked.items()}
    drawings = session.run(["x_hat"], given)[0][:, 0]

    def misfits_of(z: Array) -> Array:
        return np.sqrt(look(z, 0)[0])

    return Ends(codes, misfits_of(codes), drawings, misfits_of)


def places(shown: Snapshot, leash: str) -> NDArray[np.float64]:
    """Where the figure says that both searches end."""
    texts = [shown.readouts["λ = 0 ends at z"], shown.readouts[f"λ = {leash} ends at z"]]
    return np.array([[float(part) for part in text.replace("−", "-").split(",")] for text in texts])


def expect_ends(figure: Figure, ends: Ends, leash: str) -> None:
    """The page's searches end where onnxruntime's do. On flat ground it is rounding that says
    where: another place will do if onnxruntime finds it as near to the wish.
    """

    def agrees() -> None:
        shown = figure.snapshot()
        told = places(shown, leash)
        elsewhere = np.abs(told - ends.codes).max(axis=1) > PLACED
        as_near = np.where(elsewhere, ends.misfits_of(told), ends.misfits)
        assert as_near == pytest.approx(ends.misfits, abs=SEARCHED), f"{told}, not {ends.codes}"
        found = [shown.number("misfit, λ = 0"), shown.number(f"misfit, λ = {leash}")]
        assert found == pytest.approx(ends.misfits, abs=SEARCHED)

    eventually(figure.page, agrees)


@HTTP_AND_FILE
def test_the_page_searches_along_the_slopes(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    ends = searched(figure, START, 0.03)
    expect_ends(figure, ends, "0.03")
    # The claim: the free search comes nearer to the wish, far from home, and is refused.
    assert ends.misfits[0] < ends.misfits[1]
    assert np.abs(ends.codes[0]).max() > 3 > np.abs(ends.codes[1]).max()
    assert figure.root.get_by_text("λ = 0: refused; λ = 0.03: accepted").is_visible()
    shown = figure.snapshot()
    for name, pixels in zip((FREE, HELD), ends.drawings, strict=True):
        assert np.abs(shown.raster(name) - pixels).mean() < 0.02
    figure.choice("0.3").click()
    expect_ends(figure, searched(figure, START, 0.3), "0.3")


def test_the_judge_says_the_same_before_the_figure_is_live(reader: Reader) -> None:
    """Both search on their own, and rounding leads them to neighbouring ends."""
    before = reader.figure(NAME, scripts=False).root.locator(".pair-caption").all_inner_texts()
    after = reader.live_figure(NAME).root.locator(".pair-caption").all_inner_texts()
    said = re.compile(r"(refused|accepted); [\w ]+% \w+")
    found = [
        [match[0] for text in texts if (match := said.search(text))] for texts in (before, after)
    ]
    assert len(found[0]) == 2
    assert found[0] == found[1]


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_the_shading_lies_where_the_plane_says(reader: Reader, phone: bool) -> None:
    figure = reader.live_figure(NAME, touch=phone)
    shown = figure.placed.model("vae").card["options"]["search"]["plane"]
    edge = shown["extent"] * (1 + 1 / (shown["side"] - 1))  # half a cell beyond the last places
    plane = figure.plane("Start of the searches")
    corners = [*plane.spot((-edge, edge)), *plane.spot((edge, -edge))]
    box = figure.root.locator(".backdrop canvas").bounding_box()
    assert box
    found = [box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"]]
    assert found == pytest.approx(corners, abs=2)


def test_a_hand_starts_the_searches_elsewhere(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    before = figure.snapshot()
    plane = figure.plane("Start of the searches")
    figure.mouse_drag(plane.spot(code) for code in [START, (-1.0, 0.5), AWAY])
    handle = figure.root.get_by_role("slider", name="Start of the searches")

    def place() -> Code:
        text = (handle.get_attribute("aria-valuetext") or "").replace("−", "-")
        z1, z2 = re.findall(r"-?\d+\.\d+", text)
        return float(z1), float(z2)

    def moved() -> None:
        assert place() == pytest.approx(AWAY, abs=0.05)

    def moved_on() -> None:
        assert place() == pytest.approx((AWAY[0] + 0.1, AWAY[1]), abs=0.05)

    eventually(figure.page, moved)
    eventually(figure.page, lambda: expect_elsewhere(before, figure.snapshot()))
    handle.press("ArrowRight")
    eventually(figure.page, moved_on)
    # The address holds two digits of the start.
    address = figure.address()
    start = [float(re.findall(rf"{name}=(-?[\d.]+)", address)[0]) for name in ("z1", "z2")]
    other = Figure(reader.visit(address), figure.placed).wait_live()
    expect_ends(other, searched(figure, (start[0], start[1]), 0.03), "0.03")
    other.reset()
    expect_ends(other, searched(figure, START, 0.03), "0.03")


def expect_elsewhere(before: Snapshot, after: Snapshot) -> None:
    assert np.abs(places(after, "0.03") - places(before, "0.03")).max() > 0.15


def test_the_archive_and_the_judge_answer_another_wish(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    figure.slider("ink").press("End")
    wish = (0.5, *WISH[1:])
    model = figure.placed.model("vae")
    options = model.card["options"]["search"]
    misses = (model.array("known_measures") - np.array(wish)) / np.array(options["deviations"])
    misfits = np.sqrt(np.mean(misses.astype(float) ** 2, axis=1))
    figure.expect_number("misfit, archive", float(misfits.min()), 6e-3)
    known = model.array("known").reshape(-1, 32, 32) / options["levels"]
    shown = figure.snapshot()
    assert np.abs(shown.raster(BEST) - known[misfits.argmin()]).max() <= TOLERANCE
    expect_ends(figure, searched(figure, START, 0.03, wish), "0.03")
    value = {key: each["value"] for key, each in model.card["metrics"].items()}
    captions = figure.root.locator(".pair-caption")
    for name, label in ((FREE, "λ = 0:"), (HELD, "λ = 0.03:")):
        pixels = figure.snapshot().raster(name).reshape(1, -1).astype(np.float32)
        sure = float(model.run("judge", x=pixels)["probability"].max())
        far = float(np.linalg.norm(known.reshape(len(known), -1) - pixels, axis=1).min())
        over = sure - value["judge.least_probability"], value["judge.largest_distance"] - far
        if min(abs(over[0]) * 100, abs(over[1]) * 10) > 0.3:  # the canvas holds 8 bits
            word = "accepted" if min(over) >= 0 else "refused"
            assert word in captions.filter(has_text=label).inner_text()


def test_each_kind_of_wish_has_its_rows(reader: Reader) -> None:
    figure = reader.live_figure(NAME)
    model = figure.placed.model("vae")
    kinds = model.card["options"]["search"]["kinds"]
    for label, kind in (("of three drawings", "mixed"), ("of one drawing", "drawn")):
        figure.choice(label).click()
        misfits, accepted = (
            model.array(name)[kinds.index(kind)].mean(1) for name in ("misfits", "accepted")
        )

        def told(
            misfits: NDArray[np.float32] = misfits, accepted: NDArray[np.float32] = accepted
        ) -> None:
            rows = figure.table()[1:]
            assert [float(row[-1]) for row in rows[:4]] == pytest.approx(misfits, abs=6e-4)
            shares = [float(row[-1].rstrip("%")) / 100 for row in rows[4:]]
            assert shares == pytest.approx(accepted, abs=6e-4)

        eventually(figure.page, told)


def test_three_wishes_stand_in_one_line_on_a_phone_on_its_side(reader: Reader) -> None:
    """All in reach, with as much of the plane in sight as there can be."""
    figure = reader.figure(NAME, touch=True).wait_live()
    figure.page.set_viewport_size({"width": 844, "height": 390})
    boxes = [
        figure.root.get_by_role("slider", name=name, exact=True).bounding_box()
        for name in ("ink", "roundness", "points")
    ]
    places = [(box["x"], box["y"], box["width"]) for box in boxes if box]
    assert len(places) == 3
    tops = [top for _, top, _ in places]
    assert max(tops) - min(tops) < 2, "in more than one line"
    assert min(width for _, _, width in places) >= 60, "no track to drag along"
    assert max(left + width for left, _, width in places) < 844
