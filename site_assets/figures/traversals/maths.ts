/** F16's mathematics: the codes along one axis. */

/** The code `count` times with number `axis` going from −limit to limit in even steps, one code after the other. */
export function traverse(code: readonly number[], axis: number, limit: number, count: number): number[] {
  return Array.from({ length: count }, (_, step) =>
    code.map((value, k) => (k === axis ? limit * ((2 * step) / (count - 1) - 1) : value)),
  ).flat();
}
