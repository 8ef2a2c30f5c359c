"""What an author does, from no chapter to tests that pass: a chapter, a figure, data of one's own.

All of it happens in a copy of the repository, with the commands that the README names.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.datasets import load_wine

from builder.node.service import NODE
from tests.book_copy import copy_book, run_in

COLUMNS = (0, 1, 6, 9, 10, 12)
SIDE = 12
WALKERS = 40
DECLARED = """
[data.wine]
file = "wine.csv"
kind = "vae"
label = "cultivar"
description = "Chemical analysis of wines from three cultivars"
honesty = "real"
units = { alcohol = "% by volume" }

[data.walks]
file = "walks.csv"
group = "walker"
label = "pace"
description = "Strides of forty walkers, several of each"
honesty = "synthetic"

[data.marks]
folder = "marks"
size = 12
description = "Discs, bars and rings"
honesty = "drawn by the program"
"""
SHOWN = """
::: figure {name}
id: fig-{name}-{data}
data: {data}

What the figure shows of {data}.
:::
"""


def write_wine(path: Path) -> None:
    """A real table: six columns of scikit-learn's wines, and the cultivar."""
    wine = load_wine()
    lines = [",".join([*(wine.feature_names[c] for c in COLUMNS), "cultivar"])]
    for row, kind in zip(wine.data, wine.target, strict=True):
        lines.append(",".join([*(f"{row[c]:g}" for c in COLUMNS), f"cultivar {'ABC'[kind]}"]))
    path.write_text("\n".join(lines), "utf-8")


def write_walks(path: Path) -> None:
    """Four numbers a stride that two traits of the walker decide, nearly: who has one stride of a
    walker knows the others. One to eleven strides of each, in any order."""
    rng = np.random.default_rng(5)
    lines = []
    for walker in range(WALKERS):
        legs, haste = rng.normal(size=2)
        for _ in range(1 + (7 * walker) % 11):
            a, b = np.array([legs, haste]) + 0.1 * rng.normal(size=2)
            numbers = [np.tanh(a) + b, a * b, np.sin(2 * a), a - np.cos(b)]
            pace = "quick" if haste > 0 else "slow"
            lines.append(",".join([*(f"{number:.4f}" for number in numbers), f"w{walker}", pace]))
    rng.shuffle(lines)
    path.write_text("\n".join(["step,sway,lift,lean,walker,pace", *lines]), "utf-8")


def write_marks(folder: Path) -> None:
    """Small drawings, a folder for each class."""
    rng = np.random.default_rng(3)
    x, y = np.meshgrid(*2 * [(np.arange(SIDE) + 0.5) / SIDE])
    for index in range(240):
        centre, radius = rng.uniform(0.35, 0.65, 2), rng.uniform(0.18, 0.33)
        distance = np.hypot(x - centre[0], y - centre[1])
        kind, depth = [
            ("disc", radius - distance),
            ("bar", radius / 2 - abs(x - centre[0])),
            ("ring", 0.1 - abs(distance - radius)),
        ][index % 3]
        ink = np.clip(SIDE * depth + 0.5, 0, 1)
        (folder / kind).mkdir(parents=True, exist_ok=True)
        Image.fromarray((255 * (1 - ink)).astype(np.uint8)).save(folder / kind / f"{index:02}.png")


def made_book(folder: Path) -> Path:
    """The copy, with a new chapter, a new figure and experiment in it, and own data; built."""
    copy_book(folder)
    (folder / "content/data").mkdir()
    write_wine(folder / "content/data/wine.csv")
    write_walks(folder / "content/data/walks.csv")
    write_marks(folder / "content/data/marks")
    with (folder / "content/book.toml").open("a", encoding="utf-8") as settings:
        settings.write(DECLARED)
    run_in(folder, ["-m", "builder", "new", "chapter", "My chapter"])
    run_in(folder, ["-m", "builder", "new", "figure", "sample", "--chapter", "my-chapter"])
    run_in(folder, ["-m", "builder", "new", "experiment", "rule", "--chapter", "my-chapter"])
    with (folder / "content/01-my-chapter.md").open("a", encoding="utf-8") as chapter:
        for name in ("data-map", "data-walk"):
            chapter.write("".join(SHOWN.format(name=name, data=d) for d in ("wine", "marks")))
        chapter.write(SHOWN.format(name="data-map", data="walks"))
    # in one process, which imports torch once; the build finds all of them as it wants them
    run_in(folder, ["-m", "training", "--jobs", "1"])
    run_in(folder, ["-m", "builder", "build"])
    return folder


