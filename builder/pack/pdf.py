"""Prints a folder's page to PDF with a Chromium that is already on the machine.

No browser knows, while it lays out a page, on which sheet another part of it will lie. So it is
printed again and again: each print says where everything lay, until nothing moves any more.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from pypdf import PdfReader

SYSTEM_CHROMIUM = (
    "chromium-headless-shell", "chromium", "chromium-browser",
    "google-chrome", "google-chrome-stable",
)  # fmt: skip
"""The shell first: the others bring their windows along, which takes twice the processor's time."""
PATIENCE = 300
"""Seconds after which a browser that has printed nothing is given up."""

PRINTS = 8
"""Prints at most: the numbers of pages settle long before."""
LAID_OUT = "laid-out"
"""Names the end of a page whose script is done; see site_assets/paper/paper.ts."""


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


@dataclass(frozen=True)
class Print:
    """What a print says of itself."""

    pages: int
    places: Mapping[str, int]
    """Id of what a link leads to → the page that it lies on, from 1."""


def read_print(document: bytes) -> Print:
    """The pages of a PDF and the places that it names."""
    reader = PdfReader(BytesIO(document))
    places = {
        name.removeprefix("/"): number + 1
        for name, destination in reader.named_destinations.items()
        if (number := reader.get_destination_page_number(destination)) is not None
    }
    return Print(len(reader.pages), dict(sorted(places.items())))


def print_until_settled(
    site: Path, page: str, made: Callable[[Sequence[Print]], Mapping[str, bytes]]
) -> bytes:
    """The PDF of `page`, which stands with the other files `made` in a copy of `site`.

    What is made may depend on all prints so far. Raises NoPdfError when the last two still differ.
    """
    browser = find_browser()
    prints: list[Print] = []
    with tempfile.TemporaryDirectory(prefix="book-pdf-") as temporary:
        folder = Path(temporary) / "site"
        shutil.copytree(site, folder)
        while len(prints) < PRINTS:
            for name, data in made(prints).items():
                (folder / name).write_bytes(data)
            document = _print(browser, folder / page)
            prints.append(read_print(document))
            if LAID_OUT not in prints[-1].places:
                raise NoPdfError(f"{browser} printed {page} before its script had laid it out")
            if prints[-2:-1] == prints[-1:]:
                return document
    raise NoPdfError(f"after {PRINTS} prints of {page} the numbers of its pages still change")


def _print(browser: str, page: Path) -> bytes:
    target = page.with_suffix(".pdf")
    command = [
        browser,
        "--headless",
        "--disable-gpu",
        "--no-first-run",
        "--no-pdf-header-footer",
        "--generate-pdf-document-outline",
        f"--virtual-time-budget={PATIENCE * 1000}",  # waits for the page's script, not for a clock
        f"--user-data-dir={page.parent.parent}/profile",
        f"--print-to-pdf={target}",
        page.as_uri(),
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.insert(1, "--no-sandbox")  # Chromium's sandbox refuses root
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        raise NoPdfError(f"{browser} printed nothing within {PATIENCE} seconds") from None
    if run.returncode or not target.exists():
        raise NoPdfError(f"{browser} printed nothing:\n{run.stderr.strip()}")
    document = target.read_bytes()
    target.unlink()
    return document
