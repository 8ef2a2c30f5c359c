"""Chromium, Firefox and WebKit behind one small interface, for the tests that run in all three.

The rule: Playwright's own build of a browser is driven where it is installed. Where it is not,
Chromium is the machine's own, still by Playwright; Firefox is the machine's own, over WebDriver
BiDi; WebKit is WebKitGTK's MiniBrowser, by its WebKitWebDriver.

Both protocols are spoken here. Selenium 4.51 was tried. It reaches Firefox through geckodriver
alone, which neither Debian 12 nor a maintained package of PyPI has, and would fetch it from the
network. It drives MiniBrowser, once two of its methods are overridden to put the driver on a screen
of its own, as fast as the code here does (1.5 to 3.8 s to start against 1.7 to 2.3 s; 200 calls in
0.9 to 1.8 s against 0.8 to 1.3 s): some forty lines less, for ten packages and 35 MB more.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Playwright

from tests.browser.support.browsers import executable
from tests.browser.support.drivers.driver import Driver
from tests.browser.support.drivers.firefox import Firefox, system_firefox
from tests.browser.support.drivers.playwright import PlaywrightDriver
from tests.browser.support.drivers.tripwire import Tripwire
from tests.browser.support.drivers.webkit import WebKit, system_webkit

__all__ = ["Driver", "Tripwire", "drive", "whereabouts"]

SYSTEM = {"firefox": (system_firefox, Firefox), "webkit": (system_webkit, WebKit)}


def whereabouts(playwright: Playwright, name: str) -> Path | None:
    """Where the browser is that `drive` would start."""
    own = executable(playwright, name)
    return own if own or name not in SYSTEM else SYSTEM[name][0]()


@contextmanager
def drive(playwright: Playwright, name: str, tripwire: Tripwire) -> Iterator[Driver]:
    """A running browser. Raises FileNotFoundError when the machine has none of that name."""
    driver: Driver
    if whereabouts(playwright, name) is None:
        raise FileNotFoundError(f"no {name} here; run: python -m tests.browser.install {name}")
    if executable(playwright, name):
        driver = PlaywrightDriver(playwright, name, tripwire)
    else:
        driver = SYSTEM[name][1](tripwire)
    try:
        yield driver
    finally:
        driver.close()
