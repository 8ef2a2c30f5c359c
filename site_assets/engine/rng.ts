/**
 * Counter-based random numbers, the twin of `training/data/rng.py`: the same seed, stream and counter
 * give the same value in Python and in the page. The table of streams stands there.
 */

export const STREAM_WEIGHTS = 0x00000000;
export const STREAM_ORDER = 0x10000000;
export const STREAM_NOISE = 0x20000000;
export const STREAM_DRAW = 0x40000000;

const GOLDEN = 0x9e3779b9;
const SEED_KEY = 0x85ebca6b;
const STREAM_KEY = 0xc2b2ae35;
const TWO_32 = 2 ** 32;
const TWO_24 = 2 ** 24;

/** Mix a uint32 into another uint32; a bijection of the 2³² values. */
export function hash32(value: number): number {
  let x = value;
  x ^= x >>> 16;
  x = Math.imul(x, 0x7feb352d);
  x ^= x >>> 15;
  x = Math.imul(x, 0x846ca68b);
  x ^= x >>> 16;
  return x >>> 0;
}

/**
 * `count` random uint32 values, the counters `start … start + count − 1` of a stream.
 * Throws a RangeError if seed, stream or a counter is not an integer in 0 … 2³² − 1.
 */
export function bits(seed: number, stream: number, count: number, start = 0): Uint32Array {
  requireUint32("start", start);
  if (!Number.isInteger(count) || count < 0 || count > TWO_32 - start) {
    throw new RangeError(`count must be in 0 … ${TWO_32 - start}, found ${count}`);
  }
  const values = new Uint32Array(count);
  draw(values, seed, stream, count, start);
  return values;
}

/** Writes the bits of `count` counters from `start` on. */
function draw(values: Uint32Array, seed: number, stream: number, count: number, start: number): void {
  requireUint32("seed", seed);
  requireUint32("stream", stream);
  const streamHash = hash32(stream ^ STREAM_KEY);
  const firstKey = hash32(seed ^ streamHash);
  const secondKey = hash32(((seed + SEED_KEY) >>> 0) ^ hash32(streamHash));
  for (let i = 0; i < count; i++) {
    values[i] = hash32(hash32((Math.imul(start + i, GOLDEN) + firstKey) | 0) ^ secondKey);
  }
}

/** `count` values strictly between 0 and 1: (24 random bits + ½) / 2²⁴. */
export function uniform(seed: number, stream: number, count: number, start = 0): Float64Array {
  return Float64Array.from(bits(seed, stream, count, start), toUnit);
}

/**
 * `count` standard normal float32 values: Box & Muller's √(−2 ln u) cos(2π v) in float64
 * (*A Note on the Generation of Random Normal Deviates*, 1958, eq. 1) of uniforms 2i and 2i + 1.
 */
export function normal(seed: number, stream: number, count: number, start = 0): Float32Array {
  const random = bits(seed, stream, 2 * count, 2 * start);
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const radius = Math.sqrt(-2 * Math.log(toUnit(random[2 * i]!)));
    values[i] = radius * Math.cos(2 * Math.PI * toUnit(random[2 * i + 1]!));
  }
  return values;
}

// What a permutation needs on the way: one is drawn an epoch, and making room would take as long as sorting.
let drawn = new Uint32Array(0);
let sorted = new Uint32Array(0);
let places = new Int32Array(0);

/**
 * The numbers 0 … count − 1 in random order: sorted by a hashed key, ties by index. Hashes are evenly spread, so their
 * first bits say nearly where a number belongs; insertion does the rest.
 */
