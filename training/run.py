"""Trains recipes in processes of their own, a few at a time, and reports as they go.

A recipe that fails, or whose process dies, takes nothing else down with it.
"""

import multiprocessing
import os
import time
import traceback
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Protocol

from training.catalogue import Entry, load

SINGLE_THREADED = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
"""One thread a process: results do not depend on the machine, and processes do not compete."""

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


@dataclass(frozen=True)
class Worker:
    """A running process, its messages, and when it started."""

    name: str
    process: SpawnProcess
    messages: Connection
    start: float


def train_all(entries: Sequence[Entry], models: Path, jobs: int, reporter: Reporter) -> list[str]:
    """Train every entry, at most `jobs` at once; returns the names that failed."""
    waiting = deque(entries)
    running: dict[Connection, Worker] = {}
    failures: list[str] = []
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                worker = start(waiting.popleft(), models)
                running[worker.messages] = worker
                reporter.started(worker.name)
            for messages in wait(list(running)):
                assert isinstance(messages, Connection)
                worker = running[messages]
                match receive(worker):
                    case Advanced(share):
                        reporter.advanced(worker.name, share)
                        continue
                    case Finished():
                        reporter.finished(worker.name, time.monotonic() - worker.start)
                    case Failed(reason):
                        failures.append(worker.name)
                        reporter.failed(worker.name, reason)
                worker.process.join()
                del running[messages]
    finally:
        for worker in running.values():
            worker.process.terminate()
    return failures


def start(entry: Entry, models: Path) -> Worker:
    """Start the process that trains one recipe."""
    context = multiprocessing.get_context("spawn")
    receiving, sending = context.Pipe(duplex=False)
    os.environ.update(SINGLE_THREADED)
    process = context.Process(target=work, args=(entry, models, sending), name=entry.name)
    process.start()
    sending.close()
    return Worker(entry.name, process, receiving, time.monotonic())


def receive(worker: Worker) -> Advanced | Finished | Failed:
    """The worker's next message, or that it died without one."""
    try:
        message: Advanced | Finished | Failed = worker.messages.recv()
    except EOFError:
        worker.process.join()
        return Failed(f"its process ended with exit code {worker.process.exitcode}")
    return message


def work(entry: Entry, models: Path, messages: Connection) -> None:
    """Train and publish one recipe; runs in a process of its own."""
    try:
        train_and_publish(entry, models, messages)
    except Exception as error:
        expected = type(error).__name__ in ("ClaimError", "ExportError")
        messages.send(Failed(str(error) if expected else traceback.format_exc().rstrip()))
    else:
        messages.send(Finished())


def train_and_publish(entry: Entry, models: Path, messages: Connection) -> None:
    """Import the recipe, train it, and swap the result into `models`."""
    import torch

    from training.publish import publish

    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    start = last = time.monotonic()

    def progress(share: float) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= REPORT_INTERVAL_SECONDS:
            messages.send(Advanced(share))
            last = now

    recipe = load(entry.module)
    trained = recipe.train(progress)
    publish(entry.name, recipe, trained, models, entry.fingerprint, time.monotonic() - start)
