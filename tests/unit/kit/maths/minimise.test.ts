/** L-BFGS against functions whose least place is known. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { minimise, minimiseAsked, type Objective } from "../../../../site_assets/kit/maths/minimise.ts";

const SCALES = [1, 10, 100, 1000];

const bowl: Objective = (x, gradient) =>
  SCALES.reduce((sum, scale, i) => {
    const off = (x[i] as number) - i;
    gradient[i] = scale * off;
    return sum + 0.5 * scale * off * off;
  }, 0);

/** Rosenbrock 1960: a bent valley, least at (1, 1). */
const valley: Objective = (x, gradient) => {
  const [a, b] = [x[0] as number, x[1] as number];
  gradient[0] = -2 * (1 - a) - 400 * a * (b - a * a);
  gradient[1] = 200 * (b - a * a);
  return (1 - a) ** 2 + 100 * (b - a * a) ** 2;
};

test("finds the bottom of a bowl of unlike steepness", () => {
  const { x, iterations } = minimise(bowl, new Float64Array(4), 1e-9, 200);
  x.forEach((value, i) => assert.ok(Math.abs(value - i) < 1e-9, `${value} is not ${i}`));
  assert.ok(iterations < 40);
});

test("follows a bent valley to its end", () => {
  const { x, value } = minimise(valley, Float64Array.of(-1.2, 1), 1e-8, 200);
  assert.ok(Math.hypot((x[0] as number) - 1, (x[1] as number) - 1) < 1e-6);
  assert.ok(value < 1e-12);
});

test("never rises, and stops when it is told to", () => {
  let before = valley(Float64Array.of(-1.2, 1), new Float64Array(2));
  for (let steps = 1; steps < 20; steps++) {
    const { value, iterations } = minimise(valley, Float64Array.of(-1.2, 1), 1e-8, steps);
    assert.equal(iterations, steps);
    assert.ok(value <= before);
    before = value;
  }
});

test("stays where the gradient is nothing", () => {
  const start = Float64Array.of(0, 1, 2, 3);
  const { x, iterations } = minimise(bowl, start, 1e-9, 10);
  assert.deepEqual([...x], [...start]);
  assert.equal(iterations, 0);
});

test("an objective that answers later is led along the same steps", async () => {
  const start = Float64Array.of(-1.2, 1);
  const asked = await minimiseAsked((x, gradient) => Promise.resolve(valley(x, gradient)), start, 1e-8, 200);
  assert.deepEqual(asked, minimise(valley, start, 1e-8, 200));
});
