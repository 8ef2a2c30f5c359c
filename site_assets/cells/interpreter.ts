/** Pyodide with the book's wheel in it, ready to run cells: the same in the page's worker and, at build, in Node. */

import type { PyodideAPI } from "pyodide";
import type { CellEvent } from "./cell_event.ts";

/** Name, dims and float32 bytes of a tensor, as they cross between the two languages. */
export type WireTensor = readonly [name: string, dims: readonly number[], bytes: Uint8Array];

/** What Python asks of the world around it. */
export interface Outside {
  /** A published array by `model/name`, or null. */
  array(key: string): Uint8Array | null;
  run(model: string, graph: string, feeds: readonly WireTensor[]): Promise<readonly WireTensor[]>;
  tell(event: CellEvent): void;
}

interface Session {
  readonly run: { callKwargs(code: string, name: string, options: { readonly apart: boolean }): Promise<boolean> };
  check(code: string): Promise<boolean>;
}

export class Interpreter {
  private readonly session: Session;

  private constructor(session: Session) {
    this.session = session;
  }

  /** Installs `packages` from the lock file that Pyodide was started with, and gives `book` its host. */
  static async create(
    python: PyodideAPI,
    packages: readonly string[],
    cards: string,
    outside: Outside,
  ): Promise<Interpreter> {
    await python.loadPackage([...packages], { messageCallback: () => undefined });
    const host = {
      array: (key: string) => outside.array(key),
      run: (model: string, graph: string, feeds: readonly WireTensor[]) => outside.run(model, graph, feeds),
      tell: (json: string) => outside.tell(JSON.parse(json) as CellEvent),
    };
    return new Interpreter(python.pyimport("book.page").Session(host, cards) as Session);
  }

  /** False if the cell raised. `apart`: what it defines is seen by its check alone. */
  run(code: string, name: string, apart = false): Promise<boolean> {
    return this.session.run.callKwargs(code, name, { apart });
  }

  check(code: string): Promise<boolean> {
    return this.session.check(code);
  }
}
