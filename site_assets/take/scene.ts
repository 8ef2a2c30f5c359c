/**
 * A figure as it stands in the page, taken apart into marks: paths, texts, pictures, each with its place and its looks.
 * So it can be drawn anew with the page's own fonts, by which a browser would not draw an SVG, and without controls.
 * Always on light paper: a picture goes into print, or onto a slide.
 */

export type Matrix = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/** From where to where a mark reaches. */
interface Extent {
  readonly top: number;
  readonly bottom: number;
}

export interface PathMark extends Extent {
  readonly kind: "path";
  readonly d: string;
  readonly matrix: Matrix;
  readonly fill: string;
  readonly stroke: string;
  readonly width: number;
  readonly dash: readonly number[];
  readonly cap: CanvasLineCap;
  readonly join: CanvasLineJoin;
  readonly opacity: number;
}

export interface TextMark extends Extent {
  readonly kind: "text";
  readonly text: string;
  readonly matrix: Matrix;
  readonly font: Font;
  readonly fill: string;
  /** Drawn behind the letters. */
  readonly halo: { readonly stroke: string; readonly width: number } | null;
  readonly opacity: number;
}

export interface ImageMark extends Extent {
  readonly kind: "image";
  readonly source: HTMLCanvasElement | HTMLImageElement;
  readonly matrix: Matrix;
  readonly width: number;
  readonly height: number;
  readonly smooth: boolean;
  readonly opacity: number;
}

export type Mark = PathMark | TextMark | ImageMark;

export interface Font {
  readonly style: string;
  readonly weight: string;
  readonly size: number;
  readonly family: string;
}

export interface Scene {
  readonly width: number;
  readonly height: number;
  readonly paper: string;
  readonly title: string;
  readonly marks: readonly Mark[];
}

const MARGIN = 24;
const GAP = 14;
const BAND = 26; // the most that is left empty between two marks
const LEFT_OUT =
  ".controls, .figure-try, button, select, input, textarea, script, .visually-hidden, .popover, .sidenote, annotation";
const SHAPES = "path, line, circle, ellipse, rect, polyline, polygon, text";

const ruler = document.createElement("canvas").getContext("2d") as CanvasRenderingContext2D;

export function cssFont({ style, weight, size, family }: Font): string {
  return `${style} ${weight} ${size}px ${family}`;
}

/** The figure without its controls, below its title; then its caption, where it comes from, and the link to its state. */
export function sceneOf(figure: HTMLElement, link: string): Scene {
  const root = document.documentElement;
  const theme = root.dataset["theme"];
  root.dataset["theme"] = "light"; // for as long as nothing is painted
  try {
    return composed(figure, link);
  } finally {
    if (theme === undefined) delete root.dataset["theme"];
    else root.dataset["theme"] = theme;
  }
}

function composed(figure: HTMLElement, link: string): Scene {
  const width = Math.ceil(figure.getBoundingClientRect().width) + 2 * MARGIN;
  const marks: Mark[] = [];
  let bottom = MARGIN;
  for (const part of [".figure-head", "[data-role=stage]", ".figure-caption"]) {
    const element = figure.querySelector<HTMLElement>(`:scope > ${part}`);
    if (!element) continue;
    const gathered = packed(gather(element, MARGIN - figure.getBoundingClientRect().left, 0), bottom);
    marks.push(...gathered.marks);
    bottom = gathered.bottom + GAP;
    if (part === "[data-role=stage]") bottom = written(marks, settings(figure), figure, width, bottom);
  }
  const book = document.querySelector(".masthead-title")?.textContent ?? document.title;
  const said = (name: string): string => document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? "";
  const source = [book, said("author"), said("dcterms.license")].filter(Boolean).join(", ");
  bottom = written(marks, `${source}.`, figure, width, bottom);
  bottom = written(marks, link, figure, width, bottom);
  const style = getComputedStyle(document.documentElement);
  return {
    width,
    height: Math.ceil(bottom - GAP + MARGIN),
    paper:
      colour(style.getPropertyValue("background-color")) ||
      colour(getComputedStyle(document.body).backgroundColor) ||
      "#fff",
    title: figure.querySelector(".figure-title")?.textContent ?? "",
    marks,
  };
}

