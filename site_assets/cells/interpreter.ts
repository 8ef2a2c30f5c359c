/** Pyodide with the book's wheel in it, ready to run cells: the same in the page's worker and, at build, in Node. */

import type { PyodideAPI } from "pyodide";

/** What a cell did: see `book/cells.py`, which makes these. */
export interface CellEvent {
  readonly kind: "stdout" | "stderr" | "value" | "html" | "notice" | "error" | "check";
  readonly text: string;
  readonly html?: string;
  readonly passed?: boolean;
  /** Of an error or a check: the name that was nowhere defined; empty if that is not what went wrong. */
  readonly needs?: string;
  /** Of an error: the exception's name, and its line in the cell (0: none). */
  readonly name?: string;
  readonly line?: number;
}

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
