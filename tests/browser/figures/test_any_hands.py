"""Whatever hands do to a figure, it stays well: a few random gestures; soak.py makes thousands."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Reader
from tests.browser.figures.test_every_figure import PAGES
from tests.browser.soak import soak
from tests.browser.support.figure import Figure

GESTURES, SEED = 20, 7


@pytest.mark.parametrize("name", PAGES)
def test_random_gestures_leave_no_trace(reader: Reader, name: str) -> None:
    """On each figure of a page; memory is the page's, whichever of them has let it grow."""
    page = reader.live_page(name)
    soak([Figure(page, placed) for placed in reader.site.figures_of(name)], GESTURES, SEED)
