"""The work of others: what the colophon, the licences and the bill of materials say of it."""

import base64
import hashlib
import json
import re
from typing import Any

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from builder.load.config import BookConfig
from builder.load.packages import NODE_MODULES, NPM_LOCK, collect
from builder.render.sbom import bill_of_materials, licence_texts
from builder.store.cache import Cache
from builder.store.effects import MemoryEffects
from tests.unit.builder.fakes import build, small_book

NOTHING = hashlib.sha512(b"")
INTEGRITY = f"sha512-{base64.b64encode(NOTHING.digest()).decode()}"
LOCK = {
    "packages": {
        "": {"name": "the-book"},
        "node_modules/toy-library": {"version": "1.2.3", "license": "MIT", "integrity": INTEGRITY},
        "node_modules/@scope/tool": {"version": "4.5.6", "license": "ISC OR MIT", "dev": True},
        "node_modules/@scope/linux": {"version": "4.5.6", "license": "MIT", "optional": True},
    }
}
OFL = """Book Serif, Book Math (modified from A and B):
Copyright A

Book Sans (modified from C):
(c) C

Licence
"""
FILES: dict[str, bytes | str] = {
    NPM_LOCK: json.dumps(LOCK),
    f"{NODE_MODULES}/toy-library/LICENSE": "The toy licence.\r\n",
    f"{NODE_MODULES}/toy-library/NOTICE": "The toy notice.",
    "site_assets/fonts/OFL.txt": OFL,
    "pyproject.toml": '[project]\ndependencies = ["jinja2==0", "no-such-thing-here"]\n',
}


def effects_with(**replaced: bytes | str) -> MemoryEffects:
    effects = small_book()
    effects.contents |= MemoryEffects({**FILES, **replaced}).contents
    return effects


def test_shipped_first_then_what_the_build_used() -> None:
    packages, issues = collect(effects_with(), ["toy-library"])
    assert issues == ()
    seen = [(package.kind, package.name, package.shipped) for package in packages]
    assert seen == [
        ("font", "Book Sans", True),
        ("font", "Book Serif, Book Math", True),
        ("npm", "toy-library", True),
        ("npm", "@scope/tool", False),
        ("pypi", "Jinja2", False),
        ("pypi", "MarkupSafe", False),  # Jinja2 needs it
    ]
    toy, jinja = packages[2], packages[4]
    assert (toy.version, toy.licence) == ("1.2.3", "MIT")
    assert toy.texts == ("The toy licence.\n", "The toy notice.\n")
    assert packages[0].copyright == "(c) C"
    assert re.fullmatch(r"[\d.]+", jinja.version)
    assert jinja.licence == "BSD License"


def test_a_shipped_package_without_a_licence_text_is_a_warning() -> None:
    packages, issues = collect(effects_with(), ["toy-library", "@scope/linux"])
    assert [str(issue) for issue in issues] == [
        f"{NPM_LOCK} site-assets: warning: '@scope/linux' is shipped, but has no licence text"
    ]
    assert "@scope/linux" in {package.name for package in packages}


def test_a_shipped_package_may_say_where_its_licence_and_source_are() -> None:
    about = {"repository": {"url": "https://a.example/linux"}}
    path = f"{NODE_MODULES}/@scope/linux/package.json"
    packages, issues = collect(effects_with(**{path: json.dumps(about)}), ["@scope/linux"])
    assert issues == ()
    (text,) = next(package.texts for package in packages if package.name == "@scope/linux")
    assert "MIT, whose text is at https://spdx.org/licenses/MIT.html" in text
    assert "Source: https://a.example/linux" in text


def test_the_engine_brings_the_notices_of_what_is_compiled_into_it() -> None:
    entry = {"version": "1", "license": "MIT", "integrity": INTEGRITY}
    lock = {"packages": {"node_modules/onnxruntime-web": entry}}
    effects = MemoryEffects({NPM_LOCK: json.dumps(lock)})
    (engine,), issues = collect(effects, ["onnxruntime-web"])
    assert issues == ()
    licence, notices = engine.texts
    assert "Microsoft" in licence
    for name in ("emsdk", "protobuf", "eigen"):
        assert name in notices.lower()


