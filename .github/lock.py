"""Writes the locks anew, beside this file: `make lock`, after a change in pyproject.toml.

`requirements.lock` has every package that the book is trained, built and tested with, and
`requirements-pages.lock` those that pages need once there are models: each in one version, the
same in both, with the hashes of all its files for all systems. A locked version stays unless
pyproject.toml asks for another; remove the locks first to have all anew. Torch alone is left out,
and the CUDA libraries that it names on Linux: which of its builds a machine gets is for the
machine's own package index to say.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / ".github" / "requirements.lock"
PAGES = LOCK.with_name("requirements-pages.lock")
UV = "uv==0.13.9"
OF_TORCH = re.compile(r"^(?:torch|triton|cuda-|nvidia-)")
ENTRY = re.compile(r"^[a-z0-9].*\n(?: .*\n)+", re.MULTILINE)
HEAD = "# Written by .github/lock.py. All but torch, for pip install --require-hashes.\n"


def write(lock: Path, uv: Path, *options: str) -> None:
    """A lock as uv has it, for every system and every Python that the book supports."""
    path = ROOT / "pyproject.toml"
    project = tomllib.loads(path.read_text("utf-8"))
    python = project["project"]["requires-python"].removeprefix(">=")
    with tempfile.TemporaryDirectory() as scratch:
        written = Path(scratch) / lock.name  # uv keeps to the versions that its output names
        if LOCK.exists():
            written.write_bytes(LOCK.read_bytes())
        command = [uv, "pip", "compile", path, "-", "--universal", "--python-version", python]
        command += ["--generate-hashes", "--no-header", "--no-annotate", "--no-emit-index-url"]
        command += ["--quiet", "--output-file", written, *options]
        installer = "\n".join(project["build-system"]["requires"])  # pip does not isolate it
        subprocess.run(command, input=installer, check=True, text=True, stdout=subprocess.DEVNULL)
        resolved = written.read_text("utf-8")
    entries = [entry for entry in ENTRY.findall(resolved) if not OF_TORCH.match(entry)]
    lock.write_text(HEAD + "".join(entries), "utf-8")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        scripts = Path(folder) / ("Scripts" if sys.platform == "win32" else "bin")
        subprocess.run([scripts / "pip", "install", "--quiet", UV], check=True)
        write(LOCK, scripts / "uv", "--extra", "train", "--extra", "test")
        write(PAGES, scripts / "uv")


if __name__ == "__main__":
    main()
