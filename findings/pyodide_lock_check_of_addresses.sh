#!/usr/bin/env bash
# pyodide-lock 0.1.2: its check of wheel names fails for its own lock files with addresses.
#
# Expected: file_name is "Path (or URL) to wheel" by its own description, and add_wheels_to_spec writes
# such addresses when it is given base_url, or folders when wheels lie beneath base_path. So
# check_wheel_filenames, which compares names and versions, looks at the last part of it.
# Happens: the whole address is parsed as a file's name: InvalidWheelFilename, "Invalid project name:
# 'https://..." or, for a folder, "(invalid version)". For a lock file of bare names it works.
# Hurts: whoever keeps wheels beside the page in a folder of their own, or on another host, and has the
# check in a build: a sound lock file stops it.
# Way round: check before base_url is added, or with copies whose file_name is cut after the last slash.
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
Path("my-wheels").mkdir()
path = Path("my-wheels/plain-1.0-py3-none-any.whl")
with zipfile.ZipFile(path, "w") as archive:
    archive.writestr("plain.py", "")
    archive.writestr("plain-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: plain\nVersion: 1.0\n")
    archive.writestr("plain-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
    archive.writestr("plain-1.0.dist-info/RECORD", "")


def checked(**where):
    spec = add_wheels_to_spec(PyodideLockSpec(info=INFO, packages={}), [path], **where)
    try:
        spec.check_wheel_filenames()
        found = "sound"
    except ValueError as error:
        found = f"{type(error).__name__}: {error}"
    print(f"{spec.packages['plain'].file_name:52} {found[:90]}")
    return found


bare = checked()
beneath = checked(base_path=Path("."))
elsewhere = checked(base_url="https://example.org/wheels/")
as_described = bare == "sound" and all(
    found.startswith("InvalidWheelFilename") for found in (beneath, elsewhere)
)
sys.exit(0 if as_described else 1)
PY
