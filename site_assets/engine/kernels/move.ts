/** Numbers from one place to another. Sizes are in bytes and multiples of 4. */

const SHORT = 1024; // bytes; below, a call of memory.copy costs more than the copying

@inline
function move(to: usize, from: usize, bytes: i32): void {
  if (bytes > SHORT) {
    memory.copy(to, from, bytes);
    return;
  }
  let i = 0;
  for (; i + 16 <= bytes; i += 16) v128.store(to + i, v128.load(from + i));
  for (; i < bytes; i += 4) store<i32>(to + i, load<i32>(from + i));
}

/** out[i] = x[index[i]] for `count` rows of `bytes`. Traps where a number is none of the `members` rows. */
export function gather(count: i32, members: i32, bytes: i32, x: usize, index: usize, out: usize): void {
  for (let i = 0; i < count; i++) {
    const row = load<u32>(index + (i << 2));
    if (row >= <u32>members) unreachable();
    move(out, x + row * bytes, bytes);
    out += bytes;
  }
}

/** `count` pieces of `bytes`, each `xStride` after the last one, to places `outStride` apart. */
export function copy(count: i32, bytes: i32, x: usize, xStride: usize, out: usize, outStride: usize): void {
  for (let i = 0; i < count; i++) {
    move(out, x, bytes);
    x += xStride;
    out += outStride;
  }
}
