"""The software of others that a build ships or uses, as the packages describe themselves."""

from __future__ import annotations

import base64
import importlib.metadata
import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from builder.issues.issue import Issue
from builder.store.effects import Effects
from builder.store.paths import TRAINED_WITH

NPM_LOCK = "site_assets/package-lock.json"
NODE_MODULES = "site_assets/node_modules"
PROJECT = "pyproject.toml"
FONT_LICENCE = "site_assets/fonts/OFL.txt"

LICENCE_FILES = (
    "LICENSE", "LICENSE.md", "LICENSE.txt", "LICENCE", "COPYING", "NOTICE", "NOTICE.txt",
    "ThirdPartyNotices.txt",
)  # fmt: skip
CSL = "@citation-js/plugin-csl"
"""Locales and styles of bibliographies; lists of works have some of their words."""
OWN_TEXTS = {
    CSL: "site_assets/licences/csl.txt",
    "pyodide": "site_assets/licences/pyodide.txt",
}
"""npm packages that say too little of their licence → where the book keeps it."""
SAME_SOURCE = {"onnxruntime-web": "onnxruntime", "onnxruntime-common": "onnxruntime"}
"""npm packages without a licence text → the Python distribution of the same project, which has
it, and the notices of all that is compiled into it."""

CONTAINS = {
    "d3-array": ("internmap",),
    "d3-delaunay": ("delaunator", "robust-predicates"),
    "onnxruntime-web": ("onnxruntime-common",),
}
"""npm packages that are published with the code of others inside, where no bundler can see it."""

ALSO = {CSL: "CC-BY-SA-3.0"}
"""npm packages that are published with files under another licence: CSL's locales and styles."""

SPDX_ID = re.compile(r"[A-Za-z0-9.-]+")
NAME = re.compile(r"[A-Za-z0-9][\w.-]*")
FONTS = re.compile(r"^(?P<names>.+) \(modified from .+\):\n(?P<owner>.+)$", re.MULTILINE)
SHORT = 60
"""A licence field that is longer holds the licence itself, not its name."""


@dataclass(frozen=True, slots=True)
class Package:
    """A piece of software, or a family of fonts."""

    kind: Literal["npm", "pypi", "font"]
    name: str
    version: str
    licence: str
    """Its SPDX expression, or what the package calls its licence."""
    shipped: bool
    """Whether it is in what readers get, or was only used to make that."""
    integrity: str = ""
    """Of npm's file, as the lock has it."""
    copyright: str = ""
    texts: tuple[str, ...] = ()
    """The licence and notices, of what is shipped."""


def collect(
    effects: Effects, shipped: Iterable[str]
) -> tuple[tuple[Package, ...], tuple[Issue, ...]]:
    """All packages, those shipped first; `shipped` names the npm packages among them.

    A shipped package that brings no licence text is a warning.
    """
    seen = frozenset(shipped)
    inside = (inner for name in seen for inner in CONTAINS.get(name, ()))
    found = [
        *_npm(effects, seen.union(inside)),
        *_fonts(effects),
        *{package.name: package for package in (*trained_with(effects), *_used(effects))}.values(),
    ]
    found.sort(key=lambda package: (not package.shipped, package.kind, package.name.lower()))
    bare = [package.name for package in found if package.shipped and not package.texts]
    return tuple(found), tuple(map(_without_licence, bare))


def _without_licence(name: str) -> Issue:
    message = f"'{name}' is shipped, but has no licence text"
    return Issue("site-assets", NPM_LOCK, 0, 0, message, severity="warning")


def _npm(effects: Effects, shipped: frozenset[str]) -> list[Package]:
    if not effects.exists(NPM_LOCK):
        return []
    locked: Mapping[str, Mapping[str, Any]] = json.loads(effects.read(NPM_LOCK))["packages"]
    packages = []
    for path, entry in locked.items():
        name = path.rpartition("node_modules/")[2]
        if not name or (entry.get("optional") and name not in shipped):
            continue  # the project itself, or a build of a tool for one system
        packages.append(
            Package(
                kind="npm",
                name=name,
                version=entry["version"],
                licence=" AND ".join(filter(None, (entry.get("license", ""), ALSO.get(name)))),
                shipped=name in shipped,
                integrity=entry.get("integrity", ""),
                texts=_npm_texts(effects, name, entry) if name in shipped else (),
            )
        )
    return packages


