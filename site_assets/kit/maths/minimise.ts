/** Limited-memory BFGS, for smooth functions of some hundred numbers. */

/** Writes the gradient at `x` into `gradient` and returns the value. */
export type Objective = (x: Float64Array, gradient: Float64Array) => number;

/** The same where a model has to be asked. */
export type AskedObjective = (x: Float64Array, gradient: Float64Array) => Promise<number>;

export interface Minimum {
  readonly x: Float64Array;
  readonly value: number;
  readonly iterations: number;
}

const MEMORY = 10; // steps that the curvature is learnt from
const SUFFICIENT = 1e-4; // of the decrease that the slope promises: Armijo's condition
const HALVINGS = 40;

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

/** y += factor · x */
function add(y: Float64Array, factor: number, x: Float64Array): void {
  for (let i = 0; i < y.length; i++) y[i]! += factor * (x[i] as number);
}

interface Step {
  readonly moved: Float64Array;
  readonly turned: Float64Array;
  /** 1 / (moved · turned) */
  readonly rho: number;
}

/** −H · gradient with H the inverse curvature that the steps tell of: Nocedal & Wright 2006, algorithm 7.4. */
function direction(gradient: Float64Array, steps: readonly Step[]): Float64Array {
  const d = gradient.map((value) => -value);
  const alphas: number[] = [];
  for (const { moved, turned, rho } of [...steps].reverse()) {
    const alpha = rho * dot(moved, d);
    alphas.push(alpha);
    add(d, -alpha, turned);
  }
  const last = steps.at(-1);
  const scale = last ? 1 / (last.rho * dot(last.turned, last.turned)) : 1 / Math.max(1, Math.sqrt(dot(d, d)));
  for (let i = 0; i < d.length; i++) d[i]! *= scale;
  for (const { moved, turned, rho } of steps) add(d, (alphas.pop() as number) - rho * dot(turned, d), moved);
  return d;
}

/** A place whose value is asked for; its gradient is to be written into `gradient`. */
interface Question {
  readonly x: Float64Array;
  readonly gradient: Float64Array;
}

function* descend(start: Float64Array, tolerance: number, iterations: number): Generator<Question, Minimum, number> {
  let x = start.slice();
  let gradient = new Float64Array(x.length);
  let value = yield { x, gradient };
  const steps: Step[] = [];
  let done = 0;
  for (; done < iterations && gradient.some((entry) => Math.abs(entry) > tolerance); done++) {
    const way = direction(gradient, steps);
    const slope = dot(way, gradient);
    let [length, next] = [1, x];
    const turned = new Float64Array(x.length);
    let reached = Infinity;
    for (let halving = 0; halving < HALVINGS; halving++, length /= 2) {
      next = x.slice();
      add(next, length, way);
      reached = yield { x: next, gradient: turned };
      if (reached <= value + SUFFICIENT * length * slope) break;
    }
    if (!(reached < value)) break; // to the last digit that there is
    const fresh = turned.slice();
    add(turned, -1, gradient);
    const moved = next.slice();
    add(moved, -1, x);
    const curvature = dot(moved, turned);
    if (curvature > 0) steps.push({ moved, turned, rho: 1 / curvature });
    if (steps.length > MEMORY) steps.shift();
    [x, gradient, value] = [next, fresh, reached];
  }
  return { x, value, iterations: done };
}

/**
 * From `start` down until no entry of the gradient is larger than `tolerance`, or after `iterations` steps. The steps
 * are halved until the value falls enough, so a convex function is minimised and any other one never rises.
 */
export function minimise(objective: Objective, start: Float64Array, tolerance: number, iterations: number): Minimum {
  const descent = descend(start, tolerance, iterations);
  let turn = descent.next();
  while (!turn.done) turn = descent.next(objective(turn.value.x, turn.value.gradient));
  return turn.value;
}

/** `minimise` for an objective that answers later. */
export async function minimiseAsked(
  objective: AskedObjective,
  start: Float64Array,
  tolerance: number,
  iterations: number,
): Promise<Minimum> {
  const descent = descend(start, tolerance, iterations);
  let turn = descent.next();
  while (!turn.done) turn = descent.next(await objective(turn.value.x, turn.value.gradient));
  return turn.value;
}
