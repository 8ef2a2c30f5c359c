"""Slim engines that lack more than they should: each traps at a moment that the test chooses."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from builder.node.service import NODE
from tests.conftest import ROOT

NODE_FILES = ROOT / "site_assets" / "node"
GLUE = ROOT / "site_assets/node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.mjs"

# Counts the calls of one function and traps at the call after so many.
TRAP = """
import { readFileSync, writeFileSync } from "node:fs";
const [source, path, exported, calls] = process.argv.slice(1);
const { leb, readLayout, withCounters } = await import(source);
const wasm = readFileSync(path);
const failing = readLayout(wasm).exports.get(exported);
const [get, set, constant, add, greater, when, unreachable, end] =
  [0x23, 0x24, 0x41, 0x6a, 0x4b, 0x04, 0x00, 0x0b];
const before = (index, counter) => index !== failing ? null : Buffer.concat([
  Buffer.from([get]), leb(counter), Buffer.from([constant, 1, add, set]), leb(counter),
  Buffer.from([get]), leb(counter), Buffer.from([constant, Number(calls), greater]),
  Buffer.from([when, 0x40, unreachable, end]),
]);
writeFileSync(path, withCounters(wasm, 1, before));
"""


@cache
def trapping_after(wasm: bytes, function: str, calls: int) -> bytes:
    """The wasm, in which ONNX Runtime's `function` works `calls` times and then traps; below 64."""
    assert calls < 64, "one byte of signed LEB128"
    exported = re.search(rf"\._{function}=\w+\.(\w+)", GLUE.read_text("utf-8"))
    assert exported, f"ONNX Runtime has no {function}"
    with TemporaryDirectory() as folder:
        path = Path(folder) / "slim.wasm"
        path.write_bytes(wasm)
        source = (NODE_FILES / "wasm.mjs").as_uri()
        arguments = ["--input-type=module", "-e", TRAP, source, path, exported[1], str(calls)]
        subprocess.run([NODE, *arguments], check=True, timeout=60)
        return path.read_bytes()
