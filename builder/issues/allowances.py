"""Rules that an author switches off, for one line or for a whole chapter.

A comment `book: allow RULE, RULE` speaks of its own line or, if it stands alone, of the next one:
`<!-- … -->` in Markdown, `# …` in TOML, `% …` in BibTeX. `allow: [RULE, …]` in front matter speaks
of the chapter. What cannot be allowed, and what allows nothing, is an issue itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

import yaml

from builder.issues.issue import Issue, Source, Span, suggest
from builder.issues.rules import ALLOWABLE, RULES

KEY = "allow"
"""In front matter."""
MARK = "book:"
FRONT_MATTER = re.compile(r"---[ \t]*\n(.*?)^---[ \t]*$", re.DOTALL | re.MULTILINE)
COMMENTS = {
    ".md": re.compile(
        r"^[ \t>]*(?P<fence>`{3,}|~{3,}).*?(?:^[ \t>]*(?P=fence)|\Z)"
        r"|(?P<ticks>`+)[^`\n].*?(?P=ticks)"
        r"|<!--[ \t]*book:(?P<said>.*?)[ \t]*-->",
        re.DOTALL | re.MULTILINE,
    ),
    ".toml": re.compile(r"#[ \t]*book:(?P<said>[^\n]*)"),
    ".bib": re.compile(r"^[ \t]*%[ \t]*book:(?P<said>[^\n]*)", re.MULTILINE),
}
ALLOW = re.compile(r"[ \t]*allow[ \t]+(?P<rules>[\w-]+(?:[ \t]*,[ \t]*[\w-]+)*)[ \t]*")
NAME = re.compile(r"[\w-]+")


@dataclass(frozen=True, slots=True)
class Allowance:
    """One rule switched off in a file: on one line, or everywhere if `line` is 0."""

    rule: str
    source: Source
    at: Span
    line: int

    def covers(self, issue: Issue) -> bool:
        return (
            issue.rule == self.rule
            and issue.path == self.source.path
            and self.line in {0, issue.line}
        )


def without_allowed(issues: Iterable[Issue], texts: Iterable[Source]) -> list[Issue]:
    """The issues that no allowance of the texts covers, and those of the allowances themselves."""
    kept: list[Issue] = []
    given = [allowance for source in texts for allowance in _allowances(source, kept)]
    used: set[Allowance] = set()
    for issue in issues:
        covering = [allowance for allowance in given if allowance.covers(issue)]
        used.update(covering)
        if not covering:
            kept.append(issue)
    for allowance in given:
        if allowance not in used:
            message = f"there is no '{allowance.rule}' here to allow"
            hint = "take it away"
            found = allowance.source.issue(
                "allowance-unused", allowance.at, message, hint, "warning"
            )
            kept.append(found)
    return kept


def _allowances(source: Source, issues: list[Issue]) -> Iterator[Allowance]:
    """What a file allows; what it may not is an issue."""
    for at, line in (*_in_front_matter(source, issues), *_in_comments(source, issues)):
        rule = source.text[at.start : at.end]
        if rule in ALLOWABLE:
            yield Allowance(rule, source, at, line)
        elif rule in RULES:
            message = f"'{rule}' cannot be allowed"
            hint = "without what it asks for there is no page to show"
            issues.append(source.issue("allowance-firm", at, message, hint))
        else:
            hint = suggest(rule, RULES)
            issues.append(source.issue("allowance-known", at, f"unknown rule '{rule}'", hint))


def _in_comments(source: Source, issues: list[Issue]) -> Iterator[tuple[Span, int]]:
    if MARK not in source.text:
        return
    for match in COMMENTS[PurePosixPath(source.path).suffix].finditer(source.text):
        if match["said"] is None:
            continue  # code, which may show how it is done
        allow = ALLOW.fullmatch(source.text, *match.span("said"))
        if allow is None:
            at = Span(*match.span())
            message, hint = "this comment to the builder cannot be read", "book: allow RULE, RULE"
            issues.append(source.issue("allowance-syntax", at, message, hint))
            continue
        line = _line_of(source, match)
        for name in NAME.finditer(source.text, *allow.span("rules")):
            yield Span(*name.span()), line


def _line_of(source: Source, comment: re.Match[str]) -> int:
    """The line that a comment speaks of: its own or, if it stands alone there, the next."""
    number = source.line_number(comment.start())
    before = source.text[source.line_starts[number - 1] : comment.start()]
    after = source.text[comment.end() :].partition("\n")[0]
    return number if before.strip() or after.strip() else number + 1


def _in_front_matter(source: Source, issues: list[Issue]) -> Iterator[tuple[Span, int]]:
    match = FRONT_MATTER.match(source.text) if f"\n{KEY}" in source.text else None
    if match is None:
        return
    try:
        root = yaml.compose(match[1], Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        return  # an issue of the chapter already
    entries = root.value if isinstance(root, yaml.MappingNode) else []
    for _, value in (entry for entry in entries if entry[0].value == KEY):
        names = value.value if isinstance(value, yaml.SequenceNode) else [value]
        for name in names:
            at = Span(match.start(1) + name.start_mark.index, match.start(1) + name.end_mark.index)
            if isinstance(name, yaml.ScalarNode) and NAME.fullmatch(source.text, at.start, at.end):
                yield at, 0
            else:
                message, hint = "this is not the name of a rule", "allow: [RULE, RULE]"
                issues.append(source.issue("allowance-syntax", at, message, hint))
