/**
 * Ink on paper as a PNG data address: black with the pixel's value as opacity, in 32 steps from none to full. Static
 * frames are half as large as with 256 steps, and no eye tells them apart.
 */

import { crc32, deflateSync } from "node:zlib";

const STEPS = 31;
const OPACITY = Buffer.from(Array.from({ length: STEPS + 1 }, (_, step) => Math.round((255 * step) / STEPS)));

/**
 * @param {string} type
 * @param {Uint8Array} data
 */
function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const envelope = Buffer.alloc(8);
  envelope.writeUInt32BE(data.length, 0);
  envelope.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([envelope.subarray(0, 4), body, envelope.subarray(4)]);
}

/**
 * `pixels` row by row, 0 paper to 1 full ink.
 *
 * @param {ArrayLike<number>} pixels
 * @param {number} width
 * @param {number} height
 */
export function inkImage(pixels, width, height) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8); // 8 bits, which name a colour of the palette
  const rows = Buffer.alloc(height * (1 + width)); // no filter: neighbours among few colours are often the same
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const ink = Math.min(1, Math.max(0, pixels[y * width + x] ?? 0));
      rows[y * (1 + width) + 1 + x] = Math.round(STEPS * ink);
    }
  }
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const png = Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("PLTE", Buffer.alloc(3 * OPACITY.length)),
    chunk("tRNS", OPACITY),
    chunk("IDAT", deflateSync(rows, { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
  return `data:image/png;base64,${png.toString("base64")}`;
}