/** What the controls are set to, which the picture leaves out. */
function settings(figure: HTMLElement): string {
  const told = [...figure.querySelectorAll<HTMLElement>(".control")].map((control) => {
    const name = control.querySelector("label:not(.toggle-choice), .control-label")?.textContent ?? "";
    const chosen =
      control.querySelector("output")?.textContent ??
      control.querySelector("select")?.selectedOptions[0]?.textContent ??
      control.querySelector("input:checked")?.closest("label")?.textContent ??
      control.querySelector<HTMLInputElement>("input[type=number]")?.value;
    return name && chosen ? `${name.trim()} ${chosen.trim()}` : "";
  });
  return told.filter(Boolean).join(" · ");
}

/** Adds lines of small text that fit the width; gives the new bottom. */
function written(marks: Mark[], text: string, figure: HTMLElement, width: number, top: number): number {
  if (!text) return top;
  const { fontFamily, color } = getComputedStyle(figure.querySelector(".figure-number") ?? figure);
  const font: Font = { style: "normal", weight: "400", size: 13, family: fontFamily };
  ruler.font = cssFont(font);
  const lines = [""];
  // Words, and an address where it may be broken.
  for (const word of text.split(/(?<= )|(?<=[&?/])/)) {
    const longer = `${lines.at(-1) ?? ""}${word}`;
    if (lines.at(-1) && ruler.measureText(longer).width > width - 2 * MARGIN) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  lines.forEach((line, i) => {
    const matrix: Matrix = [1, 0, 0, 1, MARGIN, top + 12 + 18 * i];
    const reach = { top: top + 18 * i, bottom: top + 18 * (i + 1) };
    marks.push({ kind: "text", text: line.trimEnd(), matrix, font, fill: color, halo: null, opacity: 1, ...reach });
  });
  return top + 18 * lines.length + GAP / 2;
}

function moved(mark: Mark, dy: number): Mark {
  const [a, b, c, d, e, f] = mark.matrix;
  return { ...mark, matrix: [a, b, c, d, e, f + dy], top: mark.top + dy, bottom: mark.bottom + dy };
}

/** The marks from `top` on, without the empty bands where controls stood; and where they end. */
function packed(marks: readonly Mark[], top: number): { marks: Mark[]; bottom: number } {
  const bands: { top: number; bottom: number }[] = [];
  for (const mark of [...marks].sort((one, other) => one.top - other.top)) {
    const last = bands.at(-1);
    if (last && mark.top <= last.bottom) last.bottom = Math.max(last.bottom, mark.bottom);
    else bands.push({ top: mark.top, bottom: mark.bottom });
  }
  const shifts: number[] = [];
  let end = top;
  bands.forEach((band, i) => {
    const before = bands[i - 1];
    const start = before ? end + Math.min(BAND, band.top - before.bottom) : top;
    shifts.push(start - band.top);
    end = start + band.bottom - band.top;
  });
  const bandOf = (mark: Mark): number => bands.findLastIndex((band) => mark.top >= band.top);
  return { marks: marks.map((mark) => moved(mark, shifts[bandOf(mark)] as number)), bottom: end };
}

/** A colour that shows; empty for none. */
function colour(value: string): string {
  return value === "none" || value === "transparent" || /^rgba\(.*, 0\)$/.test(value) ? "" : value;
}

function gather(element: Element, dx: number, dy: number): Mark[] {
  if (element.matches(LEFT_OUT)) return [];
  const style = getComputedStyle(element);
  if (style.display === "none" || style.visibility === "hidden") return [];
  if (element instanceof SVGSVGElement) return svgMarks(element, dx, dy);
  const box = element.getBoundingClientRect();
  const opacity = Number(style.opacity);
  if (element instanceof HTMLCanvasElement || element instanceof HTMLImageElement) {
    const matrix: Matrix = [1, 0, 0, 1, box.left + dx, box.top + dy];
    const smooth = style.imageRendering !== "pixelated";
    const { width, height } = box;
    return [{ kind: "image", source: element, matrix, width, height, smooth, opacity, ...reachOf(box, dy) }];
  }
  const marks = boxMarks(box, style, dx, dy);
  for (const child of element.childNodes) {
    if (child instanceof Text) marks.push(...textMarks(child, style, dx, dy));
    else if (child instanceof Element) marks.push(...gather(child, dx, dy));
  }
  return opacity < 1 ? marks.map((mark) => ({ ...mark, opacity: mark.opacity * opacity })) : marks;
}

function reachOf({ top, bottom }: DOMRect, dy: number): Extent {
  return { top: top + dy, bottom: bottom + dy };
}

function boxMarks({ left, top, right, bottom }: DOMRect, style: CSSStyleDeclaration, dx: number, dy: number): Mark[] {
  const marks: Mark[] = [];
  const fillBox = (x1: number, y1: number, x2: number, y2: number, fill: string): void => {
    const d = `M${x1} ${y1}L${x2} ${y1}L${x2} ${y2}L${x1} ${y2}Z`;
    marks.push({ ...PLAIN, d, matrix: [1, 0, 0, 1, dx, dy], fill, top: y1 + dy, bottom: y2 + dy });
  };
  const background = colour(style.backgroundColor);
  if (background) fillBox(left, top, right, bottom, background);
  const width = (side: string): number =>
    style.getPropertyValue(`border-${side}-style`) === "none"
      ? 0
      : Number.parseFloat(style.getPropertyValue(`border-${side}-width`));
  const of = (side: string): string => colour(style.getPropertyValue(`border-${side}-color`));
  if (width("top") && of("top")) fillBox(left, top, right, top + width("top"), of("top"));
  if (width("bottom") && of("bottom")) fillBox(left, bottom - width("bottom"), right, bottom, of("bottom"));
  if (width("left") && of("left")) fillBox(left, top, left + width("left"), bottom, of("left"));
  if (width("right") && of("right")) fillBox(right - width("right"), top, right, bottom, of("right"));
  return marks;
}

const PLAIN = {
  kind: "path",
  fill: "",
  stroke: "",
  width: 0,
  dash: [],
  cap: "butt",
  join: "miter",
  opacity: 1,
} as const satisfies Partial<PathMark>;

function fontOf(style: CSSStyleDeclaration): Font {
  return {
    style: style.fontStyle,
    weight: style.fontWeight,
    size: Number.parseFloat(style.fontSize),
    family: style.fontFamily,
  };
}

/** A text of the page, line by line as it is broken there. */
function textMarks(node: Text, style: CSSStyleDeclaration, dx: number, dy: number): Mark[] {
  const lines: { text: string; box: DOMRect }[] = [];
  const range = document.createRange();
  let at = 0;
  for (const letter of node.data) {
    range.setStart(node, at);
    at += letter.length;
    range.setEnd(node, at);
    const box = range.getClientRects()[0];
    if (!box || (box.width === 0 && !letter.trim())) continue;
    const last = lines.at(-1);
    if (last && Math.abs(last.box.top - box.top) < box.height / 2) last.text += letter;
    else if (letter.trim()) lines.push({ text: letter, box });
  }
  const font = fontOf(style);
  ruler.font = cssFont(font);
  const { fontBoundingBoxAscent: ascent, fontBoundingBoxDescent: descent } = ruler.measureText("x");
  return lines.map(({ text, box }): Mark => {
    const baseline = box.top + (box.height - ascent - descent) / 2 + ascent;
    const said = text.replace(/\s+/g, " ").trimEnd();
    return {
      kind: "text",
      text: style.textTransform === "uppercase" ? said.toUpperCase() : said,
      matrix: [1, 0, 0, 1, box.left + dx, baseline + dy],
      font,
      fill: style.color,
      halo: null,
      opacity: 1,
      ...reachOf(box, dy),
    };
  });
}

const CLOSE = 0.6; // of an SVG's units, between letters that follow each other
const NOTHING = 0.0001; // a stroke or an opacity below it does not show

function svgMarks(svg: SVGSVGElement, dx: number, dy: number): Mark[] {
  return [...svg.querySelectorAll<SVGGraphicsElement>(SHAPES)].flatMap((shape): Mark[] => {
    const style = getComputedStyle(shape);
    const transform = shape.getScreenCTM();
    if (!transform || style.display === "none" || style.visibility !== "visible" || hidden(shape, svg)) return [];
    const { a, b, c, d, e, f } = transform;
    const matrix: Matrix = [a, b, c, d, e + dx, f + dy];
    const opacity = opacityIn(shape, svg);
    const fill = faded(colour(style.fill), Number(style.fillOpacity));
    const stroke = faded(colour(style.stroke), Number(style.strokeOpacity));
    const scale = style.vectorEffect === "non-scaling-stroke" ? Math.sqrt(Math.abs(a * d - b * c)) || 1 : 1;
    const width = stroke ? Number.parseFloat(style.strokeWidth) / scale : 0;
    const reach = reachOf(shape.getBoundingClientRect(), dy);
    if (opacity < NOTHING) return [];
    if (shape instanceof SVGTextContentElement) {
      const halo = stroke && width > NOTHING ? { stroke, width } : null;
      return lettersOf(shape, matrix, style, fill, halo, opacity, reach);
    }
    if (!fill && width < NOTHING) return [];
    const dash = (style.strokeDasharray.match(/[\d.]+/g) ?? []).map((part) => Number(part) / scale);
    const cap = style.strokeLinecap as CanvasLineCap;
    const join = style.strokeLinejoin as CanvasLineJoin;
    return [{ kind: "path", d: pathOf(shape), matrix, fill, stroke, width, dash, cap, join, opacity, ...reach }];
  });
}

function hidden(shape: Element, svg: Element): boolean {
  for (let at: Element | null = shape; at && at !== svg; at = at.parentElement) {
    if (getComputedStyle(at).display === "none") return true;
  }
  return false;
}

function opacityIn(shape: Element, svg: Element): number {
  let opacity = 1;
  for (let at: Element | null = shape; at; at = at === svg ? null : at.parentElement) {
    opacity *= Number(getComputedStyle(at).opacity);
  }
  return opacity;
}

function faded(value: string, opacity: number): string {
  const parts = /^rgba?\(([^)]*)\)$/.exec(value)?.[1]?.split(",");
  if (!parts || !(opacity < 1)) return value;
  return `rgba(${parts.slice(0, 3).join(",")}, ${opacity * Number(parts[3] ?? 1)})`;
}

