/** Calls on the page and in the worker: one small plan, written by hand, on the real interpreter of plans. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { KernelLane } from "../../../site_assets/engine/kernel_lane.ts";
import type { Call, Lane } from "../../../site_assets/engine/lane.ts";
import { held, type Feeds, type Outputs, type Tensor } from "../../../site_assets/engine/tensor.ts";

/**
 * A module with what the kernels export, whose `run` and `loop` do nothing:
 * (module (memory (export "memory") 1) (global (export "heap") i32 (i32.const 1024))
 *   (func (export "run") (param i32 i32)) (func (export "loop") (param i32 i32 i32)))
 */
const IDLE = new WebAssembly.Module(
  new Uint8Array([
    0, 97, 115, 109, 1, 0, 0, 0, 1, 12, 2, 96, 2, 127, 127, 0, 96, 3, 127, 127, 127, 0, 3, 3, 2, 0, 1, 5, 3, 1, 0, 1, 6,
    7, 1, 127, 0, 65, 128, 8, 11, 7, 30, 4, 6, 109, 101, 109, 111, 114, 121, 2, 0, 4, 104, 101, 97, 112, 3, 0, 3, 114,
    117, 110, 0, 0, 4, 108, 111, 111, 112, 0, 1, 10, 7, 2, 2, 0, 11, 2, 0, 11,
  ]),
);

/** x [n, 2] lies where y [n, 2] does, so that a plan without calls copies; `perRow` is the work it claims. */
function plan(perRow: number): Uint8Array {
  const port = {
    dtype: "float32",
    at: [8192, 0, 0],
    dims: [
      [0, 1, 0],
      [2, 0, 0],
    ],
  };
  const header = new TextEncoder().encode(
    JSON.stringify({
      start: 4096,
      code: [],
      patches: [],
      weights: [],
      loop: false,
      inputs: [{ name: "x", ...port }],
      outputs: [{ name: "y", ...port }],
      temporaries: [8192, 8, 0],
      end: [8192, 8, 0],
      work: [0, perRow, 0],
    }),
  );
  const bytes = new Uint8Array(4 + header.length);
  new DataView(bytes.buffer).setUint32(0, header.length, true);
  bytes.set(header, 4);
  return bytes;
}

class FakeWorker implements Lane {
  readonly asked: string[] = [];

  async load(graph: string): Promise<void> {
    this.asked.push(`load ${graph}`);
  }

  async run(graph: string): Promise<Outputs> {
    this.asked.push(`run ${graph}`);
    return {};
  }

  async runAll(calls: readonly Call[]): Promise<readonly Outputs[]> {
    this.asked.push(`run ${calls.map(({ graph }) => graph).join(", ")}`);
    return [];
  }
}

function setUp(): { lane: KernelLane; worker: FakeWorker } {
  const worker = new FakeWorker();
  return { lane: new KernelLane(async () => IDLE, worker), worker };
}

const rows = (n: number): Feeds => ({ x: { dims: [n, 2], data: Float32Array.from({ length: 2 * n }, (_, i) => i) } });

test("small calls run on the page, for as many rows as come", async () => {
  const { lane, worker } = setUp();
  await lane.load("a", async () => plan(10));
  for (const n of [1, 5, 2, 0]) {
    const { y } = await lane.run("a", rows(n));
    assert.deepEqual(y, { dims: [n, 2], data: rows(n)["x"]?.data });
  }
  assert.deepEqual(worker.asked, []);
});

test("large calls run in the worker, and what trains in the background goes there sooner", async () => {
  const { lane, worker } = setUp();
  await lane.load("a", async () => plan(1e6));
  await lane.run("a", rows(1));
  await lane.run("a", rows(1), { priority: "background" });
  await lane.run("a", rows(100));
  assert.deepEqual(worker.asked, ["load a", "run a", "load a", "run a"]);
});

test("what is hardly more work than to copy it runs on the page, unless the worker holds it", async () => {
  const { lane, worker } = setUp();
  await lane.load("a", async () => plan(64)); // 8 bytes a row
  const { x } = rows(100_000) as { x: Tensor };
  await lane.run("a", { x });
  assert.deepEqual(worker.asked, []);
  await lane.run("a", { x: held(x) });
  assert.deepEqual(worker.asked, ["load a", "run a"]);
});

test("how long a call took is told", async () => {
  const { lane } = setUp();
  await lane.load("a", async () => plan(1));
  let told = -1;
  await lane.run("a", rows(1), { spent: (milliseconds) => (told = milliseconds) });
  assert.ok(told >= 0);
});

const WRONG: Readonly<Record<string, Feeds>> = {
  missing: {},
  "of another shape": { x: { dims: [3], data: new Float32Array(3) } },
  "of another size": { x: { dims: [3, 2], data: new Float32Array(5) } },
  "of another type": { x: { dims: [1, 2], data: new Int32Array(2) } },
};

for (const [what, feeds] of Object.entries(WRONG)) {
  test(`an input that is ${what} is refused by name`, async () => {
    const { lane } = setUp();
    await lane.load("a", async () => plan(1));
    await assert.rejects(lane.run("a", feeds), /“x”/);
    assert.deepEqual((await lane.run("a", rows(2)))["y"]?.dims, [2, 2], "and the next call goes well");
  });
}

test("bytes that are no plan are refused, and may be tried again", async () => {
  const { lane } = setUp();
  await assert.rejects(lane.load("a", async () => new Uint8Array([255, 255, 0, 0, 1])));
  await lane.load("a", async () => plan(1));
});

test("a cancelled call is not made", async () => {
  const { lane } = setUp();
  await lane.load("a", async () => plan(1));
  await assert.rejects(lane.run("a", rows(1), { signal: AbortSignal.abort(new Error("gone")) }), /gone/);
});

test("calls in a row run in the worker, however small", async () => {
  const { lane, worker } = setUp();
  await lane.load("a", async () => plan(1));
  await lane.load("b", async () => plan(1));
  await lane.runAll([
    { graph: "a", feeds: rows(1) },
    { graph: "b", feeds: rows(1) },
    { graph: "a", feeds: rows(1) },
  ]);
  assert.deepEqual(worker.asked, ["load a", "load b", "run a, b, a"]);
});
