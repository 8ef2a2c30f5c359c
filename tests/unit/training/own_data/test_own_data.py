"""The author's own data: what is read from them, how they are split and scaled, when they count as
changed. What is wrong with data is told by the golden cases `error-data-*`."""

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import torch
from PIL import ExifTags, Image

from training.__main__ import main
from training.data.dataset import HonestyLabel
from training.learn.early_stopping import LOOKS, BestWeights
from training.learn.fit import Batch, Schedule, batches
from training.learn.networks import DenseVAE, parameter_count
from training.own_data.declaration import LABELS, SIZES, Declaration, read_declarations
from training.own_data.groups import MINIMUM_GROUPS
from training.own_data.pictures import Pictures
from training.own_data.problem import InBook, InFile, InText, Problem
from training.own_data.read import OwnData, files_of, read_data, sound_data
from training.own_data.table import (
    COLUMN_COUNTS,
    FEWEST_OTHERS,
    MAXIMUM_CLASSES,
    MINIMUM_ROWS,
    Table,
)
from training.publish.export import inference_session
from training.publish.fingerprint import ROOT
from training.recipes.families import own_recipe

ROWS = 60
BOOK = """
title = "A book"

[data.toys]
file = "toys.csv"
kind = "vae"
label = "kind"
description = "Toys"
honesty = "synthetic"
units = { width = "mm" }
"""


def toys(rows: int = ROWS) -> str:
    """Three columns that one number decides, in units that differ a thousandfold, and a class."""
    lines = ['\ufeffwidth,"the ""depth""",height,kind']
    for i in range(rows):
        lines.append(f'{i / 10}, {1000 - 10 * i:.1f} ,{(i % 30) ** 2}e-3,"{"ab"[i % 2]}, say"')
    return "\r\n".join(lines)


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A repository's content with one set of data."""
    data = tmp_path / "content" / "data"
    data.mkdir(parents=True)
    (tmp_path / "content" / "book.toml").write_text(BOOK, "utf-8")
    (data / "toys.csv").write_bytes(toys().encode())
    return tmp_path


def png(size: int, grey: int, alpha: int = 255) -> bytes:
    file = io.BytesIO()
    Image.new("LA", (size, size), (grey, alpha)).save(file, "PNG")
    return file.getvalue()


def test_a_csv_is_read_as_spreadsheets_write_it(book: Path) -> None:
    data, problems = sound_data(book)["own-toys"].read()
    assert problems == ()
    assert isinstance(data, Table)
    assert data.columns == ("width", 'the "depth"', "height")
    assert data.rows[2] == (0.2, 980.0, 0.004)
    assert data.labels[:2] == ("a, say", "b, say")
    assert len(data.rows) == ROWS


@pytest.mark.parametrize(
    ("ink", "grey", "alpha", "expected"),
    [
        ("dark", 0, 255, 255),
        ("dark", 255, 255, 0),
        ("dark", 0, 0, 0),
        ("light", 255, 255, 255),
        ("light", 255, 0, 0),
        ("dark", 0, 51, 51),
    ],
)
def test_ink_is_what_stands_out_of_the_paper(
    ink: str, grey: int, alpha: int, expected: int
) -> None:
    declaration = Declaration("p", "", "real", folder="p", size=4, ink=ink)
    files = {
        f"content/data/p/{'ab'[i % 2]}/{i}.png": png(4, *((grey, alpha) if i > 4 else (128, 99)))
        for i in range(50)
    }
    data, problems = read_data(declaration, files)
    [problem] = problems
    assert problem.message == "48 of 50 pictures are copies of others: a/12.png repeats a/10.png"
    assert problem.warning
    assert data is not None
    assert not isinstance(data, Table)
    assert set(data.ink[1]) == {expected}
    assert data.labels[0] == "a"


def test_splits_do_not_overlap_and_are_scaled_by_the_first(book: Path) -> None:
    own = sound_data(book)["own-toys"]
    data, _ = own.read()
    assert isinstance(data, Table)
    prepared = own_recipe.prepare(own.declaration, data)
    splits = prepared.dataset.splits()
    assert [len(split) for split in splits.values()] == [36, 12, 12]
    assert np.allclose(splits["train"].x.mean(0), 0, atol=1e-6)
    assert np.allclose(splits["train"].x.std(0), 1, atol=1e-6)
    columns = prepared.details["columns"]
    assert isinstance(columns, list)
    assert columns[0]["unit"] == "mm"
    mean, deviation = (np.array([c[key] for c in columns]) for key in ("mean", "deviation"))
    restored = np.concatenate([split.x * deviation + mean for split in splits.values()])
    given = np.array(data.rows)
    order = np.lexsort(restored.T), np.lexsort(given.T)
    assert np.allclose(restored[order[0]], given[order[1]], rtol=1e-5, atol=1e-5)


