/** The picture that goes with a shared link: a page's title beside its figure's static drawing, as PNG. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { initWasm, Resvg } from "@resvg/resvg-wasm";
import { decompress } from "wawoff2";
import { ROOT } from "./places.mjs";
import { fontFiles, STYLES } from "./poster_files.mjs";

export const WIDTH = 1200;
export const HEIGHT = 630;
const EDGE = 72;
const DRAWING = { x: 590, y: 60, width: 545, height: 510 };
const TITLE_WIDTH = DRAWING.x - EDGE - 40;

/** Strips, such as a row of digits, make no picture by themselves. */
const LONGEST_SHAPE = 2.5;

/** What the rasteriser's own style sheets understand. */
const PLAIN_SELECTOR = /^[\w.#*-]+(?:\s*[>\s]\s*[\w.#*-]+)*$/;

/**
 * The parts of a text between separators that stand in no brackets.
 *
 * @param {string} text
 * @param {string} separator
 */
function splitOutside(text, separator) {
  const parts = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "(") depth++;
    else if (text[i] === ")") depth--;
    else if (text[i] === separator && depth === 0) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  return [...parts, text.slice(start)].map((part) => part.trim());
}

/**
 * `:is(a, b) c` as `a c` and `b c`.
 *
 * @param {string} selector
 * @returns {string[]}
 */
function plainSelectors(selector) {
  const [, before = "", choices, after = ""] = /^([^:]*):is\(([^()]*)\)(.*)$/.exec(selector) ?? [];
  if (choices === undefined) return [selector];
  return splitOutside(choices, ",").flatMap((choice) => plainSelectors(before + choice + after));
}

/**
 * Rules outside of @media and the like, comments left out: selector and body.
 *
 * @param {string} css
 */
function topLevelRules(css) {
  const text = css.replace(/\/\*[^]*?\*\//g, "");
  /** @type {[string, string][]} */
  const rules = [];
  let position = 0;
  while (position < text.length) {
    const open = text.indexOf("{", position);
    if (open < 0) break;
    let end = open + 1;
    for (let depth = 1; depth > 0 && end < text.length; end++)
      depth += Number(text[end] === "{") - Number(text[end] === "}");
    // A statement such as @import may stand before the rule.
    const selector = text
      .slice(text.lastIndexOf(";", open) >= position ? text.lastIndexOf(";", open) + 1 : position, open)
      .trim();
    if (!selector.startsWith("@")) rules.push([selector, text.slice(open + 1, end - 1)]);
    position = end;
  }
  return rules;
}

/**
 * The book's styles on light paper, without what the rasteriser can't read: variables, :is(), themes.
 *
 * @param {string} css
 */
function plainStyles(css) {
  const rules = topLevelRules(css);
  const [, root = ""] = rules.find(([selector]) => selector === ":root") ?? [];
  const tokens = new Map(
    splitOutside(root, ";")
      .map((line) => splitOutside(line, ":"))
      .map(([name, ...value]) => [name, value.join(":")]),
  );
  /** @type {(value: string) => string} */
  const resolve = (value) => {
    const known = value.replace(/var\((--[\w-]+)\)/g, (_, name) => tokens.get(name) ?? "");
    const light = known.replace(/light-dark\(([^(),]*),[^()]*\)/g, "$1");
    return light === value ? value : resolve(light);
  };
  return rules
    .map(([selector, body]) => {
      const plain = splitOutside(selector, ",")
        .flatMap(plainSelectors)
        .filter((one) => PLAIN_SELECTOR.test(one));
      const lines = splitOutside(body, ";")
        .map(resolve)
        .filter((line) => line && !/^--|color-mix|light-dark/.test(line));
      return plain.length && lines.length ? `${plain.join(", ")} { ${lines.join("; ")} }` : "";
    })
    .filter(Boolean)
    .join("\n");
}

/**
 * Width and height of a PNG, from its header.
 *
 * @param {string} address
 */
function sizeOfPng(address) {
  const header = Buffer.from(address.slice(address.indexOf(",") + 1, address.indexOf(",") + 33), "base64");
  return { width: header.readUInt32BE(16), height: header.readUInt32BE(20) };
}

/**
 * @typedef {object} Drawing
 * @property {string} [svg]
 * @property {string} [address]
 * @property {number} width
 * @property {number} height
 */

/** @type {(width: number, height: number) => boolean} */
const isCompact = (width, height) => Math.max(width / height, height / width) <= LONGEST_SHAPE;

/**
 * The first drawing of a static frame that is a picture by itself.
 *
 * @param {string} markup
 * @returns {Drawing | null}
 */
function mainDrawing(markup) {
  for (const [whole, , address = ""] of markup.matchAll(
    /<svg\b[^>]*>[^]*?<\/svg>|<(img)\b[^>]*\bsrc="(data:image\/png[^"]*)"[^>]*>/g,
  )) {
    if (whole.startsWith("<svg")) {
      const box = /\bviewBox="[\d.-]+\s+[\d.-]+\s+([\d.]+)\s+([\d.]+)"/.exec(whole);
      if (!box || /aria-hidden="true"/.test(whole.slice(0, whole.indexOf(">")))) continue;
      const [width, height] = [Number(box[1]), Number(box[2])];
      if (isCompact(width, height)) return { svg: whole, width, height };
    } else {
      const { width, height } = sizeOfPng(address);
      if (isCompact(width, height)) return { address, width, height };
    }
  }
  return null;
}

