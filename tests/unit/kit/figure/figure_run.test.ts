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

function started(): { readonly runs: { seed: number; speed: string; ended: boolean }[]; readonly figure: FigureRun } {
  const runs: { seed: number; speed: string; ended: boolean }[] = [];
  const figure = new FigureRun((_, __, { seed, speed }): Run => {
    const run = { seed, speed: speed as string, ended: false };
    runs.push(run);
    return {
      moment: () => Promise.resolve({ seed: run.seed } as Training),
      differs: (_, asked) => asked.seed !== run.seed,
      adopt: (_, asked) => (run.speed = asked.speed),
      record: () => ({ step: run.seed, params: [], train: [], validation: [] }),
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
  assert.deepEqual(runs, [{ seed: 1, speed: "5", ended: false }]);
});

test("another seed or another model ends it and starts one", async () => {
  const { runs, figure } = started();
  await figure.moment(ONE, TRAINS, settings(1));
  assert.equal((await figure.moment(ONE, TRAINS, settings(2))).seed, 2);
  await figure.moment(OTHER, TRAINS, settings(2));
  assert.deepEqual(
    runs.map(({ ended }) => ended),
    [true, true, false],
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
