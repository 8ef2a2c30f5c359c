"""What fresh training costs, recipe by recipe, here and in another checkout, in turns.

Each checkout has one process, as `book train` has, that trains what it is told and checks the
claims; exporting counts, writing files does not. A recipe is trained here and there before the
next one, so that both meet the same machine. Processor time says more than wall time: a training
of the whole book keeps two processes busy. `start` is what a process does before its first recipe.
Prints a row a recipe, and the sums over all that each has, and over those that both have; writes
`build/reports/training_cost.json`.

    python -m tests.benchmarks.training_cost CHECKOUT [RECIPE…]
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tests.conftest import ROOT
from tests.report import save

# In the process of a checkout, whose modules may lie elsewhere than ours. What a recipe prints
# goes to standard error.
TRAINER = """
import importlib, json, os, sys, time

answers, sys.stdout = sys.stdout, sys.stderr
sys.path.insert(0, os.getcwd())

def measured(work):
    wall, processor = time.monotonic(), time.process_time()
    work()
    spent = {"wall": time.monotonic() - wall, "processor": time.process_time() - processor}
    print(json.dumps(spent), file=answers, flush=True)

def start():
    import torch
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    try:
        importlib.import_module("training.run.run").settle()
    except (ModuleNotFoundError, AttributeError):
        pass
    try:
        importlib.import_module("training.run.warmed")
    except ModuleNotFoundError:
        pass

def train(name):
    recipe = importlib.import_module(f"training.recipes.{name}").RECIPE
    recipe.check_claims(recipe.train(lambda share: None).metrics)

measured(start)
for line in sys.stdin:
    measured(lambda: train(line.strip()))
"""

# What its workers are started with; it stood elsewhere under another name.
ENVIRONMENT = """
import importlib, json
for module, name in (
    ("training.run.run", "ENVIRONMENT"),
    ("training.run.run", "SINGLE_THREADED"),
    ("training.run", "SINGLE_THREADED"),
):
    try:
        found = getattr(importlib.import_module(module), name)
        break
    except (ModuleNotFoundError, AttributeError):
        pass
print(json.dumps(found))
"""

Cost = dict[str, float]
START = "start"


class Checkout:
    """A folder with recipes, and a process there that trains them."""

    def __init__(self, root: Path, told: IO[str], answers: IO[str]) -> None:
        self.told, self.answers = told, answers
        found = (root / "training" / "recipes").glob("[a-z]*.py")
        self.recipes = sorted(path.stem for path in found)
        self.costs: dict[str, Cost] = {}

    def note(self, name: str) -> None:
        """Keep its next answer as the cost of `name`. Raises ValueError if it has died."""
        line = self.answers.readline()
        if not line:
            raise ValueError(f"no answer after {name}")
        self.costs[name] = json.loads(line)

    def train(self, name: str) -> None:
        """Train a recipe, if it has it."""
        if name in self.recipes:
            print(name, file=self.told, flush=True)
            self.note(name)

    def total(self, names: set[str], kind: str) -> float:
        """Seconds of some recipes together, the start included."""
        return sum(cost[kind] for name, cost in self.costs.items() if name in {*names, START})


@contextmanager
def checkout(root: Path) -> Iterator[Checkout]:
    """A checkout with its process, which runs the Python of this one."""
    told = subprocess.run(
        [sys.executable, "-c", ENVIRONMENT], cwd=root, check=True, capture_output=True, text=True
    )
    with subprocess.Popen(
        [sys.executable, "-c", TRAINER],
        cwd=root,
        env={**os.environ, **json.loads(told.stdout)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin
        assert process.stdout
        yield Checkout(root, process.stdin, process.stdout)


def row(name: str, costs: list[Cost | None]) -> str:
    """Processor and wall seconds there and here, and the ratio of the processor's."""
    cells = [
        f"{cost['processor']:10.1f}{cost['wall']:10.1f}" if cost else f"{'–':>10}{'–':>10}"
        for cost in costs
    ]
    there, here = costs
    ratio = f"{here['processor'] / there['processor']:8.2f}" if there and here else ""
    return f"{name:26}{''.join(cells)}{ratio}"


def main() -> None:
    other, *chosen = sys.argv[1:]
    with checkout(Path(other).resolve()) as there, checkout(ROOT) as here:
        print(f"{'seconds':26}{'processor':>10}{'wall':>10}{'here':>10}{'wall':>10}{'ratio':>8}")
        both = [there, here]
        for each in both:
            each.note(START)
        print(row(START, [each.costs[START] for each in both]), flush=True)
        wanted = {name.replace("-", "_") for name in chosen}
        known = sorted({*there.recipes, *here.recipes})
        names = [name for name in known if name in wanted or not wanted]
        for turn, name in enumerate(names):
            for each in both if turn % 2 else reversed(both):
                each.train(name)
            print(row(name, [each.costs.get(name) for each in both]), flush=True)
        shared = set(there.costs) & set(here.costs)
        for title, sets in (
            ("all that each has", [set(each.costs) for each in both]),
            ("those that both have", [shared, shared]),
        ):
            sums: list[Cost | None] = [
                {kind: each.total(counted, kind) for kind in ("processor", "wall")}
                for each, counted in zip(both, sets, strict=True)
            ]
            print(row(title, sums))
        save("training_cost", {"there": there.costs, "here": here.costs})


if __name__ == "__main__":
    main()
