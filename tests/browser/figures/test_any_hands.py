"""Whatever hands do to a figure, it stays well: a few random gestures; soak.py makes thousands."""

from __future__ import annotations

import pytest
from playwright.sync_api import ViewportSize

from tests.browser.conftest import Reader
from tests.browser.figures.test_every_figure import PAGES
from tests.browser.soak import soak
from tests.browser.support.figure import Figure

GESTURES, SEED = 22, 7
NARROWEST: ViewportSize = {"width": 320, "height": 640}


@pytest.mark.parametrize("name", PAGES)
def test_random_gestures_leave_no_trace(reader: Reader, name: str) -> None:
    """On each figure of a page; memory is the page's, whichever of them has let it grow.

    The first ten at a desk, the others on the narrowest screen, where no gesture may make a figure
    wider than its column. What a gesture leaves behind does not depend on the screen's width, so
    that one round holds both.
    """
    page = reader.live_page(name)
    figures = [Figure(page, placed) for placed in reader.site.figures_of(name)]
    soak(figures, GESTURES, SEED, NARROWEST)
