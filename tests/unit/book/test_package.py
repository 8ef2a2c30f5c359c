"""The book's wheel in CPython: models, data, pictures, curves and tables."""

from __future__ import annotations

import json
import re
import struct
import zlib
from array import array
from base64 import b64decode
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import book
import numpy as np
import onnxruntime
import pytest
from book import charts, files, host, pictures
from book.tensors import Tensor, flatten, shape_of, shaped

from tests.coroutines import finished


class Desk(files.FileHost):
    """The files of the repository, and a list of what was shown."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.shown: list[tuple[str, str]] = []
        self.notices: list[str] = []

    def display(self, markup: str, description: str) -> None:
        self.shown.append((markup, description))

    def notice(self, text: str) -> None:
        self.notices.append(text)


@pytest.fixture
def desk(models_dir: Path) -> Iterator[Desk]:
    desk = Desk(models_dir)
    before = host._current
    host.use(desk)
    yield desk
    host._current = before


def image_of(markup: str) -> tuple[list[list[int]], str]:
    """The opacities of the picture in the markup, row by row, and its words."""
    found = re.search(r'src="data:image/png;base64,([^"]+)".* alt="([^"]*)"', markup)
    assert found
    png = b64decode(found[1])
    width, height = struct.unpack(">II", png[16:24])
    length = struct.unpack(">I", png[33:37])[0]
    rows = zlib.decompress(png[41 : 41 + length])
    stride = 1 + 2 * width
    pixels = [list(rows[y * stride + 2 : (y + 1) * stride : 2]) for y in range(height)]
    return pixels, found[2]


def test_decode_agrees_with_onnxruntime(desk: Desk, models_dir: Path) -> None:
    codes = [[0.8, -0.4], [0.0, 0.0]]
    drawn = finished(book.model("shapes-vae").decode(codes))
    session = onnxruntime.InferenceSession(str(models_dir / "shapes-vae/decoder.onnx"))
    [expected] = session.run(None, {"z": np.asarray(codes, np.float32)})
    assert shape_of(drawn) == expected.shape
    np.testing.assert_allclose(np.asarray(drawn), expected, atol=1e-6)


def test_encode_takes_flat_images_and_gives_all_outputs(desk: Desk) -> None:
    digits = book.data("digits")
    posterior = finished(book.model("digits-vae").encode(digits.images[:3]))
    assert shape_of(posterior["mu"]) == shape_of(posterior["log_var"]) == (3, 2)


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda: book.model("shapes-vea"), "did you mean 'shapes-vae'"),
        (lambda: book.data("digit"), "did you mean 'digits'"),
        (lambda: book.data("digits", "tests"), "only train, validation"),
        (lambda: finished(book.model("shapes-vae").decode([1, 2, 3])), "z takes n × 2 numbers"),
        (lambda: finished(book.model("shapes-vae").run("coder", z=1)), "no graph 'coder'"),
        (lambda: finished(book.model("shapes-vae").run("decoder", x=1)), "takes z, found x"),
    ],
)
def test_what_cannot_be_is_said_in_words(desk: Desk, ask: Any, said: str) -> None:
    with pytest.raises((LookupError, ValueError), match=re.escape(said)):
        ask()


def test_digits_are_the_published_ones(desk: Desk, models_dir: Path) -> None:
    digits = book.data("digits")
    card = json.loads((models_dir / "digits-vae-live/card.json").read_text("utf-8"))
    described = card["arrays"]["x_train"]
    raw = np.fromfile(models_dir / "digits-vae-live" / described["file"], described["dtype"])
    np.testing.assert_allclose(np.asarray(digits.images).ravel(), raw / 16)
    assert len(digits) == len(digits.labels) == card["data"]["splits"]["train"]
    assert (digits.side, digits.label, digits.classes[3]) == (8, "real", "3")
    with pytest.raises(AttributeError, match="no images"):
        _ = book.data("clusters").images


def test_every_declared_data_set_can_be_read(desk: Desk) -> None:
    from book.datasets import declared

    for name, spec in declared().items():
        for split in spec["splits"]:
            data = book.data(name, split)
            assert data.description
            assert {len(point) for point in data.points} == {data.side**2 or len(data.points[0])}
            assert 0 <= min(data.labels) <= max(data.labels) < len(data.classes)
            if data.side:
                assert min(map(min, data.images)) >= 0
                assert 0.9 < max(map(max, data.images)) <= 1


def test_show_draws_ink(desk: Desk) -> None:
    book.show([[0.0, 0.5], [1.0, 2.0]], description="Four pixels")
    [(markup, words)] = desk.shown
    assert image_of(markup) == ([[0, 128], [255, 255]], "Four pixels")
    assert words == "Four pixels"


def test_show_sees_how_many_images_there_are(desk: Desk) -> None:
    one = [[0.0] * 4 for _ in range(4)]
    assert len(pictures.images_of(one)) == 1
    assert len(pictures.images_of(one, many=True)) == 4
    assert len(pictures.images_of([0.0] * 9)) == 1
    assert len(pictures.images_of([[0.0] * 9] * 3)) == 3
    assert len(pictures.images_of([one] * 5)) == 5
    assert len(pictures.images_of([[one]] * 2)) == 2
    assert len(pictures.images_of(np.zeros((6, 64)))) == 6
    with pytest.raises(ValueError, match="10 numbers make no square image"):
        pictures.images_of([0.0] * 10)


def test_a_grid_is_tiled_row_by_row(desk: Desk) -> None:
    book.show([[1.0], [0.0], [0.5]], columns=2)
    pixels, words = image_of(desk.shown[0][0])
    assert pixels == [[255, 0, 0], [0, 0, 0], [128, 0, 0]]
    assert words.startswith("3 images of 1 by 1 pixels")


def test_labels_stand_with_their_images(desk: Desk) -> None:
    book.show([[0.0] * 4, [1.0] * 4], labels=["empty", "<full>"])
    markup = desk.shown[0][0]
    assert [item[0].attrib["alt"] for item in ElementTree.fromstring(closed(markup))] == [
        "empty", "<full>",
    ]  # fmt: skip
    with pytest.raises(ValueError, match="2 images but 1 labels"):
        book.show([[0.0] * 4, [1.0] * 4], labels=["one"])


def closed(markup: str) -> str:
    """HTML with its pictures closed, as XML wants it."""
    return re.sub(r"(<img[^>]*)>", r"\1/>", markup)


def test_plot_places_its_points(desk: Desk) -> None:
    book.plot([0, 10], [5, 7], x="step", y="loss")
    [(markup, words)] = desk.shown
    svg = ElementTree.fromstring(markup)
    path = next(e.attrib["d"] for e in svg.iter() if e.attrib.get("class") == "line")
    (left, low), (right, high) = [
        tuple(map(float, p.split())) for p in path.removeprefix("M").split("L")
    ]
    labels = {(e.text or "").partition(".")[0] for e in svg.iter("text")}
    assert {"0", "10", "5", "7", "step", "loss"} <= labels
    assert left < right
    assert low > high
    assert words == "Curve against step: loss from 5 at 0 to 7 at 10, between 5 and 7"


def test_plot_takes_pairs_names_and_gaps(desk: Desk) -> None:
    book.plot({"a": [(0, 1), (1, 2)], "<b>": [(0, 1), (1, float("nan"))]}, kind="points")
    book.plot([1, float("nan"), 3])
    points, gap = (markup for markup, _ in desk.shown)
    assert re.findall(r'class="c-(\w+)"', points) == ["x", "z"]
    assert "&lt;b&gt;" in points
    assert re.search(r'<path class="dots" d="M[^ML]*h0M[^ML]*h0"/>', gap)
    assert desk.notices[-1].startswith("1 of 3 values is missing or not finite and leaves a gap.")
    book.plot([1, 2, None, 4, 5])  # type: ignore[list-item]
    assert re.search(r'<path class="line" d="M[^M]*L[^M]*M[^M]*L[^M]*"/>', desk.shown[-1][0])
    assert "dots" not in desk.shown[-1][0]


def test_a_single_point_is_drawn_and_told(desk: Desk) -> None:
    book.plot([2.5])
    assert re.search(r'<path class="dots" d="M[\d. ]+h0"/>', desk.shown[0][0])
    assert 'class="line"' not in desk.shown[0][0]
    assert desk.notices == ["A single value is drawn as a dot: no line goes through."]
    book.plot([(1, 2)], kind="points")
    book.plot([1, 2, 3])
    assert len(desk.notices) == 1


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (([],), "nothing to plot"),
        (([1, 2], [1]), "2 xs but 1 ys"),
        (([1], [1], [1]), "found 3 lists"),
        (([float("nan")],), "nothing to plot"),
        (([None, None],), "nothing to plot"),
    ],
)
def test_plot_says_what_it_cannot_draw(desk: Desk, values: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        book.plot(*values)


RANGES = [(0, 1), (-3.2, 7.9), (1e-9, 3e-9), (-1e6, 2e6), (5, 5.1)]


@pytest.mark.parametrize(("low", "high"), RANGES)
def test_ticks_are_round_and_inside(low: float, high: float) -> None:
    found = charts.ticks(low, high)
    assert 2 <= len(found) <= 12
    step = found[1] - found[0]
    assert min(abs(step / 10**p - m) for p in range(-12, 8) for m in (1, 2, 5)) < 1e-6
    assert low - 1e-9 * abs(low) <= found[0]
    assert found[-1] <= high + 1e-9 * abs(high)


def test_a_constant_can_be_plotted(desk: Desk) -> None:
    book.plot([3, 3, 3])
    book.plot([0])


def test_table(desk: Desk) -> None:
    book.table([{"step": 1, "loss": 0.123456}, {"step": 2, "loss": -1.5}])
    book.table([["<a>", None]])
    (dictionaries, words), (plain, _) = desk.shown
    cells = [e.text for e in ElementTree.fromstring(dictionaries).iter() if e.tag in {"th", "td"}]
    assert cells == ["step", "loss", "1", "0.1235", "2", "−1.5"]
    assert words == "A table of step, loss, 2 rows"
    assert "&lt;a&gt;" in plain
    with pytest.raises(ValueError, match="equally long"):
        book.table([[1], [1, 2]])


def test_nothing_shown_has_a_style_attribute(desk: Desk) -> None:
    book.show([0.0] * 4)
    book.plot([1, 2])
    book.table([[1]])
    assert not any("style=" in markup for markup, _ in desk.shown)


def test_tensors_go_there_and_back() -> None:
    nested = [[[1.0, 2.0], [3.0, 4.0]]]
    tensor = shaped("x", nested, ["n", 2, 2])
    assert (tensor.dims, list(tensor.data)) == ((1, 2, 2), flatten(nested))
    assert tensor.nested() == nested
    assert Tensor((), array("f", [2.5])).nested() == 2.5
    assert Tensor.from_bytes([2], "int32", tensor_bytes([7, -1])).nested() == [7, -1]


def tensor_bytes(values: list[int]) -> bytes:
    return array("i", values).tobytes()


def test_outside_of_a_page_words_are_printed(
    models_dir: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(files.FOLDER, str(models_dir))
    monkeypatch.setattr(host, "_current", None)
    book.plot([1, 2], description="Up it goes")
    assert capsys.readouterr().out == "Up it goes\n"


def test_the_nearest_models_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(files.FOLDER, raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match="book train"):
        files.models_folder()
    inside: Mapping[str, Path] = {"models": tmp_path / "build/models", "here": tmp_path / "a/b"}
    for folder in inside.values():
        folder.mkdir(parents=True)
    monkeypatch.chdir(inside["here"])
    assert files.models_folder() == inside["models"]
