/**
 * Matrix products. All matrices are float32 in C order.
 *
 * The sums over the depth are made in order, one product after the other, in registers: a tile of 6 × 8 results keeps
 * both multipliers of a processor busy: each needs four sums or more at a time, as one waits for its last addition. Where a
 * matrix is too narrow for tiles, rows are multiplied with rows instead.
 */

import { unary } from "./elementwise";
import { bytesOfFours, keepFirst, loadFirst, multiplyAdd, splat, sumLanes, sumLanesOfFour } from "./vector";

/** Rows of a tile. With two vectors of columns: twelve sums, two of B and one of A in fifteen registers. */
const ROWS = 6;

/** Columns from which on single rows are multiplied by sweeps. */
const WIDE = 256;

/** Six rows × eight columns of C = bias + A B. The numbers of a row of A lie `aStep` bytes apart, the rows `aRow`. */
function tile6x8(
  depth: i32, a: usize, aRow: usize, aStep: usize, b: usize, bStep: usize, bias: usize, c: usize, cStep: usize,
): void {
  let c00 = bias ? v128.load(bias) : splat(0), c01 = bias ? v128.load(bias, 16) : splat(0);
  let c10 = c00, c11 = c01, c20 = c00, c21 = c01, c30 = c00, c31 = c01, c40 = c00, c41 = c01, c50 = c00, c51 = c01;
  const a1 = a + aRow, a2 = a1 + aRow, a3 = a2 + aRow, a4 = a3 + aRow, a5 = a4 + aRow, end: usize = depth * <i32>aStep;
  for (let at: usize = 0; at < end; at += aStep) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let one = v128.load_splat<f32>(a + at);
    c00 = multiplyAdd(c00, one, b0);
    c01 = multiplyAdd(c01, one, b1);
    one = v128.load_splat<f32>(a1 + at);
    c10 = multiplyAdd(c10, one, b0);
    c11 = multiplyAdd(c11, one, b1);
    one = v128.load_splat<f32>(a2 + at);
    c20 = multiplyAdd(c20, one, b0);
    c21 = multiplyAdd(c21, one, b1);
    one = v128.load_splat<f32>(a3 + at);
    c30 = multiplyAdd(c30, one, b0);
    c31 = multiplyAdd(c31, one, b1);
    one = v128.load_splat<f32>(a4 + at);
    c40 = multiplyAdd(c40, one, b0);
    c41 = multiplyAdd(c41, one, b1);
    one = v128.load_splat<f32>(a5 + at);
    c50 = multiplyAdd(c50, one, b0);
    c51 = multiplyAdd(c51, one, b1);
    b += bStep;
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  c += cStep;
  v128.store(c, c10);
  v128.store(c, c11, 16);
  c += cStep;
  v128.store(c, c20);
  v128.store(c, c21, 16);
  c += cStep;
  v128.store(c, c30);
  v128.store(c, c31, 16);
  c += cStep;
  v128.store(c, c40);
  v128.store(c, c41, 16);
  c += cStep;
  v128.store(c, c50);
  v128.store(c, c51, 16);
}

/** As tile6x8, of four columns, the first `columns` of which are wanted; what B and bias hold behind them is read too. */
function tile6x4(
  columns: i32, depth: i32, a: usize, aRow: usize, aStep: usize, b: usize, bStep: usize, bias: usize,
  c: usize, cStep: usize,
): void {
  let c0 = bias ? v128.load(bias) : splat(0), c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0;
  const a1 = a + aRow, a2 = a1 + aRow, a3 = a2 + aRow, a4 = a3 + aRow, a5 = a4 + aRow, end: usize = depth * <i32>aStep;
  for (let at: usize = 0; at < end; at += aStep) {
    const b0 = v128.load(b);
    c0 = multiplyAdd(c0, v128.load_splat<f32>(a + at), b0);
    c1 = multiplyAdd(c1, v128.load_splat<f32>(a1 + at), b0);
    c2 = multiplyAdd(c2, v128.load_splat<f32>(a2 + at), b0);
    c3 = multiplyAdd(c3, v128.load_splat<f32>(a3 + at), b0);
    c4 = multiplyAdd(c4, v128.load_splat<f32>(a4 + at), b0);
    c5 = multiplyAdd(c5, v128.load_splat<f32>(a5 + at), b0);
    b += bStep;
  }
  keepFirst(columns, c0, c);
  keepFirst(columns, c1, c + cStep);
  keepFirst(columns, c2, c + 2 * cStep);
  keepFirst(columns, c3, c + 3 * cStep);
  keepFirst(columns, c4, c + 4 * cStep);
  keepFirst(columns, c5, c + 5 * cStep);
}

