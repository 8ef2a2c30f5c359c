/** What a plan begins with. Generated from builder/plan/encode.py by a test; do not edit. */

/** Where everything of a graph lies in memory, and which kernels it takes. Three numbers `[c, a, b]` mean c + a·n + b·k, with n rows and k steps. `start` is the address of the first call, `code` the calls with n and k left out, and `patches` are threes of numbers: a place in the code, and what is added there for each row and for each step. Memory from `temporaries` to `end` holds nothing between two runs. One run, or one step of a `loop` of k steps, takes about `work` multiplications. */
export interface PlanHeader {
  readonly start: number;
  readonly code: ReadonlyArray<number>;
  readonly patches: ReadonlyArray<number>;
  readonly inputs: ReadonlyArray<EncodedPort>;
  readonly outputs: ReadonlyArray<EncodedPort>;
  readonly weights: ReadonlyArray<EncodedWeight>;
  readonly temporaries: readonly [number, number, number];
  readonly end: readonly [number, number, number];
  readonly work: readonly [number, number, number];
  readonly loop: boolean;
}

/** An input or an output: where it begins in memory, and its sizes along each axis. */
export interface EncodedPort {
  readonly name: string;
  readonly dtype: "float32" | "int32";
  readonly at: readonly [number, number, number];
  readonly dims: ReadonlyArray<readonly [number, number, number]>;
}

/** Numbers that lie behind the header, and where they are laid in memory. */
export interface EncodedWeight {
  readonly at: number;
  readonly size: number;
  readonly dtype: "float32" | "float16" | "float64" | "int32";
}
