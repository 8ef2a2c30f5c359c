"""What is forgotten between builds, and what two builds at once do to each other."""

from __future__ import annotations

import threading
from pathlib import Path

from builder.build import Builder
from builder.store.cache import REMEMBERED_BUILDS, USED, Cache
from builder.store.effects import DiskEffects, MemoryEffects
from tests.unit.builder.fakes import GOLDEN, DiskService, build, small_book, tree

CHAPTER = "---\ntitle: A case\n---\n::: figure dots\nz1: {z1}\n\nCaption.\n:::\n"


def frames(effects: MemoryEffects) -> set[str]:
    return {path for path in effects.contents if path.startswith("build/cache/frames/")}


def test_entries_stay_for_some_builds_and_then_go() -> None:
    other = "---\ntitle: Words alone\n---\nNothing else.\n"
    chapters = {"content__01-a-case.md": CHAPTER.format(z1=0), "content__09-other-things.md": other}
    effects = small_book(**chapters)
    build(effects)
    first = frames(effects)
    assert len(first) == 1
    for count in range(1, REMEMBERED_BUILDS + 3):
        effects.contents["content/01-a-case.md"] = CHAPTER.format(z1=count / 10).encode()
        assert build(effects).published
        assert (first <= frames(effects)) is (count < REMEMBERED_BUILDS)
    assert len(frames(effects)) == REMEMBERED_BUILDS


def test_builds_that_need_the_same_count_once() -> None:
    effects = small_book(**{"content__01-a-case.md": CHAPTER.format(z1=0)})
    build(effects)
    kept = frames(effects)
    effects.contents["content/01-a-case.md"] = CHAPTER.format(z1=1).encode()
    for _ in range(REMEMBERED_BUILDS + 2):
        build(effects)
    assert kept < frames(effects)


def test_what_another_build_is_writing_is_left_alone() -> None:
    effects = MemoryEffects({"build/cache/frames/.x-123": "half", "build/cache/frames/old": "1"})
    Cache(effects).forget_unused()
    assert set(effects.contents) == {"build/cache/frames/.x-123", USED}


def test_a_torn_record_is_no_record() -> None:
    effects = MemoryEffects({USED: "[[", "build/cache/packed/a": "1"})
    cache = Cache(effects)
    assert cache.read("packed", "a") == b"1"
    cache.forget_unused()
    assert "build/cache/packed/a" in effects.contents


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
