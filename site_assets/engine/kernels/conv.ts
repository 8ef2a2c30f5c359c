/** Convolutions of images in N C H W order, by matrix products (im2col and col2im). Kernels, strides and borders are square or equal on all sides. */

import { unary } from "./elementwise";
import { gemmByTiles } from "./gemm";
import { splat } from "./vector";

/** What is added to each channel, and what is made of it. */
@inline
function finish(channels: i32, size: i32, bias: usize, out: usize, activation: i32): void {
  for (let c = 0; c < channels; c++) {
    if (bias) {
      const one = v128.load_splat<f32>(bias + (c << 2)), value = load<f32>(bias + (c << 2));
      let i = 0, p = out;
      for (; i + 4 <= size; i += 4) {
        v128.store(p, f32x4.add(v128.load(p), one));
        p += 16;
      }
      for (; i < size; i++) {
        store<f32>(p, load<f32>(p) + value);
        p += 4;
      }
    }
    if (activation) unary(activation, size, out, out);
    out += size << 2;
  }
}

/** Numbers in a row of an image with its border, a few more than its width so that vectors may read beyond. */
@inline
function paddedWidth(width: i32, padding: i32): i32 {
  return (width + 2 * padding + 11) & ~3;
}

/**
 * out[n, o, y, x] = activation(bias[o] + Σ weight[o, i, u, v] · image[n, i, y·stride + u − padding, x·stride + v − padding]),
 * zeros around the image. `scratch` holds a patch per result (channelsIn·kernel² × heightOut·widthOut) and the padded
 * image.
 */
export function conv(
  images: i32, channelsIn: i32, channelsOut: i32, heightIn: i32, widthIn: i32, heightOut: i32, widthOut: i32,
  kernelHeight: i32, kernelWidth: i32, stride: i32, padding: i32, x: usize, weight: usize, bias: usize, out: usize,
  scratch: usize, activation: i32,
): void {
  const places = heightOut * widthOut, depth = channelsIn * kernelHeight * kernelWidth;
  const width = paddedWidth(widthIn, padding), height = heightIn + 2 * padding;
  const padded = scratch + ((places * depth) << 2);
  memory.fill(padded, 0, (channelsIn * height * width) << 2);
  for (let n = 0; n < images; n++) {
    for (let i = 0; i < channelsIn; i++) {
      for (let y = 0; y < heightIn; y++) {
        memory.copy(padded + (((i * height + y + padding) * width + padding) << 2), x, widthIn << 2);
        x += widthIn << 2;
      }
    }
    let patch = scratch;
    for (let i = 0; i < channelsIn; i++) {
      for (let u = 0; u < kernelHeight; u++) {
        for (let v = 0; v < kernelWidth; v++) {
          for (let y = 0; y < heightOut; y++) {
            patches(widthOut, stride, padded + (((i * height + y * stride + u) * width + v) << 2), patch);
            patch += widthOut << 2;
          }
        }
      }
    }
    gemmByTiles(channelsOut, places, depth, weight, depth << 2, 4, scratch, 0, out, 0);
    finish(channelsOut, places, bias, out, activation);
    out += (channelsOut * places) << 2;
  }
}

/** Every `stride`th number of a row. */
@inline
function patches(size: i32, stride: i32, x: usize, out: usize): void {
  let i = 0;
  if (stride == 1) {
    for (; i + 4 <= size; i += 4) {
      v128.store(out, v128.load(x));
      x += 16;
      out += 16;
    }
  } else if (stride == 2) {
    for (; i + 4 <= size; i += 4) {
      v128.store(out, v128.shuffle<f32>(v128.load(x), v128.load(x, 16), 0, 2, 4, 6));
      x += 32;
      out += 16;
    }
  }
  for (; i < size; i++) {
    store<f32>(out, load<f32>(x));
    x += stride << 2;
    out += 4;
  }
}

const EDGE: usize = 16; // bytes of zeros on either side of a line

/**
 * The transposed convolution: image[n, i, y, x]·weight[i, o, u, v] is added to
 * out[n, o, y·stride + u − padding, x·stride + v − padding], then bias and activation. `scratch` holds
 * channelsOut·kernel² × heightIn·widthIn products and kernelWidth lines of widthIn + 8 numbers.
 */
