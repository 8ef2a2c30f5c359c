"""The built site over http and from file://, a browser, and readers that open its pages."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Generator, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.browser.support.figure import LIVE_TIMEOUT, WRITTEN, Figure
from tests.browser.support.rounds import WAKE
from tests.browser.support.server import publish
from tests.browser.support.site import PlacedFigure, Site, copy_site
from tests.browser.support.watch import Watch

ROOT = Path(__file__).resolve().parents[2]
WIDE: ViewportSize = {"width": 1200, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
PATIENCE = 10_000  # ms for a locator
POSTPONED = re.compile(r"\blayout-postponed\b")
FAILED = pytest.StashKey[bool]()
LONGEST = ("test_three_browsers.py", "test_authoring.py", "test_paper.py")
"""Files with tests of a minute."""

State = dict[str, object]

HTTP_AND_FILE = pytest.mark.parametrize("scheme", ["http", "file"], indirect=True)
"""For what loads files, reads or writes addresses, stores or trains, and for one gesture a figure:
the rest of a figure's code does not know where its page came from, and is tested over http."""

FROM_FILE = pytest.mark.parametrize("scheme", ["file"], indirect=True)
"""For what must hold everywhere and costs much: from file:// more can go wrong than over http."""


# Forget the last visit: the next fragment is then always new, and figures follow it. They are told,
# lest one of them takes it for a step back by the reader, and its next change for undone.
TIDY = """
() => {
  const changed = document.querySelectorAll("[data-role=reset]:not([aria-disabled])");
  changed.forEach((button) => button.click());
  document.activeElement.blur();
  history.replaceState(null, "", location.pathname);
  dispatchEvent(new HashChangeEvent("hashchange"));
}
"""

# A click that came before the figures have heard of the new fragment would be undone by it.
FOLLOW = """
(fragment) => new Promise((heard) => {
  addEventListener("hashchange", () => setTimeout(heard), { once: true });
  location.hash = fragment;
})
"""

# A hand that comes before a figure has drawn what the address says would work the state before.
# What moves of its own accord never rests.
DRAWN = f"""
(id) => Promise.race([({WRITTEN.strip()})(id), new Promise((done) => setTimeout(done, 2000))])
"""

WAKE_ALL = f"""
async ([ids, seconds]) => {{
  const wake = {WAKE.strip()};
  for (const id of ids) {{
    const [state, said] = await wake(id, seconds);
    if (state !== "live") throw new Error(`${{id}} is ${{state}}: ${{said}}`);
  }}
}}
"""


class Window:
    """A browser window of its own, watched, with one page in it.

    On a desk, or with `touch` on a phone; `before` is a script that runs before the page's own.
    Only with `keeping` does the service worker keep what is read: that takes time, and few tests
    ask for it.
    """

    def __init__(
        self,
        browser: Browser,
        site: Site,
        *,
        touch: bool = False,
        scripts: bool = True,
        reduced_motion: bool = False,
        before: str = "",
        keeping: bool = False,
    ) -> None:
        self.context = browser.new_context(
            viewport=PHONE if touch else WIDE,
            has_touch=touch,
            java_script_enabled=scripts,
            reduced_motion="reduce" if reduced_motion else "no-preference",
            service_workers="allow" if keeping else "block",
        )
        self.context.set_default_timeout(PATIENCE)
        self.watch = Watch(self.context, site.root)
        self.context.add_init_script(before)
        self.page = self.context.new_page()
        self.touch = touch
        self._site = site

    def wasm_asked(self) -> list[tuple[str, str]]:
        """Lane and file of each wasm that the page has asked for, in order."""
        engines = self._site.engines
        lanes = {path.name: lane for lane, paths in engines.items() for path in paths}
        names = [url.rpartition("/")[2] for url in self.watch.own]
        return [(lanes[name], name) for name in names if name in lanes]