/** Letters that follow each other are one piece; where they are placed one by one, each is. */
function lettersOf(
  shape: SVGTextContentElement,
  [a, b, c, d, e, f]: Matrix,
  style: CSSStyleDeclaration,
  fill: string,
  halo: TextMark["halo"],
  opacity: number,
  reach: Extent,
): Mark[] {
  const marks: Mark[] = [];
  const walker = document.createTreeWalker(shape, NodeFilter.SHOW_TEXT);
  let at = 0; // among the letters that have a place
  while (walker.nextNode()) {
    const node = walker.currentNode as Text;
    const parent = node.parentElement as Element;
    const own = parent.isSameNode(shape) ? style : getComputedStyle(parent);
    const painted = own === style ? fill : colour(own.fill);
    let piece: { text: string; x: number; y: number } | null = null;
    const close = (): void => {
      if (!piece?.text.trim()) return;
      const { text, x, y } = piece;
      const matrix: Matrix = [a, b, c, d, a * x + c * y + e, b * x + d * y + f];
      marks.push({ kind: "text", text, matrix, font: fontOf(own), fill: painted, halo, opacity, ...reach });
    };
    for (const letter of node.data) {
      if (at >= shape.getNumberOfChars()) break;
      const { x, y } = shape.getStartPositionOfChar(at);
      const before = at > 0 ? shape.getEndPositionOfChar(at - 1) : null;
      const marked = /\p{M}/u.test(letter); // a hat stands over the letter before it
      const follows = marked || (before !== null && Math.abs(before.x - x) < CLOSE && Math.abs(before.y - y) < CLOSE);
      if (piece && follows) piece.text += letter;
      else {
        close();
        piece = { text: letter, x, y };
      }
      at += letter.length;
    }
    close();
  }
  return marks;
}

