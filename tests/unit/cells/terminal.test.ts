import assert from "node:assert/strict";
import { test } from "node:test";
import { Terminal, terminalHtml } from "../../../site_assets/cells/terminal.ts";

test("plain text stays as it is, escaped", () => {
  assert.equal(terminalHtml("a < b & c\n\n\td ✓ 🜁\n"), "a &lt; b &amp; c\n\n\td ✓ 🜁\n");
});

test("a carriage return writes over the line, and what it does not reach stays", () => {
  assert.equal(terminalHtml("step 1\rstep 2\rstep 10\n"), "step 10\n");
  assert.equal(terminalHtml("abcdef\rXY"), "XYcdef");
  assert.equal(terminalHtml("one\r\ntwo\r\n"), "one\ntwo\n");
  assert.equal(terminalHtml("abc\b\bX"), "aXc");
});

test("lines are erased, and a progress bar goes up to its own line", () => {
  assert.equal(terminalHtml("loss 0.123456\r\x1b[Kdone"), "done");
  assert.equal(terminalHtml("abcdef\x1b[3D\x1b[1K"), "    ef");
  assert.equal(terminalHtml("bar 1\nbar 2\n\x1b[2Abar A\n\x1b[2Kbar B\n"), "bar A\nbar B\n");
  assert.equal(terminalHtml("old\nscreen\x1b[2J\x1b[Hnew"), "new\n");
  assert.equal(terminalHtml("ab\x1b[5Gc\x1b[2Cd"), "ab  c  d");
});

test("colours and weights become classes and end where they end", () => {
  assert.equal(terminalHtml("\x1b[31mred\x1b[0m plain"), '<span class="ansi-red">red</span> plain');
  assert.equal(
    terminalHtml("\x1b[1;4;92mok\x1b[22;24;39m."),
    '<span class="ansi-green ansi-bold ansi-underline">ok</span>.',
  );
  assert.equal(terminalHtml("\x1b[44;3mx\x1b[m"), '<span class="ansi-on-blue ansi-italic">x</span>');
  assert.equal(terminalHtml("\x1b[7mx\x1b[27my"), '<span class="ansi-inverse">x</span>y');
});

test("of the many colours the nearest of eight is shown", () => {
  const ink = (sequence: string): string => /ansi-([a-z-]+)/.exec(terminalHtml(`\x1b[${sequence}mx`))?.[1] ?? "";
  assert.equal(ink("38;2;250;120;20"), "red");
  assert.equal(ink("38;2;250;200;20"), "yellow");
  assert.equal(ink("38;5;21"), "blue");
  assert.equal(ink("38;5;9"), "red");
  assert.equal(ink("48;5;46"), "on-green");
  assert.equal(ink("38;5;250"), "white");
  assert.equal(terminalHtml("\x1b[38;5;196;1mx"), '<span class="ansi-red ansi-bold">x</span>');
});

test("a sequence may come in two pieces; what it does not know it leaves out", () => {
  const terminal = new Terminal();
  for (const part of ["a\x1b", "[3", "1mb\x1b[0", "mc"]) terminal.write(part);
  assert.equal(terminal.html(), 'a<span class="ansi-red">b</span>c');
  assert.equal(terminalHtml("\x1b]0;title\x07a\x1b[?25lb\x1b(Bc\x07d\x00"), "abcd");
  assert.equal(terminalHtml(`\x1b[${"1".repeat(400)}`), `[${"1".repeat(400)}`);
});

test("marks stay with their letters, and no program makes the page endlessly wide", () => {
  assert.equal(terminalHtml("ab\u0302c\rX"), "Xb\u0302c");
  assert.equal(terminalHtml("\x1b[999999999Cx").length, 1001);
});
