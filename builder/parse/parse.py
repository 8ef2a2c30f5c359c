"""Source text to chapters: front matter, then blocks by CommonMark's rules, then running text.

Pure: a chapter depends on its own text alone, so that parsing can be remembered by content.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache, lru_cache
from html import escape
from itertools import pairwise
from xml.etree.ElementTree import Element, SubElement

import yaml
from markdown_it.token import Token
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from builder.issues.allowances import KEY as ALLOW
from builder.issues.issue import Issue, Source, Span, suggest
from builder.issues.rules import Rule
from builder.parse.blocks import OPENING, block_tokens, blocks_at
from builder.parse.cell_fence import Fence, read_cell, report_unclosed
from builder.parse.document import (
    Chapter,
    Fragment,
    Glossary,
    GlossaryEntry,
    Heading,
    Node,
    Setting,
    walk,
)
from builder.parse.inline import (
    IDENTIFIER,
    IDENTIFIER_HINT,
    Scanner,
    Writer,
    check_destinations,
    phrase,
)
from builder.parse.open_tags import OpenTags
from builder.parse.own_blocks import BLOCKS
from builder.parse.own_blocks.call_out import FOREIGN_NAMES
from builder.parse.own_blocks.key_idea import KeyIdea
from builder.parse.own_blocks.opening import Opening
from builder.parse.passage import RESERVED, Passage
from builder.parse.prose import PLAIN, code_block, inline_html, to_html
from builder.store.hashing import digest

FILE_NAME = re.compile(r"(?:.*/)?(\d+)-([a-z0-9]+(?:-[a-z0-9]+)*)\.md")
FRONT_MATTER = re.compile(r"---[ \t]*\n(.*?)^---[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
OPEN_FRONT_MATTER = re.compile(
    r"---[ \t]*\n.*?(?:^(?P<dots>\.\.\.)[ \t]*$|^(?=[ \t]*$)|\Z)", re.DOTALL | re.MULTILINE
)
"""Front matter without its last line, as far as it can reach."""
FRONT_MATTER_KEYS = ("title", "lead", "updated", ALLOW)
PLAIN_KEYS = frozenset({"title", "lead"})
YAML_COMMENT = re.compile(r"[ \t]+(?P<comment>#.*)")
TAG_PAIR = re.compile(r"<(\w+)[^<>]*>.*</\1\s*>", re.DOTALL)
LONE_TAG = re.compile(r"<(?=/?\w+>)")
PLAIN_TEXT_HINT = r"menus and the search have it, too: write β for $\beta$, and no marks"

HEADING_ID = re.compile(r"[ \t]*\{#([^{}\n.=]*)\}$")
DEFINITION = re.compile(r"^[ ]{0,3}\[[^\]\n^@]+\]:[ \t][^\n]*$", re.MULTILINE)
"""A definition of a link by reference."""
TASK = re.compile(r"\[(?P<done>[ xX])\][ \t]+(?=\S)")
TASK_LABELS = {True: "done", False: "to do"}
FOREIGN_CALLOUT = re.compile(r"\[!(?P<alert>\w+)\]|(?:!!!|\?\?\?\+?)[ \t]+(?P<admonition>[\w-]+)")
FOREIGN_LABEL = re.compile(r"\((?P<name>[\w:.-]+)\)=$")
RULER = re.compile(
    r"^[ \t]*(?:\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)+\|?|\|[ \t]*:?-+:?[ \t]*\|)[ \t]*$",
    re.MULTILINE,
)
"""The line below a table's head."""
FOREIGN_LINE = re.compile(
    r"^[ \t]*(?:(?P<heading>\#{2,6}(?=[^\s#])).*"
    r"|(?P<contents>\[(?:toc|TOC)\]|\[\[_TOC_\]\])[ \t]*$"
    r"|(?P<abbreviation>\*\[[^\]\n]+\]:).*"
    r"|(?P<tab>===[!+]?[ \t]+\"[^\"\n]*\")"
    r"|(?P<answer>---[ \t]+answer[ \t]*$)"
    r"|(?P<template>\{%.*))",
    re.MULTILINE,
)
FOREIGN_LINES = {
    "heading": ("without a blank these signs begin no heading", "write '## Heading'"),
    "contents": ("a page lists its headings by itself", "take this line away"),
    "abbreviation": ("abbreviations are not part of the book's Markdown", "write a [[term]]"),
    "tab": ("tabs are not part of the book's Markdown", "write one below the other"),
    "answer": ("this line begins no answer", "an exercise has one, in the block itself"),
    "template": ("templates are not part of the book's Markdown", r"write \{% for the signs"),
}
"""What others read in lines that are plain text here: what is said of each, and a hint."""
ODD_BLANK = re.compile(
    r"^[ \t>]*(?:(?:[-*+][ \t]+)?\[[ xX]\]|\#{1,6}|[-*+]|---(?=\s+answer\s*$)|:{3,})[ \t]*"
    r"(?P<blank>[^\S\x00-\x20\x85])",
    re.MULTILINE,
)
"""A blank that Markdown takes for a letter, where it would end a mark at the start of a line."""
ODD_BLANK_IN_FENCE = re.compile(r"[ \t]*[\w+#.-]*[ \t]*(?P<blank>[^\S\x00-\x20\x85])")
HTML_MARKDOWN = re.compile(r"!?\[[^\]\n]*\]\([^)\n]+\)|\*\*[^*\n]+\*\*|^[-*][ \t]\S", re.MULTILINE)
HTML_VERBATIM = re.compile(
    r"<(pre|code|kbd|samp|textarea)\b.*?</\1>|<!--.*?-->|<[^>]*>", re.DOTALL | re.IGNORECASE
)
LATIN = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "þ": "th", "ð": "d"})
ACCENT = re.compile("([a-z\u0370-\u03ff])[\u0300-\u036f]+")
UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]"
    "|(?P<turns>[\u202a-\u202e\u2066-\u2069])"
    "|(?m:^)[ \t>]*[\u200b\u2060]"
)
"""What an editor does not show: control characters, those that turn the text around them, by which
a line may read otherwise than it is, and those without width before a line's mark."""
SETTING = re.compile(r"([A-Za-z_][\w.-]*):[ \t]*(.*?)[ \t]*$")
FOREIGN_BLOCK = re.compile(r":::+[ \t]*\{[ \t]*\.?(?:callout-)?(?P<name>[\w-]+)")
LANGUAGE = re.compile(r"[ \t]*(?:\{[ \t]*)?\.?(?P<name>[\w+#.-]+)(?::(?P<file>[\w./ -]+))?")
"""The first word of a fence's line; what others write after it is left aside."""
TITLE = re.compile(r"""\b(?:title|filename)=(?:"([^"]*)"|'([^']*)')""")


