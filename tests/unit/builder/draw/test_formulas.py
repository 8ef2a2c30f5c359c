"""The usual commands by the real typesetter: all are typeset, and no style of theirs is lost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from builder.draw.figures import Bundle
from builder.draw.formulas import declarations, rule, with_styles
from builder.node.service import NodeService
from tests.browser.conftest import ROOT

USUAL = Path(__file__).parent / "usual_commands.txt"
ALONE = "alone"
"""The heading above formulas that cannot stand inside a line."""

TOLD = [
    (r"a \label{eq:a}", r"\label", 2, "{#eq-name}"),
    (r"by \eqref{eq:a}", r"\eqref", 3, "[](#eq-name)"),
    (r"\href{https://example.org}{x}", r"\href", 0, "link"),
    (r"x \includegraphics{cog.png}", r"\includegraphics", 2, "picture"),
    (r"\qty{3}{m}", r"\qty", 0, r"3\,\mathrm{m}"),
    (r"\SI{3}{\metre}", r"\SI", 0, r"3\,\mathrm{m}"),
    (r"\DeclareMathOperator{\diag}{diag}", r"\DeclareMathOperator", 0, "[math.macros]"),
    (r"\htmlStyle{color: red}{x}", r"\htmlStyle", 0, r"\textcolor"),
]
"""What cannot be: the formula, the command that is named, its place, part of the way round."""

Typeset = dict[tuple[str, bool], dict[str, str]]

SAYS_NOTHING = re.compile(r"tml-(?:display|tag|tageqn|prime)|math(?:cal|scr)|c-\w+")
"""Classes of Temml's that need no rule: for scripts, and for fonts that the book does not have."""
CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def usual() -> list[tuple[str, bool]]:
    """Each formula, and whether it can only stand alone."""
    found, kind = [], ""
    for line in USUAL.read_text("utf-8").splitlines():
        if line.startswith("## "):
            kind = line.removeprefix("## ")
        elif line and not line.startswith("# "):
            found.append((line, kind == ALONE))
    return found


@pytest.fixture(scope="module")
def service() -> Iterator[NodeService]:
    service = NodeService(ROOT / "site_assets", print)
    yield service
    service.close()


@pytest.fixture(scope="module")
def typeset(service: NodeService) -> Typeset:
    """What comes of each usual formula, by TeX and whether it stands alone."""
    wanted = [(tex, True) for tex, _ in usual()] + [(tex, False) for tex, a in usual() if not a]
    items = [{"tex": tex, "display": display} for tex, display in wanted]
    results = service.ask("math", {"items": items}).result(60)
    return dict(zip(wanted, results, strict=True))


def test_there_are_more_than_210() -> None:
    assert len(set(usual())) >= 210


def test_every_usual_command_is_typeset(typeset: Typeset) -> None:
    refused = {tex: result["error"] for tex, result in typeset.items() if "error" in result}
    assert refused == {}


def test_no_style_attribute_is_left_and_none_is_lost(typeset: Typeset) -> None:
    sheet = (ROOT / "site_assets" / "styles" / "math.css").read_text("utf-8")
    ruled = set(re.findall(r"\.([\w-]+)", sheet))
    for tex, result in typeset.items():
        mathml = result.get("mathml", "")
        assert not re.search(r"\sstyle=", mathml), tex
        for names in re.findall(r' class="([^"]*)"', mathml):
            unruled = {name for name in names.split() if ":" not in name} - ruled
            assert not {name for name in unruled if not SAYS_NOTHING.fullmatch(name)}, (tex, names)


def test_a_declaration_is_a_rule_of_the_sheet() -> None:
    mathml = '<mtd class="tml-left border-top:0.06em_solid padding-left:0em"></mtd>'
    assert declarations([mathml, mathml]) == ["border-top:0.06em_solid", "padding-left:0em"]
    assert rule("border-top:0.06em_solid") == (
        '[class~="border-top:0.06em_solid"]{border-top:0.06em solid!important}'
    )
    bundled = Bundle({"book.css": "assets/book-1.css"}, 0, {}, {"assets/book-1.css": b"p{}\n"})
    assert with_styles(bundled, {("x", False): "<math></math>"}) is bundled
    styled = with_styles(bundled, {("x", False): mathml})
    path = styled.assets["book.css"]
    assert path != "assets/book-1.css"
    assert styled.site_files.keys() == {path}
    assert styled.site_files[path].startswith(b'p{}\n[class~="border-top:0.06em_solid"]')


def test_every_property_that_temml_sets_can_be_a_class() -> None:
    """A newer Temml that sets another property fails here, not in an author's formula."""
    math = (ROOT / "site_assets" / "node" / "math.mjs").read_text("utf-8")
    listed = re.search(r"PROPERTIES = new Set\(\[(.*?)\]\)", math, re.DOTALL)
    assert listed
    known = set(re.findall(r'"([\w-]+)"', listed[1]))
    source = (ROOT / "site_assets" / "node_modules" / "temml" / "dist" / "temml.mjs").read_text()
    named = re.findall(r"\.style\.(\w+) = ", source)
    named += re.findall(r'\.style\["([\w-]+)"\] = ', source)
    named += re.findall(r"[{,] (\w+): \"", " ".join(re.findall(r"\.style = (\{.*?\})", source)))
    written = re.findall(r'setAttribute\("style", "([\w-]+):', source)
    found = {CAMEL.sub("-", name).lower() for name in [*named, *written]}
    assert len(found) > 20, "Temml sets its styles in another form"
    assert found <= known


@pytest.mark.parametrize(("tex", "command", "position", "way_round"), TOLD)
def test_what_cannot_be_is_told_with_a_way_round(
    service: NodeService, tex: str, command: str, position: int, way_round: str
) -> None:
    [told] = service.ask("math", {"items": [{"tex": tex, "display": True}]}).result(60)
    assert told["error"] == f"{command} has no effect in this book"
    assert (told["position"], told["length"]) == (position, len(command))
    assert way_round in told["hint"]


def test_lines_without_an_environment_are_told_which_one(service: NodeService) -> None:
    items = [{"tex": r"a &= b \\ c &= d", "display": True}]
    [told] = service.ask("math", {"items": items}).result(60)
    assert told["position"] == 2
    assert r"\begin{aligned}" in told["hint"]


def test_a_macro_is_known_and_its_mistakes_are_told_where_it_is_used(service: NodeService) -> None:
    macros = {"\\E": r"\mathbb{E}\left[#1\right]", "\\wrong": r"\frac{1}{\oops}"}
    items = [{"tex": tex, "display": False} for tex in (r"\E{x}", r"a + \wrong", r"\E{x} + \oops")]
    good, inside, outside = service.ask("math", {"items": items, "macros": macros}).result(60)
    assert "𝔼" in good["mathml"]
    assert inside["error"] == r"Unsupported function name: \oops, in the macro \wrong"
    assert inside["position"] == 4
    assert outside["position"] == 8
    assert "[math.macros]" in outside["hint"]
