"""What a published book tells machines: addresses, sitemap, feed, pictures. Others tell nothing."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

import pytest

from builder.store.effects import MemoryEffects
from tests.unit.builder.fakes import FakeService, build, small_book

ROOT = "https://a.example/book/"
ATOM = "{http://www.w3.org/2005/Atom}"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def chapter(title: str, *, updated: str = "", figure: bool = False) -> str:
    day = f"updated: {updated}\n" if updated else ""
    body = "\n::: figure dots\n\nCaption.\n:::\n" if figure else ""
    return f"---\ntitle: {title}\nlead: In <a> sentence.\n{day}---\nText.\n{body}"


def book(base_url: str = ROOT, **settings: str) -> MemoryEffects:
    lines = "".join(f'{key} = "{value}"\n' for key, value in settings.items())
    return small_book(
        **{
            "content__book.toml": f'title = "A & B"\nbase_url = "{base_url}"\n{lines}',
            "content__01-one.md": chapter("One & all", updated="2026-01-31", figure=True),
            "content__02-two.md": chapter("Two", updated="2026-03-01"),
            "content__03-three.md": chapter("Three"),
        }
    )


def built(effects: MemoryEffects) -> MemoryEffects:
    outcome = build(effects)
    assert outcome.published, outcome.issues
    return effects


def text(effects: MemoryEffects, path: str) -> str:
    return effects.read(f"build/site/{path}").decode()


def test_the_sitemap_lists_every_page_that_a_reader_may_find() -> None:
    tree = ElementTree.fromstring(text(built(book()), "sitemap.xml"))
    places = [place.text for place in tree.iter(f"{SITEMAP}loc")]
    assert places == [
        ROOT,
        *(f"{ROOT}{name}.html" for name in ("one", "two", "three", "other-things")),
        *(f"{ROOT}{name}.html" for name in ("references", "glossary", "colophon")),
    ]
    days = {url[0].text: url[1].text for url in tree if len(url) > 1}
    assert days == {f"{ROOT}one.html": "2026-01-31", f"{ROOT}two.html": "2026-03-01"}


def test_the_feed_has_the_dated_chapters_newest_first() -> None:
    effects = built(book())
    feed = ElementTree.fromstring(text(effects, "feed.xml"))
    assert feed.findtext(f"{ATOM}updated") == "2026-03-01T00:00:00Z"
    assert [entry.findtext(f"{ATOM}title") for entry in feed.iter(f"{ATOM}entry")] == [
        "2. Two",
        "1. One & all",
    ]
    assert {entry.findtext(f"{ATOM}summary") for entry in feed.iter(f"{ATOM}entry")} == {
        "In <a> sentence."
    }
    for element in (feed, *feed.iter(f"{ATOM}entry")):
        required = [element.findtext(f"{ATOM}{name}") for name in ("id", "title", "updated")]
        assert all(required)
    assert f'type="application/atom+xml" href="{ROOT}feed.xml"' in text(effects, "two.html")


def test_without_dates_there_is_no_feed() -> None:
    effects = book()
    for name in ("01-one", "02-two"):
        path = f"content/{name}.md"
        effects.contents[path] = re.sub(rb"updated: .*\n", b"", effects.contents[path])
    assert not built(effects).exists("build/site/feed.xml")
    assert "atom+xml" not in text(effects, "two.html")


@pytest.mark.parametrize(("base_url", "there"), [(ROOT, False), ("https://a.example", True)])
def test_crawlers_are_spoken_to_at_the_root_of_a_host(base_url: str, there: bool) -> None:
    effects = built(book(base_url))
    assert effects.exists("build/site/robots.txt") is there
    if there:
        assert "Sitemap: https://a.example/sitemap.xml" in text(effects, "robots.txt")


def test_a_page_says_its_own_address_and_shows_its_figure() -> None:
    effects = built(book())
    page = text(effects, "one.html")
    assert f'<link rel="canonical" href="{ROOT}one.html">' in page
    assert '<meta property="og:title" content="One &amp; all">' in page
    found = re.search(f'property="og:image" content="{ROOT}([^"]+)"', page)
    assert found
    assert text(effects, found[1]) == "PNG of One & all"
    assert 'name="twitter:card" content="summary_large_image"' in page
    assert f'<link rel="canonical" href="{ROOT}">' in text(effects, "index.html")


def test_a_page_without_a_figure_has_the_book_s_picture() -> None:
    effects = built(book())
    for page in ("two", "index", "references", "glossary", "colophon"):
        html = text(effects, f"{page}.html")
        found = re.search(f'property="og:image" content="{ROOT}([^"]+)"', html)
        assert found
        assert text(effects, found[1]) == "PNG of A & B"


def test_a_picture_is_drawn_once() -> None:
    effects = built(book())
    service = FakeService(effects)
    assert build(effects, service).published
    assert service.asked == []


def test_a_book_that_is_not_published_says_nothing_of_addresses() -> None:
    effects = built(book(""))
    for name in ("sitemap.xml", "feed.xml", "robots.txt", "assets/posters"):
        assert not effects.exists(f"build/site/{name}")
    page = text(effects, "one.html")
    assert not re.search("canonical|og:|twitter|atom", page)


def test_the_environment_says_where_the_book_is_published() -> None:
    effects = book("")
    effects.variables = {
        "BOOK_BASE_URL": "https://b.example/x",
        "BOOK_REPOSITORY": "https://git.example/a/b",
    }
    page = text(built(effects), "two.html")
    assert '<link rel="canonical" href="https://b.example/x/two.html">' in page
    assert 'href="https://git.example/a/b/edit/main/content/02-two.md">Edit this page' in page


def test_pages_can_be_edited_where_their_source_is() -> None:
    effects = built(book("", repository="https://git.example/a/b/", branch="next"))
    sources = {
        page: re.findall(r'href="https://git\.example/a/b/edit/next/([^"]+)"', text(effects, page))
        for page in ("one.html", "references.html", "glossary.html", "index.html")
    }
    assert sources == {
        "one.html": ["content/01-one.md"],
        "references.html": ["content/references.bib"],
        "glossary.html": ["content/glossary.md"],
        "index.html": [],  # nobody wrote a text for it
    }
