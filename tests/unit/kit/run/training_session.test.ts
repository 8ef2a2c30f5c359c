/** A run's states and races, against a model whose steps answer when the test says so. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { inSequence, type Call, type CallOptions } from "../../../../site_assets/engine/lane.ts";
import { float32, type Feeds, type Outputs } from "../../../../site_assets/engine/tensor.ts";
import type { PageCard } from "../../../../site_assets/kit/base/card_fields.ts";
import type { Trains } from "../../../../site_assets/kit/figure/figure.ts";
import type { Model } from "../../../../site_assets/kit/figure/models.ts";
import type { Training } from "../../../../site_assets/kit/figure/training.ts";
import type { TrainingState } from "../../../../site_assets/kit/figure/training.ts";
import { validationEvery } from "../../../../site_assets/kit/run/own_run.ts";
import { TrainingSession } from "../../../../site_assets/kit/run/training_session.ts";
import { oneWeight } from "../live.ts";

const STEPS = 200;
const SEED = 7;

const LIVE = oneWeight(STEPS, [
  { name: "lr", default: 0.25, minimum: 1e-3, maximum: 64, scale: "log", description: "" },
]);

const CARD: PageCard = {
  name: "test",
  title: "",
  honesty: "trains live",
  description: "",
  data: { name: "", label: "", description: "", splits: {}, classes: [] },
  seed: SEED,
  parameters: 1,
  options: { live: LIVE },
  graphs: {},
  arrays: {},
  metrics: {},
};

const MODEL: Trains = { role: "model" };

/** w ← w (1 − lr), loss 1 + |w|: it shrinks while lr < 2 and explodes beyond. */
function descend(feeds: Feeds): Outputs {
  const scalar = (name: string): number => feeds[name]?.data[0] as number;
  const steps = feeds["index"]?.dims[0] as number;
  const losses = new Float32Array(steps);
  let w = scalar("params");
  for (let i = 0; i < steps; i++) {
    losses[i] = 1 + Math.abs(w);
    w = Math.fround(w * (1 - scalar("lr"))); // so that the length of the calls makes no difference
  }
  return {
    losses: float32([steps, 1], losses),
    params_out: float32([1], [w]),
    adam_m_out: float32([1], [0]),
    adam_v_out: float32([1], [0]),
  };
}

/** One of its steps. */
function shrunk(w: number | undefined, lr: number): number {
  return Math.fround((w as number) * (1 - Math.fround(lr)));
}

class Desk {
  readonly session: TrainingSession;
  readonly called: number[] = []; // steps of each call
  readonly waits: number[] = []; // ms that each wish to be drawn may wait
  remembered = "";
  shownNext: Promise<Training> | null = null; // what was asked for when the state was last set
  /** While set, calls wait; the test lets them go one by one. */
  held: (() => void)[] | null = null;
  /** While set, the loss waits, too. */
  heldLosses: (() => void)[] | null = null;
  failure: Error | null = null;
  forgets = false; // while set, no row has been kept for another one
  took = 1; // ms, that each call says
  private visibility: (visible: boolean) => void = () => undefined;
  private readonly rows = new Map<number, Promise<readonly Outputs[]>>();

  constructor(settings: Partial<TrainingState> = {}, trains: Trains = MODEL) {
    const array = (values: ArrayLike<number>) => ({ shape: [values.length], data: Float32Array.from(values) });
    const arrays: Record<string, ReturnType<typeof array>> = {
      x: array([1, 2, 3, 4]),
      history_steps: array([0, STEPS]),
      history_train: array([1, 1]),
      history_validation: array([1, 1]),
      params_trained: array([0.5]),
    };
    const model: Model = {
      card: CARD,
      array: (name) => arrays[name] as ReturnType<typeof array>,
      metric: () => 0,
      run: () => assert.fail("training makes its calls in a row"),
      runAll: (calls, options = {}) => {
        const row = this.make(calls, options);
        if (options.keep !== undefined) this.rows.set(options.keep, row);
        return row;
      },
    };
    this.session = new TrainingSession(
      model,
      trains,
      { seed: SEED, speed: "max", run: "", ...settings },
      {
        changed: (wait = 0) => {
          this.waits.push(wait);
        },
        remember: ({ run }) => {
          this.remembered = run ?? this.remembered;
          this.shownNext = this.session.moment(); // as a figure does when its state is set
        },
        onVisibility: (listener) => {
          this.visibility = listener;
          return () => undefined;
        },
      },
    );
  }

