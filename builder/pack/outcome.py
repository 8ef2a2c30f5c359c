"""What comes out of a build."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
    """The whole site; empty if there is an error. A preview's lacks what `on_request` makes."""
    on_request: Mapping[str, Callable[[], bytes]] = field(default_factory=dict)
    """What takes long to make and is seldom looked at, by path; a preview makes it when asked."""
    config: BookConfig = field(default_factory=lambda: BookConfig(""))

    @property
    def published(self) -> bool:
        return not any(map(is_error, self.issues))
