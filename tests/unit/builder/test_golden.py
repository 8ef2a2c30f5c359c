"""Every block and every rule, as a folder: `input/` over the base book → the chapter's HTML or
the exact text of the issues. `absent.txt` names files of the base book that a case does without,
`refused.txt` those that cannot be read, `environment.txt` sets variables. `UPDATE_GOLDEN=1 pytest
…` writes what is expected anew: look at it.
"""

from __future__ import annotations

import os
import re

import pytest
from jinja2 import ChoiceLoader, Environment, FileSystemLoader

from builder.issues.rules import RULES
from builder.render.render import environment
from tests.unit.builder.fakes import GOLDEN, build, small_book, tree

CASES = sorted(path.name for path in GOLDEN.iterdir() if path.name != "_base")
UNCOVERED = {"training"}
"""The command says it before it builds: test_cli.py."""
MAIN = re.compile(r'<article class="prose"[^>]*>\n(.*?)</article>', re.DOTALL)


@pytest.mark.parametrize("name", CASES)
def test_case(name: str) -> None:
    effects = small_book()
    effects.contents |= tree(GOLDEN / name / "input")
    for path in lines_of(name, "absent.txt"):
        del effects.contents[path]
    effects.refused = frozenset(lines_of(name, "refused.txt"))
    effects.variables = dict(line.split("=") for line in lines_of(name, "environment.txt"))
    outcome = build(effects, templates=templates_of(name))
    if name.startswith("error-"):
        file, found = "expected.txt", "".join(f"{issue}\n" for issue in outcome.issues)
        assert found, "nothing was reported"
    else:
        assert [str(issue) for issue in outcome.issues] == []
        page = effects.read("build/site/a-case.html").decode()
        match = MAIN.search(page)
        assert match, page
        file, found = "expected.html", match[1]
    expected = GOLDEN / name / file
    if os.environ.get("UPDATE_GOLDEN"):
        expected.write_text(found, "utf-8")
    assert found == expected.read_text("utf-8")


def lines_of(name: str, file: str) -> list[str]:
    path = GOLDEN / name / file
    return path.read_text("utf-8").splitlines() if path.is_file() else []


def templates_of(name: str) -> Environment:
    """The templates of a case, then the builder's own."""
    templates = environment()
    assert templates.loader
    own = FileSystemLoader(GOLDEN / name / "input/builder/render/templates")
    templates.loader = ChoiceLoader([own, templates.loader])
    return templates


def test_every_rule_has_a_case() -> None:
    texts = "".join(path.read_text("utf-8") for path in GOLDEN.glob("*/expected.txt"))
    shown = set(re.findall(r"^\S+ ([a-z-]+): ", texts, re.MULTILINE))
    assert shown == RULES - UNCOVERED
