"""A compiled package, bundled from a distribution, runs at build and in the page from file://.

Pyodide's npm package has no NumPy; any wheel of the right platform shows that bundling works.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from builder.draw.python_packages import LOCK, Distribution
from builder.store.paths import PYODIDE
from tests.browser.conftest import Window
from tests.browser.support.cells_site import ROOT, build_cells_book
from tests.browser.support.site import Site

PACKAGES = {"pydantic_core": "2.50.4", "typing_extensions": "4.16.0"}
CONTENT = Path(__file__).parent / "compiled_book" / "content"


@pytest.fixture(scope="module")
def distribution(tmp_path_factory: pytest.TempPathFactory) -> Distribution:
    """A folder laid out as a Pyodide distribution, of wheels from pip's own index."""
    folder = tmp_path_factory.mktemp("distribution")
    released = json.loads((ROOT / PYODIDE / LOCK).read_text("utf-8"))
    info = released["info"]
    version = "".join(info["python"].split(".")[:2])
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder]
    target = [
        "--only-binary=:all:", "--implementation=cp", f"--abi=cp{version}", "--abi=none",
        f"--python-version={version}", "--platform=any",
        f"--platform=pyemscripten_{info['abi_version']}_{info['arch']}",
    ]  # fmt: skip
    wanted = [f"{name}=={version}" for name, version in PACKAGES.items()]
    try:
        run = subprocess.run([*command, *target, *wanted], timeout=120, capture_output=True)
    except subprocess.TimeoutExpired:
        pytest.skip("no package index answers here")
    if run.returncode:
        pytest.skip(f"the wheels cannot be had here: {run.stderr.decode().strip()}")
    (folder / LOCK).write_text(json.dumps({"info": info, "packages": locked(folder)}), "utf-8")
    return Distribution.at(str(folder))


def locked(folder: Path) -> dict[str, Any]:
    """What a lock file says of the wheels of a folder."""
    packages = {}
    for wheel in folder.glob("*.whl"):
        name, version, _ = wheel.name.split("-", 2)
        packages[name.replace("_", "-")] = {
            "name": name,
            "version": version,
            "file_name": wheel.name,
            "install_dir": "site",
            "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
            "package_type": "package",
            "imports": [name],
            "depends": ["typing-extensions"] if name == "pydantic_core" else [],
        }
    return packages


def test_a_compiled_package_runs_at_build_and_in_the_page(
    browser: Browser, distribution: Distribution, tmp_path: Path
) -> None:
    built = build_cells_book(tmp_path / "book", CONTENT, distribution)
    window = Window(browser, Site(built, built.as_uri() + "/"))
    window.page.goto(f"{built.as_uri()}/compiled.html")
    cell = window.page.locator("[data-cell]")
    expect(cell.get_by_role("group")).to_have_text("[1, 2.5]")
    cell.get_by_role("button", name="Run", exact=True).click()
    expect(cell.get_by_role("status")).to_have_text(re.compile("Done|raised"), timeout=120_000)
    expect(cell.get_by_role("group")).to_have_text("[1, 2.5]")
    expect(cell).to_have_attribute("data-cell-state", "done")
    assert not window.watch.verdict()
    window.context.close()
