"""`python -m training`: trains the recipes whose published models are missing or stale."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from training.own_data.read import sound_data
from training.publish.fingerprint import ROOT
from training.run.catalogue import (
    UnknownRecipeError,
    can_train,
    foreign,
    inspect,
    longest_first,
    recipe_names,
    select,
)
from training.run.reporters import reporter_for_stderr
from training.run.run import train_all

MODELS = ROOT / "build" / "models"
NOTHING_TRAINS = """missing or made by other recipes: {}
torch is not installed here. Take the models of a release (book build --models models.zip),
or install what trains them: make book"""


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="recipes to train; default: all")
    parser.add_argument("--force", action="store_true", help="train also what is fresh")
    parser.add_argument(
        "--out",
        type=Path,
        default=MODELS,
        metavar="DIR",
        help="where to publish; default: build/models",
    )
    parser.add_argument(
        "--root",
        type=Path,
        default=ROOT,
        metavar="DIR",
        help="whose content/ declares own data; default: this repository",
    )
    parser.add_argument(
        "--jobs", type=int, default=2, metavar="N", help="processes at a time; default: 2"
    )
    parser.add_argument(
        "--list",
        action="store_true",
        help="print names, fingerprints and freshness as JSON; train nothing",
    )
    parser.add_argument(
        "--foreign",
        type=Path,
        metavar="DIR",
        help="print as JSON which models in DIR other recipes made; train nothing",
    )
    options = parser.parse_args(arguments)
    if options.jobs < 1:
        parser.error(f"--jobs: expected at least 1, found {options.jobs}")
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status: 1 if a recipe failed, 2 for an unknown name."""
    options = parse_arguments(arguments)
    if options.foreign:
        print(json.dumps(foreign(options.foreign)))
        return 0
    own = sound_data(options.root)
    try:
        names = select(options.names, [*recipe_names(), *own])
    except UnknownRecipeError as error:
        print(error, file=sys.stderr)
        return 2
    entries = inspect(names, options.out, own)
    if options.list:
        keys = ("name", "fingerprint", "fresh", "module")
        print(
            json.dumps([{key: getattr(entry, key) for key in keys} for entry in entries], indent=1)
        )
        return 0
    stale = [entry for entry in entries if options.force or not entry.fresh]
    if stale and not can_train():
        print(NOTHING_TRAINS.format(", ".join(entry.name for entry in stale)), file=sys.stderr)
        return 1
    with reporter_for_stderr() as reporter:
        failures = train_all(longest_first(stale), options.out, options.jobs, reporter)
    if failures:
        print(f"not trained: {', '.join(failures)}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
