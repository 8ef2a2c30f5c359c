"""The page that is printed: everything in order, ids apart, links inside it; and the browser."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from builder.build import Builder
from builder.pack import pdf
from builder.pack.pdf import NoPdfError, find_browser, print_to_pdf
from builder.render.print_page import print_page
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
    "content__02-b-case.md": "---\ntitle: Another\n---\n## Same {#same}\n\nText of [[code]].\n",
}


def printed(base_url: str = "") -> str:
    toml = f'title = "A small book"\nbase_url = "{base_url}"\n'
    effects = small_book(**CHAPTERS, **{"content__book.toml": toml})
    builder = Builder(effects, FakeService(effects))
    outcome = builder.build()
    assert outcome.published
    return print_page(outcome.config, outcome.pages, builder.templates)


def test_every_page_of_the_book_is_there_in_reading_order() -> None:
    sections = re.findall(r'<section class="print-page page-(\w+)" id="([^"]+)"', printed())
    assert sections == [
        ("index", "index"),
        ("chapter", "a-case"),
        ("chapter", "b-case"),
        ("chapter", "other-things"),
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


def test_nothing_runs_on_paper() -> None:
    assert "<script" not in printed()
    assert "Content-Security-Policy" in printed()


def test_a_figure_links_to_its_live_page_if_the_book_has_an_address() -> None:
    live = 'href="https://a.example/book/a-case.html#fig-dots"'
    assert printed("https://a.example/book/").count(live) == 1
    assert "figure-live" not in printed()


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
        print_to_pdf(tmp_path, "print.html", {"print.html": b""})


def apart(work: Callable[..., Any], *arguments: Any) -> Any:
    """In a thread of its own: the session's browser tests hold this one's event loop."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work, *arguments).result()


def test_a_page_is_printed(tmp_path: Path) -> None:
    try:
        apart(find_browser)
    except NoPdfError:
        pytest.skip("no Chromium on this machine")
    document = apart(print_to_pdf, tmp_path, "print.html", {"print.html": printed().encode()})
    assert document.startswith(b"%PDF-")
    assert b"/Title (A small book)" in document
