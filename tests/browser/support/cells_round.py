"""One browser at the chapter of cells: Python is run, made to fail and stopped."""

from __future__ import annotations

from tests.browser.support.drivers import Driver
from tests.browser.support.rounds import PLACE_OF_BUTTON
from tests.browser.support.site import Site

PAGE = "build-one-yourself.html"
FIRST, SECOND = "cell-1", "cell-tables"
START, RUN = 100.0, 20.0
"""Seconds until Python has started and run a cell, and until it has run another."""

# Typing over a highlighted word, Chromium offers its style to the editor, which takes none.
TYPED = "Applying inline style"
# What Firefox notes when a worker is ended amid Python; neither worker nor page hear of it.
ENDED = "javascript: uncaught exception: undefined"

OUTPUT = "(id) => document.querySelector(`#${id} [data-role=cell-output]`).innerHTML"

UNTIL_STATE = """
async (id, state, seconds) => {
  const cell = document.getElementById(id);
  const deadline = performance.now() + 1000 * seconds;
  while (cell.dataset.cellState !== state && performance.now() < deadline) {
    await new Promise((done) => setTimeout(done, 25));
  }
  return [cell.dataset.cellState, cell.querySelector("[data-role=cell-status]").textContent];
}
"""

UNTIL_EDITING = """
async (id) => {
  const focused = () => document.querySelector(`#${id} .cell-editor`)?.shadowRoot.activeElement;
  for (let tries = 0; tries < 400 && !focused(); tries++) {
    await new Promise((done) => setTimeout(done, 25));
  }
  return Boolean(focused());
}
"""


def work_cells(driver: Driver, site: Site) -> None:
    """Raises AssertionError at what a reader of the chapter would miss in that browser."""
    driver.open(site.url(PAGE))
    written = {id: driver.ask(OUTPUT, id) for id in (FIRST, SECOND)}
    for id, patience in ((FIRST, START), (SECOND, RUN)):
        _press(driver, id, "Run")
        _expect_state(driver, id, "done", "Done in", patience)
        assert driver.ask(OUTPUT, id) == written[id], f"{id} puts out something else than at build"
    _write(driver, SECOND, "1/0")
    _press(driver, SECOND, "Run")
    _expect_state(driver, SECOND, "error", "It raised ZeroDivisionError in line 1.", RUN)
    assert "division by zero" in driver.ask(OUTPUT, SECOND)
    _write(driver, SECOND, "while 1: pass")
    _press(driver, SECOND, "Run")
    _expect_state(driver, SECOND, "running", "Running", RUN)
    problems = _problems(driver, TYPED)
    _press(driver, SECOND, "Stop")
    _expect_state(driver, SECOND, "stopped", "Stopped.", RUN)
    _press(driver, SECOND, "Reset")
    assert driver.ask(OUTPUT, SECOND) == written[SECOND], "Reset did not bring the output back"
    problems += _problems(driver, ENDED)
    assert not problems, "; ".join(problems)


def _problems(driver: Driver, expected: str) -> list[str]:
    return [problem for problem in driver.problems() if expected not in problem]


def _press(driver: Driver, id: str, button: str) -> None:
    x, y = driver.ask(PLACE_OF_BUTTON, id, f"^{button}$")
    driver.click((x, y))


def _write(driver: Driver, id: str, code: str) -> None:
    """Puts one line into the editor in the place of all that is there."""
    _press(driver, id, "Edit")
    assert driver.ask(UNTIL_EDITING, id), "the editor does not open"
    driver.press("Control", "a")
    for character in code:
        driver.press(character)


def _expect_state(driver: Driver, id: str, state: str, words: str, patience: float) -> None:
    found, said = driver.ask(UNTIL_STATE, id, state, patience)
    assert found == state, f"{id} is {found}, not {state}: {said}"
    assert words in said, f"{id} says: {said}"
