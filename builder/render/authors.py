"""The page for authors: every construct with its source beside what it becomes, and every rule.

It is made of the golden cases that test the builder, so it cannot say what does not hold. Where a
repository has no such cases, there is no such page.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

from markupsafe import Markup, escape

from builder.issues.issue import Source, Span
from builder.load.config import parse_config
from builder.parse.document import Math
from builder.parse.parse import FILE_NAME, FRONT_MATTER
from builder.store.effects import Effects
from builder.store.paths import CONTENT

GOLDEN = "tests/unit/golden"
TITLE = "For authors"
PICTURE = "assets/pictures/cog.png"
"""Where the picture that the cases show stands in the site."""
ERROR = "error-"
SECTIONS = {"block": "Blocks", "text": "In the text"}
"""Headings by the beginning of the cases' names; other beginnings are their own heading."""
UNNAMED = "A case"
"""The title of a case that says nothing of itself."""
SHOWN_TYPES = frozenset({".md", ".toml", ".csv", ".bib"})
LONGEST_LISTING = 9
"""Lines of data that are shown."""

ARGUMENT = re.compile(r"#([1-9])")
FIRST_LINE = re.compile(r"^\S+ (?P<rule>[a-z-]+): (?:warning: )?(?P<message>.*)$")
FORMULA = re.compile(r"<math(?P<display> display=\"block\")?>(?P<tex>[^<]*)</math>")
SCRIPT = re.compile(r"\s*<script\b.*?</script>", re.DOTALL)
RUNS = re.compile(r" data-(figure|cell)(?=[= >])")
"""What the page's scripts would bring to life."""
STAGE = re.compile(r'(<div class="figure-stage" data-role="stage">)<p>(.*?)</p>', re.DOTALL)
NAMED = re.compile(
    r' (id|for|name|aria-controls|aria-describedby|aria-labelledby|data-popover)="([^"]+)"'
)
HREF = re.compile(r'href="([^"]+)"')
PICTURE_ADDRESS = re.compile(r'(src|href)="assets/pictures/[^"]+"')
HEADING = re.compile(r"(</?h)([2-4])\b")
WITHIN_EXAMPLE = 2
"""Levels by which a case's own headings are lower on this page."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A text that an author writes; the chapter's own has no name."""

    file: str
    text: str


@dataclass(frozen=True, slots=True)
class Example:
    """A case: what is written, and the HTML that it becomes in the tests."""

    id: str
    title: str
    lead: Markup
    listings: tuple[Listing, ...]
    html: str
    definitions: str = ""
    """The case's own LaTeX commands, defined before each of its formulas."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule with what it says where it is broken."""

    name: str
    severity: str
    message: str
    excerpt: str


@dataclass(frozen=True)
class Guide:
    """All that the page shows."""

    sections: Mapping[str, tuple[Example, ...]]
    rules: tuple[Rule, ...]
    base: tuple[Listing, ...]
    """The chapter and the works that the cases refer to."""
    picture: bytes

    @cached_property
    def formulas(self) -> tuple[tuple[Source, Math], ...]:
        """Every formula of the examples."""
        found = []
        for example in (example for section in self.sections.values() for example in section):
            source = f"{GOLDEN}/{example.id}/expected.html"
            for match in FORMULA.finditer(example.html):
                tex, display = _formula(match, example)
                at = Span(0, len(tex))
                found.append((Source(source, tex), Math(at, tex, display)))
        return tuple(found)

    def shown(self, formulas: Mapping[tuple[str, bool], str]) -> list[dict[str, Any]]:
        """The sections as the template takes them, formulas typeset."""
        return [
            {"title": title, "examples": [
                {"id": example.id, "title": example.title, "lead": example.lead,
                 "listings": example.listings,
                 "html": Markup(_result(example, formulas))}
                for example in examples
            ]}
            for title, examples in self.sections.items()
        ]  # fmt: skip


def read_guide(effects: Effects) -> Guide | None:
    """The guide from the golden cases; None where there are none."""
    cases: dict[str, dict[str, bytes]] = {}
    for path in effects.files(GOLDEN):
        case, _, inside = path.removeprefix(f"{GOLDEN}/").partition("/")
        cases.setdefault(case, {})[inside] = effects.read(path)
    base = cases.pop("_base", None)
    if base is None:
        return None
    examples: dict[str, list[Example]] = {title: [] for title in SECTIONS.values()}
    for name, files in sorted(cases.items()):
        if not name.startswith(ERROR):
            kind = name.partition("-")[0]
            title = SECTIONS.get(kind, kind.capitalize())
            examples.setdefault(title, []).append(_example(name, files))
    reports = {
        name: files["expected.txt"].decode()
        for name, files in cases.items() if name.startswith(ERROR) and "expected.txt" in files
    }  # fmt: skip
    picture = next((data for path, data in base.items() if path.endswith(".png")), b"")
    sections = {title: tuple(found) for title, found in examples.items() if found}
    return Guide(sections, _rules(reports), _chapter_listings(base, f"{CONTENT}/"), picture)


