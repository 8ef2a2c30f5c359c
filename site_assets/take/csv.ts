/** A figure's table as comma-separated values (RFC 4180), its numbers as programs read them. */

import type { Table } from "../kit/figure/figure.ts";
import type { File } from "./download.ts";

const GROUPED = /^-?\d{1,3}(,\d{3})+(\.\d+)?$/;

function field(cell: string | number): string {
  const text = String(cell).replaceAll("−", "-").replaceAll(" ", " ");
  const plain = GROUPED.test(text) ? text.replaceAll(",", "") : text;
  return /[",\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}

export function csv({ columns, rows }: Table, name: string): File {
  const lines = [columns, ...rows].map((cells) => cells.map(field).join(","));
  return { name, type: "text/csv", content: `${lines.join("\r\n")}\r\n` };
}