def parse_chapter(source: Source) -> tuple[Chapter | None, tuple[Issue, ...]]:
    """A chapter and what is wrong with it; None if there is no telling which chapter it is."""
    issues: list[Issue] = []
    name = FILE_NAME.fullmatch(source.path)
    if name is None:
        hint = "name it NN-words-with-hyphens.md: lower-case letters a–z, digits and hyphens"
        at = Span(0, 0)
        issues.append(source.issue("chapter-name", at, "this is not a chapter's file name", hint))
        return None, tuple(issues)
    front, start = _front_matter(source, issues)
    body = Reader(_passage(source, start, issues), issues).fragment()
    title, lead = front.get("title", ""), front.get("lead", "")
    nodes, updated = tuple(walk(body)), front.get("updated", "")
    chapter = Chapter(source, int(name[1]), name[2], title, lead, body, nodes, updated)
    return chapter, tuple(issues)


def parse_page(source: Source, name: str, title: str) -> tuple[Chapter, tuple[Issue, ...]]:
    """A page that is no chapter: text alone, whose title is given."""
    issues: list[Issue] = []
    start = _no_front_matter(source, issues)
    body = Reader(_passage(source, start, issues), issues).fragment()
    return Chapter(source, 0, name, title, "", body, tuple(walk(body))), tuple(issues)