function ellipse(x: number, y: number, rx: number, ry: number): string {
  return `M${x - rx} ${y}a${rx} ${ry} 0 1 0 ${2 * rx} 0a${rx} ${ry} 0 1 0 ${-2 * rx} 0Z`;
}

function pathOf(shape: SVGGraphicsElement): string {
  if (shape instanceof SVGCircleElement) {
    const r = shape.r.baseVal.value;
    return ellipse(shape.cx.baseVal.value, shape.cy.baseVal.value, r, r);
  }
  if (shape instanceof SVGEllipseElement) {
    const { cx, cy, rx, ry } = shape;
    return ellipse(cx.baseVal.value, cy.baseVal.value, rx.baseVal.value, ry.baseVal.value);
  }
  if (shape instanceof SVGLineElement) {
    const { x1, y1, x2, y2 } = shape;
    return `M${x1.baseVal.value} ${y1.baseVal.value}L${x2.baseVal.value} ${y2.baseVal.value}`;
  }
  if (shape instanceof SVGRectElement) {
    const [x, y] = [shape.x.baseVal.value, shape.y.baseVal.value];
    const [right, bottom] = [x + shape.width.baseVal.value, y + shape.height.baseVal.value];
    return `M${x} ${y}L${right} ${y}L${right} ${bottom}L${x} ${bottom}Z`;
  }
  if (shape instanceof SVGPolylineElement || shape instanceof SVGPolygonElement) {
    const points = [...shape.points].map(({ x, y }) => `${x} ${y}`).join("L");
    return `M${points}${shape instanceof SVGPolygonElement ? "Z" : ""}`;
  }
  return shape.getAttribute("d") ?? "";
}
