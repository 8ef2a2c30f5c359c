/** Whether pages are valid HTML, by html-validate's rules for what the standard demands. */

import { HtmlValidate, StaticConfigLoader } from "html-validate";

/**
 * "standard" has the rules of the HTML standard alone. Its other presets ask for a house style that is not
 * ours, or for what axe measures in the drawn page.
 */
const CONFIG = { root: true, extends: ["html-validate:standard"] };

/**
 * {path: html} → [{path, line, column, length, rule, message}]; lines and columns count from 1.
 *
 * @type {import("../generated/methods.d.ts").Methods["validate"]}
 */
export async function validateHtml({ pages }) {
  const validator = new HtmlValidate(new StaticConfigLoader(CONFIG));
  /** @type {import("../generated/methods.d.ts").HtmlMistake[]} */
  const found = [];
  for (const [path, html] of Object.entries(pages)) {
    const report = await validator.validateString(html, path);
    for (const { messages } of report.results) {
      for (const { line, column, size, ruleId, message } of messages) {
        found.push({ path, line, column, length: size, rule: ruleId, message });
      }
    }
  }
  return found;
}
