/** A scene as an SVG file, and drawn into a PNG of twice its size. */

import type { File } from "./download.ts";
import { cssFont, type Mark, type Matrix, type Scene } from "./scene.ts";

const TWICE = 2;

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => ESCAPES[sign] as string);
}

function round(value: number): string {
  return String(Number(value.toFixed(3)));
}

function transform(matrix: Matrix): string {
  return `matrix(${matrix.map(round).join(" ")})`;
}

/** What a canvas or an image shows, as an address. */
function address(source: HTMLCanvasElement | HTMLImageElement): string {
  return source instanceof HTMLImageElement ? source.src : source.toDataURL();
}

const ruler = document.createElement("canvas").getContext("2d") as CanvasRenderingContext2D;

function element(mark: Mark): string {
  const seen = mark.opacity < 1 ? ` opacity="${round(mark.opacity)}"` : "";
  const place = ` transform="${transform(mark.matrix)}"${seen}`;
  if (mark.kind === "image") {
    const rendering = mark.smooth ? "" : ' image-rendering="pixelated"';
    return `<image href="${address(mark.source)}" width="${round(mark.width)}" height="${round(mark.height)}" preserveAspectRatio="none"${rendering}${place}/>`;
  }
  if (mark.kind === "path") {
    const line = mark.width
      ? ` stroke="${mark.stroke}" stroke-width="${round(mark.width)}" stroke-linecap="${mark.cap}" stroke-linejoin="${mark.join}"${mark.dash.length ? ` stroke-dasharray="${mark.dash.map(round).join(" ")}"` : ""}`
      : "";
    return `<path d="${mark.d}" fill="${mark.fill || "none"}"${line}${place}/>`;
  }
  const { font, halo } = mark;
  ruler.font = cssFont(font);
  // The width that the text has here holds where the book's fonts are not at hand.
  const length = ruler.measureText(mark.text).width;
  const around = halo
    ? ` stroke="${halo.stroke}" stroke-width="${round(halo.width)}" stroke-linejoin="round" paint-order="stroke"`
    : "";
  return `<text font-family="${escaped(font.family)}" font-size="${round(font.size)}" font-weight="${font.weight}" font-style="${font.style}" fill="${mark.fill || "none"}" textLength="${round(length)}" lengthAdjust="spacingAndGlyphs" xml:space="preserve"${around}${place}>${escaped(mark.text)}</text>`;
}

export function svgOf(scene: Scene, name: string): File {
  const { width, height, paper, title, marks } = scene;
  const content = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="${paper}"/>`,
    ...marks.map(element),
    "</svg>",
  ].join("\n");
  return { name, type: "image/svg+xml", content };
}

function draw(context: CanvasRenderingContext2D, mark: Mark): void {
  context.save();
  context.transform(...mark.matrix);
  context.globalAlpha = mark.opacity;
  if (mark.kind === "image") {
    context.imageSmoothingEnabled = mark.smooth;
    context.drawImage(mark.source, 0, 0, mark.width, mark.height);
  } else if (mark.kind === "path") {
    const path = new Path2D(mark.d);
    context.fillStyle = mark.fill;
    if (mark.fill) context.fill(path);
    context.strokeStyle = mark.stroke;
    context.lineWidth = mark.width;
    context.lineCap = mark.cap;
    context.lineJoin = mark.join;
    context.setLineDash(mark.dash);
    if (mark.width) context.stroke(path);
  } else {
    context.font = cssFont(mark.font);
    if (mark.halo) {
      context.strokeStyle = mark.halo.stroke;
      context.lineWidth = mark.halo.width;
      context.lineJoin = "round";
      context.strokeText(mark.text, 0, 0);
    }
    context.fillStyle = mark.fill;
    if (mark.fill) context.fillText(mark.text, 0, 0);
  }
  context.restore();
}

export async function drawScene(scene: Scene, name: string): Promise<File> {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [TWICE * scene.width, TWICE * scene.height];
  const context = canvas.getContext("2d") as CanvasRenderingContext2D;
  context.scale(TWICE, TWICE);
  context.fillStyle = scene.paper;
  context.fillRect(0, 0, scene.width, scene.height);
  for (const mark of scene.marks) draw(context, mark);
  const content = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/png"));
  if (!content) throw new Error("this browser could not write a PNG of this size");
  return { name, type: "image/png", content };
}
