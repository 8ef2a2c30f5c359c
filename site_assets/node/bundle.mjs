/** Everything that pages load, models apart: scripts, styles, fonts, the engine and its wasm. */

import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, extname, join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import esbuild from "esbuild";
import { figureCode, ORT_WASM, ROOT } from "./places.mjs";

/** @typedef {{ readonly code: string, readonly packages: readonly string[] }} ScriptText */

/** Oldest browsers for which the syntax is written; older ones keep the static frames. */
const TARGET = ["chrome111", "firefox113", "safari16.4"];

/**
 * Symbolic links are not resolved: some paths end up in the code, which must not say where this machine keeps packages.
 *
 * @satisfies {import("esbuild").BuildOptions}
 */
const COMMON = {
  bundle: true,
  write: /** @type {const} */ (false),
  target: TARGET,
  legalComments: /** @type {const} */ ("none"),
  absWorkingDir: ROOT,
  logLevel: /** @type {const} */ ("silent"),
  preserveSymlinks: true,
};

const jsx = { jsx: /** @type {const} */ ("automatic"), jsxImportSource: "preact" };

const PREACT = ["preact", "preact/hooks", "preact/jsx-runtime"];

/**
 * The modules that an entry reaches, used or not, by their paths in site_assets.
 *
 * @param {string} entry
 */
async function reached(entry) {
  const result = await esbuild.build({ ...COMMON, ...jsx, entryPoints: [entry], treeShaking: false, metafile: true });
  return Object.keys(result.metafile.inputs).filter((path) => !path.startsWith("node_modules/"));
}

/**
 * What kit.js holds, figures take from there, so that a page has it once: of each module its exports, by the module's path,
 * or Preact's name. All else of the kit travels with the figures that use it.
 *
 * @typedef {ReadonlyMap<string, readonly string[]>} Shared
 * @returns {Promise<Shared>}
 */
async function sharedModules() {
  const [held, offered] = await Promise.all([reached("kit/kit.ts"), reached("kit/index.ts")]);
  const names = [...PREACT, ...held.filter((path) => offered.includes(path))];
  const { metafile } = await esbuild.build({
    ...COMMON,
    ...jsx,
    entryPoints: names.map((name) => ({ in: name, out: name })),
    outdir: "shared",
    external: ["./*", "../*"],
    format: "esm",
    metafile: true,
  });
  return new Map(names.map((name) => [name, metafile.outputs[`shared/${name}.js`]?.exports ?? []]));
}

/**
 * The npm packages that the files at `paths` belong to.
 *
 * @param {readonly string[]} paths
 */
function packagesOf(paths) {
  const names = paths.map((path) => /.*\bnode_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]);
  return [...new Set(names.filter((name) => name !== undefined))].sort();
}

/**
 * Those of which some code is in an output.
 *
 * @param {import("esbuild").Metafile} metafile
 * @param {string} output
 */
function packagesIn(metafile, output) {
  const inputs = Object.entries(metafile.outputs[output]?.inputs ?? {});
  return packagesOf(inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path]) => path));
}

/**
 * A script, and the packages that some of its code comes from.
 *
 * @param {import("esbuild").BuildOptions} options
 */
async function text(options) {
  const result = await esbuild.build({ ...options, ...COMMON, metafile: true });
  const [output] = /** @type {[string]} */ (Object.keys(result.metafile.outputs));
  const [written] = /** @type {[import("esbuild").OutputFile]} */ (result.outputFiles);
  return { code: written.text, packages: packagesIn(result.metafile, output) };
}

/**
 * @param {string} entry
 * @param {boolean} minify
 */
function script(entry, minify) {
  return text({ entryPoints: [entry], format: "iife", minify, ...jsx });
}

/**
 * @param {Shared} shared
 * @param {boolean} minify
 */
