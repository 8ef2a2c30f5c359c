"""Phrases that set a figure, and numbers of the text that turn one: all that the book has."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import HTTP_AND_FILE, Reader
from tests.browser.figures.test_every_figure import PAGES
from tests.browser.figures.test_translated import TRANSLATE
from tests.browser.support.figure import WRITTEN, Figure
from tests.browser.support.finger import Finger, Spot
from tests.browser.support.site import PlacedFigure
from tests.browser.support.training import SHOWN, STEP, Bench

PHRASE = "a[href^='#'][href*='?']"
NUMBER = "[data-turns]"
BETA = "β, the weight of the KL term, of those that were trained, Figure 6.1"
BETAS = ["0.05", "0.1", "0.2", "0.4", "0.7", "1", "1.5", "2", "3", "4"]


def said(fragment: str, id: str) -> dict[str, str]:
    """What an address says of a figure's state."""
    pairs = parse_qsl(fragment.partition("?")[2], keep_blank_values=True)
    own = f"{id}."
    return {key.removeprefix(own): value for key, value in pairs if key.startswith(own)}


def changed(fragment: str, figure: PlacedFigure) -> dict[str, str]:
    """The same without what is so at first."""
    usual = {key: text_of(value) for key, value in figure.data["state"].items()}
    return {key: value for key, value in said(fragment, figure.id).items() if value != usual[key]}


