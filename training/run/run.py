"""Trains recipes in processes of their own, a few at a time, and reports as they go.

A recipe that fails, or whose process dies, takes nothing else down with it.
"""

import multiprocessing
import os
import sys
import time
import traceback
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.connection import Connection, wait
from multiprocessing.context import (
    ForkServerContext,
    ForkServerProcess,
    SpawnContext,
    SpawnProcess,
)
from pathlib import Path
from typing import Protocol

from training.run.catalogue import Entry, recipe_of
from training.run.threads import SINGLE_THREADED

MEMORY_KEPT = {"MALLOC_TRIM_THRESHOLD_": str(2**31), "MALLOC_MMAP_THRESHOLD_": str(2**30)}
"""Bytes. glibc gives large blocks back to the system whenever they are freed, so that a stack of
networks asks for the same pages anew at each step, which took a third of the time of `geometry`.
Other C libraries do not read these.
"""

ENVIRONMENT = {**SINGLE_THREADED, **MEMORY_KEPT}
"""What a process that trains is started with."""

WARMED = "training.run.warmed"
"""The module that does what every worker needs before its first recipe."""

REPORT_INTERVAL_SECONDS = 0.1


class Reporter(Protocol):
    """Shows the fate of each recipe."""

    def started(self, name: str) -> None: ...
    def advanced(self, name: str, share: float) -> None: ...
    def finished(self, name: str, seconds: float) -> None: ...
    def failed(self, name: str, reason: str) -> None: ...


@dataclass(frozen=True)
class Advanced:
    """Message of a worker: the share of the work done, 0..1."""

    share: float


@dataclass(frozen=True)
class Finished:
    """Message of a worker: the model is published."""


@dataclass(frozen=True)
class Failed:
    """Message of a worker: why there is no model."""

    reason: str


@dataclass
class Worker:
    """A process that trains one recipe after the other."""

    process: ForkServerProcess | SpawnProcess
    channel: Connection
    name: str = ""
    """The recipe that it is at."""
    start: float = 0.0

    def give(self, entry: Entry) -> bool:
        """Let it train `entry`; `time.monotonic()` is noted. False if it has died."""
        self.name, self.start = entry.name, time.monotonic()
        try:
            self.channel.send(entry)
        except OSError:
            return False
        return True

    def receive(self) -> Advanced | Finished | Failed:
        """Its next message, or that it died without one."""
        try:
            message: Advanced | Finished | Failed = self.channel.recv()
        except (EOFError, OSError):  # the latter if it had not read its entry yet
            self.process.join()
            return Failed(f"its process ended with exit code {self.process.exitcode}")
        return message


def train_all(entries: Sequence[Entry], models: Path, jobs: int, reporter: Reporter) -> list[str]:
    """Train every entry, at most `jobs` at once; returns the names that failed."""
    waiting = deque(entries)
    busy: dict[Connection, Worker] = {}
    idle: list[Worker] = []
    failures: list[str] = []
    try:
        while waiting or busy:
            while waiting and len(busy) < jobs:
                worker = assign(waiting.popleft(), idle, models)
                busy[worker.channel] = worker
                reporter.started(worker.name)
            for channel in wait(list(busy)):
                assert isinstance(channel, Connection)
                worker = busy[channel]
                match worker.receive():
                    case Advanced(share):
                        reporter.advanced(worker.name, share)
                        continue
                    case Finished():
                        reporter.finished(worker.name, time.monotonic() - worker.start)
                    case Failed(reason):
                        failures.append(worker.name)
                        reporter.failed(worker.name, reason)
                del busy[channel]
                if worker.process.is_alive():
                    idle.append(worker)
    finally:
        for worker in (*busy.values(), *idle):
            worker.process.terminate()
    return failures


def assign(entry: Entry, idle: list[Worker], models: Path) -> Worker:
    """A worker that trains `entry`: an idle one, or a new one if those have died meanwhile."""
    while idle:
        worker = idle.pop()
        if worker.give(entry):
            return worker
    worker = start(models)
    worker.give(entry)  # should it have died already, `receive` says so
    return worker


def start(models: Path) -> Worker:
    """Start a process that waits for recipes."""
    ours, theirs = multiprocessing.Pipe()
    os.environ.update(ENVIRONMENT)
    process = worker_context().Process(target=work, args=(models, theirs), daemon=True)
    process.start()
    theirs.close()
    return Worker(process, ours)


def worker_context() -> ForkServerContext | SpawnContext:
    """How workers start: where forks are safe, from a process that has done what all need.

    macOS has frameworks that do not bear a fork, Windows has no forks.
    """
    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([WARMED])
    return context


def work(models: Path, channel: Connection) -> None:
    """Train and publish what comes down the channel; runs in a process of its own."""
    import_module(WARMED)
    while True:
        entry: Entry = channel.recv()
        try:
            train_and_publish(entry, models, channel)
        except Exception as error:
            expected = type(error).__name__ in ("ClaimError", "ExportError", "SplitError")
            channel.send(Failed(str(error) if expected else traceback.format_exc().rstrip()))
        else:
            channel.send(Finished())


def train_and_publish(entry: Entry, models: Path, channel: Connection) -> None:
    """Import the recipe, train it, and swap the result into `models`."""
    from training.publish.publish import publish

    settle()
    start = last = time.monotonic()

    def progress(share: float) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= REPORT_INTERVAL_SECONDS:
            channel.send(Advanced(share))
            last = now

    recipe = recipe_of(entry)
    trained = recipe.train(progress)
    publish(entry.name, recipe, trained, models, entry.fingerprint, time.monotonic() - start)


def settle() -> None:
    """Let torch compute the same on every machine, and no more than that."""
    import torch

    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    # Each new tensor would be filled with NaN first, for code that reads what it never wrote.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
