"""A figure opened by a deep link: it comes first, alone, and nothing moves meanwhile or after."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import HTTP_AND_FILE, Reader
from tests.browser.support.layout import LAYOUT_SHIFT

TOP = "(figure) => figure.getBoundingClientRect().top"
HINTED = "() => [...document.querySelectorAll('link[rel=preload]')].map((link) => link.href)"
FAR = "elbo-gap"  # beneath three other figures


@HTTP_AND_FILE
@pytest.mark.parametrize("touch", [False, True], ids=["desk", "phone"])
def test_a_figure_far_down_stays_where_the_link_led(reader: Reader, touch: bool) -> None:
    figure = reader.figure(FAR, touch=touch)
    page = figure.page
    assert page.locator(".postponed").count(), "nothing was put off"
    figure.wait_live()
    top = figure.root.evaluate(TOP)
    assert 0 <= top < 60
    expect(page.locator("html.layout-postponed")).to_have_count(0)
    expect(page.locator(".postponed")).to_have_count(0)
    assert abs(figure.root.evaluate(TOP) - top) < 1
    assert page.evaluate(LAYOUT_SHIFT) == 0


def test_a_place_that_is_returned_to_is_measured_in_true_heights(reader: Reader) -> None:
    page = reader.figure(FAR).wait_live().page
    expect(page.locator("html.layout-postponed")).to_have_count(0)
    page.mouse.wheel(0, -1500)
    page.wait_for_timeout(300)
    before = page.evaluate("scrollY")
    page.reload()
    assert page.locator("html.layout-postponed").count() == 0
    assert abs(page.evaluate("scrollY") - before) < 2


def test_an_exact_figure_loads_neither_engine_nor_model(reader: Reader) -> None:
    figure = reader.figure(FAR).wait_live()
    hints = figure.page.evaluate(HINTED)
    assert [hint for hint in hints if f"figures/{FAR}" in hint]
    assert not [hint for hint in hints if "plans/" in hint or "models/" in hint or "wasm" in hint]
    assert reader.engines_asked() == []


def test_all_that_a_figure_loads_is_asked_for_at_once(reader: Reader) -> None:
    figure = reader.figure("latent-walk").wait_live()
    hints = figure.page.evaluate(HINTED)
    for part in ("figures/latent-walk", "kernels.wasm", "plans/shapes-vae/decoder", "codes_test"):
        assert [hint for hint in hints if part in hint], part
