/** Which files each thing that the builder remembers is made by, as esbuild finds them: no list by hand forgets one. */

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import esbuild from "esbuild";
import { kernelFiles } from "./kernels.mjs";
import { figureCode, ROOT } from "./places.mjs";
import { fontFiles, STYLES } from "./poster_files.mjs";

/** Names the versions, and by their hashes the contents, of all packages. */
const PACKAGES = "package-lock.json";

/** Where the code begins. What starts a thread or bundles by itself has more than one beginning. */
const ENTRIES = {
  cells: ["node/cells.mjs", "node/cells_worker.mjs"],
  kernels: ["node/kernels.mjs", "node/plans.mjs"],
  math: ["node/math.mjs"],
  posters: ["node/poster.mjs"],
  snapshot: ["node/snapshot.mjs", "node/snapshot_worker.mjs"],
  works: ["node/bibliography.mjs"],
};
const FRAME = ["node/frame.mjs", "node/draw.tsx"];

/**
 * The files that can be reached from some by imports.
 *
 * @param {readonly string[]} entries
 * @param {import("esbuild").Metafile["inputs"]} graph
 */
function reached(entries, graph) {
  const found = new Set(entries);
  for (const path of found) {
    for (const { path: imported, external } of /** @type {import("esbuild").Metafile["inputs"][string]} */ (graph[path])
      .imports)
      if (!external) found.add(imported);
  }
  return [...found];
}

/** The CSL styles that the book brings. */
const styleFiles = async () => (await readdir(join(ROOT, "bibliography"))).map((name) => `bibliography/${name}`);

/**
 * {product: paths in site_assets}; the frames of a figure are the product `figures/NAME`.
 *
 * @type {import("../generated/methods.d.ts").Methods["inputs"]}
 */
export async function inputs({ figures }) {
  /** @type {Readonly<Record<string, readonly string[]>>} */
  const entries = {
    ...ENTRIES,
    ...Object.fromEntries(figures.map((name) => [`figures/${name}`, [figureCode(name).path, ...FRAME]])),
  };
  const { metafile } = await esbuild.build({
    entryPoints: [...new Set(Object.values(entries).flat())],
    outdir: "unwritten",
    bundle: true,
    write: false,
    metafile: true,
    format: "esm",
    platform: "node",
    packages: "external",
    jsx: "automatic",
    jsxImportSource: "preact",
    absWorkingDir: ROOT,
    logLevel: "silent",
  });
  /** @type {Readonly<Record<string, readonly string[]>>} */
  const beside = {
    kernels: await kernelFiles(),
    posters: [...(await fontFiles()), ...STYLES],
    works: await styleFiles(),
  };
  return Object.fromEntries(
    Object.entries(entries).map(([product, own]) => [
      product,
      [...reached(own, metafile.inputs), ...(beside[product] ?? []), PACKAGES].sort(),
    ]),
  );
}
