"""The training step, run as a process of its own: the builder never loads torch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from builder.store.effects import Effects
from builder.store.hashing import digest
from builder.store.paths import CACHE, CONTENT, MODELS
from training.own_data.declaration import FOLDER as OWN_DATA

TRAINING = "training"
LISTING = f"{CACHE}/models.json"


def train(root: Path, arguments: Sequence[str]) -> int:
    """Run `python -m training` with arguments; its exit status."""
    return subprocess.run(
        [sys.executable, "-m", "training", *arguments], cwd=root, check=False
    ).returncode


def inspect_models(root: Path, effects: Effects) -> list[dict[str, Any]] | None:
    """Name and freshness of every model that can be trained; None if training cannot tell.

    Asking takes a second, so the answer is kept until something that it depends on changes.
    """
    key = _listing_key(effects)
    entries = _remembered(effects, key)
    if entries is None:
        entries = _ask(root)
        if entries is not None:
            effects.write(LISTING, json.dumps({"key": key, "entries": entries}).encode())
    return entries


def foreign_models(root: Path, folder: Path) -> list[str] | None:
    """The models in `folder` that other recipes made; None if training cannot tell."""
    found: list[str] | None = _said(root, "--foreign", str(folder))
    return found


def _ask(root: Path) -> list[dict[str, Any]] | None:
    entries: list[dict[str, Any]] | None = _said(root, "--list")
    return entries


def _said(root: Path, *arguments: str) -> Any:
    """What `python -m training` prints as JSON; None if it fails."""
    run = subprocess.run(
        [sys.executable, "-m", "training", *arguments],
        cwd=root,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    return None if run.returncode else json.loads(run.stdout)


def _remembered(effects: Effects, key: str) -> list[dict[str, Any]] | None:
    try:
        known = json.loads(effects.read(LISTING))
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    return known["entries"] if known["key"] == key else None


def _listing_key(effects: Effects) -> str:
    """Hash of all that the answer depends on: training code and data, packages, models."""
    code = [path for path in effects.files(TRAINING) if path.endswith(".py")]
    code += [path for path in effects.files(CONTENT) if path == f"{CONTENT}/book.toml"]
    code += effects.files(OWN_DATA)
    published = effects.files(MODELS)
    cards = [path for path in published if path.endswith("/card.json")]
    contents = [_hash(effects, path) for path in (*code, *cards)]
    return digest(sys.version, *_installed(), *code, *published, *contents)


def _hash(effects: Effects, path: str) -> str:
    try:
        return digest(effects.read(path))
    except OSError:
        return ""  # the build says so


def _installed() -> list[str]:
    """Name and version of every installed package, by the folders that pip leaves."""
    folders = [Path(path) for path in sys.path if Path(path).is_dir()]
    return sorted(
        name for folder in folders for name in os.listdir(folder) if name.endswith(".dist-info")
    )
