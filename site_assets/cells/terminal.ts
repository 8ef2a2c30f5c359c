/**
 * What a program prints, as a terminal shows it: `\r` and `\b` go back over a line, and escape sequences (ECMA-48) move,
 * erase and set colours. Colours become classes, the 256 and the 16 million the nearest of eight: the page's own, which
 * can be read on its paper in light and in dark.
 */

const COLOURS = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"] as const;
type Colour = (typeof COLOURS)[number];

interface Style {
  readonly ink: Colour | null;
  readonly ground: Colour | null;
  readonly bold: boolean;
  readonly faint: boolean;
  readonly italic: boolean;
  readonly underline: boolean;
  readonly inverse: boolean;
}

interface Letter {
  readonly text: string;
  readonly style: Style;
}

const PLAIN: Style = {
  ink: null,
  ground: null,
  bold: false,
  faint: false,
  italic: false,
  underline: false,
  inverse: false,
};
const BLANK: Letter = { text: " ", style: PLAIN };

const MOST_COLUMNS = 1000; // a program that asks for a place further right is not taken at its word

/** A whole sequence: CSI with its parameters, OSC up to its end, or ESC and one letter. */
const SEQUENCE = /\x1b(?:\[([0-9;:?<=>]*)[ -/]*([@-~])|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-Z\\^-~])/y;
const LONGEST = 256; // of a sequence that has not ended yet; what is longer is text

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

export function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ESCAPES[character] as string);
}

export class Terminal {
  private readonly lines: Letter[][] = [[]];
  private row = 0;
  private column = 0;
  private style = PLAIN;
  /** A sequence whose end has not come yet. */
  private held = "";

  write(written: string): void {
    const text = this.held + written;
    this.held = "";
    for (let at = 0; at < text.length;) {
      if (text[at] === "\x1b") {
        SEQUENCE.lastIndex = at;
        const found = SEQUENCE.exec(text);
        if (!found && text.length - at < LONGEST) {
          this.held = text.slice(at);
          return;
        }
        if (found?.[2]) this.obey(found[2], found[1] as string);
        at += found?.[0].length ?? 1;
        continue;
      }
      const letter = String.fromCodePoint(text.codePointAt(at) as number);
      this.put(letter);
      at += letter.length;
    }
  }

  private get line(): Letter[] {
    while (this.lines.length <= this.row) this.lines.push([]);
    return this.lines[this.row] as Letter[];
  }

  private put(letter: string): void {
    if (letter === "\n") {
      this.row++;
      this.column = 0;
      void this.line;
    } else if (letter === "\r") this.column = 0;
    else if (letter === "\b") this.column = Math.max(0, this.column - 1);
    else if (/\p{M}/u.test(letter) && this.column > 0) this.accent(letter);
    else if (letter === "\t" || !/[\x00-\x1f\x7f]/.test(letter)) {
      const { line } = this;
      while (line.length < this.column) line.push(BLANK);
      line[this.column++] = { text: letter, style: this.style };
    }
  }

  /** A mark stands over the letter before it. */
  private accent(mark: string): void {
    const before = this.line[this.column - 1];
    if (before) this.line[this.column - 1] = { ...before, text: before.text + mark };
  }

  private obey(command: string, parameters: string): void {
    const numbers = parameters.split(/[;:]/).map(Number);
    const count = Math.max(1, numbers[0] || 1);
    switch (command) {
      case "m":
        this.style = styled(this.style, parameters === "" ? [0] : numbers);
        return;
      case "A":
        this.row = Math.max(0, this.row - count);
        return;
      case "B":
        this.row = Math.min(this.lines.length - 1, this.row + count);
        return;
      case "C":
        this.column = Math.min(MOST_COLUMNS, this.column + count);
        return;
      case "D":
        this.column = Math.max(0, this.column - count);
        return;
      case "G":
        this.column = Math.min(MOST_COLUMNS, count - 1);
        return;
      case "H":
      case "f":
        this.row = Math.min(this.lines.length - 1, count - 1);
        this.column = Math.min(MOST_COLUMNS, Math.max(1, numbers[1] || 1) - 1);
        return;
      case "K":
        this.eraseLine(numbers[0] || 0);
        return;
      case "J":
        this.eraseScreen(numbers[0] || 0);
    }
  }

