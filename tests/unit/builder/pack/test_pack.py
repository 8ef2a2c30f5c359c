"""What readers download: asset scripts that decode to the model's bytes, archives without time."""

import base64
import gzip
import io
import re
import zipfile

from builder.load.model_card import ModelCard
from builder.pack.pack import encode, pack_models, zip_archive
from builder.store.cache import Cache
from builder.store.effects import MemoryEffects
from builder.store.hashing import asset_script, digest, hashed_name
from builder.store.memory import Memory

CARD = ModelCard("toy", "build/models/toy", {"graphs": {"g": {"file": "g.onnx"}}})


def test_an_asset_script_decodes_to_the_file() -> None:
    data = bytes(range(256)) * 40
    effects = MemoryEffects({"build/models/toy/g.onnx": data})
    models, files, issues = pack_models(effects, Cache(effects), [(CARD, "g")], Memory())
    asset = models.assets["toy", "g"]
    script = files[asset.src].decode()
    match = re.fullmatch(r'book\.asset\("(.*?)","(.*?)"\);\n', script)
    assert match
    assert match[1] == asset.key == "models/toy/g.onnx"
    assert gzip.decompress(base64.b64decode(match[2])) == data
    assert asset.bytes == len(data)
    assert models.gzip_bytes == {"toy": len(base64.b64decode(match[2]))}
    assert re.fullmatch(r"assets/models/toy/g\.onnx-[0-9a-f]{8}\.js", asset.src)
    assert issues == ()


def test_readers_get_what_two_models_share_once() -> None:
    twin = ModelCard("twin", "build/models/twin", {"graphs": {"h": {"file": "h.onnx"}}})
    files = {"build/models/toy/g.onnx": b"same", "build/models/twin/h.onnx": b"same"}
    effects = MemoryEffects(files)
    models, site_files, _ = pack_models(
        effects, Cache(effects), [(twin, "h"), (CARD, "g")], Memory()
    )
    assert models.assets["twin", "h"] == models.assets["toy", "g"]
    assert list(site_files) == [models.assets["toy", "g"].src]
    assert models.assets["toy", "g"].key == "models/toy/g.onnx"
    size = models.all_gzip_bytes
    assert models.gzip_bytes == {"toy": size, "twin": size}

    effects.contents["build/models/twin/h.onnx"] = b"another"
    models, site_files, _ = pack_models(
        effects, Cache(effects), [(twin, "h"), (CARD, "g")], Memory()
    )
    assert models.assets["twin", "h"].key == "models/twin/h.onnx"
    assert len(site_files) == 2
    assert models.all_gzip_bytes == sum(models.gzip_bytes.values())


def test_packing_twice_gives_the_same_from_the_cache() -> None:
    effects = MemoryEffects({"build/models/toy/g.onnx": b"data"})
    first, _, _ = pack_models(effects, Cache(effects), [(CARD, "g")], Memory())
    cached = [path for path in effects.contents if path.startswith("build/cache/packed/")]
    assert len(cached) == 1
    effects.contents[cached[0]] = b"bWFya2Vk"
    second, files, _ = pack_models(effects, Cache(effects), [(CARD, "g")], Memory())
    assert second.assets == first.assets
    assert b"bWFya2Vk" in files[second.assets["toy", "g"].src]


def test_gzip_holds_no_time() -> None:
    header = base64.b64decode(encode(b"data"))[:8]
    assert header[4:8] == b"\0\0\0\0"


def test_a_changed_file_has_another_name() -> None:
    assert hashed_name("a", b"1", ".js") != hashed_name("a", b"2", ".js")


def test_the_archive_depends_on_nothing_but_the_files() -> None:
    asset = asset_script("key", encode(bytes(range(256)) * 40))
    files = {"b/c.js": b"2" * 1000, "a.html": b"1", "b/größe.png": b"", "b/d.js": asset}
    archive = zip_archive("book", files)
    assert archive == zip_archive("book", dict(sorted(files.items())))
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert opened.namelist() == [f"book/{name}" for name in sorted(files)]
        assert {name: opened.read(f"book/{name}") for name in files} == files
        assert opened.testzip() is None
        assert {entry.date_time for entry in opened.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {entry.external_attr >> 16 for entry in opened.infolist()} == {0o100644}


def test_digest_keeps_its_parts_apart() -> None:
    assert digest("ab", "c") != digest("a", "bc")
