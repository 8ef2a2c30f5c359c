/** The kernels of the engine, compiled from AssemblyScript. */

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { ROOT } from "./places.mjs";

const KERNELS = "engine/kernels";
const FOLDER = join(ROOT, KERNELS);
const OUT = "kernels.wasm";

/** The files that they are compiled from, relative to site_assets. */
export async function kernelFiles() {
  const names = await readdir(FOLDER, { recursive: true });
  return names.filter((name) => name.endsWith(".ts")).map((name) => `${KERNELS}/${name}`);
}

/**
 * Both modules as base64, of one source: the fused one takes relaxed SIMD, whose multiply-add is one instruction, the
 * plain one runs where that is not known. Throws with the compiler's own words if the source has a mistake.
 */
export async function compileKernels() {
  return { plain: await compiled([]), fused: await compiled(["--enable", "relaxed-simd"]) };
}

/** @param {readonly string[]} features */
async function compiled(features) {
  const { default: asc } = await import("assemblyscript/asc"); // 90 MB of compiler, for builds that need it
  /** @type {Uint8Array | string} */
  let wasm = "";
  const { error, stderr } = await asc.main(
    // the runtime without a garbage collector; a mistake that would print something cannot: no imports
    [
      "index.ts",
      "--outFile",
      OUT,
      "--enable",
      "simd",
      "--enable",
      "bulk-memory",
      ...features,
      "-O3",
      "--noAssert",
      "--runtime",
      "stub",
      "--use",
      "abort=",
      "--disableWarning",
      "201",
    ],
    {
      readFile: (name, base) => readFile(join(FOLDER, base === "." ? "" : base, name), "utf8").catch(() => null),
      writeFile: (name, contents) => {
        if (name === OUT) wasm = contents;
      },
      listFiles: () => [],
    },
  );
  if (error) throw new Error(`the kernels do not compile: ${error.message}\n${stderr}`);
  return Buffer.from(wasm).toString("base64");
}
