"""Source text to chapters: front matter, headings, code fences, `:::` blocks; then running text.

Pure: a chapter depends on its own text alone, so that parsing can be remembered by content.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache

import yaml
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from builder.issues.allowances import KEY as ALLOW
from builder.issues.issue import Issue, Source, Span, suggest
from builder.issues.rules import Rule
from builder.parse.cell_fence import fence_close, is_runnable, read_cell
from builder.parse.document import (
    Chapter,
    Exercise,
    FigureBlock,
    Fragment,
    Glossary,
    GlossaryEntry,
    Heading,
    KeyIdea,
    ListingBlock,
    Node,
    Predict,
    Setting,
    walk,
)
from builder.parse.inline import IDENTIFIER, IDENTIFIER_HINT, Scanner, Writer, phrase

FILE_NAME = re.compile(r"(?:.*/)?(\d+)-([a-z0-9]+(?:-[a-z0-9]+)*)\.md")
FRONT_MATTER = re.compile(r"---[ \t]*\n(.*?)^---[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
FRONT_MATTER_KEYS = ("title", "lead", "updated", ALLOW)

STRUCTURE = re.compile(
    r"^(?:"
    r"(?P<fence>[ \t>]*(?:[-*+][ \t]+|\d+\.[ \t]+)?(?P<ticks>`{3,}|~{3,})(?P<info>[^`\n]*))"
    r"|(?P<heading>(?P<hashes>\#{1,6})[ \t]+(?P<text>[^\n]*?)[ \t]*)"
    r"|(?P<block>(?P<indent>[ \t]*):::+[ \t]*(?P<name>[^\s:]*)[ \t]*(?P<argument>[^\n]*?)[ \t]*)"
    r"|(?P<underline>(?:=+|-+)[ \t]*)"
    r"|(?P<definition>[ ]{0,3}\[[^\]\n^@]+\]:[ \t][^\n]*)"
    r")$|^(?P<comment>[ \t]*<!--)",
    re.MULTILINE,
)
HEADING_ID = re.compile(r"[ \t]*\{#([^{}\n]*)\}$")
CLOSING_HASHES = re.compile(r"[ \t]+#+$")
SETTING = re.compile(r"([A-Za-z_][\w.-]*):[ \t]*(.*?)[ \t]*$")
CHOICE = re.compile(r"^[-*][ \t]+(.+?)[ \t]*$", re.MULTILINE)
TRY = re.compile(r"^Try:[ \t]*", re.MULTILINE)
ANSWER = re.compile(r"^---[ \t]*answer[ \t]*$", re.MULTILINE)
LANGUAGE = re.compile(r"[ \t]*(?:\{[ \t]*)?\.?([\w+#.-]+)")


def parse_chapter(source: Source) -> tuple[Chapter | None, tuple[Issue, ...]]:
    """A chapter and what is wrong with it; None if there is no telling which chapter it is."""
    issues: list[Issue] = []
    name = FILE_NAME.fullmatch(source.path)
    if name is None:
        hint = "name it NN-words-with-hyphens.md"
        at = Span(0, 0)
        issues.append(source.issue("chapter-name", at, "this is not a chapter's file name", hint))
        return None, tuple(issues)
    front, start = _front_matter(source, issues)
    body = Reader(source, issues).fragment(Span(start, len(source.text)))
    title, lead = front.get("title", ""), front.get("lead", "")
    nodes, updated = tuple(walk(body)), front.get("updated", "")
    chapter = Chapter(source, int(name[1]), name[2], title, lead, body, nodes, updated)
    return chapter, tuple(issues)


def parse_page(source: Source, name: str, title: str) -> tuple[Chapter, tuple[Issue, ...]]:
    """A page that is no chapter: text alone, whose title is given."""
    issues: list[Issue] = []
    body = Reader(source, issues).fragment(Span(0, len(source.text)))
    return Chapter(source, 0, name, title, "", body, tuple(walk(body))), tuple(issues)


@lru_cache(maxsize=4)
def parse_glossary(source: Source) -> tuple[Glossary, tuple[Issue, ...]]:
    """The glossary: `## Term {#id}` headings, each with its meaning below."""
    issues: list[Issue] = []
    reader = Reader(source, issues)
    headings = [m for m in STRUCTURE.finditer(source.text) if m["heading"]]
    ends = [match.start() for match in headings[1:]] + [len(source.text)]
    entries = []
    for match, end in zip(headings, ends, strict=True):
        heading = reader.heading(match)
        if heading.level != 2:
            message = "glossary terms are second-level headings"
            issues.append(source.issue("heading-level", heading.at, message, "write '## Term'"))
        body = reader.fragment(Span(match.end(), end))
        if not body.html:
            message = "this term has no meaning below it"
            issues.append(source.issue("term-meaning", heading.at, message))
        name = CLOSING_HASHES.sub("", HEADING_ID.sub("", match["text"]))
        entries.append(GlossaryEntry(heading.at, heading.id or slug(name), name, body))
    _check_terms(source, entries, issues)
    return Glossary(source, tuple(entries)), tuple(issues)


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
    """An identifier made of a text: lower-case words with hyphens between them."""
    words = re.findall(r"[a-z0-9]+", text.lower().replace("'", "").replace("’", ""))
    return "-".join(words) or "section"


def _front_matter(source: Source, issues: list[Issue]) -> tuple[dict[str, str], int]:
    """The keys between the `---` lines and the offset of the text after them."""
    match = FRONT_MATTER.match(source.text)
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


def _yaml_span(node: yaml.Node, offset: int) -> Span:
    return Span(offset + node.start_mark.index, offset + node.end_mark.index)


def _yaml_mapping(source: Source, span: Span, issues: list[Issue]) -> dict[str, str] | None:
    """The scalar entries of a YAML mapping, with every mistake at its place."""
    text = source.text[span.start : span.end]
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        at = Span(span.start + mark.index, span.start + mark.index + 1) if mark else span
        hint = "put the text in quotes if it holds ': ' or begins with a special character"
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
            message = f"'{key.value}' must be a text"
            issues.append(source.issue("front-matter", _yaml_span(value, span.start), message))
        elif key.value == "updated" and not _is_date(value.value):
            message, hint = f"'{value.value}' is not a date", "write it as 2026-01-31"
            at = _yaml_span(value, span.start)
            issues.append(source.issue("front-matter-date", at, message, hint))
        else:
            values[key.value] = " ".join(value.value.split())
    return values


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


@dataclass(frozen=True)
class _Opening:
    """The first line of a block, and the range of the lines inside it."""

    at: Span
    argument: Span
    body: Span


class Reader:
    """Reads ranges of one source: structure line by line, text through the inline scanner."""

    def __init__(self, source: Source, issues: list[Issue]) -> None:
        self.source = source
        self.text = source.text
        self.issues = issues

    def report(self, rule: Rule, at: Span, message: str, hint: str = "") -> None:
        self.issues.append(self.source.issue(rule, at, message, hint))

    def fragment(self, span: Span) -> Fragment:
        """The block-level fragment of a range."""
        writer = Writer()
        scanner = Scanner(self.source, writer, self.issues)
        text_start = position = span.start
        while match := STRUCTURE.search(self.text, position, span.end):
            handled = self._structure(match, span.end, writer, scanner, text_start)
            if handled is None:
                position = match.end()
            else:
                text_start = position = handled
        scanner.scan(text_start, span.end)
        return writer.fragment()

    def _structure(
        self, match: re.Match[str], end: int, writer: Writer, scanner: Scanner, text_start: int
    ) -> int | None:
        """Handle a line that is not running text and give its end; None if it is text."""
        if match["underline"]:
            self._check_underline(match)
            return None
        if match["definition"]:
            message = "links by reference are not part of the book's Markdown"
            at = Span(*match.span("definition"))
            self.report("link-style", at, message, "write [text](address)")
            return None
        scanner.scan(text_start, match.start())
        if match["fence"]:
            if is_runnable(match):
                cell, close = read_cell(self.source, match, end, self.report)
                if cell:
                    writer.place_block(cell)
                return close
            close = self._fence_end(match, end)
            writer.put(self.text[match.start() : close])
            return close
        if match["heading"]:
            writer.place_block(self.heading(match))
            return match.end()
        if match["block"]:
            return self._block(match, end, writer)
        return self._skip_comment(match, end)

    def _check_underline(self, match: re.Match[str]) -> None:
        """A line of dashes under text is a heading elsewhere; here it would be a ruler."""
        line_start = match.start()
        previous = self.text.rfind("\n", 0, max(0, line_start - 1)) + 1
        above = self.text[previous : max(0, line_start - 1)].strip()
        if above and not above.startswith((":::", "```", "~~~", "#", "|", "<")):
            message = "underlined headings are not part of the book's Markdown"
            at = Span(*match.span("underline"))
            self.report("heading-style", at, message, "write '## Heading', or leave a blank line")

    def _fence_end(self, match: re.Match[str], end: int, *, silent: bool = False) -> int:
        """Offset of the end of a fenced code block's last line."""
        ticks = match["ticks"]
        if not silent:
            self._check_language(match)
        close = fence_close(ticks[0], len(ticks)).search(self.text, match.end(), end)
        if close:
            return close.end()
        if not silent:
            at = Span(*match.span("ticks"))
            hint = f"close it with a line '{ticks}'"
            self.report("code-closed", at, "this code block is not closed", hint)
        return end

    def _check_language(self, match: re.Match[str]) -> None:
        language = LANGUAGE.match(match["info"])
        if language and not _is_language(language[1]):
            start = match.start("info")
            at = Span(start + language.start(1), start + language.end(1))
            message = f"unknown language '{language[1]}' of a code block"
            self.report("code-language", at, message, "'text' leaves it as it is")

    def _skip_comment(self, match: re.Match[str], end: int) -> int:
        close = self.text.find("-->", match.end(), end)
        if close < 0:
            at = Span(match.end() - 4, match.end())
            self.report("comment-closed", at, "this comment is not closed", "close it with -->")
            return match.end()
        return close + 3

    def heading(self, match: re.Match[str]) -> Heading:
        """The heading of a matched `## Text {#id}` line."""
        start, text = match.start("text"), match["text"]
        given = HEADING_ID.search(text)
        id_at = Span(start + given.start(1), start + given.end(1)) if given else Span(0, 0)
        if given:
            self.check_identifier(given[1], id_at)
            text = text[: given.start()]
        text = CLOSING_HASHES.sub("", text)
        at = Span(match.start(), start + len(text))
        inner = phrase(self.source, Span(start, start + len(text)), self.issues)
        return Heading(at, len(match["hashes"]), given[1] if given else "", id_at, inner)

    def check_identifier(self, name: str, at: Span) -> None:
        if not IDENTIFIER.fullmatch(name):
            message = f"'{name}' cannot be an id"
            self.report("id-syntax", at, message, IDENTIFIER_HINT)

    def _block(self, match: re.Match[str], end: int, writer: Writer) -> int:
        at = Span(match.start("block") + len(match["indent"]), match.end("block"))
        name = match["name"]
        if not name:
            message = "this ':::' closes a block that was never opened"
            self.report("block-open", at, message)
            return match.end()
        name_at = Span(*match.span("name"))
        if match["indent"]:
            message = "a block must begin at the left margin"
            self.report("block-indent", at, message)
        reader = BLOCKS.get(name)
        if reader is None:
            message = f"unknown block '{name}'"
            self.report("block-known", name_at, message, suggest(name, BLOCKS))
        close = self._block_end(match.end(), end)
        if close is None:
            message = f"this '{name}' block is not closed"
            self.report("block-closed", at, message, "close it with a line that holds only ':::'")
            return match.end()
        if reader:
            body = Span(min(match.end() + 1, close.start()), close.start())
            opening = _Opening(at, Span(*match.span("argument")), body)
            writer.place_block(reader(self, opening))
        else:  # its text is checked like any other
            text = self.fragment(Span(match.end(), close.start()))
            writer.place_block(KeyIdea(at, text))
        return close.end()

    def _block_end(self, position: int, end: int) -> re.Match[str] | None:
        """The `:::` line that closes the block whose inside begins at `position`."""
        depth = 1
        while match := STRUCTURE.search(self.text, position, end):
            position = match.end()
            if match["fence"]:
                position = self._fence_end(match, end, silent=True)
            elif match["comment"]:
                close = self.text.find("-->", position, end)
                position = close + 3 if close >= 0 else position
            elif match["block"]:
                depth += 1 if match["name"] else -1
                if depth == 0:
                    return match
        return None

    def settings(self, body: Span) -> tuple[tuple[Setting, ...], int]:
        """The `key: value` lines up to the first blank line, and the offset after them."""
        found: list[Setting] = []
        position = body.start
        for start, line in self._lines(body):
            if not line.strip():
                return tuple(found), start
            match = SETTING.match(line)
            if match is None:
                at = Span(start, start + len(line))
                hint = "leave a blank line before the text"
                self.report("option-syntax", at, "expected a line 'key: value'", hint)
            else:
                key_at = Span(start + match.start(1), start + match.end(1))
                value_at = Span(start + match.start(2), start + match.end(2))
                found.append(Setting(match[1], match[2], key_at, value_at))
            position = start + len(line)
        return tuple(found), position

    def _lines(self, span: Span) -> Iterator[tuple[int, str]]:
        position = span.start
        while position < span.end:
            end = self.text.find("\n", position, span.end)
            end = span.end if end < 0 else end
            yield position, self.text[position:end]
            position = end + 1

    def no_argument(self, opening: _Opening) -> None:
        if opening.argument.length:
            unexpected = self.text[opening.argument.start : opening.argument.end]
            message = f"this block takes no name, found '{unexpected}'"
            self.report("block-argument", opening.argument, message)

    def stripped(self, span: Span) -> Span:
        text = self.text[span.start : span.end]
        start = span.start + len(text) - len(text.lstrip())
        return Span(start, max(start, span.start + len(text.rstrip())))


