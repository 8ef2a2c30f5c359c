"""The preview: builds anew when a source changes, in memory, and tells the open pages.

One queue holds all that happens, and one loop answers it, so nothing is done twice at once; only
training, and asking what is stale, go on beside it.
"""

from __future__ import annotations

import gc
import queue
import threading
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

import watchfiles

from builder.issues.issue import summary
from builder.load.training import TRAINING
from builder.pack.outcome import Outcome
from builder.preview.preview import Preview, start_server
from builder.store.effects import is_spare, told
from builder.store.paths import MODELS, SITE
from builder.store.watched import WATCHED
from training.own_data.declaration import FOLDER as OWN_DATA

IGNORED = frozenset({"node_modules", "generated", "__pycache__"})
STEP = 5
"""Milliseconds without a change after which a burst of changes counts as over."""
LONGEST_BURST = 400
POLL = 50
"""Milliseconds after which the watch reports that it runs, even without a change."""


class Workshop(Protocol):
    """What the preview asks of the book."""

    def rebuild(self, changed: Iterable[str]) -> Outcome:
        """Build in memory; the paths that changed are relative to the root."""

    def stale_models(self) -> list[str]:
        """The models that the training code would make differently now."""

    def train_models(self, names: list[str]) -> bool:
        """Train these; whether all could be."""


@dataclass(frozen=True, slots=True)
class Changed:
    """Files changed, by their paths relative to the root."""

    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stale:
    """The models that training would make differently, as far as is known now."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """Somebody wants the stale models trained."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A training ended."""

    succeeded: bool


Event: TypeAlias = Changed | Stale | Answer | Trained | None
"""None ends the preview."""


def is_watched(path: str) -> bool:
    """Whether a change of a path relative to the root can matter: no editor's spare copies,
    nothing that builds write, nothing half-written by the training step."""
    parts = path.split("/")
    hidden = any(part.startswith(".") for part in parts)
    return not (IGNORED.intersection(parts) or hidden or is_spare(parts[-1]))


