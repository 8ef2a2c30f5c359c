/**
 * ONNX files, as far as it takes to give a graph its weights: the book's live graphs read them from the input `params`,
 * which becomes a constant of the graph. Field numbers are those of onnx.proto.
 */

interface Field {
  readonly number: number;
  /** The whole field, its tag included. */
  readonly bytes: Uint8Array;
  /** What it holds, of a field with a length; empty of a number. */
  readonly content: Uint8Array;
}

const GRAPH = 7; // of ModelProto
const [INITIALIZER, INPUT] = [5, 11]; // of GraphProto
const VALUE_NAME = 1; // of ValueInfoProto
const [DIMS, DATA_TYPE, NAME, RAW_DATA] = [1, 2, 8, 9]; // of TensorProto
const FLOAT = 1;
const [VARINT, FIXED64, LENGTH, FIXED32] = [0, 1, 2, 5]; // wire types

function readVarint(bytes: Uint8Array, start: number): { value: number; next: number } {
  let value = 0;
  let scale = 1;
  let next = start;
  for (;;) {
    const byte = bytes[next++];
    if (byte === undefined) throw new Error("this is not an ONNX file");
    value += (byte & 0x7f) * scale;
    scale *= 128;
    if (byte < 0x80) return { value, next };
  }
}

function fieldsOf(message: Uint8Array): Field[] {
  const fields: Field[] = [];
  for (let start = 0; start < message.length;) {
    const { value: tag, next } = readVarint(message, start);
    const [number, wire] = [Math.floor(tag / 8), tag % 8];
    let [from, end] = [next, next];
    if (wire === VARINT) end = readVarint(message, next).next;
    else if (wire === FIXED64) end = next + 8;
    else if (wire === FIXED32) end = next + 4;
    else if (wire === LENGTH) {
      const length = readVarint(message, next);
      from = length.next;
      end = from + length.value;
    } else throw new Error("this is not an ONNX file");
    const content = wire === LENGTH ? message.subarray(from, end) : new Uint8Array();
    fields.push({ number, bytes: message.subarray(start, end), content });
    start = end;
  }
  return fields;
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value >= 0x80; value = Math.floor(value / 128)) bytes.push((value % 128) | 0x80);
  return [...bytes, value];
}

function joined(parts: readonly ArrayLike<number>[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function lengthField(number: number, content: ArrayLike<number>): Uint8Array {
  return joined([varint(8 * number + LENGTH), varint(content.length), content]);
}

function numberField(number: number, value: number): number[] {
  return [...varint(8 * number + VARINT), ...varint(value)];
}

function nameOf(value: Uint8Array): string {
  const name = fieldsOf(value).find(({ number }) => number === VALUE_NAME);
  return new TextDecoder().decode(name?.content);
}

/** The model with its input `name` made a constant of the graph, a float32 vector. */
export function withConstant(model: Uint8Array, name: string, values: Float32Array): Uint8Array {
  const raw = new DataView(new ArrayBuffer(4 * values.length));
  values.forEach((value, i) => raw.setFloat32(4 * i, value, true));
  const constant = joined([
    numberField(DIMS, values.length),
    numberField(DATA_TYPE, FLOAT),
    lengthField(NAME, new TextEncoder().encode(name)),
    lengthField(RAW_DATA, new Uint8Array(raw.buffer)),
  ]);
  const parts = fieldsOf(model).map((field) => {
    if (field.number !== GRAPH) return field.bytes;
    const kept = fieldsOf(field.content).filter(({ number, content }) => number !== INPUT || nameOf(content) !== name);
    return lengthField(GRAPH, joined([...kept.map(({ bytes }) => bytes), lengthField(INITIALIZER, constant)]));
  });
  return joined(parts);
}
