/**
 * A bibliography: BibTeX and biblatex by biblatex-csl-converter, formatted by citeproc with a CSL style.
 * Only what is cited comes here, with all that it inherits from.
 */

import { readFile } from "node:fs/promises";
import { BibLatexParser, CSLExporter } from "biblatex-csl-converter";
import CSL from "citeproc";
import { renderMath } from "./math.mjs";

const { default: LOCALES } = await import("@citation-js/plugin-csl/lib-mjs/locales.json", { with: { type: "json" } });
const { default: STYLES } = await import("@citation-js/plugin-csl/lib-mjs/styles.json", { with: { type: "json" } });

/** A character of a private area stands for what neither reader nor formatter may touch. */
const FIRST_TOKEN = 0xe100;
const TOKENS = /[\ue100-\uf8fe]/g;
const OTHERS = "\uf8ff";

/** Puts a thing away and gives the character that stands for it. */
class Aside {
  kept = [];
  put(thing) {
    this.kept.push(thing);
    return String.fromCharCode(FIRST_TOKEN + this.kept.length - 1);
  }
  /** The text with each character replaced by what `show` makes of the thing it stands for. */
  back(text, show) {
    return text.replace(TOKENS, (token) => show(this.kept[token.charCodeAt(0) - FIRST_TOKEN] ?? ""));
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

/** What the reader would leave out without a word, in terms of what it knows. */
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
const readsOf = new Map();

/** Whether the reader makes something of a command: alone, and of what is in braces behind it. */
function reads(command) {
  const made = (text) =>
    plain(Object.values(new BibLatexParser(`@misc{k, title = {${text}}}\n`).parse().entries)[0]?.fields.title);
  if (!readsOf.has(command))
    readsOf.set(command, { alone: made(`A${command}{}B`) !== "AB", braces: made(`A${command}{Q}B`).includes("Q") });
  return readsOf.get(command);
}

/** The commands of an entry that its reader would leave out without a word. */
function leftOut(source) {
  const starts = [...source.matchAll(FIELD)];
  const found = starts.flatMap((start, at) => {
    const text = NO_LATEX.test(start[1]) ? "" : source.slice(start.index, starts[at + 1]?.index);
    return [...text.matchAll(/\\\\|\\([A-Za-z]+)(\s*\{(?!\}))?/g)];
  });
  return found
    .filter(([, name, braces]) => name && !LOOKS.has(name) && !reads(`\\${name}`)[braces ? "braces" : "alone"])
    .map(([, name]) => `\\${name}`);
}

const readable = (text) =>
  text
    .replace(SORTING, "")
    .replace(LINK, "{")
    .replace(WITHOUT_EFFECT, "{")
    .replace(SWITCHED, "\\emph{")
    .replace(COMMAND, (_, name) => COMMANDS[name]);

const escaped = (text) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
const linked = (address, text) => `<a href="${escaped(address)}" rel="noopener">${escaped(text)}</a>`;

/** An address as it was written, but for LaTeX's backslashes and a scheme that was left out. */
function addressOf(url) {
  const plain = url.replace(LATEX_SIGN, "$1").trim();
  return /^[a-z][a-z0-9+.-]*:/i.test(plain) ? plain : `https://${plain.replace(/^\/\//, "")}`;
}

function doiOf(written) {
  const doi = written
    .replace(LATEX_SIGN, "$1")
    .trim()
    .replace(/^(?:https?:\/\/(?:dx\.)?doi\.org\/|doi:\s*)/i, "");
  return { doi, address: `https://doi.org/${doi.replace(/[\s"<>#?^`{}|\\]/g, encodeURIComponent)}` };
}

/** Where the archives of biblatex's `eprinttype` keep a work. */
const ARCHIVES = {
  arxiv: ["arXiv", "https://arxiv.org/abs/"],
  googlebooks: ["Google Books ", "https://books.google.com/books?id="],
  hdl: ["hdl", "https://hdl.handle.net/"],
  jstor: ["JSTOR ", "https://www.jstor.org/stable/"],
  pubmed: ["PubMed ", "https://pubmed.ncbi.nlm.nih.gov/"],
};

const plain = (nodes) =>
  typeof nodes === "string"
    ? nodes
    : (nodes ?? [])
        .flat(3)
        .map((node) => node.text ?? "")
        .join("");

/** Pairs of text and address: archive, DOI, web page. */
function linksOf(fields, raw) {
  const links = [];
  const eprint = plain(fields.eprint).trim();
  if (eprint) {
    const kind = plain(fields.eprinttype).toLowerCase().trim() || "arxiv";
    const [name, folder] = ARCHIVES[kind] ?? [`${plain(fields.eprinttype)}:`, ""];
    const id = eprint.replace(/^arxiv:/i, "");
    if (folder) links.push({ text: name.endsWith(" ") ? name + id : `${name}:${id}`, address: folder + id });
    else if (/^https?:/.test(id)) links.push({ text: "web", address: addressOf(id) });
  }
  if (fields.doi) {
    const { doi, address } = doiOf(plain(fields.doi));
    links.push({ text: `doi:${doi}`, address, variable: "DOI" });
  }
  const url = plain(fields.url) || raw;
  const address = url && addressOf(url);
  if (address && !links.some((link) => link.address === address)) links.push({ text: "web", address, variable: "URL" });
  return links;
}

const joined = (first, second) =>
  second ? [...first, { type: "text", text: /[?!.:]$/.test(plain(first)) ? " " : ": " }, ...second] : first;

/** @type {readonly (readonly [string, string])[]} */
const TITLES = [
  ["title", "subtitle"],
  ["booktitle", "booksubtitle"],
  ["journaltitle", "journalsubtitle"],
  ["maintitle", "mainsubtitle"],
];

/** What CSL has no field for, said by fields that it has. The entry is changed. */
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
  const page =
    fields.howpublished?.some?.((node) => node.marks?.some(({ type }) => type === "url")) ||
    /^https?:\/\/\S+$/.test(published)
      ? published
      : "";
  if (page) delete fields.howpublished;
  delete fields.langid; // else English titles lose their capitals
  return page;
}

/** Entries of type xdata hand what they hold to those that name them. */
function inheritData(entries) {
  const byKey = new Map(entries.map((entry) => [entry.entry_key.toLowerCase(), entry]));
  const missing = [];
  for (const entry of entries) {
    const seen = new Set([entry]);
    const waiting = [entry];
    while (waiting.length) {
      const named = plain(waiting.pop().unknown_fields?.xdata);
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

const VERBATIM = new Set(["DOI", "ISBN", "ISSN", "URL", "id", "issue", "language", "number", "page", "type", "volume"]);
const dashed = (text) => text.replaceAll("---", "—").replaceAll("--", "–");

/** Years as they are written without biblatex's notation: “1998--2003”. */
const YEARS = /^(\d{4})\s*[-–—]{1,3}\s*(\d{4})$/;
/** What a date is read from wholly: anything else is shown in the author's words. */
const DATE = /^[-+]?\d{4}[a-z]?(?:$|[-/~?%.T\s][-\d/~?%.:TZX\s]*$)/i;

/** CSL's date, in the author's words where these say more: “in press”, “c. 1500”. */
function issuedIn(date, written) {
  const [, from, to] = YEARS.exec(written) ?? [];
  if (from) return { "date-parts": [[Number(from)], [Number(to)]] };
  if (written && !(date && DATE.test(written))) return { literal: written };
  const parts = date?.["date-parts"];
  if (!(parts?.length > 1)) return date;
  if (parts.some((part) => part.length === 0)) return { literal: parts.map(([year]) => year ?? "").join("–") };
  const length = Math.min(...parts.map((part) => part.length)); // the formatter takes no other ranges
  return { ...date, "date-parts": parts.map((part) => part.slice(0, length)) };
}

function cslOf(entry, aside) {
  const page = fitted(entry);
  const links = linksOf(entry.fields, page);
  // Case is the author's: the converter would lower that of English titles.
  const exporter = new CSLExporter({ 1: entry }, false, { language: "none" });
  const item = /** @type {Record<string, any>} */ (exporter.parse()[1]);
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
  return { item, links };
}

const GENRES = {
  phdthesis: "PhD thesis",
  mathesis: "Master’s thesis",
  candthesis: "Candidate thesis",
  techreport: "Technical report",
  resreport: "Research report",
};

/** citeproc's HTML without a style attribute, and without the number, which the list has already. */
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

function localeOf(language) {
  const names = Object.keys(LOCALES);
  return (
    names.find((name) => name.toLowerCase() === language.toLowerCase()) ??
    names.find((name) => name.startsWith(language.slice(0, 2).toLowerCase())) ??
    "en-US"
  );
}

/** Most styles that are passed around hold nothing but the name of the one they follow. */
function followed(style) {
  const link = /<link\b[^>]*\brel="independent-parent"[^>]*>/.exec(style)?.[0] ?? "";
  const address = /\bhref="([^"]+)"/.exec(link)?.[1];
  return address ? `, and only names the style that it follows: ${address}` : "";
}

/** What the formatter makes of a work that has nothing that the style shows. */
const UNPRINTED = /\[CSL STYLE ERROR: reference with no printed form\.\]/;

/** [key, HTML] of each item, in the order of the style. */
function formatted(style, locale, items) {
  const byId = new Map(items.map((item) => [item.id, item]));
  const system = {
    retrieveLocale: (name) => LOCALES[name] ?? LOCALES["en-US"],
    retrieveItem: (id) => structuredClone(byId.get(id)),
  };
  const engine = new CSL.Engine(system, style, locale, true);
  engine.setOutputFormat("book");
  engine.updateItems([...byId.keys()]);
  const made = engine.makeBibliography();
  if (!made) throw new Error(`it has no <bibliography>${followed(style)}`);
  const [{ entry_ids: ids }, texts] = made;
  const more = engine.getTerm("et-al") || "et al.";
  const others = new RegExp(`(?:,|\\s|&#38;|&amp;|\\b(?:and|und|et|y|en)\\b)*${OTHERS}`, "g");
  return ids.map(([id], at) => [
    id,
    (UNPRINTED.test(texts[at]) ? escaped(id) : texts[at])
      .trim()
      .replaceAll("&#38;", "&amp;")
      .replace(others, ` ${more}`)
      .replaceAll(`${more}.`, more.endsWith(".") ? more : `${more}.`),
  ]);
}

const PROBE = { id: "probe", type: "book", title: "T", author: [{ family: "F" }], issued: { "date-parts": [[1]] } };

const said = (error) => (error instanceof Error ? error.message : String(error));

/** Likewise; a work that the formatter does not take is a problem of that work, and the others are listed. */
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

const ownStyle = (name) => readFile(new URL(`../bibliography/${name}.csl`, import.meta.url), "utf8");

/**
 * {text, keys, style, language, macros} → {works, problems}. `style` is a CSL style's text, or the name of one that is
 * there ("book", "apa", "vancouver", "harvard1"). A work is {key, html, names, links}; a problem {key, error, …} is of an
 * entry, or has the line of `text` where it is.
 */
export async function readBibliography({ text, keys, style = "book", language = "en", macros = {} }) {
  const aside = new Aside();
  const input = readable(text).replace(FORMULA, (whole, a, b, c) => aside.put({ whole, tex: a ?? b ?? c }));
  const parsed = new BibLatexParser(`${input}\n`, {
    processUnexpected: true,
    processUnknown: true,
    processInvalidURIs: true,
    includeRawText: true,
  }).parse();
  const entries = Object.values(parsed.entries);
  /** @type {Record<string, unknown>[]} */
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
  problems.push(...inheritData(entries));
  const wanted = new Map(keys.map((key) => [key, null]));
  for (const entry of entries)
    if (wanted.has(entry.entry_key) && !wanted.get(entry.entry_key)) wanted.set(entry.entry_key, entry);
  const made = [];
  for (const [key, entry] of wanted) {
    if (!entry) problems.push({ key, error: "unread" });
    else if (Object.keys(entry.fields).length === 0) problems.push({ key, error: "empty" });
    else {
      for (const value of new Set(leftOut(entry.raw_text ?? ""))) problems.push({ key, error: "command", value });
      made.push(cslOf(entry, aside));
    }
  }
  const items = made.map(({ item }) => item);
  const locale = localeOf(language);
  const xml = /^\s*</.test(style) ? style : style === "book" ? await ownStyle("book") : STYLES[style];
  if (!xml) throw new Error(`there is no style “${style}”`);
  const names = new Map(listed(await ownStyle("names"), locale, items, problems));
  const links = new Map(made.map(({ item, links }) => [item.id, links]));
  const formulas = new Map();
  const show = (key, used) => (thing) => {
    if (thing.link) {
      used.add(thing.link.variable);
      return linked(thing.link.address, thing.link.variable === "DOI" ? thing.link.text.slice(4) : thing.link.address);
    }
    if (!formulas.has(thing.tex))
      formulas.set(
        thing.tex,
        renderMath({ items: [{ tex: thing.tex.trim(), display: false }], macros: { ...MACROS, ...macros } })[0],
      );
    const made = formulas.get(thing.tex);
    if (made.error) problems.push({ key, error: "math", value: thing.whole, message: made.error });
    return made.mathml ?? escaped(thing.whole);
  };
  let entriesInOrder;
  try {
    entriesInOrder = listed(xml, locale, items, problems);
  } catch (error) {
    return { works: [], problems: [...problems, { error: "style", message: said(error) }] };
  }
  const works = entriesInOrder.map(([key, html]) => {
    const used = new Set();
    const shown = aside.back(html, show(key, used));
    const left = links.get(key).filter(({ variable }) => !used.has(variable));
    const addresses = left.map(({ text: label, address }) => [
      aside.back(label, ({ whole }) => whole ?? ""),
      aside.back(address, ({ whole }) => whole ?? ""),
    ]);
    return { key, html: shown, names: aside.back(names.get(key) ?? "", show(key, used)), links: addresses };
  });
  return { works, problems };
}

/** The year as it was written, or a `date` that the reader makes nothing of. */
function writtenDate(entry, read) {
  const [, name = "", written] = /[,\s](date|year)\s*=\s*[{"]*([^,{}"]*)/i.exec(entry.raw_text ?? "") ?? [];
  return written && (name.toLowerCase() === "year" || !read) ? written.trim() : "";
}
