"""The whole book on paper: numbers, heads, answers at the back, and pages that are filled."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from builder.pack.pdf import NoPdfError, find_browser
from tests.browser.support.paper import BANDS, Paper, print_site


@pytest.fixture
def paper(site_copy: Path) -> Paper:
    """Printed in a thread of its own: the session's browser holds this one's event loop."""
    with ThreadPoolExecutor(1) as pool:
        try:
            pool.submit(find_browser).result()
        except NoPdfError:
            pytest.skip("no Chromium on this machine")
        return Paper(pool.submit(print_site, site_copy).result())


def titles(site: Path, paper: Paper) -> dict[str, str]:
    """Id of each part → its title, without blanks."""
    found = {"answers": "Answers"}
    for part in paper.parts:
        page = site / f"{part}.html"
        if page.exists():
            title = re.search(r"<h1>(.*?)</h1>", page.read_text("utf-8"))
            assert title, part
            found[part] = title[1].replace(" ", "")
    return found


def the_contents_name_the_page_on_which_each_part_begins(site: Path, paper: Paper) -> None:
    parts = titles(site, paper)
    assert len(parts) >= 14
    end = min(paper.parts.values())
    contents = {line for page in range(2, end) for line in paper.lines(page)}
    for part, title in parts.items():
        opening = paper.lines(paper.parts[part])
        assert title in opening, f"{part} does not begin on page {paper.parts[part]}"
        entry = re.compile(rf"\d*{re.escape(title)}{paper.parts[part]}")
        assert any(map(entry.fullmatch, contents)), (title, paper.parts[part])


def answers_stand_at_the_back_only(site: Path, paper: Paper) -> None:
    """By the first words of each answer, which no other text has."""
    first, last = paper.places["answers"], paper.places["references"]
    texts = ["".join(text.split()) for text in paper.texts]
    looked_for = 0
    for page in site.glob("*.html"):
        if page.stem not in paper.parts:
            continue
        for answer in re.findall(
            r'<details class="(?:predict|exercise)-answer"><summary>[^<]*</summary>\s*'
            r"<section><p>([^<]{30,})",
            page.read_text("utf-8"),
        ):
            words = "".join(answer.split())[:40]
            where = [number for number, text in enumerate(texts, 1) if words in text]
            assert where, answer
            assert all(first <= number < last for number in where), (answer, where)
            looked_for += 1
    assert looked_for > 20


def questions_and_answers_name_each_others_pages(_site: Path, paper: Paper) -> None:
    questions = {
        id_.removesuffix("-answer"): page
        for id_, page in paper.places.items()
        if id_.endswith("-answer")
    }
    assert len(questions) > 40
    for question, answer in questions.items():
        asked = paper.places[question]
        pointer = re.compile(rf"Answeronpage{answer}")
        assert any(
            pointer.fullmatch(line)
            for page in (asked, asked + 1)  # a long question may end on the next page
            for line in paper.lines(page)
        ), question
        back = re.compile(rf"(exercise|predict)[\d.]+·page{asked}", re.IGNORECASE)
        assert any(back.fullmatch(line) for line in paper.lines(answer)), question


def every_page_number_of_a_reference_is_a_page_of_the_book(_site: Path, paper: Paper) -> None:
    named = {int(number) for text in paper.texts for number in re.findall(r"\(p\.\s*(\d+)\)", text)}
    assert len(named) > 20
    assert named <= set(range(2, len(paper.texts) + 1))
    assert named <= set(paper.places.values())


def pages_bear_the_title_of_their_chapter_and_their_number(site: Path, paper: Paper) -> None:
    by_page = {page: part for part, page in paper.parts.items()}
    parts, current = titles(site, paper), ""
    for page in range(2, len(paper.texts) + 1):
        opening = page in by_page
        current = by_page.get(page, current)
        lines = paper.lines(page)
        edges = lines[:2] + lines[-2:]
        assert any(line.endswith(str(page)) or line.startswith(str(page)) for line in edges), page
        if current and page % 2 and not opening:
            assert any(parts[current] in line for line in edges), page


def no_page_is_for_authors(_site: Path, paper: Paper) -> None:
    assert "authors" not in paper.parts
    assert not [text for text in paper.texts if "For authors" in text]


def no_page_is_half_empty_without_a_reason(_site: Path, paper: Paper) -> None:
    """Half: ink in fewer than 12 of the 24 bands between head and foot; see `half_empty`."""
    assert paper.half_empty() == []


def an_empty_half_is_seen(_site: Path, paper: Paper) -> None:
    """A chapter's last page and the title are let pass; some such page there is."""
    assert any(sum(bands) < BANDS / 2 for bands in paper.inked)
    moved = Paper(paper.document)
    vars(moved).update(parts={}, inked=paper.inked)
    assert moved.half_empty() != []


LOOKS = (
    the_contents_name_the_page_on_which_each_part_begins,
    answers_stand_at_the_back_only,
    questions_and_answers_name_each_others_pages,
    every_page_number_of_a_reference_is_a_page_of_the_book,
    pages_bear_the_title_of_their_chapter_and_their_number,
    no_page_is_for_authors,
    no_page_is_half_empty_without_a_reason,
    an_empty_half_is_seen,
)


def test_the_printed_book(site_copy: Path, paper: Paper) -> None:
    """One process prints and reads it, which takes a minute; one line for each look that fails."""
    failures = []
    for look in LOOKS:
        try:
            look(site_copy, paper)
        except AssertionError as failure:
            failures.append(f"{look.__name__}: {failure}")
    assert not failures, "\n".join(failures)