  /** After the row that it goes on from. */
  private async make(calls: readonly Call[], options: CallOptions): Promise<readonly Outputs[]> {
    const run = async (graph: string, feeds: Feeds): Promise<Outputs> => {
      if (graph === "evaluate") {
        if (this.heldLosses) await new Promise<void>((go) => this.heldLosses?.push(go));
        return { losses: float32([1], [1 + Math.abs(feeds["params"]?.data[0] as number)]) };
      }
      if (this.held) await new Promise<void>((go) => this.held?.push(go));
      if (this.failure) throw this.failure;
      this.called.push(feeds["index"]?.dims[0] as number);
      options.spent?.(this.took);
      return descend(feeds);
    };
    const kept = new Map<number, readonly Outputs[]>();
    for (const { of } of calls) {
      if (of !== undefined && this.forgets) throw new Error(`row ${of} was not kept`);
      const row = of === undefined ? undefined : this.rows.get(of);
      if (of !== undefined && row) kept.set(of, await row);
    }
    return inSequence(calls, run, kept);
  }

  async now(): Promise<Training> {
    await rest();
    return this.session.moment();
  }

  async do(action: "play" | "pause" | "step" | "restart" | "recover"): Promise<void> {
    (await this.session.moment()).actions[action]();
  }

  async turn(value: number): Promise<void> {
    (await this.session.moment()).actions.turn("lr", value);
  }

  show(visible: boolean): void {
    this.visibility(visible);
  }

  /** Lets one waiting call go. */
  async release(): Promise<void> {
    this.held?.shift()?.();
    await rest();
  }
}

const rest = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

test("a run has some thirty validations, whole 25s of steps apart", () => {
  assert.deepEqual([1, 300, 750, 751, 1500, 2000, 4000].map(validationEvery), [25, 25, 25, 50, 50, 75, 150]);
});

test("it shows the recorded run, then trains from untrained weights to the end", async () => {
  const desk = new Desk();
  assert.equal((await desk.now()).recorded, true);
  assert.equal(desk.session.record(), null);
  await desk.do("play");
  await rest();
  const end = await desk.now();
  assert.deepEqual([end.phase, end.recorded, end.step], ["done", false, STEPS]);
  assert.equal(desk.session.record()?.train[0]?.length, STEPS);
  assert.deepEqual(
    desk.session.record()?.validation[0]?.map(([step]) => step),
    [0, 25, 50, 75, 100, 125, 150, 175, 200],
  );
});

test("a run that starts while the recorded one is asked for is not shown before its untrained loss is known", async () => {
  const desk = new Desk();
  await desk.turn(0.5);
  const shown = await desk.shownNext;
  assert.deepEqual([shown?.phase, shown?.recorded], ["untrained", false]);
  assert.deepEqual(
    shown?.curves.validation[0]?.map(([step]) => step),
    [0],
  );
});

test("the first steps are under way while the untrained loss is computed, and count once it is known", async () => {
  const desk = new Desk();
  desk.heldLosses = [];
  const { actions } = await desk.now();
  actions.step();
  await rest();
  assert.deepEqual([desk.called, desk.session.record()?.step], [[1], 0]);
  desk.heldLosses[0]?.();
  await rest();
  assert.equal(desk.session.record()?.step, 1);
  assert.deepEqual(
    desk.session.record()?.validation[0]?.map(([step]) => step),
    [0],
  );
});

test("pressing One step as often as one likes moves by exactly as many", async () => {
  const desk = new Desk();
  const { actions } = await desk.now();
  for (let i = 0; i < 5; i++) actions.step();
  const after = await desk.now();
  assert.deepEqual([after.phase, after.step], ["paused", 5]);
  assert.equal(desk.session.record()?.train[0]?.length, 5);
});

test("pause stops after the call that is under way, and a step pressed meanwhile is not lost", async () => {
  const desk = new Desk();
  desk.held = [];
  await desk.do("play");
  await rest();
  await desk.do("pause");
  await desk.do("step");
  await desk.release();
  const [first = 0] = desk.called;
  assert.equal((await desk.now()).step, first);
  while (desk.held.length > 0) await desk.release(); // a row asked for ahead, and the step
  assert.equal((await desk.now()).step, first + 1);
});

test("at full speed the engine goes on while the page is busy, and a row of other steps than are wanted is forgotten", async () => {
  const desk = new Desk();
  desk.took = 10;
  for (let i = 0; i < 3; i++) await desk.do("step"); // so that a row holds three
  await rest();
  desk.held = [];
  await desk.do("play");
  await rest();
  await desk.release();
  const { step, actions } = await desk.now();
  const known = desk.called.length;
  assert.ok(step > 3 && desk.held.length === 1, "the engine rests until the page has taken the first row");
  actions.pause();
  actions.turn("lr", 0.5);
  while (desk.held.length > 0) await desk.release();
  assert.equal(desk.called.length, known + 2, "more than the two rows that the engine had were made");
  const paused = await desk.now();
  assert.deepEqual([paused.phase, `${paused.step}:lr=0.5`], ["paused", desk.remembered], "the row ahead counts");
  assert.equal(desk.session.record()?.train[0]?.length, paused.step);
  desk.held = null;
  actions.play();
  const end = await desk.now();
  assert.deepEqual([end.phase, end.step], ["done", STEPS]);
  const again = new Desk({ run: desk.remembered });
  await again.do("play");
  await rest();
  assert.deepEqual(again.session.record(), desk.session.record());
});