def check_that_what_is_new_passes_its_tests(book: Path) -> None:
    """Those that came with it, those that every figure owes, and those of the tools."""
    run_in(book, ["-m", "ruff", "check", "."])
    tests = (
        "tests/browser/figures/test_sample.py",
        "tests/unit/training/test_sample.py",
        "tests/browser/figures/test_rule.py",
        "tests/unit/training/test_rule.py",
        "tests/browser/figures/test_every_figure.py",
        "tests/browser/support/own_data_in_a_book.py",
    )
    shown = "own_data or sample or rule or data-map or data-walk"
    wanted = f"test_sample or test_rule or (not [file and ({shown}))"
    told = run_in(book, ["-m", "pytest", "-p", "no:cacheprovider", *tests, "-k", wanted])
    assert " passed" in told
    assert "skipped" not in told
    script = "import subprocess, sys; sys.exit(subprocess.call(sys.argv[1:]))"
    tsc = "site_assets/node_modules/typescript/bin/tsc"
    run_in(book, ["-c", script, NODE, tsc, "-p", "site_assets"])


def check_the_card(book: Path, data: str, kind: str) -> None:
    """What was measured is on it, on real splits, and the export equals torch."""
    card = json.loads((book / f"build/models/own-{data}/card.json").read_text("utf-8"))
    splits = card["data"]["splits"]
    assert sum(splits.values()) == {"wine": 178, "marks": 240}[data]
    assert splits["test"] == splits["validation"] == round(0.2 * sum(splits.values()))
    assert card["options"]["kind"] == kind
    assert len(card["data"]["classes"]) == 3
    for split in splits:
        assert card["metrics"][f"{split}.reconstruction_mse"]["value"] > 0
    error, rival = (card["metrics"][f"test.{who}reconstruction_mse"] for who in ("", "pca_"))
    assert error["value"] < rival["value"], "a curved code rebuilds better than a flat one"
    assert card["metrics"]["test.knn_accuracy"]["value"] > 0.7
    for parity in card["parity"].values():
        assert parity["max_abs_difference"] <= parity["tolerance"]


def check_that_walkers_stay_together(book: Path) -> None:
    """The card says of how many each split has strides, and the colophon says it to readers."""
    card = json.loads((book / "build/models/own-walks/card.json").read_text("utf-8"))
    groups, splits = card["data"]["groups"], card["data"]["splits"]
    assert groups["column"] == "walker"
    assert sum(groups["splits"].values()) == WALKERS
    assert [column["name"] for column in card["data"]["columns"]] == [
        "step",
        "sway",
        "lift",
        "lean",
    ]
    strides = sum(splits.values())
    for name in ("validation", "test"):
        assert abs(splits[name] - strides / 5) < 2, "as near to a fifth as whole walkers allow"
    told = " / ".join(str(groups["splits"][name]) for name in ("train", "validation", "test"))
    assert f"walker: {told}</span>" in (book / "build/site/colophon.html").read_text("utf-8")


def check_that_only_a_change_of_the_data_counts(book: Path) -> None:
    """Every byte of the data is in the fingerprint of the model, and of no other."""

    def stale() -> set[str]:
        listed = json.loads(run_in(book, ["-m", "training", "--list"]))
        return {entry["name"] for entry in listed if not entry["fresh"]}

    assert stale() == set()
    csv = book / "content/data/wine.csv"
    csv.write_text(csv.read_text("utf-8").replace("14.23", "14.24"), "utf-8")
    assert stale() == {"own-wine"}


def test_a_chapter_a_figure_and_data_of_ones_own(models_dir: Path, tmp_path: Path) -> None:
    """One test, since making the book takes most of its time."""
    book = made_book(tmp_path / "book")
    check_the_card(book, "wine", "vae")
    check_the_card(book, "marks", "ae")
    check_that_walkers_stay_together(book)
    check_that_what_is_new_passes_its_tests(book)
    check_that_only_a_change_of_the_data_counts(book)
