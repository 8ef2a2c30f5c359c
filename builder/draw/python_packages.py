"""What Python in the page is made of: the book's own wheel, a lock file, and bundled packages.

The wheel is built by flit, a standard backend that writes the same bytes for the same sources;
pyodide-lock enters it into the lock file that Pyodide installs from, at build and in the page.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from builder.parse.document import Code
from builder.store.effects import Effects
from builder.store.paths import PYODIDE

if TYPE_CHECKING:  # loading it takes longer than all else of the builder, and few books have cells
    from pyodide_lock import PackageSpec

SOURCES = "site_assets/python"
LOCK = "pyodide-lock.json"
WHEEL_TIME = "315532800"
"""1 January 1980, the earliest time that a zip archive can hold."""


class DistributionError(Exception):
    """A Pyodide distribution lacks a file, or the file is not the one that its lock file names."""


@dataclass(frozen=True)
class Packages:
    """The wheels that cells run with, and the lock file that names them."""

    lock: str = ""
    wheels: Mapping[str, bytes] = field(default_factory=dict)
    own: str = ""
    """File name of the book's wheel."""


@dataclass
class Distribution:
    """A Pyodide distribution: a folder or an address with wheels and, often, a lock file."""

    place: str
    read: Callable[[str], bytes]
    trusted: bool
    """Whether its own lock file is believed where Pyodide's names the same package."""

    @classmethod
    def at(cls, place: str) -> Distribution:
        """At an http(s) address, whose own lock file is not trusted, or in a folder."""
        if place.startswith(("http://", "https://")):
            return cls(place, lambda name: _download(f"{place.rstrip('/')}/{name}"), False)
        return cls(place, lambda name: (Path(place) / name).read_bytes(), True)

    def file(self, name: str, sha256: str) -> bytes:
        """A file of the distribution; a DistributionError unless it is the one with that hash."""
        try:
            data = self.read(name)
        except OSError as error:
            raise DistributionError(f"{self.place} has no {name} ({error})") from None
        if hashlib.sha256(data).hexdigest() != sha256:
            raise DistributionError(f"{name} of {self.place} is not what the lock file names")
        return data

    @cached_property
    def lock(self) -> bytes:
        """Its own lock file; one without packages if it has none."""
        try:
            return self.read(LOCK)
        except OSError:
            return b'{"packages": {}}'

    def known(self, released: bytes) -> dict[str, PackageSpec]:
        """The packages that it may have, given the lock file that Pyodide was released with.

        Raises DistributionError if it is made for another Pyodide.
        """
        info, own = json.loads(released)["info"], json.loads(self.lock).get("info")
        if own and own["abi_version"] != info["abi_version"]:
            message = f"is for ABI {own['abi_version']}, the book's Pyodide has"
            raise DistributionError(f"{self.place} {message} {info['abi_version']}")
        first, second = (released, self.lock) if self.trusted else (self.lock, released)
        return {**read_lock(first), **read_lock(second)}


def _download(address: str) -> bytes:
    from urllib.error import URLError
    from urllib.request import urlopen

    try:
        with urlopen(address, timeout=60) as response:
            content: bytes = response.read()
    except URLError as error:
        raise OSError(error.reason) from None
    return content


@lru_cache(maxsize=8)  # by content: the lock file has hundreds of packages
def read_lock(data: bytes) -> dict[str, PackageSpec]:
    """The packages of a lock file, with the keys that this version of pyodide-lock knows."""
    from pyodide_lock import PackageSpec

    known = PackageSpec.model_fields.keys()
    return {
        name: PackageSpec(**{key: value for key, value in entry.items() if key in known})
        for name, entry in json.loads(data)["packages"].items()
    }


@lru_cache(maxsize=8)
def providers(data: bytes) -> dict[str, str]:
    """Importable module → the package of a lock file that brings it."""
    packages = read_lock(data).items()
    return {module: name for name, package in packages for module in package.imports}


def imports(code: Code) -> Iterator[tuple[str, int]]:
    """The top-level modules that Python text imports, each with its line; none if it is broken."""
    try:
        tree = ast.parse(code.text)
    except SyntaxError:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name.partition(".")[0], node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0], node.lineno


def make_packages(
    effects: Effects, wanted: Iterable[str], distribution: Distribution | None
) -> Packages:
    """The book's wheel and the wanted packages with all that they need.

    Raises DistributionError if the distribution doesn't have what the lock file names.
    """
    from pyodide_lock import InfoSpec, PyodideLockSpec
    from pyodide_lock.utils import add_wheels_to_spec

    data = effects.read(f"{PYODIDE}/{LOCK}")
    info = json.loads(data)["info"]
    version = json.loads(effects.read(f"{PYODIDE}/package.json"))["version"]
    spec = PyodideLockSpec(info=InfoSpec(**{"version": version, **info}), packages={})
    wheels: dict[str, bytes] = {}
    if distribution:
        known = distribution.known(data)
        for name in _with_dependencies(wanted, known):
            package = known[name]
            wheels[package.file_name] = distribution.file(package.file_name, package.sha256)
            spec.packages[name] = package
    name, wheel = book_wheel(wheel_sources(effects))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(wheel)
        spec = add_wheels_to_spec(spec, [path])
        lock = Path(folder) / LOCK
        spec.to_json(lock)
        return Packages(lock.read_text("utf-8"), {**wheels, name: wheel}, name)


def _with_dependencies(wanted: Iterable[str], known: Mapping[str, PackageSpec]) -> list[str]:
    found: set[str] = set()
    waiting = list(wanted)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += known[name].depends
    return sorted(found)


def wheel_sources(effects: Effects) -> tuple[tuple[str, bytes], ...]:
    """The files that the book's wheel is built from."""
    return tuple(
        (path.removeprefix(f"{SOURCES}/"), effects.read(path)) for path in effects.files(SOURCES)
    )


@lru_cache(maxsize=4)  # by content: it takes a process of its own
def book_wheel(sources: tuple[tuple[str, bytes], ...]) -> tuple[str, bytes]:
    """Name and content of the book's wheel."""
    with tempfile.TemporaryDirectory() as folder:
        project, out = Path(folder) / "python", Path(folder) / "out"
        for name, data in sources:
            path = project / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        subprocess.run(
            [sys.executable, "-m", "flit_core.wheel", project, "--outdir", out],
            env={**os.environ, "SOURCE_DATE_EPOCH": WHEEL_TIME},
            stdout=subprocess.DEVNULL,
            check=True,
        )
        [wheel] = out.iterdir()
        return wheel.name, wheel.read_bytes()
