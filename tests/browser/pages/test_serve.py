"""An author writes while the page is open: what they see, and what stays as they left it.

One session, because the preview takes longer to start than any of its steps: a book with a mistake
is served, the mistake is mended, and on it goes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.support.preview import FIGURE, Book, make_book, quoted, served, state_of

CHAPTER = "content/01-chapter.md"
PATIENCE = 20_000  # ms for a locator; a loaded machine bundles for seconds
UNTOUCHED = "() => window.untouched === true"


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    """Its first build has a mistake."""
    book = make_book(tmp_path)
    book.edit(CHAPTER, "The first sentence.", "The first sentence [@nobody].")
    with served(book):
        yield book


@pytest.fixture
def window(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    context.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    yield context.new_page()
    expect.set_options(timeout=5_000)
    context.close()


def open_chapter(book: Book, page: Page) -> None:
    """The chapter, its figure live, unfolded and in view, marked so that a new load would show."""
    page.goto(f"{book.address}chapter.html")
    figure = page.locator(f"#fig-{FIGURE}")
    figure.scroll_into_view_if_needed()
    expect(figure).to_have_attribute("data-state", "live")
    page.get_by_role("button", name="Show the estimate from draws").click()
    page.evaluate("() => { window.untouched = true; }")


def a_book_that_never_was_built_shows_its_mistakes(book: Book, page: Page) -> None:
    page.goto(f"{book.address}chapter.html")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("content/01-chapter.md:5:21 citation-known: unknown citation")
    book.edit(CHAPTER, " [@nobody]", "")
    expect(page.get_by_role("heading", name="Chapter", exact=True)).to_be_visible()
    expect(alert).to_have_count(0)


def text_is_exchanged_and_all_else_stays(book: Book, page: Page) -> None:
    page.get_by_role("slider", name="draws", exact=True).focus()
    page.keyboard.press("ArrowLeft")
    shown = page.locator(".readout").first.inner_text()
    scrolled = page.evaluate("scrollY")
    for old, new in (
        ("The last paragraph.", "The last paragraph, *rewritten*."),
        ("rewritten*.", "rewritten*.\n\nAnd one more."),
        ("The takeaway.", "Another takeaway."),
    ):
        book.edit(CHAPTER, old, new)
        expect(page.locator("main")).to_contain_text(new.split("\n")[-1].replace("*", ""))
    assert page.evaluate(UNTOUCHED)
    assert page.evaluate("scrollY") == scrolled
    assert page.locator(".readout").first.inner_text() == shown
    expect(page.locator(f"#fig-{FIGURE}")).to_have_attribute("data-state", "live")
    page.reload()  # which shows the same text as the exchanges did
    expect(page.locator("main")).to_contain_text("The last paragraph, rewritten.")


def a_new_load_keeps_place_and_state(book: Book, page: Page) -> None:
    """A figure's own block has changed, just after the reader has moved it."""
    page.get_by_role("slider", name="draws", exact=True).focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.evaluate("scrollBy({ top: 60, behavior: 'instant' })")
    scrolled = page.evaluate("scrollY")
    book.edit(CHAPTER, f"::: figure {FIGURE}", f"::: figure {FIGURE}\nmu: 1")
    page.wait_for_function("() => window.untouched === undefined")
    expect(page.locator(f"#fig-{FIGURE}")).to_have_attribute("data-state", "live")
    assert state_of(page.evaluate("location.hash")) == {"doublings": 10}
    expect(page.get_by_role("slider", name="draws", exact=True)).to_have_value("10")
    assert page.evaluate("scrollY") == pytest.approx(scrolled, abs=2)


def a_mistake_lies_over_the_page_until_it_is_mended(book: Book, page: Page) -> None:
    alert = page.get_by_role("alert")
    line = book.chapter.read_text("utf-8").split("The last")[0].count("\n") + 1
    book.edit(CHAPTER, "The last", "The [[lsat]] last")
    try:
        said = f"{CHAPTER}:{line}:7 term-known: unknown glossary term 'lsat'"
        expect(alert).to_contain_text(said)
        expect(alert).to_contain_text("^~~~")
        expect(page.locator("main")).not_to_contain_text("lsat")
    finally:
        book.edit(CHAPTER, "The [[lsat]] last", "The last")
    expect(alert).to_have_count(0)
    assert page.evaluate(UNTOUCHED)


def a_page_that_could_not_be_fetched_is_followed_again(book: Book, page: Page) -> None:
    """The server was away for a moment, as when it is started anew."""
    fetched = f"{book.address}chapter.html"
    page.route(fetched, lambda route: route.abort())
    with page.expect_event("requestfailed"):
        book.edit(CHAPTER, "The last", "Lost: the last")
    page.unroute(fetched)
    book.edit(CHAPTER, "Lost: the last", "Found: the last")
    expect(page.locator("main")).to_contain_text("Found: the last")
    book.edit(CHAPTER, "Found: the last", "The last")
    expect(page.locator("main")).not_to_contain_text("Found: the last")
    assert page.evaluate(UNTOUCHED)


def styles_change_without_a_load(book: Book, page: Page) -> None:
    prose = page.locator("article.prose")
    book.edit("site_assets/styles/text.css", "margin: 0;", "margin: 0; --written: yes;")
    expect(page.locator("body")).to_have_css("--written", "yes")
    assert page.evaluate(UNTOUCHED)
    expect(prose).to_be_visible()
    expect(page.locator("link[rel=stylesheet]")).to_have_count(1)


def training_is_asked_for_and_the_preview_goes_on(book: Book, page: Page) -> None:
    first = page.locator("article.prose > p").first
    expect(first).to_contain_text("The error is 0.25.")
    book.write("training/recipe.py", quoted(0.125))
    train = page.get_by_role("button", name="Train anew: toy")
    expect(train).to_be_visible()
    book.edit(CHAPTER, "The first", "Meanwhile the first")
    expect(first).to_have_text("Meanwhile the first sentence. The error is 0.25.")
    train.focus()
    page.keyboard.press("Enter")
    expect(first).to_contain_text("The error is 0.125.")
    expect(train).to_have_count(0)
    assert page.evaluate(UNTOUCHED)


def test_a_session(book: Book, window: Page) -> None:
    a_book_that_never_was_built_shows_its_mistakes(book, window)
    for step in (
        text_is_exchanged_and_all_else_stays,
        a_new_load_keeps_place_and_state,
        a_mistake_lies_over_the_page_until_it_is_mended,
        a_page_that_could_not_be_fetched_is_followed_again,
        styles_change_without_a_load,
        training_is_asked_for_and_the_preview_goes_on,
    ):
        open_chapter(book, window)
        step(book, window)
    written = {path.name for path in (book.root / "build").iterdir()}
    assert written <= {"cache", "models", "npm.lock"}
