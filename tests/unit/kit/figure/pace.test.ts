/** When a run's moments are drawn, on a clock and a display that the test works. */

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { Pace } from "../../../../site_assets/kit/figure/pace.ts";

let now = 1000;
let frames: (() => void)[] = [];
mock.timers.enable({ apis: ["setTimeout"] });
mock.method(performance, "now", () => now);
Object.assign(globalThis, { requestAnimationFrame: (callback: () => void) => frames.push(callback) });

/** The next displayed frame, whose layout and painting take `painting` ms. */
function display(at: number, painting = 0): void {
  now = at;
  const due = frames;
  frames = [];
  for (const callback of due) callback();
  now += painting;
  mock.timers.tick(1);
}

test("many changes before a displayed frame are drawn once, in it", () => {
  const pace = new Pace();
  let drawn = 0;
  for (let i = 0; i < 5; i++) pace.soon(() => drawn++);
  assert.equal(drawn, 0);
  display(1016);
  display(1032);
  assert.equal(drawn, 1);
});

test("three times as long as one drawing takes, its painting included, passes before the next", async () => {
  const pace = new Pace();
  now = 1000;
  await pace.time(() => {
    now += 40; // ends at 1040
    return Promise.resolve();
  });
  display(1050, 30);
  let drawn = 0;
  pace.soon(() => drawn++);
  for (const at of [1144, 1208, 1272]) display(at); // until 1040 + 30 + 3 · (40 + 30) = 1280
  assert.equal(drawn, 0);
  for (const at of [1288, 1304]) display(at);
  assert.equal(drawn, 1);
});

test("a moment that a newer one will outrun waits for it, and is drawn itself if none comes", () => {
  const pace = new Pace();
  let drawn = 0;
  const draw = (): void => void drawn++;
  now = 2000;
  pace.soon(draw, 50); // until 2050
  display(2016);
  pace.soon(draw, 50); // a newer one, until 2066
  for (const at of [2032, 2048, 2064]) display(at);
  assert.equal(drawn, 0);
  assert.ok(pace.isDue);
  display(2080);
  assert.equal(drawn, 1);
  assert.ok(!pace.isDue);
  pace.soon(draw, 50);
  display(2096);
  pace.soon(draw); // the end
  display(2112);
  assert.equal(drawn, 2);
  for (const at of [2128, 2144, 2160]) display(at);
  assert.equal(drawn, 2, "what was outrun is not drawn as well");
});
