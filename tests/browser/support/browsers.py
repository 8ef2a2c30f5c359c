"""Which browser the tests drive and how it is started."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from playwright.sync_api import Browser, Playwright, ProxySettings

from builder.pack.pdf import SYSTEM_CHROMIUM

NAMES = ("chromium", "firefox", "webkit")

# Names resolve to nothing, so that not even a worker's request can leave the machine.
CHROMIUM_FLAGS = (
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)


def executable(playwright: Playwright, name: str) -> Path | None:
    """Playwright's own build of the browser, else (Chromium only) one installed on the machine."""
    own = Path(getattr(playwright, name).executable_path)
    if own.exists():
        return own
    if name != "chromium":
        return None
    found = next(filter(None, map(shutil.which, SYSTEM_CHROMIUM)), None)
    return Path(found) if found else None


def launch(
    playwright: Playwright, name: str = "chromium", proxy: ProxySettings | None = None
) -> Browser:
    """Start the browser. Raises FileNotFoundError when the machine has none of that name."""
    path = executable(playwright, name)
    if path is None:
        raise FileNotFoundError(f"no {name} here; run: python -m tests.browser.install {name}")
    if name != "chromium":
        browser: Browser = getattr(playwright, name).launch(executable_path=path, proxy=proxy)
        return browser
    root = hasattr(os, "geteuid") and os.geteuid() == 0  # Chromium's sandbox refuses root
    return playwright.chromium.launch(
        executable_path=path, args=list(CHROMIUM_FLAGS), chromium_sandbox=not root, proxy=proxy
    )