def bill(effects: MemoryEffects, files: dict[str, bytes]) -> dict[str, Any]:
    packages, _ = collect(effects, ["toy-library"])
    written = bill_of_materials(Cache(effects), BookConfig("B"), packages, files)
    found: dict[str, Any] = json.loads(written)
    return found


def test_the_bill_of_materials_has_versions_licences_and_hashes() -> None:
    serif, sans = b"serif", b"sans"
    files = {"assets/book-serif-X.woff2": serif, "assets/book-sans-X.woff2": sans, "a.html": b""}
    found = bill(effects_with(), files)
    assert (found["bomFormat"], found["specVersion"]) == ("CycloneDX", "1.6")
    parts = {part["name"]: part for part in found["components"]}
    assert len({part["bom-ref"] for part in found["components"]}) == len(parts)
    toy = parts["toy-library"]
    assert toy["purl"] == "pkg:npm/toy-library@1.2.3"
    assert toy["licenses"] == [{"license": {"id": "MIT"}}]
    assert toy["hashes"] == [{"alg": "SHA-512", "content": NOTHING.hexdigest()}]
    assert toy["scope"] == "required"
    tool = parts["@scope/tool"]
    assert tool["purl"] == "pkg:npm/%40scope/tool@4.5.6"
    assert tool["licenses"] == [{"expression": "ISC OR MIT"}]
    assert tool["scope"] == parts["Jinja2"]["scope"] == "excluded"
    assert parts["Jinja2"]["licenses"] == [{"license": {"name": "BSD License"}}]
    assert parts["Jinja2"]["purl"].startswith("pkg:pypi/jinja2@")
    font = parts["assets/book-serif-X.woff2"]
    assert font["hashes"][0]["content"] == hashlib.sha256(serif).hexdigest()
    assert font["copyright"] == "Copyright A"
    needs = {part["ref"]: part.get("dependsOn", []) for part in found["dependencies"]}
    assert needs["book"] == [*sorted(files.keys() - {"a.html"}), toy["purl"]]


def test_the_bill_of_materials_holds_to_the_schema_of_its_format() -> None:
    found = bill(effects_with(), {"assets/book-serif-X.woff2": b"serif"})
    schema = JsonStrictValidator(SchemaVersion.V1_6)
    assert schema.validate_str(json.dumps(found)) is None
    assert schema.validate_str(json.dumps({**found, "components": [{"name": "no type"}]}))


def test_the_same_packages_give_the_same_bill_and_others_another() -> None:
    one, again = effects_with(), effects_with()  # neither remembers anything
    assert bill(one, {}) == bill(again, {})
    lock = json.dumps(LOCK).replace("1.2.3", "1.2.4")
    newer = bill(effects_with(**{NPM_LOCK: lock}), {})
    assert newer["serialNumber"] != bill(one, {})["serialNumber"]
    assert {"1.2.3", "1.2.4"} & {part["version"] for part in newer["components"]} == {"1.2.4"}


def test_every_licence_is_there_and_shared_ones_once() -> None:
    packages, _ = collect(effects_with(), ["toy-library"])
    text = licence_texts(packages).decode()
    assert text.count(OFL) == 1
    assert "Book Sans\nBook Serif, Book Math\n" in text
    assert "toy-library 1.2.3\n" in text
    assert "The toy licence.\n" in text
    assert "Jinja2" not in text  # not in what readers get


def test_the_site_has_bill_and_licences_and_the_colophon_names_what_is_shipped() -> None:
    effects = effects_with()
    assert build(effects).published
    colophon = effects.read("build/site/colophon.html").decode()
    table = colophon[colophon.index('id="table-software"') :]
    assert re.search(r"<th scope=\"row\">toy-library</th><td>1\.2\.3</td><td>MIT</td>", table)
    assert "@scope/tool" not in table
    for file in ("licences.txt", "sbom.json"):
        assert f'href="{file}"' in table
        assert b"toy-library" in effects.read(f"build/site/{file}")
    first = effects.read("build/site/sbom.json")
    assert build(effects).published
    assert effects.read("build/site/sbom.json") == first
