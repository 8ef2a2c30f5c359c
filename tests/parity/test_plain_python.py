"""Chapter 10's own code, cell by cell as it stands in the Markdown, against torch."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from operator import mul
from pathlib import Path
from random import Random
from typing import Any

import pytest
import torch
from book import cells
from book.files import FOLDER

from builder.issues.issue import Source
from builder.parse.document import Cell
from builder.parse.parse import parse_chapter
from tests.coroutines import finished
from training.learn.losses import elbo_terms
from training.learn.networks import DenseVAE
from training.recipes import tiny_vae

CHAPTER = "content/10-build-one-yourself.md"
ROOT = Path(__file__).resolve().parent.parent.parent
ENGINE = ("cell-tables", "cell-engine", "cell-curves", "cell-loss")

Events = list[dict[str, Any]]


def chapter_cells() -> dict[str, Cell]:
    """The chapter's cells by id; the first has none."""
    chapter, issues = parse_chapter(Source(CHAPTER, (ROOT / CHAPTER).read_text("utf-8")))
    assert chapter
    assert not issues
    return {node.id: node for node in chapter.nodes if isinstance(node, Cell)}


def run(code: str, namespace: dict[str, Any]) -> Events:
    """Run a cell as the page does; what it printed, showed and returned."""
    events: Events = []
    ran = finished(cells.run(code, "cell", namespace, events.append))
    assert ran, events
    return events


@pytest.fixture(scope="module")
def patch() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module")
def python(patch: pytest.MonkeyPatch, models_dir: Path) -> None:
    """What the page's Python has, and this one has not."""
    patch.setenv(FOLDER, str(models_dir))
    patch.setattr(math, "sumprod", lambda a, b: sum(map(mul, a, b)), raising=False)  # in 3.12


@pytest.fixture(scope="module")
def engine(python: None) -> dict[str, Any]:
    """What the engine's cells define; the others train, which takes half a minute."""
    namespace: dict[str, Any] = {}
    for name in ENGINE:
        run(chapter_cells()[name].code.text, namespace)
    return namespace


@pytest.fixture(scope="module")
def chapter(
    python: None,
) -> tuple[dict[str, Any], dict[str, Events]]:
    """What all cells but the exercises defined, and what each of them did."""
    namespace: dict[str, Any] = {}
    events = {
        name: run(cell.code.text, namespace)
        for name, cell in chapter_cells().items()
        if not cell.is_exercise
    }
    return namespace, events


@pytest.fixture(scope="module")
def names(chapter: tuple[dict[str, Any], dict[str, Events]]) -> dict[str, Any]:
    return chapter[0]


def shown(chapter: tuple[dict[str, Any], dict[str, Events]], cell: str) -> str:
    return "".join(event["text"] for event in chapter[1][cell])


def doubles(rows: list[list[float]]) -> torch.Tensor:
    return torch.tensor(rows, dtype=torch.float64)


def table(chance: Random, rows: int, columns: int) -> list[list[float]]:
    return [[chance.gauss() for _ in range(columns)] for _ in range(rows)]


def logistic(a: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.binary_cross_entropy_with_logits(
        a, torch.sigmoid(x), reduction="sum"
    )


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("a + b", lambda a, b, row: a + b),
        ("a + row", lambda a, b, row: a + row),
        ("a * row + 3", lambda a, b, row: a * row + 3),
        ("a * b - b", lambda a, b, row: a * b - b),
        ("a * a * a", lambda a, b, row: a**3),
        ("(a @ square) * a", lambda a, b, row: (a @ (row.T @ row)) * a),
        ("silu(a * b)", lambda a, b, row: torch.nn.functional.silu(a * b)),
        ("exponential(a * 0.5) * b", lambda a, b, row: torch.exp(0.5 * a) * b),
        ("cross_entropy(a * 30, ink) * 2", lambda a, b, row: 2 * logistic(30 * a, b.detach())),
        ("kl(a, b)", lambda a, b, row: 0.5 * (a * a + b.exp() - b - 1).sum()),
    ],
)
def test_every_operation_passes_slopes_back_as_torch_does(
    engine: dict[str, Any], ours: str, theirs: Any
) -> None:
    chance = Random(ours)
    values = [table(chance, rows, 3) for rows in (4, 4, 1)]
    a, b, row = (engine["Tensor"](rows) for rows in values)
    expected_a, expected_b, expected_row = (doubles(rows).requires_grad_() for rows in values)
    square = engine["Tensor"](engine["times"](engine["flip"](row.rows), row.rows))
    ink = engine["Tensor"]([[engine["sigmoid"](v) for v in line] for line in b.rows], fixed=True)
    made = eval(ours, {**engine, "a": a, "b": b, "row": row, "square": square, "ink": ink})
    expected = theirs(expected_a, expected_b, expected_row)
    weights = table(chance, *((1, 1) if expected.ndim == 0 else expected.shape))
    (made * engine["Tensor"](weights, fixed=True)).sum().backward()
    (expected * doubles(weights)).sum().backward()
    assert torch.allclose(doubles(made.rows), expected, rtol=1e-12, atol=1e-12)
    for tensor, torchs in ((a, expected_a), (b, expected_b), (row, expected_row)):
        if tensor.slope and torchs.grad is not None:
            assert torch.allclose(doubles(tensor.slope), torchs.grad, rtol=1e-11, atol=1e-12)
    assert a.slope, "the operation gave its first operand no slopes"


