/** A figure's state and its address, with the browser's address bar played by two variables. */

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import type { StateSpec } from "../../../../site_assets/kit/base/state_types.ts";

const bar = { hash: "", pathname: "/page.html", search: "" };
const written: string[] = [];
Object.assign(globalThis, {
  location: bar,
  history: {
    state: null,
    replaceState(_: unknown, __: string, address: string): void {
      written.push(address);
      bar.hash = address.slice(address.indexOf("#"));
    },
  },
});
const { FigureAddress } = await import("../../../../site_assets/kit/figure/address.ts");

const specs: Record<string, StateSpec> = {
  z: { type: "number", min: -3, max: 3, step: 0.5, default: 0, description: "" },
  shown: { type: "boolean", default: false, description: "" },
};

let changed = 0;
function addressAt(hash: string, id = "fig-a"): InstanceType<typeof FigureAddress> {
  bar.hash = hash;
  return new FigureAddress({ id, name: "a", specs, initial: { z: 0, shown: false } }, () => changed++);
}

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  changed = 0;
  written.length = 0;
});

test("it starts from the address, brought back into its range", () => {
  assert.deepEqual(addressAt("#fig-a?fig-a.z=99&fig-a.shown=true&fig-b.z=1").state, { z: 3, shown: true });
  assert.ok(addressAt("#elsewhere").isInitial);
});

test("what is set is clamped, told at once, and written after a rest, once", () => {
  const address = addressAt("#fig-b?fig-b.z=1");
  for (const z of [0.2, 0.9, 7]) address.set({ z });
  assert.deepEqual([address.state["z"], address.changes, changed, address.isWritten], [3, 3, 3, false]);
  mock.timers.tick(349);
  assert.deepEqual(written, []);
  mock.timers.tick(1);
  assert.deepEqual(written, ["/page.html#fig-a?fig-b.z=1&fig-a.z=3"]);
  assert.ok(address.isWritten);
});

test("a key that figure.toml does not have is the figure's error", () => {
  assert.throws(() => addressAt("").set({ y: 1 }), /figure\.toml of “a” has no state “y”/);
});

test("reset goes back to the author's state, and takes it out of the address", () => {
  const address = addressAt("#fig-a?fig-a.z=2");
  address.reset();
  assert.ok(address.isInitial);
  mock.timers.tick(350);
  assert.equal(bar.hash.includes("fig-a.z"), false);
});

test("it follows an address that says another state, and no other", () => {
  const address = addressAt("#fig-a?fig-a.z=2");
  bar.hash = "#fig-b?fig-a.z=2";
  address.follow();
  assert.equal(changed, 0);
  bar.hash = "#fig-a?fig-a.z=-1";
  address.follow();
  assert.deepEqual([address.state["z"], changed], [-1, 1]);
});

test("an address that says the state is at rest at once; one that doesn't is written over after a while", () => {
  const address = addressAt("");
  address.set({ z: 1 });
  bar.hash = "#fig-b?fig-b.z=2&fig-a.z=-2"; // what was still to be written is not any more
  address.follow();
  assert.deepEqual([address.state["z"], address.isWritten], [-2, true]);
  bar.hash = "#fig-b?fig-a.z=-9&fig-b.z=2"; // out of range
  address.follow();
  assert.deepEqual([address.state["z"], address.isWritten], [-3, false]);
  mock.timers.tick(350);
  assert.deepEqual(written, ["/page.html#fig-a?fig-b.z=2&fig-a.z=-3"]);
  bar.hash = "#fig-b?fig-b.z=2";
  address.follow();
  assert.ok(address.isInitial && address.isWritten);
});

test("where the reader went elsewhere in the meantime, the new address counts", () => {
  const address = addressAt("");
  address.set({ z: 1 });
  bar.hash = "#fig-a?fig-a.z=-2"; // a link; the event that tells of it is on its way
  mock.timers.tick(350);
  assert.equal(address.state["z"], -2);
  mock.timers.tick(350);
  assert.deepEqual([bar.hash, written], ["#fig-a?fig-a.z=-2", []]);
});

test("of several figures with something to write, none writes over what the new address says of it", () => {
  const addresses = [addressAt(""), addressAt("", "fig-b")];
  for (const address of addresses) address.set({ z: 1 });
  bar.hash = "#fig-b?fig-a.z=-2&fig-b.z=2";
  mock.timers.tick(700);
  assert.deepEqual(
    addresses.map(({ state }) => state["z"]),
    [-2, 2],
  );
  assert.deepEqual([bar.hash, written], ["#fig-b?fig-a.z=-2&fig-b.z=2", []]);
});
