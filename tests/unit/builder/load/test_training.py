"""What the builder asks of the training step, and when it remembers the answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from builder.load import training
from builder.load.training import LISTING, inspect_models
from builder.store.effects import MemoryEffects


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The questions that were asked; the answer counts them."""
    found: list[Path] = []

    def ask(root: Path) -> list[dict[str, Any]]:
        found.append(root)
        return [{"name": "toy", "fresh": len(found) == 1}]

    monkeypatch.setattr(training, "_ask", ask)
    return found


def book() -> MemoryEffects:
    return MemoryEffects(
        {
            "training/a.py": "1",
            "training/notes.txt": "1",
            "build/models/toy/card.json": "{}",
            "build/models/toy/decoder.onnx": "1",
        }
    )


def test_a_file_that_cannot_be_read_is_left_to_the_build(asked: list[Path]) -> None:
    effects = book()
    effects.refused = frozenset({"training/a.py"})
    assert inspect_models(Path(), effects)
    effects.refused = frozenset()
    inspect_models(Path(), effects)
    assert len(asked) == 2


def test_the_answer_is_remembered(asked: list[Path]) -> None:
    effects = book()
    first = inspect_models(Path(), effects)
    assert inspect_models(Path(), effects) == first == [{"name": "toy", "fresh": True}]
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("training/a.py", b"2"),
        ("training/recipes/b.py", b""),
        ("build/models/toy/card.json", b"{ }"),
        ("build/models/toy/decoder.onnx", None),
        (LISTING, b"{"),
    ],
)
def test_it_is_asked_again_when_the_answer_may_differ(
    asked: list[Path], path: str, data: bytes | None
) -> None:
    effects = book()
    inspect_models(Path(), effects)
    if data is None:
        effects.remove(path)
    else:
        effects.write(path, data)
    assert inspect_models(Path(), effects) == [{"name": "toy", "fresh": False}]


def test_another_version_of_a_package_counts(
    asked: list[Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    effects = book()
    inspect_models(Path(), effects)
    (tmp_path / "torch-99.0.dist-info").mkdir()
    monkeypatch.syspath_prepend(str(tmp_path))
    inspect_models(Path(), effects)
    assert len(asked) == 2


def test_no_answer_is_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    effects = book()
    monkeypatch.setattr(training, "_ask", lambda root: None)
    assert inspect_models(Path(), effects) is None
    assert not effects.exists(LISTING)
