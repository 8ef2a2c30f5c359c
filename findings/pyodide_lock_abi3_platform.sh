#!/usr/bin/env bash
# pyodide-lock 0.1.2: a stable-ABI wheel for any machine passes as one for Pyodide.
#
# Expected: add_wheels_to_spec refuses a wheel whose tags are not the lock's, as it does with
# cp314-cp314-manylinux_2_17_x86_64: RuntimeError, "don't match Python version in lockfile ... on platform".
# Happens: of cp38-abi3-manylinux_2_17_x86_64 (or macosx, or win_amd64) interpreter and ABI are looked at,
# the platform is not, and the wheel enters the lock file as if it were WebAssembly.
# Hurts: whoever bundles packages for a page without a network. Many compiled packages come as abi3
# wheels, and pip on the build machine fetches its own machine's; the lock file is written without a
# word, and it is the reader's browser that fails at the import.
# Way round: check packaging.utils.parse_wheel_filename(...)[3] for the lock's platform beforehand.
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

from pyodide_lock import PyodideLockSpec
from pyodide_lock.utils import add_wheels_to_spec

INFO = {"arch": "wasm32", "platform": "emscripten_5_0_3", "python": "3.14.2", "version": "314.0.7"}


def wheel(tags):
    """A wheel of one extension module with a stub beside it."""
    path = Path(f"tiny-1.0-{tags}.whl")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tiny.py", "from _tiny import *\n")
        archive.writestr("_tiny.abi3.so", b"\x7fELF")
        archive.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        archive.writestr("tiny-1.0.dist-info/WHEEL", f"Wheel-Version: 1.0\nTag: {tags}\n")
        archive.writestr("tiny-1.0.dist-info/RECORD", "")
    return path


def outcome(tags):
    try:
        spec = add_wheels_to_spec(PyodideLockSpec(info=INFO, packages={}), [wheel(tags)])
    except RuntimeError as error:
        return f"refused: {str(error)[:60].split(' for ')[0]} ..."
    return f"in the lock file as {spec.packages['tiny'].file_name}"


foreign = ["cp38-abi3-manylinux_2_17_x86_64", "cp38-abi3-macosx_11_0_arm64", "cp38-abi3-win_amd64"]
seen = {tags: outcome(tags) for tags in ["cp314-cp314-manylinux_2_17_x86_64", *foreign]}
for tags, found in seen.items():
    print(f"{tags:36} {found}")
accepted = [tags for tags, found in seen.items() if found.startswith("in the lock file")]
sys.exit(0 if accepted == foreign else 1)
PY
