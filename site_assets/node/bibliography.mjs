/**
 * A bibliography: BibTeX and biblatex by biblatex-csl-converter, formatted by citeproc with a CSL style.
 * Only what is cited comes here, with all that it inherits from.
 */

import { readFile } from "node:fs/promises";
import { BibLatexParser, CSLExporter } from "biblatex-csl-converter";
import CSL from "citeproc";
import { renderOne as formula } from "./math.mjs";

const locales = await import("@citation-js/plugin-csl/lib-mjs/locales.json", { with: { type: "json" } });
const styles = await import("@citation-js/plugin-csl/lib-mjs/styles.json", { with: { type: "json" } });
/** @type {Readonly<Record<string, string>>} */
const LOCALES = locales.default;
/** @type {Readonly<Record<string, string>>} */
const STYLES = styles.default;

/** @typedef {any} Nodes A field's value as the reader gives it: a text, or nodes that hold texts. */
/** @typedef {Record<string, Nodes>} Fields */
/** @typedef {Record<string, any>} Item A work in CSL's JSON. */
/** @typedef {Record<string, unknown>} Problem */
/** @typedef {{ text: string, address: string, variable?: string | undefined }} Link */
/** @typedef {{ whole?: string, tex?: string, link?: Link }} Thing What stands aside: a formula, or a link. */
/**
 * @typedef {object} Entry
 * @property {string} entry_key
 * @property {string} bib_type
 * @property {Fields} fields
 * @property {Fields} [unexpected_fields]
 * @property {Fields} [unknown_fields]
 * @property {string} [raw_text]
 */

/** A character of a private area stands for what neither reader nor formatter may touch. */
const FIRST_TOKEN = 0xe100;
const TOKENS = /[\ue100-\uf8fe]/g;
const OTHERS = "\uf8ff";

/** Puts a thing away and gives the character that stands for it. */
class Aside {
  /** @type {Thing[]} */
  kept = [];
  /** @param {Thing} thing */
  put(thing) {
    this.kept.push(thing);
    return String.fromCharCode(FIRST_TOKEN + this.kept.length - 1);
  }
  /**
   * The text with each character replaced by what `show` makes of the thing it stands for.
   *
   * @param {string} text
   * @param {(thing: Thing) => string} show
   */
  back(text, show) {
    return text.replace(TOKENS, (token) => show(this.kept[token.charCodeAt(0) - FIRST_TOKEN] ?? {}));
  }
}

