/**
 * Reading and rewriting a WebAssembly module, function by function. Functions are counted as the code section
 * has them: imported ones, which have no body, are left out.
 *
 * Binaryen would do it too: it takes 25 s to read and write ONNX Runtime's 14 MB, and weighs 100 MB. What is
 * changed here are two kinds of bytes at the start of a body, so the sections are copied and only instructions
 * are left to a parser.
 */

import wasmparser from "wasmparser";

const { BinaryReader, BinaryReaderState: State, OperatorCode } = wasmparser;

const IMPORTS = 2, GLOBALS = 6, EXPORTS = 7, CODE = 10, CUSTOM = 0; // section ids
const FUNCTION = 0, TABLE = 1, MEMORY = 2, GLOBAL = 3; // kinds of imports and exports
const I32 = 0x7f, MUTABLE = 1, I32_CONST = 0x41, GLOBAL_SET = 0x24, UNREACHABLE = 0x00, END = 0x0b;
const HEADER = 8; // bytes of magic number and version

/** A body that traps: its size, no locals, `unreachable`, `end`. */
const TRAP = Buffer.from([3, 0, UNREACHABLE, END]);

/** Reads numbers in LEB128 off `bytes`. */
class Cursor {
  constructor(bytes, at) {
    this.bytes = bytes;
    this.at = at;
  }

  byte() {
    return this.bytes[this.at++];
  }

  number() {
    let value = 0, scale = 1, byte;
    do {
      byte = this.byte();
      value += (byte & 0x7f) * scale;
      scale *= 128;
    } while (byte & 0x80);
    return value;
  }

  skip(count) {
    this.at += count;
  }

  limits() {
    const flags = this.byte();
    this.number();
    if (flags & 1) this.number();
  }

  name() {
    const length = this.number();
    this.skip(length);
    return this.bytes.toString("utf8", this.at - length, this.at);
  }
}

/** A number in LEB128. */
export function leb(value) {
  const bytes = [];
  do {
    const low = value % 128;
    value = Math.floor(value / 128);
    bytes.push(value > 0 ? low | 0x80 : low);
  } while (value > 0);
  return Buffer.from(bytes);
}

/** Where everything lies that is looked at or rewritten. */
export function readLayout(wasm) {
  const bytes = Buffer.from(wasm.buffer, wasm.byteOffset, wasm.byteLength);
  const layout = { bytes, sections: [], importedFunctions: 0, globals: 0, exports: new Map(), bodies: [] };
  const cursor = new Cursor(bytes, HEADER);
  while (cursor.at < bytes.length) {
    const id = cursor.byte();
    const size = cursor.number();
    layout.sections.push({ id, start: cursor.at, end: cursor.at + size });
    readSection(layout, id, new Cursor(bytes, cursor.at));
    cursor.skip(size);
  }
  return layout;
}

function readSection(layout, id, cursor) {
  if (id === IMPORTS) readImports(layout, cursor);
  else if (id === GLOBALS) layout.globals += cursor.number();
  else if (id === EXPORTS) readExports(layout, cursor);
  else if (id === CODE) {
    for (let left = cursor.number(); left > 0; left--) {
      const size = cursor.number();
      layout.bodies.push({ start: cursor.at, end: cursor.at + size });
      cursor.skip(size);
    }
  }
}

function readImports(layout, cursor) {
  for (let left = cursor.number(); left > 0; left--) {
    cursor.name();
    cursor.name();
    const kind = cursor.byte();
    if (kind === FUNCTION) {
      layout.importedFunctions++;
      cursor.number();
    } else if (kind === TABLE) {
      cursor.byte();
      cursor.limits();
    } else if (kind === MEMORY) {
      cursor.limits();
    } else if (kind === GLOBAL) {
      layout.globals++;
      cursor.skip(2);
    } else {
      throw new Error(`an import of the unknown kind ${kind}`);
    }
  }
}

function readExports(layout, cursor) {
  for (let left = cursor.number(); left > 0; left--) {
    const name = cursor.name();
    const kind = cursor.byte();
    const index = cursor.number();
    if (kind === FUNCTION) layout.exports.set(name, index - layout.importedFunctions);
  }
}

