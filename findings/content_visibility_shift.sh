#!/usr/bin/env bash
# Chromium 153 (npm: @sparticuz/chromium 153.0.0, playwright-core 1.55.0): a block with
# `content-visibility: hidden`, thousands of pixels below the window, is made visible.
#
# Expected: no layout shift. Nothing on the screen moves; the block was and is out of sight, and a
#           block that is laid out below the window is what the property is for.
# Observed: a layout shift that names the block. It is said to have stood in the window's top left
#           corner, at its full width, and to have gone from there. With `visibility: hidden` beside
#           it, or a block that was `content-visibility: auto`, there is none.
# Hurts:    pages that put off what is far below, and whoever reads Cumulative Layout Shift of them
#           (Lighthouse, field data): a page that stands still is told that it jumps.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-fund --no-audit --ignore-scripts @sparticuz/chromium@153.0.0 playwright-core@1.55.0 >/dev/null
export TMPDIR=$folder
cat >shift.mjs <<'SCRIPT'
import chromium from "@sparticuz/chromium";
import { chromium as driver } from "playwright-core";

const args = chromium.args.filter((flag) => flag !== "--single-process"); // it would end with the first page
const browser = await driver.launch({ executablePath: await chromium.executablePath(), args });
console.log("Chromium", browser.version());

async function shifts(hidden) {
  const page = await browser.newPage({ viewport: { width: 800, height: 600 } });
  await page.setContent(`<!doctype html><style>
    section { border: 1px solid }
    .far { ${hidden}; contain-intrinsic-block-size: 300px }
    </style><p>Read me.</p><div style="height: 3000px"></div>
    <section class="far"><p>Nobody sees this yet.</p></section>`);
  await page.waitForTimeout(300);
  await page.evaluate(() => {
    const section = document.querySelector("section");
    section.classList.remove("far");
    section.getBoundingClientRect();
  });
  await page.waitForTimeout(300);
  const found = await page.evaluate(
    () =>
      new Promise((done) => {
        const told = (list) =>
          done(
            list.getEntries().map(({ value, sources }) => ({
              value,
              from: sources.map(({ node, previousRect: { x, y, width } }) => [node.nodeName, x, y, width]),
            })),
          );
        new PerformanceObserver(told).observe({ type: "layout-shift", buffered: true });
        setTimeout(() => done([]), 500);
      }),
  );
  await page.close();
  return found;
}

const seen = {};
for (const hidden of [
  "content-visibility: hidden",
  "content-visibility: hidden; visibility: hidden",
  "content-visibility: auto",
]) {
  seen[hidden] = await shifts(hidden);
  console.log(`${hidden}:`, JSON.stringify(seen[hidden]));
}
await browser.close();
const [bare, ...others] = Object.values(seen);
const [[node, x, y]] = bare[0]?.from ?? [[]];
const same = bare.length === 1 && bare[0].value > 0.1 && node === "SECTION" && x === 0 && y === 0;
if (!same || others.some(({ length }) => length > 0)) throw new Error("something else than was found before");
SCRIPT
node shift.mjs
