"""A fingerprint changes exactly when the code that a recipe rests on does."""

import json
from pathlib import Path

import pytest

from training.publish import fingerprint as module
from training.publish.fingerprint import Made, fingerprint, imported_modules, published

FILES = {
    "__init__.py": "",
    "recipes/__init__.py": "",
    "recipes/one.py": "from training import direct\nimport training.deep.leaf\n",
    "direct.py": "def late():\n    from training.lazy import value\n    return value\n",
    "lazy.py": "value = 1\n",
    "deep/__init__.py": "",
    "deep/leaf.py": "import json\n",
    "unrelated.py": "value = 2\n",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, source in FILES.items():
        path = tmp_path / "training" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
    return tmp_path


def test_imports_are_followed_through_packages_and_into_functions(root: Path) -> None:
    assert set(imported_modules("training.recipes.one", root)) == {
        "training",
        "training.recipes",
        "training.recipes.one",
        "training.direct",
        "training.lazy",
        "training.deep",
        "training.deep.leaf",
    } - {"training.recipes"}


@pytest.mark.parametrize(
    "changed", ["recipes/one.py", "direct.py", "lazy.py", "deep/leaf.py", "deep/__init__.py"]
)
def test_a_change_in_what_is_imported_changes_it(root: Path, changed: str) -> None:
    before = fingerprint("training.recipes.one", root)
    (root / "training" / changed).write_text(FILES[changed] + "value = 3\n")
    assert fingerprint("training.recipes.one", root) != before


def test_a_change_elsewhere_does_not(root: Path) -> None:
    before = fingerprint("training.recipes.one", root)
    (root / "training" / "unrelated.py").write_text("value = 3\n")
    assert fingerprint("training.recipes.one", root) == before


def test_line_endings_do_not_matter(root: Path) -> None:
    before = fingerprint("training.recipes.one", root)
    (root / "training" / "direct.py").write_bytes(FILES["direct.py"].replace("\n", "\r\n").encode())
    assert fingerprint("training.recipes.one", root) == before


def test_comments_docstrings_and_layout_do_not_matter(root: Path) -> None:
    before = fingerprint("training.recipes.one", root)
    told = """
'''A module.'''

def late():  # late
    '''A function.'''
    from training.lazy import (
        value,
    )
    return value
"""
    (root / "training" / "direct.py").write_text(told)
    assert fingerprint("training.recipes.one", root) == before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("x = 1", "x = 2"), ("x = 1", "x = 1.0"), ("x = 'a'", "x = 'b'"), ("x = None", "x = ()"),
        ("x = [None]", "x = []"), ("def f(a, b=None): ...", "def f(a, b): ..."),
        ("x = f'{y}'", "x = f'{y!r}'"), ("return_ = y", "return_ = -y"),
    ],
)  # fmt: skip
def test_every_difference_of_code_matters(root: Path, old: str, new: str) -> None:
    found = set()
    for text in (old, new):
        (root / "training" / "lazy.py").write_text(f"value = 1\n{text}\n")
        found.add(fingerprint("training.recipes.one", root))
    assert len(found) == 2


def test_another_version_of_torch_changes_it(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = fingerprint("training.recipes.one", root)
    monkeypatch.setattr(module, "package_versions", lambda: {"torch": "0.0"})
    assert fingerprint("training.recipes.one", root) != before


def test_relative_imports_are_refused(root: Path) -> None:
    (root / "training" / "lazy.py").write_text("from . import direct\n")
    with pytest.raises(ImportError, match=r"training\.lazy:1: relative import"):
        fingerprint("training.recipes.one", root)


def test_an_unknown_module_is_an_error(root: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"training\.recipes\.two"):
        fingerprint("training.recipes.two", root)


def test_a_real_recipe_rests_on_its_data_and_networks() -> None:
    found = imported_modules("training.recipes.shapes_vae", module.ROOT)
    expected = {"training.data.shapes", "training.learn.networks", "training.publish.export"}
    assert expected <= set(found)
    assert "training.data.digits" not in found


def test_a_model_without_one_of_its_files_has_no_fingerprint(tmp_path: Path) -> None:
    card = {
        "fingerprint": "abc",
        "versions": {"torch": "1"},
        "arrays": {},
        "graphs": {"decoder": {"file": "decoder.onnx"}},
    }
    (tmp_path / "card.json").write_text(json.dumps(card))
    assert published(tmp_path) is None
    (tmp_path / "decoder.onnx").write_bytes(b"")
    assert published(tmp_path) == Made("abc", {"torch": "1"})
    (tmp_path / "card.json").write_text("{")
    assert published(tmp_path) is None
