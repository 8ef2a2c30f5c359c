/** Which run a figure shows, with runs that only count how often they are asked. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Trains } from "../../../../site_assets/kit/figure/figure.ts";
import { FigureRun } from "../../../../site_assets/kit/figure/figure_run.ts";
import type { Model } from "../../../../site_assets/kit/figure/models.ts";
import type { Run, RunHost, Training, TrainingState } from "../../../../site_assets/kit/figure/training.ts";

const HOST: RunHost = { changed: () => undefined, remember: () => undefined, onVisibility: () => () => undefined };
const [ONE, OTHER] = [{}, {}] as [Model, Model];
const TRAINS: Trains = { role: "model" };
const settings = (seed: number, speed: TrainingState["speed"] = "max"): TrainingState => ({ seed, speed, run: "" });

interface Counted {
  readonly seed: number;
  speed: string;
  paused: boolean;
  ended: boolean;
}

function started(): { readonly runs: Counted[]; readonly figure: FigureRun } {
  const runs: Counted[] = [];
  const figure = new FigureRun((_, __, { seed, speed }): Run => {
    const run = { seed, speed: speed as string, paused: false, ended: false };
    runs.push(run);
    return {
      moment: () => Promise.resolve({ seed: run.seed } as Training),
      differs: (_, asked) => asked.seed !== run.seed,
      adopt: (_, asked) => (run.speed = asked.speed),
      record: () => ({ step: run.seed, params: [], train: [], validation: [] }),
      pause: () => (run.paused = true),
      end: () => (run.ended = true),
    };
  }, HOST);
  return { runs, figure };
}

test("a run lasts as long as model and settings ask for it", async () => {
  const { runs, figure } = started();
  assert.equal(figure.record(), null);
  await figure.moment(ONE, TRAINS, settings(1));
  await figure.moment(ONE, TRAINS, settings(1, "5"));
  assert.deepEqual(runs, [{ seed: 1, speed: "5", paused: false, ended: false }]);
});

test("another seed ends it and starts one", async () => {
  const { runs, figure } = started();
  await figure.moment(ONE, TRAINS, settings(1));
  assert.equal((await figure.moment(ONE, TRAINS, settings(2))).seed, 2);
  assert.deepEqual(
    runs.map(({ ended }) => ended),
    [true, false],
  );
});

test("a look at another model pauses it, and it is found where it stood unless another seed is asked for", async () => {
  const { runs, figure } = started();
  await figure.moment(ONE, TRAINS, settings(1));
  await figure.moment(OTHER, TRAINS, settings(1));
  assert.deepEqual(
    runs.map(({ paused, ended }) => [paused, ended]),
    [
      [true, false],
      [false, false],
    ],
  );
  assert.equal((await figure.moment(ONE, TRAINS, settings(1, "5"))).seed, 1);
  assert.deepEqual(
    runs.map(({ speed, ended }) => [speed, ended]),
    [
      ["5", false],
      ["max", false],
    ],
  );
  assert.equal((await figure.moment(OTHER, TRAINS, settings(3))).seed, 3);
  assert.deepEqual(
    runs.map(({ ended }) => ended),
    [false, true, false],
  );
  figure.end();
  assert.ok(
    runs.every(({ ended }) => ended),
    "Reset ends all",
  );
});

test("after Reset there is no run, and the next one is new", async () => {
  const { runs, figure } = started();
  await figure.moment(ONE, TRAINS, settings(1));
  assert.equal(figure.record()?.step, 1);
  figure.end();
  assert.equal(figure.record(), null);
  await figure.moment(ONE, TRAINS, settings(1));
  assert.deepEqual(
    runs.map(({ ended }) => ended),
    [true, false],
  );
});
