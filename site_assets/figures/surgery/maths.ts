/**
 * F25's mathematics: the parts of a mean KL, and what the bound on log p(x) leaves out, for codes of two numbers, by
 * the trapezoidal rule on grids. Twin of training/measure/surgery.py.
 */

import { normal, STREAM_DRAW } from "../../engine/rng.ts";
import { density, klToPrior, logDensity } from "../../kit/maths/index.ts";

/** Clouds N(μ, σ²) of N examples: their two numbers one after the other. */
export interface Clouds {
  readonly mu: Float64Array;
  readonly sigma: Float64Array;
}

/** Mean KL(q(z|x) ‖ p) = information + marginal, nats an example (Hoffman & Johnson 2016). */
export interface Surgery {
  /** In closed form. */
  readonly meanKl: number;
  /** I(x; z), on a grid. */
  readonly information: number;
  /** KL(q(z) ‖ p(z)), on a grid. */
  readonly marginal: number;
}

const REACH = 8.5; // deviations of a cloud that its patch of the grid covers; outside is less than 1e-16
const PER_DEVIATION = 1.25; // grid points for each deviation of the narrowest cloud: an error of about exp(−31)

/** A grid's line of places. */
interface Places {
  readonly from: number;
  readonly spacing: number;
  readonly count: number;
}

function placesOver({ mu, sigma }: Clouds, axis: 0 | 1): Places {
  let [low, high, narrowest] = [Infinity, -Infinity, Infinity];
  for (let i = axis; i < mu.length; i += 2) {
    const [m, s] = [mu[i] as number, sigma[i] as number];
    [low, high, narrowest] = [Math.min(low, m - REACH * s), Math.max(high, m + REACH * s), Math.min(narrowest, s)];
  }
  const steps = Math.ceil(((high - low) / narrowest) * PER_DEVIATION);
  return { from: low, spacing: (high - low) / steps, count: steps + 1 };
}

/** The density along one axis at the places that a cloud reaches, and the index of the first of them. */
function reached(places: Places, mu: number, sigma: number): { first: number; values: Float64Array } {
  const { from, spacing, count } = places;
  const first = Math.max(0, Math.ceil((mu - REACH * sigma - from) / spacing));
  const last = Math.min(count - 1, Math.floor((mu + REACH * sigma - from) / spacing));
  const length = Math.max(0, last - first + 1);
  return { first, values: Float64Array.from({ length }, (_, i) => density(from + (first + i) * spacing, mu, sigma)) };
}

/** The mean of all clouds on a grid, row by row along the second number. */
function aggregateOn(clouds: Clouds, across: Places, up: Places): Float64Array {
  const { mu, sigma } = clouds;
  const examples = mu.length / 2;
  const aggregate = new Float64Array(across.count * up.count);
  for (let i = 0; i < examples; i++) {
    const a = reached(across, mu[2 * i] as number, sigma[2 * i] as number);
    const b = reached(up, mu[2 * i + 1] as number, sigma[2 * i + 1] as number);
    b.values.forEach((height, row) => {
      const start = (b.first + row) * across.count + a.first;
      const share = height / examples;
      for (let k = 0; k < a.values.length; k++) aggregate[start + k]! += share * (a.values[k] as number);
    });
  }
  return aggregate;
}

/** The parts of the mean KL of the clouds. */
export function surgery(clouds: Clouds): Surgery {
  const { mu, sigma } = clouds;
  const examples = mu.length / 2;
  const [across, up] = [placesOver(clouds, 0), placesOver(clouds, 1)];
  const aggregate = aggregateOn(clouds, across, up);
  const [priorAcross, priorUp] = [across, up].map(({ from, spacing, count }) =>
    Float64Array.from({ length: count }, (_, i) => logDensity(from + i * spacing)),
  ) as [Float64Array, Float64Array];
  let [entropy, marginal] = [0, 0];
  aggregate.forEach((q, place) => {
    if (q === 0) return;
    const log = Math.log(q);
    const row = Math.floor(place / across.count);
    entropy -= q * log;
    marginal += q * (log - (priorAcross[place - row * across.count] as number) - (priorUp[row] as number));
  });
  const cell = across.spacing * up.spacing;
  let [meanKl, own] = [0, 0]; // own: mean entropy of a cloud
  mu.forEach((m, i) => {
    const s = sigma[i] as number;
    meanKl += klToPrior(m, s) / examples;
    own += (0.5 * Math.log(2 * Math.PI * Math.E) + Math.log(s)) / examples;
  });
  return { meanKl, information: entropy * cell - own, marginal: marginal * cell };
}

