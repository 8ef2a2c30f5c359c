"""No import runs from a lower stage to a higher one, in Python and in TypeScript."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.unit.rooms import Imports, climbing, python_imports, read, typescript_imports

ROOT = Path(__file__).resolve().parents[2]

BUILDER = (
    ("builder/__main__",),
    ("builder/cli",),
    ("builder/preview", "builder/check", "builder/new"),
    ("builder/build",),
    ("builder/render",),
    ("builder/draw",),
    ("builder/plan",),
    ("builder/pack", "builder/resolve"),
    ("builder/load",),
    ("builder/parse",),
    ("builder/issues",),
    ("builder/node",),
    ("builder/store",),
    ("builder/__init__",),
)
TRAINING = (
    ("training/__main__",),
    ("training/recipes",),
    ("training/recipes/families",),
    ("training/live",),
    ("training/learn",),
    ("training/measure",),
    ("training/run",),
    ("training/publish",),
    ("training/own_data", "training/data"),
    ("training/__init__",),
)
SITE_ASSETS = (
    ("site_assets/node",),
    ("site_assets/figures",),
    ("site_assets/generated",),
    ("site_assets/cells", "site_assets/kit/kit", "site_assets/take"),
    ("site_assets/kit/index",),
    ("site_assets/kit/page", "site_assets/kit/experiment"),
    ("site_assets/kit/run",),
    ("site_assets/kit/figure",),
    ("site_assets/kit/controls",),
    ("site_assets/kit/marks",),
    ("site_assets/kit/base", "site_assets/kit/maths"),
    ("site_assets/engine", "site_assets/offline", "site_assets/paper"),
)


def site_imports() -> dict[str, frozenset[str]]:
    folders = ("node", "figures", "cells", "kit", "engine", "offline", "paper", "take")
    files: dict[str, str] = {}
    for folder in folders:
        files |= read(ROOT, f"site_assets/{folder}", (".ts", ".tsx", ".mjs"))
    return typescript_imports(files)


@pytest.mark.parametrize(
    ("imports", "floors"),
    [
        (python_imports(read(ROOT, "builder", (".py",))), BUILDER),
        (python_imports(read(ROOT, "training", (".py",))), TRAINING),
        (site_imports(), SITE_ASSETS),
    ],
    ids=["builder", "training", "site_assets"],
)
def test_no_import_climbs(imports: Imports, floors: tuple[tuple[str, ...], ...]) -> None:
    assert len(imports) > 30, "the files are elsewhere"
    assert climbing(imports, floors) == []


def test_figures_know_nothing_of_the_kit_but_its_face() -> None:
    """Numbers from numbers may know the kit's maths alone: such a file runs in plain Node."""
    for module, names in site_imports().items():
        if "/figures/" in module:
            known = {name for name in names if "/kit/" in name}
            assert known <= {"site_assets/kit/index", "site_assets/kit/maths/index"}, module


@pytest.mark.parametrize("room", ["base", "maths", "marks", "controls", "figure", "run"])
def test_each_room_of_the_kit_says_what_it_knows(room: str) -> None:
    index = (ROOT / "site_assets/kit" / room / "index.ts").read_text("utf-8")
    assert index.startswith("/**")
    assert f'export * from "./{room}/index.ts";' in (ROOT / "site_assets/kit/index.ts").read_text(
        "utf-8"
    )


def test_each_room_of_typescript_says_what_lives_there() -> None:
    assets = ROOT / "site_assets"
    apart = (
        "node_modules",
        "generated",
        "figures",
    )  # one folder a figure: figure.toml describes it
    files = [path for kind in ("*.ts", "*.tsx", "*.mjs") for path in assets.rglob(kind)]
    folders = {path.parent for path in files if path.relative_to(assets).parts[0] not in apart} - {
        assets / "kit",
        assets / "offline" / "worker",
    }  # told of by what stands around them
    silent = [
        folder.relative_to(ROOT).as_posix()
        for folder in sorted(folders)
        if not (folder / "README.md").exists()
        and not (
            (folder / "index.ts").exists()
            and (folder / "index.ts").read_text("utf-8").startswith("/**")
        )
    ]
    assert silent == []


def test_each_room_of_python_says_what_lives_there() -> None:
    folders = {
        path.parent
        for room in ("builder", "training", "tests")
        for path in (ROOT / room).rglob("*.py")
        if "golden" not in path.parts
    }
    silent = [
        folder.relative_to(ROOT).as_posix()
        for folder in sorted(folders)
        if not (folder / "__init__.py").exists()
        or not ast.get_docstring(ast.parse((folder / "__init__.py").read_text("utf-8")))
    ]
    assert silent == []


def test_a_wrong_import_is_found_in_python() -> None:
    modules = {
        "house/attic/roof.py": "from house.cellar import wine",
        "house/cellar/wine.py": (
            "def drink():\n    from house.attic.roof import tiles\n    import house.attic\n"
        ),
    }
    assert climbing(python_imports(modules), (("house/attic",), ("house/cellar",))) == [
        "house/cellar/wine imports house/attic: house/cellar does not know house/attic",
        "house/cellar/wine imports house/attic/roof/tiles: house/cellar does not know house/attic",
    ]


def test_a_wrong_import_is_found_in_typescript() -> None:
    modules = {
        "house/attic/roof.tsx": 'import { wine } from "../cellar/wine.ts";\n',
        "house/attic/window.ts": 'import type { Garden } from "../garden/garden.ts";\n',
        "house/cellar/wine.ts": (
            '// import { old } from "../attic/old.ts";\n'
            'import {\n  tiles,\n  type Tile,\n} from "../attic/roof.tsx";\n'
            'export * from "./barrel.ts";\nconst late = import("../attic/window.ts");\n'
        ),
        "house/garden/garden.ts": 'import "preact";\n',
    }
    floors = (("house/attic", "house/garden"), ("house/cellar",))
    assert climbing(typescript_imports(modules), floors) == [
        "house/attic/window imports house/garden/garden: house/attic does not know house/garden",
        "house/cellar/wine imports house/attic/roof: house/cellar does not know house/attic",
        "house/cellar/wine imports house/attic/window: house/cellar does not know house/attic",
    ]


def test_a_module_in_no_room_is_told() -> None:
    with pytest.raises(LookupError, match="house/shed/rake lies in no room"):
        climbing(python_imports({"house/shed/rake.py": ""}), (("house/cellar",),))