class Serving:
    """One run of the preview."""

    def __init__(
        self,
        root: Path,
        workshop: Workshop,
        log: Callable[[str], None],
        *,
        train_at_once: bool = False,
    ) -> None:
        self.root, self.workshop, self.log = root, workshop, log
        self.train_at_once = train_at_once
        self.preview = Preview(_last_site(root))
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.stale: tuple[str, ...] = ()
        self.training = False
        self._watching = threading.Event()
        self._stop = threading.Event()

    def run(self, port: int) -> bool:
        """Build, serve, and answer what happens, until interrupted or ended.

        False, and a reason, if the port cannot be used.
        """
        try:
            server = start_server(self.preview, port, lambda: self.events.put(Answer()))
        except OSError as error:
            self.log(f"book: port {port} cannot be used: {error.strerror} (--port N)")
            return False
        threading.Thread(target=self._watch, daemon=True).start()
        try:
            self._watching.wait()
            self._build(())
            gc.collect()
            gc.freeze()  # a whole book takes long to look through, at every collection
            address = f"http://127.0.0.1:{server.server_port}/"
            self.log(f"Reading at {address} (Ctrl+C ends it)")
            while (event := self.events.get()) is not None:
                self._answer(event)
        except KeyboardInterrupt:
            pass
        finally:
            self._stop.set()
            server.shutdown()
            server.server_close()
        return True

    def end(self) -> None:
        """Let `run` return."""
        self.events.put(None)

    def take_answers(self, lines: Iterable[str]) -> None:
        """Read answers to the question whether to train, for as long as there are lines."""
        try:
            for line in lines:
                if line.strip().lower() in {"y", "yes"}:
                    self.events.put(Answer())
        except OSError:
            pass  # a terminal answers nobody in the background

    def _watch(self) -> None:
        """Put what changes into the queue; without a watch, pages are shown as they are now."""
        try:
            self._follow_changes()
        except (OSError, RuntimeError) as error:  # watchfiles has both for what a system refuses
            self.log(f"Changes are not followed: {error}")
        finally:
            self._watching.set()

    def _follow_changes(self) -> None:
        folders = [self.root / folder for folder in WATCHED]
        batches = watchfiles.watch(
            *(folder for folder in folders if folder.is_dir()),
            watch_filter=lambda _, path: is_watched(self._relative(path)),
            debounce=LONGEST_BURST,
            step=STEP,
            rust_timeout=POLL,
            yield_on_timeout=True,
            stop_event=self._stop,
        )
        for batch in batches:
            self._watching.set()  # what changes from now on is not missed
            if batch:
                paths = {self._relative(path) for _, path in batch}
                self.events.put(Changed(tuple(sorted(paths))))

    def _relative(self, path: str) -> str:
        return Path(path).relative_to(self.root).as_posix()

    def _answer(self, event: Changed | Stale | Answer | Trained) -> None:
        match event:
            case Changed(paths=paths):
                self._build(paths)
                waits = self.stale and not self.training
                made_from = (f"{TRAINING}/", f"{OWN_DATA}/")
                folders = (*made_from, f"{MODELS}/") if waits else made_from
                if any(path.startswith(folders) for path in paths):
                    self.look_for_stale()
            case Stale(names=names):
                self._learn_stale(names)
            case Answer():
                if self.stale and not self.training:
                    self._train()
            case Trained(succeeded=succeeded):
                self.training = False
                if not succeeded:
                    self.log("Not every model could be trained; the preview goes on as it was.")
                self.look_for_stale()

    def _build(self, paths: tuple[str, ...]) -> None:
        try:
            outcome = self.workshop.rebuild(paths)
        except FileNotFoundError as error:
            self.log(f"{error.filename} went away during a build")  # which is a change to come
            return
        except OSError as error:
            self.log(told(error))
            self.preview.fail(told(error))
            return
        except Exception as error:  # a mistake of the builder's: the next save may be without it
            self.log(traceback.format_exc())
            self.preview.fail(f"the builder failed: {type(error).__name__}: {error}")
            return
        self.preview.update(outcome)
        if paths:
            seconds = sum(outcome.phases.values())
            names = ", ".join(paths[:3])
            self.log(f"{names}: {summary(outcome.issues)} in {1000 * seconds:.0f} ms")

    def look_for_stale(self) -> None:
        """Asking takes a second: the preview goes on meanwhile."""

        def look() -> Event:
            return Stale(tuple(self.workshop.stale_models()))

        self._beside(look, "Which models are stale cannot be told", Stale(self.stale))

    def _learn_stale(self, names: tuple[str, ...]) -> None:
        news = names != self.stale
        self.stale = names
        self._build(())  # there may be models now that pages name already
        if names and self.train_at_once and news and not self.training:
            self._train()
        elif not self.training:
            self.preview.ask(names)
            if names and news:
                self.log(f"{question(names)} (y and Enter, or the button in the page)")

    def _train(self) -> None:
        names = self.stale
        self.training = True
        self.preview.ask((), names)
        self.log(f"Training {', '.join(names)}…")

        def train() -> Event:
            return Trained(self.workshop.train_models(list(names)))

        self._beside(train, "The training failed", Trained(succeeded=False))

    def _beside(self, work: Callable[[], Event], failure: str, otherwise: Event) -> None:
        """Let a thread work, while the preview goes on, and answer what comes of it."""

        def run() -> None:
            try:
                event = work()
            except OSError as error:
                self.log(f"{failure}: {told(error)}")
                event = otherwise
            except Exception as error:  # whatever it is, the loop must not wait for it for ever
                self.log(f"{failure}: {type(error).__name__}: {error}")
                event = otherwise
            self.events.put(event)

        threading.Thread(target=run, daemon=True).start()


def question(names: tuple[str, ...]) -> str:
    """What an author is asked when the training code has changed."""
    verb = "is" if len(names) == 1 else "are"
    return f"{', '.join(names)} {verb} no longer what training would make. Train anew?"


def _last_site(root: Path) -> dict[str, bytes]:
    """What the last `book build` wrote: shown until the preview has a good build of its own."""
    site = root / SITE
    return {
        path.relative_to(site).as_posix(): path.read_bytes()
        for path in site.rglob("*")
        if path.is_file()
    }
