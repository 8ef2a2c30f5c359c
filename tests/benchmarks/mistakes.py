"""What three site generators say of the same mistakes: this builder, Sphinx with MyST, MkDocs.

Each mistake stands in a chapter of its own, written as each generator has it, and each generator
runs at its strictest. The peers are installed into a virtual environment that goes afterwards.
Prints a table; `--write` puts it into the README too.

    python -m tests.benchmarks.mistakes [--write]
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.browser.support.preview import FIGURE, make_book
from tests.conftest import ROOT
from tests.report import put
from tests.unit.builder.test_repeatable import CARD, start_build

PEERS = ("sphinx==9.0.4", "myst-parser==5.2.0", "sphinxcontrib-bibtex==2.7.0", "mkdocs==1.6.1")
LINE, FILE, SILENT, NONE = "line", "file", "no", "–"
KEY = (
    "*line*: reported with file and line. *file*: reported with the file alone. *no*: published "
    "in silence. –: the generator has nothing of the kind. All at their strictest: "
    + ", ".join(peer.replace("==", " ") for peer in PEERS)
    + "."
)


@dataclass(frozen=True)
class Mistake:
    """One mistake as each generator's authors write it; None where it has no such construct."""

    what: str
    book: str
    sphinx: str | None
    mkdocs: str | None


def everywhere(what: str, text: str) -> Mistake:
    """A mistake that is written alike for all three."""
    return Mistake(what, text, text, text)


MISTAKES = (
    everywhere("link to a page that is not there", "A [page](no-such-page.md)."),
    everywhere("link to an anchor that is not there", "A [place](#nowhere)."),
    everywhere("image that is not there", "![A cog](no-such-picture.png)"),
    everywhere("image without a description", "![](cog.png)"),
    Mistake("unknown cross-reference", "See [](#fig-nowhere).", "See {ref}`nowhere`.", None),
    Mistake("unknown citation", "See [@nobody].", "See {cite}`nobody`.", None),
    Mistake("unknown glossary term", "A [[lsat]].", "A {term}`lsat`.", None),
    Mistake("unknown number of a run", '{{ metric("toy", "test.eror") }}', "{{ eror }}", None),
    Mistake("unknown block", "::: ky-idea\n\nText.\n:::", ":::{nte}\nText.\n:::", None),
    Mistake("block that is not closed", "::: key-idea\n\nText.", ":::{note}\nText.", None),
    Mistake(
        "unknown option of a figure",
        f"::: figure {FIGURE}\nmuu: 1\n\nCaption.\n:::",
        ":::{figure} cog.png\n:widht: 20px\n:::",
        None,
    ),
    Mistake(
        "option of a wrong type",
        f"::: figure {FIGURE}\nmu: wide\n\nCaption.\n:::",
        ":::{figure} cog.png\n:width: wide\n:::",
        None,
    ),
    Mistake("option out of range", f"::: figure {FIGURE}\nmu: 99\n\nCaption.\n:::", None, None),
    everywhere("bad LaTeX", r"So $\fraq{1}{2}$."),
    everywhere("code block that is not closed", "```python\nx = 1"),
    everywhere("unknown language of a code block", "```pyton\nx = 1\n```"),
    everywhere("heading level skipped", "#### Deep at once"),
    Mistake(
        "id given twice", "## A {#same}\n\n## B {#same}", "(same)=\n## A\n\n(same)=\n## B",
        "## A {#same}\n\n## B {#same}",
    ),
    everywhere("`<script>` in a chapter", "<script>alert(1)</script>"),
    everywhere("event handler in a chapter", 'A <b onclick="alert(1)">word</b>.'),
    everywhere("image from another site", "![A cog](https://example.org/cog.png)"),
)  # fmt: skip

FRONT_MATTERS = (
    everywhere("chapter without a title", "lead: Words.\n"),
    everywhere("front matter that is not YAML", "title: a: b\n"),
    everywhere("unknown key in front matter", "title: Chapter\ntitel: Words\n"),
)


def chapter(front: str, body: str) -> str:
    return f"---\n{front}---\n{body}\n"


def chapters(kind: str) -> dict[str, str]:
    """Chapter texts by name for a generator; the name of a chapter is that of its mistake."""
    front, title = "title: Chapter\nlead: Words.\n", "" if kind == "book" else "# Chapter\n\n"
    texts = {
        name_of(mistake): chapter(front, title + text)
        for mistake in MISTAKES
        if (text := getattr(mistake, kind)) is not None
    }
    bare = {
        name_of(mistake): chapter(getattr(mistake, kind), f"{title}Text.")
        for mistake in FRONT_MATTERS[1:]
    }
    untitled = {name_of(FRONT_MATTERS[0]): chapter(FRONT_MATTERS[0].book, "Text.")}
    return {**texts, **bare, **untitled}