function kitScript(shared, minify) {
  const names = [...shared.keys()];
  const imports = names.map((name, i) => `import * as m${i} from "${PREACT.includes(name) ? name : `./${name}`}";`);
  const held = names.map((name, i) => `${JSON.stringify(name)}: m${i}`);
  const contents = ['import "./kit/kit.ts";', ...imports, `globalThis.book.modules = { ${held.join(", ")} };`].join(
    "\n",
  );
  return text({ stdin: { contents, resolveDir: ROOT }, format: "iife", minify, ...jsx });
}

/**
 * @param {Shared} shared
 * @returns {import("esbuild").Plugin}
 */
const figureModules = (shared) => ({
  name: "figure-modules",
  setup(build) {
    build.onResolve({ filter: /^figure:/ }, ({ path }) => ({ path: path.replace("figure:", ""), namespace: "figure" }));
    build.onLoad({ filter: /.*/, namespace: "figure" }, ({ path: name }) => {
      const { path, named } = figureCode(name);
      const contents = `import { ${named} as figure } from "./${path}";\nglobalThis.book.figure(${JSON.stringify(name)}, figure);`;
      return { contents, resolveDir: ROOT };
    });
    build.onResolve({ filter: /^(?:\.|preact(?:\/|$))/ }, ({ path, resolveDir }) => {
      const name = path.startsWith(".") ? relative(ROOT, join(resolveDir, path)).replaceAll("\\", "/") : path;
      if (shared.has(name)) return { path: name, namespace: "shared", sideEffects: false };
      // kit/index.ts names all of the kit, of which a figure takes along what it uses
      return /^(?:kit|engine)\//.test(name) ? { path: join(ROOT, name), sideEffects: false } : null;
    });
    build.onLoad({ filter: /.*/, namespace: "shared" }, ({ path }) => ({
      contents: `export const { ${(shared.get(path) ?? []).join(", ")} } = globalThis.book.modules[${JSON.stringify(path)}];`,
    }));
  },
});

/**
 * All at once, so that what several take along is read once.
 *
 * @param {readonly string[]} names
 * @param {Shared} shared
 * @param {boolean} minify
 * @returns {Promise<readonly (readonly [string, ScriptText])[]>}
 */
async function figureScripts(names, shared, minify) {
  const { outputFiles, metafile } = await esbuild.build({
    ...COMMON,
    ...jsx,
    entryPoints: names.map((name) => ({ in: `figure:${name}`, out: name })),
    outdir: "figures",
    format: "iife",
    minify,
    metafile: true,
    plugins: [figureModules(shared)],
  });
  return outputFiles.map(({ path, text: code }) => {
    const name = basename(path, ".js");
    return [name, { code, packages: packagesIn(metafile, `figures/${name}.js`) }];
  });
}

/**
 * One function whose source text is the worker: a page from file:// can start no worker but one from a blob.
 *
 * @param {string} name
 * @param {string} entry
 * @param {boolean} minify
 */
async function workerScript(name, entry, minify) {
  const worker = await text({
    entryPoints: [entry],
    format: "iife",
    minify,
    platform: "browser",
    conditions: ["import"],
    external: ["module", "worker_threads"],
    define: { "import.meta.url": JSON.stringify("https://book.invalid/ort.js") },
  });
  return { ...worker, code: `book.worker(${JSON.stringify(name)},function(){${worker.code}\n});\n` };
}

/** Python's worker: Pyodide answers its own requests from the files that the page hands over. */
async function pythonScript() {
  const worker = await text({
    entryPoints: ["cells/worker.ts"],
    format: "iife",
    minifyWhitespace: true, // Pyodide's own code relies on names
    platform: "browser",
    external: ["node:*"],
    define: { fetch: "globalThis.bookFetch", "import.meta.url": JSON.stringify("https://book.invalid/pyodide.js") },
  });
  return { ...worker, code: `book.python(function(){${worker.code}\n});\n` };
}

/**
 * A classic script that registers gzip + base64; zlib in Node writes no time into the header.
 *
 * @param {string} key
 * @param {Uint8Array} bytes
 */
