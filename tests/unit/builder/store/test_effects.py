"""The real file system: files and folders change as a whole or not at all."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from builder.store.effects import DiskEffects, UnwritableError
from training.publish import swap


def tree(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_publish_replaces_the_whole_folder(tmp_path: Path) -> None:
    disk = DiskEffects(tmp_path)
    disk.publish("build/site", {"a.html": b"1", "old/b.html": b"2"})
    disk.publish("build/site", {"a.html": b"3", "new/deep/c.html": b"4"})
    assert tree(tmp_path) == {"build/site/a.html": "3", "build/site/new/deep/c.html": "4"}


def test_publish_without_an_exchange_in_one_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(swap, "_exchange", lambda first, second: False)
    disk = DiskEffects(tmp_path)
    disk.publish("site", {"a": b"1"})
    disk.publish("site", {"b": b"2"})
    assert tree(tmp_path) == {"site/b": "2"}


def test_a_publish_that_fails_leaves_the_old_folder(tmp_path: Path) -> None:
    disk = DiskEffects(tmp_path)
    disk.publish("site", {"a": b"1"})
    with pytest.raises(OSError, match=r"File exists|Not a directory"):
        disk.publish("site", {"a": b"2", "a/b": b"3"})
    assert tree(tmp_path) == {"site/a": "1"}


def test_what_cannot_be_written_is_named(tmp_path: Path) -> None:
    disk = DiskEffects(tmp_path)
    disk.write("build", b"a file where a folder belongs")
    for write in (
        lambda: disk.write("build/a.txt", b"1"),
        lambda: disk.publish("build/a.txt", {"b": b"1"}),
        lambda: disk.temporary("build/a.txt"),
    ):
        with pytest.raises(UnwritableError, match=r"^build/a\.txt cannot be written: [A-Z]"):
            write()


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_a_link_is_there_wherever_it_leads(tmp_path: Path) -> None:
    (tmp_path / "index.md").symlink_to("nowhere")
    (tmp_path / "loop.md").symlink_to("loop.md")
    disk = DiskEffects(tmp_path)
    assert disk.exists("index.md")
    assert disk.exists("loop.md")
    assert not disk.exists("nowhere")


def test_what_a_killed_process_left_is_cleared_but_not_what_a_live_one_writes(
    tmp_path: Path,
) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    live = [f".site-{os.getpid()}-a_c", f".book.zip-{os.getpid()}-abc"]
    for process in (dead.pid, os.getpid()):
        (tmp_path / f".site-{process}-a_c").mkdir()
        (tmp_path / f".book.zip-{process}-abc").touch()
    (tmp_path / ".gitignore").touch()
    DiskEffects(tmp_path).tidy("")
    assert {path.name for path in tmp_path.iterdir()} == {*live, ".gitignore"}


def test_two_processes_may_publish_at_the_same_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk, rename = DiskEffects(tmp_path), os.rename

    def rename_too_late(source: Path, target: Path) -> None:
        """Another build has put its site there just before."""
        monkeypatch.undo()
        disk.publish("site", {"other": b"1"})
        rename(source, target)

    monkeypatch.setattr(os, "rename", rename_too_late)
    disk.publish("site", {"a": b"2"})
    assert tree(tmp_path) == {"site/a": "2"}


def test_remove_takes_files_and_folders(tmp_path: Path) -> None:
    disk = DiskEffects(tmp_path)
    for path in ("a/b/c.txt", "a/d.txt", "e.txt"):
        disk.write(path, b"1")
    for path in ("a/b", "e.txt", "nothing"):
        disk.remove(path)
    assert tree(tmp_path) == {"a/d.txt": "1"}


def test_temporary_folders_are_apart(tmp_path: Path) -> None:
    disk = DiskEffects(tmp_path)
    first, second = disk.temporary("build/x"), disk.temporary("build/x")
    assert first != second
    assert (tmp_path / first).is_dir()


def test_write_leaves_no_temporary_file(tmp_path: Path) -> None:
    disk = DiskEffects(tmp_path)
    disk.write("deep/a.txt", b"1")
    disk.write("deep/a.txt", b"2")
    assert tree(tmp_path) == {"deep/a.txt": "2"}


def test_files_are_sorted_and_skip_packages(tmp_path: Path) -> None:
    disk = DiskEffects(tmp_path)
    for path in ("x/b.ts", "x/a/c.ts", "x/node_modules/d.ts", "y/e.ts"):
        disk.write(path, b"")
    assert disk.files("x") == ["x/a/c.ts", "x/b.ts"]
    assert disk.files("nothing") == []


@pytest.mark.parametrize(
    "name",
    [
        "#01-x.md#", "01-x.md~", ".01-x.md.swp", ".01-x.md.swo", "4913", ".01-x.md.kate-swp",
        "~$01-x.md", ".~lock.01-x.md#", "._01-x.md", ".DS_Store", "01-x.md___jb_tmp___",
    ],
)  # fmt: skip
def test_what_editors_lay_beside_a_file_is_no_file(tmp_path: Path, name: str) -> None:
    for folder in ("content", "content/data", "site_assets/kit"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "01-x.md").write_text("text")
        (tmp_path / folder / name).write_bytes(b"\0\xff")
    disk = DiskEffects(tmp_path)
    assert disk.files("content") == ["content/01-x.md", "content/data/01-x.md"]
    assert disk.files("site_assets") == ["site_assets/kit/01-x.md"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_the_lock_of_emacs_which_leads_nowhere_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "content").mkdir()
    (tmp_path / "content/.#01-x.md").symlink_to("me@host.1:2")
    assert DiskEffects(tmp_path).files("content") == []
