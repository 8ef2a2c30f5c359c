/** Rewriting a wasm module, on a small one: `twice` and `thrice` end in the same `add`. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { flagsOf, readCalls, withFlags, withTraps } from "../../../site_assets/node/wasm.mjs";

const I32 = 0x7f, GET = 0x20, CALL = 0x10, ADD = 0x6a, END = 0x0b;
const LOCALS = [1, 1, I32]; // one i32, so that instructions can't simply stand first

function section(id: number, content: readonly number[]): number[] {
  return [id, content.length, ...content];
}

function body(...instructions: number[]): number[] {
  const content = [...LOCALS, ...instructions, END];
  return [content.length, ...content];
}

function named(name: string, kind: number, index: number): number[] {
  return [name.length, ...new TextEncoder().encode(name), kind, index];
}

/** Function 0 of the module is imported, so that the code's first is the module's second. */
const MODULE = new Uint8Array([
  ...new TextEncoder().encode("\0asm"), 1, 0, 0, 0,
  ...section(1, [2, 0x60, 2, I32, I32, 1, I32, 0x60, 1, I32, 1, I32]),
  ...section(2, [2, 1, 97, 1, 102, 0, 1, 1, 97, 1, 103, 3, I32, 0]), // a.f, a function, and a.g, a constant
  ...section(3, [3, 0, 1, 1]),
  ...section(6, [1, I32, 0, 0x41, 5, END]),
  ...section(7, [2, ...named("twice", 0, 2), ...named("thrice", 0, 3)]),
  ...section(10, [
    3,
    ...body(GET, 0, GET, 1, ADD),
    ...body(GET, 0, GET, 0, CALL, 1),
    ...body(GET, 0, CALL, 2, GET, 0, CALL, 1),
  ]),
]);
const [ADDING, TWICE, THRICE] = [0, 1, 2];

type Sums = Record<"twice" | "thrice", (x: number) => number>;

async function instance(wasm: Uint8Array): Promise<WebAssembly.Instance> {
  const made = await WebAssembly.instantiate(wasm as BufferSource, { a: { f: (x: number) => x, g: 0 } });
  return (made as unknown as WebAssembly.WebAssemblyInstantiatedSource).instance;
}

const sums = async (wasm: Uint8Array): Promise<Sums> => (await instance(wasm)).exports as unknown as Sums;

test("calls are read as functions that have a body", () => {
  assert.deepEqual(readCalls(MODULE).map((callees: Set<number>) => [...callees]), [[], [ADDING], [TWICE, ADDING]]);
});

test("flags tell which functions were called, and change no result", async () => {
  const flagged = await instance(withFlags(MODULE));
  const flags = flagsOf(flagged);
  const called = (): number[] => flags.map(({ value }: WebAssembly.Global) => value as number);
  assert.deepEqual(called(), [0, 0, 0]);
  assert.equal((flagged.exports as unknown as Sums).twice(21), 42);
  assert.deepEqual(called(), [1, 1, 0]);
  flags[TWICE].value = 0;
  assert.equal((flagged.exports as unknown as Sums).thrice(5), 15);
  assert.deepEqual(called(), [1, 1, 1]);
});

test("what is kept computes the same; what is not kept traps", async () => {
  const whole = await sums(MODULE);
  const all = await sums(withTraps(MODULE, new Set([ADDING, TWICE, THRICE])));
  const slim = await sums(withTraps(MODULE, new Set([ADDING, TWICE])));
  for (const x of [-1, 0, 2 ** 30]) {
    assert.equal(all.thrice(x), whole.thrice(x));
    assert.equal(slim.twice(x), whole.twice(x));
    assert.throws(() => slim.thrice(x), WebAssembly.RuntimeError);
  }
});