/** q(z) over ±limit, `side` by `side` cells from the top left, 1 where it is densest. */
export function aggregatePicture(clouds: Clouds, limit: number, side: number): Float32Array {
  const spacing = (2 * limit) / side;
  const places = { from: -limit + spacing / 2, spacing, count: side };
  const aggregate = aggregateOn(clouds, places, places);
  const most = aggregate.reduce((a, b) => Math.max(a, b), 0);
  return Float32Array.from(aggregate, (_, place) => {
    const row = side - 1 - Math.floor(place / side); // pictures begin at the top
    return (aggregate[row * side + (place % side)] as number) / most;
  });
}

/** Codes along each axis at which the decoder is asked, in prior deviations. */
export const PLANE: Places = { from: -4.5, spacing: 0.1, count: 91 };
const CELL = PLANE.spacing ** 2;

const placeAt = (index: number): number => PLANE.from + index * PLANE.spacing;

/** All codes of the plane, two numbers each: the second runs fastest. */
export function planeCodes(): Float32Array {
  const { count } = PLANE;
  return Float32Array.from({ length: 2 * count * count }, (_, i) =>
    placeAt(i % 2 === 0 ? Math.floor(i / 2 / count) : (i >> 1) % count),
  );
}

/** What Bernoulli pixels make of any picture at each of many codes: log-odds of ink, and log p of an empty picture. */
export interface Drawn {
  readonly logOdds: Float64Array;
  readonly empty: Float64Array;
}

const LEAST = 1e-7; // as in the recipe: a probability of exactly 0 or 1 has no logarithm

export function drawn(xHat: ArrayLike<number>, pixels: number): Drawn {
  const codes = xHat.length / pixels;
  const [logOdds, empty] = [new Float64Array(xHat.length), new Float64Array(codes)];
  for (let i = 0; i < xHat.length; i++) {
    const p = Math.min(1 - LEAST, Math.max(LEAST, xHat[i] as number));
    const paper = Math.log1p(-p);
    logOdds[i] = Math.log(p) - paper;
    empty[Math.floor(i / pixels)]! += paper;
  }
  return { logOdds, empty };
}

/** log p(x|z) at each code, nats; for grey x the mean over black-and-white pictures of that ink. */
export function logLikelihood(x: ArrayLike<number>, { logOdds, empty }: Drawn): Float64Array {
  return empty.map((paper, code) => {
    let sum = paper;
    for (let i = 0; i < x.length; i++) sum += (x[i] as number) * (logOdds[code * x.length + i] as number);
    return sum;
  });
}

/** log of the mean of exp(values), finite for any finite values. */
function logMeanExp(values: ArrayLike<number>, from = 0, count = values.length): number {
  let most = -Infinity;
  for (let i = from; i < from + count; i++) most = Math.max(most, values[i] as number);
  let sum = 0;
  for (let i = from; i < from + count; i++) sum += Math.exp((values[i] as number) - most);
  return most + Math.log(sum / count);
}

/** log p(x), nats, from log p(x|z) over the plane. */
export function logEvidence(likelihood: Float64Array): number {
  const { count } = PLANE;
  const joint = likelihood.map(
    (seen, i) => seen + logDensity(placeAt(Math.floor(i / count))) + logDensity(placeAt(i % count)),
  );
  return logMeanExp(joint) + Math.log(joint.length * CELL);
}

/** A cloud: μ₁, μ₂, log σ₁, log σ₂. */
export type Cloud = readonly [number, number, number, number];

const klOf = ([m1, m2, l1, l2]: Cloud): number => klToPrior(m1, Math.exp(l1)) + klToPrior(m2, Math.exp(l2));

const NARROWEST = Math.log(0.08); // the least log deviation that the plane resolves to 1e-5

/** The ELBO of a cloud no narrower than the plane resolves, from log p(x|z) over the plane. */
export function planeBound(likelihood: Float64Array, cloud: Cloud): number {
  const { count } = PLANE;
  const [across, up] = [0, 1].map((k) =>
    Float64Array.from({ length: count }, (_, i) =>
      density(placeAt(i), cloud[k] as number, Math.exp(cloud[k + 2] as number)),
    ),
  ) as [Float64Array, Float64Array];
  let seen = 0;
  for (let a = 0; a < count; a++) {
    if (across[a] === 0) continue;
    let row = 0;
    for (let b = 0; b < count; b++) row += (up[b] as number) * (likelihood[a * count + b] as number);
    seen += (across[a] as number) * row;
  }
  return seen * CELL - klOf(cloud);
}

