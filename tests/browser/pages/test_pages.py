"""What every page owes its reader, whatever stands on it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Reader
from tests.browser.figures.test_every_figure import PAGES
from tests.browser.support import blocks
from tests.browser.support.layout import faults


@pytest.mark.parametrize("touch", [False, True], ids=["desk", "phone"])
def test_no_page_jumps_scrolls_sideways_or_loses_a_sign(reader: Reader, touch: bool) -> None:
    """As on a first visit; those with figures are read so in test_every_figure.py."""
    problems: list[str] = []
    for name in sorted(set(reader.site.pages) - set(PAGES)):
        page = reader.visit(reader.site.url(name), touch=touch)
        expect(page.locator("h1").first).to_be_visible()
        page.wait_for_timeout(200)
        problems += [f"{name}: {fault}" for fault in faults(page)]
        page.context.close()
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("touch", [False, True], ids=["desk", "phone"])
def test_remarks_captions_and_columns_are_seen_as_such(reader: Reader, touch: bool) -> None:
    page = reader.visit(reader.site.url(blocks.AUTHORS), touch=touch)
    assert blocks.faults(page.evaluate(blocks.LOOK)) == []
    page.context.close()
