"""Sees to it that there is a Chromium for the browser tests: Playwright's own, or one of the system.

Run as `python -m tests.browser.install`. Where Playwright's download can't be reached, Debian's
package is installed if this process may.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

SYSTEM_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def system_chromium() -> str | None:
    """Path of a Chromium or Chrome that is installed on this machine, or None."""
    return next((path for name in SYSTEM_BROWSERS if (path := shutil.which(name))), None)


def playwright_chromium() -> str | None:
    """Path of the Chromium that Playwright downloaded, or None."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def _runs(*command: str) -> bool:
    print("$", " ".join(command), flush=True)
    return subprocess.run(command, check=False).returncode == 0


def install() -> str | None:
    """Path of a usable Chromium, installed where there was none; None where that failed."""
    if found := playwright_chromium() or system_chromium():
        return found
    if _runs(sys.executable, "-m", "playwright", "install", "chromium"):
        return playwright_chromium()
    if shutil.which("apt-get") and os.geteuid() == 0:
        apt = ("apt-get", "install", "--yes", "--no-install-recommends", "chromium")
        if _runs("apt-get", "update") and _runs(*apt):
            return system_chromium()
    return None


def main() -> None:
    chromium = install()
    if chromium is None:
        sys.exit(
            "The browser tests need Chromium, and it could not be installed here. Install "
            "Chromium or Chrome, or run `python -m playwright install --with-deps chromium`."
        )
    print(f"browser: {chromium}")


if __name__ == "__main__":
    main()
