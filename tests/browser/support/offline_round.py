"""One browser without a network: what it has read once over http is there when the host is gone,
until the reader has it removed; and it can be kept again."""

from __future__ import annotations

from functools import partial

from tests.browser.pages.test_offline import FIGURE, Host, Hosted
from tests.browser.support.coming_back import go_back
from tests.browser.support.drivers import Driver
from tests.browser.support.rounds import LIVE_PATIENCE, WAKE
from tests.browser.support.server import listen
from tests.browser.support.site import Site

KEEPING = 60.0
"""Seconds until the page and all that its figure needs are kept."""

UNTIL_SAID = """
async (words, seconds) => {
  const place = document.querySelector("[data-role=offline]");
  const deadline = performance.now() + 1000 * seconds;
  while (!place.textContent.includes(words) && performance.now() < deadline) {
    await new Promise((done) => setTimeout(done, 50));
  }
  return place.textContent;
}
"""

PRESS = """
(words) => [...document.querySelectorAll("[data-role=offline] button")]
  .find(({ textContent }) => textContent.startsWith(words)).click()
"""
ANNOUNCED = "() => document.querySelector('.new-version')?.textContent ?? ''"


def read_offline(driver: Driver, site: Site) -> None:
    """Raises AssertionError unless a figure goes live from what the browser has kept alone."""
    host = Host(site.folder)
    with listen(partial(Hosted, host=host)) as root:
        placed = site.figure(FIGURE)
        address = Site(site.folder, root).url(placed.page)
        driver.open(address)
        wait_said(driver, "2 of ")  # the contents and this page
        host.reachable = False
        driver.open(address)
        state, said = driver.ask(WAKE, placed.id, LIVE_PATIENCE)
        assert state == "live", f"{state}: {said}"
        host.reachable = True
        wait_said(driver, "2 of ")
        keep_again(driver)
        other = Site(site.folder, root).url("index.html")
        driver.open(other)
        wait_said(driver, "2 of ")
        driver.ask(PRESS, "Remove")
        wait_said(driver, "Nothing of the book")
        go_back(driver, address)
        wait_said(driver, "Nothing of the book")
        driver.ask(PRESS, "Keep")
        wait_said(driver, "2 of ")
        keep_again(driver)
        driver.ask(PRESS, "Make all")
        wait_said(driver, "The whole book is")


def keep_again(driver: Driver) -> None:
    """What is kept is removed and kept again, on one page and with one version of the book."""
    driver.ask(PRESS, "Remove")
    wait_said(driver, "Nothing of the book")
    driver.ask(PRESS, "Keep")
    wait_said(driver, "2 of ")
    announced = driver.ask(ANNOUNCED)
    assert not announced, announced


def wait_said(driver: Driver, words: str) -> None:
    said = driver.ask(UNTIL_SAID, words, KEEPING)
    assert words in said, f"not “{words}” but: {said}"
