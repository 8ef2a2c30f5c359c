/**
 * LaTeX → MathML by Temml, with the book's colour vocabulary as macros and no style attribute left. Each formula
 * carries its TeX as an annotation.
 */

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

/** @typedef {import("../generated/methods.d.ts").WrongFormula} WrongFormula */
/** @typedef {Readonly<Record<string, string>>} Macros By name with the backslash. */

/** What others typeset and Temml does not know, in terms of what it knows. */
const ALIASES = {
  "\\KaTeX": "\\text{KaTeX}",
  "\\approxcolon": "\\mathrel{\\approx\\mathord{:}}",
  "\\approxcoloncolon": "\\mathrel{\\approx\\mathord{:}\\mathord{:}}",
  "\\boxed": "\\fbox{$\\displaystyle{#1}$}",
  "\\copyright": "\\text{©}",
  "\\hbox": "\\text{#1}",
  "\\mbox": "\\text{#1}",
  "\\minuso": "\\mathbin{⊖}",
  "\\overlinesegment": "\\overline",
  "\\simcolon": "\\mathrel{\\sim\\mathord{:}}",
  "\\simcoloncolon": "\\mathrel{\\sim\\mathord{:}\\mathord{:}}",
  "\\textregistered": "\\text{®}",
  "\\underlinesegment": "\\underline",
  "\\xrightleftarrows": "\\xtofrom",
};

const NUMBERED = "number the formula: $$ … $$ {#eq-name}, and refer to it by [](#eq-name)";
const LINKED = "put the formula into a link: [$…$](https://…)";
const COLOURED = "\\textcolor{…}{…} sets a colour";
const UNITS = "this is siunitx's; write 3\\,\\mathrm{m}";

/**
 * Commands that cannot do here what they do elsewhere, and the way round.
 *
 * @type {Readonly<Record<string, string>>}
 */
const ELSEWHERE = {
  DeclareMathOperator: "define it under [math.macros] in content/book.toml: diag = '\\operatorname{diag}'",
  label: NUMBERED,
  ref: NUMBERED,
  eqref: NUMBERED,
  href: LINKED,
  url: LINKED,
  includegraphics: "put the picture into the text: ![what it shows](file.png)",
  htmlClass: COLOURED,
  htmlData: COLOURED,
  htmlId: COLOURED,
  htmlStyle: COLOURED,
  id: COLOURED,
  style: COLOURED,
  data: COLOURED,
  SI: UNITS,
  si: UNITS,
  num: UNITS,
  ang: UNITS,
  unit: UNITS,
};