test("at full speed a run is not drawn right after its start nor right before its end, but at its end", async (t) => {
  t.mock.method(performance, "now", () => 1000); // all of it is right after the start, on a busy machine too
  const desk = new Desk();
  desk.took = 10; // 25 steps in each call: 80 ms for all of them
  await desk.do("play");
  await rest();
  assert.equal((await desk.now()).phase, "done");
  assert.ok((desk.waits[0] as number) > 40, "the untrained moment");
  assert.ok(desk.waits.slice(1, -1).every((wait) => wait > 0));
  assert.equal(desk.waits.at(-1), 0);
  const single = new Desk();
  await single.do("step");
  await rest();
  assert.deepEqual([...new Set(single.waits)], [0], "a step that was asked for is shown");
});

test("a knob turned during a call holds from the next step on, and the same schedule gives the same run", async () => {
  const desk = new Desk();
  desk.held = [];
  await desk.do("play");
  await rest();
  await desk.turn(0.5);
  assert.equal(desk.remembered, "1:lr=0.5"); // the first call is one step
  desk.held.forEach((go) => go());
  desk.held = null;
  await rest();
  const again = new Desk({ run: desk.remembered, speed: "max" });
  assert.equal((await again.now()).phase, "untrained");
  await again.do("play");
  await rest();
  assert.deepEqual(again.session.record(), desk.session.record());
  const steps = new Desk({ run: desk.remembered });
  const { actions } = await steps.now();
  for (let i = 0; i < STEPS; i++) actions.step();
  await rest();
  assert.deepEqual(steps.session.record(), desk.session.record());
});

test("starting over during a call leaves nothing of it behind", async () => {
  const desk = new Desk();
  desk.held = [];
  await desk.do("play");
  await rest();
  await desk.do("restart");
  await desk.turn(0.5);
  assert.equal(desk.remembered, "0:lr=0.5");
  await desk.release();
  const after = await desk.now();
  assert.deepEqual([after.phase, after.step], ["untrained", 0]);
  assert.equal(desk.session.record()?.train[0]?.length, 0);
  assert.equal(desk.session.record()?.validation[0]?.length, 1);
});

test("a call that was under way when the run was started over says nothing of the next run's speed", async () => {
  const desk = new Desk();
  desk.held = [];
  await desk.do("play");
  await rest();
  await desk.do("restart");
  await desk.do("play");
  for (const go of desk.held) go();
  desk.held = null;
  assert.equal((await desk.now()).phase, "done");
  assert.ok(Math.max(...desk.called) > 1, "every call held a single step");
});

test("a session that has ended does nothing more and shows where it stood", async () => {
  const desk = new Desk();
  const { actions } = await desk.now();
  actions.step();
  await rest();
  desk.session.end();
  actions.play();
  actions.step();
  actions.turn("lr", 0.5);
  actions.restart();
  const after = await desk.now();
  assert.deepEqual([after.phase, after.step, desk.remembered], ["paused", 1, ""]);
});

test("a loss that runs away is a divergence, even if it is still a number", async () => {
  const desk = new Desk();
  for (let i = 0; i < 60; i++) await desk.do("step");
  await rest();
  await desk.turn(11); // w grows tenfold a step
  assert.equal(desk.remembered, "60:lr=11");
  await desk.do("play");
  const bad = await desk.now();
  assert.equal(bad.phase, "diverged");
  assert.match(bad.trouble, /more than 1000 times .* at step \d+: .* of step 50\./);
  assert.equal(bad.step, 50);
  assert.ok(Math.abs(bad.params[0] as number) < 1e-5);
  await desk.do("recover");
  const good = await desk.now();
  assert.deepEqual([good.phase, good.step, good.knobs["lr"], good.trouble], ["paused", 50, 0.25, ""]);
  assert.equal(desk.remembered, "");
  await desk.do("play");
  assert.equal((await desk.now()).phase, "done");
  const clean = new Desk();
  await clean.do("play");
  await rest();
  assert.deepEqual(desk.session.record(), clean.session.record());
});

