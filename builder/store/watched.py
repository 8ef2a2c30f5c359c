"""The file system while somebody watches it: what did not change is not read again."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from builder.store.effects import DiskEffects

WATCHED = ("content", "builder/render/templates", "site_assets", "training", "build/models")


class WatchedEffects(DiskEffects):
    """Remembers what lies in the watched folders until it is told of a change there.

    A build that changes one chapter then reads one file; all others are the same objects as
    before, which makes comparing them cheap.
    """

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self._contents: dict[str, bytes] = {}
        self._listings: dict[str, list[str]] = {}

    def read(self, path: str) -> bytes:
        if not _is_watched(path):
            return super().read(path)
        if path not in self._contents:
            self._contents[path] = super().read(path)
        return self._contents[path]

    def files(self, folder: str) -> list[str]:
        if not _is_watched(folder):
            return super().files(folder)
        if folder not in self._listings:
            self._listings[folder] = super().files(folder)
        return self._listings[folder]

    def changed(self, paths: Iterable[str]) -> None:
        """Forget these files, or all that lies in them if they are folders."""
        for path in paths:
            known = self._contents.pop(path, None) is not None
            if known and (self.root / path).is_file():
                continue  # a file as before, with another content
            self._listings.clear()
            for inside in [other for other in list(self._contents) if other.startswith(f"{path}/")]:
                self._contents.pop(inside, None)


def _is_watched(path: str) -> bool:
    return any(path == folder or path.startswith(f"{folder}/") for folder in WATCHED)
