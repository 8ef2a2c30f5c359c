"""Writes `requirements.lock` anew, beside this file: `make lock`, after a change in pyproject.toml.

Every package that the book is built and tested with, in one version, with the hashes of all its
files for all systems. A locked version stays unless pyproject.toml asks for another; remove the
lock first to have all anew. Torch alone is left out, and the CUDA libraries that it names on
Linux: which of its builds a machine gets is for the machine's own package index to say.
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
UV = "uv==0.13.9"
OF_TORCH = re.compile(r"^(?:torch|triton|cuda-|nvidia-)")
ENTRY = re.compile(r"^[a-z0-9].*\n(?: .*\n)+", re.MULTILINE)
HEAD = "# Written by .github/lock.py. All but torch, for pip install --require-hashes.\n"


def resolve(uv: str, scratch: Path) -> str:
    """The lock as uv writes it, for every system and every Python that the book supports."""
    written = scratch / LOCK.name  # uv keeps to the versions that its output names already
    if LOCK.exists():
        written.write_bytes(LOCK.read_bytes())
    project = ROOT / "pyproject.toml"
    python = tomllib.loads(project.read_text("utf-8"))["project"]["requires-python"]
    command = [uv, "pip", "compile", str(project), "--extra", "test", "--universal"]
    command += ["--python-version", python.removeprefix(">="), "--generate-hashes"]
    command += ["--no-header", "--no-annotate", "--no-emit-index-url", "--quiet"]
    subprocess.run([*command, "--output-file", str(written)], check=True)
    return written.read_text("utf-8")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        scripts = Path(folder) / ("Scripts" if sys.platform == "win32" else "bin")
        subprocess.run([scripts / "pip", "install", "--quiet", UV], check=True)
        resolved = resolve(str(scripts / "uv"), Path(folder))
    entries = [entry for entry in ENTRY.findall(resolved) if not OF_TORCH.match(entry)]
    LOCK.write_text(HEAD + "".join(entries), "utf-8")


if __name__ == "__main__":
    main()