@lru_cache(maxsize=4)
def parse_glossary(source: Source) -> tuple[Glossary, tuple[Issue, ...]]:
    """The glossary: `## Term {#id}` headings, each with its meaning below."""
    issues: list[Issue] = []
    reader = Reader(_passage(source, _no_front_matter(source, issues), issues), issues)
    entries = []
    for heading, name, body in reader.sections():
        if heading.level != 2:
            message = "glossary terms are second-level headings"
            issues.append(source.issue("heading-level", heading.at, message, "write '## Term'"))
        if not body.html:
            message = "this term has no meaning below it"
            issues.append(source.issue("term-meaning", heading.at, message))
        entries.append(GlossaryEntry(heading.at, heading.id or slug(name), name, body))
    _check_terms(source, entries, issues)
    return Glossary(source, tuple(entries)), tuple(issues)


def _passage(source: Source, start: int, issues: list[Issue]) -> Passage:
    """The text of a source from `start` on; what cannot stand in any of it is an issue."""
    for code in RESERVED:
        at = source.text.find(chr(code), start)
        if at >= 0:
            message = f"the character U+{code:04X} is reserved"
            issues.append(source.issue("text-character", Span(at, at + 1), message))
    for found in UNSEEN.finditer(source.text):
        last = Span(found.end() - 1, found.end())
        character = f"the character U+{ord(source.text[last.start]):04X}"
        message, hint = f"{character} is not seen", "take it away"
        if found["turns"]:
            message = f"{character} turns the text around it"
            hint = "write <bdi>…</bdi> around what runs the other way"
        issues.append(source.issue("text-character", last, message, hint))
    return Passage.of(source, Span(start, len(source.text)))


def _check_terms(source: Source, entries: list[GlossaryEntry], issues: list[Issue]) -> None:
    names: set[str] = set()
    for entry in entries:
        for name in (entry.name.casefold(), f"#{entry.id}"):
            if name in names:
                message = f"the term '{entry.name}' is given twice"
                if name.startswith("#"):
                    message = f"the id '{entry.id}' is given twice"
                issues.append(source.issue("id-unique", entry.at, message))
                break
        names |= {entry.name.casefold(), f"#{entry.id}"}


def slug(text: str) -> str:
    """An identifier made of a text: its words in lower case with hyphens between them.

    Letters of every script stay, accents of Latin and Greek ones do not. A text without letters
    and digits gets a number of its own, which does not depend on what else there is.
    """
    folded = text.casefold().translate(LATIN).replace("'", "").replace("’", "")
    plain = unicodedata.normalize("NFC", ACCENT.sub(r"\1", unicodedata.normalize("NFD", folded)))
    kept = (c if unicodedata.category(c)[0] in "LNM" else " " for c in plain)
    words = "".join(kept).split()
    return "-".join(words) or f"section-{digest(text.encode())[:6]}"


def _front_matter(source: Source, issues: list[Issue]) -> tuple[dict[str, str], int]:
    """The keys between the `---` lines and the offset of the text after them."""
    match = FRONT_MATTER.match(source.text)
    begun = None if match else OPEN_FRONT_MATTER.match(source.text)
    if begun:
        message, hint = "the front matter does not end", "end it with a line '---'"
        at = Span(*begun.span("dots")) if begun["dots"] else source.line_span(1)
        issues.append(source.issue("front-matter", at, message, hint))
        return {}, begun.end()
    if match is None:
        hint = "begin with a line '---', then 'title: …', then '---'"
        message = "the chapter does not begin with front matter"
        issues.append(source.issue("front-matter", source.line_span(1), message, hint))
        return {}, 0
    values = _yaml_mapping(source, Span(*match.span(1)), issues)
    if values is not None and not values.get("title"):
        at = source.line_span(1)
        hint = "add a line 'title: …' to the front matter"
        issues.append(source.issue("chapter-title", at, "the chapter has no title", hint))
    return values or {}, match.end()


def _no_front_matter(source: Source, issues: list[Issue]) -> int:
    """Where the text of a page begins that is no chapter."""
    match = FRONT_MATTER.match(source.text)
    if match is None or not SETTING.match(match[1].partition("\n")[0]):
        return 0
    message, hint = "only a chapter has front matter", "take it away"
    issues.append(source.issue("front-matter", source.line_span(1), message, hint))
    return match.end()


