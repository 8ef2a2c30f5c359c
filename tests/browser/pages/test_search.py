"""The search: loaded when it is wanted, worked by keys or a finger, from file:// as over http."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import HTTP_AND_FILE, Reader
from tests.browser.support.site import Site

PAGE = "the-core-idea.html"
LOADED = """
() => performance.getEntriesByType("resource").filter(({ name }) => /search/.test(name)).length
"""


def open_page(reader: Reader, site: Site, **how: bool) -> Page:
    return reader.visit(site.url(PAGE), **how)


@HTTP_AND_FILE
def test_keys_lead_from_a_word_to_its_place(reader: Reader) -> None:
    page = open_page(reader, reader.site)
    field = page.get_by_role("combobox", name="Search the book")
    expect(field).to_have_attribute("placeholder", "Search (/)")
    assert page.evaluate(LOADED) == 0
    page.keyboard.press("/")
    expect(field).to_be_focused()
    page.keyboard.type("laten spac")  # a slip and a word not finished
    options = page.get_by_role("option")
    expect(options.first).to_be_visible()
    expect(field).to_have_attribute("aria-expanded", "true")
    status = page.locator("[data-role=search-status]")
    count = options.count()
    told = "The 8 best results" if count == 8 else f"{count} result{'s' if count > 1 else ''}"
    expect(status).to_have_text(told)

    page.keyboard.press("ArrowUp")  # from the field to the last
    expect(options.last).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    active = field.get_attribute("aria-activedescendant")
    assert active == options.first.get_attribute("id")
    expect(field).to_be_focused()

    page.keyboard.press("Escape")
    expect(options).to_have_count(0)  # hidden from everyone
    page.keyboard.press("Control+A")
    page.keyboard.type("unroll")
    expect(options.first).to_contain_text("Figure")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"what-lives-in-the-middle\.html#fig-unroll$"))
    expect(page.locator('[id="fig-unroll"]')).to_be_in_viewport()


@HTTP_AND_FILE
def test_a_finger_picks_a_result_and_a_miss_is_said(reader: Reader) -> None:
    page = open_page(reader, reader.site, touch=True)
    field = page.get_by_role("combobox")
    field.tap()
    field.fill("zzzzqqq")
    status = page.locator("[data-role=search-status]")
    expect(status).to_have_text("Nothing found for “zzzzqqq”")
    expect(status).to_be_visible()
    field.fill("glossary")
    page.get_by_role("option", name=re.compile("^Glossary")).tap()
    expect(page).to_have_url(re.compile(r"/glossary\.html$"))


def test_without_scripts_there_is_no_field(reader: Reader) -> None:
    page = open_page(reader, reader.site, scripts=False)
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator("[data-role=search-field]")).to_be_hidden()
    expect(page.locator("[data-role=search-key]")).to_be_hidden()


def test_the_key_can_be_switched_off(reader: Reader) -> None:
    page = open_page(reader, reader.site)
    page.get_by_role("button", name="Key / goes to the search").click()
    for _ in range(2):
        page.keyboard.press("/")
        expect(page.get_by_role("combobox")).not_to_be_focused()
        expect(page.get_by_role("combobox")).to_have_attribute("placeholder", "Search")
        page.reload()


def test_a_search_that_cannot_load_says_so_and_is_asked_again(
    reader_of_broken: Reader, breakable_site: Site
) -> None:
    index = breakable_site.folder / "assets" / "search-index.js"
    content = index.read_bytes()
    index.unlink()
    page = open_page(reader_of_broken, breakable_site)
    reader_of_broken.expect_errors("Failed to load resource")
    field = page.get_by_role("combobox")
    field.focus()
    expect(page.locator("[data-role=search-status]")).to_contain_text("There is no search")
    index.write_bytes(content)
    field.blur()
    field.focus()
    field.fill("latent")
    expect(page.get_by_role("option").first).to_be_visible()


def found(page: Page, query: str) -> list[str]:
    """What the list shows for a query, each result as its lines."""
    field = page.get_by_role("combobox", name="Search the book")
    field.fill(query)
    status = page.locator("[data-role=search-status]")
    expect(status).to_have_text(re.compile(r"result|Nothing"))
    return page.get_by_role("option").all_inner_texts()


QUERIES = {
    "ELBO": r"Evidence lower bound|ELBO",
    "KL": r"KL",
    "β-VAE": r"(β|Beta)-VAE",
    "beta-VAE": r"(β|Beta)-VAE",
    "σ": r"σ|sigma",
    "MSE": r"MSE",
    "Kingma": r"Kingma",
    "Swiss roll": r"(?i)swiss roll",
    "overfitting": r"(?i)overfit",
    "exercise 6.2": r"^Exercise 6\.2\n",
    "chapter 7": r"Chapter 7",
    "q(z|x)": r"q.{0,2}\(.{0,2}z",
    "latent spaces": r"(?i)latent space",
}


def test_what_readers_look_for_is_found_with_its_sentence(reader: Reader) -> None:
    page = open_page(reader, reader.site)
    page.get_by_role("combobox").focus()
    expect(page.locator("[data-role=search-status]")).to_have_text("")
    missed = {}
    for query, pattern in QUERIES.items():
        results = found(page, query)
        if not results or not re.search(pattern, results[0], re.MULTILINE):
            missed[query] = results[:2]
    assert not missed
    assert not any("Elbow" in result.split("\n")[0] for result in found(page, "ELBO")[:3])


@HTTP_AND_FILE
def test_a_result_opens_what_hides_it_and_marks_it(reader: Reader) -> None:
    page = open_page(reader, reader.site)
    page.get_by_role("combobox").focus()
    page.get_by_role("combobox").fill("exercise 6.1 answer")
    page.get_by_role("option", name=re.compile("^Exercise 6.1")).click()
    expect(page).to_have_url(re.compile(r"two-jobs-in-one-loss\.html#exercise-1$"))
    mark = page.locator(".found")
    expect(mark).to_have_count(1)
    expect(mark).to_be_in_viewport()

    page.get_by_role("combobox").focus()  # on the page that one is on, nothing is loaded again
    page.evaluate("() => { window.stillHere = true; }")
    page.get_by_role("combobox").fill("The second term is a spring")
    page.get_by_role("option", name=re.compile("^The second term")).click()
    expect(mark).to_be_in_viewport()
    assert page.evaluate("() => window.stillHere")
