"""Gives the tests their browsers: `python -m tests.browser.install [chromium|firefox|webkit …]`.

A browser that is here already is kept. Playwright's own build is tried first; where it can't be
had and a package manager may be used, Debian's packages are installed. Without names all three are
tried and Chromium is insisted on; named ones are insisted on.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from playwright.sync_api import sync_playwright

from tests.browser.support.browsers import NAMES
from tests.browser.support.drivers import whereabouts

PACKAGES = {
    "chromium": ("chromium-headless-shell",),
    "firefox": ("firefox-esr",),
    "webkit": ("webkit2gtk-driver", "xvfb", "xauth"),
}


def present(name: str) -> str | None:
    """Where the browser is, or None."""
    with sync_playwright() as playwright:
        path = whereabouts(playwright, name)
    return str(path) if path else None


def attempts(name: str) -> list[list[list[str]]]:
    """Ways to install the browser, the best first; a way is a row of commands."""
    ways = [[[sys.executable, "-m", "playwright", "install", name]]]
    if shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        install = ["apt-get", "install", "--yes", "--no-install-recommends", *PACKAGES[name]]
        ways.append([["apt-get", "update"], install])
    return ways


def succeeds(command: list[str]) -> bool:
    print("$", " ".join(command), flush=True)
    return subprocess.run(command, check=False).returncode == 0


def install(name: str) -> bool:
    """Whether the browser is here afterwards."""
    found = present(name)
    for way in [] if found else attempts(name):
        if all(map(succeeds, way)) and (found := present(name)):
            break
    hint = f"could not be installed; try: python -m playwright install --with-deps {name}"
    print(f"{name}: {found or hint}")
    return found is not None


def main(names: list[str]) -> int:
    unknown = set(names) - set(NAMES)
    if unknown:
        print(f"unknown browser {', '.join(sorted(unknown))}; known are {', '.join(NAMES)}")
        return 2
    here = {name for name in names or NAMES if install(name)}
    return 0 if here >= set(names or ["chromium"]) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
