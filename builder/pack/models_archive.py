"""`models.zip`: all trained models in one file, for authors who do not train.

It holds `models/NAME/FILE` and `models/manifest.json`, which names each file's SHA-256 and the
software that trained them, so that a book built from it says the same as where they were trained.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

from builder.load.packages import Package, trained_with
from builder.pack.pack import zip_archive
from builder.store.effects import Effects
from builder.store.hashing import canonical
from builder.store.paths import MODELS, TRAINED_WITH

FOLDER = "models"
MANIFEST = f"{FOLDER}/manifest.json"

Foreign = Callable[[Path], list[str] | None]
"""Gives the models in a folder that were not made by the recipes here; None if it cannot tell."""


class ModelsArchiveError(Exception):
    """Why an archive of models was not taken; the models are as they were."""


def pack_models_archive(effects: Effects, names: frozenset[str]) -> bytes:
    """The models of these names, as `build/models` has them, in one archive."""
    files = {
        path.removeprefix(f"{MODELS}/"): effects.read(path)
        for path in effects.files(MODELS)
        if path.removeprefix(f"{MODELS}/").split("/")[0] in names
    }
    manifest = {
        "files": {path: sha256(data).hexdigest() for path, data in files.items()},
        "software": [asdict(package) for package in trained_with(effects)],
    }
    return zip_archive(FOLDER, {**files, "manifest.json": canonical(manifest).encode()})


def take_models_archive(effects: Effects, data: bytes, foreign: Foreign) -> tuple[str, ...]:
    """Put the models of an archive in the place of those of the same names; their names.

    Raises ModelsArchiveError unless every file is what the manifest says and every model was made
    from the recipes that are here; then nothing has changed.
    """
    files, manifest = _read(data)
    checked = effects.temporary(MODELS)
    try:
        effects.publish(checked, files)
        others = foreign(Path(effects.absolute(checked)))
    finally:
        effects.remove(checked)
    if others is None:
        raise ModelsArchiveError("the recipes that are here cannot be read")
    if others:
        raise ModelsArchiveError(
            f"made from other recipes than are here: {', '.join(others)} "
            f"(take the models.zip of the release that this copy of the book comes from)"
        )
    models: dict[str, dict[str, bytes]] = {}
    for path, content in files.items():
        name, _, file = path.partition("/")
        models.setdefault(name, {})[file] = content
    for name, content_of in models.items():
        effects.publish(f"{MODELS}/{name}", content_of)
    effects.write(TRAINED_WITH, canonical(manifest["software"]).encode())
    return tuple(sorted(models))


def _read(data: bytes) -> tuple[dict[str, bytes], Mapping[str, Any]]:
    """Files by `NAME/FILE`, and the manifest that they agree with."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            manifest = json.loads(archive.read(MANIFEST))
            wanted: dict[str, str] = dict(manifest["files"])
            software = [Package(**about) for about in manifest["software"]]
            files = {path: archive.read(f"{FOLDER}/{path}") for path in wanted}
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise ModelsArchiveError(f"not a whole zip archive ({error})") from None
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise ModelsArchiveError(f"not an archive of models ({error})") from None
    for path, content in files.items():
        if not _is_model_file(path):
            raise ModelsArchiveError(f"'{path}' is no file of a model")
        if sha256(content).hexdigest() != wanted[path]:
            raise ModelsArchiveError(f"'{path}' is not what the manifest says (a damaged copy?)")
    return files, {**manifest, "software": [asdict(package) for package in software]}


def _is_model_file(path: str) -> bool:
    """`NAME/FILE`, and nothing that leads elsewhere."""
    parts = path.split("/")
    return len(parts) == 2 and all(
        part and not part.startswith(".") and not set(part) & set('\\:"<>|?*\0') for part in parts
    )
