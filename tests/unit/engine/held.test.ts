/** What crosses to a worker once: both sides, message by message. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Held, Holding } from "../../../site_assets/engine/held.ts";
import type { Call } from "../../../site_assets/engine/lane.ts";
import { float32, held, type Tensor } from "../../../site_assets/engine/tensor.ts";

const call = (x: Tensor): Call => ({ graph: "step", feeds: { x } });
const samples = (value: number): Tensor => held(float32([2], [value, value]));

/** As it arrives: without what did not cross. */
const crossed = <T>(value: T): T => structuredClone(value);

test("a held tensor crosses once, another one every time", () => {
  const [page, worker] = [new Holding(), new Held()];
  const [kept, fresh] = [samples(1), float32([1], [2])];
  const sizes = [];
  for (let i = 0; i < 3; i++) {
    const sent = page.sent([call(kept), call(fresh)]);
    sizes.push(sent.map(({ feeds }) => feeds["x"]?.data?.length));
    const [first, second] = worker.calls(crossed(sent));
    assert.deepEqual([...(first?.feeds["x"]?.data ?? [])], [1, 1]);
    assert.deepEqual([...(second?.feeds["x"]?.data ?? [])], [2]);
  }
  assert.deepEqual(sizes, [
    [2, 1],
    [undefined, 1],
    [undefined, 1],
  ]);
});

test("the same numbers are held once, in whatever tensor they are given", () => {
  const page = new Holding();
  const data = Float32Array.of(1, 2);
  page.sent([call(held(float32([2], data)))]);
  const [again] = page.sent([call(held(float32([1, 2], data)))]);
  assert.deepEqual(again?.feeds["x"], { dims: [1, 2], place: 0 });
});

test("more tensors than places: who lost its place crosses again, even within a row of calls", () => {
  const [page, worker] = [new Holding(), new Held()];
  const many = Array.from({ length: 20 }, (_, value) => samples(value));
  const row = [...many, ...many].map(call);
  for (const calls of [row, row.toReversed()]) {
    const arrived = worker.calls(crossed(page.sent(calls)));
    assert.deepEqual(
      arrived.map(({ feeds }) => feeds["x"]?.data[0]),
      calls.map(({ feeds }) => feeds["x"]?.data[0]),
    );
  }
});

test("a worker that was never sent a tensor says so", () => {
  const page = new Holding();
  const kept = samples(1);
  page.sent([call(kept)]);
  assert.throws(() => new Held().calls(page.sent([call(kept)])), /nothing is held at place 0/);
});
