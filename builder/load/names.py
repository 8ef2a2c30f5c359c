"""Lists of names in BibTeX that look like more than it finds in them: only “and” parts names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from builder.issues.issue import Span

AND = re.compile(r"\s+and\s+")
INITIAL = r"[^\W\d_a-z]\."
WHOLE_NAME = re.compile(rf"{INITIAL}[\s~-]*\w")
"""“J. Doe”: with one on each side of a comma, it stands between two names."""
GIVEN = re.compile(rf"(?:{INITIAL}[\s~-]*)+|[^\W\d_a-z]\S*(?:[\s~]+[^\W\d_a-z]\S*)+")
"""“J. R.”, “Jane Roe”: between two commas belongs “Jr.”."""
SUFFIX = re.compile(r"(?:[JS]r|[IVX]+)\.?", re.IGNORECASE)
MOST_COMMAS = 2
"""“Doe, Jr., John”"""


def run_together(names: str) -> Iterator[Span]:
    """Where several names are read as one, in the text of a field."""
    bare = _without_braces(names)
    start = 0
    for gap in [*AND.finditer(bare), None]:
        end = gap.start() if gap else len(bare)
        name = bare[start:end]
        if "=" not in name and _is_several(name):  # given=Jane, family=Doe
            yield Span(start + len(name) - len(name.lstrip()), start + len(name.rstrip()))
        start = gap.end() if gap else end


def _is_several(name: str) -> bool:
    if "&" in name or ";" in name or name.count(",") > MOST_COMMAS:
        return True
    family, *others = (part.strip() for part in name.split(","))
    if len(others) == MOST_COMMAS:
        middle, last = others
        is_suffix = SUFFIX.fullmatch(middle) or SUFFIX.fullmatch(last)
        return bool(GIVEN.fullmatch(middle)) and not is_suffix
    return bool(others and WHOLE_NAME.match(family) and WHOLE_NAME.match(others[0]))


def _without_braces(text: str) -> str:
    """The text with a letter for each sign in braces: whatever stands there is part of a name."""
    depth, shown = 0, ""
    for sign in text:
        depth += (sign == "{") - (sign == "}")
        shown += sign if depth == 0 and sign != "}" else "x"
    return shown
