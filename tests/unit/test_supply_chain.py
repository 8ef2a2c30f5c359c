"""What is installed to build the book is pinned by hash, and what is shipped is accounted for."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

from builder.load.packages import collect
from builder.store.effects import DiskEffects
from tests.conftest import ROOT

LOCK = ROOT / ".github" / "requirements.lock"
ENTRY = re.compile(
    r"^(?P<name>[a-z0-9-]+)==(?P<version>[^ ]+)[^\n]*\\\n(?P<hashes>(?: .*\n)+)", re.MULTILINE
)
NPM_LOCKS = ("site_assets/package-lock.json", "tests/benchmarks/package-lock.json")
SPECIFIER = re.compile(r"(?P<name>[\w.-]+)(?:\[[\w,]+\])?==(?P<version>[\w.]+)")


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def project() -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return found


def locked() -> dict[str, set[str]]:
    """Versions by name; some differ by Python."""
    versions: dict[str, set[str]] = {}
    for entry in ENTRY.finditer(LOCK.read_text("utf-8")):
        versions.setdefault(entry["name"], set()).add(entry["version"])
    return versions


def test_every_python_package_is_pinned_and_locked() -> None:
    """After a change in pyproject.toml: `make lock`."""
    wanted = [*project()["dependencies"], *project()["optional-dependencies"]["test"]]
    found = locked()
    for requirement in wanted:
        pinned = SPECIFIER.fullmatch(requirement)
        assert pinned, f"{requirement} is not pinned to one version"
        name = canonical(pinned["name"])
        if name != "torch":  # its build is the machine's own
            assert found.get(name) == {pinned["version"]}, f"{requirement}: run make lock"
    assert "setuptools" in found, "the project itself is built without isolation, by a locked tool"


def test_every_locked_file_has_its_hash_and_no_address() -> None:
    text = LOCK.read_text("utf-8")
    entries = list(ENTRY.finditer(text))
    assert len(entries) == text.count("==") - text.count("== ")
    for entry in entries:
        for line in entry["hashes"].splitlines():
            assert re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?", line), entry["name"]
    assert "://" not in text


def test_every_npm_package_has_its_hash_and_no_address() -> None:
    for path in NPM_LOCKS:
        for name, entry in json.loads((ROOT / path).read_text("utf-8"))["packages"].items():
            if name:
                assert entry["integrity"].startswith("sha512-"), f"{path}: {name}"
                assert "resolved" not in entry, f"{path}: {name}"


def test_direct_npm_packages_are_pinned() -> None:
    for path in NPM_LOCKS:
        content = json.loads((ROOT / path.replace("-lock", "")).read_text("utf-8"))
        for group in ("dependencies", "devDependencies"):
            for name, version in content.get(group, {}).items():
                assert re.fullmatch(r"\d[\w.-]*", version), f"{path}: {name} {version}"


def in_the_site(built_site: Path) -> dict[str, dict[str, Any]]:
    components = json.loads((built_site / "sbom.json").read_text("utf-8"))["components"]
    return {part["name"]: part for part in components}


def test_every_action_of_the_workflows_is_pinned_to_a_commit() -> None:
    workflows = [path.read_text("utf-8") for path in (ROOT / ".github/workflows").glob("*.yml")]
    used = re.findall(r"uses: (\S+)", "\n".join(workflows))
    assert used
    assert not [action for action in used if not re.search(r"@[0-9a-f]{40}$", action)]


def test_the_built_bill_names_what_the_scripts_contain(built_site: Path) -> None:
    parts = in_the_site(built_site)
    shipped = {name for name, part in parts.items() if part["scope"] == "required"}
    assert {"onnxruntime-web", "onnxruntime-common", "preact"} <= shipped
    assert {"d3-delaunay", "delaunator", "robust-predicates", "internmap"} <= shipped
    assert not {"esbuild", "typescript", "temml"} & shipped
    assert "creativecommons.org/licenses/by-sa/3.0" in (built_site / "licences.txt").read_text(
        "utf-8"
    )
    assert {"esbuild", "temml", "torch", "numpy", "Jinja2"} <= parts.keys()
    lock = json.loads((ROOT / NPM_LOCKS[0]).read_text("utf-8"))["packages"]
    for name in shipped & {path.removeprefix("node_modules/") for path in lock}:
        assert parts[name]["version"] == lock[f"node_modules/{name}"]["version"]
    assert all(part["licenses"] for part in parts.values())
    fonts = {path.relative_to(built_site).as_posix() for path in built_site.rglob("*.woff2")}
    assert fonts
    assert fonts <= shipped
    licences = (built_site / "licences.txt").read_text("utf-8")
    for name in shipped - fonts:
        assert f"\n{name} {parts[name]['version']}\n" in licences
    _, without_licence = collect(DiskEffects(ROOT), shipped - fonts)
    assert without_licence == ()
