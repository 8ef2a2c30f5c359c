/** Projection on orthonormal rows, the spectrum of one period, and the count that reaches an error. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { countFor, project, spectrum } from "../../../site_assets/figures/bottleneck/signal.ts";
import { meanSquare } from "../../../site_assets/kit/maths/mean_square.ts";

const AXES = { mean: Float32Array.of(1, 1, 1), rows: Float32Array.of(1, 0, 0, 0, 0.6, 0.8) };

test("nothing kept is the mean; each component adds what lies along it", () => {
  assert.deepEqual([...project([3, 6, 1], AXES, 0)], [1, 1, 1]);
  assert.deepEqual([...project([3, 6, 1], AXES, 1)], [3, 1, 1]);
  const found = [...project([3, 6, 1], AXES, 2)];
  [3, 1 + 3 * 0.6, 1 + 3 * 0.8].forEach((value, i) => assert.ok(Math.abs((found[i] as number) - value) < 1e-6));
});

test("projecting twice changes nothing, and more components than there are is an error", () => {
  const once = project([3, 6, 1], AXES, 2);
  assert.ok(meanSquare(project(once, AXES, 2), once) < 1e-12);
  assert.throws(() => project([3, 6, 1], AXES, 3), /there are 2 components, not 3/);
});

test("the spectrum finds each harmonic's amplitude whatever its phase, and no other", () => {
  const wave = Float32Array.from({ length: 128 }, (_, t) => {
    const turn = (2 * Math.PI * t) / 128;
    return 0.3 + 1.5 * Math.cos(turn + 0.7) + 0.25 * Math.sin(4 * turn - 2);
  });
  const found = [...spectrum(wave, 6)];
  [1.5, 0, 0, 0.25, 0, 0].forEach((value, i) => assert.ok(Math.abs((found[i] as number) - value) < 1e-6));
});

test("the count for an error is the first that reaches it", () => {
  const curve = [
    [0, 1],
    [1, 0.5],
    [2, 0.1],
  ] as const;
  assert.equal(countFor(curve, 0.5), 1);
  assert.equal(countFor(curve, 0.2), 2);
  assert.equal(countFor(curve, 0.01), null);
});
