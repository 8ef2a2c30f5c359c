"""Reads files that the system may refuse: a link that leads nowhere, a folder that is called like a
file, what the author has no right to. Each is an issue.
"""

from __future__ import annotations

from builder.issues.issue import Issue, whole_file
from builder.issues.rules import Rule
from builder.store.effects import Effects

UNREADABLE: Rule = "file-unreadable"


def content_of(effects: Effects, path: str, issues: list[Issue]) -> bytes:
    """The content of a file; one that cannot be read is an issue, and counts as empty."""
    try:
        return effects.read(path)
    except OSError as error:
        issues.append(unreadable(path, error))
        return b""


def unreadable(path: str, error: OSError) -> Issue:
    """The issue of a file that is there by its name alone."""
    hint = "is it a link that leads nowhere?" if isinstance(error, FileNotFoundError) else ""
    return whole_file(UNREADABLE, path, f"this file cannot be read: {error.strerror}", hint)
