/** The queue before a worker, against a worker that answers when the test says so. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { EngineStopped } from "../../../site_assets/engine/lane.ts";
import type { WorkerPort, Request, Response } from "../../../site_assets/engine/protocol.ts";
import type { Outputs } from "../../../site_assets/engine/tensor.ts";
import { WorkerLane } from "../../../site_assets/engine/worker_lane.ts";

class FakePort implements WorkerPort {
  onmessage: WorkerPort["onmessage"] = null;
  onerror: WorkerPort["onerror"] = null;
  readonly posted: Request[] = [];
  terminated = false;

  postMessage(message: Request): void {
    this.posted.push(message);
  }

  terminate(): void {
    this.terminated = true;
  }

  answer(response: { error: string; fatal: boolean } | { outputs: Outputs[] } = { outputs: [] }): void {
    this.answerTo(this.posted.at(-1) as Request, response);
  }

  answerTo({ id }: Request, response: object = { outputs: [] }): void {
    this.onmessage?.({ data: { ...response, id } as Response } as MessageEvent<Response>);
  }

  die(message: string): void {
    this.onerror?.({ message } as ErrorEvent);
  }

  /** As “op graph”, the start left out. */
  get asked(): string[] {
    return this.posted.flatMap((m) => {
      if (m.op === "start") return [];
      return [m.op === "load" ? `load ${m.graph}` : `run ${m.calls.map(({ graph }) => graph).join(", ")}`];
    });
  }
}

function setUp(): { engine: WorkerLane; ports: FakePort[]; port: () => FakePort } {
  const ports: FakePort[] = [];
  const engine = new WorkerLane(async () => {
    ports.push(new FakePort());
    return { port: ports.at(-1) as FakePort, wasm: new Uint8Array([1, 2, 3]) };
  });
  return { engine, ports, port: () => ports.at(-1) as FakePort };
}

/** Lets everything that waits for nothing but promises happen. */
const rest = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function loaded(...graphs: string[]): Promise<ReturnType<typeof setUp>> {
  const set = setUp();
  const loads = graphs.map((graph) => set.engine.load(graph, async () => new Uint8Array(4)));
  for (let i = 0; i <= graphs.length; i++) {
    await rest();
    set.port().answer(); // the start, then each graph
  }
  await Promise.all(loads);
  return set;
}

/** Marks the outcome as handled, to be awaited later. */
function watch<T>(promise: Promise<T>): Promise<PromiseSettledResult<T>> {
  return Promise.allSettled([promise]).then(([result]) => result as PromiseSettledResult<T>);
}

test("a graph is loaded once, however many ask", async () => {
  const { engine, port } = await loaded("a");
  await Promise.all([engine.load("a", () => assert.fail()), engine.load("a", () => assert.fail())]);
  assert.deepEqual(port().asked, ["load a"]);
});

test("one call at a time; what is interactive overtakes what is in the background", async () => {
  const { engine, port } = await loaded("a", "b", "c");
  const order: string[] = [];
  const run = (graph: string, priority: "interactive" | "background") =>
    engine.run(graph, {}, { priority }).then(() => order.push(graph));
  const calls = [run("a", "background"), run("b", "background"), run("c", "interactive")];
  await rest();
  assert.deepEqual(port().asked.slice(3), ["run a"]);
  for (let i = 0; i < 3; i++) {
    port().answer();
    await rest();
  }
  await Promise.all(calls);
  assert.deepEqual(order, ["a", "c", "b"]);
});

test("a call cancelled before it was sent never reaches the worker", async () => {
  const { engine, port } = await loaded("a", "b");
  const first = engine.run("a", {});
  const cancel = new AbortController();
  const second = watch(engine.run("b", {}, { signal: cancel.signal }));
  await rest();
  cancel.abort(new Error("stale"));
  port().answer();
  await first;
  const result = await second;
  assert.equal(result.status === "rejected" && result.reason.message, "stale");
  await rest();
  assert.deepEqual(port().asked.slice(2), ["run a"]);
});

