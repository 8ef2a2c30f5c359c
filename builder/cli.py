"""The `book` command: `build`, `serve`, `check`, `pdf`, `train`, `models`, `new`.

What only one of them needs is imported there, so that a build does not wait for it.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path

from builder.build import Builder
from builder.draw.python_packages import Distribution
from builder.issues.issue import Issue, is_error, summary, whole_file
from builder.load.training import TRAINING, foreign_models, inspect_models, train
from builder.new.new import NotNewError, new_chapter, new_figure
from builder.node.methods import Service
from builder.node.service import NodeService, ServiceError, install_packages
from builder.pack.models_archive import (
    ModelsArchiveError,
    pack_models_archive,
    take_models_archive,
)
from builder.pack.outcome import Outcome
from builder.store.effects import DiskEffects, Effects, UnwritableError, told
from builder.store.paths import ARCHIVE, MODELS, MODELS_ARCHIVE, PDF, PRINT_PAGE, SITE
from builder.store.watched import WatchedEffects
from training.own_data.declaration import PREFIX

DEFAULT_PORT = 8000
STRICT = "take warnings for errors"


def find_root(start: Path) -> Path:
    """The repository that holds `start`: the nearest folder with `content/` and `site_assets/`."""
    for folder in (start, *start.parents):
        if (folder / "content").is_dir() and (folder / "site_assets").is_dir():
            return folder
    raise SystemExit("book: this is not inside the book's repository (no content/ found)")


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="book", description="Makes the book.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    build = commands.add_parser("build", help="train what is stale, then write the site")
    models = build.add_mutually_exclusive_group()
    models.add_argument("--no-train", action="store_true", help="use the models as they are")
    _add_models(models)
    build.add_argument("--strict", action="store_true", help=STRICT)
    _add_distribution(build)
    serving = commands.add_parser("serve", help="show the book and follow changes")
    models = serving.add_mutually_exclusive_group()
    models.add_argument("--no-train", action="store_true", help="use the models as they are")
    models.add_argument("--train", action="store_true", help="train what is stale without asking")
    _add_models(models)
    serving.add_argument("--strict", action="store_true", help=STRICT)
    _add_distribution(serving)
    serving.add_argument("--port", type=int, default=DEFAULT_PORT, help="default: %(default)s")
    pdf = commands.add_parser("pdf", help="build, then print the book to build/book.pdf")
    pdf.add_argument("--no-train", action="store_true", help="use the models as they are")
    _add_distribution(pdf)
    checking = commands.add_parser("check", help="check links, HTML, accessibility and budgets")
    checking.add_argument("--external", action="store_true", help="ask outside addresses as well")
    train = commands.add_parser("train", help="train models")
    train.add_argument("names", nargs="*", metavar="NAME", help="models; default: what is stale")
    train.add_argument("--force", action="store_true", help="train also what is fresh")
    commands.add_parser("models", help=f"write all trained models into {MODELS_ARCHIVE}")
    add_new_command(commands.add_parser("new", help="start a chapter, a figure or an experiment"))
    return parser.parse_args(arguments)


def _add_models(group: argparse._MutuallyExclusiveGroup) -> None:
    group.add_argument(
        "--models", metavar="FILE", help="take the trained models of a release, and train nothing"
    )


def _add_distribution(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--pyodide-dist",
        metavar="FOLDER_OR_ADDRESS",
        help="a Pyodide distribution, from which packages that cells import are bundled",
    )


def add_new_command(parser: argparse.ArgumentParser) -> None:
    """`book new chapter`, `book new figure` and `book new experiment`."""
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="KIND")
    chapter = kinds.add_parser("chapter", help="the next chapter, with the usual blocks in it")
    chapter.add_argument("title", metavar="TITLE")
    chapter.add_argument("--page", default="", metavar="NAME", help="its name in addresses")
    for kind, words in (
        ("figure", "a figure with its recipe and its tests"),
        ("experiment", "a rule put to the test: a recipe and its tests, and no TypeScript"),
    ):
        figure = kinds.add_parser(kind, help=words)
        figure.add_argument("name", metavar="NAME")
        figure.add_argument(
            "--chapter", default="", metavar="FILE", help="show it at the end of this"
        )


def make_new(effects: Effects, options: argparse.Namespace) -> int:
    """Write the starter and say what comes next; the exit status."""
    try:
        if options.kind == "chapter":
            made = new_chapter(effects, options.title, options.page)
        else:
            experiment = options.kind == "experiment"
            made = new_figure(effects, options.name, options.chapter, experiment=experiment)
    except NotNewError as error:
        effects.log(f"book: {error}")
        return 1
    effects.log("\n".join(f"made {path}" for path in made.paths))
    if made.block:
        effects.log(f"\nplace it in a chapter, which its tests need:\n\n{made.block}")
    effects.log("see it: book serve")
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    options = parse_arguments(arguments)
    root = find_root(Path.cwd())
    if options.command == "train":
        flags = ["--force"] if options.force else []
        return train(root, [*flags, *options.names])
    effects = WatchedEffects(root) if options.command == "serve" else DiskEffects(root)
    try:
        return run(options, root, effects)
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        if not (error.filename or isinstance(error, UnwritableError)):
            raise  # of no file: nothing that an author could mend
        effects.log(f"book: {told(error)}")
        return 1


def run(options: argparse.Namespace, root: Path, effects: Effects) -> int:
    """Run any command but training, which needs no effects; returns its exit status."""
    if options.command == "new":
        return make_new(effects, options)
    try:
        install_packages(root / "site_assets", effects.log)  # builds read some of their files too
    except ServiceError as error:
        effects.log(f"book: {error}")
        return 1
    service = NodeService(root / "site_assets", effects.log)
    place = getattr(options, "pyodide_dist", None)
    distribution = Distribution.at(place) if place else None
    strict = getattr(options, "strict", False)
    session = Session(root, effects, service, distribution=distribution, strict=strict)
    try:
        if options.command == "models":
            return session.archive_models()
        taken = getattr(options, "models", None)
        if taken and not session.take_models(Path(taken)):
            return 1
        if options.command == "build":
            return session.build_once(training=not (options.no_train or taken))
        if options.command == "check":
            from builder.check.run import check

            return check(root, effects, service, external=options.external)
        if options.command == "pdf":
            return session.print_book(training=not options.no_train)
        training = not (options.no_train or taken)
        return session.preview(options.port, training=training, at_once=options.train)
    finally:
        service.close()


class Session:
    """The builds of one run of the command."""

    def __init__(
        self,
        root: Path,
        effects: Effects,
        service: Service,
        *,
        distribution: Distribution | None = None,
        strict: bool = False,
    ) -> None:
        self.root, self.effects, self.service = root, effects, service
        self.builder = Builder(effects, service, distribution=distribution, strict=strict)
        self.known_models: frozenset[str] = frozenset()

    def build_once(self, *, training: bool) -> int:
        """Build and report; the exit status."""
        return 0 if self.build(training=training).published else 1

    def build(self, *, training: bool) -> Outcome:
        start = self.effects.now()
        problems = self.train_first(training=training)
        trained = self.effects.now() - start
        outcome = self.builder.build(known_models=self.known_models)
        outcome.issues = problems + outcome.issues
        outcome.phases = {"training": trained, **outcome.phases}
        self.report(outcome)
        return outcome

    def print_book(self, *, training: bool) -> int:
        """Build, and print what was built; the exit status."""
        from builder.pack.pdf import NoPdfError, print_until_settled
        from builder.render.print_page import PrintBook

        outcome = self.build(training=training)
        if not outcome.published:
            return 1
        site = Path(self.effects.absolute(SITE))
        paper = self.service.ask("paper", {"minify": True}).result()
        book = PrintBook(
            outcome.config, outcome.pages, outcome.files, paper, self.builder.templates
        )
        try:
            self.effects.write(PDF, print_until_settled(site, PRINT_PAGE, book.made))
        except NoPdfError as error:
            self.effects.log(f"book: {error}")
            return 1
        self.effects.log(f"{PDF}: {len(self.effects.read(PDF)) / 1e6:.1f} MB")
        return 0

    def take_models(self, archive: Path) -> bool:
        """Put the models of a release into their place; False, and a reason, if they do not fit."""
        try:
            data = archive.read_bytes()
            names = take_models_archive(
                self.effects, data, lambda folder: foreign_models(self.root, folder)
            )
        except (OSError, ModelsArchiveError) as error:
            self.effects.log(f"book: {archive}: {error}; {MODELS} is as it was")
            return False
        self._forget((MODELS,))
        self.effects.log(f"{archive}: {len(names)} models, each as its recipe made it")
        return True

    def archive_models(self) -> int:
        """Write the archive that `take_models` reads; the exit status."""
        stale = self._stale()
        if stale is None or stale:
            why = f"stale: {', '.join(stale)}" if stale else "the training step does not run"
            self.effects.log(f"book: no archive of the models ({why}); first: book train")
            return 1
        recipes = frozenset(name for name in self.known_models if not name.startswith(PREFIX))
        data = pack_models_archive(self.effects, recipes)
        self.effects.write(MODELS_ARCHIVE, data)
        self.effects.log(f"{MODELS_ARCHIVE}: {len(recipes)} models, {len(data) / 1e6:.1f} MB")
        return 0

    def train_first(self, *, training: bool) -> list[Issue]:
        """Train what is missing or stale, and learn which models there can be."""
        stale = self._stale()
        if stale is None:
            return [whole_file("training", "training", "the training step does not run")]
        if training and stale and train(self.root, stale):
            return [whole_file("training", "training", "not every model could be trained")]
        return []

    def _stale(self) -> list[str] | None:
        """The models that are missing or stale; None if training cannot tell."""
        self._forget((TRAINING, MODELS))
        entries = inspect_models(self.root, self.effects)
        if entries is None:
            return None
        self.known_models = frozenset(entry["name"] for entry in entries)
        return [entry["name"] for entry in entries if not entry["fresh"]]

    def preview(self, port: int, *, training: bool, at_once: bool) -> int:
        """Train what is missing, and show the book until interrupted; the exit status.

        What is there but stale is trained when the author says so, or `at_once`.
        """
        from builder.preview.serve import Serving

        stale = self._stale() or []
        missing = [name for name in stale if not self.effects.exists(f"{MODELS}/{name}/card.json")]
        if training and missing:
            train(self.root, missing)
        (self.root / MODELS).mkdir(parents=True, exist_ok=True)  # so that it can be watched
        serving = Serving(self.root, self, self.effects.log, train_at_once=at_once)
        if training:
            serving.look_for_stale()
        if sys.stdin.isatty():
            if hasattr(signal, "SIGTTIN"):  # in the background, reading would stop it
                signal.signal(signal.SIGTTIN, signal.SIG_IGN)
            threading.Thread(target=serving.take_answers, args=(sys.stdin,), daemon=True).start()
        return 0 if serving.run(port) else 1

    def stale_models(self) -> list[str]:
        """For the preview: the models that training would make differently now."""
        return self._stale() or []

    def train_models(self, names: list[str]) -> bool:
        """For the preview: train these; whether all could be."""
        return train(self.root, names) == 0

    def rebuild(self, changed: Iterable[str]) -> Outcome:
        """Build for the preview; a changed Node service is started anew."""
        paths = list(changed)
        self._forget(paths)
        if any(path.startswith("site_assets/node/") for path in paths):
            self.service.close()
        outcome = self.builder.build(known_models=self.known_models, preview=True)
        for issue in filter(is_error, outcome.issues):
            self.effects.log(str(issue))
        return outcome

    def _forget(self, paths: Iterable[str]) -> None:
        """Let the next build read these files again, which it would do anyway without a watch."""
        if isinstance(self.effects, WatchedEffects):
            self.effects.changed(paths)

    def report(self, outcome: Outcome) -> None:
        """Issues first, then how long each phase took and what came out."""
        for issue in outcome.issues:
            self.effects.log(f"{issue}\n")
        timing = " · ".join(
            f"{name} {seconds:.2f} s" for name, seconds in outcome.phases.items() if seconds > 0.005
        )
        self.effects.log(timing)
        if outcome.published:
            warnings = f", {summary(outcome.issues)}" if outcome.issues else ""
            self.effects.log(f"{SITE} and {ARCHIVE}: {len(outcome.pages)} pages{warnings}")
        else:
            self.effects.log(f"{summary(outcome.issues)}; {SITE} is as it was")
