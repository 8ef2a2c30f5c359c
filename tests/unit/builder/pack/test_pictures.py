"""Pictures that browsers show pass, whatever they are called; the others are told why not."""

from __future__ import annotations

import html
import io
import re
from urllib.parse import unquote, urlsplit

import pytest
from PIL import Image, PngImagePlugin, features

from builder.pack import pictures
from builder.pack.pictures import problem_of
from tests.unit.builder.fakes import build, small_book

CUT = "it may be cut short"
SVG = '<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/></svg>'
CHAPTER = "---\ntitle: A case\n---\n![A cog](pictures/cog.png) ![Again](pictures/cog.png)\n"


def drawn(kind: str, **how: object) -> bytes:
    file = io.BytesIO()
    Image.effect_noise((40, 30), 60).convert("RGB").save(file, kind, **how)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "AVIF"])
def test_a_picture_passes_under_any_name_and_half_of_it_under_none(kind: str) -> None:
    data = drawn(kind)
    assert problem_of(".png", data) == ""
    assert problem_of(f".{kind.lower()}", data[: len(data) // 2]).startswith(CUT)


def test_a_diagram_in_the_text_of_a_png_is_no_mistake() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("mxfile", "x" * 5_000_000, zip=True)
    assert problem_of(".png", drawn("PNG", pnginfo=info)) == ""


def test_an_avif_that_cannot_be_decoded_here_is_known_by_its_beginning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = drawn("AVIF")
    monkeypatch.setattr(features, "check", lambda feature: feature != "avif")
    assert problem_of(".avif", data[:100]) == ""
    assert problem_of(".avif", b"no picture").startswith(CUT)


def test_a_picture_of_too_many_pixels_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    assert problem_of(".png", drawn("PNG")) == "it has far too many pixels"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (SVG, ""),
        (f'<?xml version="1.0" encoding="ISO-8859-1"?>\n<!-- A cog. -->\n{SVG}', ""),
        ('<s:svg xmlns:s="http://www.w3.org/2000/svg"/>', ""),
        (f'<!DOCTYPE svg [<!ENTITY ns "http://www.w3.org/2000/svg">]>\n{SVG}', ""),
        (f"{SVG}\n<p>", "line 2 is no XML: junk after document element"),
        ("<svg><path/></svg>", 'it does not begin with <svg xmlns="…/2000/svg">'),
        (f'<?xml version="1.0" encoding="klingon"?>{SVG}', "its encoding"),
        ("", "the file is empty"),
    ],
)
def test_a_drawing_is_xml_with_an_svg_at_its_root(text: str, problem: str) -> None:
    found = problem_of(".svg", text.encode())
    assert found.startswith(problem)
    assert bool(found) == bool(problem)


def test_a_drawing_that_grows_without_end_is_refused() -> None:
    steps = "".join(f'<!ENTITY e{i + 1} "{f"&e{i};" * 50}">' for i in range(9))
    grown = SVG.replace("<path", "<title>&e9;</title><path")
    text = f'<!DOCTYPE svg [<!ENTITY e0 "{"x" * 50}">{steps}]>{grown}'
    assert "no XML: limit on input amplification" in problem_of(".svg", text.encode())


def test_a_picture_is_decoded_once_and_told_wherever_it_is_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    effects = small_book(**{"content__01-a-case.md": CHAPTER})
    assert build(effects).published
    with monkeypatch.context() as patched:
        patched.setattr(pictures, "problem_of", None)
        assert build(effects).published
    effects.contents["content/pictures/cog.png"] = b""
    assert [issue.column for issue in build(effects).issues] == [10, 37]


def test_a_picture_that_cannot_be_read_is_one_issue() -> None:
    effects = small_book(**{"content__01-a-case.md": CHAPTER})
    effects.refused = frozenset({"content/pictures/cog.png"})
    assert [issue.rule for issue in build(effects).issues] == ["file-unreadable"]


@pytest.mark.parametrize("name", ["a%20b", "a%25b", "50%", "Plot #1", "What is it?", 'a "b"', "ü"])
def test_a_picture_of_any_name_is_where_a_browser_asks_for_it(name: str) -> None:
    effects = small_book()
    cog = effects.read("content/pictures/cog.png")
    effects.write(f"content/pictures/{name}.png", cog)
    text = f"---\ntitle: A case\n---\n![A cog](<pictures/{name}.png>)\n"
    effects.write("content/01-a-case.md", text.encode())
    outcome = build(effects)
    assert outcome.issues == []
    (src,) = re.findall(r'<img alt="A cog" src="([^"]*)"', outcome.pages["a-case.html"])
    asked = urlsplit(html.unescape(src))
    assert not asked.query
    path = unquote(asked.path)
    assert outcome.files[path] == cog
    assert not set(path) & set('"*:<>?|\\'), "Windows unpacks no such file"
