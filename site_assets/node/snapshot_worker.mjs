/**
 * The thread in which Python starts to have its memory read. Its clock stands still and its chance is none, since what
 * Python has seen of both is in its memory. (A thread has a clock and a source of chance of its own.)
 */

import { parentPort } from "node:worker_threads";

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
crypto.getRandomValues = (array) => {
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength).fill(0);
  return array;
};

/** What the book's wheel imports of the standard library: read once here, by no reader again. */
const MODULES = [
  "array, ast, asyncio, base64, builtins, collections.abc, contextlib, dataclasses, difflib, functools, gc, html",
  "importlib.metadata, inspect, io, json, linecache, math, os, pathlib, random, re, struct, sys, textwrap, traceback",
  "typing, zlib",
].join(", ");

const { loadPyodide } = await import("pyodide"); // when the clock stands
const python = await loadPyodide({
  _makeSnapshot: true,
  env: { HOME: "/home/pyodide", PYTHONHASHSEED: "0" },
  stdout: () => undefined,
  stderr: () => undefined,
});
python.runPython(`import ${MODULES}\nrandom.seed(0)\ngc.collect()`);
parent.postMessage(python.makeMemorySnapshot());
