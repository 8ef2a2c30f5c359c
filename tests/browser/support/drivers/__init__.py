"""Chromium, Firefox and WebKit behind one small interface, for the tests that run in all three.

The rule: Playwright's own build of a browser is driven where it is installed. Where it is not,
Chromium is the machine's own, still by Playwright; Firefox is the machine's own, over WebDriver
BiDi; WebKit is WebKitGTK's MiniBrowser, by its WebKitWebDriver.

Both protocols are spoken here. Selenium 4.51 was tried with what `tests.browser.install` brings.
It drives MiniBrowser about as fast as the code here does, on a screen that `xvfb-run` has to start
around it. It cannot drive Firefox: it asks geckodriver for every session, BiDi's too, and without
one says “Unable to obtain driver for firefox”. Debian 12 has no geckodriver, PyPI none that is
maintained, and Selenium's manager would fetch it from GitHub, outside all locks. So Firefox would
stay as it is, and for WebKit alone Selenium takes forty lines away and brings ten packages.
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
