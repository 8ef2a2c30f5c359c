/** LaTeX → MathML by Temml, with the book's colour vocabulary as macros and no style attribute left. */

import temml from "temml";

/** The macros that give a concept its hue: $\z$ is the code wherever it stands. */
const VOCABULARY = {
  "\\x": "\\class{c-x}{x}",
  "\\z": "\\class{c-z}{z}",
  "\\xhat": "\\class{c-xhat}{\\hat{x}}",
  "\\mean": "\\class{c-mu}{\\mu}",
  "\\spread": "\\class{c-sigma}{\\sigma}",
  "\\noise": "\\class{c-eps}{\\varepsilon}",
};

/**
 * Temml says some paddings with style attributes, which the page's security policy forbids: they become
 * classes that styles/math.css knows. A style without a class is an error here, not a formula that looks wrong.
 */
const CLASSES = {
  "display:block math": "",
  "math-depth:0": "m-depth-0",
  "padding:3pt;border:1px solid": "m-boxed",
};

/** Cells of arrays: none, a column separation (6 pt), or some em on either side. */
const PADDING = /^padding-left:(0|5\.9776|[\d.]+)(?:em|pt);padding-right:(0|5\.9776|[\d.]+)(?:em|pt)$/;

function className(style) {
  const padding = PADDING.exec(style);
  if (!padding) return CLASSES[style];
  const name = (size) => `${size}`.replace("5.9776", "6pt").replace(".", "-");
  return `m-left-${name(padding[1])} m-right-${name(padding[2])}`;
}

function withoutStyles(mathml) {
  return mathml.replace(/( class="[^"]*")? style="([^"]*)"/g, (_, attribute = "", style) => {
    const name = className(style.replace(/;\s*$/, ""));
    if (name === undefined) throw new Error(`this needs the style “${style}”, which no class of styles/math.css stands for`);
    const names = [attribute.slice(8, -1), name].filter(Boolean).join(" ");
    return names ? ` class="${names}"` : "";
  });
}

function renderOne({ tex, display }) {
  try {
    const mathml = temml.renderToString(tex, {
      displayMode: display,
      annotate: false,
      throwOnError: true,
      strict: false,
      trust: (context) => context.command === "\\class",
      macros: { ...VOCABULARY },
    });
    return { mathml: withoutStyles(mathml) };
  } catch (error) {
    const message = String(error.message).replace(/ at (?:position \d+|end of input): [^]*$/, "").trim();
    return { error: message, position: typeof error.position === "number" ? error.position : 0 };
  }
}

export function renderMath({ items }) {
  return items.map(renderOne);
}
