"""A small book of cells, built by the real builder beside the repository's own models and code."""

from __future__ import annotations

from pathlib import Path

from filelock import FileLock

from builder.build import Builder
from builder.draw.python_packages import Distribution
from builder.node.service import NodeService
from builder.store.effects import DiskEffects
from builder.store.paths import SITE

ROOT = Path(__file__).resolve().parents[3]
CONTENT = Path(__file__).parent / "cells_book" / "content"
SHARED = ("site_assets", "build/models", "build/cache")
"""Taken from the repository as they are; what builds remember by content, every book may use."""


def build_cells_book(
    folder: Path, content: Path = CONTENT, distribution: Distribution | None = None
) -> Path:
    """The folder of the built site; fails the test with the issues of a build that fails."""
    (folder / "build").mkdir(parents=True)
    (ROOT / "build/cache").mkdir(exist_ok=True)
    for name in SHARED:
        (folder / name).symlink_to(ROOT / name, target_is_directory=True)
    (folder / "content").symlink_to(content, target_is_directory=True)
    effects = DiskEffects(folder)
    service = NodeService(folder / "site_assets", effects.log)
    try:
        with FileLock(ROOT / "build/cells-book.lock"):  # cells that another process ran are known
            outcome = Builder(effects, service, distribution=distribution).build()
    finally:
        service.close()
    assert outcome.published, "\n".join(map(str, outcome.issues))
    return folder / SITE