def test_every_byte_and_every_setting_counts(book: Path) -> None:
    def fingerprints() -> tuple[str, bool]:
        own = sound_data(book)["own-toys"]
        return own.digest(), own.declaration.model == "own-toys"

    seen = {fingerprints()}
    csv, toml = book / "content/data/toys.csv", book / "content/book.toml"
    csv.write_bytes(csv.read_bytes().replace(b"980.0", b"980.1"))
    seen.add(fingerprints())
    toml.write_text(BOOK + "seed = 8\n", "utf-8")
    seen.add(fingerprints())
    assert len(seen) == 3
    toml.write_text(BOOK + "seed = 8\n\n# remark\n", "utf-8")
    assert fingerprints() in seen


def test_own_data_are_listed_with_the_recipes(
    book: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--list", "--root", str(book), "--out", str(book), "own-toys"]) == 0
    (entry,) = json.loads(capsys.readouterr().out)
    assert (entry["name"], entry["fresh"]) == ("own-toys", False)
    (book / "content/data/toys.csv").write_text("", "utf-8")
    assert sound_data(book) == {}, "what cannot be read cannot be trained"
    assert main(["--list", "--root", str(book), "own-toys"]) == 2


def test_data_that_the_system_refuses_are_left_out(
    book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied", "toys.csv")

    monkeypatch.setattr("training.own_data.read._files", refuse)
    assert sound_data(book) == {}


def test_a_book_that_cannot_be_read_declares_nothing(tmp_path: Path) -> None:
    assert sound_data(tmp_path) == {}
    (tmp_path / "content").mkdir()
    (tmp_path / "content/book.toml").write_text("title = ", "utf-8")
    assert sound_data(tmp_path) == {}


def test_labels_of_honesty_are_those_of_the_data_sets() -> None:
    assert set(get_args(HonestyLabel)) == set(LABELS)


def test_the_readme_says_how_much_a_model_takes() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    told = readme[readme.index("### Your own data") : readme.index("### Cells")]
    assert f"{COLUMN_COUNTS[0]} to {COLUMN_COUNTS[-1]} columns" in told
    assert f"at most {MAXIMUM_CLASSES} classes" in told
    assert f"{MINIMUM_ROWS} rows or more" in told
    assert f"{MINIMUM_GROUPS} groups or more" in told
    assert f"pixels along a side, {SIZES[0]} to {SIZES[-1]}\n" in told


def test_the_likelihood_of_a_table_is_that_of_its_best_spread() -> None:
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(500, 3, generator=generator)
    x_hat = x + 0.3 * torch.randn(500, 3, generator=generator)
    sigma = (x_hat - x).square().mean().sqrt()
    normal = torch.distributions.Normal(x_hat, sigma)
    expected = -normal.log_prob(x).sum(1).mean()
    assert own_recipe.gaussian_nats(x_hat, x) == pytest.approx(float(expected), rel=1e-5)
    for other in (0.9 * sigma, 1.1 * sigma):
        nats = -torch.distributions.Normal(x_hat, other).log_prob(x).sum(1).mean()
        assert nats > expected


@pytest.mark.parametrize("size", [4, 32])
def test_a_model_fits_the_budget_whatever_the_size(size: int) -> None:
    declaration = Declaration("p", "", "real", folder="p", size=size, kind="vae")
    ink = tuple(np.random.default_rng(i).bytes(size * size) for i in range(60))
    prepared = own_recipe.prepare(declaration, Pictures(size, ink, ()))
    model = own_recipe.build(declaration, prepared, size * size)
    assert isinstance(model, DenseVAE)
    weights = parameter_count(model)
    assert 2 * weights <= 190_000, "bytes, in half precision"


def test_reading_needs_neither_torch_nor_numpy() -> None:
    """The builder reads own data too, and never loads torch."""
    code = (
        "import sys; import builder.cli, training.own_data.pictures; "
        "sys.exit(bool({'torch', 'numpy', 'onnx'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_a_declaration_of_the_wrong_shape_is_a_problem_and_no_crash() -> None:
    for data in (3, {"toys": 3}, {"toys": {"file": 3, "columns": 4, "units": 5, "size": "x"}}):
        declared = read_declarations({"data": data})
        assert declared.problems
        assert not declared.sound
    assert OwnData(Declaration("a", "", "real", file="a.csv"), {}).read()[0] is None


@pytest.mark.parametrize(
    ("settings", "key", "message"),
    [
        (
            {"label": "kind", "columns": ["width", "kind", "depth"]},
            "columns",
            "'kind' is the label, which no model is shown, and among 'columns'",
        ),
        (
            {"columns": ["width", "depth", "height"], "exclude": ["depth"]},
            "exclude",
            "'exclude' does not apply where 'columns' chooses",
        ),
    ],
)
def test_a_column_that_is_to_be_shown_and_not_to_be_shown_is_told(
    settings: dict[str, Any], key: str, message: str
) -> None:
    """A model that was shown the label knew every class, and what was excluded was trained on."""
    values = {"file": "toys.csv", "description": "Toys", "honesty": "synthetic", **settings}
    declared = read_declarations({"data": {"toys": values}})
    [problem] = declared.problems
    assert isinstance(problem.at, InBook)
    assert (problem.rule, problem.at.key, problem.message) == ("data-column", key, message)
    assert declared.broken == {"toys"}


def table_of(text: str, **settings: object) -> Table:
    """The table of a CSV's text; warnings do no harm."""
    declaration = Declaration("t", "", "real", file="t.csv", **settings)  # type: ignore[arg-type]
    data, problems = read_data(declaration, {"content/data/t.csv": text.encode()})
    assert all(problem.warning for problem in problems), problems
    assert isinstance(data, Table)
    return data


def test_cells_and_decimals_are_separated_as_declared() -> None:
    rows = [f'"{i},5";{i * i % 7};1e{i % 3};x' for i in range(ROWS)]
    text = "\n".join(['"a";"b";"c";"d"', *rows])
    table = table_of(text, separator=";", decimal=",", exclude=("d",))
    assert table.columns == ("a", "b", "c")
    assert table.rows[3] == (3.5, 2.0, 1.0)
    tabs = table_of(text.replace(";", "\t").replace(",", "."), separator="\t", label="d")
    assert tabs.rows == table.rows
    assert set(tabs.labels) == {"x"}


@pytest.mark.parametrize(
    ("decimal", "cell", "told"),
    [
        (".", "1,5", 'decimal = "," in book.toml reads it so'),
        (".", "1,250", "write 1250; if it is less than a thousand, decimal ="),
        (".", "0,847", 'decimal = "," in book.toml reads it so'),
        (",", "0.847", "write 1234,5 or 1,2e3"),
        (".", "1,250,000", "write 1250000, without signs between thousands"),
        (".", "-1,250.5", "write -1250.5, without signs between thousands"),
        (".", "12\u202f500", "write 12500, without signs between thousands"),
        (",", "1.250,5", "write 1250,5, without signs between thousands"),
        (",", "1250.5", "write 1234,5 or 1,2e3"),
        (".", "\u22123.5", "its minus is the sign U+2212, not a hyphen: write -3.5"),
        (".", "\u2212", "write 1234.5 or 1.2e3"),
        (".", "12.5%", "write 12.5 alone: 'units' in book.toml"),
        (".", "$3", "write 3 alone"),
        (".", "-4 °C", "write -4 alone"),
        (",", "1,5\u00a0kg", "write 1,5 alone"),
        (".", "2024-01-31", "write 1234.5 or 1.2e3"),
        (".", "12A", "write 1234.5 or 1.2e3"),
    ],
)
def test_a_number_as_people_write_it_is_told_as_programs_do(
    decimal: str, cell: str, told: str
) -> None:
    rows = [f"{i % 9};{i % 7};{i % 5}" for i in range(ROWS)]
    rows[3] = f"{cell};1;2"
    declaration = Declaration("t", "", "real", file="t.csv", separator=";", decimal=decimal)
    text = "\n".join(["a;b;c", *rows])
    _, problems = read_data(declaration, {"content/data/t.csv": text.encode()})
    [problem] = [problem for problem in problems if not problem.warning]
    assert problem.hint.startswith(told)


def test_all_spellings_of_no_value_are_told_at_once_and_none_is_forgotten() -> None:
    """What a hint says is written in place of what stood there."""
    cells = ["?", "NA", "n/a", "", "NA", "#N/A", "<NA>", "--"]
    rows = [f"{i % 9},{cells[i] if i < len(cells) else i % 7},{i % 5}" for i in range(ROWS)]
    text = "\n".join(["a,b,c", *rows])
    declaration = Declaration("t", "", "real", file="t.csv", missing=("-999", "?"))
    _, problems = read_data(declaration, {"content/data/t.csv": text.encode()})
    found = [problem for problem in problems if not problem.warning]
    assert len(found) == 2
    for problem in found:
        assert (
            'missing = ["-999", "?", "NA", "n/a", "", "#N/A", "<NA>", "--"] in book.toml'
            in problem.hint
        )


def test_a_class_may_be_called_none() -> None:
    kinds = ["none", "", "some"]
    rows = [f"{i % 9},{i % 7},{i % 5},{kinds[i % 3]}" for i in range(ROWS)]
    text = "\n".join(["a,b,c,kind", *rows])
    declaration = Declaration("t", "", "real", file="t.csv", label="kind")
    _, [problem] = read_data(declaration, {"content/data/t.csv": text.encode()})
    assert 'missing = [""] in book.toml' in problem.hint


def test_rows_without_a_value_in_a_chosen_column_are_left_out() -> None:
    rows = [f"{i % 9},{i % 7},{i % 5},{i % 4}" for i in range(ROWS)]
    rows[1], rows[2], rows[3] = "NA,1,1,1", "2,-999,2,2", "3,3,3,NA"
    table = table_of("\n".join(["a,b,c,d", *rows]), columns=("a", "b", "c"), missing=("NA", "-999"))
    assert len(table.rows) == ROWS - 2
    assert table.rows[:2] == ((0.0, 0.0, 0.0), (3.0, 3.0, 3.0))


def test_a_column_with_the_other_decimals_is_not_taken_for_classes() -> None:
    rows = [f"{i % 9},5;{i % 7}.5;{i % 5}" for i in range(ROWS)]
    declaration = Declaration("t", "", "real", file="t.csv", separator=";", decimal=",")
    text = "\n".join(["a;b;c", *rows])
    _, [problem] = read_data(declaration, {"content/data/t.csv": text.encode()})
    assert problem.message == "'0.5' is not a number, in the column 'b' (and 59 more rows)"
    assert problem.hint == "write 1234,5 or 1,2e3"


def told_at(cell: str, rows: list[str]) -> Problem:
    """The only error of a table of three columns: of a number, at the cell, with the way to say
    that it stands for no value."""
    text = "\n".join(["a,b,c", *rows])
    declaration = Declaration("t", "", "real", file="t.csv")
    _, problems = read_data(declaration, {"content/data/t.csv": text.encode()})
    [problem] = [problem for problem in problems if not problem.warning]
    start = text.index(f"\n{cell},") + 1
    assert problem.rule == "data-number"
    assert problem.at == InText("content/data/t.csv", start, start + len(cell))
    assert f'missing = ["{cell}"]' in problem.hint
    return problem


@pytest.mark.parametrize("cell", ["1.7976931348623157e308", "-3.4028235e+38", "1e400"])
def test_a_number_that_no_model_computes_with_is_told_at_its_cell(cell: str) -> None:
    """It would end a training, or be all that it sees."""
    rows = [f"{i % 9},{i % 7},{i % 5}e20" for i in range(ROWS)]
    rows[0] = f"{cell},1,2"
    assert f"'{cell}' is too large" in told_at(cell, rows).message


def test_a_column_of_nothing_but_huge_numbers_has_another_unit() -> None:
    rows = [f"{i % 9},{i % 7},{(-1) ** i}e300" for i in range(ROWS)]
    declaration = Declaration("t", "", "real", file="t.csv")
    text = "\n".join(["a,b,c", *rows])
    _, [problem] = read_data(declaration, {"content/data/t.csv": text.encode()})
    assert problem.message.endswith(f"in the column 'c' (and {ROWS - 1} more rows)")
    assert problem.hint == "numbers go to 1e+38: write them in a larger unit"


@pytest.mark.parametrize(
    ("cell", "settings", "hint"),
    [
        ("", {}, 'leave it out: exclude = ["d"] in book.toml'),
        ("NA", {"exclude": ("é",)}, 'leave it out: exclude = ["é", "d"] in book.toml'),
        ("-9", {"missing": ("-9",)}, 'leave it out: exclude = ["d"] in book.toml'),
        ("", {"columns": ("a", "b", "c", "d")}, "take it out of 'columns' in book.toml"),
        ("", {"label": "d"}, "take 'label' out of book.toml"),
    ],
)
def test_a_column_without_a_value_in_any_row_is_told_once(
    cell: str, settings: dict[str, Any], hint: str
) -> None:
    """`missing = [""]` would leave out all rows."""
    rows = [f"{i % 9},{i % 7},{i % 5},{i % 4},{cell}" for i in range(ROWS)]
    declaration = Declaration("t", "", "real", file="t.csv", **settings)
    text = "\n".join(["é,a,b,c,d", *rows])
    _, problems = read_data(declaration, {"content/data/t.csv": text.encode()})
    [problem] = problems
    assert (problem.rule, problem.hint) == ("data-missing", hint)
    assert problem.at == InText("content/data/t.csv", 8, 9)


def test_an_index_without_a_name_and_names_that_nobody_chose_are_no_matter() -> None:
    rows = [f"{i},{i % 9},{i % 7},{i % 5},x,y" for i in range(ROWS)]
    table = table_of("\n".join([",a,b,c,1,1", *rows]), columns=("a", "b", "c"))
    assert table.rows[8] == (8.0, 1.0, 3.0)


def test_an_empty_last_cell_counts_at_the_end_of_the_file() -> None:
    rows = [f"{i},{i * i % 7},{i * 5 % 11}," for i in range(ROWS)]
    columns = ("a", "b", "c")
    whole, cut = (
        table_of("\n".join(["a,b,c,", *rows]) + end, columns=columns) for end in ("\n", "")
    )
    assert whole == cut
    assert len(whole.rows) == ROWS


def test_tiny_units_are_scaled_like_the_others() -> None:
    rows = [f"{5e-11 + (i % 9) * 1e-12!r},{i % 7},{i % 5}" for i in range(ROWS)]
    declaration = Declaration("t", "", "real", file="t.csv")
    prepared = own_recipe.prepare(declaration, table_of("\n".join(["conc,b,c", *rows])))
    assert np.allclose(prepared.dataset.train.x.std(0), 1, atol=1e-5)
    columns = prepared.details["columns"]
    assert isinstance(columns, list)
    assert 1e-12 < columns[0]["deviation"] < 4e-12


def test_a_jpeg_is_read_like_a_png() -> None:
    declaration = Declaration("p", "", "real", folder="p", size=8)
    files = {}
    for i in range(50):
        file = io.BytesIO()
        Image.new("L", (8, 8), 4 * i).save(file, "JPEG")
        files[f"content/data/p/{i}.{'jpg' if i % 2 else 'JPEG'}"] = file.getvalue()
    assert files_of(declaration, [*files, "content/data/p/._1.jpg"]) == sorted(files)
    data, problems = read_data(declaration, files)
    assert problems == ()
    assert isinstance(data, Pictures)
    assert abs(data.ink[0][0] - 255) <= 1


def test_a_picture_stands_as_viewers_show_it() -> None:
    """A camera held upright writes rows sideways, and says so."""
    declaration = Declaration("p", "", "real", folder="p", size=8)
    files = {}
    for i in range(50):
        picture, exif, file = Image.new("L", (8, 8), 255 - i), Image.Exif(), io.BytesIO()
        picture.paste(0, (0, 0, 4, 8))
        exif[ExifTags.Base.Orientation] = 6 if i % 2 else 1
        picture.save(file, "JPEG", exif=exif, quality=100)
        files[f"content/data/p/{i:02}.jpg"] = file.getvalue()
    data, _ = read_data(declaration, files)
    assert isinstance(data, Pictures)
    lying, turned = (np.frombuffer(ink, np.uint8).reshape(8, 8) for ink in data.ink[:2])
    assert lying[:, :4].min() > 200 > 50 > lying[:, 4:].max()
    assert turned[:4].min() > 200 > 50 > turned[4:].max()


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (SyntaxError("broken PNG file"), "it may be cut short"),
        (Image.DecompressionBombError("too many pixels"), "far too many pixels"),
    ],
)
def test_whatever_pillow_says_of_a_picture_is_a_problem_and_no_crash(
    error: Exception, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(Image, "open", refuse)
    declaration = Declaration("p", "", "real", folder="p", size=4)
    data, problems = read_data(declaration, {"content/data/p/1.png": png(4, 9)})
    assert data is None
    assert any(reason in problem.message for problem in problems)


def test_a_second_column_of_classes_is_told() -> None:
    declaration = Declaration("t", "", "real", file="t.csv", label="kind")
    text = toys().replace("height,kind", "kind,kind")
    data, problems = read_data(declaration, {"content/data/t.csv": text.encode()})
    assert data is None
    assert [problem.message for problem in problems] == ["a second column 'kind'"]


def test_what_is_wrong_with_many_pictures_is_said_once() -> None:
    declaration = Declaration("p", "", "real", folder="p", size=8)
    file = io.BytesIO()
    Image.new("I;16", (8, 8), 4000).save(file, "PNG")
    kinds = (b"", b"\x89PNG", file.getvalue())
    files = {f"content/data/p/{i:02}.png": kinds[i % 3] for i in range(60)}
    data, problems = read_data(declaration, files)
    assert data is None
    assert [(problem.rule, problem.at) for problem in problems] == [
        (rule, InFile(f"content/data/p/0{i}.png"))
        for i, rule in enumerate(("data-empty", "data-picture", "data-picture"))
    ]
    assert all(problem.message.endswith(" (and 19 more pictures)") for problem in problems)
    assert "16 bits a pixel" in problems[2].message


def test_what_a_small_table_is_kept_from_learning_by_heart() -> None:
    """Early stopping: the weights with the least held-out loss are kept, whenever they were."""
    model = torch.nn.Linear(1, 1)
    losses = iter([3.0, 1.0, 2.0])
    reports: list[float] = []
    best = BestWeights(model, lambda: next(losses), reports.append)
    for step, share in enumerate((1 / LOOKS, 2 / LOOKS, 2.5 / LOOKS, 3 / LOOKS), start=1):
        torch.nn.init.constant_(model.weight, step)
        best(share)
    best.restore()
    assert model.weight.item() == 2
    assert best.share == 2 / LOOKS
    assert len(reports) == 4


def test_an_axis_ends_where_a_few_rows_lie_far_out() -> None:
    rows = [f"{i % 11 if i != 7 else 5000},{i % 7},{i % 5}" for i in range(ROWS)]
    declaration = Declaration("t", "", "real", file="t.csv")
    columns = own_recipe.prepare(declaration, table_of("\n".join(["far,b,c", *rows]))).details[
        "columns"
    ]
    assert isinstance(columns, list)
    assert (columns[0]["low"], columns[0]["high"]) == (0, 10)
    assert columns[0]["max"] == 5000
    assert (columns[1]["low"], columns[1]["high"]) == (columns[1]["min"], columns[1]["max"])


def column_of(numbers: list[float], name: str = "far") -> Table:
    """A table of this column and two others."""
    rows = [f"{number!r},{i % 7},{i % 5}" for i, number in enumerate(numbers)]
    return table_of("\n".join([f"{name},b,c", *rows]))


def test_an_axis_is_never_a_point() -> None:
    """Of days most of which had no rain, the middle nine tenths are a single number."""
    rain = [0.0] * 750
    rain[::25] = [3.0 * i + 1 for i in range(30)]
    declaration = Declaration("t", "", "real", file="t.csv")
    columns = own_recipe.prepare(declaration, column_of(rain)).details["columns"]
    assert isinstance(columns, list)
    assert columns[0]["low"] == columns[0]["middle"] == columns[0]["min"] == 0
    assert columns[0]["high"] == columns[0]["max"] > 0


@pytest.mark.parametrize("others", [1, FEWEST_OTHERS - 1, FEWEST_OTHERS])
def test_a_column_that_nearly_no_row_varies_is_told(others: int) -> None:
    """None of these rows might train: the others' errors were then in units of 1."""
    rows = [f"{i % 9},{i % 7},{50000 if i < others else 0}" for i in range(ROWS)]
    declaration = Declaration("t", "", "real", file="t.csv")
    text = "\n".join(["a,b,bonus", *rows])
    data, problems = read_data(declaration, {"content/data/t.csv": text.encode()})
    assert (data is None) == (others < FEWEST_OTHERS)
    if data is None:
        [problem] = problems
        assert (problem.rule, problem.at) == (
            "data-constant",
            InText("content/data/t.csv", 4, 9),
        )
        assert problem.message == f"the column 'bonus' is 0 in all rows but {others}"
        assert 'exclude = ["bonus"]' in problem.hint


def test_a_split_that_leaves_a_column_constant_is_told() -> None:
    declaration = Declaration("t", "", "real", file="t.csv")
    rare = [0.0] * ROWS
    for row in np.random.default_rng(declaration.seed).permutation(ROWS)[:FEWEST_OTHERS]:
        rare[row] = 50000.0
    with pytest.raises(own_recipe.SplitError, match=r"t\.csv: the column 'far' .* all 36 rows"):
        own_recipe.prepare(declaration, column_of(rare))


def test_a_column_is_scaled_however_little_it_varies_beside_its_size() -> None:
    """Nanoseconds since 1970, all of one second: they were left as they are, up to 5e8."""
    start = 1.7e18
    declaration = Declaration("t", "", "real", file="t.csv")
    moments = [start + 1e9 * ((37 * i) % 59) / 59 for i in range(ROWS)]
    prepared = own_recipe.prepare(declaration, column_of(moments))
    assert np.allclose(prepared.dataset.train.x.std(0), 1, atol=1e-5)


@pytest.mark.parametrize("cell", ["9.96921e36", "1e20", "-1e30"])
def test_a_number_beside_which_all_others_are_one_is_told_at_its_cell(cell: str) -> None:
    """What netCDF and climate models write for a missing value ended the training of a VAE."""
    rows = [f"{(i * i) % 11 / 7},{i % 7},{i % 5}" for i in range(ROWS)]
    rows[1] = f"{cell},1,2"
    assert f"'{cell}' lies too far" in told_at(cell, rows).message


@pytest.mark.parametrize(
    ("far", "every", "refused"),
    [("0.000{}", 3, False), ("1e20", 3, True), ("0.000{}", 20, True)],
)
def test_many_unlike_numbers_far_from_the_others_are_a_state_and_no_missing_values(
    far: str, every: int, refused: bool
) -> None:
    """A photodiode has picoamperes in the dark and half a milliampere in light."""
    rows = [
        f"{far.format(500 + i) if i % every == 0 else f'{i % 11 + 1}e-12'},{i % 7},{i % 59}"
        for i in range(ROWS)
    ]
    declaration = Declaration("t", "", "real", file="t.csv")
    text = "\n".join(["a,b,c", *rows])
    data, problems = read_data(declaration, {"content/data/t.csv": text.encode()})
    assert (data is None) == refused
    assert any("lies too far" in problem.message for problem in problems) == refused


def test_set_points_that_rounding_has_touched_are_not_far_apart() -> None:
    points = (0.3, 0.3, 0.1 + 0.2, 0.1 + 0.2, 0.3, 0.1 + 0.2, 0.3, 0.1 + 0.2, 0.3, 0.5)
    rows = [f"{points[i % 10]!r},{i % 7},{i % 59}" for i in range(ROWS)]
    assert rows_read(rows) == []


@pytest.mark.parametrize("seed", [7, 9])
def test_a_row_far_from_all_that_train_does_not_end_the_training(seed: int) -> None:
    """A VAE's posterior of it was infinitely wide, and so was the mean KL of the test split."""
    generator = np.random.default_rng(0)
    codes = generator.normal(size=(300, 2))
    x = np.tanh(codes @ generator.normal(size=(2, 5))) + 0.1 * generator.normal(size=(300, 5))
    x[np.random.default_rng(seed).permutation(300)[60], 0] = 1000  # the first row of the test split
    text = "\n".join(["a,b,c,d,e", *(",".join(map(str, row)) for row in x)])
    declaration = Declaration("t", "", "real", file="t.csv", kind="vae", seed=seed)
    trained = own_recipe.train(
        OwnData(declaration, {declaration.path: text.encode()}), lambda share: None
    )
    assert trained.metrics["test.kl"].value > 100
    encoder = inference_session(trained.graphs["encoder"].model.SerializeToString())
    far = np.full((1, 5), 1e15, np.float32)
    assert all(np.isfinite(output).all() for output in encoder.run(None, {"x": far}))


def rows_read(rows: list[str]) -> list[str]:
    """What is said of a CSV with these rows of three columns, by rule and message."""
    declaration = Declaration("t", "", "real", file="t.csv")
    text = "\n".join(["a,b,c", *rows])
    data, problems = read_data(declaration, {"content/data/t.csv": text.encode()})
    assert data is not None
    return [f"{problem.rule}: {problem.message}" for problem in problems]


def test_copies_of_rows_are_told_as_the_test_split_would_not_be_new() -> None:
    rows = [f"{i * 7 % 59},{i * i % 61},{i % 5}" for i in range(ROWS)]
    assert rows_read(rows) == []
    said = "data-copies: {} of 60 rows {}: line 11 repeats line 5"
    rows[9] = rows[3].replace(",", ".0,")
    assert rows_read(rows) == [said.format(1, "is a copy of another")]
    rows[30:40] = rows[20:30]
    assert rows_read(rows) == [said.format(11, "are copies of others")]


def test_rows_that_are_equal_for_want_of_numbers_are_no_copies() -> None:
    answers = np.random.default_rng(1).integers(1, 4, size=(200, 3))
    assert rows_read([",".join(map(str, row)) for row in answers]) == []


@pytest.mark.parametrize("rows", [30, 3000, 200_000, 1_000_000])
def test_however_many_rows_all_are_trained_on(rows: int) -> None:
    """Of hundreds of thousands, the share of an epoch that makes enough steps was rounded to 0."""
    declaration = Declaration("t", "", "real", file="t.csv")
    schedule = own_recipe.schedule_for(declaration, rows)
    assert schedule.epochs * (rows // schedule.batch_size) >= own_recipe.STEPS * 0.9


def weights_of_kl(rows: int, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """By what the KL term of a VAE of so many rows is multiplied, step by step."""
    large, found = 1e9, list[float]()

    def fit(
        model: torch.nn.Module,
        loss: Callable[[Batch], torch.Tensor],
        examples: int,
        schedule: Schedule,
        seed: int,
        progress: object,
    ) -> None:
        found.extend(loss(batch).item() / large for batch in batches(examples, schedule, seed))
        raise InterruptedError

    class Rows(OwnData):
        def read(self) -> tuple[Table, tuple[()]]:
            x = np.random.default_rng(1).normal(size=(rows, 3))
            return Table(("a", "b", "c"), tuple(map(tuple, x.tolist())), ()), ()

    monkeypatch.setattr(own_recipe, "fit", fit)
    monkeypatch.setattr(own_recipe, "gaussian_kl", lambda mu, _: torch.full((len(mu),), large))
    with pytest.raises(InterruptedError), torch.no_grad():
        own_recipe.train(Rows(Declaration("t", "", "real", file="t.csv", kind="vae"), {}), print)
    return found


@pytest.mark.parametrize("rows", [60, 1000, 8000, 30_000, 300_000])
def test_however_many_rows_a_vae_is_warmed_up(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted in whole epochs, a table of which seven or fewer are trained had no warm-up."""
    weights = np.array(weights_of_kl(rows, monkeypatch))
    assert weights == pytest.approx(np.maximum.accumulate(weights), rel=1e-6), "it only grows"
    assert weights[0] < 0.15
    full = int(np.argmax(weights > 0.999)) / len(weights)
    assert 0.15 < full < 0.21, "a fifth of the training, less the last stair"
    assert weights[-1] == pytest.approx(1)


@pytest.mark.parametrize("rows", [60, 300, 1000, 3000])
def test_where_epochs_are_short_the_warm_up_has_a_stair_for_each(
    rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule = own_recipe.schedule_for(
        Declaration("t", "", "real", file="t.csv", kind="vae"), rows - 2 * round(rows / 5)
    )
    weights = np.array(weights_of_kl(rows, monkeypatch)).reshape(schedule.epochs, -1)
    epochs = round(own_recipe.WARM_UP * schedule.epochs)
    expected = np.minimum(1, (np.arange(schedule.epochs) + 1) / epochs)
    assert weights == pytest.approx(np.broadcast_to(expected[:, None], weights.shape), rel=1e-5)


@pytest.mark.parametrize("others", [0, 1, FEWEST_OTHERS])
def test_pictures_of_which_nearly_all_are_the_same_are_told(others: int) -> None:
    """Where all that train are the same, a code has no deviation to be divided by."""
    declaration = Declaration("p", "", "real", folder="p", size=4)
    files = {f"content/data/p/{i:02}.png": png(4, 9 * max(0, others - i)) for i in range(60)}
    data, problems = read_data(declaration, files)
    assert (data is None) == (others < FEWEST_OTHERS)
    if data is None:
        [problem] = problems
        told = f"all pictures{' but 1' if others else ''} are the same"
        assert (problem.rule, problem.message) == ("data-constant", told)


def test_a_split_that_leaves_all_pictures_the_same_is_told() -> None:
    declaration = Declaration("p", "", "real", folder="p", size=4)
    ink = [bytes(16)] * ROWS
    for row in np.random.default_rng(declaration.seed).permutation(ROWS)[:FEWEST_OTHERS]:
        ink[row] = bytes(range(16))
    with pytest.raises(own_recipe.SplitError, match="all 36 pictures that train are the same"):
        own_recipe.prepare(declaration, Pictures(4, tuple(ink), ()))


def test_a_split_that_cannot_be_trained_on_is_told_in_a_line(
    book: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rare = {int(row) for row in np.random.default_rng(7).permutation(ROWS)[:FEWEST_OTHERS]}
    rows = [f"{i % 9},{i % 7},{int(i in rare)},a" for i in range(ROWS)]
    (book / "content/data/toys.csv").write_text("\n".join(["width,b,rare,kind", *rows]), "utf-8")
    assert main(["--root", str(book), "--out", str(book / "models"), "own-toys"]) == 1
    told = "".join(capsys.readouterr())
    assert "content/data/toys.csv: the column 'rare' has one number in all 36 rows" in told
    assert "Traceback" not in told
