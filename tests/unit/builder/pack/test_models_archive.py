"""`models.zip`: what goes in comes out, and nothing else replaces a model."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from builder.pack.models_archive import (
    ModelsArchiveError,
    pack_models_archive,
    take_models_archive,
)
from builder.store.effects import MemoryEffects
from builder.store.paths import TRAINED_WITH

TRAINED: dict[str, bytes | str] = {
    "build/models/one/card.json": "{}",
    "build/models/one/decoder.onnx": b"\x08\x0a",
    "build/models/two/card.json": "{ }",
    "build/models/own-wine/card.json": "{}",
    "pyproject.toml": '[project.optional-dependencies]\ntrain = ["numpy==0"]\n',
}


def nothing(folder: Path) -> list[str]:
    return []


def archive() -> bytes:
    return pack_models_archive(MemoryEffects(TRAINED), frozenset({"one", "two"}))


def edited(data: bytes, path: str, content: bytes | None) -> bytes:
    """The archive with another file at `path`, or without it."""
    with zipfile.ZipFile(io.BytesIO(data)) as old:
        files = {name: old.read(name) for name in old.namelist()}
    del files[path]
    if content is not None:
        files[path] = content
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as new:
        for name, inside in files.items():
            new.writestr(name, inside)
    return out.getvalue()


def test_models_come_out_as_they_went_in_beside_those_that_were_there() -> None:
    effects = MemoryEffects(
        {"build/models/one/stale.bin": "1", "build/models/own-wine/card.json": "{}"}
    )
    assert take_models_archive(effects, archive(), nothing) == ("one", "two")
    software = json.loads(effects.contents.pop(TRAINED_WITH))
    assert [about["name"] for about in software] == ["numpy"]
    assert effects.contents == {
        path: data.encode() if isinstance(data, str) else data
        for path, data in TRAINED.items()
        if path.startswith("build/models/")
    }


def test_the_same_models_give_the_same_bytes() -> None:
    assert archive() == archive()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"PK", "not a whole zip archive"),
        (archive()[:-60], "not a whole zip archive"),
        (edited(archive(), "models/manifest.json", None), "not an archive of models"),
        (edited(archive(), "models/manifest.json", b"[]"), "not an archive of models"),
        (edited(archive(), "models/one/decoder.onnx", None), "not an archive of models"),
        (edited(archive(), "models/one/decoder.onnx", b"\x08"), "not what the manifest says"),
    ],
)
def test_a_damaged_archive_is_not_taken(data: bytes, reason: str) -> None:
    effects = MemoryEffects({"build/models/one/card.json": "mine"})
    with pytest.raises(ModelsArchiveError, match=reason):
        take_models_archive(effects, data, nothing)
    assert effects.contents == {"build/models/one/card.json": b"mine"}


@pytest.mark.parametrize("path", ["one/../card.json", "/one/card.json", "one", ".one/card.json"])
def test_a_file_that_is_none_of_a_model_is_not_taken(path: str) -> None:
    content = b"{}"
    digest = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    manifest = json.dumps({"files": {path: digest}, "software": []}).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as new:
        new.writestr("models/manifest.json", manifest)
        new.writestr(f"models/{path}", content)
    effects = MemoryEffects({})
    with pytest.raises(ModelsArchiveError, match=r"no file of a model|not an archive of models"):
        take_models_archive(effects, out.getvalue(), nothing)
    assert effects.contents == {}


def test_models_of_other_recipes_are_not_taken() -> None:
    effects = MemoryEffects({"build/models/one/card.json": "mine"})
    with pytest.raises(ModelsArchiveError, match="made from other recipes than are here: two"):
        take_models_archive(effects, archive(), lambda folder: ["two"])
    with pytest.raises(ModelsArchiveError, match="recipes that are here cannot be read"):
        take_models_archive(effects, archive(), lambda folder: None)
    assert effects.contents == {"build/models/one/card.json": b"mine"}