  private eraseLine(which: number): void {
    const { line } = this;
    if (which === 0) line.length = Math.min(line.length, this.column);
    else if (which === 2) line.length = 0;
    else line.fill(BLANK, 0, Math.min(line.length, this.column + 1));
  }

  private eraseScreen(which: number): void {
    if (which === 0) {
      this.eraseLine(0);
      this.lines.length = this.row + 1;
    } else if (which === 1) {
      for (const line of this.lines.slice(0, this.row)) line.length = 0;
      this.eraseLine(1);
    } else for (const line of this.lines) line.length = 0;
  }

  /** The screen as HTML that needs no style attributes. */
  html(): string {
    return this.lines.map(lineHtml).join("\n");
  }
}

/** What a finished text looks like. */
export function terminalHtml(text: string): string {
  const terminal = new Terminal();
  terminal.write(text);
  return terminal.html();
}

function lineHtml(line: readonly Letter[]): string {
  const pieces: { style: Style; text: string }[] = [];
  for (const { text, style } of line) {
    const last = pieces.at(-1);
    if (last && classes(last.style) === classes(style)) last.text += text;
    else pieces.push({ style, text });
  }
  return pieces
    .map(({ style, text }) => {
      const named = classes(style);
      return named ? `<span class="${named}">${escape(text)}</span>` : escape(text);
    })
    .join("");
}

function classes({ ink, ground, bold, faint, italic, underline, inverse }: Style): string {
  return [
    ink && `ansi-${ink}`,
    ground && `ansi-on-${ground}`,
    bold && "ansi-bold",
    faint && "ansi-faint",
    italic && "ansi-italic",
    underline && "ansi-underline",
    inverse && "ansi-inverse",
  ]
    .filter(Boolean)
    .join(" ");
}

/** The style after a sequence `m` (SGR). */
function styled(before: Style, numbers: readonly number[]): Style {
  let style = before;
  for (let i = 0; i < numbers.length; i++) {
    const code = numbers[i] as number;
    if (code === 0) style = PLAIN;
    else if (code === 1) style = { ...style, bold: true };
    else if (code === 2) style = { ...style, faint: true };
    else if (code === 3) style = { ...style, italic: true };
    else if (code === 4) style = { ...style, underline: true };
    else if (code === 7) style = { ...style, inverse: true };
    else if (code === 22) style = { ...style, bold: false, faint: false };
    else if (code === 23) style = { ...style, italic: false };
    else if (code === 24) style = { ...style, underline: false };
    else if (code === 27) style = { ...style, inverse: false };
    else if (code === 39) style = { ...style, ink: null };
    else if (code === 49) style = { ...style, ground: null };
    else if (code === 38 || code === 48) {
      const of = numbers[i + 1] === 2 ? nearest(numbers.slice(i + 2, i + 5)) : indexed(numbers[i + 2] ?? 0);
      style = code === 38 ? { ...style, ink: of } : { ...style, ground: of };
      i += numbers[i + 1] === 2 ? 4 : 2;
    } else {
      const of = COLOURS[code % 10];
      const tens = code - (code % 10);
      if (of && (tens === 30 || tens === 90)) style = { ...style, ink: of };
      else if (of && (tens === 40 || tens === 100)) style = { ...style, ground: of };
    }
  }
  return style;
}

/** One of xterm's 256: the sixteen, a cube of six shades a side, 24 greys. */
function indexed(index: number): Colour | null {
  if (index < 16) return COLOURS[index % 8] ?? null;
  if (index >= 232) return index < 244 ? "black" : "white";
  const cube = index - 16;
  return nearest([Math.floor(cube / 36) * 51, (Math.floor(cube / 6) % 6) * 51, (cube % 6) * 51]);
}

/** Of the eight the one whose parts of red, green and blue are on where these, 0 to 255, are strong. */
function nearest(parts: readonly number[]): Colour | null {
  const most = Math.max(...parts);
  const least = Math.min(...parts);
  if (most - least < 40) return most < 128 ? "black" : "white";
  const middle = (most + least) / 2;
  return COLOURS[parts.reduce((sum, part, i) => sum + (part > middle ? 2 ** i : 0), 0)] ?? null;
}
