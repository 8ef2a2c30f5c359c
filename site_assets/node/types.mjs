/** TypeScript types of each figure's state, from its figure.toml: the view and the address can't disagree. */

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

function typeOf(spec) {
  switch (spec.type) {
    case "number":
    case "integer":
      return "number";
    case "boolean":
      return "boolean";
    case "choice":
      return spec.choices.map((choice) => JSON.stringify(choice)).join(" | ");
    case "text":
      return "string";
    case "strokes":
      return "readonly Stroke[]";
    default:
      throw new Error(`no type “${spec.type}”`);
  }
}

function typesOf(spec) {
  const fields = Object.entries({ ...spec.state, ...spec.options }).map(
    ([key, field]) => `  /** ${field.description} */\n  readonly ${key}: ${typeOf(field)};`,
  );
  const stroke = fields.some((field) => field.includes("Stroke")) ? 'import type { Stroke } from "../kit/base/spec.ts";\n\n' : "";
  const roles = Object.keys(spec.models ?? {}).map((role) => JSON.stringify(role)).join(" | ") || "never";
  return `// Generated from figure.toml; do not edit.\n${stroke}export interface State {\n${fields.join("\n")}\n}\n\nexport type Role = ${roles};\n`;
}

/** Writes `folder/<figure>.ts`; a file that is already right keeps its time. */
export async function writeTypes(folder, figures) {
  await mkdir(folder, { recursive: true });
  for (const [name, spec] of Object.entries(figures)) {
    const path = join(folder, `${name}.ts`);
    const types = typesOf(spec);
    const known = await readFile(path, "utf8").catch(() => null);
    if (known !== types) await writeFile(path, types);
  }
}
