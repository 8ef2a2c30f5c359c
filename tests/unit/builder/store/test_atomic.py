"""A build that is killed at any moment leaves the last good site whole; the next one tidies up."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

from builder.build import Builder
from builder.store.effects import DiskEffects
from builder.store.paths import ARCHIVE, SITE
from tests.unit.builder.fakes import GOLDEN, DiskService, tree
from tests.unit.builder.whole_site import archive_files, edition_of, site_files

KILLS = 40
MOMENTS = frozenset(
    {"open", "os.chmod", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "ctypes.dlsym"}
)
"""What a build does to the disk, as Python's audit events; the last one is before the exchange."""

CHAPTER = """---
title: A case
---
A formula $z_{{{edition}}}$.

::: figure dots
label: {edition}

A takeaway.
:::
"""


def start_book(root: Path) -> None:
    disk = DiskEffects(root)
    for path, data in tree(GOLDEN / "_base").items():
        disk.write(path, data)


def build_edition(root: Path, edition: int) -> None:
    disk = DiskEffects(root)
    disk.write("content/book.toml", f'title = "Edition {edition}"\n'.encode())
    disk.write("content/01-a-case.md", CHAPTER.format(edition=edition).encode())
    assert Builder(disk, DiskService()).build().published


def build_until(root: Path, edition: int, last: int, passed: Synchronized[int]) -> None:
    """Build, but be killed at the moment of that number; 0 lets the build end."""

    def count(event: str, _: object) -> None:
        if event in MOMENTS:
            passed.value += 1
            if passed.value == last:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
    build_edition(root, edition)


def fork_builds(root: Path, asked: Connection) -> None:
    """Build for each (edition, last) that comes in a fork of this process; answer with the
    moments that build passed, until the other end is closed."""
    with tempfile.TemporaryDirectory() as folder:  # all libraries are read here, once for all forks
        start_book(Path(folder))
        build_edition(Path(folder), 0)
    processes = multiprocessing.get_context("fork")
    while True:
        try:
            build = asked.recv()
        except EOFError:
            return
        passed = processes.Value("i", 0)
        process = processes.Process(target=build_until, args=(root, *build, passed))
        process.start()
        process.join()
        asked.send(passed.value)


@contextmanager
def forked_builds(root: Path) -> Iterator[Callable[[int, int], int]]:
    """`build_until` in processes that may be killed.

    They are forks of a process started for them: this one has threads, and the one fork server
    that multiprocessing keeps may have been started by another test, without the libraries.
    """
    processes = multiprocessing.get_context("spawn")
    asking, asked = processes.Pipe()
    server = processes.Process(target=fork_builds, args=(root, asked))
    server.start()
    asked.close()  # or a server that has died would be waited for

    def run(edition: int, last: int) -> int:
        asking.send((edition, last))
        passed: int = asking.recv()
        return passed

    try:
        yield run
    finally:
        asking.close()
        server.join()


def test_killed_builds_leave_a_whole_site(tmp_path: Path) -> None:
    start_book(tmp_path)
    with forked_builds(tmp_path) as run:
        run(0, 0)  # what the first build has to find out, the later ones remember
        moments = run(1, 0)
        chance = random.Random(0)
        # Most of them in the last third, when the new site is written and put in its place.
        lasts = [int(moments * chance.triangular(0, 1, 0.9)) + 1 for _ in range(KILLS)]
        published = 0
        for edition, last in enumerate(lasts, start=2):
            assert run(edition, last) == last, "it was not killed"
            found = edition_of(site_files(tmp_path / SITE))
            published += found == edition
            assert edition_of(archive_files(tmp_path / ARCHIVE)) <= found
    assert 0 < published < KILLS, "all kills came before the exchange, or after it"
    build_edition(tmp_path, KILLS + 2)
    assert edition_of(site_files(tmp_path / SITE)) == KILLS + 2
    assert not list((tmp_path / "build").glob("**/.*")), "what was left is not cleared"
