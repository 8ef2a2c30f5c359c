"""What is in the book, for machines and for people: a bill of materials, and all licences.

Nothing in either tells when or where they were written, so the same packages give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path

from builder.draw.figures import Bundle
from builder.issues.issue import Issue
from builder.load.config import BookConfig
from builder.load.packages import Package, collect, sha512
from builder.store.cache import Cache
from builder.store.effects import Effects
from builder.store.hashing import canonical, digest
from builder.store.paths import BILL, LICENCES

LIBRARY = "cyclonedx-python-lib"
RULE = "=" * 78


def list_software(
    effects: Effects,
    cache: Cache,
    config: BookConfig,
    bundled: Bundle,
    shipped: Iterable[str],
    beside: Iterable[str],
    site_files: Mapping[str, bytes],
) -> tuple[tuple[Package, ...], Mapping[str, bytes], tuple[Issue, ...]]:
    """All packages that the book has something of, and the two files that name them.

    The code of some is in the `shipped` files of the bundle; `beside` are those of which pages have
    something else. What has no licence is an issue.
    """
    within = (package for name in sorted(shipped) for package in bundled.packages.get(name, ()))
    packages, issues = collect(effects, (*within, *beside))
    files = {
        BILL: bill_of_materials(cache, config, packages, site_files),
        LICENCES: licence_texts(packages),
    }
    return packages, files, issues


def bill_of_materials(
    cache: Cache, config: BookConfig, packages: Iterable[Package], site_files: Mapping[str, bytes]
) -> bytes:
    """CycloneDX 1.6 in JSON. Fonts are given as the files that are shipped, with their hashes.

    It is remembered, because loading the library that writes it takes a tenth of a build.
    """
    known = list(packages)
    fonts = {package.name: _font_files(package, site_files) for package in known}
    code = Path(__file__).read_bytes()
    described = [
        (of.kind, of.name, of.version, of.licence, of.shipped, of.integrity, of.copyright)
        for of in known
    ]
    inputs = canonical([config.title, described, fonts])
    name = digest(version(LIBRARY), code, inputs)
    bill = cache.read("bill", name)
    if bill is None:
        bill = _written(config.title, known, fonts, uuid.uuid5(uuid.NAMESPACE_OID, name))
        cache.write("bill", name, bill)
    return bill


def _font_files(package: Package, site_files: Mapping[str, bytes]) -> dict[str, str]:
    """The SHA-256 of each file of a family of fonts, by its path; of other packages nothing."""
    if package.kind != "font":
        return {}
    stems = tuple(name.lower().replace(" ", "-") for name in package.name.split(", "))
    return {
        path: hashlib.sha256(site_files[path]).hexdigest()
        for path in sorted(site_files)
        if path.endswith(".woff2") and path.rpartition("/")[2].startswith(stems)
    }


def _written(
    title: str,
    packages: Iterable[Package],
    fonts: Mapping[str, Mapping[str, str]],
    serial_number: uuid.UUID,
) -> bytes:
    from cyclonedx.contrib.license.factories import LicenseFactory
    from cyclonedx.model import HashAlgorithm, HashType
    from cyclonedx.model.bom import Bom, BomMetaData
    from cyclonedx.model.component import Component, ComponentScope, ComponentType
    from cyclonedx.output.json import JsonV1Dot6
    from packageurl import PackageURL

    licences = LicenseFactory()

    def software(package: Package) -> Component:
        namespace, _, name = package.name.rpartition("/")
        purl = PackageURL(package.kind, namespace or None, name, package.version)
        integrity = package.integrity and sha512(package.integrity)
        return Component(
            name=package.name,
            version=package.version,
            bom_ref=purl.to_string(),
            purl=purl,
            scope=ComponentScope.REQUIRED if package.shipped else ComponentScope.EXCLUDED,
            hashes=[HashType(alg=HashAlgorithm.SHA_512, content=integrity)] if integrity else [],
            licenses=[licences.make_from_string(package.licence)] if package.licence else [],
        )

    def font_file(package: Package, path: str, content_hash: str) -> Component:
        return Component(
            name=path,
            type=ComponentType.FILE,
            bom_ref=path,
            scope=ComponentScope.REQUIRED,
            hashes=[HashType(alg=HashAlgorithm.SHA_256, content=content_hash)],
            licenses=[licences.make_from_string(package.licence)],
            copyright=package.copyright,
        )

    book = Component(name=title, type=ComponentType.APPLICATION, bom_ref="book")
    components = [
        component
        for package in packages
        for component in (
            [font_file(package, *file) for file in fonts[package.name].items()]
            if package.kind == "font"
            else [software(package)]
        )
    ]
    bom = Bom(
        serial_number=serial_number, metadata=BomMetaData(component=book), components=components
    )
    shipped = (part for part in components if part.scope is ComponentScope.REQUIRED)
    bom.register_dependency(book, shipped)
    bill = json.loads(JsonV1Dot6(bom).output_as_string())
    del bill["metadata"]["timestamp"]  # the library gives the present time
    return (json.dumps(bill, ensure_ascii=False, indent=1) + "\n").encode()


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
