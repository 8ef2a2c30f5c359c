/** The address keeps a figure's state, and nothing in an address can give a state that the spec forbids. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { clamp, type State } from "../../../../site_assets/kit/base/spec.ts";
import type { StateSpec, Stroke } from "../../../../site_assets/kit/base/state_types.ts";
import { parseHash } from "../../../../site_assets/kit/base/address.ts";
import { joinedState, readState, writeState } from "../../../../site_assets/kit/figure/url_state.ts";
import { hostileStrings, lehmer } from "../../hostile.ts";

const description = "under test";
const SPECS = {
  n: { type: "number", min: -3, max: 3, step: 0.01, default: 0.5, description },
  free: { type: "number", min: 0, max: 1, default: 0, description },
  i: { type: "integer", min: -1, max: 9, default: 2, description },
  b: { type: "boolean", default: true, description },
  c: { type: "choice", choices: ["ae", "vae"], default: "ae", description },
  t: { type: "text", max_length: 12, default: "", description },
  s: { type: "strokes", max_points: 20, default: [[[0.5, 0.5]]], description },
} as const satisfies Record<string, StateSpec>;
const INITIAL: State = Object.fromEntries(Object.entries(SPECS).map(([key, spec]) => [key, spec.default]));

function roundTrip(state: State): State {
  return readState(writeState("", "fig", SPECS, INITIAL, state), "fig", SPECS, INITIAL);
}

function assertLegal(state: State, context: string): void {
  for (const [key, spec] of Object.entries(SPECS) as [string, StateSpec][]) {
    const value = state[key];
    if (spec.type === "number" || spec.type === "integer") {
      assert.ok(typeof value === "number" && value >= spec.min && value <= spec.max, `${key} = ${value}: ${context}`);
      if (spec.type === "integer") assert.ok(Number.isInteger(value), `${key} = ${value}: ${context}`);
    } else if (spec.type === "boolean") assert.equal(typeof value, "boolean", context);
    else if (spec.type === "choice") assert.ok(spec.choices.includes(value as string), context);
    else if (spec.type === "text") assert.ok([...(value as string)].length <= spec.max_length, context);
    else if (spec.type === "strokes") {
      const points = (value as Stroke[]).flat();
      assert.ok(points.length <= spec.max_points, context);
      assert.ok(
        points.every(([x, y]) => x >= 0 && x <= 1 && y >= 0 && y <= 1),
        context,
      );
    }
  }
  assert.deepEqual(Object.keys(state).sort(), Object.keys(SPECS).sort(), context);
}

test("what mail and chat programs make of an address restores the same state", () => {
  const state: State = { ...INITIAL, n: -1.5, b: false, c: "vae", t: "a b" };
  const hash = writeState("", "fig", SPECS, INITIAL, state);
  assert.match(hash, /^#fig\?fig\.n=-1\.5&/);
  const once = `#${encodeURIComponent(hash.slice(1))}`;
  const mangled = [
    once,
    `#${encodeURIComponent(once.slice(1))}`,
    hash.replaceAll("?", "%3F"),
    hash.replaceAll("=", "%3D"),
    hash.replaceAll("?", "%3F").replaceAll("=", "%3D"),
    hash.replaceAll("?", "%3f").replaceAll("=", "%3d").replaceAll("&", "%26"),
    hash.replaceAll("&", "&amp;"),
    once.replaceAll("%26", "%26amp%3B"),
    ...[")", "]", "%3E", ".", ",", "’", "%22", ").", "),"].map((appended) => hash + appended),
    `${once})`,
  ];
  for (const address of mangled) {
    assert.deepEqual(readState(address, "fig", SPECS, INITIAL), state, address);
    assert.equal(parseHash(address).anchor, "fig", address);
  }
  assert.equal(parseHash("#fig)").anchor, "fig");
});

test("every type comes back as it went", () => {
  const states: Partial<State>[] = [
    { n: -3 },
    { n: 2.99 },
    { n: 0 },
    { free: 0.1 + 0.2 },
    { free: 1e-17 },
    { i: -1 },
    { i: 9 },
    { b: false },
    { c: "vae" },
    { t: "a&b=c#d?%+é🦆" },
    { s: [] },
    {
      s: [
        [
          [0, 0],
          [1, 1],
        ],
        [[1, 0]],
      ],
    },
  ];
  for (const change of states) {
    const state = { ...INITIAL, ...change } as State;
    assert.deepEqual(roundTrip(state), state, JSON.stringify(change));
  }
});

test("an address that tells a choice by its place is understood, and the newer key goes before it", () => {
  const specs = { beta: { ...SPECS.c, choices: ["0.5", "1", "4"], default: "1", formerly: "at" } } as const;
  const read = (query: string): unknown => readState(`#fig?${query}`, "fig", specs, { beta: "1" })["beta"];
  const places = { "0": "0.5", "2": "4", "99": "4", "-3": "0.5", "1e9": "1", x: "1", "": "1" };
  for (const [place, beta] of Object.entries(places)) assert.equal(read(`fig.at=${place}`), beta, place);
  assert.equal(read("fig.at=0&fig.beta=4"), "4");
  assert.equal(writeState("#fig?fig.at=0", "fig", specs, { beta: "1" }, { beta: "4" }), "#fig?fig.beta=4");
});

test("lines that the builder has written into a link are drawn", () => {
  const [stroke] = readState("#fig?fig.s=MzgAzMgA", "fig", SPECS, INITIAL)["s"] as Stroke[]; // golden case text-state
  const off = [0.2, 0.5, 0.8, 0.5].map((value, k) => Math.abs(value - (stroke?.flat()[k] as number)));
  assert.ok(Math.max(...off) <= 0.5 / 4095 + 1e-12);
});

test("strokes come back to within half a level of 4,095, and unchanged from then on", () => {
  const random = lehmer(11);
  const point = (): [number, number] => [random.next().value, random.next().value];
  const strokes = [Array.from({ length: 12 }, point), Array.from({ length: 8 }, point)];
  const once = roundTrip({ ...INITIAL, s: strokes });
  const pairs = strokes.flat(2).map((value, k) => [value, (once["s"] as Stroke[]).flat(2)[k]] as const);
  for (const [sent, received] of pairs) assert.ok(Math.abs(sent - (received as number)) <= 0.5 / 4095 + 1e-12);
  assert.deepEqual(roundTrip(once), once);
});

test("strokes come back to the last bit once the spec has let them through", () => {
  const random = lehmer(12);
  const strokes = [Array.from({ length: 20 }, () => [random.next().value, random.next().value])];
  const state = { ...INITIAL, s: clamp(SPECS.s, strokes) };
  assert.deepEqual(roundTrip(state), state);
});

test("what equals the author's default is not written", () => {
  assert.equal(writeState("#intro", "fig", SPECS, INITIAL, INITIAL), "#intro");
  assert.equal(writeState("", "fig", SPECS, INITIAL, INITIAL), "");
  const author = { ...INITIAL, n: 1.25 };
  assert.equal(writeState("", "fig", SPECS, author, INITIAL), "#fig?fig.n=0.5");
});

test("other figures' parameters stay, also of one whose id begins alike", () => {
  const hash = writeState("#x?fig-2.n=1&fig.n=2&other.c=vae", "fig", SPECS, INITIAL, { ...INITIAL, i: 3 });
  const { anchor, parameters } = parseHash(hash);
  assert.equal(anchor, "fig");
  assert.deepEqual(Object.fromEntries(parameters), { "fig-2.n": "1", "other.c": "vae", "fig.i": "3" });
});

test("10,000 hostile addresses: nothing throws and every state is legal", () => {
  for (const text of hostileStrings(10_000, 2024)) {
    const state = readState(text, "fig", SPECS, INITIAL);
    assertLegal(state, text);
    assertLegal(readState(writeState(text, "fig", SPECS, INITIAL, state), "fig", SPECS, INITIAL), text);
  }
  assert.equal(({} as Record<string, unknown>)["n"], undefined, "the prototype was touched");
});

test("10,000 hostile values: clamp never throws and gives a legal value", () => {
  const odd: unknown[] = [
    undefined,
    null,
    {},
    [],
    [[]],
    [[[]]],
    [[[1]]],
    [[["a", 2]]],
    Number.NaN,
    1e300,
    -1e300,
    Symbol.iterator,
  ];
  for (const text of hostileStrings(10_000 / Object.keys(SPECS).length, 7))
    odd.push(text, text.length / 7, [[[text.length, -1]]]);
  for (const value of odd) {
    const state = Object.fromEntries(Object.entries(SPECS).map(([key, spec]) => [key, clamp(spec, value)]));
    assertLegal(state as State, String(value));
  }
});

test("a link in the page keeps what the address says of figures, of all but the one that it sets", () => {
  const now = "#fig-a?fig-a.n=1&fig-a.b=false&fig-b.n=2";
  assert.equal(joinedState(now, "#place"), "#place?fig-a.n=1&fig-a.b=false&fig-b.n=2");
  assert.equal(joinedState(now, "#fig-a"), now);
  assert.equal(joinedState(now, "#fig-a?fig-a.n=3"), "#fig-a?fig-a.n=3&fig-b.n=2");
  assert.equal(joinedState("", "#place"), "#place");
});

test("a place keeps its name in any script, with a state behind it, too", () => {
  for (const hash of ["#скала", "#скала?fig-a.n=1"]) {
    const written = new URL(hash, "https://book.invalid/").hash; // as browsers write it
    assert.equal(parseHash(written).anchor, "скала", written);
  }
  assert.equal(parseHash("#100%?fig-a.n=1").anchor, "100%");
});