class Shelf:
    """Live pages that tests take one after the other: starting the engine costs a second each."""

    def __init__(self, browser: Browser, site: Site) -> None:
        self._browser = browser
        self._site = site
        self._windows: defaultdict[tuple[str, bool], list[Window]] = defaultdict(list)

    def take(self, url: str, touch: bool) -> Window:
        """A window at `url`; a page that is open already is tidied, and follows the fragment."""
        address, _, fragment = url.partition("#")
        windows = self._windows[address, touch]
        if not windows:
            windows.append(self._opened(url, touch))
            return windows[0]
        window = self._tidied(windows[0])
        if fragment:
            window.page.evaluate(FOLLOW, fragment)
        return window

    def take_away(self, url: str) -> Window:
        """The one at `url` on a desk that was put there last, for a test that will spoil it."""
        windows = self._windows[url, False]
        return self._tidied(windows.pop()) if windows else self._opened(url, touch=False)

    def put(self, window: Window) -> None:
        """A page that a test has opened for itself, and that serves others, too: one is spare."""
        windows = self._windows[window.page.url.partition("#")[0], window.touch]
        windows.append(window)
        if len(windows) > 2:
            windows.pop(0).context.close()

    def discard(self, window: Window) -> None:
        """A page on which a test failed is not handed to the next."""
        for windows in self._windows.values():
            if window in windows:
                windows.remove(window)
        window.context.close()

    def close(self) -> None:
        for window in chain.from_iterable(self._windows.values()):
            window.context.close()

    def _opened(self, url: str, touch: bool) -> Window:
        window = Window(self._browser, self._site, touch=touch)
        window.page.goto(url)
        return window

    def _tidied(self, window: Window) -> Window:
        window.page.evaluate(TIDY)
        window.watch.forget()
        return window


class Reader:
    """Opens pages of one site, `intact` or with damaged files, and keeps watch over all of them."""

    def __init__(self, browser: Browser, site: Site, shelf: Shelf, *, intact: bool = True) -> None:
        self._browser = browser
        self._intact = intact
        self._ort_wanted = False
        self._shelf = shelf
        self._own: list[Window] = []
        self._borrowed: list[Window] = []
        self.site = site

    def visit(self, url: str, **how: Any) -> Page:
        """An address in a fresh window; `how` as for `Window`."""
        window = Window(self._browser, self.site, **how)
        self._own.append(window)
        window.page.goto(url)
        return window.page

    def figure(
        self, name: str, state: State | None = None, *, ort: bool = False, **how: Any
    ) -> Figure:
        """The figure in a fresh window, opened by a deep link with `state`; `ort` asks for
        ONNX Runtime's lane."""
        placed = self.site.figure(name)
        address = self._address(placed, state)
        if ort:
            self._ort_wanted = True
            address = address.replace(placed.page, f"{placed.page}?engine=ort", 1)
        return Figure(self.visit(address, **how), placed)

    def live_figure(
        self, figure: str | PlacedFigure, state: State | None = None, touch: bool = False
    ) -> Figure:
        """The figure, live, in a window that may have been used by other tests before."""
        placed = self.site.figure(figure) if isinstance(figure, str) else figure
        window = self._shelf.take(self._address(placed, state), touch)
        self._borrowed.append(window)
        live = Figure(window.page, placed).wait_live()
        window.page.evaluate(DRAWN, placed.id)
        # Until all above it is laid out, what a hand aims at may move by a few pixels.
        expect(window.page.locator("html")).not_to_have_class(POSTPONED, timeout=LIVE_TIMEOUT)
        return live

    def live_page(self, name: str, touch: bool = False) -> Page:
        """A page with all its figures live, in a window that may have been used before."""
        page = self.shared_page(self.site.url(name), touch)
        self.wake(page, self.site.figures_of(name))
        return page

    def live_page_to_spoil(self, name: str) -> Page:
        """The same for this test alone, which need not leave the page as it was."""
        window = self._shelf.take_away(self.site.url(name))
        self._own.append(window)
        self.wake(window.page, self.site.figures_of(name))
        return window.page

    def shared_page(self, url: str, touch: bool = False) -> Page:
        """An address in a window that may have been used by other tests before."""
        window = self._shelf.take(url, touch)
        self._borrowed.append(window)
        return window.page

    def share(self, page: Page) -> None:
        """A page that this test has visited serves others, too, when the test has passed."""
        window = next(window for window in self._own if window.page is page)
        self._own.remove(window)
        self._borrowed.append(window)
        self._shelf.put(window)

    def wake(self, page: Page, figures: Sequence[PlacedFigure]) -> None:
        """Brings one figure after the other into view and waits until it answers."""
        page.evaluate(WAKE_ALL, [[placed.id for placed in figures], LIVE_TIMEOUT / 1000])

    def engines_asked(self) -> list[str]:
        """Lanes whose wasm the pages opened so far have asked for, in order."""
        return [lane for lane, _ in self.wasm_asked()]

    def wasm_asked(self) -> list[tuple[str, str]]:
        """Lane and file of each wasm that these pages have asked for."""
        return [asked for w in self._own + self._borrowed for asked in w.wasm_asked()]

    def expect_errors(self, *patterns: str) -> None:
        """Console errors that the test provokes on the pages opened so far."""
        for window in self._own + self._borrowed:
            window.watch.expect_errors(*patterns)

    def close(self, failed: bool) -> list[str]:
        """Ends the visit and gives a line for each thing that should not have happened."""
        verdict = [line for window in self._own + self._borrowed for line in window.watch.verdict()]
        if self._intact and not self._ort_wanted and "ort" in self.engines_asked():
            verdict.append("the kernels failed: ONNX Runtime was asked for")
        for window in self._own:
            window.context.close()
        if failed or verdict:
            for window in self._borrowed:
                self._shelf.discard(window)
        return verdict

    def _address(self, placed: PlacedFigure, state: State | None) -> str:
        return self.site.url(placed.page, placed.fragment(state or {}))


