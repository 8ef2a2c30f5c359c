/** TypeScript types of each figure's state, from its figure.toml: the view and the address can't disagree. */

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stateType } from "../kit/base/state_types.ts";

function typesOf(spec) {
  const fields = Object.entries({ ...spec.state, ...spec.options }).map(
    ([key, field]) => `  /** ${field.description} */\n  readonly ${key}: ${stateType(field).typescript(field)};`,
  );
  const usesStrokes = fields.some((field) => field.includes("Stroke"));
  const stroke = usesStrokes ? 'import type { Stroke } from "../kit/base/state_types.ts";\n\n' : "";
  const roles =
    Object.keys(spec.models ?? {})
      .map((role) => JSON.stringify(role))
      .join(" | ") || "never";
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