def _example(name: str, files: Mapping[str, bytes]) -> Example:
    front = ""
    listings: list[Listing] = []
    for listing in _chapter_listings(files, f"input/{CONTENT}/"):
        match = FRONT_MATTER.match(listing.text) if FILE_NAME.fullmatch(listing.file) else None
        if match and not front:
            front = match[1]
            listings.insert(0, Listing("", listing.text[match.end() :].strip("\n")))
        else:
            listings.append(listing)
    said = dict(line.split(": ", 1) for line in front.splitlines() if ": " in line)
    title, lead = said.get("title", UNNAMED), said.get("lead", "")
    if title == UNNAMED:
        title, lead = name.partition("-")[2].replace("-", " ").capitalize(), ""
    expected = files["expected.html"].decode()
    return Example(name, title, _code(lead), tuple(listings), expected, _definitions(listings))


def _definitions(listings: Iterable[Listing]) -> str:
    """The macros of a case's book.toml as LaTeX."""
    defined = ""
    for listing in listings:
        if listing.file == "book.toml":
            for name, body in parse_config(Source(listing.file, listing.text))[0].macros.items():
                count = max((int(number) for number in ARGUMENT.findall(body)), default=0)
                arguments = "".join(f"#{number}" for number in range(1, count + 1))
                defined += rf"\def{name}{arguments}{{{body}}}"
    return defined


def _code(text: str) -> Markup:
    """A phrase in which backticks mark what is typed."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def _chapter_listings(files: Mapping[str, bytes], folder: str) -> tuple[Listing, ...]:
    """The texts of a folder, the chapter first; of the others, which may be long, the beginning."""
    listings = []
    for path, data in sorted(files.items(), key=lambda item: (not item[0].endswith(".md"), item)):
        if path.startswith(folder) and PurePosixPath(path).suffix in SHOWN_TYPES:
            text = data.decode("utf-8", "replace").strip("\n")
            lines = text.split("\n")
            if len(lines) > LONGEST_LISTING and path.endswith(".csv"):
                text = "\n".join([*lines[:LONGEST_LISTING], "…"])
            listings.append(Listing(path.removeprefix(folder), text))
    return tuple(listings)


def _rules(reports: Mapping[str, str]) -> tuple[Rule, ...]:
    """Each rule once, by the case that is called after it if there is one."""
    found: dict[str, Rule] = {}
    # last comes what wins: for each rule the first issue of the case that is called after it
    for case, report in sorted(reports.items(), reverse=True):
        for rule in reversed(_said(report)):
            if case == f"{ERROR}{rule.name}" or f"{ERROR}{rule.name}" not in reports:
                found[rule.name] = rule
    return tuple(found[name] for name in sorted(found))


def _said(report: str) -> list[Rule]:
    """The issues of a report as the builder prints them."""
    issues: list[list[str]] = []
    for line in report.splitlines():
        if line.startswith("  ") and issues:
            issues[-1].append(line.removeprefix("  "))
        else:
            issues.append([line])
    rules = []
    for first, *excerpt in issues:
        match = FIRST_LINE.match(first)
        if match:
            severity = "warning" if f"{match['rule']}: warning: " in first else "error"
            rules.append(Rule(match["rule"], severity, match["message"], "\n".join(excerpt)))
    return rules


def _formula(match: re.Match[str], example: Example) -> tuple[str, bool]:
    return example.definitions + Markup(match["tex"]).unescape(), bool(match["display"])


def _result(example: Example, formulas: Mapping[tuple[str, bool], str]) -> str:
    """A case's HTML fit to stand on this page: real formulas, ids of its own, nothing that runs."""
    text = FORMULA.sub(lambda match: formulas.get(_formula(match, example), match[0]), example.html)
    text = RUNS.sub(r" data-shown-\1", SCRIPT.sub("", text))
    text = STAGE.sub(
        lambda match: f'{match[1]}<p class="example-stage">{_drawn(match[2])}</p>', text
    )
    text = NAMED.sub(lambda match: f' {match[1]}="{example.id}-{match[2]}"', text)
    text = PICTURE_ADDRESS.sub(lambda match: f'{match[1]}="{PICTURE}"', text)
    text = HREF.sub(lambda match: f'href="{_address(example, match[1])}"', text)
    return HEADING.sub(lambda match: f"{match[1]}{int(match[2]) + WITHIN_EXAMPLE}", text)


def _address(example: Example, address: str) -> str:
    """Places of the example are here; other pages of the cases' small book are described here."""
    if address.startswith("#"):
        return f"#{example.id}-{address[1:]}"
    if address == PICTURE or re.match(r"[a-z]+:", address):
        return address
    return "#small-book"


def _drawn(values: str) -> str:
    """What stands for a figure's drawing: the state that the block sets."""
    state: dict[str, Any] = json.loads(Markup(values).unescape())
    shown = ", ".join(f"{key} = {json.dumps(value)}" for key, value in state.items())
    return f"The figure’s own code draws it here, with {html.escape(shown)}."
