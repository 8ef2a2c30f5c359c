"""One browser without a network: what it has read once over http is there when the host is gone."""

from __future__ import annotations

from functools import partial

from tests.browser.pages.test_offline import FIGURE, Host, Hosted
from tests.browser.support.drivers import Driver
from tests.browser.support.rounds import LIVE_PATIENCE, WAKE
from tests.browser.support.server import listen
from tests.browser.support.site import Site

KEEPING = 60.0
"""Seconds until the page and all that its figure needs are kept."""

UNTIL_KEPT = """
async (words, seconds) => {
  const place = document.querySelector("[data-role=offline]");
  const deadline = performance.now() + 1000 * seconds;
  while (!place.textContent.includes(words) && performance.now() < deadline) {
    await new Promise((done) => setTimeout(done, 50));
  }
  return place.textContent;
}
"""


def read_offline(driver: Driver, site: Site) -> None:
    """Raises AssertionError unless a figure goes live from what the browser has kept alone."""
    host = Host(site.folder)
    with listen(partial(Hosted, host=host)) as root:
        placed = site.figure(FIGURE)
        address = Site(site.folder, root).url(placed.page)
        driver.open(address)
        said = driver.ask(UNTIL_KEPT, "2 of ", KEEPING)  # the contents and this page
        assert "2 of " in said, said
        host.reachable = False
        driver.open(address)
        state, said = driver.ask(WAKE, placed.id, LIVE_PATIENCE)
        assert state == "live", f"{state}: {said}"