@pytest.fixture(scope="session", params=["http"])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def site(scheme: str, site_copy: Path) -> Iterator[Site]:
    with publish(scheme, site_copy) as root:
        yield Site(site_copy, root)


@pytest.fixture(scope="session")
def shelf(browser: Browser, site: Site) -> Iterator[Shelf]:
    shelf = Shelf(browser, site)
    yield shelf
    shelf.close()


@pytest.fixture
def reader(
    request: pytest.FixtureRequest, browser: Browser, site: Site, shelf: Shelf
) -> Iterator[Reader]:
    """A reader of the intact book.

    The test fails if a page logged errors, called out, or ran a graph of the book on ONNX Runtime.
    """
    reader = Reader(browser, site, shelf)
    yield reader
    verdict = reader.close(failed=request.node.stash.get(FAILED, False))
    assert not verdict, "\n".join(verdict)


@pytest.fixture
def breakable_site(scheme: str, site_copy: Path, tmp_path: Path) -> Iterator[Site]:
    """A copy for this test alone, whose files it may take away or spoil."""
    folder = copy_site(site_copy, tmp_path / "broken – 壞了")
    with publish(scheme, folder) as root:
        yield Site(folder, root)


@pytest.fixture
def reader_of_broken(browser: Browser, breakable_site: Site) -> Iterator[Reader]:
    """A reader of `breakable_site`, always in fresh windows."""
    reader = Reader(browser, breakable_site, Shelf(browser, breakable_site), intact=False)
    yield reader
    verdict = reader.close(failed=False)
    assert not verdict, "\n".join(verdict)


@pytest.hookimpl(trylast=True)  # after pytest has put together what shares a scheme
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes a minute begins a worker's share: nobody is left alone with it at the end.

    xdist deals the tests out in shares of one length, in order; later workers without work take
    from the ends of the others' shares.
    """
    long = [item for item in items if item.path.name in LONGEST]
    short = [item for item in items if item.path.name not in LONGEST]
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    rest = iter(short)
    dealt: list[pytest.Item] = []
    for worker in range(workers):
        share = (len(items) - len(dealt)) // (workers - worker)
        first = long[worker::workers]
        dealt += [*first, *islice(rest, max(0, share - len(first)))]
    items[:] = dealt


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Lets fixtures know, when they are torn down, whether their test failed."""
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report
