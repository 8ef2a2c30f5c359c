"""Whatever hands do to a figure, it stays well: a few random gestures; soak.py makes thousands."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Reader
from tests.browser.figures.test_every_figure import FIGURES
from tests.browser.soak import soak

GESTURES, SEED = 20, 7


@pytest.mark.parametrize("name", FIGURES)
def test_random_gestures_leave_no_trace(reader: Reader, name: str) -> None:
    soak(reader.live_figure(name), GESTURES, SEED)
