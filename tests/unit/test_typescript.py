"""The TypeScript side: strictly typed, formatted by Prettier, and its unit tests pass in Node."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from builder.draw.declarations import write_declarations
from builder.load.load import load_figures
from builder.node.service import NODE
from builder.store.effects import DiskEffects
from builder.store.memory import Memory

ROOT = Path(__file__).resolve().parents[2]
ASSETS = ROOT / "site_assets"
BUNDLE = """
const [esbuild, outdir, outbase, ...entryPoints] = process.argv.slice(1);
await (await import(esbuild)).build({
  entryPoints, outdir, outbase, outExtension: { ".js": ".mjs" },
  bundle: true, platform: "node", format: "esm",
  jsx: "automatic", jsxImportSource: "preact", sourcemap: "inline", logLevel: "warning",
});
"""
FORMATTED = ("site_assets/**/*.{css,mjs,ts,tsx}", "tests/**/*.{mjs,ts}")
UNIT = Path(__file__).parent
TESTS = sorted(UNIT.rglob("*.test.ts"))


def run_node(*arguments: str, timeout: int = 120) -> subprocess.CompletedProcess[str]:
    """Node from the pip package, its output kept as text."""
    return subprocess.run(
        [NODE, *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=timeout,
        cwd=ROOT,
        check=False,
    )


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """The locked npm packages; `make book` installs them."""
    folder = ASSETS / "node_modules"
    if not (folder / "esbuild").is_dir():
        pytest.fail(f"no npm packages in {folder}; run: make book")
    return folder


@pytest.mark.parametrize(
    "project", ["site_assets", "site_assets/node", "site_assets/offline/worker", "tests/unit"]
)
def test_types(node_modules: Path, project: str) -> None:
    effects = DiskEffects(ROOT)
    figures, _ = load_figures(effects, Memory(), [])
    write_declarations(effects, figures)
    checked = run_node(str(node_modules / "typescript/bin/tsc"), "-p", project)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_format(node_modules: Path) -> None:
    """Prettier takes the width of lines from .editorconfig; `make format` writes what it wants."""
    prettier = str(node_modules / "prettier/bin/prettier.cjs")
    cache = ("--cache", "--cache-location", str(ROOT / "build/cache/prettier"))
    checked = run_node(prettier, *cache, "--check", *FORMATTED)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.fixture(scope="module")
def bundles(node_modules: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of all tests, bundled at once, as Node alone reads no .tsx."""
    folder = tmp_path_factory.mktemp("bundles")
    esbuild = (node_modules / "esbuild/lib/main.js").as_uri()
    places = (str(folder), str(UNIT), *map(str, TESTS))
    bundled = run_node("--input-type=module", "-e", BUNDLE, esbuild, *places)
    assert bundled.returncode == 0, bundled.stderr
    return folder


@pytest.mark.parametrize("source", TESTS, ids=lambda path: path.name)
def test_unit(bundles: Path, source: Path) -> None:
    bundle = (bundles / source.relative_to(UNIT)).with_suffix(".mjs")
    tested = run_node("--enable-source-maps", "--test", str(bundle))
    assert tested.returncode == 0, tested.stdout + tested.stderr