def _figure(reader: Reader, opening: _Opening) -> Node:
    name = reader.text[opening.argument.start : opening.argument.end]
    name_at = opening.argument if name else opening.at
    if not name:
        hint = "write '::: figure NAME'"
        reader.report("block-argument", opening.at, "this block does not name a figure", hint)
    settings, after = reader.settings(opening.body)
    for setting in settings:
        if setting.key == "id":
            reader.check_identifier(setting.value, setting.value_at)
    tried = TRY.search(reader.text, after, opening.body.end)
    caption_end = tried.start() if tried else opening.body.end
    caption = reader.fragment(Span(after, caption_end))
    if not caption.html:
        hint = "after the options, a blank line, then the takeaway in a sentence"
        reader.report("figure-caption", opening.at, "this figure has no caption", hint)
    if tried is None:
        return FigureBlock(opening.at, name, name_at, settings, caption, None)
    try_at = reader.stripped(Span(tried.end(), opening.body.end))
    try_ = phrase(reader.source, try_at, reader.issues)
    return FigureBlock(opening.at, name, name_at, settings, caption, try_)


def _key_idea(reader: Reader, opening: _Opening) -> Node:
    reader.no_argument(opening)
    body = reader.fragment(opening.body)
    if not body.html:
        reader.report("block-empty", opening.at, "this block is empty")
    return KeyIdea(opening.at, body)