export function permutation(seed: number, stream: number, count: number): Int32Array {
  const shift = Math.clz32(Math.max(1, count - 1));
  const buckets = 2 ** (32 - shift);
  if (drawn.length < count) [drawn, sorted] = [new Uint32Array(count), new Uint32Array(count)];
  if (places.length <= buckets) places = new Int32Array(buckets + 1);
  const keys = drawn;
  const inOrder = sorted;
  const next = places;
  draw(keys, seed, stream, count, 0);
  next.fill(0, 0, buckets + 1); // of each bucket, the next free place
  for (let i = 0; i < count; i++) next[(keys[i]! >>> shift) + 1]!++;
  for (let bucket = 1; bucket < buckets; bucket++) next[bucket]! += next[bucket - 1]!;
  const order = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const key = keys[i]!;
    const place = next[key >>> shift]!++;
    order[place] = i;
    inOrder[place] = key;
  }
  for (let i = 1; i < count; i++) {
    const key = inOrder[i]!;
    if (inOrder[i - 1]! <= key) continue;
    const moved = order[i]!;
    let place = i;
    for (; place > 0 && inOrder[place - 1]! > key; place--) {
      order[place] = order[place - 1]!;
      inOrder[place] = inOrder[place - 1]!;
    }
    order[place] = moved;
    inOrder[place] = key;
  }
  return order;
}

/**
 * Flat float32 weights of all parameters, in order, before any training. Parameter i has
 * `shapes[i]` and is uniform on ±1/√fanIns[i] (PyTorch's default for `nn.Linear`); it reads the
 * stream `STREAM_WEIGHTS + i`.
 */
export function initialWeights(
  seed: number,
  shapes: readonly (readonly number[])[],
  fanIns: readonly number[],
): Float32Array {
  if (shapes.length !== fanIns.length) {
    throw new RangeError(`${shapes.length} shapes but ${fanIns.length} fan-ins`);
  }
  const sizes = shapes.map((shape) => shape.reduce((product, side) => product * side, 1));
  const weights = new Float32Array(sizes.reduce((sum, size) => sum + size, 0));
  let offset = 0;
  sizes.forEach((size, index) => {
    const bound = 1 / Math.sqrt(fanIns[index]!);
    const values = uniform(seed, STREAM_WEIGHTS + index, size);
    weights.set(
      values.map((value) => (2 * value - 1) * bound),
      offset,
    );
    offset += size;
  });
  return weights;
}

/**
 * Indices [steps, batchSize], row after row, of the training samples that each optimiser step
 * sees. An epoch is ⌊samples / batchSize⌋ steps over a fresh permutation (stream
 * `STREAM_ORDER + epoch`); the remainder of a permutation is left out.
 */
export function batches(
  seed: number,
  firstStep: number,
  steps: number,
  samples: number,
  batchSize: number,
): Int32Array {
  if (!(batchSize > 0 && batchSize <= samples)) {
    throw new RangeError(`batch size must be in 1 … ${samples}, found ${batchSize}`);
  }
  const perEpoch = Math.floor(samples / batchSize);
  const order = new Int32Array(steps * batchSize);
  let epoch = -1;
  let shuffled = new Int32Array(0);
  for (let row = 0; row < steps; row++) {
    const step = firstStep + row;
    if (Math.floor(step / perEpoch) !== epoch) {
      epoch = Math.floor(step / perEpoch);
      shuffled = permutation(seed, STREAM_ORDER + epoch, samples) as Int32Array<ArrayBuffer>;
    }
    const first = (step % perEpoch) * batchSize;
    order.set(shuffled.subarray(first, first + batchSize), row * batchSize);
  }
  return order;
}

/** Standard normal ε [steps, perStep]; row i reads stream `STREAM_NOISE + firstStep + i`. */
export function stepNoise(seed: number, firstStep: number, steps: number, perStep: number): Float32Array {
  const noise = new Float32Array(steps * perStep);
  if (perStep === 0) return noise;
  for (let row = 0; row < steps; row++) {
    noise.set(normal(seed, STREAM_NOISE + firstStep + row, perStep), row * perStep);
  }
  return noise;
}

function toUnit(random: number): number {
  return ((random >>> 8) + 0.5) / TWO_24;
}

function requireUint32(name: string, value: number): void {
  if (!Number.isInteger(value) || value < 0 || value >= TWO_32) {
    throw new RangeError(`${name} must be an integer in 0 … 2³² − 1, found ${value}`);
  }
}
