"""What is forgotten between builds, and what two builds at once do to each other."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from builder.build import Builder
from builder.store.cache import LASTING, Cache
from builder.store.effects import DiskEffects, MemoryEffects
from tests.unit.builder.fakes import GOLDEN, DiskService, build, small_book, tree

CHAPTER = "---\ntitle: A case\n---\n::: figure dots\nz1: {z1}\n\nCaption.\n:::\n"


def frames(effects: MemoryEffects) -> set[str]:
    return {path for path in effects.contents if path.startswith("build/cache/frames/")}


def test_entries_stay_for_a_day_without_use_and_then_go() -> None:
    other = "---\ntitle: Words alone\n---\nNothing else.\n"
    chapters = {"content__01-a-case.md": CHAPTER.format(z1=0), "content__09-other-things.md": other}
    effects = small_book(**chapters)
    build(effects)
    [first] = frames(effects)
    for hours, z1, kept in ((0, 1, True), (23, 2, True), (24, 0, True), (47, 1, True)):
        effects.clock = hours * 3600.0
        effects.contents["content/01-a-case.md"] = CHAPTER.format(z1=z1).encode()
        assert build(effects).published
        assert (first in frames(effects)) is kept
    effects.clock = 49 * 3600.0  # a day and an hour after the last build that needed it
    assert build(effects).published
    assert first not in frames(effects)
    assert len(frames(effects)) == 1


def test_what_another_build_is_writing_is_left_alone() -> None:
    effects = MemoryEffects({"build/cache/frames/.x-123": "half", "build/cache/frames/old": "1"})
    cache = Cache(effects)
    assert cache.read("frames", "old") == b"1"
    effects.touch("build/cache/frames/.x-123")
    effects.clock = LASTING + 1.0
    cache.forget_unused()
    assert set(effects.contents) == {"build/cache/frames/.x-123"}


def test_on_disk_an_entry_ages_from_its_last_use(tmp_path: Path) -> None:
    disk = DiskEffects(tmp_path)
    cache = Cache(disk)
    for name in ("used", "unused"):
        cache.write("packed", name, b"1")
        os.utime(tmp_path / disk_path(name), (0, 0))
    assert cache.read("packed", "used") == b"1"
    cache.forget_unused()
    assert disk.files("build/cache") == [disk_path("used")]


def disk_path(name: str) -> str:
    return f"build/cache/packed/{name}"


def test_two_builds_at_once_both_succeed_and_leave_nothing_half_done(tmp_path: Path) -> None:
    disk = DiskEffects(tmp_path)
    for path, data in tree(GOLDEN / "_base").items():
        disk.write(path, data)
    disk.write("content/01-a-case.md", CHAPTER.format(z1=0).encode())
    together = threading.Barrier(2)
    outcomes: list[bool] = []

    def run() -> None:
        builder = Builder(disk, DiskService(together))
        outcomes.append(builder.build().published)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert outcomes == [True, True]
    assert len(list((tmp_path / "build/cache/bundle").glob("*/manifest.json"))) == 1
    assert not list((tmp_path / "build").glob("**/.*")), "something temporary was left"
