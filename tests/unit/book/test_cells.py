"""How cells run, by the very runner that the page uses."""

from __future__ import annotations

from typing import Any

import pytest
from book import cells
from book.cells import MOST_CHARACTERS, MOST_EVENTS, Event

from tests.coroutines import finished


class Notebook:
    """Cells that share a namespace, numbered as they come."""

    def __init__(self) -> None:
        self.namespace: dict[str, Any] = {"__name__": "__main__"}
        self.count = 0

    def run(self, code: str) -> list[Event]:
        events: list[Event] = []
        self.count += 1
        finished(cells.run(code, f"cell {self.count}", self.namespace, events.append))
        return events

    def check(self, code: str) -> Event:
        events: list[Event] = []
        finished(cells.check(code, self.namespace, events.append))
        [verdict] = events
        return verdict


@pytest.fixture
def notebook() -> Notebook:
    return Notebook()


def kinds(events: list[Event]) -> list[str]:
    return [event["kind"] for event in events]


def texts(events: list[Event], kind: str) -> str:
    return "".join(event["text"] for event in events if event["kind"] == kind)


def test_cells_share_their_names_and_show_their_last_value(notebook: Notebook) -> None:
    assert notebook.run("x = 20") == []
    assert notebook.run("x += 1\n2 * x") == [{"kind": "value", "text": "42"}]
    assert notebook.run("None") == []
    assert notebook.run("x;") == []


def test_output_comes_line_by_line_in_the_order_it_is_written(notebook: Notebook) -> None:
    events = notebook.run(
        "import sys\nprint('a', 'b')\nprint('c', file=sys.stderr)\nprint('d', end='')\n1"
    )
    assert [(e["kind"], e["text"]) for e in events] == [
        ("stdout", "a b\n"), ("stderr", "c\n"), ("stdout", "d"), ("value", "1"),
    ]  # fmt: skip


def test_await_works_at_the_top_level(notebook: Notebook) -> None:
    events = notebook.run("import asyncio\nawait asyncio.sleep(0, 'slept')")
    assert texts(events, "value") == "'slept'"


def test_a_traceback_is_the_readers_own_lines(notebook: Notebook) -> None:
    notebook.run("def inverse(x):\n    return 1 / x")
    [error] = notebook.run("import json\n\njson.loads('[', parse_int=inverse)")
    assert (error["name"], error["line"]) == ("JSONDecodeError", 3)
    assert "json/" not in error["text"]
    assert "decoder" not in error["text"].split("JSONDecodeError")[0].replace("json.decoder.", "")
    [error] = notebook.run("values = [1, 0]\n[inverse(value) for value in values]")
    assert error["line"] == 2
    assert "  Cell 3, line 2" in error["text"]
    assert "  Cell 1, line 2 in inverse\n    return 1 / x\n" in error["text"]
    assert error["text"].endswith("ZeroDivisionError: division by zero")


def test_causes_are_trimmed_too(notebook: Notebook) -> None:
    [error] = notebook.run(
        "import json\ntry:\n    json.loads('')\nexcept ValueError as problem:\n"
        "    raise KeyError('no') from problem"
    )
    assert error["line"] == 5
    assert error["text"].count("Traceback") == 2
    assert ".py" not in error["text"]


def test_a_syntax_error_is_at_its_line(notebook: Notebook) -> None:
    [error] = notebook.run("x = 1\nfor\n")
    assert (error["name"], error["line"]) == ("SyntaxError", 2)
    assert "Cell 1, line 2" in error["text"]


def test_leaving_does_not_end_python(notebook: Notebook) -> None:
    [error] = notebook.run("import sys\nsys.exit()")
    assert error["name"] == "SystemExit"


def test_input_is_refused_in_words(notebook: Notebook) -> None:
    [error] = notebook.run("name = input('Who? ')")
    assert "cannot ask for input" in error["message"]
    import builtins

    assert builtins.input is not cells._no_input


def test_a_missing_module_is_explained(notebook: Notebook) -> None:
    [error] = notebook.run("import numpy.linalg_of_nowhere, nowhere")
    assert "--pyodide-dist" in error["text"]
    assert "is not part of this copy of the book" in error["text"]


def test_output_is_capped_with_a_notice(notebook: Notebook) -> None:
    events = notebook.run("print('x' * 50_000)\nprint('more')\n1 / 0")
    assert kinds(events) == ["stdout", "notice", "error"]
    assert len(events[0]["text"]) == MOST_CHARACTERS
    events = notebook.run("for number in range(100_000): print(number)")
    assert len(events) == MOST_EVENTS + 1
    assert events[-1]["kind"] == "notice"
    assert kinds(notebook.run("print('fresh')")) == ["stdout"]


def test_a_check_tells_what_is_wrong_and_leaves_no_trace(notebook: Notebook) -> None:
    notebook.run("def double(x):\n    return x")
    check = "expected = 4\nassert double(2) == expected, 'double(2) has to be 4'"
    verdict = notebook.check(check)
    assert (verdict["passed"], verdict["text"]) == (False, "double(2) has to be 4")
    notebook.run("def double(x):\n    return 2 * x")
    assert notebook.check(check)["passed"]
    assert "expected" not in notebook.namespace
    verdict = notebook.check("nothing_of_that_name")
    assert not verdict["passed"]
    assert verdict["text"] == (
        "The check looks for nothing_of_that_name, which no cell has defined."
    )
    assert verdict["needs"] == "nothing_of_that_name"
    notebook.run("def double(x):\n    return twice * x")
    verdict = notebook.check(check)  # the learner's own slip is told as such
    assert "could not finish: NameError: name 'twice'" in verdict["text"]
    assert verdict["needs"] == "twice"
    assert notebook.check("1 / 0")["needs"] == ""


def test_a_line_that_is_written_over_counts_once_and_is_shown_on_its_way(
    notebook: Notebook,
) -> None:
    code = """
import time
for step in range(3000):
    print(f"\\rstep {step} of 3000", end="")
    if step < 3:
        time.sleep(0.06)
print("\\ndone")
"""
    events = notebook.run(code)
    assert set(kinds(events)) == {"stdout"}
    assert len(events) > 3
    assert texts(events, "stdout").endswith("\rstep 2999 of 3000\ndone\n")


def test_events_outside_of_a_cell_are_refused() -> None:
    with pytest.raises(RuntimeError):
        cells.emit({"kind": "notice", "text": "?"})