/** The module with some sections' contents replaced: id → new content. Custom sections (names) go. */
function rebuilt({ bytes, sections }, replaced) {
  const parts = [bytes.subarray(0, HEADER)];
  for (const { id, start, end } of sections) {
    if (id === CUSTOM) continue;
    const content = replaced[id] ?? bytes.subarray(start, end);
    parts.push(Buffer.from([id]), leb(content.length), content);
  }
  return Buffer.concat(parts);
}

/** The content of a section that is a vector, with entries added at its end. */
function extended({ bytes, sections }, id, entries) {
  const { start, end } = sections.find((section) => section.id === id);
  const cursor = new Cursor(bytes, start);
  const count = cursor.number();
  return Buffer.concat([leb(count + entries.length), bytes.subarray(cursor.at, end), ...entries]);
}

function whole(bytes, { start, end }) {
  return [leb(end - start), bytes.subarray(start, end)];
}

function code({ bodies }, bodyOf) {
  return Buffer.concat([leb(bodies.length), ...bodies.flatMap((body, index) => bodyOf(body, index))]);
}

/** The body with `instructions` before its own, behind the declarations of its locals. */
function prefixed(bytes, { start, end }, instructions) {
  const cursor = new Cursor(bytes, start);
  for (let left = cursor.number(); left > 0; left--) {
    cursor.number();
    cursor.byte();
  }
  const rest = bytes.subarray(cursor.at, end);
  return [leb(end - start + instructions.length), bytes.subarray(start, cursor.at), instructions, rest];
}

const ZERO = Buffer.from([I32, MUTABLE, I32_CONST, 0, END]);

/**
 * The module with `count` more counters (mutable i32 globals, 0 at first), all exported as `%` and their place
 * among them, and with the instructions that `before(function, place of the first counter)` gives at the start
 * of each function; none where it gives null.
 */
export function withCounters(wasm, count, before) {
  const layout = readLayout(wasm);
  const { bytes, globals } = layout;
  const places = Array.from({ length: count }, (_, place) => place);
  const exported = places.map((place) => {
    const name = Buffer.from(`%${place}`);
    return Buffer.concat([leb(name.length), name, Buffer.from([GLOBAL]), leb(globals + place)]);
  });
  return rebuilt(layout, {
    [GLOBALS]: extended(layout, GLOBALS, places.map(() => ZERO)),
    [EXPORTS]: extended(layout, EXPORTS, exported),
    [CODE]: code(layout, (body, index) => {
      const instructions = before(index, globals);
      return instructions ? prefixed(bytes, body, instructions) : whole(bytes, body);
    }),
  });
}

/** The module with an exported flag for each function, which the function sets when it is called. */
export function withFlags(wasm) {
  const set = Buffer.from([I32_CONST, 1, GLOBAL_SET]);
  return withCounters(wasm, readLayout(wasm).bodies.length, (index, first) => Buffer.concat([set, leb(first + index)]));
}

/** The flags of an instance of `withFlags`, by function. */
export function flagsOf(instance) {
  const flags = [];
  for (const [name, value] of Object.entries(instance.exports)) {
    if (name.startsWith("%")) flags[Number(name.slice(1))] = value;
  }
  return flags;
}

/**
 * The module with a trap in place of each function that is not `kept`. What it computes without trapping, it
 * computes as the whole module does: what is left of it is the same code.
 */
export function withTraps(wasm, kept) {
  const layout = readLayout(wasm);
  return rebuilt(layout, {
    [CODE]: code(layout, (body, index) => (kept.has(index) ? whole(layout.bytes, body) : [TRAP])),
  });
}

/** Of each function, which functions it calls directly. */
export function readCalls(wasm) {
  const { importedFunctions } = readLayout(wasm);
  const calls = [];
  const reader = new BinaryReader();
  const copy = Uint8Array.from(wasm); // the reader looks at a buffer from its beginning
  reader.setData(copy.buffer, 0, copy.length);
  while (reader.read()) {
    if (reader.state === State.BEGIN_FUNCTION_BODY) {
      calls.push(new Set());
    } else if (reader.state === State.CODE_OPERATOR && reader.result.code === OperatorCode.call) {
      const index = reader.result.funcIndex - importedFunctions;
      if (index >= 0) calls.at(-1).add(index);
    }
  }
  return calls;
}
