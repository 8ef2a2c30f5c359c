"""What is read once while it is watched, and read again after a change."""

from pathlib import Path

from builder.store.watched import WatchedEffects


def test_files_are_read_again_after_a_change(tmp_path: Path) -> None:
    effects = WatchedEffects(tmp_path)
    effects.write("content/a.md", b"1")
    first = effects.read("content/a.md")
    (tmp_path / "content/a.md").write_bytes(b"2")
    assert effects.read("content/a.md") is first
    effects.changed(["content/a.md"])
    assert effects.read("content/a.md") == b"2"


def test_new_and_deleted_files_are_listed_after_a_change(tmp_path: Path) -> None:
    effects = WatchedEffects(tmp_path)
    effects.write("content/a.md", b"1")
    assert effects.files("content") == ["content/a.md"]
    effects.write("content/deep/b.md", b"1")
    effects.changed(["content/deep/b.md"])
    assert effects.files("content") == ["content/a.md", "content/deep/b.md"]
    effects.read("content/a.md")
    (tmp_path / "content/a.md").unlink()
    effects.changed(["content/a.md"])
    assert effects.files("content") == ["content/deep/b.md"]


def test_a_changed_folder_stands_for_all_in_it(tmp_path: Path) -> None:
    effects = WatchedEffects(tmp_path)
    effects.write("build/models/m/card.json", b"1")
    effects.read("build/models/m/card.json")
    effects.write("build/models/m/card.json", b"2")
    effects.changed(["build/models/m"])
    assert effects.read("build/models/m/card.json") == b"2"


def test_other_folders_are_always_read_anew(tmp_path: Path) -> None:
    effects = WatchedEffects(tmp_path)
    for content in (b"1", b"2"):
        effects.write("build/cache/math.json", content)
        assert effects.read("build/cache/math.json") == content
        assert effects.files("build/cache") == ["build/cache/math.json"]
