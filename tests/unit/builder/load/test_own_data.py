"""A table of the author's own is read once, until it or its declaration changes."""

from __future__ import annotations

import pytest

from builder.issues.issue import Issue, Source
from builder.load.own_data import REMEMBERED, OwnData, check_own_data
from builder.store.effects import MemoryEffects
from training.own_data.read import OwnData as Data

BOOK = '[data.t]\nfile = "t.csv"\ndescription = "Made up."\nhonesty = "synthetic"\n'
ROWS = "\n".join(f"{i},{i % 7},{i % 5},{i % 3}" for i in range(60))


def check(effects: MemoryEffects) -> tuple[OwnData, list[Issue]]:
    issues: list[Issue] = []
    found = check_own_data(effects, Source("content/book.toml", BOOK), issues)
    return found, issues


def test_what_was_read_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    effects = MemoryEffects({"content/data/t.csv": f"id,a,b,c\n{ROWS}\n"})
    first, told = check(effects)
    assert [issue.rule for issue in told] == ["data-column"]
    assert first.names == {"t"}
    with monkeypatch.context() as patched:
        patched.setattr(Data, "read", None)
        assert check(effects) == (first, told)
    effects.contents["content/data/t.csv"] = f"id,a,b,c\n{ROWS}\n1,x,2,2\n".encode()
    changed, told = check(effects)
    assert [issue.rule for issue in told] == ["data-number"]
    assert changed.broken == {"t"}


def test_another_reader_reads_anew() -> None:
    effects = MemoryEffects({"content/data/t.csv": f"id,a,b,c\n{ROWS}\n"})
    check(effects)
    before = effects.contents[REMEMBERED]
    effects.contents["training/own_data/table.py"] = b"x = 1\n"
    check(effects)
    assert effects.contents[REMEMBERED] != before