def name_of(mistake: Mistake) -> str:
    return "-".join(re.findall(r"[a-z]+", mistake.what.lower()))


def run_book(folder: Path) -> str:
    """This builder's report."""
    book = make_book(folder)
    book.write("build/models/toy/card.json", CARD)
    (book.root / "content/cog.png").write_bytes(b"")
    for number, (name, text) in enumerate(chapters("book").items(), start=2):
        book.write(f"content/{number:02}-{name}.md", text)
    return start_build(book).communicate()[1]


def write_peer(folder: Path, kind: str) -> list[str]:
    """The chapters of a peer; their names."""
    folder.mkdir(parents=True)
    (folder / "cog.png").write_bytes(b"")
    texts = chapters(kind)
    for name, text in texts.items():
        (folder / f"{name}.md").write_text(text, "utf-8")
    return list(texts)


def run_sphinx(folder: Path, python: Path) -> str:
    """Sphinx's report: nitpicky, so that every reference is checked, and all warnings."""
    names = write_peer(folder / "source", "sphinx")
    toctree = "\n".join(("# Book", "", ":::{toctree}", *names, ":::", ""))
    (folder / "source/index.md").write_text(toctree, "utf-8")
    (folder / "source/works.bib").write_text("", "utf-8")
    (folder / "source/conf.py").write_text(
        'extensions = ["myst_parser", "sphinx.ext.mathjax", "sphinxcontrib.bibtex"]\n'
        'myst_enable_extensions = ["colon_fence", "dollarmath", "substitution"]\n'
        'bibtex_bibfiles = ["works.bib"]\nmyst_title_to_header = False\n',
        "utf-8",
    )
    command = [python, "-m", "sphinx", "-n", "-q", "--keep-going", "source", "site"]
    return report_of(command, folder)


def run_mkdocs(folder: Path, python: Path) -> str:
    """MkDocs' report, with all its validations."""
    write_peer(folder / "docs", "mkdocs")
    (folder / "docs/index.md").write_text("# Book\n", "utf-8")
    (folder / "mkdocs.yml").write_text(
        "site_name: Book\nmarkdown_extensions: [attr_list, admonition, fenced_code]\n"
        "validation: {omitted_files: warn, absolute_links: warn, unrecognized_links: warn, "
        "anchors: warn}\n",
        "utf-8",
    )
    return report_of([python, "-m", "mkdocs", "build", "--strict"], folder)


def report_of(command: list[str | Path], folder: Path) -> str:
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return run.stdout + run.stderr


def verdict(name: str, text: str | None, report: str) -> str:
    """What a report says of the chapter of a mistake."""
    if text is None:
        return NONE
    if re.search(rf"{name}\.md:\d+", report):
        return LINE
    return FILE if re.search(rf"\b{name}\b", report) else SILENT


def table(reports: Mapping[str, str]) -> str:
    """Markdown: a row a mistake, a column a generator."""
    heads = {"book": "this builder", "sphinx": "Sphinx + MyST", "mkdocs": "MkDocs"}
    lines = [f"| mistake | {' | '.join(heads.values())} |", "| --- |" + " --- |" * len(heads)]
    counts = dict.fromkeys(heads, 0)
    for mistake in (*MISTAKES, *FRONT_MATTERS):
        found = {
            kind: verdict(name_of(mistake), getattr(mistake, kind), report)
            for kind, report in reports.items()
        }
        for kind in heads:
            counts[kind] += found[kind] == LINE
        lines.append(f"| {mistake.what} | {' | '.join(found[kind] for kind in heads)} |")
    totals = " | ".join(f"**{counts[kind]}**" for kind in heads)
    lines.append(f"| with line, of {len(MISTAKES) + len(FRONT_MATTERS)} | {totals} |")
    return "\n".join([*lines, "", KEY, ""])


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="book-mistakes-") as name:
        folder = Path(name)
        venv.create(folder / "venv", with_pip=True)
        python = folder / "venv" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PEERS], check=True)
        reports = {
            "book": run_book(folder / "book"),
            "sphinx": run_sphinx(folder / "sphinx", python),
            "mkdocs": run_mkdocs(folder / "mkdocs", python),
        }
    for kind, report in reports.items():
        (ROOT / "build/reports").mkdir(parents=True, exist_ok=True)
        (ROOT / f"build/reports/mistakes-{kind}.txt").write_text(report, "utf-8")
    shown = table(reports)
    print(shown)
    if "--write" in sys.argv:
        put("mistakes", shown)


if __name__ == "__main__":
    main()
