"""What becomes of chapters and bibliographies that others wrote: a folder of Markdown and .bib.

Every `.md`, `.qmd` and `.Rmd` file below the folder is read as a chapter is, whatever its front
matter says; every formula is typeset, every entry of every `.bib` file read and formatted as if a
chapter cited it. Then each chapter's structure (blocks, emphasis, words) is compared with that by
cmark-gfm, GitHub's implementation of CommonMark in C. A difference is reported if an issue stands
at its lines; what the book's Markdown adds to CommonMark is left out of the comparison: formulas,
`:::` lines, ids in braces. A chapter with definition lists, which cmark-gfm does not know, is
compared with markdown-it's reading. An address with blanks is a link here, and checked against the
book's pages like any other: it counts as reported. Differences that went unreported are listed.

    python -m tests.benchmarks.real_chapters FOLDER [--most NUMBER OF ROWS]
"""

from __future__ import annotations

import argparse
import re
import sys
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path

from builder.draw.figures import SiteCode
from builder.draw.formulas import typeset
from builder.issues.issue import Source, is_error
from builder.load.config import BookConfig
from builder.load.references import index_library
from builder.load.works import cited_works
from builder.node.service import NodeService
from builder.parse.blocks import FENCE, OPENING
from builder.parse.document import Destination, Fragment, Math, walk
from builder.parse.parse import parse_page
from builder.store.effects import MemoryEffects
from builder.store.memory import Memory
from tests.conftest import ROOT
from tests.report import save
from tests.unit.builder.parse.structure import (
    DEFINITIONS,
    Part,
    expected,
    expected_with_definitions,
    skeleton,
)

ENDINGS = (".md", ".qmd", ".Rmd")
FRONT_MATTER = re.compile(r"\A---[ \t]*\n.*?^(?:---|\.\.\.)[ \t]*$", re.DOTALL | re.MULTILINE)
MARGIN = re.compile(r"[ \t>]*")
IDENTIFIER = re.compile(r"(^[ \t>]*#+[ \t].*|\$\$[ \t]*)\{#[\w:.-]+\}(?=[ \t#]*$)", re.MULTILINE)
ROWS = 20


@dataclass(frozen=True)
class Difference:
    """Where a chapter's structure is not that of CommonMark; lines are the first and the last."""

    path: str
    first: int
    last: int
    right: str
    found: str

    def __str__(self) -> str:
        return f"{self.path}:{self.first}\n  CommonMark: {self.right}\n  here:       {self.found}"


@dataclass
class Counts:
    """What was found in a folder."""

    files: int = 0
    without_errors: int = 0
    crashed: list[str] = field(default_factory=list)
    formulas: int = 0
    typeset: int = 0
    entries: int = 0
    entries_read: int = 0
    rules: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    reported: int = 0
    unreported: list[Difference] = field(default_factory=list)


def without_front_matter(text: str) -> str:
    """The text with blank lines in place of its front matter."""
    return FRONT_MATTER.sub(lambda match: "\n" * match[0].count("\n"), text)


def for_the_witness(text: str, body: Fragment) -> str:
    """The text as long as it was, without what only the book reads."""
    found = [*text]
    for node in walk(body):
        if isinstance(node, Math):
            before, behind = text[: node.at.start].rstrip(), text[node.at.end :]
            signs = before.endswith(("$", "\\[", "\\("))
            start = len(before) if signs else node.at.start
            _blank(found, start, len(text) - len(behind.lstrip()))
    lines = "".join(found).split("\n")
    fence = ""
    for number, line in enumerate(lines):
        opening = FENCE.fullmatch(line)
        if fence:
            fence = "" if line.strip(" \t>").startswith(fence) else fence
        elif opening:
            fence = opening["ticks"]
        elif OPENING.fullmatch(line.lstrip(" \t>")):
            lines[number] = line[: len(line) - len(line.lstrip(" \t>"))]
    return IDENTIFIER.sub(r"\1", "\n".join(lines))


def _blank(text: list[str], start: int, end: int) -> None:
    """Put signs that say nothing in place of a range; its lines and their margins stay."""
    begin = start
    while begin and text[begin - 1] != "\n":
        begin -= 1
    quoted = "".join(text[begin:start]).count(">")
    margin, marks = False, quoted
    for at in range(start, end):
        if text[at] == "\n":
            margin, marks = True, quoted
        elif margin and (text[at] in " \t" or (text[at] == ">" and marks)):
            marks -= text[at] == ">"
        else:
            margin, text[at] = False, "."


