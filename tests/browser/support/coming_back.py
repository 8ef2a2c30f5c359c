"""One browser comes back to a page that it has left: what was chosen meanwhile, on another page,
holds there, too. Firefox and WebKit do not load the page anew, they show it as it was left. And it
holds on a page that is gone to by a link.
"""

from __future__ import annotations

import time

from tests.browser.support.drivers import Driver
from tests.browser.support.site import Site

PATIENCE = 20.0
"""Seconds until the browser is back."""

CHOOSE = """
() => {
  for (const role of ["theme", "theme", "search-key"]) {
    document.querySelector(`[data-role=${role}]`).click();
  }
}
"""
CHOSEN = """
() => ({
  theme: document.querySelector("[data-role=theme]").textContent,
  paper: getComputedStyle(document.body).backgroundColor,
  key: document.querySelector("[data-role=search-key]").getAttribute("aria-pressed"),
})
"""
FORGET = "() => ['book-theme', 'book-search-key'].forEach((key) => localStorage.removeItem(key))"
# The script of the offline copy comes last of all, over http. WebKit takes a load that leaving has
# broken off for one of a file that is not there, and the page would tell that when it is back.
HERE_WHOLE = """
async () => {
  const last = () => performance.getEntriesByType("resource")
    .some(({ name }) => /\\/offline-[^/]*\\.js$/.test(name));
  const comes = location.protocol.startsWith("http") && "serviceWorker" in navigator;
  for (let i = 0; comes && !last() && i < 200; i++) {
    await new Promise((done) => setTimeout(done, 50));
  }
}
"""
FOLLOW = """
() => {
  const link = [...document.querySelectorAll("a[href]")]
    .find(({ pathname }) => pathname.endsWith("/references.html"));
  setTimeout(() => link.click());
}
"""
HERE = "() => document.readyState === 'complete' ? location.href : ''"


def go(driver: Driver, way: str, url: str) -> None:
    """By a script to the page that is at `url`."""
    driver.ask(way)
    deadline = time.monotonic() + PATIENCE
    here = ""
    while here != url and time.monotonic() < deadline:
        time.sleep(0.1)
        try:
            here = driver.ask(HERE)
        except AssertionError:  # it was asked of the page that is being left
            continue
    assert here == url, f"it did not go to {url} but to {here}"


def go_back(driver: Driver, url: str) -> None:
    """To the page that was shown before, which is at `url`."""
    go(driver, "() => { setTimeout(() => history.back()); }", url)


def faults(driver: Driver, site: Site) -> list[str]:
    """What is otherwise on a page that was left, and come back to, than on one that is opened
    anew. (From file:// Firefox lets no page know of another one's storage: there both are alike.)
    """
    first = site.url("references.html")
    driver.open(first)
    driver.ask(HERE_WHOLE)
    driver.open(site.url("glossary.html"))
    before = driver.ask(CHOSEN)
    driver.ask(CHOOSE)
    chosen = driver.ask(CHOSEN)
    go_back(driver, first)
    found = driver.ask(CHOSEN)
    driver.open(site.url("glossary.html"))
    go(driver, FOLLOW, first)
    followed = driver.ask(CHOSEN)
    driver.open(site.url("colophon.html"))
    anew = driver.ask(CHOSEN)
    driver.ask(FORGET)
    if any(before[name] == chosen[name] for name in chosen):
        return [f"nothing can be chosen: {chosen}"]
    return [
        f"{name} of a page that is come back to: {found[name]}, not {anew[name]}"
        for name in chosen
        if found[name] != anew[name]
    ] + [
        f"{name} of a page that a link leads to: {followed[name]}, not {chosen[name]}"
        for name in chosen
        if followed[name] != chosen[name]
    ]