def _listing(reader: Reader, opening: _Opening) -> Node:
    start, end = opening.argument.start, opening.argument.end
    path, hash_, name = reader.text[start:end].partition("#")
    path_at = Span(start, start + len(path))
    if not (path.endswith(".py") and name):
        hint = "write '::: listing FOLDER/FILE.py#NAME'"
        at = opening.argument if path or hash_ else opening.at
        reader.report("block-argument", at, "this block does not name a Python definition", hint)
        path = name = ""
    caption = reader.fragment(opening.body)
    return ListingBlock(opening.at, path, name, path_at, Span(end - len(name), end), caption)


def _predict(reader: Reader, opening: _Opening) -> Node:
    reader.no_argument(opening)
    body = opening.body
    first_choice = CHOICE.search(reader.text, body.start, body.end)
    settings_end = first_choice.start() if first_choice else body.end
    settings, after = reader.settings(Span(body.start, settings_end))
    question = Fragment("")
    for setting in settings:
        if setting.key == "question":
            question = phrase(reader.source, setting.value_at, reader.issues)
        else:
            message = f"unknown option '{setting.key}' of a predict block"
            hint = suggest(setting.key, ["question"])
            reader.report("option-known", setting.key_at, message, hint)
    if not question.html:
        hint = "begin with a line 'question: …'"
        reader.report("predict-question", opening.at, "this prediction asks nothing", hint)
    choices, after = _choices(reader, Span(after, body.end))
    if len(choices) < 2:
        hint = "add lines '- choice' after the question"
        message = f"a prediction needs two choices or more, found {len(choices)}"
        reader.report("predict-choices", opening.at, message, hint)
    answer = reader.fragment(Span(after, body.end))
    if not answer.html:
        hint = "after the choices, a blank line, then what happens"
        reader.report("predict-answer", opening.at, "this prediction is never resolved", hint)
    return Predict(opening.at, question, choices, answer)


def _choices(reader: Reader, span: Span) -> tuple[tuple[Fragment, ...], int]:
    """The list items that come first in a range, and the offset after them."""
    position = reader.stripped(span).start
    found = []
    while match := CHOICE.match(reader.text, position, span.end):
        found.append(phrase(reader.source, Span(*match.span(1)), reader.issues))
        position = min(match.end() + 1, span.end)
    return tuple(found), position


def _exercise(reader: Reader, opening: _Opening) -> Node:
    reader.no_argument(opening)
    body = opening.body
    split = ANSWER.search(reader.text, body.start, body.end)
    text = reader.fragment(Span(body.start, split.start() if split else body.end))
    answer = reader.fragment(Span(split.end(), body.end)) if split else Fragment("")
    if not text.html:
        reader.report("block-empty", opening.at, "this exercise sets no task")
    if not answer.html:
        hint = "add a line '--- answer' and the answer below it"
        reader.report("exercise-answer", opening.at, "this exercise has no answer", hint)
    return Exercise(opening.at, text, answer)


BLOCKS: dict[str, Callable[[Reader, _Opening], Node]] = {
    "exercise": _exercise,
    "figure": _figure,
    "key-idea": _key_idea,
    "listing": _listing,
    "predict": _predict,
}
