"""How a block begins."""

from __future__ import annotations

from dataclasses import dataclass

from builder.issues.issue import Span
from builder.parse.passage import Passage


@dataclass(frozen=True)
class Opening:
    """The first line of a block, and what is inside it."""

    at: Span
    argument: Passage
    body: Passage

    @property
    def argument_at(self) -> Span:
        return self.argument.span(0, len(self.argument.text))
