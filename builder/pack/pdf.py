"""Prints a folder's page to PDF with a Chromium that is already on the machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

SYSTEM_CHROMIUM = (
    "chromium-headless-shell", "chromium", "chromium-browser",
    "google-chrome", "google-chrome-stable",
)  # fmt: skip
"""The shell first: the others bring their windows along, which takes twice the processor's time."""
PATIENCE = 300
"""Seconds after which a browser that has printed nothing is given up."""


class NoPdfError(Exception):
    """There is no browser, or it printed nothing; the message says what to do."""


def find_browser() -> str:
    """Playwright's own Chromium, else one on the PATH; raises NoPdfError."""
    found = _playwright_chromium() or next(filter(None, map(shutil.which, SYSTEM_CHROMIUM)), None)
    if found is None:
        names = ", ".join(SYSTEM_CHROMIUM)
        raise NoPdfError(
            f"a PDF needs Chromium, and there is none: neither {names} on the PATH, "
            "nor Playwright's own (python -m playwright install chromium)"
        )
    return found


def _playwright_chromium() -> str | None:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:  # it comes with the tests only
        return None
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def print_to_pdf(site: Path, page: str, extra: Mapping[str, bytes]) -> bytes:
    """The PDF of `page`, one of the `extra` files that stand beside a copy of `site`."""
    browser = find_browser()
    with tempfile.TemporaryDirectory(prefix="book-pdf-") as temporary:
        folder, target = Path(temporary) / "site", Path(temporary) / "book.pdf"
        shutil.copytree(site, folder)
        for name, data in extra.items():
            (folder / name).write_bytes(data)
        command = [
            browser,
            "--headless",
            "--disable-gpu",
            "--no-first-run",
            "--no-pdf-header-footer",
            "--generate-pdf-document-outline",
            f"--user-data-dir={temporary}/profile",
            f"--print-to-pdf={target}",
            (folder / page).as_uri(),
        ]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.insert(1, "--no-sandbox")  # Chromium's sandbox refuses root
        try:
            run = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            raise NoPdfError(f"{browser} printed nothing within {PATIENCE} seconds") from None
        if run.returncode or not target.exists():
            raise NoPdfError(f"{browser} printed nothing:\n{run.stderr.strip()}")
        return target.read_bytes()