test("a call cancelled after it was sent is dropped, and the next goes on", async () => {
  const { engine, port } = await loaded("a");
  const cancel = new AbortController();
  const first = watch(engine.run("a", {}, { signal: cancel.signal }));
  await rest();
  const second = engine.run("a", {});
  cancel.abort();
  assert.equal((await first).status, "rejected");
  port().answer();
  await rest();
  port().answer();
  assert.deepEqual(await second, {});
});

test("a signal that is aborted already costs nothing", async () => {
  const { engine, port } = await loaded("a");
  const result = await watch(engine.run("a", {}, { signal: AbortSignal.abort(new Error("gone")) }));
  assert.equal(result.status === "rejected" && result.reason.message, "gone");
  assert.deepEqual(port().asked, ["load a"]);
});

test("a graph that can't be read says which, and may be tried again", async () => {
  const { engine, port } = await loaded("good");
  const bad = watch(engine.load("bad", async () => new Uint8Array(1)));
  await rest();
  port().answer({ error: "protobuf parsing failed", fatal: false });
  const result = await bad;
  assert.match(String(result.status === "rejected" && result.reason), /“bad” is not a model.*protobuf/);
  const again = engine.load("bad", async () => new Uint8Array(2));
  await rest();
  port().answer();
  await again;
});

test("running an unknown graph is an error that names it", async () => {
  const { engine } = await loaded("a");
  await assert.rejects(engine.run("b", {}), /no graph “b”/);
});

test("when the worker dies, all who wait are told, and the next load starts another", async () => {
  const { engine, ports, port } = await loaded("a");
  const calls = [watch(engine.run("a", {})), watch(engine.run("a", {}))];
  await rest();
  port().die("out of memory");
  for (const call of calls) {
    const result = await call;
    assert.ok(result.status === "rejected" && result.reason instanceof EngineStopped);
    assert.match(result.reason.message, /out of memory/);
  }
  assert.ok(ports[0]?.terminated);
  const again = engine.load("a", async () => new Uint8Array(4));
  await rest();
  port().answer();
  await rest();
  port().answer();
  await again;
  assert.equal(ports.length, 2);
  assert.deepEqual(
    port().posted.map(({ op }) => op),
    ["start", "load"],
  );
});

test("a worker that dies while a graph's bytes are on their way is replaced before they are sent", async () => {
  const { engine, ports, port } = await loaded("a");
  let arrive: (bytes: Uint8Array) => void = () => undefined;
  const load = engine.load("b", () => new Promise((resolve) => (arrive = resolve)));
  await rest();
  port().die("");
  arrive(new Uint8Array(4));
  await rest();
  port().answer();
  await rest();
  port().answer();
  await load;
  assert.equal(ports.length, 2);
  assert.deepEqual(
    port().posted.map(({ op }) => op),
    ["start", "load"],
  );
});

test("a worker that can never run is replaced, and the graph isn't blamed", async () => {
  const { engine, ports, port } = setUp();
  const load = watch(engine.load("a", async () => new Uint8Array(4)));
  await rest();
  port().answer();
  await rest();
  port().answer({ error: "no available backend found", fatal: true });
  const result = await load;
  assert.ok(result.status === "rejected" && result.reason instanceof EngineStopped);
  const again = engine.load("a", async () => new Uint8Array(4));
  await rest();
  port().answer();
  await rest();
  port().answer();
  await again;
  assert.equal(ports.length, 2);
});

test("a worker that can't be made is reported, and made when asked again", async () => {
  let attempts = 0;
  const port = new FakePort();
  const engine = new WorkerLane(async () => {
    if (attempts++ === 0) throw new Error("the file ort.js could not be loaded");
    return { port, wasm: new Uint8Array(1) };
  });
  await assert.rejects(
    engine.load("a", async () => new Uint8Array(1)),
    /ort\.js/,
  );
  const again = engine.load("a", async () => new Uint8Array(1));
  await rest();
  port.answer();
  await rest();
  port.answer();
  await again;
});

