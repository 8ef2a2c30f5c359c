"""What is in the book, for machines and for people: a bill of materials, and all licences.

The bill is CycloneDX JSON. Nothing in either tells when or where they were written, so the same
packages give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from builder.load.config import BookConfig
from builder.load.packages import Package, sha512

RULE = "=" * 78
EXPRESSION = re.compile(r"[A-Za-z0-9.+() -]*\b(?:AND|OR|WITH)\b[A-Za-z0-9.+() -]*")
KNOWN_IDS = frozenset(
    {"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MPL-2.0", "OFL-1.1",
     "PSF-2.0", "Unlicense"}
)  # fmt: skip
"""Names that are certainly SPDX's; any other is given as a plain name."""


def bill_of_materials(
    config: BookConfig, packages: Iterable[Package], site_files: Mapping[str, bytes]
) -> bytes:
    """CycloneDX 1.5. Fonts are given as the files that are shipped, with their hashes."""
    components = [
        component
        for package in packages
        for component in (
            _font_files(package, site_files) if package.kind == "font" else [_software(package)]
        )
    ]
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {"type": "application", "bom-ref": "book", "name": config.title}},
        "components": components,
    }
    return (json.dumps(bill, ensure_ascii=False, indent=1) + "\n").encode()


def _software(package: Package) -> dict[str, Any]:
    name = quote(package.name, safe="/")
    purl = f"pkg:{package.kind}/{name}@{quote(package.version)}"
    hashes = (
        {"hashes": [{"alg": "SHA-512", "content": sha512(package.integrity)}]}
        if package.integrity
        else {}
    )
    return {
        "type": "library",
        "bom-ref": purl,
        "name": package.name,
        "version": package.version,
        "scope": "required" if package.shipped else "excluded",
        **hashes,
        "licenses": _licences(package.licence),
        "purl": purl,
    }


def _font_files(package: Package, site_files: Mapping[str, bytes]) -> list[dict[str, Any]]:
    stems = tuple(name.lower().replace(" ", "-") for name in package.name.split(", "))
    paths = [
        path
        for path in sorted(site_files)
        if path.endswith(".woff2") and path.rpartition("/")[2].startswith(stems)
    ]
    return [
        {
            "type": "file",
            "bom-ref": path,
            "name": path,
            "scope": "required",
            "hashes": [
                {"alg": "SHA-256", "content": hashlib.sha256(site_files[path]).hexdigest()}
            ],
            "licenses": _licences(package.licence),
            "copyright": package.copyright,
        }
        for path in paths
    ]


def _licences(name: str) -> list[dict[str, Any]]:
    if name in KNOWN_IDS:
        return [{"license": {"id": name}}]
    if EXPRESSION.fullmatch(name):
        return [{"expression": name}]
    return [{"license": {"name": name}}] if name else []


def licence_texts(packages: Iterable[Package]) -> bytes:
    """The licences and notices of all that is shipped, a text that several share only once."""
    sharing: dict[tuple[str, ...], list[Package]] = {}
    for package in packages:
        if package.shipped:
            sharing.setdefault(package.texts, []).append(package)
    parts = ["The licences of the software and the fonts that are in this book.\n"]
    for texts, owners in sharing.items():
        titles = [f"{owner.name} {owner.version}".strip() for owner in owners]
        parts.append("\n".join([RULE, *titles, RULE, ""]))
        parts.extend(texts)
    return "\n".join(parts).encode()
