"""What builds remember on disk, by content, and when they may forget it.

An entry is named after everything that it was made from, so it is never wrong, only unused: it
goes once none of the last builds needed it. Losing one costs time and nothing else, so another
build may take it away at any moment.
"""

from __future__ import annotations

import json

from builder.store.effects import Effects
from builder.store.paths import CACHE

KINDS = ("bundle", "cells", "engine", "frames", "packages", "packed", "posters")
USED = f"{CACHE}/used.json"
REMEMBERED_BUILDS = 8


class Cache:
    """The entries of `build/cache` that one build reads and writes."""

    def __init__(self, effects: Effects) -> None:
        self.effects = effects
        self.used: set[str] = set()

    def folder(self, kind: str, name: str) -> str:
        """Where a named entry lies, whether it is there or not; it counts as used."""
        assert kind in KINDS
        self.used.add(f"{kind}/{name}")
        return f"{CACHE}/{kind}/{name}"

    def read(self, kind: str, name: str) -> bytes | None:
        """The content of an entry that is one file, or None."""
        try:
            return self.effects.read(self.folder(kind, name))
        except FileNotFoundError:
            return None

    def write(self, kind: str, name: str, data: bytes) -> None:
        """Remember an entry that is one file."""
        self.effects.write(self.folder(kind, name), data)

    def forget_unused(self) -> None:
        """Delete what neither this build nor the last ones needed, or what was never finished."""
        for folder in ("build", CACHE, *(f"{CACHE}/{kind}" for kind in KINDS)):
            self.effects.tidy(folder)
        last = self._last_builds()
        mine = sorted(self.used)
        if last and last[0] == mine:
            return
        kept = [mine, *(build for build in last if build != mine)][:REMEMBERED_BUILDS]
        self.effects.write(USED, json.dumps(kept).encode())
        needed = {entry for build in kept for entry in build}
        for entry in sorted(self._entries() - needed):
            self.effects.remove(f"{CACHE}/{entry}")

    def _last_builds(self) -> list[list[str]]:
        try:
            builds: list[list[str]] = json.loads(self.effects.read(USED))
        except (FileNotFoundError, json.JSONDecodeError):
            return []
        return builds

    def _entries(self) -> set[str]:
        return {
            "/".join(path.removeprefix(f"{CACHE}/").split("/")[:2])
            for kind in KINDS
            for path in self.effects.files(f"{CACHE}/{kind}")
            if not path.rpartition("/")[2].startswith(".")  # being written by another build
        }