/** @param {Drawing} drawing */
function placed(drawing) {
  const scale = Math.min(DRAWING.width / drawing.width, DRAWING.height / drawing.height);
  const [width, height] = [drawing.width * scale, drawing.height * scale];
  const [x, y] = [DRAWING.x + (DRAWING.width - width) / 2, DRAWING.y + (DRAWING.height - height) / 2];
  const place = `x="${x}" y="${y}" width="${width}" height="${height}"`;
  if (drawing.address) return `<image ${place} href="${drawing.address}" image-rendering="optimizeSpeed"/>`;
  const { svg = "" } = drawing;
  const visible = svg.includes("xmlns=") ? svg : svg.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"');
  // HTML allows attributes without a value; XML, which the rasteriser reads, doesn't.
  const xml = visible.replace(/<[\w-]+(?:\s+[\w:-]+(?:="[^"]*")?)*\s*\/?>/g, (tag) =>
    tag.replace(/(\s[\w:-]+)(="[^"]*")?/g, (_, /** @type {string} */ name, value = '=""') => name + value),
  );
  return xml.replace(/<svg\b/, `<svg ${place}`);
}

/** @type {(text: string) => string} */
const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

/**
 * Words in lines no wider than `width`, measured by the rasteriser.
 *
 * @param {string} text
 * @param {string} attributes
 * @param {number} width
 * @param {import("@resvg/resvg-wasm").ResvgRenderOptions} options
 */
function lines(text, attributes, width, options) {
  /** @type {(line: string) => number} */
  const measure = (line) => {
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="4000" height="200"><text y="100" ${attributes}>${escaped(line)}</text></svg>`;
    return new Resvg(svg, options).getBBox()?.width ?? 0;
  };
  /** @type {string[]} */
  const broken = [];
  for (const word of text.split(/\s+/)) {
    const longer = broken.length ? `${broken.at(-1)} ${word}` : word;
    if (broken.length && measure(longer) <= width) broken[broken.length - 1] = longer;
    else broken.push(word);
  }
  return broken;
}

/** @type {Promise<{ styles: string, options: import("@resvg/resvg-wasm").ResvgRenderOptions }> | null} */
let prepared = null;

/** The rasteriser, its fonts and the styles: once a process. */
function prepare() {
  prepared ??= (async () => {
    await initWasm(await readFile(join(ROOT, "node_modules/@resvg/resvg-wasm/index_bg.wasm")));
    const fonts = await fontFiles();
    const fontBuffers = [];
    // Copied, because the decoder hands out the same memory each time.
    for (const name of fonts) fontBuffers.push(Uint8Array.from(await decompress(await readFile(join(ROOT, name)))));
    const sheets = await Promise.all(STYLES.map((name) => readFile(join(ROOT, name), "utf8")));
    return {
      styles: plainStyles(sheets.join("\n")),
      options: { font: { fontBuffers, defaultFontFamily: "Book Sans" } },
    };
  })();
  return prepared;
}

/**
 * {png} in base64: `label` above the title, the book's name at the foot, the drawing to the right.
 *
 * @type {import("../generated/methods.d.ts").Methods["poster"]}
 */
export async function drawPoster({ label, title, book, markup }) {
  const { styles, options } = await prepare();
  const drawing = mainDrawing(markup);
  const face = `font-family="Book Serif" font-size="${title.length > 24 ? 54 : 66}"`;
  const lead = title.length > 24 ? 62 : 76;
  const titleLines = lines(title, face, TITLE_WIDTH, options);
  const top = HEIGHT / 2 - ((titleLines.length - 1) * lead) / 2;
  const footLines = lines(book, 'font-family="Book Serif" font-style="italic" font-size="25"', TITLE_WIDTH, options);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" color="#111111">
<style>${escaped(styles)}</style>
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fffff8"/>
<text x="${EDGE}" y="${EDGE + 24}" font-family="Book Sans" font-size="25" fill="#5e5e58">${escaped(label)}</text>
${titleLines.map((line, i) => `<text x="${EDGE}" y="${top + i * lead}" ${face} fill="#111111">${escaped(line)}</text>`).join("\n")}
${footLines.map((line, i) => `<text x="${EDGE}" y="${HEIGHT - EDGE - (footLines.length - 1 - i) * 32}" font-family="Book Serif" font-style="italic" font-size="25" fill="#5e5e58">${escaped(line)}</text>`).join("\n")}
${drawing ? placed(drawing) : ""}
</svg>`;
  const image = new Resvg(svg, options).render();
  return { png: Buffer.from(image.asPng()).toString("base64") };
}
