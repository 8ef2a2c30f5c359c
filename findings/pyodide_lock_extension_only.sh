#!/usr/bin/env bash
# pyodide-lock 0.1.2: a wheel without a .py file at its top cannot be locked.
#
# Expected: a wheel that holds one compiled module (x.cpython-314-wasm32-emscripten.so), or type stubs
# (x-stubs/*.pyi), is a valid wheel; it enters the lock file, the first with the import name "x".
# Happens: only .py files and folders that have one count as importable. If there are none, a warning
# says that the name could not be parsed, and then None goes where a list belongs: pydantic raises
# ValidationError, "Input should be a valid list", with neither wheel nor reason in it.
# Hurts: whoever locks packages written in Rust, C or Cython as a single module, and all who pass on
# every wheel that pip has resolved, stubs among them: one such wheel and none is locked.
# Way round: make the PackageSpec by hand, with imports=["x"].
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    pyodide-lock==0.1.2 pkginfo==1.12.1.2 packaging==26.0 pydantic==2.13.1
cd "$folder"
"$folder/venv/bin/python" - <<'PY'
import sys
import zipfile
from pathlib import Path

from pydantic import ValidationError
from pyodide_lock import PyodideLockSpec
from pyodide_lock.utils import add_wheels_to_spec

INFO = {"arch": "wasm32", "platform": "emscripten_5_0_3", "python": "3.14.2", "version": "314.0.7"}


def locked(name, tags, files):
    path = Path(f"{name}-1.0-{tags}.whl")
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        for file in files:
            archive.writestr(file, b"")
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nTag: {tags}\n")
        archive.writestr(f"{info}/RECORD", "")
    try:
        spec = add_wheels_to_spec(PyodideLockSpec(info=INFO, packages={}), [path])
    except ValidationError as error:
        return f"ValidationError: {error.errors()[0]['msg']}"
    return f"imports {spec.packages[name].imports}"


WASM = "cp314-cp314-emscripten_5_0_3_wasm32"
seen = {
    "Python file": locked("plain", "py3-none-any", ["plain.py"]),
    "one compiled module": locked("single", WASM, ["single.cpython-314-wasm32-emscripten.so"]),
    "type stubs": locked("stubs", "py3-none-any", ["stubs-stubs/__init__.pyi"]),
}
for name, found in seen.items():
    print(f"{name:20} {found}")
as_described = seen["Python file"] == "imports ['plain']" and all(
    seen[name].startswith("ValidationError") for name in ("one compiled module", "type stubs")
)
sys.exit(0 if as_described else 1)
PY
