"""What comes first: the figure of a deep link, or a page's first. Nothing moves then or after."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Event

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import HTTP_AND_FILE, Reader, Window
from tests.browser.support.figure import LIVE_TIMEOUT, Figure
from tests.browser.support.layout import LAYOUT_SHIFT
from tests.browser.support.server import Pages, listen
from tests.browser.support.site import Site
from tests.browser.support.waiting import eventually

TOP = "(figure) => figure.getBoundingClientRect().top"
HINTED = "() => [...document.querySelectorAll('link[rel=preload]')].map((link) => link.href)"
FAR = "elbo-gap"  # beneath three other figures
LONG = "what-lives-in-the-middle.html"
SHIFTY = "the-bottleneck.html"  # in Chromium, its blocks were said to shift


@HTTP_AND_FILE
@pytest.mark.parametrize("touch", [False, True], ids=["desk", "phone"])
def test_a_figure_far_down_stays_where_the_link_led(reader: Reader, touch: bool) -> None:
    figure = reader.figure(FAR, touch=touch)
    page = figure.page
    assert page.locator(".postponed").count(), "nothing was put off"
    figure.wait_live()
    top = figure.root.evaluate(TOP)
    assert 0 <= top < 60
    expect(page.locator("html.layout-postponed")).to_have_count(0, timeout=LIVE_TIMEOUT)
    expect(page.locator(".postponed")).to_have_count(0)
    assert abs(figure.root.evaluate(TOP) - top) < 1
    assert page.evaluate(LAYOUT_SHIFT) == 0


SEEN_AND_PUT_OFF = """
() => [...document.querySelectorAll(".postponed")].filter((block) => {
  const { top, bottom } = block.getBoundingClientRect();
  return bottom > 0 && top < innerHeight;
}).length
"""


@pytest.mark.parametrize("touch", [False, True], ids=["desk", "phone"])
def test_what_is_on_the_screen_is_drawn_before_any_figure_is_live(
    reader: Reader, touch: bool
) -> None:
    for name in (FAR, "tug-of-war"):
        page = reader.visit("about:blank", touch=touch)
        page.route("**/kit-*.js", lambda route: None)  # no figure goes live
        placed = reader.site.figure(name)
        page.goto(reader.site.url(placed.page, placed.id), wait_until="commit")
        expect(page.locator("html.layout-postponed:not(.fonts-pending)")).to_have_count(1)
        assert page.locator(".postponed").count(), "nothing was put off"
        assert page.evaluate(SEEN_AND_PUT_OFF) == 0
        for screens in (2, -4):
            page.evaluate(f"scrollBy({{ top: {screens} * innerHeight, behavior: 'instant' }})")
            eventually(page, partial(expect_all_seen, page))
        page.evaluate("location.hash = 'exercises'")
        expect(page.locator("#exercises")).to_be_in_viewport()
        eventually(page, partial(expect_all_seen, page))


def expect_all_seen(page: Page) -> None:
    assert page.evaluate(SEEN_AND_PUT_OFF) == 0


@pytest.mark.parametrize("touch", [False, True], ids=["desk", "phone"])
def test_what_was_put_off_is_laid_out_without_a_shift(reader: Reader, touch: bool) -> None:
    page = reader.visit(reader.site.url(SHIFTY), touch=touch)
    assert page.locator(".postponed").count(), "nothing was put off"
    expect(page.locator("html.layout-postponed")).to_have_count(0)
    assert page.evaluate("scrollY") == 0
    assert page.evaluate(LAYOUT_SHIFT) == 0


def test_a_figure_that_the_address_names_does_not_wait_for_the_fonts(reader: Reader) -> None:
    page = reader.visit("about:blank")
    page.clock.install()
    page.clock.pause_at(time.time() + 3600)
    page.route("**/*.woff2", lambda route: None)
    placed = reader.site.figure(FAR)
    page.goto(reader.site.url(placed.page, placed.id), wait_until="commit")
    live = page.locator(f"#{placed.id}[data-state=live]")

    # Frames are fake as well: a few are given, far fewer than the page has patience for.
    def is_live() -> None:
        page.clock.run_for(1)
        assert live.count() == 1

    eventually(page, is_live)
    expect(page.locator("html.fonts-pending")).to_have_count(1)
    page.clock.run_for(2000)
    expect(page.locator("html.fonts-late:not(.fonts-pending)")).to_have_count(1)
    expect(page.locator(f"#{placed.id}")).to_be_in_viewport()


def test_fonts_are_asked_for_before_the_styles_that_name_them(reader: Reader) -> None:
    page = reader.visit("about:blank")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    page.route("**/book-*.css", lambda route: None)
    page.goto(reader.site.url("index.html"), wait_until="commit")
    expect(page.locator("link[rel=preload][as=font]")).to_have_count(4)
    page.wait_for_timeout(200)
    assert len([name for name in asked if name.endswith(".woff2")]) == 4


def test_a_place_that_is_returned_to_is_measured_in_true_heights(reader: Reader) -> None:
    """Of an address that names no place: to that, Chromium on a busy machine goes now and then in
    place of where the reader was, in a page without a script as well.
    """
    placed = reader.site.figure(FAR)
    page = reader.visit(reader.site.url(placed.page))
    expect(page.locator("html.layout-postponed")).to_have_count(0)
    Figure(page, placed).wait_live()
    place = page.evaluate("scrollY")
    assert place > 3000
    page.goto(reader.site.url("index.html"))
    # A browser notes the place on a page when it is left; on one that stays, some seconds later.
    for again in (page.go_back, page.reload):
        again()
        assert page.locator("html.layout-postponed").count() == 0
        # By estimates it would be screens away; faces that come late move it by a pixel or so.
        page.wait_for_function("(place) => Math.abs(scrollY - place) < 6", arg=place)


def test_an_exact_figure_loads_neither_engine_nor_model(reader: Reader) -> None:
    figure = reader.figure(FAR).wait_live()
    hints = figure.page.evaluate(HINTED)
    assert [hint for hint in hints if f"figures/{FAR}" in hint]
    assert not [hint for hint in hints if "plans/" in hint or "models/" in hint or "wasm" in hint]
    assert reader.engines_asked() == []


def test_all_that_a_figure_loads_is_asked_for_at_once(reader: Reader) -> None:
    figure = reader.figure("latent-walk").wait_live()
    hints = figure.page.evaluate(HINTED)
    for part in ("figures/latent-walk", "kernels.", "plans/shapes-vae/decoder", "codes_test"):
        assert len([hint for hint in hints if part in hint]) == 1, part


class Trickle(Pages):
    """Keeps the rest of a chapter back, behind so many of its figures, until it is let go."""

    figures: int
    rest_wanted: Event

    def do_GET(self) -> None:
        if not self.path.endswith(f"/{LONG}"):
            return super().do_GET()
        whole = (Path(self.directory) / LONG).read_bytes()
        figure = b"</figure>\n"
        first = figure.join(whole.split(figure)[: self.figures]) + figure + b"<p>"
        assert whole.startswith(first)
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(whole)))
        self.end_headers()
        self.wfile.write(first)
        self.wfile.flush()
        assert self.rest_wanted.wait(60)
        self.wfile.write(whole[len(first) :])


@contextmanager
def trickling(site: Site, figures: int) -> Iterator[tuple[Site, Event]]:
    """The book at a host that sends the rest of LONG when it is told to, and at the latest when
    the test is over."""
    rest = Event()
    pages = type("TrickleOnce", (Trickle,), {"figures": figures, "rest_wanted": rest})
    with listen(partial(pages, directory=str(site.folder))) as root:
        try:
            yield Site(site.folder, root), rest
        finally:
            rest.set()


def test_the_first_figure_does_not_wait_for_the_rest_of_its_page(
    browser: Browser, site: Site
) -> None:
    with trickling(site, figures=1) as (served, rest):
        first, second = [placed for placed in served.figures if placed.page == LONG][:2]
        window = Window(browser, served)
        page = window.page
        page.goto(served.url(LONG), wait_until="commit")
        figure = Figure(page, first)
        figure.root.scroll_into_view_if_needed()
        figure.wait_live()
        assert page.evaluate("document.readyState") == "loading"
        expect(page.locator(f"#{second.id}")).to_have_count(0)
        rest.set()
        Figure(page, second).root.scroll_into_view_if_needed()
        Figure(page, second).wait_live()
        expect(page.get_by_role("button", name="Theme: auto")).to_be_visible()
        expect(page.locator(".postponed")).to_have_count(0)
        verdict = window.watch.verdict()
        window.context.close()
        assert not verdict, "\n".join(verdict)


def test_the_screen_does_not_wait_for_what_is_beneath_it(browser: Browser, site: Site) -> None:
    with trickling(site, figures=3) as (served, rest):
        first = next(placed for placed in served.figures if placed.page == LONG)
        window = Window(browser, served)
        page = window.page
        page.route("**/kit-*.js", lambda route: None)  # no figure goes live
        page.goto(served.url(LONG, first.id), wait_until="commit")
        expect(page.locator("html.layout-postponed:not(.fonts-pending)")).to_have_count(1)
        assert page.evaluate("document.readyState") == "loading"
        assert page.evaluate(SEEN_AND_PUT_OFF) == 0
        before = page.locator(".postponed").count()
        assert before, "nothing was put off"
        top = page.locator(f"#{first.id}").evaluate(TOP)
        assert 0 <= top < 60
        rest.set()
        expect(page.locator("footer.colophon")).to_have_count(1)
        assert page.locator(".postponed").count() > before, "what arrives later is not put off"
        assert page.evaluate(SEEN_AND_PUT_OFF) == 0
        assert abs(page.locator(f"#{first.id}").evaluate(TOP) - top) < 1
        assert page.evaluate(LAYOUT_SHIFT) == 0
        window.context.close()