def _npm_texts(effects: Effects, name: str, entry: Mapping[str, Any]) -> tuple[str, ...]:
    if name in SAME_SOURCE:
        return _python_texts(SAME_SOURCE[name])
    paths = [f"{NODE_MODULES}/{name}/{file}" for file in LICENCE_FILES]
    if name in OWN_TEXTS:
        paths.append(OWN_TEXTS[name])
    texts = tuple(_text(effects.read(path)) for path in paths if effects.exists(path))
    return texts or _whereabouts(effects, name, entry.get("license", ""))


def _whereabouts(effects: Effects, name: str, licence: str) -> tuple[str, ...]:
    """For a package without licence text or source: where both are, if it says so."""
    path = f"{NODE_MODULES}/{name}/package.json"
    about = json.loads(effects.read(path)) if effects.exists(path) else {}
    repository = about.get("repository", "")
    source = repository.get("url", "") if isinstance(repository, dict) else repository
    if not source or not SPDX_ID.fullmatch(licence):
        return ()
    text = f"https://spdx.org/licenses/{licence}.html"
    return (f"Licence: {licence}, whose text is at {text}\nSource: {source}\n",)


@lru_cache
def _python_texts(name: str) -> tuple[str, ...]:
    files = importlib.metadata.files(name) or []
    beside = [file for file in files if len(file.parts) == 2 and file.name in LICENCE_FILES]
    order = {file: at for at, file in enumerate(LICENCE_FILES)}
    by_name = {file.name: file for file in beside}
    return tuple(
        _text(by_name[file].read_binary()) for file in sorted(by_name, key=order.__getitem__)
    )


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace").replace("\r\n", "\n").strip("\ufeff\n") + "\n"


def _fonts(effects: Effects) -> list[Package]:
    if not effects.exists(FONT_LICENCE):
        return []
    text = _text(effects.read(FONT_LICENCE))
    return [
        Package("font", of["names"], "", "OFL-1.1", True, copyright=of["owner"], texts=(text,))
        for of in FONTS.finditer(text)
    ]


def trained_with(effects: Effects) -> tuple[Package, ...]:
    """What trains the models here, or, where that is not installed, what they say trained them."""
    requirements = tuple(_project(effects).get("optional-dependencies", {}).get("train", ()))
    absent = not all(map(_is_installed, requirements))
    if absent and effects.exists(TRAINED_WITH):
        known = json.loads(effects.read(TRAINED_WITH))
        return tuple(Package(**{**about, "texts": tuple(about["texts"])}) for about in known)
    return _python(requirements)


def _used(effects: Effects) -> tuple[Package, ...]:
    return _python(tuple(_project(effects).get("dependencies", ())))


def _project(effects: Effects) -> Mapping[str, Any]:
    if not effects.exists(PROJECT):
        return {}
    project: Mapping[str, Any] = tomllib.loads(effects.read(PROJECT).decode())["project"]
    return project


def _is_installed(requirement: str) -> bool:
    name = NAME.match(requirement)
    try:
        importlib.metadata.version(name[0] if name else requirement)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


@lru_cache
def _python(requirements: tuple[str, ...]) -> tuple[Package, ...]:
    """The installed distributions that the requirements lead to; others are for other systems."""
    waiting, found = list(requirements), dict[str, Package]()
    while waiting:
        requirement = waiting.pop()
        name = NAME.match(requirement)
        if not name or "extra ==" in requirement:
            continue
        try:
            distribution = importlib.metadata.distribution(name[0])
        except importlib.metadata.PackageNotFoundError:
            continue
        about = distribution.metadata
        if about["Name"] not in found:
            found[about["Name"]] = Package(
                "pypi", about["Name"], about["Version"], _licence(about), shipped=False
            )
            waiting += distribution.requires or []
    return tuple(found[name] for name in sorted(found))


def _licence(about: importlib.metadata.PackageMetadata) -> str:
    """The licence's name, wherever the package's metadata have it."""
    named = about.get_all("License-Expression") or []
    short = [text for text in about.get_all("License") or [] if len(text) <= SHORT]
    classifiers = about.get_all("Classifier") or []
    classified = [c.rpartition(" :: ")[2] for c in classifiers if c.startswith("License ::")]
    return next((text for text in (*named, *short, ", ".join(classified)) if text), "")


def sha512(integrity: str) -> str:
    """The hash in hex of npm's `sha512-…` in base64."""
    return base64.b64decode(integrity.removeprefix("sha512-")).hex()
