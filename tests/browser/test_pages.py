"""What every page owes its reader, whatever stands on it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Reader
from tests.browser.figure import LIVE_TIMEOUT
from tests.browser.layout import LAYOUT_SHIFT, STRAYS


@pytest.mark.parametrize("touch", [False, True], ids=["desk", "phone"])
def test_no_page_jumps_scrolls_sideways_or_loses_a_sign(reader: Reader, touch: bool) -> None:
    """Each page is opened as on a first visit and read from top to bottom, its figures waking."""
    problems: list[str] = []
    for name in reader.site.pages:
        page = reader.visit(reader.site.url(name), touch=touch)
        expect(page.locator("h1").first).to_be_visible()
        page.wait_for_timeout(200)
        for figure in page.locator("figure[data-figure]").all():
            figure.scroll_into_view_if_needed()
            expect(figure).to_have_attribute("data-state", "live", timeout=LIVE_TIMEOUT)
        page.keyboard.press("End")
        page.wait_for_timeout(100)
        if shift := page.evaluate(LAYOUT_SHIFT):
            problems.append(f"{name} shifts by {shift:.4f}")
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            problems.append(f"{name} scrolls sideways")
        problems += [f"{name}: “{sign}” begins a line" for sign in page.evaluate(STRAYS)]
        page.context.close()
    assert not problems, "\n".join(problems)