test("calls in a row are one request, and come back as one", async () => {
  const { engine, port } = await loaded("a", "b");
  const made = { y: { dims: [1], data: Float32Array.of(3) } };
  const both = engine.runAll([
    { graph: "a", feeds: {} },
    { graph: "b", feeds: {}, carry: { x: [0, "y"] } },
  ]);
  await rest();
  assert.deepEqual(port().asked.slice(2), ["run a, b"]);
  port().answer({ outputs: [made, {}] });
  assert.deepEqual(await both, [made, {}]);
});

test("a row with an unknown graph is refused as a whole", async () => {
  const { engine, port } = await loaded("a");
  await assert.rejects(
    engine.runAll([
      { graph: "a", feeds: {} },
      { graph: "b", feeds: {} },
    ]),
    /no graph “b”/,
  );
  assert.deepEqual(port().asked, ["load a"]);
});

const KEPT = { keep: 1, priority: "background" } as const;
const AFTER = { graph: "b", feeds: {}, of: 1, carry: { x: [0, "y"] as const } };

test("a row that goes on from the one under way waits in the worker, any other here", async () => {
  const { engine, port } = await loaded("a", "b", "c");
  const order: string[] = [];
  const first = engine.runAll([{ graph: "a", feeds: {} }], KEPT).then(() => order.push("a"));
  const other = engine
    .runAll([{ ...AFTER, graph: "c", of: 7 }], { priority: "background" })
    .then(() => order.push("c"));
  await rest();
  assert.deepEqual(port().asked.slice(3), ["run a"]);
  const next = engine.runAll([AFTER], { ...KEPT, keep: 2 }).then(() => order.push("b"));
  await rest();
  assert.deepEqual(port().asked.slice(3), ["run a"], "it overtook");
  port().answer();
  await rest();
  port().answer();
  await rest();
  port().answer();
  await Promise.all([first, other, next]);
  assert.deepEqual(order, ["a", "c", "b"]);
});

test("two rows in the worker are answered in turn; a third and the reader's own call wait here", async () => {
  const { engine, port } = await loaded("a", "b", "c");
  const order: string[] = [];
  const calls = [
    engine.runAll([{ graph: "a", feeds: {} }], KEPT).then(() => order.push("a")),
    engine.runAll([AFTER], { ...KEPT, keep: 2 }).then(() => order.push("b")),
    engine.runAll([{ ...AFTER, of: 2 }], { ...KEPT, keep: 3 }).then(() => order.push("third")),
    engine.run("c", {}).then(() => order.push("c")),
  ];
  await rest();
  assert.deepEqual(port().asked.slice(3), ["run a", "run b"]);
  const kept = port().posted.map((request) => (request.op === "run" ? request.keep : undefined));
  assert.deepEqual(kept.slice(-2), [1, 2]);
  const [a, b] = port().posted.slice(-2) as [Request, Request];
  port().answerTo(a);
  await rest();
  assert.deepEqual(port().asked.slice(5), [], "the reader's call comes first, and that after all that the worker has");
  port().answerTo(b);
  await rest();
  assert.deepEqual(port().asked.slice(5), ["run c"]);
  port().answer();
  await rest();
  port().answer();
  await Promise.all(calls);
  assert.deepEqual(order, ["a", "b", "c", "third"]);
});

test("when the worker dies, both rows that it had are told", async () => {
  const { engine, port } = await loaded("a", "b");
  const rows = [
    watch(engine.runAll([{ graph: "a", feeds: {} }], KEPT)),
    watch(engine.runAll([AFTER], { ...KEPT, keep: 2 })),
  ];
  await rest();
  assert.equal(port().asked.length, 4);
  port().die("");
  for (const row of rows) assert.equal((await row).status, "rejected");
});
