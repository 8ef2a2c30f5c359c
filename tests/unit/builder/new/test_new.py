"""`book new`: what it writes, where, and what it refuses. That a figure's starter passes its own
tests is shown in a copy of the repository: `tests/browser/pages/test_authoring.py`."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from builder.issues.issue import Source, is_error
from builder.load.load import load
from builder.new.new import LONGEST_NAME, NotNewError, new_chapter, new_figure
from builder.node.service import NODE
from builder.parse.own_blocks import BLOCKS
from builder.parse.parse import parse_chapter
from builder.store.effects import MemoryEffects
from builder.store.memory import Memory
from tests.conftest import ROOT
from tests.unit.builder.fakes import build, small_book

EXACT = 'title = "Marks"\nhonesty = "exact"\ndescription = "Marks on a line."\n'


def book() -> MemoryEffects:
    return small_book(**{"site_assets__figures__marks__figure.toml": EXACT})


def test_a_new_chapter_builds_without_a_word() -> None:
    effects = book()
    made = new_chapter(effects, "  What   a code\ncosts ")
    assert made.paths == ("content/10-what-a-code-costs.md",)
    outcome = build(effects)
    assert [str(issue) for issue in outcome.issues] == []
    page = outcome.pages["what-a-code-costs.html"]
    assert "<h1>What a code costs</h1>" in page
    assert "<!--" not in effects.read(made.paths[0]).decode()


def test_it_uses_every_block_that_needs_no_file() -> None:
    effects = book()
    (path,) = new_chapter(effects, "One").paths
    text = effects.read(path).decode()
    used = {line.split()[1] for line in text.splitlines() if line.startswith("::: ")}
    assert used == set(BLOCKS) - {"listing", "picture"}


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("What β does", "what-beta-does"),
        ("β-VAE", "beta-vae"),
        ("From Λ to λ", "from-lambda-to-lambda"),
        ("Crème brûlée", "creme-brulee"),
    ],
)
def test_a_page_is_named_after_its_title_in_latin_letters(title: str, name: str) -> None:
    effects = book()
    made = new_chapter(effects, title)
    assert made.paths == (f"content/10-{name}.md",)
    assert build(effects).published


def test_in_a_book_without_a_figure_to_show_it_has_none() -> None:
    effects = small_book()
    (path,) = new_chapter(effects, "One").paths
    assert "::: figure" not in effects.read(path).decode()
    assert build(effects).published


def test_markdown_in_a_title_is_refused() -> None:
    with pytest.raises(NotNewError, match=r"Markdown in a title is not read .*β for \$\\beta\$"):
        new_chapter(book(), r"A $\beta$ title", page="beta")


@pytest.mark.parametrize(
    "title",
    ["Loss: what it is", '"Quoted"', "#1", "yes", "1.0", "{a}", "- a", "2 * 3 * 4", "It's & <so>"],
)
def test_any_title_is_the_title(title: str) -> None:
    effects = book()
    (path,) = new_chapter(effects, title, page="page-of-it").paths
    chapter, issues = parse_chapter(Source(path, effects.read(path).decode()))
    assert not issues
    assert chapter
    assert chapter.title == title


def test_the_number_is_the_next_and_the_works_may_stay_last() -> None:
    effects = book()
    effects.write("content/11-references.md", b"---\ntitle: References\n---\nWorks.\n")
    paths = [new_chapter(effects, title).paths[0] for title in ("One", "Two")]
    assert paths == ["content/10-one.md", "content/12-two.md"]


@pytest.mark.parametrize(
    ("title", "page", "told"),
    [
        (" ", "", "a chapter needs a title"),
        ("自編碼器", "", "no page name can be made of this title (add --page words-with-hyphens)"),
        ("Über VAE: что это", "", "no page name can be made of this title (add --page uber-vae)"),
        ("σ² and τ", "", "no page name can be made of this title (add --page and-tau)"),
        ("!!!", "", "no page name can be made of this title (add --page words-with-hyphens)"),
        ("One", "что-vae", "'что-vae' cannot be a page's name (--page vae)"),
        ("One", "λ", "'λ' cannot be a page's name (--page lambda)"),
        ("One", "!!!", "'!!!' cannot be a page's name (words-with-hyphens)"),
        ("One", "Not A Name", "'Not A Name' cannot be a page's name (--page not-a-name)"),
        ("Glossary", "", "the page name 'glossary' is taken by the book itself"),
        ("Other things!", "", "the page name 'other-things' is taken by 09-other-things.md"),
    ],
)
def test_a_chapter_that_cannot_be(title: str, page: str, told: str) -> None:
    effects = book()
    before = dict(effects.contents)
    with pytest.raises(NotNewError) as refused:
        new_chapter(effects, title, page)
    assert str(refused.value).startswith(told)
    assert effects.contents == before


def test_a_new_figure_is_five_files_and_a_block_to_paste() -> None:
    effects = book()
    made = new_figure(effects, "my-curve")
    assert made.paths == (
        "site_assets/figures/my-curve/figure.toml",
        "site_assets/figures/my-curve/figure.tsx",
        "training/recipes/my_curve.py",
        "tests/unit/training/test_my_curve.py",
        "tests/browser/figures/test_my_curve.py",
    )
    assert all("@" not in effects.read(path).decode().replace("[@", "") for path in made.paths)
    sources, issues = load(effects, Memory())
    assert issues == ()
    assert sources.figures["my-curve"].models["net"].model == "my-curve"
    assert made.block.startswith("::: figure my-curve\n")


@pytest.mark.parametrize("name", ["a", "my-curve", "a" * LONGEST_NAME])
@pytest.mark.parametrize("experiment", [False, True])
def test_what_is_new_is_laid_out_as_make_check_wants_it(
    name: str, experiment: bool, tmp_path: Path
) -> None:
    effects = book()
    for path in (".editorconfig", "pyproject.toml"):
        shutil.copy(ROOT / path, tmp_path)
    for path in new_figure(effects, name, experiment=experiment).paths:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(effects.read(path))
    prettier = ROOT / "site_assets/node_modules/prettier/bin/prettier.cjs"
    for command in (
        [sys.executable, "-m", "ruff", "format", "--check", "."],
        [sys.executable, "-m", "ruff", "check", "--select", "E,F", "."],
        [NODE, str(prettier), "--check", "--no-error-on-unmatched-pattern", "**/*.tsx"],
    ):
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_new_experiment_has_no_code_of_its_own() -> None:
    effects = book()
    made = new_figure(effects, "more-points", experiment=True)
    assert made.paths == (
        "site_assets/figures/more-points/figure.toml",
        "training/recipes/more_points.py",
        "tests/unit/training/test_more_points.py",
        "tests/browser/figures/test_more_points.py",
    )
    sources, issues = load(effects, Memory())
    assert issues == ()
    assert sources.figures["more-points"].kind == "experiment"
    assert made.block.startswith("::: figure more-points\n")


@pytest.mark.parametrize("chapter", ["9", "other-things", "09-other-things.md"])
def test_a_figure_can_be_placed_at_once(chapter: str) -> None:
    effects = book()
    before = effects.read("content/09-other-things.md")
    made = new_figure(effects, "my-curve", chapter)
    assert made.block == ""
    assert made.paths[-1] == "content/09-other-things.md"
    after = effects.read("content/09-other-things.md")
    assert after.startswith(before.rstrip() + b"\n\n::: figure my-curve\n")
    rules = [issue.rule for issue in build(effects).issues if is_error(issue)]
    assert rules == ["model-known"], "it only has to be trained"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("My-Curve", "'My-Curve' cannot be the name of a figure (lower-case words"),
        ("my--curve", "'my--curve' cannot be the name of a figure"),
        ("../curve", "'../curve' cannot be the name of a figure"),
        ("lambda", "'lambda' is a word of Python"),
        ("own-curve", "names that begin with 'own-' are those of models on an author's own data"),
        ("a" * 31, f"'{'a' * 31}' is 31 letters long"),
        ("dots", "'dots' is there already: site_assets/figures/dots"),
        ("toy", "'toy' is there already: build/models/toy"),
    ],
)
def test_a_figure_that_cannot_be(name: str, told: str) -> None:
    effects = book()
    before = dict(effects.contents)
    with pytest.raises(NotNewError) as refused:
        new_figure(effects, name)
    assert str(refused.value).startswith(told)
    assert effects.contents == before


def test_an_unknown_chapter_stops_it_before_anything_is_written() -> None:
    effects = book()
    before = dict(effects.contents)
    with pytest.raises(NotNewError) as refused:
        new_figure(effects, "my-curve", "09-other-thing.md")
    assert "did you mean '09-other-things.md'?" in str(refused.value)
    assert effects.contents == before