def differences(path: str, right: Sequence[Part], found: Sequence[Part]) -> Iterator[Difference]:
    """The places where two skeletons differ."""
    matcher = SequenceMatcher(None, right, found, autojunk=False)
    for kind, start, end, first, last in matcher.get_opcodes():
        ours = [part.what for part in found[first:last]]
        if kind == "equal":
            continue
        lines = [part.line for part in right[max(0, start - 2) : end + 1]]
        below = next((part.line for part in right[end:] if part.line > max(lines)), sys.maxsize)
        shown = "".join(part.what for part in right[start:end])
        yield Difference(path, min(lines), below - 1, shown[:120], "".join(ours)[:120])


def read_chapter(path: str, text: str, counts: Counts) -> list[tuple[Source, Math]]:
    """Count a chapter; its formulas."""
    text = without_front_matter(text)
    source = Source(path, text)
    page, issues = parse_page(source, "chapter", "Chapter")
    errors = [issue for issue in issues if is_error(issue)]
    counts.without_errors += not errors
    counts.rules.update(issue.rule for issue in errors)
    found = skeleton(page.body)
    told = {issue.line for issue in issues} | {
        source.line_number(node.at.start)
        for node in page.nodes
        if isinstance(node, Destination) and " " in node.address
    }
    witness = expected_with_definitions if Part(DEFINITIONS) in found else expected
    for one in differences(path, witness(for_the_witness(text, page.body)), found):
        if any(one.first <= line <= one.last for line in told):
            counts.reported += 1
        else:
            counts.unreported.append(one)
    return [(source, node) for node in page.nodes if isinstance(node, Math)]


def read_bibliography(path: str, text: str, service: NodeService, counts: Counts) -> None:
    """Count a bibliography of which every entry is cited."""
    library = index_library(Source(path, text))
    config = BookConfig(title="Real")
    works, issues = cited_works(
        MemoryEffects({}), service, library, library.entries, config, None, "", Memory()
    )
    counts.entries += len(library.entries)
    counts.entries_read += len(works.cited)
    counts.rules.update(issue.rule for issue in issues if is_error(issue))


def count(folder: Path, service: NodeService) -> Counts:
    """Read a folder."""
    counts = Counts()
    formulas: list[tuple[Source, Math]] = []
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    for file in files:
        path = file.relative_to(folder).as_posix()
        try:
            text = file.read_bytes().decode("utf-8", "replace").replace("\r\n", "\n")
            if file.suffix == ".bib":
                read_bibliography(path, text, service, counts)
            elif file.name.endswith(ENDINGS):
                counts.files += 1
                formulas += read_chapter(path, text, counts)
        except Exception:
            counts.crashed.append(f"{path}\n{traceback.format_exc(limit=-2)}")
    counts.formulas = len(formulas)
    _, issues = typeset(MemoryEffects({}), service, formulas, {}, SiteCode({}, None), Memory())
    counts.typeset = len(formulas) - len(issues)
    counts.refused.update(issue.message for issue in issues)
    return counts


def tell(counts: Counts, most: int) -> None:
    """Print what was found."""
    print(f"files:      {counts.files} read, {counts.without_errors} without an error")
    print(f"formulas:   {counts.formulas} read, {counts.typeset} typeset")
    print(f"entries:    {counts.entries} in .bib files, {counts.entries_read} read and formatted")
    print(
        f"structure:  {counts.reported} differences from CommonMark that are reported, "
        f"{len(counts.unreported)} that are not"
    )
    print(f"crashes:    {len(counts.crashed)}")
    for heading, rows in (("errors", counts.rules), ("formulas refused", counts.refused)):
        print(f"\n{heading}:")
        for name, number in rows.most_common(most):
            print(f"{number:6}  {name}")
    for title, found in (("unreported", counts.unreported), ("crashed", counts.crashed)):
        print(f"\n{title}:")
        for one in found[:most]:
            print(one)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--most", type=int, default=ROWS)
    given = arguments.parse_args()
    service = NodeService(ROOT / "site_assets", print)
    try:
        counts = count(given.folder, service)
    finally:
        service.close()
    tell(counts, given.most)
    save(
        "real_chapters",
        {
            "files": counts.files,
            "without_errors": counts.without_errors,
            "formulas": counts.formulas,
            "typeset": counts.typeset,
            "entries": counts.entries,
            "entries_read": counts.entries_read,
            "differences_reported": counts.reported,
            "differences_unreported": len(counts.unreported),
            "crashes": len(counts.crashed),
        },
    )


if __name__ == "__main__":
    main()
