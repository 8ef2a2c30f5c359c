"""Finds the book's constructs inside running text: math, citations, references, notes, numbers.

The scanner writes code and images, checks links and raw HTML, and hands the rest on as plain
Markdown in which each construct is a placeholder. Every construct ends in the paragraph where it
begins, so a forgotten bracket never swallows the chapter and the work stays linear.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache

from markdown_it.common.utils import unescapeAll
from markupsafe import Markup

from builder.issues.issue import Issue, Span, suggest
from builder.issues.rules import Rule
from builder.parse.document import (
    Citation,
    CrossReference,
    Destination,
    Fragment,
    HeldNumber,
    Math,
    Metric,
    Node,
    Sidenote,
    Term,
    Verdict,
    placeholder,
)
from builder.parse.elements import ELEMENTS
from builder.parse.open_tags import OpenTags
from builder.parse.passage import Passage
from builder.parse.prose import raw_placeholder, to_phrase

TOKEN = re.compile(
    r"(?=[\\`$^\[!\]{<@])(?:"  # looked for first: most characters begin nothing
    r"(?P<environment>\\begin\{)"
    r"|(?P<round>\\\()"
    r"|(?P<square>\\\[)"
    r"|(?P<escape>\\[^\n])"
    r"|(?P<code>`+)"
    r"|(?P<display>\$\$)"
    r"|(?P<math>\$)"
    r"|(?P<note>\^\[)"
    r"|(?P<term>\[\[)"
    r"|(?P<cite>\[(?=(?:[^\[\]@\n`$]*[\s;])?-?@\w|@[ \t]+\w))"
    r"|(?P<narrative>(?<![\w@./\\\[-])@(?=[^\W\d]|\d{4}))"
    r"|(?P<footnote>\[\^)"
    r"|(?P<reference>\[\]\()"
    r"|(?P<image>!\[)"
    r"|(?P<open>\[)"
    r"|(?P<destination>\]\()"
    r"|(?P<reference_style>\]\[)"
    r"|(?P<close>\])"
    r"|(?P<expression>\{\{)"
    r"|(?P<attributes>\{(?:[:.#][^{}\n]*|[\w-]+=[^{}\n]*)\})"
    r"|(?P<comment><!--)"
    r"|(?P<declaration><![A-Za-z][^>]*>|<\?(?s:.*?)\?>|<!\[CDATA\[(?s:.*?)\]\]>)"
    r"|(?P<tag></?[A-Za-z]))"
)
BLANK_LINE = re.compile(r"\n[ \t>]*\n")
MATH_END = re.compile(r"(?<![\\\s])\$(?!\d)")
SIGN = re.compile(r"(?<!\\)\$")
BRACES = re.compile(r"\\.|[{}]", re.DOTALL)
BACKSLASHES = re.compile(r"(?<!\\)(?:\\\\)*\\\Z")
"""A backslash at the end that another does not escape."""
CODE_AS_MATH = re.compile(r"\$`([^`\n]+)`\$")
"""A formula as GitLab has it, and GitHub too."""
PERCENT = re.compile(r"(?<!\\)(?:\\\\)*(?P<sign>%)")
"""A percent sign that begins a comment in TeX: what stands behind it in its line is lost."""
BAR = re.compile(r"(?<!\\)\|")
MATH_BLANK = re.compile(r"(?<!\\)\$(?!\s*\d)")
"""The end of a formula that has a blank before it; what has a number after it is a price."""
ENVIRONMENT = re.compile(r"\\begin\{(\w+\*?)\}")
DISPLAYED = frozenset({"align", "alignat", "displaymath", "equation", "gather", "math", "multline"})
"""Environments that begin a formula in LaTeX by themselves."""
UNWRAPPED = frozenset({"displaymath", "math"})
"""Environments that only begin a formula and change nothing in it."""
LONGEST_QUOTED = 60
"""Characters of a formula that a hint writes out."""
IDENTIFIER = re.compile(r"[a-z][a-z0-9-]*")
IDENTIFIER_HINT = "lower-case letters, digits and hyphens, a letter first"
EQUATION_ID = re.compile(r"[ \t]*\n?[ \t]*\{#([^{}\n]*)\}")
BRACKETS = re.compile(r"\\.|(?P<code>`+)|\[|\]", re.DOTALL)
BRACKETS_AND_FORMULAS = re.compile(
    rf"(?P<display>\$\$)|(?P<math>\$(?=[^\s\d]))|(?P<round>\\\()|{BRACKETS.pattern}", re.DOTALL
)
TERM = re.compile(r"\[\[([^\[\]|\n]+)(?:\|([^\[\]]+))?\]\]")
CITATIONS = re.compile(r"\[([^\[\]]*)\](?!\()")
CITATION = re.compile(r"\s*(?:([^@]*?)\s+)?-?@([\w:./+-]*\w)\s*(?:,\s*([^;]*?))?\s*\Z")
NARRATIVE = re.compile(
    r"@(\w(?:[\w:./+-]*\w)?)"
    r"(?:[ \t]+\[(?P<locator>[^\[\]@^!\n]+)\](?![(:\[]))?"
)
"""A key in a sentence, where four digits begin one, as in `@2014arXiv1401.4082J`, and fewer are a
number: `@5`."""
BARE = r"(?:\\(?:[()<>]|(?![()<>]))|[^ \t\n()<>\\])*"
"""Part of an address without blanks, and without brackets but escaped ones."""
DESTINATION = re.compile(
    rf"""\]\([ \t\n]*(?:<(?P<angle>[^<>\n]*)>|(?P<bare>{BARE}(?:\({BARE}\){BARE})*))"""
    r"""(?P<title>[ \t\n]+(?:"[^"\n]*"|'[^'\n]*'|\([^()\n]*\)))?[ \t\n]*\)"""
)
WITH_BLANKS = re.compile(
    r"""\]\([ \t\n]*(?P<bare>[^ \t\n()<>][^()<>]*?(?:\([^()]*\)[^()<>]*?)*)"""
    r"""(?P<title>[ \t\n]+(?:"[^"\n]*"|'[^'\n]*'))?[ \t\n]*\)"""
)
"""A destination that CommonMark would not read, though its author meant one: it is checked too."""
EXPRESSION = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
METRIC = re.compile(
    r"""\{\{\s*metric\(\s*(["'])(?P<model>.*?)\1\s*,\s*(["'])(?P<name>.*?)\3"""
    r"""(?:\s*,\s*(["'])(?P<format>.*?)\5)?\s*\)\s*\}\}"""
)
STATE = re.compile(
    r"""\{\{\s*state\(\s*(["'])(?P<figure>.*?)\1\s*,\s*(["'])(?P<key>.*?)\3\s*\)\s*\}\}"""
)
VERDICT = re.compile(r"""\{\{\s*verdict\(\s*(["'])(?P<model>.*?)\1\s*\)\s*\}\}""")
NAME = re.compile(r"\{\{\s*(\w+)")
OURS_IN_FORMULA = re.compile(r"\{\{\s*(?:metric|state|verdict)\(.*?\}\}")
EXPRESSIONS = {
    "metric": '{{ metric("model", "split.name") }}',
    "state": '{{ state("fig-…", "k") }}',
    "verdict": '{{ verdict("model") }}',
}
"""Name → what is written."""
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
AUTOLINK = re.compile(r"<[A-Za-z][A-Za-z0-9+.-]*:[^<>\s]*>|<[^<>\s@]+@[^<>\s@]+>")
TAG = re.compile(r"""</?([A-Za-z][A-Za-z0-9-]*)((?=[\s/>])(?:[^<>"']|"[^"]*"|'[^']*')*)>""")
ATTRIBUTE = re.compile(r"""([^\s=>"'/]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?""")
ADDRESS_ATTRIBUTES = frozenset(
    {"src", "href", "srcset", "action", "formaction", "data", "poster", "cite", "xlink:href"}
)
FORBIDDEN_TAGS = frozenset(
    {"iframe", "object", "embed", "link", "meta", "base", "form", "frame", "frameset"}
)
VERBATIM_TAGS = frozenset({"code", "pre", "kbd", "samp"})
FOREIGN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//")
LINK_HINT = "write [text](address), and < > around an address with brackets in it"
LINKABLE = ("https://", "http://", "mailto:")
OWN_ESCAPES = frozenset("$^@{[")
"""Characters whose backslash HTML blocks lose too, because our syntax gives them meaning there."""
IN_HTML = frozenset(
    {"display", "math", "environment", "round", "square", "note", "term", "cite", "reference",
     "expression", "comment", "tag"}
)  # fmt: skip
"""What is read inside a block of HTML, where Markdown is not."""
ROLE = re.compile(r"(?:\{(?P<myst>[A-Za-z][\w:-]*)\}|:(?P<other>[A-Za-z][\w-]*):)$")
ROLE_HINTS = {
    "write [](#id), [](#fig-…) or [](#tab-…)": ("ref", "numref", "label", "eqref", "fig"),
    "write [@key]": ("cite", "citet", "citep", "cite:p", "cite:t"),
    "write $…$": ("math", "eq"),
    "write [[term]]": ("term",),
    "write [text](page.md)": ("doc", "download"),
}
COMMAND = re.compile(r"\\(?!end\b)(?P<name>[A-Za-z]+)\*?(?:\[[^\[\]\n]*\])*\{(?:[^{}\n]*\})?")
COMMAND_HINTS = {
    "write [@key]": ("cite", "citet", "citep", "parencite", "textcite", "autocite"),
    "write [](#id)": ("ref", "eqref", "autoref", "cref", "Cref", "pageref", "nameref"),
    "write {#id} at the end of a heading, or behind $$": ("label",),
    "write **…**": ("textbf",),
    "write *…*": ("emph", "textit", "textsl", "underline"),
    "write `…`": ("texttt",),
    "write ^[…]": ("footnote",),
    "write '## Heading'": ("chapter", "section", "subsection", "subsubsection", "paragraph"),
    "write [text](address)": ("href", "url"),
    "write ![what it shows](file.png)": ("includegraphics",),
}
"""What to write in place of a LaTeX command; those that are not here belong into a formula."""
ATTRIBUTE_HINTS = {
    "#": "an id stands at the end of a heading, or in a block's line 'id: …'",
    "w": "a picture is as wide as the text; a file of another size changes that",
}
FOREIGN_MARK = re.compile(
    r"(?P<address>(?<![\w/.:])(?<!\]: )https?://[^\s<>]+)"
    r"|(?P<mark>(?<![\w=])==(?=[^\s=])[^=\n]*[^\s=]==(?![\w=]))"
    r"|(?P<inserted>(?<![\w+])\+\+(?=[^\s+])[^+\n]*[^\s+]\+\+(?![\w+]))"
    r"|(?P<lower>(?<![~\s])~[^\s~]+~(?!~))"
    r"|(?P<upper>(?<=[\w)])\^[^\s^]+\^)"
    r"|(?P<tildes>(?<!~)~{3,}(?!~))"
    r"|(?P<struck>(?<![~\w])~(?=[^\s~])[^~\n]*[^\s~]~(?![~\w]))"
    r"|(?P<emoji>(?<![\w:]):[a-z][a-z_]+[a-z]:(?![\w:]))"
)
FOREIGN_SIGN = re.compile(r"[=+~^:]")
"""What each of them has in it; most texts have none."""
FOREIGN_MARKS = {
    "address": ("an address alone is no link here", "write <https://…>"),
    "mark": ("'==' marks nothing here", "write *…* or **…**"),
    "inserted": ("'++' marks nothing here", "write *…* or **…**"),
    "lower": ("'~' sets nothing lower here", "write $_…$ or <sub>…</sub>"),
    "upper": ("'^' sets nothing higher here", "write $^…$ or <sup>…</sup>"),
    "struck": ("one '~' strikes nothing out here", "write ~~…~~"),
    "tildes": ("three '~' or more strike nothing out", "write ~~…~~"),
    "emoji": ("a name between colons is no sign here", "write the sign itself"),
}
"""What others read in a text that stands as it is here: what is said of each, and a hint."""


@cache
def _closing_ticks(count: int) -> re.Pattern[str]:
    return re.compile(rf"(?<!`)`{{{count}}}(?!`)")


def _depth(text: str, start: int, end: int) -> int:
    """How many braces are open at the end of a range of TeX."""
    depth = 0
    for brace in BRACES.finditer(text, start, end):
        depth += {"{": 1, "}": -1}.get(brace[0], 0)
    return depth


def is_foreign(address: str) -> bool:
    """Whether an address leaves the book, blanks in it or not."""
    return FOREIGN.match("".join(address.split())) is not None


@dataclass
class Writer:
    """Markdown in the making, with the nodes and the HTML of its placeholders."""

    parts: list[str] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    raw: list[str] = field(default_factory=list)

    def put(self, text: str) -> None:
        self.parts.append(text)

    def place(self, node: Node) -> None:
        self.parts.append(placeholder(len(self.nodes)))
        self.nodes.append(node)

    def place_raw(self, made: str, *, block: bool = False) -> None:
        """HTML that Markdown must not touch."""
        self.parts.append(raw_placeholder(len(self.raw), block=block))
        self.raw.append(made)

    def take(self, start: int = 0) -> str:
        """What was written from a part on, which is taken away."""
        text = "".join(self.parts[start:])
        del self.parts[start:]
        return text


def phrase(passage: Passage, issues: list[Issue]) -> Fragment:
    """The inline fragment of a passage."""
    writer = Writer()
    Scanner(passage, writer, issues).scan(0, len(passage.text))
    made = to_phrase(writer.take(), writer.raw)
    check_destinations(passage, made, writer.nodes, issues)
    return Fragment(made, tuple(writer.nodes))


def check_destinations(
    passage: Passage, made: str, nodes: Iterable[Node], issues: list[Issue]
) -> None:
    """Every address must have become one of the page: none is lost without a word."""
    for index, node in enumerate(nodes):
        if isinstance(node, Destination) and not re.search(
            f"<[^<>]*{placeholder(index)}[^<>]*>", made
        ):
            message = "this address is not read as that of a link or of an image"
            issues.append(passage.source.issue("link-syntax", node.at, message, LINK_HINT))


@dataclass
class _Bracket:
    """A bracket that may open a link, and the writer's part that it is."""

    match: re.Match[str]
    part: int
    holds_link: bool = False
    number: tuple[int, int] | None = None
    """The last number inside that a hand can turn."""


class Scanner:
    """Scans one passage into a writer; in a block of HTML, whose tags may end in a later `block`,
    only what is our own."""

    def __init__(
        self, passage: Passage, writer: Writer, issues: list[Issue], block: OpenTags | None = None
    ) -> None:
        self.passage = passage
        self.text = passage.text
        self.writer = writer
        self.issues = issues
        self.html = block is not None
        self.tags = block or OpenTags(passage.source, issues)
        self.end = 0
        self.limit = 0
        self.brackets: list[_Bracket] = []

    def scan(self, start: int, end: int) -> None:
        """Write the range to the writer; `end` is the end of a line, or of a phrase."""
        self.end, self.limit, position = end, start, start
        while match := TOKEN.search(self.text, position, end):
            self._plain(position, match.start())
            if match.start() >= self.limit:
                blank = BLANK_LINE.search(self.text, match.start(), end)
                self.limit = blank.start() if blank else end
                self.brackets.clear()
            name = match.lastgroup or ""
            reads = not self.html or name in IN_HTML or name == "escape"
            position = HANDLERS[name](self, match) if reads else self._verbatim(match)
        self._plain(position, end)
        if not self.html:
            self.tags.finish()

    def _plain(self, start: int, end: int) -> None:
        """Text in which nothing begins that is ours."""
        self.writer.put(self.text[start:end])
        if self.html or not FOREIGN_SIGN.search(self.text, start, end):
            return
        for mark in FOREIGN_MARK.finditer(self.text, start, end):
            kind = mark.lastgroup or ""
            if kind == "address" and self.brackets:
                continue  # what a link shows
            if kind == "emoji" and self.text.startswith("`", mark.end()):
                continue  # a role
            self.report("mark-style", *mark.span(), *FOREIGN_MARKS[kind])

    def report(self, rule: Rule, start: int, end: int, message: str, hint: str = "") -> None:
        self.issues.append(self.passage.issue(rule, start, end, message, hint))

    def _verbatim(self, match: re.Match[str]) -> int:
        self.writer.put(match[0])
        return match.end()

    def _escape(self, match: re.Match[str]) -> int:
        if command := COMMAND.match(self.text, match.start(), self.limit):
            message = f"the LaTeX command '\\{command['name']}' is shown as typed here"
            hints = (hint for hint, names in COMMAND_HINTS.items() if command["name"] in names)
            hint = next(hints, "put it between $ and $, or in backticks")
            self.report("mark-style", *command.span(), message, hint)
        own = self.html and match[0][1] in OWN_ESCAPES
        self.writer.put(match[0][1] if own else match[0])
        return match.end()

    def _code(self, match: re.Match[str]) -> int:
        close = _closing_ticks(len(match[0])).search(self.text, match.end(), self.limit)
        if close is None:
            self.writer.put("\\`" * len(match[0]))
            return match.end()
        self._check_role(match.start(), close.end())
        code = self.text[match.end() : close.start()].replace("\n", " ")
        if code.strip() and code[0] == code[-1] == " ":
            code = code[1:-1]
        self.writer.place_raw(f"<code>{html.escape(code, quote=False)}</code>")
        return close.end()

    def _check_role(self, start: int, end: int) -> None:
        """`{ref}` or `:numref:` before code makes it something else elsewhere; here it is code."""
        role = ROLE.search(self.text, max(0, start - 40), start)
        if role is None:
            return
        name = (role["myst"] or role["other"]).lower()
        hint = next((hint for hint, names in ROLE_HINTS.items() if name in names), "")
        message = f"the role '{name}' is not part of the book's Markdown"
        self.report("role-style", role.start(), end, message, hint)

    def _math(self, match: re.Match[str]) -> int:
        start, mark = match.end(), match[0]
        display = mark == "$$"
        if not display and (start >= self.limit or self.text[start].isspace()):
            return self._blank_inside(match) or self._verbatim(match)
        if display:
            end = self.text.find(mark, start, self.limit)
            after = end + 2
        else:
            close = self._math_end(start + 1)
            end, after = (close.start(), close.end()) if close else (-1, -1)
            if "`" in self.text[start:end]:
                end = -1  # code between two dollar signs: they are prices, not a formula
            elif close and self._holds_sign(start, end) and (told := self._blank_inside(match)):
                return told
        if end < 0:
            price = not display and self.text[start].isdigit()
            if not display and not price and (told := self._blank_inside(match)):
                return told
            if not price:
                hint = r"write \$ for a dollar sign"
                message = f"this {mark} opens a formula that does not end in its paragraph"
                if code := CODE_AS_MATH.match(self.text, match.start(), self.limit):
                    hint = f"write ${code[1]}$; {hint}"
                if display and mark in self.passage.source.text[self.passage.offset(start) :]:
                    hint = f"no blank line can stand inside a formula; {hint}"
                self.report("math-closed", match.start(), start, message, hint)
            return self._verbatim(match)
        return self._formula(start, end, after, display=display)

    def _math_end(self, start: int) -> re.Match[str] | None:
        """The sign that ends a formula: the first outside of braces, since `\\text{if $x$}` has
        formulas inside; the first of all where braces do not match."""
        first = None
        position = begin = start
        while close := MATH_END.search(self.text, position, self.limit):
            first = first or close
            if not _depth(self.text, begin, close.start()):
                return close
            position = close.end()
        return first

    def _holds_sign(self, start: int, end: int) -> bool:
        """Whether a dollar sign stands in the range that no braces are around."""
        signs = SIGN.finditer(self.text, start, end)
        return any(not _depth(self.text, start, sign.start()) for sign in signs)

    def _formula(self, start: int, end: int, after: int, *, display: bool) -> int:
        """Place the formula of that range, with the id behind it; the offset after both."""
        raw = self.text[start:end]
        first = start + len(raw) - len(raw.lstrip())
        last = first + len(raw.strip())
        if last < end and BACKSLASHES.search(raw.strip()):
            last += 1  # a backslash before a blank is a command
        tex, at = self.passage.padded(first, last), self.passage.span(first, last)
        inside = OURS_IN_FORMULA.search(self.text, first, last)
        if inside:
            message, hint = "in a formula this is not read", "write it behind the formula"
            self.report("expression", *inside.span(), message, hint)
        self._check_bars(first, last)
        for percent in () if inside else PERCENT.finditer(self.text, first, last):
            sign = percent.start("sign")
            if display and "\n" in self.text[sign:end]:
                continue  # a remark at the end of a line
            message, hint = "% begins a comment in TeX: what follows is not shown", r"write \%"
            self.report("math", sign, sign + 1, message, hint)
            place = self.passage.offset(sign) - at.start
            tex = f"{tex[:place]} {tex[place + 1 :]}"  # what it hides is no second mistake
        given = EQUATION_ID.match(self.text, after, self.limit)
        if given is None:
            self.writer.place(Math(at, tex, display))
            return after
        id_at = self.passage.span(*given.span(1))
        if not display:
            hint = "write it between $$ and $$"
            message = "a formula inside a line has no number"
            self.report("equation", *given.span(1), message, hint)
        elif not IDENTIFIER.fullmatch(given[1]):
            message, hint = f"'{given[1]}' cannot be an id", IDENTIFIER_HINT
            self.report("id-syntax", *given.span(1), message, hint)
        self.writer.place(Math(at, tex, display, given[1] if display else "", id_at))
        return given.end()

    def _check_bars(self, first: int, last: int) -> None:
        """A warning of what looks like a norm in a table's cell, where `\\|` is one bar."""
        places = [self.passage.offset(bar.start()) for bar in BAR.finditer(self.text, first, last)]
        text = self.passage.source.text
        escaped = [place for place in places if text[place - 1] == "\\"]
        if len(escaped) > 1:
            at = Span(escaped[0] - 1, escaped[0] + 1)
            message = r"in a table \| is one bar, not the two of a norm"
            hint = r"write \lVert x \rVert, or \lvert x \rvert where one bar is meant"
            issue = self.passage.source.issue("math-bar", at, message, hint, "warning")
            self.issues.append(issue)

    def _blank_inside(self, match: re.Match[str]) -> int:
        """The offset after a formula that has a blank inside its dollar signs; 0 if none begins."""
        start = match.end()
        close = MATH_BLANK.search(self.text, start, self.limit)
        inside = self.text[start : close.start()] if close else ""
        if close is None or not inside.strip() or "`" in inside:
            return 0
        hint = rf"write ${' '.join(inside.split())}$, or \$ for a dollar sign"
        if len(inside) > LONGEST_QUOTED:
            hint = r"put the signs close to the formula, or write \$ for a dollar sign"
        message = "a blank stands between a formula and its dollar sign"
        self.report("math-blank", match.start(), start, message, hint)
        self.writer.put(self.text[match.start() : close.end()].replace("](", "\\]("))
        return close.end()

    def _round(self, match: re.Match[str]) -> int:
        """LaTeX's own signs of a formula: `\\(…\\)`."""
        end = self.text.find(r"\)", match.end(), self.limit)
        if end < 0 or "`" in self.text[match.end() : end]:
            return self._escape(match)
        return self._formula(match.end(), end, end + 2, display=False)

    def _square(self, match: re.Match[str]) -> int:
        """`\\[…\\]`: a formula where it stands alone; Markdown has it for brackets, too."""
        end = self.text.find(r"\]", match.end(), self.limit)
        if end < 0 or "`" in self.text[match.end() : end]:
            return self._escape(match)
        line = self.text.rfind("\n", 0, match.start()) + 1
        if self.text[line : match.start()].strip() or self.text[end + 2 : self.limit].strip():
            hint = r"write $$…$$ for a formula, \[…] for brackets"
            message = r"this \[ is a bracket here, and begins a formula elsewhere"
            self.report("math-bracket", match.start(), match.end(), message, hint)
            return self._escape(match)
        return self._formula(match.end(), end, end + 2, display=True)

    def _environment(self, match: re.Match[str]) -> int:
        """A formula that needs no dollar signs: `\\begin{align}` … `\\end{align}`."""
        found = ENVIRONMENT.match(self.text, match.start(), self.limit)
        name = found[1] if found else ""
        close = self.text.find(rf"\end{{{name}}}", match.end(), self.limit)
        if name.removesuffix("*") not in DISPLAYED or close < 0:
            message = rf"this \begin{{{name}}} is not inside a formula"
            hint = "put $$ before it and behind its end"
            if name.removesuffix("*") in DISPLAYED:
                message, hint = rf"this \begin{{{name}}} does not end in its paragraph", ""
            self.report("math-closed", match.start(), match.end(), message, hint)
            return self._verbatim(match)
        end = close + len(rf"\end{{{name}}}")
        if name in UNWRAPPED:
            return self._formula(match.end() + len(name) + 1, close, end, display=name != "math")
        return self._formula(match.start(), end, end, display=True)

    def _closing_bracket(self, position: int) -> int:
        """Offset of the bracket that closes the one just before `position`, or -1.

        Those in formulas do not count, unless nothing else closes it: a dollar sign may be one.
        """
        for marks in (BRACKETS_AND_FORMULAS, BRACKETS):
            depth, start = 1, position
            while depth and (match := marks.search(self.text, start, self.limit)):
                start = self._end_of_inside(match)
                depth += {"[": 1, "]": -1}.get(match[0], 0)
            if not depth:
                return start - 1
        return -1

    def _end_of_inside(self, match: re.Match[str]) -> int:
        """The offset behind the code or the formula that begins there; behind the mark alone if it
        begins none."""
        start = match.end()
        match match.lastgroup:
            case "code":
                close = _closing_ticks(len(match[0])).search(self.text, start, self.limit)
                return close.end() if close else start
            case "math":
                close = self._math_end(start + 1)
                return close.end() if close else start
            case "display" | "round":
                mark = "$$" if match.lastgroup == "display" else r"\)"
                end = self.text.find(mark, start, self.limit)
                return end + 2 if end >= 0 else start
        return start

    def _sidenote(self, match: re.Match[str]) -> int:
        end = self._closing_bracket(match.end())
        if end < 0:
            message = "this sidenote does not end in its paragraph"
            self.report("sidenote-closed", match.start(), match.end(), message, "close it with ']'")
            return self._verbatim(match)
        text = phrase(self.passage.part(match.end(), end), self.issues)
        self.writer.place(Sidenote(self.passage.span(match.start(), end + 1), text))
        return end + 1

    def _term(self, match: re.Match[str]) -> int:
        term = TERM.match(self.text, match.start(), self.limit)
        if term is None:
            return self._open(match)
        shown = self.passage.part(*term.span(2 if term[2] else 1))
        name = " ".join(term[1].split())
        text = phrase(shown, self.issues)
        self.writer.place(Term(self.passage.span(*term.span(1)), name, text))
        return term.end()

    def _citations(self, match: re.Match[str]) -> int:
        group = CITATIONS.match(self.text, match.start(), self.limit)
        if group is None and not self.text.startswith("[@", match.start()):
            return self._open(match)
        if group is None:
            self._malformed_citation(match.start(), match.end() + 1)
            return self._verbatim(match)
        position = group.start(1)
        for part in group[1].split(";"):
            cited = CITATION.match(part)
            if cited is None:
                self._malformed_citation(position, position + len(part))
            else:
                at = self.passage.span(position + cited.start(2) - 1, position + cited.end(2))
                self.writer.place(Citation(at, cited[2], cited[3] or "", cited[1] or ""))
            position += len(part) + 1
        return group.end()

    def _narrative(self, match: re.Match[str]) -> int:
        """`@key says`, `@key [p. 3] says`: a work whose authors are part of the sentence."""
        cited = NARRATIVE.match(self.text, match.start(), self.limit)
        if cited is None:
            return self._verbatim(match)
        at = self.passage.span(cited.start(), cited.end(1))
        self.writer.place(Citation(at, cited[1], cited["locator"] or "", narrative=True))
        return cited.end()

    def _malformed_citation(self, start: int, end: int) -> None:
        hint = "write [@key], [@key, ch. 3] or [@key; @other]"
        self.report("citation-syntax", start, end, "this citation cannot be read", hint)

    def _footnote(self, match: re.Match[str]) -> int:
        message = "the book has sidenotes in place of footnotes"
        hint = "write the note where it belongs: ^[text of the note]"
        self.report("footnote", match.start(), match.end(), message, hint)
        return self._open(match)

    def _reference(self, match: re.Match[str]) -> int:
        found, group = self._address(match.start() + 1)
        if found is None or found["title"]:
            message = "this reference cannot be read"
            self.report("link-syntax", *match.span(), message, "write [](#id)")
            self.writer.put("\\[\\](")
            return match.end()
        target = unescapeAll(" ".join(found[group].split()))
        self.writer.place(CrossReference(self.passage.span(*found.span(group)), target))
        return found.end()

    def _address(self, start: int) -> tuple[re.Match[str] | None, str]:
        """The `](…)` that begins there, blanks in its address or not, and the address's group."""
        found = DESTINATION.match(self.text, start, self.limit)
        if found and found["angle"] is not None:
            return found, "angle"
        return found or WITH_BLANKS.match(self.text, start, self.limit), "bare"

    def _open(self, match: re.Match[str]) -> int:
        self.brackets.append(_Bracket(match, len(self.writer.parts)))
        if match.lastgroup == "term":
            self.brackets.append(_Bracket(match, len(self.writer.parts)))
        return self._verbatim(match)

    def _close(self, match: re.Match[str]) -> int:
        if self.brackets:
            self.brackets.pop()
        return self._verbatim(match)

    def _destination(self, match: re.Match[str]) -> int:
        opening = self.brackets.pop() if self.brackets else None
        found, group = self._address(match.start())
        if opening is None or found is None or opening.holds_link:
            self.writer.put("\\](")
            if opening is not None:
                start = opening.match.start()
                message, hint = "this link cannot be read", LINK_HINT
                if opening.holds_link:
                    message, hint = "a link cannot hold another", "take one of them out"
                self.report("link-syntax", start, match.end(), message, hint)
            return match.end()
        address = unescapeAll(" ".join(found[group].split()))
        at = self.passage.span(*found.span(group))
        if opening.match.lastgroup == "image":
            if not self.text[opening.match.end() : match.start()].strip():
                self._image_alt(opening.match.start(), found.end())
            self._image(opening, Destination(at, address, "image"), found["title"] or "")
            return found.end()
        if opening.number:
            message = "a number that can be turned cannot stand in a link"
            self.report("expression", *opening.number, message, "put it behind the link")
        for outer in self.brackets:
            outer.holds_link = outer.match.lastgroup != "image"
        self.writer.put("](")
        self.writer.place(Destination(at, address, "link"))
        self.writer.put(f"{found['title'] or ''})")
        return found.end()

    def _image(self, opening: _Bracket, node: Destination, title: str) -> None:
        """An image with what was written since its bracket as its description."""
        inner = self.writer.take(opening.part).removeprefix("![")
        words = Markup(to_phrase(inner, self.writer.raw)).striptags()
        shown = html.escape(title.strip()[1:-1])
        self.writer.place(node)
        place = self.writer.take(len(self.writer.parts) - 1)
        title = f' title="{shown}"' if shown else ""
        self.writer.place_raw(f'<img alt="{html.escape(words)}" src="{place}"{title} />')

    def _image_alt(self, start: int, end: int) -> None:
        hint = "say what it shows: ![a cog seen from above](cog.png)"
        self.report("image-alt", start, end, "this image has no description", hint)

    def _reference_style(self, match: re.Match[str]) -> int:
        if self.brackets:
            self.brackets.pop()
            message = "links by reference are not part of the book's Markdown"
            hint = "write [text](address)"
            self.report("link-style", match.start(), match.end(), message, hint)
        return self._verbatim(match)

    def _expression(self, match: re.Match[str]) -> int:
        expression = EXPRESSION.match(self.text, match.start(), self.limit)
        if expression is None:
            message = "this {{ is not closed in its paragraph"
            self.report("expression", match.start(), match.end(), message, "close it with }}")
            return self._verbatim(match)
        start, end = expression.span()
        metric = METRIC.fullmatch(self.text, start, end)
        state = STATE.fullmatch(self.text, start, end)
        if state is not None:
            names = (self.passage.span(*state.span(group)) for group in ("figure", "key"))
            whole = self.passage.span(start, end)
            self.writer.place(HeldNumber(whole, state["figure"], state["key"], *names))
            for bracket in self.brackets:
                bracket.number = start, end
            return end
        told = VERDICT.fullmatch(self.text, start, end)
        if told is not None:
            at = self.passage.span(*told.span("model"))
            self.writer.place(Verdict(self.passage.span(start, end), told["model"], at))
            return end
        if metric is None:
            name = NAME.match(expression[0])
            known = name[1] in EXPRESSIONS if name else False
            hint = f"write {EXPRESSIONS[name[1] if name and known else 'metric']}"
            if name and not known:
                hint = suggest(name[1], EXPRESSIONS)
            self.report("expression", start, end, "this expression cannot be read", hint)
            return end
        places = {
            group: self.passage.span(*metric.span(group)) if metric[group] else Span(0, 0)
            for group in ("model", "name", "format")
        }
        model, name_, format_ = (metric[group] or "" for group in places)
        whole = self.passage.span(start, end)
        self.writer.place(Metric(whole, model, name_, format_, *places.values()))
        return end

    def _foreign_attributes(self, match: re.Match[str]) -> int:
        message = f"attributes in braces, '{match[0]}', are not part of the book's Markdown"
        hint = ATTRIBUTE_HINTS.get(match[0][1], r"take them away, or write \{ for a brace")
        self.report("attribute-style", match.start(), match.end(), message, hint)
        return self._verbatim(match)

    def _comment(self, match: re.Match[str]) -> int:
        comment = COMMENT.match(self.text, match.start(), self.end)
        if comment is None:
            message = "this comment is not closed"
            self.report("comment-closed", match.start(), match.end(), message, "close it with -->")
            return self._verbatim(match)
        if not self.html:
            self.writer.place_raw("")  # what stands beside it stays beside a tag
        return comment.end()

    def _declaration(self, match: re.Match[str]) -> int:
        """What HTML hides, and an author writes to be seen: `<!DOCTYPE html>`, `<?php … ?>`."""
        message = "in HTML this is a declaration, which a browser does not show"
        hint = "put it in backticks, or write &lt; for its first sign"
        self.report("html-element", match.start(), match.end(), message, hint)
        return self._verbatim(match)

    def _tag(self, match: re.Match[str]) -> int:
        link = AUTOLINK.match(self.text, match.start(), self.limit)
        if link:
            self._autolink(link)
            return link.end()
        tag = TAG.match(self.text, match.start(), self.limit)
        name = re.compile(r"[\w-]+").search(self.text, match.start())
        word = name[0].lower() if name else ""
        if word in {"script", "style"} or word in FORBIDDEN_TAGS:
            if not match[0].startswith("</"):
                end = tag.end() if tag else match.end()
                self._forbidden_tag(word, match.start(), end)
            return tag.end() if tag else match.end()
        if tag is None:
            return self._verbatim(match)
        if word not in ELEMENTS:
            if not match[0].startswith("</"):
                message = f"HTML has no element <{tag[1]}>: a browser shows nothing of such a tag"
                hint = f"put it in backticks, or write &lt;{tag[1]}&gt;"
                self.report("html-element", tag.start(), tag.end(), message, hint)
            return self._verbatim(match)
        at = self.passage.span(*tag.span())
        if match[0].startswith("</"):
            self.tags.end(word, at)
        else:
            self.tags.start(word, at, slash=tag[2].endswith("/"))
        part = len(self.writer.parts)
        self.writer.put(self.text[tag.start() : tag.start(2)])
        self._attributes(tag)
        self.writer.put(">")
        if not self.html:
            self.writer.place_raw(self.writer.take(part))
        if word in VERBATIM_TAGS and not match[0].startswith("</"):
            close = self.text.find(f"</{tag[1]}", tag.end(), self.end)
            if close > 0:
                self.writer.put(self.text[tag.end() : close])
                return close
        return tag.end()

    def _autolink(self, match: re.Match[str]) -> None:
        """`<https://…>`, which shows its address."""
        shown = match[0][1:-1]
        address = shown if is_foreign(shown) else f"mailto:{shown}"
        at = self.passage.span(match.start() + 1, match.end() - 1)
        self.writer.place(Destination(at, address, "link"))
        place = self.writer.take(len(self.writer.parts) - 1)
        link = f'<a href="{place}">{html.escape(shown, quote=False)}</a>'
        if self.html:
            self.writer.put(link)
        else:
            self.writer.place_raw(link)

    def _forbidden_tag(self, name: str, start: int, end: int) -> None:
        rule: Rule = "html-element"
        hint = ""
        match name:
            case "script":
                rule, hint = "html-script", "what moves is a figure: site_assets/figures/NAME"
            case "style":
                rule, hint = "html-style", "the book's looks stand in site_assets/styles"
        self.report(rule, start, end, f"<{name}> is not allowed in a chapter", hint)

    def _attributes(self, tag: re.Match[str]) -> None:
        """Write the attributes of a raw tag, reporting those that a page must not have."""
        position = tag.start(2)
        names: set[str] = set()
        for match in ATTRIBUTE.finditer(self.text, tag.start(2), tag.end(2)):
            name = match[1].lower()
            names.add(name)
            if name.startswith("on"):
                message = f"the event handler '{match[1]}' is not allowed in a chapter"
                hint = "what moves is a figure: site_assets/figures/NAME"
                self.report("html-handler", *match.span(), message, hint)
            elif name == "style":
                message = "a style attribute is not allowed in a chapter"
                hint = "use a class of site_assets/styles"
                self.report("html-style", *match.span(), message, hint)
            elif name in ADDRESS_ATTRIBUTES and match.lastindex and match.lastindex > 1:
                group = match.lastindex
                self.writer.put(self.text[position : match.start(group)])
                self._raw_address(name, match[group], self.passage.span(*match.span(group)))
                position = match.end(group)
        self.writer.put(self.text[position : tag.end(2)])
        if tag[1].lower() == "img" and "alt" not in names:
            self._image_alt(*tag.span())

    def _raw_address(self, attribute: str, address: str, at: Span) -> None:
        if is_foreign(address):
            message = f"raw HTML must not point outside the book: '{address}'"
            hint = "write a Markdown link" if attribute == "href" else "put the file in content/"
            self.issues.append(self.passage.source.issue("html-foreign", at, message, hint))
            self.writer.put(address)
        else:
            self.writer.place(Destination(at, address, "link" if attribute == "href" else "image"))


HANDLERS: dict[str, Callable[[Scanner, re.Match[str]], int]] = {
    "environment": Scanner._environment,
    "round": Scanner._round,
    "square": Scanner._square,
    "escape": Scanner._escape,
    "code": Scanner._code,
    "display": Scanner._math,
    "math": Scanner._math,
    "note": Scanner._sidenote,
    "term": Scanner._term,
    "cite": Scanner._citations,
    "narrative": Scanner._narrative,
    "footnote": Scanner._footnote,
    "reference": Scanner._reference,
    "image": Scanner._open,
    "open": Scanner._open,
    "destination": Scanner._destination,
    "reference_style": Scanner._reference_style,
    "close": Scanner._close,
    "expression": Scanner._expression,
    "attributes": Scanner._foreign_attributes,
    "comment": Scanner._comment,
    "declaration": Scanner._declaration,
    "tag": Scanner._tag,
}
"""By the name of a token in `TOKEN`: what reads on from there, and gives the offset behind it."""
