/**
 * The thread in which Python starts to have its memory read. Its clock stands still and its chance is none, since what
 * Python has seen of both is in its memory. (A thread has a clock and a source of chance of its own.)
 */

import nodeCrypto from "node:crypto";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { parentPort, workerData } from "node:worker_threads";

const parent = /** @type {import("node:worker_threads").MessagePort} */ (parentPort); // this runs in a thread

const MOMENT = Date.UTC(2026, 0, 1);
const Clock = Date;

/** A proxy, so that it stays a Date in all else. */
globalThis.Date = new Proxy(Clock, {
  construct: (_, parts) => Reflect.construct(Clock, parts.length > 0 ? parts : [MOMENT]),
  get: (_, name) => (name === "now" ? () => MOMENT : Reflect.get(Clock, name)),
});
Object.defineProperty(globalThis.performance, "now", { value: () => 0 });
process.hrtime.bigint = () => 0n;
/** @type {(array: any) => any} what both of them fill is a view of bytes */
const nothing = (array) => {
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength).fill(0);
  return array;
};
crypto.getRandomValues = nothing;
nodeCrypto.randomFillSync = nothing; // which Pyodide takes in Node

const WHEEL = `/tmp/${basename(workerData.wheel)}`;

/**
 * What every reader's Python would do before the first cell's output: install the wheel, import it, run a cell. Files are
 * not in the memory, so the wheel is installed again where it is read; but all modules that take part are there.
 */
const WARM_UP = `
import gc
import importlib
import random
from pathlib import Path

from pyodide import _package_loader as loader


class Wheel:
    """As JavaScript hands a wheel over; of JavaScript nothing may be in the memory."""

    def _into_file(self, file):
        file.write(wheel.read_bytes())
        file.flush()


class Nobody:
    def tell(self, event):
        pass


wheel = Path("${WHEEL}")
place = loader.SITE_PACKAGES
loader.unpack_buffer(Wheel(), filename=wheel.name, extract_dir=str(place), metadata={})
with wheel.open("rb") as file:
    loader.get_dynlibs(file, wheel.suffix, place)
importlib.invalidate_caches()  # while the clock stands, a folder looks as old as before
from book.page import Session

try:
    Session(Nobody(), "{}").run("print(1)\\n1 + 1", "cell 1").send(None)
except StopIteration as ended:
    assert ended.value
wheel.unlink()
random.seed(0)
del Nobody, Path, Session, Wheel, file, importlib, loader, place, wheel
gc.collect()
`;

const { loadPyodide } = await import("pyodide"); // when the clock stands
const python = await loadPyodide({
  _makeSnapshot: true,
  env: { HOME: "/home/pyodide", PYTHONHASHSEED: "0" },
  stdout: () => undefined,
  stderr: () => undefined,
});
python.FS.writeFile(WHEEL, readFileSync(workerData.wheel));
python.runPython(WARM_UP);
parent.postMessage(python.makeMemorySnapshot());
