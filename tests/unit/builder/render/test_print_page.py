"""The page that is printed: everything in order, ids apart, links inside it; and its prints."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from builder.build import Builder
from builder.pack import pdf
from builder.pack.pdf import NoPdfError, Print, find_browser, print_until_settled, read_print
from builder.render.print_page import PrintBook
from builder.render.sheets import Part, sheet_styles
from tests.unit.builder.fakes import FakeService, small_book

CHAPTERS = {
    "content__01-a-case.md": """---
title: A case
---
## Same {#same}

See [](#fig-dots), [](02-b-case.md#same), [there](02-b-case.md) and [web](https://a.example/#x).

::: figure dots

Caption [@kingma2013].
:::
""",
    "content__02-b-case.md": """---
title: Another
---
## Same {#same}

Text of [[code]]. [Set it](01-a-case.md#fig-dots?count=3), then see [](#same).

::: exercise
How many?

--- answer
Seven, all told.
:::
""",
}


def small_print_book(base_url: str = "") -> PrintBook:
    toml = f'title = "A small book"\nbase_url = "{base_url}"\n'
    effects = small_book(**CHAPTERS, **{"content__book.toml": toml})
    service = FakeService(effects)
    builder = Builder(effects, service)
    outcome = builder.build()
    assert outcome.published
    paper = service.ask("paper", {"minify": True}).result()
    return PrintBook(outcome.config, outcome.pages, outcome.files, paper, builder.templates)


def printed(base_url: str = "") -> str:
    return small_print_book(base_url).made(())["print.html"].decode()


def test_every_page_of_the_book_is_there_in_reading_order() -> None:
    sections = re.findall(r'<section class="print-page page-(\w+)" id="([^"]+)"', printed())
    assert sections == [
        ("index", "index"),
        ("chapter", "a-case"),
        ("chapter", "b-case"),
        ("chapter", "other-things"),
        ("answers", "answers"),
        ("references", "references"),
        ("glossary", "glossary"),
        ("colophon", "colophon"),
    ]


def test_ids_are_unique_and_every_link_leads_to_one() -> None:
    html = printed()
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    targets = re.findall(r'\shref="([^"]+)"', html)
    inside = {target[1:] for target in targets if target.startswith("#")}
    assert inside <= set(ids)
    assert {"a-case--fig-dots", "b-case--same", "b-case", "references--ref-kingma2013"} <= inside
    assert [target for target in targets if ".html" in target] == []
    assert "https://a.example/#x" in targets
    named = re.findall(r'\saria-(?:labelledby|describedby|controls)="([^"]+)"', html)
    assert {name for names in named for name in names.split()} <= set(ids)


def test_only_what_lays_the_book_out_runs_on_paper() -> None:
    scripts = re.findall(r"<script\b[^>]*>", printed())
    assert scripts == [
        '<script type="application/json" id="earlier-prints">',
        '<script defer src="paper.js">',
    ]
    assert "Content-Security-Policy" in printed()


def test_styles_for_print_hold_before_it_is_printed() -> None:
    """So that the page's script sees the book as it will be."""
    book = replace(small_print_book(), files={"assets/book.css": b"@media print{p{}}@media screen"})
    assert book.made(())["assets/book.css"] == b"@media all{p{}}@media not all"
    assert "assets/book.css" in book.made(())["print.html"].decode()


PARTS = (Part("index", "Title"), Part("one", "1 · One"), Part("two", 'The "second"'))


def counted(styles: str, name: str) -> list[str]:
    """The signs of a style of counting, by page."""
    found = re.search(rf"@counter-style {name} {{ system: fixed; symbols: (.*); }}", styles)
    assert found
    return [sign.replace('\\"', '"') for sign in re.findall(r'"((?:[^"\\]|\\.)*)"', found[1])]


def test_heads_say_whose_page_it_is_and_openings_have_none() -> None:
    styles = sheet_styles("Book", PARTS, [Print(6, {"index": 1, "one": 2, "two": 5})])
    assert counted(styles, "head") == ["", "", "1 · One", "Book", "", "Book"]
    assert counted(styles, "head-number") == ["", "", "3", "4", "", "6"]
    assert counted(styles, "foot-number") == ["", "2", "", "", "5", ""]


def test_the_first_print_knows_no_heads() -> None:
    assert counted(sheet_styles("Book", PARTS, []), "head") == [""]


def test_quotes_in_a_title_do_not_end_its_string() -> None:
    styles = sheet_styles("Book", PARTS, [Print(3, {"index": 1, "two": 2})])
    assert counted(styles, "head") == ["", "", 'The "second"']


def test_a_figure_links_to_its_live_page_if_the_book_has_an_address() -> None:
    live = 'href="https://a.example/book/a-case.html#fig-dots"'
    assert printed("https://a.example/book/").count(live) == 1
    assert "figure-online" not in printed()


def test_without_a_browser_the_message_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pdf, "_playwright_chromium", lambda: None)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(NoPdfError, match="a PDF needs Chromium, and there is none"):
        find_browser()


def test_a_browser_that_prints_nothing_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "find_browser", lambda: "/bin/false")
    with pytest.raises(NoPdfError, match="/bin/false printed nothing"):
        print_until_settled(tmp_path, "print.html", lambda _: {"print.html": b""})


def apart(work: Callable[..., Any], *arguments: Any) -> Any:
    """In a thread of its own: the session's browser tests hold this one's event loop."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work, *arguments).result()


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The small book on paper."""
    try:
        apart(find_browser)
    except NoPdfError:
        pytest.skip("no Chromium on this machine")
    folder = tmp_path_factory.mktemp("site")
    (folder / "assets").mkdir()
    made: bytes = apart(print_until_settled, folder, "print.html", small_print_book().made)
    return made


def words(document: bytes) -> list[str]:
    """The text of each page, with single blanks."""
    pages = PdfReader(BytesIO(document)).pages
    return [" ".join(page.extract_text().split()) for page in pages]


def test_the_contents_of_a_print_say_where_its_parts_begin(document: bytes) -> None:
    assert b"/Title (A small book)" in document
    places = read_print(document).places
    contents = words(document)[1]
    for title, part in [("A case", "a-case"), ("Another", "b-case"), ("Answers", "answers")]:
        assert f"{title} {places[part]}" in contents


def test_answers_stand_at_the_back_and_say_where_they_were_asked(document: bytes) -> None:
    places, pages = read_print(document).places, words(document)
    assert [number for number, text in enumerate(pages, 1) if "Seven" in text] == [
        places["answers"]
    ]
    assert f"EXERCISE 2.1 · PAGE {places['b-case']}" in pages[places["answers"] - 1].upper()
    assert f"Answer on page {places['answers']}" in pages[places["b-case"] - 1]


def test_a_reference_names_the_page_unless_it_is_its_own(document: bytes) -> None:
    places, pages = read_print(document).places, words(document)
    same = pages[places["b-case"] - 1]
    assert "then see Same." in same
    glossary = pages[places["glossary"] - 1]
    assert f"(p. {places['b-case']})" in glossary


def test_a_script_that_never_ends_is_told(tmp_path: Path) -> None:
    try:
        apart(find_browser)
    except NoPdfError:
        pytest.skip("no Chromium on this machine")
    with pytest.raises(NoPdfError, match="before its script had laid it out"):
        apart(print_until_settled, tmp_path, "print.html", lambda _: {"print.html": b"<p>Text"})