def _yaml_span(node: yaml.Node, offset: int) -> Span:
    return Span(offset + node.start_mark.index, offset + node.end_mark.index)


def _yaml_mapping(source: Source, span: Span, issues: list[Issue]) -> dict[str, str] | None:
    """The scalar entries of a YAML mapping, with every mistake at its place."""
    text = source.text[span.start : span.end]
    text = UNSEEN.sub(lambda unseen: " " * len(unseen[0]), text)  # YAML reads none; told by itself
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        at = Span(span.start + mark.index, span.start + mark.index + 1) if mark else span
        hint = "put the text in quotes if it holds ': ' or begins with a special character"
        if source.text.startswith("\t", at.start):
            hint = "take the tab away"
        elif "\n\n" in text:
            hint = "the front matter ends with a line '---'"
        message = f"the front matter is not YAML: {error.problem}"
        issues.append(source.issue("front-matter", at, message, hint))
        return None
    if root is None:
        return {}
    if not isinstance(root, yaml.MappingNode):
        message = "the front matter must be lines of 'key: value'"
        issues.append(source.issue("front-matter", _yaml_span(root, span.start), message))
        return None
    values: dict[str, str] = {}
    for key, value in root.value:
        if key.value not in FRONT_MATTER_KEYS:
            hint = suggest(key.value, FRONT_MATTER_KEYS)
            message = f"unknown front-matter key '{key.value}'"
            at = _yaml_span(key, span.start)
            issues.append(source.issue("front-matter-key", at, message, hint))
        elif key.value == ALLOW:
            pass  # builder/issues/allowances.py reads it
        elif key.value in values:
            message = f"'{key.value}' is given twice"
            issues.append(source.issue("front-matter-key", _yaml_span(key, span.start), message))
        elif not isinstance(value, yaml.ScalarNode):
            message, at = f"'{key.value}' must be a text", _yaml_span(value, span.start)
            issues.append(source.issue("front-matter", at, message))
            values[key.value] = source.text[at.start : at.end]  # it is there, though of no use
        elif key.value == "updated" and not _is_date(value.value):
            message, hint = f"'{value.value}' is not a date", "write it as 2026-01-31"
            at = _yaml_span(value, span.start)
            issues.append(source.issue("front-matter-date", at, message, hint))
        else:
            comment = YAML_COMMENT.match(source.text, _yaml_span(value, span.start).end)
            if key.value in PLAIN_KEYS and value.style is None and comment:
                message = "in YAML # begins a comment, which is not shown"
                hint = "put the text in quotes, or the comment in a line of its own"
                at = Span(*comment.span("comment"))
                issues.append(source.issue("front-matter", at, message, hint))
            if key.value in PLAIN_KEYS and is_markdown(value.value):
                at, message = (
                    _yaml_span(value, span.start),
                    f"Markdown in '{key.value}' is not read",
                )
                rule: Rule = "front-matter-markdown"
                issues.append(source.issue(rule, at, message, PLAIN_TEXT_HINT))
            values[key.value] = " ".join(value.value.split())
    return values


def is_markdown(text: str) -> bool:
    """Whether a text would read otherwise in a paragraph."""
    if not TAG_PAIR.search(text):
        text = LONE_TAG.sub("‹", text)  # the element is spoken of, and its name is to be seen
    passage = Passage.of(Source("", text), Span(0, len(text)))
    made = phrase(passage, []).html.replace("&quot;", '"')
    return made != escape(" ".join(text.split()), quote=False)


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


@cache
def _is_language(name: str) -> bool:
    try:
        get_lexer_by_name(name)
    except ClassNotFound:
        return False
    return True


