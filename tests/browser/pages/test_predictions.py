"""A guess is answered: a right one is told so and a wrong one, too, and it is heard."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Reader

CHAPTERS = [f"{name}.html" for name in (
    "the-core-idea", "anatomy-of-an-autoencoder", "the-bottleneck", "what-lives-in-the-middle",
    "enter-the-vae", "two-jobs-in-one-loss", "a-walk-through-latent-space",
    "where-they-earn-their-keep", "notes-from-the-trenches", "build-one-yourself",
)]  # fmt: skip
RIGHT = "Yes, that is what happens."

# No figure is ever met, and none wakes: they have no part in a guess, and take most of the time.
NO_FIGURES = """
window.IntersectionObserver = class {
  observe() {}
  unobserve() {}
  disconnect() {}
};
"""

# Whether the choice is taken, whether the answer is open, and the verdict.
ANSWERED = """
(choice) => {
  const prediction = choice.closest("[data-role=predict]");
  const { textContent } = prediction.querySelector("[role=status]");
  const words = textContent.split(/\\s+/).filter(Boolean).join(" ");
  return [choice.ariaChecked, prediction.querySelector("details").open, words];
}
"""


def opened(reader: Reader, page_name: str) -> Page:
    return reader.visit(reader.site.url(page_name), before=NO_FIGURES)


def words(element: Locator) -> str:
    return " ".join((element.text_content() or "").split())


@pytest.mark.parametrize("page_name", CHAPTERS)
def test_each_choice_of_each_prediction_is_answered(reader: Reader, page_name: str) -> None:
    page = opened(reader, page_name)
    predictions = page.locator("[data-role=predict]").all()
    assert predictions
    for prediction in predictions:
        prediction.scroll_into_view_if_needed()
        verdict = prediction.get_by_role("status")
        expect(verdict).to_have_text("")
        choices = prediction.get_by_role("radio").all()
        told = []
        for choice in choices:
            choice.click()
            checked, is_open, said = choice.evaluate(ANSWERED)
            assert (checked, is_open) == ("true", True)
            told.append(said)
        assert told.count(RIGHT) == 1, told
        answer = f"Not this time. What happens: {words(choices[told.index(RIGHT)])}."
        assert {*told} == {RIGHT, answer}


def test_the_answer_of_a_measured_prediction_is_the_largest(reader: Reader) -> None:
    page = opened(reader, "a-walk-through-latent-space.html")
    shares = page.locator("[data-role=predict] .predict-answer data").all()[:4]
    largest = max(range(4), key=lambda i: float(shares[i].get_attribute("value") or "nan"))
    choice = page.get_by_role("radio").nth(largest)
    choice.click()
    expect(page.get_by_role("status").and_(page.locator(".predict-verdict"))).to_have_text(RIGHT)


def test_keys_guess_and_the_verdict_is_a_live_region_from_the_start(reader: Reader) -> None:
    page = opened(reader, "the-bottleneck.html")
    prediction = page.locator("[data-role=predict]").first
    verdict = prediction.get_by_role("status")
    expect(verdict).not_to_have_css("display", "none")
    prediction.get_by_role("radio").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(verdict).to_have_text(RIGHT)
    page.keyboard.press("ArrowUp")
    page.keyboard.press(" ")
    expect(verdict).to_contain_text("Not this time. What happens: Eight, two for each harmonic.")


def test_without_scripts_nothing_is_told(reader: Reader) -> None:
    page = reader.visit(reader.site.url("the-bottleneck.html"), scripts=False)
    prediction = page.locator("[data-role=predict]").first
    prediction.get_by_text("What happens").click()
    expect(prediction.locator("details")).to_contain_text("Eight, by the addition theorem")
    assert words(prediction.get_by_role("status")) == ""