const COMMAND = /%[^\n]*|\\(?:([A-Za-z]+)|[^])/g;
/** Of a quantity, siunitx's \qty{3}{m}; with one argument, physics' \qty{x} is a pair of braces. */
const QUANTITY = /^\s*(?:\[[^\]]*\]\s*)?\{[^{}]*\}\s*\{/;

/**
 * The first command that leads nowhere, or null.
 *
 * @param {string} tex
 * @param {Macros} defined
 * @returns {WrongFormula | null}
 */
function leadingNowhere(tex, defined) {
  for (const match of tex.matchAll(COMMAND)) {
    const [text, name] = match;
    if (name === undefined || Object.hasOwn(defined, text)) continue;
    const quantity = name === "qty" && QUANTITY.test(tex.slice(match.index + text.length));
    if (!quantity && !Object.hasOwn(ELSEWHERE, name)) continue;
    const hint = quantity ? UNITS : /** @type {string} */ (ELSEWHERE[name]);
    return { error: `${text} has no effect in this book`, hint, position: match.index, length: text.length };
  }
  return null;
}

/**
 * Temml says with style attributes what the page's security policy forbids to be said there. Each declaration
 * becomes a class of the same words: “border-top:0.06em_solid”. builder/draw/formulas.py writes the rules
 * for those that a book has. These are the properties that Temml sets.
 */
export const PROPERTIES = new Set([
  "background-color",
  "border",
  "border-bottom",
  "border-left",
  "border-right",
  "border-top",
  "bottom",
  "color",
  "display",
  "font-family",
  "font-style",
  "font-weight",
  "height",
  "justify-content",
  "left",
  "margin-left",
  "math-depth",
  "padding",
  "padding-bottom",
  "padding-left",
  "padding-right",
  "padding-top",
  "position",
  "right",
  "text-align",
  "transform",
  "white-space",
  "width",
]);
const VALUE = /^[\w\s.,#%()'+-]+$/;

/**
 * Declarations for which styles/math.css has a class of its own, or a rule for all formulas.
 *
 * @type {Readonly<Record<string, string>>}
 */
const KNOWN = {
  "display:block math": "",
  "font-family:Cambria, 'Times New Roman', serif": "m-serif",
};

/**
 * @param {string} declaration
 * @param {string} tex
 */
function className(declaration, tex) {
  if (Object.hasOwn(KNOWN, declaration)) return KNOWN[declaration];
  const [property = "", value = ""] = declaration.split(/:(.*)/s).map((part) => part.trim());
  if (value === "undefined") return ""; // a colour that is that of the text around
  if (!PROPERTIES.has(property) || !VALUE.test(value))
    throw new Error(`no class can stand for the style “${declaration}” of ${tex}`);
  return `${property}:${value.replaceAll(/\s+/g, "_")}`;
}

/**
 * @param {string} mathml
 * @param {string} tex
 */
function withoutStyles(mathml, tex) {
  return mathml.replace(/( class="[^"]*")? style="([^"]*)"/g, (_, attribute = "", /** @type {string} */ style) => {
    const declarations = style
      .split(";")
      .map((one) => one.trim())
      .filter(Boolean);
    if (declarations.some((one) => one.startsWith("level:"))) return attribute; // an empty cell: Temml's own state, no style
    const names = [attribute.slice(8, -1), ...declarations.map((one) => className(one, tex))].filter(Boolean);
    return names.length ? ` class="${names.join(" ")}"` : "";
  });
}

/** A \rule is of the ink around it, which is not black on a dark page. */
const INKED = '<mspace mathbackground="black"';

/** Environments that number each of their lines elsewhere: here a formula has one number, and by its author's wish. */
const COUNTING = /(\\(?:begin|end)\s*\{(?:align|alignat|equation|gather|multline))\}/g;

/** A sized bracket, which Temml would pair with the next plain one: f\big( x ). By another name it is let alone. */
const SIZED = /(\\[bB]igg?)\s*(\(|\[|\\\{)/g;
/** @type {Readonly<Record<string, string>>} */
const OPENING = { "(": "\\lparen ", "[": "\\lbrack ", "\\{": "\\lbrace " };

/**
 * @param {string} tex
 * @param {object} options
 * @returns {string}
 */
function convert(tex, options) {
  try {
    return temml.renderToString(tex, options);
  } catch (error) {
    const apart = tex.replace(SIZED, (_, /** @type {string} */ size, bracket) => size + OPENING[bracket]);
    if (apart === tex) throw error;
    try {
      return temml.renderToString(apart, options);
    } catch {
      throw error; // whose places are those of what the author wrote
    }
  }
}

/** Temml sets no space between a fraction and the function that it stands before, where TeX does: ½ log x. */
const FUNCTION_BEHIND = /(<\/(?:mfrac|mstyle)><mrow>)(<mi>[^<]+<\/mi><mo>\u2061<\/mo>)/g;
/** The hat has a class, by which styles make it as large as it must be to be told from a dot. */
const HAT = /<mo stretchy="false" class="([^"]*">\u02c6<\/mo>)/g;

const PLACE = / at (?:position \d+|end of input): ([^]*)$/;

/**
 * What Temml says, at its place in the formula; a mistake in a macro's own text is at the macro's use.
 *
 * @param {any} error
 * @param {string} tex
 * @param {Macros} macros
 * @param {readonly number[]} added
 */
function failure(error, tex, macros, added) {
  const message = String(error.message);
  const context = PLACE.exec(message)?.[1]?.trim().replaceAll("\u0332", "").replaceAll("…", "") ?? "";
  const told = { error: message.replace(PLACE, "").trim(), position: 0, hint: "" };
  if (/^Unsupported function name/.test(told.error))
    told.hint = "is it misspelt? You can define it under [math.macros] in content/book.toml";
  if (/got '[_^]'$/.test(told.error)) told.hint = "inside \\text and \\texttt write \\_ for an underscore";
  if (/got '&'$/.test(told.error))
    told.hint = "put \\begin{aligned} and \\end{aligned} around the lines, inside the signs";
  if (typeof error.position === "number" && tex.includes(context)) {
    told.position = error.position - added.filter((at, before) => at + before < error.position).length;
  } else {
    const used = [...tex.matchAll(COMMAND)].find(([text]) => Object.hasOwn(macros, text));
    if (used) {
      told.error = `${told.error}, in the macro ${used[0]}`;
      told.hint = "it stands under [math.macros] in content/book.toml";
      told.position = used.index;
    }
  }
  return told;
}

/**
 * A formula's MathML, or what is wrong with it.
 *
 * @param {import("../generated/methods.d.ts").FormulaParams} formula
 * @param {Macros} macros
 */
export function renderOne({ tex, display }, macros) {
  const nowhere = leadingNowhere(tex, macros);
  if (nowhere) return nowhere;
  /** @type {number[]} */
  const added = [];
  const counted = tex.replace(COUNTING, (/** @type {string} */ whole, name, /** @type {number} */ at) => {
    added.push(at + whole.length);
    return `${name}*}`;
  });
  const options = {
    displayMode: display,
    annotate: true,
    throwOnError: true,
    strict: false,
    trust: (/** @type {{ command: string }} */ context) => context.command === "\\class",
    macros: { ...ALIASES, ...VOCABULARY, ...macros },
  };
  try {
    const mathml = convert(counted, options);
    const set = withoutStyles(mathml, tex)
      .replaceAll(INKED, '<mspace class="m-rule"')
      .replace(FUNCTION_BEHIND, '$1<mspace width="0.1667em"></mspace>$2')
      .replace(HAT, '<mo stretchy="false" class="hat $1');
    return { mathml: set };
  } catch (error) {
    return failure(error, counted, macros, added);
  }
}

/**
 * For each formula its MathML, or what is wrong with it.
 *
 * @param {import("../generated/methods.d.ts").MathParams} params
 */
export function renderMath({ items, macros = {} }) {
  return items.map((item) => renderOne(item, macros));
}