/** The cloud of the largest ELBO, by a compass search from the encoder's own, and that ELBO (Cremer et al. 2018). */
export function bestCloud(likelihood: Float64Array, start: Cloud): { cloud: Cloud; bound: number } {
  const wide = (log: number): number => Math.max(log, NARROWEST);
  let cloud: Cloud = [start[0], start[1], wide(start[2]), wide(start[3])];
  let bound = planeBound(likelihood, cloud);
  for (let stride = 0.2; stride > 1e-3;) {
    let moved = false;
    for (let axis = 0; axis < 4; axis++) {
      for (const by of [stride, -stride]) {
        const trial = cloud.map((value, k) => {
          const next = k === axis ? value + by : value;
          return k < 2 ? next : wide(next);
        }) as unknown as Cloud;
        const value = planeBound(likelihood, trial);
        if (value > bound + 1e-9) [cloud, bound, moved] = [trial, value, true];
      }
    }
    if (!moved) stride /= 2;
  }
  return { cloud, bound };
}

const NODES = { reach: 6, spacing: 0.5 }; // in deviations: for what a decoder draws, exact to about 1e-5 nats

/** ε of a grid over a cloud, two numbers each, and their weights, which add up to one. */
export function nodes(): { eps: Float64Array; weights: Float64Array } {
  const count = (2 * NODES.reach) / NODES.spacing + 1;
  const at = (i: number): number => -NODES.reach + i * NODES.spacing;
  const eps = Float64Array.from({ length: 2 * count * count }, (_, i) =>
    at(i % 2 === 0 ? Math.floor(i / 2 / count) : (i >> 1) % count),
  );
  const raw = Float64Array.from(
    { length: count * count },
    (_, i) => density(eps[2 * i] as number) * density(eps[2 * i + 1] as number),
  );
  const total = raw.reduce((sum, weight) => sum + weight, 0);
  return { eps, weights: raw.map((weight) => weight / total) };
}

/** z = μ + σε for each ε. */
export function codesOf([m1, m2, l1, l2]: Cloud, eps: ArrayLike<number>): Float32Array {
  const [s1, s2] = [Math.exp(l1), Math.exp(l2)];
  return Float32Array.from(eps, (e, i) => (i % 2 === 0 ? m1 + s1 * e : m2 + s2 * e));
}

/** E_q[log p(x|z)] − KL(q ‖ p) from log p(x|z) at the codes of `nodes`. */
export function nodeBound(likelihood: ArrayLike<number>, weights: Float64Array, cloud: Cloud): number {
  return weights.reduce((sum, weight, i) => sum + weight * (likelihood[i] as number), 0) - klOf(cloud);
}

/** How many codes are drawn from a cloud; they make this many bounds of one draw, half as many of two, and so on. */
export const DRAWS = 2048;

export function draws(seed: number): Float32Array {
  return normal(seed, STREAM_DRAW + 25, 2 * DRAWS);
}

/** log p(x, z)/q(z|x) of each draw. */
export function logWeights(likelihood: Float64Array, eps: ArrayLike<number>, cloud: Cloud): Float64Array {
  const z = codesOf(cloud, eps);
  return likelihood.map((seen, i) => {
    let sum = seen;
    for (const k of [0, 1] as const) {
      sum += logDensity(z[2 * i + k] as number) - logDensity(eps[2 * i + k] as number) + cloud[k + 2]!;
    }
    return sum;
  });
}

export interface Estimate {
  readonly mean: number;
  /** Its standard error. */
  readonly error: number;
}

/** The importance-weighted bound with k draws: the mean over groups of k (Burda et al. 2016, equation 8). */
export function importanceBound(weights: Float64Array, k: number): Estimate {
  const groups = Math.floor(weights.length / k);
  const bounds = Float64Array.from({ length: groups }, (_, group) => logMeanExp(weights, group * k, k));
  const mean = bounds.reduce((sum, bound) => sum + bound, 0) / groups;
  const square = bounds.reduce((sum, bound) => sum + (bound - mean) ** 2, 0) / (groups - 1);
  return { mean, error: Math.sqrt(square / groups) };
}
