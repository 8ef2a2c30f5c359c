"""What comes out of a build."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from builder.issues.issue import Issue, is_error
from builder.load.config import BookConfig


@dataclass
class Outcome:
    """What a build found and how long its phases took."""

    issues: list[Issue] = field(default_factory=list)
    phases: dict[str, float] = field(default_factory=dict)
    pages: Mapping[str, str] = field(default_factory=dict)
    """HTML by path in the site, in reading order."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    """The whole site; empty if there is an error."""
    config: BookConfig = field(default_factory=lambda: BookConfig(""))

    @property
    def published(self) -> bool:
        return not any(map(is_error, self.issues))