def test_the_slopes_of_the_whole_loss_are_torchs(names: dict[str, Any]) -> None:
    model = names["VAE"](64, 16, 2, Random(3))
    twin = DenseVAE(64, (16,), 2).double()
    tiny_vae.draw_weights(twin, Random(3))
    batch, eps = names["images"][:16], table(Random(4), 16, 2)
    fixed = [names["Tensor"](rows, fixed=True) for rows in (batch, eps)]
    loss = names["loss_of"](model, *fixed)
    loss.backward()
    reconstruction, kl = elbo_terms(twin, doubles(batch), doubles(eps))
    expected = (reconstruction + kl).mean()
    expected.backward()  # type: ignore[no-untyped-call]
    assert loss.rows[0][0] == pytest.approx(expected.item(), rel=1e-13)
    parameters = list(twin.parameters())
    for ours, torchs in zip(model.parameters(), parameters, strict=True):
        assert torchs.grad is not None
        slope = torchs.grad.T if torchs.ndim == 2 else torchs.grad[None]
        assert torch.allclose(doubles(ours.slope), slope, rtol=1e-10, atol=1e-13)
    assert all(tensor.slope is None for tensor in fixed)


def test_the_engine_takes_about_a_hundred_lines() -> None:
    code = "\n".join(chapter_cells()[name].code.text for name in ENGINE)
    lines = [line for line in code.splitlines() if line.strip()]
    assert 60 <= len(lines) <= 110


def test_the_losses_of_the_first_steps_are_torchs(
    chapter: tuple[dict[str, Any], dict[str, Events]], names: dict[str, Any]
) -> None:
    rows = names["rows"]
    assert len(rows) == tiny_vae.FIRST_STEPS
    for (_, ours, torchs, apart), loss in zip(rows, names["losses"], strict=False):
        assert float(ours) == pytest.approx(loss, abs=1e-9)
        assert abs(float(ours) - float(torchs)) <= 1e-6
        assert float(apart) <= 1e-6
    assert "10 rows" in shown(chapter, "cell-same")


def test_the_training_reaches_the_stated_loss_and_torchs(
    chapter: tuple[dict[str, Any], dict[str, Events]], names: dict[str, Any]
) -> None:
    losses = names["losses"]
    assert len(losses) == tiny_vae.STEPS
    last_pass = losses[-names["one_pass"] :]
    reached = sum(last_pass) / len(last_pass)
    assert reached < tiny_vae.STATED_LOSS
    assert reached == pytest.approx(names["twin"].metric("last-pass.loss"), rel=1e-9)
    assert f"the last pass: {reached:.2f}" in shown(chapter, "cell-train")


def test_its_drawings_are_those_of_torchs_decoder(names: dict[str, Any]) -> None:
    ours, torchs = doubles(names["drawn"]), doubles(names["redrawn"])
    assert ours.shape == (10, 64)
    assert torch.allclose(ours, torchs, atol=1e-5)
    assert ours.std(0).max() > 0.2, "all drawings look alike"


def test_nudging_finds_the_engines_slope(
    chapter: tuple[dict[str, Any], dict[str, Events]],
) -> None:
    engine, nudging = re.findall(r"-?\d\.\d{6,}", shown(chapter, "cell-nudge"))
    assert float(engine) == pytest.approx(float(nudging), rel=1e-6)


def judged(names: dict[str, Any], cell: Cell, code: str) -> tuple[bool, str]:
    """Whether the hidden check accepts `code`, and what it tells the reader."""
    namespace = dict(names)
    run(code, namespace)
    assert cell.check
    events: Events = []
    passed = finished(cells.check(cell.check.text, namespace, events.append))
    assert passed or events[-1]["helpful"], events
    return passed, events[-1]["text"]


EXERCISES = ("cell-tanh", "cell-walk", "cell-asleep")


@pytest.mark.parametrize("name", EXERCISES)
def test_an_exercise_begins_unsolved_and_can_be_solved(names: dict[str, Any], name: str) -> None:
    cell = chapter_cells()[name]
    assert cell.solution
    assert judged(names, cell, cell.code.text)[0] is False
    assert judged(names, cell, cell.solution.text)[0] is True


@pytest.mark.parametrize(
    ("name", "replaced", "mistake", "told"),
    [
        ("cell-tanh", "slope * (1 - y * y)", "1 - y * y", "Multiply it by the slope that comes"),
        ("cell-tanh", "slope * (1 - y * y)", "slope * (1 - y)", "The slopes should be"),
        ("cell-tanh", "each(math.tanh, t.rows)", "each(sigmoid, t.rows)", "The values themselves"),
        ("cell-walk", "range(steps)", "range(steps + 1)", "5 steps were asked for, and 6"),
        ("cell-walk", "step / (steps - 1)", "step / steps", "divide by steps − 1?"),
        ("cell-walk", "step / (steps - 1)", "(step / (steps - 1))**2", "lie half-way"),
        ("cell-asleep", " / len(column)", "", "divide by the number of pictures"),
        ("cell-asleep", "flip(each(nats, mu.rows, log_var.rows))",
         "each(nats, mu.rows, log_var.rows)", "Add up over the pictures"),
        ("cell-asleep", "0.5 * (m", "(m", "All together should cost"),
        ("cell-asleep", "column in columns", "column in columns[:2]", "3 values, found 2"),
    ],
)  # fmt: skip
def test_a_common_mistake_is_named(
    names: dict[str, Any], name: str, replaced: str, mistake: str, told: str
) -> None:
    cell = chapter_cells()[name]
    assert cell.solution
    assert replaced in cell.solution.text
    passed, text = judged(names, cell, cell.solution.text.replace(replaced, mistake))
    assert not passed
    assert told in text