export function convTranspose(
  images: i32, channelsIn: i32, channelsOut: i32, heightIn: i32, widthIn: i32, heightOut: i32, widthOut: i32,
  kernelHeight: i32, kernelWidth: i32, stride: i32, padding: i32, x: usize, weight: usize, bias: usize, out: usize,
  scratch: usize, activation: i32,
): void {
  const places = heightIn * widthIn, kernel = kernelHeight * kernelWidth, size = heightOut * widthOut;
  const lines = scratch + ((channelsOut * kernel * places) << 2);
  // Twice as wide, in whole vectors: even and odd columns are summed apart and interleaved
  const doubling = stride == 2 && widthOut == 2 * widthIn && (widthIn & 3) == 0 && kernelWidth <= 8;
  if (doubling) memory.fill(lines, 0, (kernelWidth * (widthIn + 8)) << 2);
  for (let n = 0; n < images; n++) {
    gemmByTiles(channelsOut * kernel, places, channelsIn, weight, 4, (channelsOut * kernel) << 2, x, 0, scratch, 0);
    for (let o = 0; o < channelsOut; o++) {
      const products = scratch + ((o * kernel * places) << 2), channel = out + ((o * size) << 2);
      if (doubling) addDoubling(heightIn, widthIn, heightOut, kernelHeight, kernelWidth, padding, products, lines, channel);
      else if (places == 1) place(kernelHeight, kernelWidth, heightOut, widthOut, padding, products, channel);
      else addAnywhere(heightIn, widthIn, heightOut, widthOut, kernelHeight, kernelWidth, stride, padding, products, channel);
    }
    finish(channelsOut, size, bias, out, activation);
    x += (channelsIn * places) << 2;
    out += (channelsOut * size) << 2;
  }
}

/** One channel of stride 2: for each column of the kernel a line of sums over its rows, then columns by parity. */
@inline
function addDoubling(
  heightIn: i32, widthIn: i32, heightOut: i32, kernelHeight: i32, kernelWidth: i32, padding: i32,
  products: usize, lines: usize, out: usize,
): void {
  const places = heightIn * widthIn, line: usize = (widthIn + 8) << 2, width: usize = widthIn << 2;
  for (let y = 0; y < heightOut; y++) {
    for (let v = 0; v < kernelWidth; v++) {
      const sums = lines + v * line + EDGE;
      let found = false;
      for (let u = (y + padding) & 1; u < kernelHeight; u += 2) {
        const row = (y + padding - u) >> 1;
        if (<u32>row >= <u32>heightIn) continue;
        const x = products + (((u * kernelWidth + v) * places + row * widthIn) << 2);
        if (found) for (let i: usize = 0; i < width; i += 16) v128.store(sums + i, f32x4.add(v128.load(sums + i), v128.load(x + i)));
        else for (let i: usize = 0; i < width; i += 16) v128.store(sums + i, v128.load(x + i));
        found = true;
      }
      if (!found) memory.fill(sums, 0, width);
    }
    for (let i: usize = 0; i < width; i += 16) {
      let even = splat(0), odd = splat(0);
      for (let v = padding & 1; v < kernelWidth; v += 2) {
        even = f32x4.add(even, v128.load(lines + v * line + EDGE + i - (((v - padding) >> 1) << 2)));
      }
      for (let v = (padding & 1) ^ 1; v < kernelWidth; v += 2) {
        odd = f32x4.add(odd, v128.load(lines + v * line + EDGE + i - (((v - padding - 1) >> 1) << 2)));
      }
      v128.store(out, v128.shuffle<f32>(even, odd, 0, 4, 1, 5));
      v128.store(out, v128.shuffle<f32>(even, odd, 2, 6, 3, 7), 16);
      out += 32;
    }
  }
}

/** One channel of an image of one place: the kernel's lines, as far as they fall within. */
@inline
function place(
  kernelHeight: i32, kernelWidth: i32, heightOut: i32, widthOut: i32, padding: i32, products: usize, out: usize,
): void {
  memory.fill(out, 0, (heightOut * widthOut) << 2);
  const width = min(kernelWidth - padding, widthOut), end = min(kernelHeight, heightOut + padding);
  if (width <= 0) return;
  for (let u = padding; u < end; u++) {
    memory.copy(out + (((u - padding) * widthOut) << 2), products + ((u * kernelWidth + padding) << 2), width << 2);
  }
}

/** One channel of any stride: of each line of products, what falls within the image. */
@inline
function addAnywhere(
  heightIn: i32, widthIn: i32, heightOut: i32, widthOut: i32, kernelHeight: i32, kernelWidth: i32, stride: i32, padding: i32,
  products: usize, out: usize,
): void {
  memory.fill(out, 0, (heightOut * widthOut) << 2);
  for (let u = 0; u < kernelHeight; u++) {
    for (let v = 0; v < kernelWidth; v++) {
      const before = padding - v, within = widthOut + before; // columns·stride that fall within are from `before` to `within`
      const first = before > 0 ? (before + stride - 1) / stride : 0;
      const end = within > 0 ? min(widthIn, (within + stride - 1) / stride) : 0;
      for (let row = 0; row < heightIn; row++) {
        const y = row * stride + u - padding;
        if (<u32>y < <u32>heightOut && first < end) {
          const place = y * widthOut + first * stride - before;
          addSpread(end - first, stride, products + (first << 2), out + (place << 2));
        }
        products += widthIn << 2;
      }
    }
  }
}

/** Adds each of `size` numbers to every `stride`th of `out`. */
@inline
function addSpread(size: i32, stride: i32, x: usize, out: usize): void {
  let i = 0;
  if (stride == 1) {
    for (; i + 4 <= size; i += 4) {
      v128.store(out, f32x4.add(v128.load(out), v128.load(x)));
      x += 16;
      out += 16;
    }
  }
  for (; i < size; i++) {
    store<f32>(out, load<f32>(out) + load<f32>(x));
    x += 4;
    out += stride << 2;
  }
}
