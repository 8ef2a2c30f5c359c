/** A dead worker is noticed by its silence, a busy or an answering one is left alone. */

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import type { WorkerPort, Request, Response } from "../../../site_assets/engine/protocol.ts";
import { WatchedPort } from "../../../site_assets/engine/watched_port.ts";

class FakePort implements WorkerPort {
  onmessage: WorkerPort["onmessage"] = null;
  onerror: WorkerPort["onerror"] = null;
  posted = 0;
  terminated = false;

  postMessage(): void {
    this.posted++;
  }

  terminate(): void {
    this.terminated = true;
  }
}

const RUN: Request = { id: 1, op: "run", calls: [{ graph: "a", feeds: {} }] };
const LOAD: Request = { id: 1, op: "load", graph: "a", bytes: new Uint8Array(1) };
const ANSWER = { data: { id: 1, outputs: [], milliseconds: 1 } } as unknown as MessageEvent<Response>;

function setUp(): { port: WatchedPort; worker: FakePort; told: string[]; answers: Response[] } {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  const [worker, told, answers] = [new FakePort(), [] as string[], [] as Response[]];
  const port = new WatchedPort(worker);
  port.onmessage = ({ data }) => answers.push(data);
  port.onerror = ({ message }) => told.push(message);
  return { port, worker, told, answers };
}

test("silence for longer than any call takes is said", () => {
  const { port, told } = setUp();
  port.postMessage(RUN);
  mock.timers.tick(29_999);
  assert.deepEqual(told, []);
  mock.timers.tick(1);
  assert.deepEqual(told, ["no answer for 30 s"]);
});

test("starting and loading may take a slow device longer", () => {
  const { port, told } = setUp();
  port.postMessage(LOAD);
  mock.timers.tick(119_999);
  assert.deepEqual(told, []);
  mock.timers.tick(1);
  assert.equal(told.length, 1);
});

test("an answer ends the wait, and idleness is no silence", () => {
  const { port, worker, told, answers } = setUp();
  port.postMessage(RUN);
  worker.onmessage?.(ANSWER);
  mock.timers.tick(1_000_000);
  assert.equal(answers.length, 1);
  assert.deepEqual(told, []);
});

test("a worker that fails by itself or is ended is not called silent as well", () => {
  const { port, worker, told } = setUp();
  port.postMessage(RUN);
  worker.onerror?.({ message: "out of memory" } as ErrorEvent);
  port.postMessage(RUN);
  port.terminate();
  mock.timers.tick(1_000_000);
  assert.deepEqual(told, ["out of memory"]);
  assert.ok(worker.terminated);
});

test("of two requests each has its time, the second from the first one's answer on", () => {
  const { port, worker, told } = setUp();
  port.postMessage(RUN);
  mock.timers.tick(20_000);
  port.postMessage(RUN);
  mock.timers.tick(9_999);
  worker.onmessage?.(ANSWER);
  mock.timers.tick(29_999);
  assert.deepEqual(told, []);
  mock.timers.tick(1);
  assert.deepEqual(told, ["no answer for 30 s"]);
});