/** One row, or two, × sixteen columns. The numbers of a row lie `aStep` bytes apart, the rows `aRow`. */
@inline
function stripe16(
  two: bool, depth: i32, a: usize, aRow: usize, aStep: usize, b: usize, bStep: usize, bias: usize, c: usize, cStep: usize,
): void {
  let c00 = bias ? v128.load(bias) : splat(0), c01 = bias ? v128.load(bias, 16) : splat(0);
  let c02 = bias ? v128.load(bias, 32) : splat(0), c03 = bias ? v128.load(bias, 48) : splat(0);
  let c10 = c00, c11 = c01, c12 = c02, c13 = c03;
  for (let k = 0; k < depth; k++) {
    const b0 = v128.load(b), b1 = v128.load(b, 16), b2 = v128.load(b, 32), b3 = v128.load(b, 48);
    let one = v128.load_splat<f32>(a);
    c00 = multiplyAdd(c00, one, b0);
    c01 = multiplyAdd(c01, one, b1);
    c02 = multiplyAdd(c02, one, b2);
    c03 = multiplyAdd(c03, one, b3);
    if (two) {
      one = v128.load_splat<f32>(a + aRow);
      c10 = multiplyAdd(c10, one, b0);
      c11 = multiplyAdd(c11, one, b1);
      c12 = multiplyAdd(c12, one, b2);
      c13 = multiplyAdd(c13, one, b3);
    }
    a += aStep;
    b += bStep;
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  v128.store(c, c02, 32);
  v128.store(c, c03, 48);
  if (!two) return;
  c += cStep;
  v128.store(c, c10);
  v128.store(c, c11, 16);
  v128.store(c, c12, 32);
  v128.store(c, c13, 48);
}

/** As stripe16, of four columns, the first `columns` of which are wanted; what B and bias hold behind them is read too. */
@inline
function stripe4(
  two: bool, columns: i32, depth: i32, a: usize, aRow: usize, aStep: usize, b: usize, bStep: usize, bias: usize,
  c: usize, cStep: usize,
): void {
  let c0 = bias ? v128.load(bias) : splat(0), c1 = c0;
  for (let k = 0; k < depth; k++) {
    const b0 = v128.load(b);
    c0 = multiplyAdd(c0, v128.load_splat<f32>(a), b0);
    if (two) c1 = multiplyAdd(c1, v128.load_splat<f32>(a + aRow), b0);
    a += aStep;
    b += bStep;
  }
  keepFirst(columns, c0, c);
  if (two) keepFirst(columns, c1, c + cStep);
}

@inline
function stripe(
  two: bool, columns: i32, depth: i32, a: usize, aRow: usize, aStep: usize, b: usize, bias: usize, c: usize,
): void {
  const stride: usize = columns << 2;
  let j: i32 = 0;
  for (; j + 16 <= columns; j += 16) {
    const at: usize = j << 2;
    stripe16(two, depth, a, aRow, aStep, b + at, stride, bias ? bias + at : 0, c + at, stride);
  }
  for (; j < columns; j += 4) {
    const at: usize = j << 2;
    stripe4(two, columns - j, depth, a, aRow, aStep, b + at, stride, bias ? bias + at : 0, c + at, stride);
  }
}

/**
 * One row, a multiple of four columns, by sums that wait in memory: four rows of B at a time are read from end to end.
 * Down a stripe of a wide B each row's numbers share their place in the processor's cache with those of the row before.
 */
function sweep(columns: i32, depth: i32, a: usize, aStep: usize, b: usize, bias: usize, c: usize): void {
  const stride: usize = columns << 2;
  if (bias) memory.copy(c, bias, stride);
  else memory.fill(c, 0, stride);
  let k = 0;
  for (; k + 4 <= depth; k += 4) {
    const a0 = v128.load_splat<f32>(a), a1 = v128.load_splat<f32>(a + aStep);
    const a2 = v128.load_splat<f32>(a + 2 * aStep), a3 = v128.load_splat<f32>(a + 3 * aStep);
    const b1 = b + stride, b2 = b1 + stride, b3 = b2 + stride;
    for (let at: usize = 0; at < stride; at += 16) {
      let sum = multiplyAdd(v128.load(c + at), a0, v128.load(b + at));
      sum = multiplyAdd(sum, a1, v128.load(b1 + at));
      sum = multiplyAdd(sum, a2, v128.load(b2 + at));
      v128.store(c + at, multiplyAdd(sum, a3, v128.load(b3 + at)));
    }
    a += 4 * aStep;
    b += 4 * stride;
  }
  for (; k < depth; k++) {
    const one = v128.load_splat<f32>(a);
    for (let at: usize = 0; at < stride; at += 16) v128.store(c + at, multiplyAdd(v128.load(c + at), one, v128.load(b + at)));
    a += aStep;
    b += stride;
  }
}

function oneRow(columns: i32, depth: i32, a: usize, aStep: usize, b: usize, bias: usize, c: usize): void {
  stripe(false, columns, depth, a, 0, aStep, b, bias, c);
}

function twoRows(columns: i32, depth: i32, a: usize, aRow: usize, aStep: usize, b: usize, bias: usize, c: usize): void {
  stripe(true, columns, depth, a, aRow, aStep, b, bias, c);
}

/**
 * C[rows, columns] = activation(A B + bias) by tiles; row i of A begins at a + i·aRow, its numbers lie aStep bytes
 * apart, so that a transposed A (aRow = 4) need not be moved. Up to three numbers behind B and bias are read.
 */
export function gemmByTiles(
  rows: i32, columns: i32, depth: i32, a: usize, aRow: usize, aStep: usize, b: usize, bias: usize, out: usize,
  activation: i32,
): void {
  const stride: usize = columns << 2;
  let i: i32 = 0;
  for (; i + ROWS <= rows; i += ROWS) {
    const p = a + i * aRow, c = out + i * stride;
    let j: i32 = 0;
    for (; j + 8 <= columns; j += 8) {
      const at: usize = j << 2;
      tile6x8(depth, p, aRow, aStep, b + at, stride, bias ? bias + at : 0, c + at, stride);
    }
    for (; j < columns; j += 4) {
      const at: usize = j << 2;
      tile6x4(columns - j, depth, p, aRow, aStep, b + at, stride, bias ? bias + at : 0, c + at, stride);
    }
    if (activation) unary(activation, ROWS * columns, c, c);
  }
  const rest = out + i * stride, left = (rows - i) * columns;
  if (columns >= WIDE && (columns & 3) == 0) {
    for (; i < rows; i++) sweep(columns, depth, a + i * aRow, aStep, b, bias, out + i * stride);
  }
  for (; i + 2 <= rows; i += 2) twoRows(columns, depth, a + i * aRow, aRow, aStep, b, bias, out + i * stride);
  if (i < rows) oneRow(columns, depth, a + i * aRow, aStep, b, bias, out + i * stride);
  if (activation) unary(activation, left, rest, rest);
}

/**
 * out[i·outStep] = bias[i·biasStep] + query · matrix[i] for each of the rows; steps in bytes, that of the biases 0 or 4.
 * Four sums at once: each waits for its last addition.
 */
function dots(
  rows: i32, depth: i32, query: usize, matrix: usize, bias: usize, biasStep: usize, out: usize, outStep: usize,
): void {
  const stride: usize = depth << 2, whole: usize = bytesOfFours(depth), rest: i32 = depth & 3;
  let i = 0;
  for (; i + 4 <= rows; i += 4) {
    let s0 = splat(0), s1 = s0, s2 = s0, s3 = s0;
    const p0 = matrix, p1 = p0 + stride, p2 = p1 + stride, p3 = p2 + stride;
    for (let at: usize = 0; at < whole; at += 16) {
      const v = v128.load(query + at);
      s0 = multiplyAdd(s0, v, v128.load(p0 + at));
      s1 = multiplyAdd(s1, v, v128.load(p1 + at));
      s2 = multiplyAdd(s2, v, v128.load(p2 + at));
      s3 = multiplyAdd(s3, v, v128.load(p3 + at));
    }
    if (rest) {
      const v = loadFirst(rest, query + whole);
      s0 = multiplyAdd(s0, v, loadFirst(rest, p0 + whole));
      s1 = multiplyAdd(s1, v, loadFirst(rest, p1 + whole));
      s2 = multiplyAdd(s2, v, loadFirst(rest, p2 + whole));
      s3 = multiplyAdd(s3, v, loadFirst(rest, p3 + whole));
    }
    let sums = sumLanesOfFour(s0, s1, s2, s3);
    if (bias) {
      sums = f32x4.add(sums, biasStep ? v128.load(bias) : v128.load_splat<f32>(bias));
      bias += 4 * biasStep;
    }
    if (outStep == 4) v128.store(out, sums);
    else {
      v128.store_lane<f32>(out, sums, 0);
      v128.store_lane<f32>(out + outStep, sums, 1);
      v128.store_lane<f32>(out + 2 * outStep, sums, 2);
      v128.store_lane<f32>(out + 3 * outStep, sums, 3);
    }
    out += 4 * outStep;
    matrix += 4 * stride;
  }
  for (; i < rows; i++) {
    let s = splat(0);
    for (let at: usize = 0; at < whole; at += 16) s = multiplyAdd(s, v128.load(query + at), v128.load(matrix + at));
    if (rest) s = multiplyAdd(s, loadFirst(rest, query + whole), loadFirst(rest, matrix + whole));
    let sum = sumLanes(s);
    if (bias) {
      sum += load<f32>(bias);
      bias += biasStep;
    }
    store<f32>(out, sum);
    out += outStep;
    matrix += stride;
  }
}

/** out[i, 0] = bias[0] + first · matrix[i], out[i, 1] = bias[1] + second · matrix[i]: `dots` twice, but each row is read once. */
function pairsOfDots(
  rows: i32, depth: i32, first: usize, second: usize, matrix: usize, bias: usize, out: usize, outStep: usize,
): void {
  const stride: usize = depth << 2, whole: usize = bytesOfFours(depth), rest: i32 = depth & 3;
  const paired = bias ? v128.load64_splat(bias) : splat(0);
  let i = 0;
  for (; i + 4 <= rows; i += 4) {
    let f0 = splat(0), f1 = f0, f2 = f0, f3 = f0, s0 = f0, s1 = f0, s2 = f0, s3 = f0;
    const p0 = matrix, p1 = p0 + stride, p2 = p1 + stride, p3 = p2 + stride;
    for (let at: usize = 0; at < whole; at += 16) {
      const f = v128.load(first + at), s = v128.load(second + at);
      let row = v128.load(p0 + at);
      f0 = multiplyAdd(f0, f, row);
      s0 = multiplyAdd(s0, s, row);
      row = v128.load(p1 + at);
      f1 = multiplyAdd(f1, f, row);
      s1 = multiplyAdd(s1, s, row);
      row = v128.load(p2 + at);
      f2 = multiplyAdd(f2, f, row);
      s2 = multiplyAdd(s2, s, row);
      row = v128.load(p3 + at);
      f3 = multiplyAdd(f3, f, row);
      s3 = multiplyAdd(s3, s, row);
    }
    if (rest) {
      const f = loadFirst(rest, first + whole), s = loadFirst(rest, second + whole);
      let row = loadFirst(rest, p0 + whole);
      f0 = multiplyAdd(f0, f, row);
      s0 = multiplyAdd(s0, s, row);
      row = loadFirst(rest, p1 + whole);
      f1 = multiplyAdd(f1, f, row);
      s1 = multiplyAdd(s1, s, row);
      row = loadFirst(rest, p2 + whole);
      f2 = multiplyAdd(f2, f, row);
      s2 = multiplyAdd(s2, s, row);
      row = loadFirst(rest, p3 + whole);
      f3 = multiplyAdd(f3, f, row);
      s3 = multiplyAdd(s3, s, row);
    }
    const upper = f32x4.add(sumLanesOfFour(f0, s0, f1, s1), paired), lower = f32x4.add(sumLanesOfFour(f2, s2, f3, s3), paired);
    v128.store64_lane(out, upper, 0);
    v128.store64_lane(out + outStep, upper, 1);
    v128.store64_lane(out + 2 * outStep, lower, 0);
    v128.store64_lane(out + 3 * outStep, lower, 1);
    out += 4 * outStep;
    matrix += 4 * stride;
  }
  dots(rows - i, depth, first, matrix, bias, 0, out, outStep);
  dots(rows - i, depth, second, matrix, bias ? bias + 4 : 0, 0, out + 4, outStep);
}

@inline
function transpose4x4(x: usize, xStep: usize, out: usize, outStep: usize): void {
  const a = v128.load(x), b = v128.load(x + xStep), c = v128.load(x + 2 * xStep), d = v128.load(x + 3 * xStep);
  const ab0 = v128.shuffle<f32>(a, b, 0, 4, 1, 5), ab1 = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const cd0 = v128.shuffle<f32>(c, d, 0, 4, 1, 5), cd1 = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(out, v128.shuffle<f32>(ab0, cd0, 0, 1, 4, 5));
  v128.store(out + outStep, v128.shuffle<f32>(ab0, cd0, 2, 3, 6, 7));
  v128.store(out + 2 * outStep, v128.shuffle<f32>(ab1, cd1, 0, 1, 4, 5));
  v128.store(out + 3 * outStep, v128.shuffle<f32>(ab1, cd1, 2, 3, 6, 7));
}

/** out[columns, rows] = x[rows, columns] transposed. */
export function transpose(rows: i32, columns: i32, x: usize, out: usize): void {
  const xStep: usize = columns << 2, outStep: usize = rows << 2;
  let i = 0;
  for (; i + 4 <= rows; i += 4) {
    let p = x + i * xStep, q = out + (i << 2);
    let j = 0;
    for (; j + 4 <= columns; j += 4) {
      transpose4x4(p, xStep, q, outStep);
      p += 16;
      q += 4 * outStep;
    }
    for (; j < columns; j++) {
      for (let r: usize = 0; r < 4; r++) store<f32>(q + (r << 2), load<f32>(p + r * xStep));
      p += 4;
      q += outStep;
    }
  }
  for (; i < rows; i++) {
    for (let j = 0; j < columns; j++) store<f32>(out + j * outStep + (i << 2), load<f32>(x + i * xStep + (j << 2)));
  }
}

/**
 * out[rows, columns] = activation(A B + bias): A is [rows, depth], or [depth, rows] if transposed; B is [depth, columns],
 * or [columns, depth] if transposed; bias is [columns] or absent. `scratch` has room for
 * depth·columns numbers where B is transposed or has fewer than four columns; if A alone is transposed then, rows·columns.
 */
export function gemm(
  rows: i32, columns: i32, depth: i32, a: usize, aTransposed: i32, b: usize, bTransposed: i32, bias: usize, out: usize,
  scratch: usize, activation: i32,
): void {
  const narrow = columns < 4;
  if (narrow && aTransposed && !bTransposed && !bias) { // Bᵀ A goes along the rows of A, and is turned afterwards
    gemmByTiles(columns, rows, depth, b, 4, columns << 2, a, 0, scratch, 0);
    transpose(columns, rows, scratch, out);
  } else if (narrow && !aTransposed) {
    if (!bTransposed && columns > 1) {
      transpose(depth, columns, b, scratch);
      b = scratch;
    }
    let j = 0;
    for (; j + 2 <= columns; j += 2) {
      pairsOfDots(rows, depth, rowOf(b, j, depth), rowOf(b, j + 1, depth), a, bias ? bias + (j << 2) : 0, out + (j << 2), columns << 2);
    }
    if (j < columns) dots(rows, depth, rowOf(b, j, depth), a, bias ? bias + (j << 2) : 0, 0, out + (j << 2), columns << 2);
  } else if (bTransposed && rows < 3 && !aTransposed) {
    for (let i = 0; i < rows; i++) dots(columns, depth, rowOf(a, i, depth), b, bias, 4, out + ((i * columns) << 2), 4);
  } else {
    if (bTransposed) {
      transpose(columns, depth, b, scratch);
      b = scratch;
    }
    const aRow: usize = aTransposed ? 4 : depth << 2, aStep: usize = aTransposed ? rows << 2 : 4;
    gemmByTiles(rows, columns, depth, a, aRow, aStep, b, bias, out, activation);
    return;
  }
  if (activation) unary(activation, rows * columns, out, out);
}

@inline
function rowOf(matrix: usize, row: i32, depth: i32): usize {
  return matrix + ((row * depth) << 2);
}

/**
 * out[i] = activation(matrices[index[i]] x[i] + biases[index[i]]): a network chosen by number for each of `count` inputs.
 * matrices is [members, rows, depth], biases [members, rows] or absent. Traps where a number is none of a member.
 */
export function indexedGemv(
  count: i32, rows: i32, depth: i32, matrices: usize, members: i32, index: usize, x: usize, biases: usize, out: usize,
  activation: i32,
): void {
  for (let i = 0; i < count; i++) {
    const member = load<u32>(index + (i << 2));
    if (member >= <u32>members) unreachable();
    dots(rows, depth, x, matrices + ((member * rows * depth) << 2), biases ? biases + ((member * rows) << 2) : 0, 4, out, 4);
    if (activation) unary(activation, rows, out, out);
    x += depth << 2;
    out += rows << 2;
  }
}