test("a divergence from the start leads back to untrained weights; a knob turned then is kept", async () => {
  const desk = new Desk({ run: "0:lr=64" });
  await desk.do("play");
  assert.equal((await desk.now()).phase, "diverged");
  await desk.turn(0.5);
  const after = await desk.now();
  assert.deepEqual([after.phase, after.step, after.knobs["lr"]], ["untrained", 0, 0.5]);
  await desk.do("play");
  assert.equal((await desk.now()).phase, "done");
});

test("it rests while off screen and goes on by itself", async () => {
  const desk = new Desk();
  desk.held = [];
  await desk.do("play");
  await rest();
  desk.show(false);
  await desk.release();
  const { step } = await desk.now();
  await desk.release(); // the row that the engine had been asked for ahead
  assert.equal(desk.held.length, 0, "a call was made off screen");
  assert.deepEqual([(await desk.now()).phase, (await desk.now()).step], ["running", step]);
  desk.show(true);
  await rest();
  assert.equal(desk.held.length, 1);
});

test("when the engine fails it pauses, says so, and can go on", async () => {
  const desk = new Desk();
  for (let i = 0; i < 3; i++) await desk.do("step");
  await rest();
  desk.failure = new Error("the engine stopped");
  await desk.do("play");
  const stopped = await desk.now();
  assert.deepEqual([stopped.phase, stopped.step], ["paused", 3]);
  assert.match(stopped.trouble, /the engine stopped/);
  desk.failure = null;
  await desk.do("play");
  assert.deepEqual([(await desk.now()).phase, (await desk.now()).trouble], ["done", ""]);
});

test("a run at full speed goes on when the lane that kept its rows is gone, and is the same run", async () => {
  const [desk, calm] = [new Desk(), new Desk()];
  desk.took = calm.took = 10;
  desk.held = [];
  await desk.do("play");
  await rest();
  await desk.release();
  assert.equal(desk.held.length, 1, "a row was asked for ahead");
  desk.forgets = true; // from the next row ahead on
  while (desk.held.length > 0) await desk.release();
  const { phase, step, trouble } = await desk.now();
  assert.deepEqual([phase, step, trouble], ["done", STEPS, ""]);
  await calm.do("play");
  await rest();
  assert.deepEqual(desk.session.record(), calm.session.record());
});

test("an address that is clamped or nonsense is not a different run", async () => {
  for (const run of ["0:lr=99", "<script>", "5:lr=0.10000000"]) {
    const desk = new Desk({ run });
    assert.equal(desk.session.differs(MODEL, { seed: SEED, speed: "5", run }), false, run);
  }
  assert.equal(new Desk().session.differs(MODEL, { seed: 8, speed: "max", run: "" }), true);
});

test("what the figure's state sets holds from the first step on, and another state asks for another run", async () => {
  const slow: Trains = { role: "model", knobs: { lr: 0.01 } };
  const desk = new Desk({}, slow);
  const shown = await desk.now();
  assert.deepEqual([shown.recorded, shown.knobs["lr"]], [true, 0.01]);
  await desk.do("restart");
  const [start] = (await desk.now()).params;
  await desk.do("step");
  assert.equal((await desk.now()).params[0], shrunk(start, 0.01));
  const settings: TrainingState = { seed: SEED, speed: "max", run: "" };
  assert.equal(desk.session.differs(slow, settings), false);
  assert.equal(desk.session.differs({ role: "model", knobs: { lr: 0.5 } }, settings), true);
});

test("a run goes on into another state if what that sets has been turned on the way", async () => {
  const desk = new Desk({}, { role: "model", knobs: { lr: 0.01 } });
  await desk.do("restart");
  const [start] = (await desk.now()).params;
  await desk.do("step");
  await rest();
  await desk.turn(0.5);
  assert.equal(desk.remembered, "0:lr=0.01;1:lr=0.5");
  const next: Trains = { role: "model", knobs: { lr: 0.5 } };
  const settings: TrainingState = { seed: SEED, speed: "max", run: desk.remembered };
  assert.equal(desk.session.differs(next, settings), false);
  desk.session.adopt(next, settings);
  await desk.do("step");
  const now = await desk.now();
  assert.equal(now.step, 2);
  assert.equal(now.params[0], shrunk(shrunk(start, 0.01), 0.5));
  const again = new Desk({ run: desk.remembered }, next); // from the address
  for (let i = 0; i < 2; i++) await again.do("step");
  assert.equal((await again.now()).params[0], now.params[0]);
});

test("of several recorded runs each state shows its own", () => {
  const desk = new Desk({}, { role: "model", knobs: { lr: 0.25 }, recorded: 0 });
  const other: Trains = { role: "model", knobs: { lr: 0.25 }, recorded: 1 };
  assert.equal(desk.session.differs(other, { seed: SEED, speed: "max", run: "" }), true);
});
