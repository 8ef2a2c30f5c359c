"""What builds remember on disk, by content, and when they may forget it.

An entry is named after everything that it was made from, so it is never wrong, only unused: it
goes once it was not needed for a day. Losing one costs time and nothing else, so another build
may take it away at any moment.
"""

from __future__ import annotations

from dataclasses import dataclass

from builder.store.effects import Effects
from builder.store.paths import CACHE

KINDS = (
    "bill", "bundle", "cells", "frames", "inputs", "kernels", "packages", "packed",
    "pictures", "plans", "posters", "snapshot",
)  # fmt: skip
LASTING = 24 * 60 * 60
"""Seconds that an unneeded entry is kept: long enough to go back to another branch."""


@dataclass(frozen=True)
class Cache:
    """The entries of `build/cache`."""

    effects: Effects

    def folder(self, kind: str, name: str) -> str:
        """Where a named entry lies, whether it is there or not; it counts as used now."""
        assert kind in KINDS
        path = f"{CACHE}/{kind}/{name}"
        self.effects.touch(path)
        return path

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
        """Delete what nobody has needed for `LASTING`, and what was never finished."""
        for folder in ("build", CACHE, *(f"{CACHE}/{kind}" for kind in KINDS)):
            self.effects.tidy(folder)
        for entry in sorted(self._entries()):
            if self.effects.age(entry) > LASTING:
                self.effects.remove(entry)

    def _entries(self) -> set[str]:
        return {
            f"{CACHE}/" + "/".join(path.removeprefix(f"{CACHE}/").split("/")[:2])
            for kind in KINDS
            for path in self.effects.files(f"{CACHE}/{kind}")
            if not path.rpartition("/")[2].startswith(".")  # being written by another build
        }
