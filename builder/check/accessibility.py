"""What a browser shows of the pages: what axe finds, and faults inside `<math>` and `<svg>`.
Playwright, which drives it, comes with the tests.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from builder.check.foreign import faults_in_dom
from builder.issues.issue import Issue, whole_file
from builder.pack.pdf import NoPdfError, find_browser
from builder.store.paths import SITE

if TYPE_CHECKING:
    from playwright.sync_api import Page, ViewportSize

AXE = "site_assets/node_modules/axe-core/axe.min.js"
OPTIONS = {
    "runOnly": [
        "wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice",
    ],
    "rules": {"target-size": {"enabled": True}},
    "resultTypes": ["violations"],
}  # fmt: skip
"""Every rule of WCAG 2.2 AA, and axe's advice beyond it."""
WIDE: ViewportSize = {"width": 1280, "height": 900}
SCHEMES: dict[Literal["light", "dark"], tuple[str, ...]] = {
    "light": (),
    "dark": ("color-contrast",),
}
"""What axe looks for in each: all of it, then what the other colours may have changed."""
BROWSERS = 2
"""At once: each keeps one core busy."""
INSTALL = "pip install --editable '.[test]' && python -m tests.browser.install"


@cache
def axe_source(root: Path) -> str:
    """The library's text."""
    return (root / AXE).read_text("utf-8")


def audit(page: Page, root: Path, rules: Sequence[str] = (), scope: str = "") -> list[str]:
    """One line for each element of an open page that breaks a rule; all rules if none is named.

    The devtools put axe into the page, so that its security policy stays as it is.
    """
    if not page.evaluate("typeof globalThis.axe === 'object'"):
        page.evaluate(axe_source(root))
    options: dict[str, Any] = {**OPTIONS, "runOnly": list(rules)} if rules else OPTIONS
    violations = page.evaluate(
        "([scope, options]) => axe.run(scope || document, options).then((r) => r.violations)",
        [scope, options],
    )
    return [
        f"{violation['id']}: {violation['help']}: {node['target'][0]}{_reason(node)}"
        for violation in violations
        for node in violation["nodes"]
    ]


def _reason(node: dict[str, Any]) -> str:
    """What axe measured, where it did."""
    checks = [*node["any"], *node["all"], *node["none"]]
    return f" ({checks[0]['message']})" if checks else ""


def check_accessibility(root: Path, pages: Sequence[str]) -> Iterator[Issue]:
    """Open each page of the built site in Chromium, light and dark, and look at it, with axe."""
    if find_spec("playwright") is None:
        message = "axe needs a browser, and Playwright, which drives it, is not installed"
        yield Issue("accessibility", SITE, 0, 0, message, INSTALL)
        return
    try:
        browser = find_browser()
    except NoPdfError:
        message = "axe needs Chromium, and there is none"
        yield Issue("accessibility", SITE, 0, 0, message, INSTALL)
        return
    with ThreadPoolExecutor(BROWSERS) as pool:
        shares = [pages[start::BROWSERS] for start in range(BROWSERS)]
        found = [
            line for share in pool.map(partial(_look, root, browser), shares) for line in share
        ]
    for name, line in sorted(found, key=lambda one: pages.index(one[0])):
        yield whole_file("accessibility", f"{SITE}/{name}", line)


def _look(root: Path, browser_path: str, pages: Sequence[str]) -> list[tuple[str, str]]:
    """Names of pages and what is wrong with them, by a browser of its own."""
    from playwright.sync_api import sync_playwright

    found: list[tuple[str, str]] = []
    with sync_playwright() as playwright:
        root_user = hasattr(os, "geteuid") and os.geteuid() == 0  # Chromium's sandbox refuses root
        browser = playwright.chromium.launch(
            executable_path=browser_path, chromium_sandbox=not root_user
        )
        page = browser.new_page(viewport=WIDE, reduced_motion="reduce")
        for name in pages:
            page.goto((root / SITE / name).as_uri())
            found += [(name, line) for line in faults_in_dom(page)]
            for scheme, rules in SCHEMES.items():
                page.emulate_media(color_scheme=scheme)
                found += [(name, f"{line}, {scheme}") for line in audit(page, root, rules)]
        browser.close()
    return found