function assetScript(key, bytes) {
  return `book.asset(${JSON.stringify(key)},"${gzipSync(bytes, { level: 9 }).toString("base64")}");\n`;
}

/**
 * @param {string} name
 * @param {string | Uint8Array} content
 */
function hashed(name, content) {
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 8);
  const extension = extname(name);
  return `assets/${name.slice(0, name.length - extension.length)}-${hash}${extension}`;
}

/**
 * @param {string} entry
 * @param {boolean} minify
 */
async function styles(entry, minify) {
  const result = await esbuild.build({
    ...COMMON,
    entryPoints: [entry],
    outdir: "assets",
    minify,
    loader: { ".woff2": "file" },
    assetNames: "[name]-[hash]",
  });
  const css = result.outputFiles.find(({ path }) => path.endsWith(".css"));
  const fonts = result.outputFiles.filter(({ path }) => path.endsWith(".woff2"));
  if (!css) throw new Error(`${entry} gives no styles`);
  return { css: css.text, fonts };
}

/**
 * Writes all files under `out` and tells where each one is, by its logical name.
 *
 * @type {import("../generated/methods.d.ts").Methods["bundle"]}
 */
export async function bundle({ out, figures, minify }) {
  /** @type {Record<string, string>} */
  const files = {};
  /** @type {Record<string, readonly string[]>} */
  const packages = {};
  /** @type {(logical: string, content: string | Uint8Array, path?: string) => Promise<void>} */
  const place = async (logical, content, path = hashed(logical, content)) => {
    await mkdir(dirname(join(out, path)), { recursive: true });
    await writeFile(join(out, path), content);
    files[logical] = path;
  };
  /** @type {(logical: string, making: ScriptText | Promise<ScriptText>) => Promise<void>} */
  const placeScript = async (logical, making) => {
    const made = await making;
    packages[logical] = made.packages;
    await place(logical, made.code);
  };
  const [wasm, shared] = await Promise.all([readFile(ORT_WASM), sharedModules()]);
  const { css, fonts } = await styles("styles/book.css", minify);
  await Promise.all([
    ...fonts.map(({ path, contents }) => place(`fonts/${basename(path)}`, contents, `assets/${basename(path)}`)),
    place("book.css", css),
    placeScript("early.js", script("kit/page/early.ts", minify)),
    placeScript("book.js", script("kit/page/book.ts", minify)),
    placeScript("search.js", script("kit/page/search.ts", minify)),
    placeScript("kit.js", kitScript(shared, minify)),
    placeScript("take.js", script("take/take.ts", minify)),
    placeScript("offline.js", script("offline/control.ts", minify)),
    placeScript("sw.js", script("offline/worker/sw.ts", minify)),
    placeScript("kernels.js", workerScript("kernels", "engine/kernel_worker.ts", minify)),
    placeScript("ort.js", workerScript("ort", "engine/ort_worker.ts", minify)),
    styles("cells/cells.css", minify).then((made) => place("cells/cells.css", made.css)),
    placeScript("cells/cells.js", script("cells/cells.ts", minify)),
    placeScript("cells/editor.js", script("cells/editor.ts", minify)),
    placeScript("cells/python.js", pythonScript()),
    placeScript("ort.wasm.js", { code: assetScript("ort.wasm", wasm), packages: packagesOf([ORT_WASM]) }),
    figureScripts(Object.keys(figures), shared, minify).then((made) =>
      Promise.all(made.map(([name, script]) => placeScript(`figures/${name}.js`, script))),
    ),
  ]);
  return {
    files: Object.fromEntries(Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1))),
    packages,
    wasmBytes: wasm.length,
  };
}

/**
 * What only the print of the whole book needs, which no site has.
 *
 * @type {import("../generated/methods.d.ts").Methods["paper"]}
 */
export async function bundlePaper({ minify }) {
  const [made, { css }] = await Promise.all([script("paper/paper.ts", minify), styles("paper/paper.css", minify)]);
  return { script: made.code, styles: css };
}
