/** Two lanes behind one engine: which one runs what, and what happens when the kernels fail. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Engine, type GraphSource } from "../../../site_assets/engine/engine.ts";
import { inSequence, type Call, type CallOptions, type Lane } from "../../../site_assets/engine/lane.ts";
import type { Feeds, Outputs } from "../../../site_assets/engine/tensor.ts";

/** A lane that says what it is asked, and fails when it is told to. */
class FakeLane implements Lane {
  readonly asked: string[] = [];
  readonly fed: Feeds[] = [];
  fails: "load" | "run" | null = null;
  private readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  async load(graph: string, bytes: () => Promise<Uint8Array>): Promise<void> {
    this.asked.push(`load ${graph} ${new TextDecoder().decode(await bytes())}`);
    if (this.fails === "load") throw new Error(`${this.name} could not load`);
  }

  async run(graph: string, feeds: Feeds, options: CallOptions = {}): Promise<Outputs> {
    this.asked.push(`run ${graph}`);
    this.fed.push(feeds);
    options.signal?.throwIfAborted();
    if (this.fails === "run") throw new Error(`${this.name} could not run`);
    return { [this.name]: { dims: [1], data: Float32Array.of(1) } };
  }

  async runAll(calls: readonly Call[], options: CallOptions = {}): Promise<readonly Outputs[]> {
    return inSequence(calls, (graph, feeds) => this.run(graph, feeds, options));
  }
}

const text = (value: string) => async (): Promise<Uint8Array> => new TextEncoder().encode(value);
const PLANNED: GraphSource = { plan: text("plan"), model: text("onnx") };
const UNPLANNED: GraphSource = { plan: null, model: text("onnx") };

function setUp(): { engine: Engine; kernels: FakeLane; ort: FakeLane } {
  const [kernels, ort] = [new FakeLane("kernels"), new FakeLane("ort")];
  return { engine: new Engine(kernels, ort), kernels, ort };
}

test("a graph with a plan runs on the kernels, and ONNX Runtime is never asked for", async () => {
  const { engine, kernels, ort } = setUp();
  await engine.load("a", PLANNED);
  assert.deepEqual(Object.keys(await engine.run("a", {})), ["kernels"]);
  assert.deepEqual(kernels.asked, ["load a plan", "run a"]);
  assert.deepEqual(ort.asked, []);
  assert.equal(engine.laneOf("a"), "kernels");
});

test("a graph without a plan runs on ONNX Runtime", async () => {
  const { engine, kernels, ort } = setUp();
  await engine.load("a", UNPLANNED);
  assert.deepEqual(Object.keys(await engine.run("a", {})), ["ort"]);
  assert.deepEqual(kernels.asked, []);
  assert.equal(ort.asked[0], "load a onnx");
  assert.equal(engine.laneOf("a"), "ort");
});

test("without kernels everything runs on ONNX Runtime", async () => {
  const ort = new FakeLane("ort");
  const engine = new Engine(null, ort);
  await engine.load("a", PLANNED);
  assert.deepEqual(Object.keys(await engine.run("a", {})), ["ort"]);
});

test("a plan that does not load gives way", async () => {
  const { engine, kernels, ort } = setUp();
  kernels.fails = "load";
  await engine.load("a", PLANNED);
  assert.deepEqual(Object.keys(await engine.run("a", {})), ["ort"]);
  assert.equal(ort.asked[0], "load a onnx");
});

test("a call that fails on the kernels is repeated with the same feeds, and the graph stays where it went well", async () => {
  const { engine, kernels, ort } = setUp();
  const feeds = { x: { dims: [1], data: Float32Array.of(7) } };
  await engine.load("a", PLANNED);
  await engine.load("b", PLANNED);
  kernels.fails = "run";
  assert.deepEqual(Object.keys(await engine.run("a", feeds)), ["ort"]);
  assert.deepEqual(ort.fed, [feeds]);
  kernels.fails = null;
  await engine.load("a", PLANNED); // as models do before each run
  await engine.run("a", feeds);
  assert.equal(kernels.asked.filter((what) => what === "run a").length, 1);
  assert.deepEqual(Object.keys(await engine.run("b", feeds)), ["kernels"], "other graphs are not blamed");
});

test("a cancelled call is not repeated", async () => {
  const { engine, ort } = setUp();
  await engine.load("a", PLANNED);
  const signal = AbortSignal.abort(new Error("gone"));
  await assert.rejects(engine.run("a", {}, { signal }), /gone/);
  assert.deepEqual(ort.asked, []);
  assert.equal(engine.laneOf("a"), "kernels");
});

test("when both lanes fail, the error is ONNX Runtime's", async () => {
  const { engine, kernels, ort } = setUp();
  await engine.load("a", PLANNED);
  kernels.fails = ort.fails = "run";
  await assert.rejects(engine.run("a", {}), /ort could not run/);
});

test("a graph that was never loaded is an error that names it", async () => {
  await assert.rejects(setUp().engine.run("a", {}), /no graph “a”/);
});

const ROW: readonly Call[] = [
  { graph: "a", feeds: {} },
  { graph: "b", feeds: {} },
];

test("calls in a row run in one lane, and anew in the other if the kernels fail one", async () => {
  const { engine, kernels, ort } = setUp();
  await engine.load("a", PLANNED);
  await engine.load("b", PLANNED);
  assert.deepEqual(
    (await engine.runAll(ROW)).map((outputs) => Object.keys(outputs)),
    [["kernels"], ["kernels"]],
  );
  kernels.fails = "run";
  assert.deepEqual(
    (await engine.runAll(ROW)).map((outputs) => Object.keys(outputs)),
    [["ort"], ["ort"]],
  );
  assert.deepEqual(
    ort.asked.filter((what) => what.startsWith("run")),
    ["run a", "run b"],
  );
  assert.equal(engine.laneOf("b"), "ort");
});

test("a row that goes on from one that the failing kernels had kept is not asked of ONNX Runtime, but may be asked for anew", async () => {
  const { engine, kernels, ort } = setUp();
  await engine.load("a", PLANNED);
  kernels.fails = "run";
  await assert.rejects(engine.runAll([{ graph: "a", feeds: {}, of: 3 }]), /row 3 was not kept/);
  assert.deepEqual(ort.asked, []);
  const again = await engine.runAll([{ graph: "a", feeds: {} }]);
  assert.deepEqual(
    again.map((outputs) => Object.keys(outputs)),
    [["ort"]],
  );
});

test("a row with a graph that has no plan runs on ONNX Runtime as a whole", async () => {
  const { engine, kernels } = setUp();
  await engine.load("a", PLANNED);
  await engine.load("b", UNPLANNED);
  assert.deepEqual(
    (await engine.runAll(ROW)).map((outputs) => Object.keys(outputs)),
    [["ort"], ["ort"]],
  );
  assert.deepEqual(kernels.asked, ["load a plan"]);
  assert.equal(engine.laneOf("a"), "kernels", "which is nobody's fault");
});

test("a call in a row is fed what an earlier one gave", async () => {
  const calls: Call[] = [
    { graph: "a", feeds: {} },
    { graph: "b", feeds: {}, carry: { x: [0, "y"] } },
  ];
  const fed: Feeds[] = [];
  const y = { dims: [1], data: Float32Array.of(5) };
  await inSequence(calls, (_, feeds) => {
    fed.push(feeds);
    return { y };
  });
  assert.deepEqual(fed, [{}, { x: y }]);
  await assert.rejects(
    inSequence([{ graph: "a", feeds: {}, carry: { x: [0, "z"] } }], () => ({})),
    /no “z” for “x”/,
  );
});