/** Balanced: a lone dollar sign takes no other entry along. */
const INSIDE = String.raw`(?:[^$\\{}]|\\[^)]|\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\})`;
const FORMULA = new RegExp(
  String.raw`(?<![\\$])\$(?!\$)(${INSIDE}+)\$(?!\$)|\\\((${INSIDE}+?)\\\)|\\ensuremath\{(${INSIDE}*)\}`,
  "g",
);
/** Signs that programs which write BibTeX take from text mode. */
const MACROS = { "\\slash": "/", "\\textendash": "\\text{–}", "\\textemdash": "\\text{—}" };
/** A backslash before a sign that LaTeX would read; an address never has one of its own. */
const LATEX_SIGN = /\\([_%&#$~{}^])(?:\{\})?/g;

/**
 * What the reader would leave out without a word, in terms of what it knows.
 *
 * @type {Readonly<Record<string, string>>}
 */
const COMMANDS = {
  BibTeX: "BibTeX",
  LaTeX: "LaTeX",
  LaTeXe: "LaTeX2e",
  TeX: "TeX",
  XeTeX: "XeTeX",
  copyright: "©",
  dots: "…",
  textgreater: "{$>$}",
  textless: "{$<$}",
  textquotedblleft: "“",
  textquotedblright: "”",
  textquoteleft: "‘",
  textquoteright: "’",
};
const COMMAND = new RegExp(
  String.raw`\\(${Object.keys(COMMANDS).join("|")})(?![A-Za-z])(?:\{\}|[ \t]+(?=\S)|\\(?= ))?`,
  "g",
);
/** Text that only sorts. */
const SORTING = /\\(?:noopsort|NoopSort|SortNoop|sortnoop)\s*\{[^{}]*\}/g;
const WITHOUT_EFFECT = /\\(?:underline|sout|uline)\{/g;
const SWITCHED = /\{\\(?:em|sl)\s+/g;
const LINK = /\\href\s*\{[^{}]*\}\s*\{/g;

/** Fields that no list shows, or that are no LaTeX. */
const NO_LATEX = /^(?:abstract|annot(?:e|ation)|doi|eprint|file|keywords|url)$/i;
const FIELD = /(?:^|[,{])\s*([A-Za-z][\w-]*)\s*=/g;
/** Commands that change how a text looks or where its lines end: the text is the same without. */
const LOOKS = new Set(
  "allowbreak bf bfseries em footnotesize hfill hskip hspace it itshape kern leavevmode linebreak mathrm mdseries newblock newline nobreak noindent normalfont normalsize null par penalty protect relax rm scshape sc sf slshape sl small textnormal tt ttfamily unskip upshape".split(
    " ",
  ),
);
/** @type {Map<string, { alone: boolean, braces: boolean }>} */
const readsOf = new Map();

/**
 * Whether the reader makes something of a command: alone, and of what is in braces behind it.
 *
 * @param {string} command
 */
function reads(command) {
  /** @type {(text: string) => string} */
  const made = (text) =>
    plain(Object.values(new BibLatexParser(`@misc{k, title = {${text}}}\n`).parse().entries)[0]?.fields.title);
  const known = readsOf.get(command) ?? {
    alone: made(`A${command}{}B`) !== "AB",
    braces: made(`A${command}{Q}B`).includes("Q"),
  };
  readsOf.set(command, known);
  return known;
}

/**
 * The commands of an entry that its reader would leave out without a word.
 *
 * @param {string} source
 */
function leftOut(source) {
  const starts = [...source.matchAll(FIELD)];
  const found = starts.flatMap((start, at) => {
    const text = NO_LATEX.test(start[1] ?? "") ? "" : source.slice(start.index, starts[at + 1]?.index);
    return [...text.matchAll(/\\\\|\\([A-Za-z]+)(\s*\{(?!\}))?/g)];
  });
  return found
    .filter(([, name, braces]) => name && !LOOKS.has(name) && !reads(`\\${name}`)[braces ? "braces" : "alone"])
    .map(([, name]) => `\\${name}`);
}

/** @type {(text: string) => string} */
const readable = (text) =>
  text
    .replace(SORTING, "")
    .replace(LINK, "{")
    .replace(WITHOUT_EFFECT, "{")
    .replace(SWITCHED, "\\emph{")
    .replace(COMMAND, (_, name) => COMMANDS[name] ?? "");

/** @type {(text: string) => string} */
const escaped = (text) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
/** @type {(address: string, text: string) => string} */
const linked = (address, text) => `<a href="${escaped(address)}" rel="noopener">${escaped(text)}</a>`;

/** A scheme, by its name; a host may have a port. */
const SCHEME = /^([a-z][a-z0-9+.-]*):(?!\d)/i;

/**
 * An address as it was written, but for LaTeX's backslashes and a scheme that was left out; or why none is shown.
 *
 * @param {string} url
 * @returns {{ address: string } | { error: "scheme" | "address", value: string }}
 */
function addressOf(url) {
  const value = url.replace(LATEX_SIGN, "$1").trim();
  const scheme = SCHEME.exec(value)?.[1];
  if (scheme && !/^https?$/i.test(scheme)) return { error: "scheme", value };
  const address = scheme ? value : `https://${value.replace(/^\/\//, "")}`;
  const isAddress = /^https?:\/\/[^/\s]\S*$/i.test(address) && URL.canParse(address);
  // Without a scheme any word would be the name of a host.
  return isAddress && (scheme || /[^.]\.[^.]/.test(new URL(address).hostname))
    ? { address }
    : { error: "address", value };
}

/** @param {string} written */
function doiOf(written) {
  const doi = written
    .replace(LATEX_SIGN, "$1")
    .trim()
    .replace(/^(?:https?:\/\/(?:dx\.)?doi\.org\/|doi:\s*)/i, "");
  return { doi, address: `https://doi.org/${doi.replace(/[\s"<>#?^`{}|\\]/g, encodeURIComponent)}` };
}

/**
 * Where the archives of biblatex's `eprinttype` keep a work.
 *
 * @type {Readonly<Record<string, readonly [string, string]>>}
 */
const ARCHIVES = {
  arxiv: ["arXiv", "https://arxiv.org/abs/"],
  googlebooks: ["Google Books ", "https://books.google.com/books?id="],
  hdl: ["hdl", "https://hdl.handle.net/"],
  jstor: ["JSTOR ", "https://www.jstor.org/stable/"],
  pubmed: ["PubMed ", "https://pubmed.ncbi.nlm.nih.gov/"],
};

/** @type {(nodes: Nodes) => string} */
const plain = (nodes) =>
  typeof nodes === "string"
    ? nodes
    : (nodes ?? [])
        .flat(3)
        .map((/** @type {{ text?: string }} */ node) => node.text ?? "")
        .join("");

/**
 * Pairs of text and address: archive, DOI, web page; and what is no address.
 *
 * @param {Fields} fields
 * @param {string} page
 */
function linksOf(fields, page) {
  /** @type {Link[]} */
  const links = [];
  /** @type {Problem[]} */
  const wrong = [];
  /** @type {(field: string, url: string, variable?: string) => void} */
  const web = (field, url, variable) => {
    const found = addressOf(url);
    if ("error" in found) wrong.push({ ...found, field });
    else if (!links.some((link) => link.address === found.address)) links.push({ text: "web", ...found, variable });
  };
  const eprint = plain(fields.eprint).trim();
  if (eprint) {
    const kind = plain(fields.eprinttype).toLowerCase().trim() || "arxiv";
    const [name, folder] = ARCHIVES[kind] ?? /** @type {const} */ ([`${plain(fields.eprinttype)}:`, ""]);
    const id = eprint.replace(/^arxiv:/i, "");
    if (folder) links.push({ text: name.endsWith(" ") ? name + id : `${name}:${id}`, address: folder + id });
    else if (/^https?:/.test(id)) web("eprint", id);
  }
  if (fields.doi) {
    const { doi, address } = doiOf(plain(fields.doi));
    links.push({ text: `doi:${doi}`, address, variable: "DOI" });
  }
  const url = plain(fields.url);
  if (url) web("url", url, "URL");
  else if (page) web("howpublished", page, "URL");
  return { links, wrong };
}

/** @type {(first: Nodes, second: Nodes) => Nodes} */
const joined = (first, second) =>
  second ? [...first, { type: "text", text: /[?!.:]$/.test(plain(first)) ? " " : ": " }, ...second] : first;

/** @type {readonly (readonly [string, string])[]} */
const TITLES = [
  ["title", "subtitle"],
  ["booktitle", "booksubtitle"],
  ["journaltitle", "journalsubtitle"],
  ["maintitle", "mainsubtitle"],
];

/**
 * What CSL has no field for, said by fields that it has. The entry is changed.
 *
 * @param {Entry} entry
 */
function fitted(entry) {
  const { fields } = entry;
  const extra = { ...entry.unexpected_fields, ...entry.unknown_fields };
  for (const [name, value] of Object.entries(extra)) fields[name] ??= value;
  for (const [title, subtitle] of TITLES) {
    if (fields[title]) fields[title] = joined(fields[title], fields[subtitle]);
  }
  if (entry.bib_type === "article" && fields.journaltitle) entry.bib_type = "article-journal";
  fields.booktitle ??= fields.maintitle;
  if (fields.maintitle === undefined) delete fields.maintitle;
  const isWhole = plain(fields.booktitle) === plain(fields.title);
  if (fields.booktitle === undefined || isWhole || entry.bib_type === "book") delete fields.booktitle;
  fields.publisher ??= fields.institution ?? fields.school ?? fields.organization;
  if (fields.publisher === undefined) delete fields.publisher;
  if (fields.eid && !fields.pages) fields.pages = [[fields.eid]];
  const published = plain(fields.howpublished).trim();
  const url = fields.howpublished?.find?.((/** @type {{ marks?: { type: string }[] }} */ node) =>
    node.marks?.some(({ type }) => type === "url"),
  );
  const page = url ? plain([url]) : /^https?:\/\/\S+$/.test(published) ? published : "";
  if (page) delete fields.howpublished;
  delete fields.langid; // else English titles lose their capitals
  return page;
}

/**
 * Entries of type xdata hand what they hold to those that name them.
 *
 * @param {readonly Entry[]} entries
 */
function inheritData(entries) {
  const byKey = new Map(entries.map((entry) => [entry.entry_key.toLowerCase(), entry]));
  /** @type {Problem[]} */
  const missing = [];
  for (const entry of entries) {
    const seen = new Set([entry]);
    const waiting = [entry];
    for (let heir = waiting.pop(); heir; heir = waiting.pop()) {
      const named = plain(heir.unknown_fields?.xdata);
      for (const key of named
        .split(",")
        .map((one) => one.trim())
        .filter(Boolean)) {
        const donor = byKey.get(key.toLowerCase());
        if (!donor) missing.push({ key: entry.entry_key, error: "inherits", from: key });
        if (!donor || seen.has(donor)) continue;
        seen.add(donor);
        waiting.push(donor);
        const given = { ...donor.unknown_fields, ...donor.unexpected_fields, ...donor.fields };
        for (const [name, value] of Object.entries(given)) if (name !== "xdata") entry.fields[name] ??= value;
      }
    }
  }
  return missing;
}

/**
 * What the reader's `crossref` does not know: a book's own `booktitle` goes before its `title`, as BibTeX has it, and a
 * subtitle stays with its title.
 *
 * @param {readonly Entry[]} entries
 * @param {Readonly<Record<string, string>>} crossrefs
 */
function inheritTitles(entries, crossrefs) {
  const byKey = new Map(entries.map((entry) => [entry.entry_key, entry]));
  for (const heir of entries) {
    const donor = byKey.get(crossrefs[heir.entry_key] ?? "");
    if (!donor) continue;
    const own = new Set([...(heir.raw_text ?? "").matchAll(FIELD)].map(([, name = ""]) => name.toLowerCase()));
    if (own.has("title") && !own.has("subtitle")) delete heir.fields.subtitle;
    /** @type {Fields} */
    const { booktitle, booksubtitle } = own.has("booktitle")
      ? { booktitle: heir.fields.booktitle }
      : { ...donor.unexpected_fields, ...donor.fields };
    if (!booktitle) continue; // the reader has taken the donor's title
    heir.fields.booktitle = booktitle;
    if (!own.has("booksubtitle")) heir.fields.booksubtitle = booksubtitle;
  }
}

const VERBATIM = new Set(["DOI", "ISBN", "ISSN", "URL", "id", "issue", "language", "number", "page", "type", "volume"]);
/** @type {(text: string) => string} */
const dashed = (text) => text.replaceAll("---", "—").replaceAll("--", "–");

/** Years as they are written without biblatex's notation: “1998--2003”. */
const YEARS = /^(\d{4})\s*[-–—]{1,3}\s*(\d{4})$/;
/** What a date is read from wholly: anything else is shown in the author's words. */
const DATE = /^[-+]?\d{4}[a-z]?(?:$|[-/~?%.T\s][-\d/~?%.:TZX\s]*$)/i;

/** @typedef {{ "date-parts"?: (string | number)[][] }} CslDate */

/**
 * CSL's date, in the author's words where these say more: “in press”, “c. 1500”.
 *
 * @param {CslDate | undefined} date
 * @param {string} written
 */
function issuedIn(date, written) {
  const [, from, to] = YEARS.exec(written) ?? [];
  if (from) return { "date-parts": [[Number(from)], [Number(to)]] };
  if (written && !(date && DATE.test(written))) return { literal: written };
  const parts = date?.["date-parts"];
  if (!parts || parts.length <= 1) return date;
  if (parts.some((part) => part.length === 0)) return { literal: parts.map(([year]) => year ?? "").join("–") };
  const length = Math.min(...parts.map((part) => part.length)); // the formatter takes no other ranges
  return { ...date, "date-parts": parts.map((part) => part.slice(0, length)) };
}

/**
 * @param {Entry} entry
 * @param {Aside} aside
 */
function cslOf(entry, aside) {
  const page = fitted(entry);
  const { links, wrong } = linksOf(entry.fields, page);
  // Case is the author's: the converter would lower that of English titles.
  const exporter = new CSLExporter({ 1: entry }, false, { language: "none" });
  const item = /** @type {Item} */ (exporter.parse()[1]);
  item.id = entry.entry_key;
  for (const kind of ["author", "editor", "translator"]) {
    for (const name of item[kind] ?? [])
      if ((name.literal ?? name.family) === "others" && !name.given) name.literal = OTHERS;
  }
  item.issued = issuedIn(item.issued, writtenDate(entry, item.issued));
  const { type } = entry.fields;
  if (type && ["thesis", "report", "article"].includes(item.type)) item.genre = GENRES[plain(type)] ?? plain(type);
  if (item.type === "report" && item["collection-number"]) item.number = item["collection-number"];
  for (const [name, value] of Object.entries(item))
    if (typeof value === "string" && !VERBATIM.has(name)) item[name] = dashed(value);
  if (item.page) item.page = item.page.replace(/(\d)\s*[-–]{1,3}\s*(\d)/g, "$1–$2").replace(/,(?=\S)/g, ", ");
  // The formatter takes any hyphen in a number for a range unless it is told.
  if (item.number) item.number = item.number.replace(/(?<!\\)-/g, "\\-");
  for (const link of links) if (link.variable) item[link.variable] = aside.put({ link });
  return { item, links, wrong };
}

/** @type {Readonly<Record<string, string>>} */
const GENRES = {
  phdthesis: "PhD thesis",
  mathesis: "Master’s thesis",
  candthesis: "Candidate thesis",
  techreport: "Technical report",
  resreport: "Research report",
};

/**
 * citeproc's HTML without a style attribute, and without the number, which the list has already.
 *
 * @type {Record<string, string | ((state: object, text: string) => string)>}
 */
const FORMAT = {
  ...CSL.Output.Formats.html,
  "@font-style/normal": '<span class="upright">%%STRING%%</span>',
  "@font-variant/small-caps": '<span class="small-caps">%%STRING%%</span>',
  "@font-variant/normal": "%%STRING%%",
  "@font-weight/normal": "%%STRING%%",
  "@text-decoration/none": "%%STRING%%",
  "@text-decoration/underline": "<u>%%STRING%%</u>",
  "@vertical-align/baseline": "%%STRING%%",
  "@bibliography/entry": (_, text) => text,
  "@display/block": (_, text) => ` ${text}`,
  "@display/left-margin": () => "",
  "@display/right-inline": (_, text) => text,
  "@display/indent": (_, text) => ` ${text}`,
};
CSL.Output.Formats.book = FORMAT;

/** @param {string} language */
function localeOf(language) {
  const names = Object.keys(LOCALES);
  return (
    names.find((name) => name.toLowerCase() === language.toLowerCase()) ??
    names.find((name) => name.startsWith(language.slice(0, 2).toLowerCase())) ??
    "en-US"
  );
}

/**
 * Most styles that are passed around hold nothing but the name of the one they follow.
 *
 * @param {string} style
 */
function followed(style) {
  const link = /<link\b[^>]*\brel="independent-parent"[^>]*>/.exec(style)?.[0] ?? "";
  const address = /\bhref="([^"]+)"/.exec(link)?.[1];
  return address ? `, and only names the style that it follows: ${address}` : "";
}

/** What the formatter makes of a work that has nothing that the style shows. */
const UNPRINTED = /\[CSL STYLE ERROR: reference with no printed form\.\]/;

/**
 * [key, HTML] of each item, in the order of the style.
 *
 * @param {string} style
 * @param {string} locale
 * @param {readonly Item[]} items
 * @returns {[string, string][]}
 */
function formatted(style, locale, items) {
  const byId = new Map(items.map((item) => [item.id, item]));
  const system = {
    retrieveLocale: (/** @type {string} */ name) => LOCALES[name] ?? LOCALES["en-US"],
    retrieveItem: (/** @type {string} */ id) => structuredClone(byId.get(id)),
  };
  const engine = new CSL.Engine(system, style, locale, true);
  engine.setOutputFormat("book");
  engine.updateItems([...byId.keys()]);
  const made = engine.makeBibliography();
  if (!made) throw new Error(`it has no <bibliography>${followed(style)}`);
  const [{ entry_ids: ids }, texts] = made;
  const more = engine.getTerm("et-al") || "et al.";
  const others = new RegExp(`(?:,|\\s|&#38;|&amp;|\\b(?:and|und|et|y|en)\\b)*${OTHERS}`, "g");
  return ids.map((/** @type {[string]} */ [id], /** @type {number} */ at) => [
    id,
    (UNPRINTED.test(texts[at]) ? escaped(id) : texts[at])
      .trim()
      .replaceAll("&#38;", "&amp;")
      .replace(others, ` ${more}`)
      .replaceAll(`${more}.`, more.endsWith(".") ? more : `${more}.`),
  ]);
}

const PROBE = { id: "probe", type: "book", title: "T", author: [{ family: "F" }], issued: { "date-parts": [[1]] } };

/** @type {(error: unknown) => string} */
const said = (error) => (error instanceof Error ? error.message : String(error));

/**
 * Likewise; a work that the formatter does not take is a problem of that work, and the others are listed.
 *
 * @param {string} style
 * @param {string} locale
 * @param {readonly Item[]} items
 * @param {Problem[]} problems
 */
function listed(style, locale, items, problems) {
  if (items.length === 0) return [];
  try {
    return formatted(style, locale, items);
  } catch {
    formatted(style, locale, [PROBE]); // else it is the style that is wrong
    const taken = items.filter((item) => {
      try {
        return formatted(style, locale, [item]);
      } catch (error) {
        problems.push({ key: item.id, error: "unlisted", message: said(error) });
        return false;
      }
    });
    return taken.length ? formatted(style, locale, taken) : [];
  }
}

/** @type {(name: string) => Promise<string>} */
const ownStyle = (name) => readFile(new URL(`../bibliography/${name}.csl`, import.meta.url), "utf8");

/**
 * {text, keys, style, language, macros} → {works, problems}. `style` is a CSL style's text, or the name of one that is
 * there ("book", "apa", "vancouver", "harvard1"). A work is {key, html, names, links}; a problem {key, error, …} is of an
 * entry, or has the line of `text` where it is.
 *
 * @type {import("../generated/methods.d.ts").Methods["references"]}
 */
export async function readBibliography({ text, keys, style, language, macros }) {
  const aside = new Aside();
  const input = readable(text).replace(FORMULA, (whole, a, b, c) => aside.put({ whole, tex: a ?? b ?? c }));
  const parser = new BibLatexParser(`${input}\n`, {
    processUnexpected: true,
    processUnknown: true,
    processInvalidURIs: true,
    includeRawText: true,
  });
  const parsed = parser.parse();
  const entries = /** @type {Entry[]} */ (/** @type {unknown} */ (Object.values(parsed.entries)));
  /** @type {any[]} */
  const problems = [...parsed.errors, ...parsed.warnings].map(
    ({ type, entry, field_name: field, type_name: name, value, variable, line, key }) => ({
      error: type,
      key: entry,
      field,
      name: name ?? variable ?? key,
      value: typeof value === "string" ? value : undefined,
      line,
    }),
  );
  inheritTitles(entries, parser.crossrefs);
  problems.push(...inheritData(entries));
  /** @type {Map<string, Entry | null>} */
  const wanted = new Map(keys.map((key) => [key, null]));
  for (const entry of entries)
    if (wanted.has(entry.entry_key) && !wanted.get(entry.entry_key)) wanted.set(entry.entry_key, entry);
  const made = [];
  for (const [key, entry] of wanted) {
    if (!entry) problems.push({ key, error: "unread" });
    else if (Object.keys(entry.fields).length === 0) problems.push({ key, error: "empty" });
    else {
      for (const value of new Set(leftOut(entry.raw_text ?? ""))) problems.push({ key, error: "command", value });
      const work = cslOf(entry, aside);
      made.push(work);
      for (const { value, ...problem } of work.wrong)
        problems.push({ ...problem, key, value: aside.back(String(value), ({ whole }) => whole ?? "") });
    }
  }
  const items = made.map(({ item }) => item);
  const locale = localeOf(language);
  const xml = /^\s*</.test(style) ? style : style === "book" ? await ownStyle("book") : STYLES[style];
  if (!xml) throw new Error(`there is no style “${style}”`);
  const names = new Map(listed(await ownStyle("names"), locale, items, problems));
  const links = new Map(made.map(({ item, links }) => [item.id, links]));
  /** @type {Map<string, import("../generated/methods.d.ts").TypesetFormula | import("../generated/methods.d.ts").WrongFormula>} */
  const formulas = new Map();
  /** @type {(key: string, used: Set<string | undefined>) => (thing: Thing) => string} */
  const show = (key, used) => (thing) => {
    if (thing.link) {
      used.add(thing.link.variable);
      return linked(thing.link.address, thing.link.variable === "DOI" ? thing.link.text.slice(4) : thing.link.address);
    }
    const { tex = "", whole = "" } = thing;
    const made = formulas.get(tex) ?? formula({ tex: tex.trim(), display: false }, { ...MACROS, ...macros });
    formulas.set(tex, made);
    if ("mathml" in made) return made.mathml;
    problems.push({ key, error: "math", value: whole, message: made.error });
    return escaped(whole);
  };
  let entriesInOrder;
  try {
    entriesInOrder = listed(xml, locale, items, problems);
  } catch (error) {
    return { works: [], problems: [...problems, { error: "style", message: said(error) }] };
  }
  const works = entriesInOrder.map(([key, html]) => {
    /** @type {Set<string | undefined>} */
    const used = new Set();
    const shown = aside.back(html, show(key, used));
    const left = (links.get(key) ?? []).filter(({ variable }) => !used.has(variable));
    const addresses = left.map(
      ({ text: label, address }) =>
        /** @type {const} */ ([
          aside.back(label, ({ whole }) => whole ?? ""),
          aside.back(address, ({ whole }) => whole ?? ""),
        ]),
    );
    return { key, html: shown, names: aside.back(names.get(key) ?? "", show(key, used)), links: addresses };
  });
  return { works, problems };
}

/**
 * The year as it was written, or a `date` that the reader makes nothing of.
 *
 * @param {Entry} entry
 * @param {CslDate | undefined} read
 */
function writtenDate(entry, read) {
  const [, name = "", written] = /[,\s](date|year)\s*=\s*[{"]*([^,{}"]*)/i.exec(entry.raw_text ?? "") ?? [];
  return written && (name.toLowerCase() === "year" || !read) ? written.trim() : "";
}
