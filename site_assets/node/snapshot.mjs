/**
 * Python's memory as it is after its start and with the book's wheel imported: with it a page need not start Python,
 * only read it.
 */

import { Worker } from "node:worker_threads";
import { gzipSync } from "node:zlib";

/**
 * {gzip: base64, bytes}: the same for the same Pyodide and wheel, in every build.
 *
 * @param {{ wheel: string }} params the wheel's path
 */
export async function takeSnapshot({ wheel }) {
  const worker = new Worker(new URL("./snapshot_worker.mjs", import.meta.url), { workerData: { wheel } });
  try {
    const memory = await new Promise((resolve, reject) => {
      worker.on("message", resolve);
      worker.on("error", reject);
      worker.on("exit", () => reject(new Error("Python ended before its memory was read")));
    });
    return { gzip: gzipSync(memory, { level: 1 }).toString("base64"), bytes: memory.length };
  } finally {
    await worker.terminate();
  }
}
