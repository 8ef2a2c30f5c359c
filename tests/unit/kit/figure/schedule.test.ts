/** What the reader turned during a run, as text in the address and as values at a step. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  formatSchedule,
  knobsAt,
  parseSchedule,
  setAtFirst,
  shortened,
  stepsUntilChange,
  withChange,
  withTurned,
} from "../../../../site_assets/kit/figure/schedule.ts";
import type { KnobFields } from "../../../../site_assets/engine/live_fields.ts";

const KNOBS: KnobFields[] = [
  { name: "lr", default: 0.003, minimum: 1e-4, maximum: 1, scale: "log", description: "" },
  { name: "beta", default: 1, minimum: 0.05, maximum: 4, scale: "log", description: "" },
];

test("text and changes are the same thing", () => {
  const text = "0:lr=0.01;120:beta=4;121:lr=0.0002";
  assert.equal(formatSchedule(parseSchedule(text, KNOBS)), text);
  assert.equal(formatSchedule(parseSchedule("120:beta=4;0:lr=1e-3", KNOBS)), "0:lr=0.001;120:beta=4");
});

test("values are clamped, nonsense is left out", () => {
  const found = parseSchedule("5:lr=99;x;-1:lr=1;7:gamma=2;9:beta=..;12345678:lr=1;8:beta=-3", KNOBS);
  assert.deepEqual(found, [
    { step: 5, knob: "lr", value: 1 },
    { step: 8, knob: "beta", value: 0.05 },
  ]);
});

test("a knob holds from its step until it is turned again", () => {
  const changes = parseSchedule("10:lr=0.1;20:lr=0.2;20:beta=2", KNOBS);
  const seen = [0, 9, 10, 19, 20, 999].map((step) => knobsAt(changes, KNOBS, step));
  assert.deepEqual(
    seen.map(({ lr }) => lr),
    [0.003, 0.003, 0.1, 0.1, 0.2, 0.2],
  );
  assert.deepEqual(
    seen.map(({ beta }) => beta),
    [1, 1, 1, 1, 2, 2],
  );
  assert.deepEqual(
    [0, 9, 10, 20].map((step) => stepsUntilChange(changes, step)),
    [10, 1, 10, Infinity],
  );
});

test("turning a knob forgets what an earlier run did to it later", () => {
  const changes = parseSchedule("10:lr=0.1;50:lr=0.2;60:beta=2", KNOBS);
  assert.equal(
    formatSchedule(withChange(changes, { step: 30, knob: "lr", value: 0.5 })),
    "10:lr=0.1;30:lr=0.5;60:beta=2",
  );
  assert.equal(formatSchedule(withChange(changes, { step: 10, knob: "lr", value: 0.5 })), "10:lr=0.5;60:beta=2");
});

test("a schedule longer than the address keeps the newest, and every knob's last value", () => {
  const long = parseSchedule(
    ["3:beta=2", ...Array.from({ length: 90 }, (_, i) => `${i + 5}:lr=0.${i + 10}`)].join(";"),
    KNOBS,
  );
  const kept = shortened(long, 200);
  assert.ok(formatSchedule(kept).length <= 200);
  assert.deepEqual(knobsAt(kept, KNOBS, 999), knobsAt(long, KNOBS, 999));
  assert.deepEqual(kept.at(-2), long.at(-2));
  assert.deepEqual(shortened(long, 1e6), long);
});

test("what is shortened is as long as a figure's state may be", () => {
  const declared = readFileSync("site_assets/kit/run/training_state.toml", "utf8"); // from the root, as tests run
  const longest = Number(/^\[run\][^[]*^max_length = (\d+)$/m.exec(declared)?.[1]);
  const long = Array.from({ length: 2000 }, (_, step) => ({ step, knob: "lr", value: 0.01 }));
  const text = formatSchedule(shortened(long));
  assert.ok(text.length <= longest);
  assert.ok(text.length > longest - 20);
});

test("what the state sets holds unless the reader has set it before the first step", () => {
  const atFirst = setAtFirst({ lr: 0.01, beta: 2 });
  const turned = parseSchedule("0:beta=3;5:lr=0.1", KNOBS);
  const changes = withTurned(atFirst, turned);
  assert.equal(formatSchedule(changes), "0:lr=0.01;0:beta=3;5:lr=0.1");
  assert.deepEqual(withTurned(setAtFirst({ beta: 1 }), changes), changes.slice(0));
});
