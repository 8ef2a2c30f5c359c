/** What a figure keeps of what it has made. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Memo } from "../../../../site_assets/kit/base/memo.ts";

test("what was asked for is made once", async () => {
  const memo = new Memo();
  let made = 0;
  const ask = (key: string): Promise<string> => memo.get(key, () => `${key} ${++made}`);
  assert.deepEqual(await Promise.all([ask("a"), ask("b"), ask("a")]), ["a 1", "b 2", "a 1"]);
});

test("the least recently asked for falls out, however many follow", async () => {
  const memo = new Memo(3);
  const made: string[] = [];
  const ask = (key: string): Promise<number> => memo.get(key, () => made.push(key));
  for (let pair = 0; pair < 1000; pair++) {
    await ask("in every state");
    await ask(`pair ${pair}`);
  }
  assert.equal(made.filter((key) => key === "in every state").length, 1);
  await ask("pair 999");
  await ask("pair 998");
  assert.equal(made.length, 1001);
  await ask("pair 997");
  assert.equal(made.length, 1002);
});

test("a failure is made anew", async () => {
  const memo = new Memo();
  await assert.rejects(
    memo.get("a", () => Promise.reject(new Error("no network"))),
    /no network/,
  );
  assert.equal(await memo.get("a", () => "there"), "there");
});

test("a late failure does not take a newer result along", async () => {
  const memo = new Memo(1);
  let fail: (error: Error) => void = () => {};
  const failing = memo.get("a", () => new Promise<string>((_, reject) => (fail = reject)));
  await memo.get("b", () => "b");
  await memo.get("a", () => "there");
  fail(new Error("late"));
  await assert.rejects(failing, /late/);
  assert.equal(await memo.get("a", () => "made again"), "there");
});