def text_of(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def middle(number: Locator) -> Spot:
    box = number.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@pytest.mark.parametrize("page_name", PAGES)
def test_every_phrase_sets_its_figure_and_brings_it_into_view(
    reader: Reader, page_name: str
) -> None:
    placed = {figure.id: figure for figure in reader.site.figures_of(page_name)}
    page = reader.live_page(page_name)
    for phrase in page.locator(PHRASE).all():
        address = phrase.get_attribute("href") or ""
        figure = Figure(page, placed[address[1:].partition("?")[0]])
        phrase.click()
        expect(figure.root).to_be_in_viewport()
        page.evaluate(WRITTEN, figure.placed.id)
        assert said(address, figure.placed.id), address
        assert changed(page.url, figure.placed) == changed(address, figure.placed)


@HTTP_AND_FILE
def test_a_phrase_that_is_followed_once_more_does_the_same_again(reader: Reader) -> None:
    figure = reader.live_figure("tug-of-war")
    page = figure.page
    phrase = page.locator(f"a[href^='#{figure.placed.id}?'][href*='beta']").first
    address = phrase.get_attribute("href") or ""
    phrase.click()
    page.evaluate(WRITTEN, figure.placed.id)
    phrase.click()
    expect(figure.root).to_be_in_viewport()
    figure.slider("β, the weight of the KL term").press("End")
    phrase.click()  # before the address says what was turned
    page.evaluate(WRITTEN, figure.placed.id)
    assert said(page.url, figure.placed.id) == said(address, figure.placed.id)
    expect(figure.root).to_be_in_viewport()


@HTTP_AND_FILE
def test_a_link_to_a_place_of_the_page_leaves_figures_as_they_are(reader: Reader) -> None:
    """To a heading, to the figure itself, and past the masthead; the address goes on saying it."""
    figure = reader.live_figure("bottleneck", {"complexity": 3, "k": 2})
    page = figure.page
    numbers = figure.settle().readouts
    state = said(page.url, figure.placed.id)
    links = page.locator("a[href^='#']:not([href*='?'])")
    for address in ("#exercises", "#exercises", f"#{figure.placed.id}", "#main"):
        link = links.and_(page.locator(f"[href='{address}']")).first
        link.press("Enter")
        page.wait_for_url(lambda url, to=address: urlsplit(url).fragment.startswith(to[1:]))
        page.evaluate(WRITTEN, figure.placed.id)
        assert figure.settle().readouts == numbers, address
        assert said(page.url, figure.placed.id) == state, address
        top = page.locator(address).evaluate("(place) => place.getBoundingClientRect().top")
        assert -1 <= top < 200, address
    page.keyboard.press("Tab")  # the keyboard goes on from where the last link has led
    assert page.locator("main").evaluate("(main) => main.contains(document.activeElement)")
    page.go_back()
    expect(figure.root).to_be_in_viewport()
    assert figure.settle().readouts == numbers


AT_ONCE = """
([sliders, link]) => {
  for (const slider of sliders) {
    slider.value = slider.max;
    slider.dispatchEvent(new Event("input", { bubbles: true }));
  }
  link.click();
}
"""


@HTTP_AND_FILE
def test_what_was_set_just_before_a_link_is_followed_stays(reader: Reader) -> None:
    """Of two figures; their addresses are not written at once."""
    first = reader.live_figure("bottleneck")
    page = first.page
    second = Figure(page, reader.site.figure("sparse-codes")).wait_live()
    sliders = [first.slider("numbers kept, k"), second.slider("drawing")]
    most = [slider.get_attribute("max") for slider in sliders]
    link = page.locator("a[href='#exercises']").first
    page.evaluate(AT_ONCE, [[s.element_handle() for s in sliders], link.element_handle()])
    for figure in (first, second):
        page.evaluate(WRITTEN, figure.placed.id)
        assert changed(page.url, figure.placed)
    assert urlsplit(page.url).fragment.startswith("exercises?")
    assert [slider.input_value() for slider in sliders] == most


def test_a_link_to_a_place_of_the_page_ends_no_run(reader: Reader) -> None:
    figure = reader.live_figure("organise", {**SHOWN["organise"], "seed": 8})
    bench = Bench(figure, "keys")
    for _ in range(2):
        bench.press(STEP)
        figure.settle()
    steps = bench.steps_done()
    figure.page.locator("a[href^='#']:not([href*='?'])").nth(2).press("Enter")
    figure.settle()
    assert bench.steps_done() == steps == 2


@pytest.mark.parametrize("page_name", PAGES)
def test_every_number_is_text_until_it_turns_its_figure(reader: Reader, page_name: str) -> None:
    placed = {figure.id: figure for figure in reader.site.figures_of(page_name)}
    still = reader.visit(reader.site.url(page_name), scripts=False)
    texts = still.locator(NUMBER).all_inner_texts()
    assert still.locator(NUMBER).and_(still.locator("[role], [tabindex]")).count() == 0
    page = reader.live_page(page_name)
    numbers = page.locator(NUMBER).all()
    for number, text in zip(numbers, texts, strict=True):
        figure = Figure(page, placed[number.get_attribute("data-turns") or ""])
        key = number.get_attribute("data-key") or ""
        expect(number).to_have_role("slider")
        expect(number).to_have_text(text)
        expect(number).to_have_attribute("aria-valuetext", text)
        expect(number).to_have_accessible_name(re.compile(r"., Figure \d+\.\d+$"))
        wide = number.evaluate("(number) => number.offsetWidth")
        number.focus()
        page.keyboard.press("ArrowRight")
        expect(number).not_to_have_text(text)
        page.evaluate(WRITTEN, figure.placed.id)
        assert list(said(page.url, figure.placed.id)) == [key]
        for end in ("Home", "End"):
            page.keyboard.press(end)
            assert number.evaluate("(number) => number.offsetWidth") == wide, "the text moves"
        figure.reset()
        expect(number).to_have_text(text)


@HTTP_AND_FILE
def test_mouse_and_keys_turn_a_number_and_it_follows_its_figure(reader: Reader) -> None:
    figure = reader.live_figure("tug-of-war")
    page = figure.page
    number = page.get_by_role("slider", name=BETA)
    expect(number).to_have_text("1")
    number.scroll_into_view_if_needed()
    x, y = middle(number)
    figure.mouse_drag([(x, y), (x + 41, y)], steps=6)
    figure.expect_readout("β", "2")
    expect(number).to_have_text("2")
    figure.mouse_drag([(x, y), (x - 999, y)])
    expect(number).to_have_text(BETAS[0])
    number.focus()
    for key, beta in (("ArrowUp", "0.1"), ("ArrowLeft", "0.05"), ("PageUp", "4"), ("Home", "0.05")):
        page.keyboard.press(key)
        expect(number).to_have_attribute("aria-valuetext", beta)
        figure.expect_readout("β", beta)
    page.keyboard.press("Alt+ArrowRight")
    expect(number).to_have_text("0.05")
    figure.slider("β, the weight of the KL term").press("End")
    expect(number).to_have_text("4")
    figure.reset()
    expect(number).to_have_text("1")


def test_a_finger_turns_a_number_sideways_and_scrolls_the_page_along_it(reader: Reader) -> None:
    figure = reader.live_figure("tug-of-war", touch=True)
    page = figure.page
    number = page.get_by_role("slider", name=BETA)
    number.scroll_into_view_if_needed()
    x, y = middle(number)
    Finger(page).drag((x + 10 * step, y) for step in range(7))
    figure.expect_readout("β", "3")
    expect(number).to_have_text("3")
    before = page.evaluate("scrollY")
    Finger(page).swipe_up(middle(number), 120)
    expect(number).to_have_text("3")
    assert page.evaluate("scrollY") > before


def test_on_paper_a_number_is_text(reader: Reader) -> None:
    page = reader.live_figure("tug-of-war").page
    number = page.locator(f"{NUMBER}[role]").first
    page.emulate_media(media="print")
    drawn = number.evaluate(
        """(number) => ["::before", "::after"].map((part) =>
          getComputedStyle(number, part).content)"""
    )
    display = number.evaluate("(number) => getComputedStyle(number).display")
    page.emulate_media(media="screen")
    assert drawn == ["none", "none"]
    assert display == "inline"


def test_a_number_tells_the_truth_in_a_translated_page(reader: Reader) -> None:
    figure = reader.figure("tug-of-war").wait_live()
    figure.page.evaluate(TRANSLATE, {"later": True, "moves": False})
    number = figure.page.locator("[data-turns=fig-tug-of-war]")
    number.press("End")
    expect(number).to_have_text("4")