class Reader:
    """Reads a passage into a fragment: blocks as they come, text through the inline scanner."""

    def __init__(self, passage: Passage, issues: list[Issue]) -> None:
        self.passage = passage
        self.source = passage.source
        self.issues = issues
        self.writer = Writer()
        self.root = Element("div")
        self.open = [self.root]
        self.tags = [OpenTags(self.source, issues, block=True)]
        """Of each open element, those that its blocks of HTML leave open."""
        self.cells: list[Passage] = []
        self.column = self.columns = 0

    def report(self, rule: Rule, at: Span, message: str, hint: str = "") -> None:
        self.issues.append(self.source.issue(rule, at, message, hint))

    def fragment(self) -> Fragment:
        """The block-level fragment of the passage."""
        self._read(block_tokens(self.passage))
        return self._made()

    def sections(self) -> Iterator[tuple[Heading, str, Fragment]]:
        """Every heading with its text and the fragment of what stands below it.

        What stands above the first belongs to none, and is an issue.
        """
        tokens = block_tokens(self.passage)
        starts = [
            at for at, token in enumerate(tokens)
            if token.type == "heading_open" and token.level == 0
        ]  # fmt: skip
        above = blocks_at(tokens[: starts[0] if starts else None], 0)
        message, hint = "no page shows what stands above the first term", "begin with '## Term'"
        self.report_block(self.passage, above, "block-place", message, hint)
        for start, end in pairwise([*starts, len(tokens)]):
            heading = self._heading(tokens[start], tokens[start + 1])
            name = HEADING_ID.sub("", tokens[start + 1].content)
            below = Reader(self.passage, self.issues)
            below._read(tokens[start + 3 : end])
            yield heading, name, below._made()

    def _made(self) -> Fragment:
        self.tags.pop().finish()
        if not len(self.root):
            return Fragment("")
        html = to_html(self.root, self.writer.raw)
        check_destinations(self.passage, html, self.writer.nodes, self.issues)
        return Fragment(html, tuple(self.writer.nodes))

    def _read(self, tokens: Sequence[Token]) -> None:
        position = 0
        while position < len(tokens):
            position += self._token(tokens, position)

    def _token(self, tokens: Sequence[Token], position: int) -> int:
        """Read what begins at a token; how many tokens that takes."""
        token = tokens[position]
        match token.type:
            case "heading_open":
                self._block(self._heading(token, tokens[position + 1]))
                return 3
            case "inline":
                self._text(self._inline(token))
            case "fence":
                return self._fences(tokens, position)
            case "code_block":
                self._raw_block(code_block(token.content))
            case "html_block":
                self._html(token)
            case "own_block":
                self._own_block(token)
            case _ if not token.hidden:
                self._element(token)
        return 1

    def _element(self, token: Token) -> None:
        """An element of the page begins, ends or, for a ruler, stands alone."""
        if token.nesting < 0:
            self.open.pop()
            self.tags.pop().finish()
            return
        made = SubElement(self.open[-1], token.tag)
        if token.nesting == 0:
            return
        self.open.append(made)
        self.tags.append(OpenTags(self.source, self.issues, block=True))
        match token.type:
            case "ordered_list_open" if "start" in token.attrs:
                made.set("start", str(token.attrs["start"]))
            case "th_open" | "td_open" if "style" in token.attrs:
                made.set("class", str(token.attrs["style"]).replace("text-align:", "align-"))
            case "thead_open":
                self.columns = 0
            case "blockquote_open":
                for number in token.meta["indented"]:
                    at = self.passage.line_starts[number] + self.passage.lines[number].index(">")
                    message = "this '>' is indented like code and is text elsewhere"
                    hint = "write it below the one above"
                    self.report("line-style", self.passage.span(at, at + 1), message, hint)
            case "tr_open":
                self._row(token)

    def _row(self, token: Token) -> None:
        """The cells of a row, which their texts are taken from."""
        self.cells = self.passage.cells(token.meta["start"])
        self.column = 0
        self.columns = self.columns or len(self.cells)
        if len(self.cells) > self.columns:
            count = f"{len(self.cells)} cells, the head of the table has {self.columns}"
            first, last = self.cells[self.columns], self.cells[-1]
            at = Span(first.offset(0), last.span(0, len(last.text)).end)
            self.report("table-cells", at, f"this row has {count}", r"write \| for a bar in a cell")

    def _inline(self, token: Token) -> str:
        """The text of a paragraph, a list's item or a cell, through the scanner."""
        assert token.map
        if self.open[-1].tag in {"td", "th"}:
            cell = self.column < len(self.cells)
            passage = self.cells[self.column] if cell else self.passage.part(0, 0)
            self.column += 1
        else:
            passage = self.passage.inside(token.map[0], token.content)
            self._check_paragraph(passage)
        start = self._task(passage) if self.open[-1].tag in {"li", "p"} else 0
        box = self.writer.take() if start else ""
        Scanner(passage, self.writer, self.issues).scan(start, len(passage.text))
        made = inline_html(self.writer.take())
        if PLAIN.fullmatch(made):
            return box + made
        self.writer.place_raw(made)
        return box + self.writer.take()

    def _task(self, passage: Passage) -> int:
        """Where the text of a list's item begins once its box, if it has one, is drawn."""
        item = next((e for e in reversed(self.open) if e.tag != "p"), self.root)
        first = item.tag == "li" and not item.text and len(item) <= (self.open[-1] is not item)
        task = TASK.match(passage.text) if first else None
        if task is None:
            return 0
        done = task["done"] != " "
        item.set("class", "task")
        state, label = ("done" if done else "open"), TASK_LABELS[done]
        self.writer.place_raw(
            f'<span class="task-box" data-task="{state}" role="img" aria-label="{label}"></span> '
        )
        return task.end()

    def _text(self, text: str) -> None:
        """Text at the end of the open element."""
        parent = self.open[-1]
        if len(parent):
            parent[-1].tail = (parent[-1].tail or "") + text
        else:
            parent.text = (parent.text or "") + text

    def _block(self, node: Node) -> None:
        """A node that stands alone."""
        self.writer.place(node)
        SubElement(self.open[-1], "p").text = self.writer.take()

    def _raw_block(self, html: str) -> None:
        """HTML that stands alone."""
        self.writer.place_raw(html, block=True)
        SubElement(self.open[-1], "p").text = self.writer.take()

    def check_blanks(self, passage: Passage) -> None:
        """The marks of a text that a blank of another kind than the space bar's makes letters."""
        for found in ODD_BLANK.finditer(passage.text):
            self._odd_blank(found["blank"], passage.span(*found.span("blank")))

    def _odd_blank(self, blank: str, at: Span) -> None:
        name = unicodedata.name(blank).lower()
        message = f"{'an' if name[0] in 'aeiou' else 'a'} {name} stands where a blank should"
        self.report("line-style", at, message, "type a blank in its place")

    def _check_paragraph(self, passage: Passage) -> None:
        """What begins a paragraph elsewhere and would be plain text here."""
        self.check_blanks(passage)
        text = passage.text
        definition = DEFINITION.search(text)
        if definition:
            message = "links by reference are not part of the book's Markdown"
            at = passage.span(*definition.span())
            self.report("link-style", at, message, "write [text](address)")
        if foreign := FOREIGN_CALLOUT.match(text):
            name = (foreign["alert"] or foreign["admonition"]).lower()
            at = passage.span(*foreign.span())
            hint = f"write '::: {FOREIGN_NAMES.get(name, 'note')}'"
            self.report("callout-style", at, "call-outs are blocks here", hint)
        if label := FOREIGN_LABEL.match(text):
            at = passage.span(*label.span())
            message = "a label before what it names is not part of the book's Markdown"
            hint = f"write '## Heading {{#{slug(label['name'])}}}'"
            self.report("label-style", at, message, hint)
        if line := FOREIGN_LINE.search(text):
            kind = line.lastgroup or ""
            message, hint = FOREIGN_LINES[kind]
            rule: Rule = "heading-style" if kind == "heading" else "line-style"
            self.report(rule, passage.span(*line.span()), message, hint)
        if ruler := RULER.search(text):
            message = "this line does not make a table of those around it"
            hint = "it must have as many cells as the line above"
            self.report("table-head", passage.span(*ruler.span()), message, hint)

    def _fences(self, tokens: Sequence[Token], position: int) -> int:
        """Code in a fence, or a cell with all fences that belong to it."""
        fence = self._fence(tokens[position])
        if not fence.is_runnable:
            report_unclosed(fence, self.report)
            language, title = self._language(fence)
            self._raw_block(code_block(fence.code.text, language, title))
            return 1
        following = [fence]
        for token in tokens[position + 1 :]:
            if token.type != "fence" or token.level != tokens[position].level:
                break
            following.append(self._fence(token))
        cell, count = read_cell(following, self.report)
        if cell:
            self._block(cell)
        return count

    def _fence(self, token: Token) -> Fence:
        assert token.map
        first, last = token.map
        line = self.passage.lines[first]
        ticks = line.index(token.markup + token.info)
        start = self.passage.line_starts[first]
        at = self.passage.span(start + ticks, start + len(line.rstrip()))
        lines = token.content.removesuffix("\n")
        count = lines.count("\n") + 1 if token.content else 0
        code = self.passage.inside(first + 1, lines) if count else self.passage.part(0, 0)
        if odd := ODD_BLANK_IN_FENCE.match(token.info):
            place = at.start + len(token.markup) + odd.start("blank")
            self._odd_blank(odd["blank"], Span(place, place + 1))
        margin = at.start == 0 or self.source.text[at.start - 1] == "\n"
        return Fence(at, token.markup, token.info, code, last - first > count + 1, margin)

    def _language(self, fence: Fence) -> tuple[str, str]:
        """The language of code, and its title."""
        language = LANGUAGE.match(fence.info)
        title = TITLE.search(fence.info)
        named = (title[1] or title[2] or "") if title else ""
        if language is None:
            return "", named
        name = language["name"]
        if not _is_language(name):
            start = fence.at.start + len(fence.ticks)
            at = Span(start + language.start("name"), start + language.end("name"))
            hint = "'text' leaves it as it is"
            if fence.info.lstrip().startswith("{"):
                hint = f"for a call-out write '::: {FOREIGN_NAMES.get(name.lower(), 'note')}'"
            self.report("code-language", at, f"unknown language '{name}' of a code block", hint)
            name = ""
        return name, named or (language["file"] or "").strip()

    def _html(self, token: Token) -> None:
        """HTML as it stands, checked; comments are left out."""
        assert token.map
        passage = self.passage.inside(token.map[0], token.content.rstrip("\n"))
        Scanner(passage, self.writer, self.issues, self.tags[-1]).scan(0, len(passage.text))
        html = self.writer.take().strip()
        if html:
            self._raw_block(html)
        text = HTML_VERBATIM.sub(lambda match: " " * len(match[0]), passage.text)
        if found := HTML_MARKDOWN.search(text):
            message = "Markdown is not read inside a block of HTML"
            hint = "leave a blank line after the tag, and one before its end"
            self.issues.append(
                self.source.issue("html-markdown", passage.span(*found.span()), message, hint)
            )

    def _heading(self, token: Token, inline: Token) -> Heading:
        """The heading of a `## Text {#id}` line."""
        assert token.map
        first, last = token.map
        line, start = self.passage.lines[first], self.passage.line_starts[first]
        if token.markup in {"=", "-"}:
            message = "underlined headings are not part of the book's Markdown"
            rule = self.passage.lines[last - 1]
            underline = self.passage.line_starts[last - 1] + len(rule) - len(rule.lstrip(" \t>"))
            at = self.passage.span(underline, self.passage.line_starts[last - 1] + len(rule))
            self.report("heading-style", at, message, "write '## Heading', or leave a blank line")
            text = self.passage.inside(first, inline.content)
            begin = start
        else:
            begin = start + line.index(token.markup)
            at_text = line.find(inline.content, begin - start + len(token.markup))
            text = self.passage.part(start + at_text, start + at_text + len(inline.content))
        given = HEADING_ID.search(text.text)
        id_at = text.span(*given.span(1)) if given else Span(0, 0)
        if given:
            self.check_identifier(given[1], id_at)
            text = text.part(0, given.start())
        words = phrase(text, self.issues)
        end = text.span(0, len(text.text)).end
        at = Span(self.passage.offset(begin), end)
        if not words.html:
            hint = "write its text, or take the signs away"
            self.report("heading-style", at, "this heading is empty", hint)
        level = 2 if token.markup in {"=", "-"} else int(token.tag.removeprefix("h"))
        return Heading(at, level, given[1] if given else "", id_at, words)

    def check_identifier(self, name: str, at: Span) -> None:
        if not IDENTIFIER.fullmatch(name):
            message = f"'{name}' cannot be an id"
            self.report("id-syntax", at, message, IDENTIFIER_HINT)

    def _own_block(self, token: Token) -> None:
        assert token.map
        first, last = token.map
        line, start = self.passage.lines[first], self.passage.line_starts[first]
        indent = line.index(":::")
        match = OPENING.fullmatch(line[indent:])
        assert match
        at = self.passage.span(start + indent, start + len(line.rstrip()))
        name = match["name"]
        if not name:
            self.report("block-open", at, "this ':::' closes a block that was never opened")
            return
        self.check_blanks(self.passage.part(start + indent, start + len(line)))
        if at.start and self.source.text[at.start - 1] != "\n":
            self.report("block-indent", at, "a block must begin at the left margin")
        reader = BLOCKS.get(name)
        if reader is None:
            name_at = Span(at.start + match.start("name"), at.start + match.end("name"))
            hint = _block_hint(line[indent:])
            self.report("block-known", name_at, f"unknown block '{name}'", hint)
        if not token.meta["closed"]:
            message = f"this '{name}' block is not closed"
            self.report("block-closed", at, message, "close it with a line that holds only ':::'")
            return
        argument = self.passage.part(
            start + indent + match.start("argument"), start + indent + match.end("argument")
        )
        empty = last - first <= 2
        body = argument.part(0, 0) if empty else self.passage.inside(first + 1, token.content)
        opening = Opening(at, argument, body)
        self._block(reader(self, opening) if reader else KeyIdea(at, self.inner(body)))

    def inner(self, passage: Passage, tokens: Sequence[Token] | None = None) -> Fragment:
        """The block-level fragment of a part of a block; of some of its tokens, where given."""
        reader = Reader(passage, self.issues)
        reader._read(block_tokens(passage) if tokens is None else tokens)
        return reader._made()

    def filled(self, opening: Opening) -> Fragment:
        """What is inside a block that must not be empty."""
        body = self.inner(opening.body)
        if not body.html:
            self.report("block-empty", opening.at, "this block is empty")
        return body

    def phrase(self, passage: Passage) -> Fragment:
        """The fragment of a part that is running text."""
        return phrase(passage, self.issues)

    def report_block(
        self, passage: Passage, blocks: Sequence[Token], rule: Rule, message: str, hint: str
    ) -> None:
        """Report the first line of some blocks, if there are any: they have no place there."""
        if blocks and blocks[0].map:
            line = blocks[0].map[0]
            start, text = passage.line_starts[line], passage.lines[line]
            indent = len(text) - len(text.lstrip())
            self.report(rule, passage.span(start + indent, start + len(text)), message, hint)

    def settings(self, body: Passage) -> tuple[tuple[Setting, ...], Passage]:
        """The `key: value` lines up to the first blank line, and what follows them."""
        found: list[Setting] = []
        for start, line in zip(body.line_starts, body.lines, strict=False):
            if not line.strip():
                return tuple(found), body.part(min(start, len(body.text)), len(body.text))
            match = SETTING.match(line)
            if match is None:
                at = body.span(start, start + len(line))
                hint = "leave a blank line before the text"
                self.report("option-syntax", at, "expected a line 'key: value'", hint)
            else:
                key_at = body.span(start + match.start(1), start + match.end(1))
                value_at = body.span(start + match.start(2), start + match.end(2))
                found.append(Setting(match[1], match[2], key_at, value_at))
        return tuple(found), body.part(len(body.text), len(body.text))

    def no_argument(self, opening: Opening) -> None:
        if opening.argument.text:
            message = f"this block takes no name, found '{opening.argument.text}'"
            self.report("block-argument", opening.argument_at, message)


def _block_hint(line: str) -> str:
    """What the author of an unknown block may have meant, in this book's Markdown or another's."""
    foreign = FOREIGN_BLOCK.match(line)
    name = foreign["name"].lower() if foreign else line.strip(": \t").partition(" ")[0]
    if foreign and name in FOREIGN_NAMES:
        return f"write '::: {FOREIGN_NAMES[name]}'"
    return suggest(name, BLOCKS)
