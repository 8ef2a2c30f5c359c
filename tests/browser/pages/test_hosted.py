"""Where the book is put and linked to: hosts, mail programs, readers’ views, old browsers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import ROOT, Reader, Window
from tests.browser.figures.test_every_figure import PAGES
from tests.browser.pages.test_offline import Host, Hosted, wait_kept
from tests.browser.support.figure import Figure
from tests.browser.support.server import SUB_PATH, Pages, listen
from tests.browser.support.site import Site

READABILITY = ROOT / "site_assets/node_modules/@mozilla/readability/Readability.js"
MISSING_PAGE = "Failed to load resource"


class Tidy(Hosted):
    """As Cloudflare Pages and Netlify do it: addresses without `.html`."""

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        shorter = re.sub(r"(?:(?<=/)index)?\.html$", "", path)
        if shorter != path and self.host.reachable:
            self.send_response(308)
            self.send_header("Location", shorter + (f"?{query}" if query else ""))
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if (self.host.folder / f"{path.removeprefix(SUB_PATH)}.html").exists():
            self.path = f"{path}.html"
        super().do_GET()


class ProjectPages(Pages):
    """As GitHub Pages does it: 404.html at whatever address is not there."""

    def send_error(self, code: int, *arguments: object) -> None:
        page = (Path(self.directory) / "404.html").read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)


@pytest.fixture
def tidy_host(site_copy: Path) -> Host:
    return Host(site_copy)


@pytest.fixture
def tidy(browser: Browser, tidy_host: Host) -> Iterator[tuple[Window, Site]]:
    """A reader of a host that takes `.html` away."""
    with listen(partial(Tidy, host=tidy_host)) as root:
        site = Site(tidy_host.folder, root)
        window = Window(browser, site, keeping=True)
        yield window, site
        window.watch.expect_errors(r"Failed to load resource|ERR_EMPTY_RESPONSE|ERR_FAILED")
        verdict = window.watch.verdict()
        window.context.close()
        assert not verdict, "\n".join(verdict)


def test_a_host_that_takes_html_away_keeps_offline_reading_whole(
    tidy: tuple[Window, Site], tidy_host: Host
) -> None:
    (window, site) = tidy
    page = window.page
    placed = site.figure("kl-spring")
    page.goto(site.url("index.html"))
    wait_kept(page, 1)
    page.get_by_role("navigation", name="Contents").locator(f"a[href='{placed.page}']").click()
    assert page.url == site.url(placed.page.removesuffix(".html"))
    wait_kept(page, 2)
    search = page.get_by_role("combobox", name="Search the book")
    search.fill("ELBO")
    expect(page.get_by_role("option").first).to_be_visible()

    tidy_host.reachable = False
    page.reload()
    assert page.url == site.url(placed.page.removesuffix(".html"))
    Figure(page, placed).wait_live()
    search.fill("ELBO")
    expect(page.get_by_role("option").first).to_be_visible()
    page.get_by_role("link", name="Contents").click()
    contents = page.get_by_role("navigation", name="Contents")
    expect(contents).to_be_visible()
    contents.locator(f"a[href='{placed.page}']").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Two jobs")


@pytest.mark.parametrize("path", ["nowhere", "old/chapter.html", "a/b/c/d/"])
def test_a_page_that_is_not_there_leads_back_from_any_depth(
    browser: Browser, site_copy: Path, path: str
) -> None:
    with listen(partial(ProjectPages, directory=str(site_copy))) as root:
        window = Window(browser, Site(site_copy, root))
        page = window.page
        page.goto(root + path)
        expect(page.get_by_role("heading", level=1)).to_have_text("This page is not in the book")
        expect(page.get_by_text("take away the end of the address")).to_have_count(0)
        assert "Book Serif" in page.evaluate("() => getComputedStyle(document.body).fontFamily")
        page.get_by_role("link", name="contents").click()
        assert page.url == f"{root}index.html#contents"
        expect(page.get_by_role("navigation", name="Contents")).to_be_visible()
        window.watch.expect_errors(MISSING_PAGE)
        verdict = window.watch.verdict()
        window.context.close()
        assert not verdict, "\n".join(verdict)


@pytest.mark.parametrize(
    "mangle",
    [
        lambda hash_: hash_.replace("?", "%3F"),
        lambda hash_: hash_.replace("=", "%3D"),
        lambda hash_: hash_.replace("&", "&amp;"),
        lambda hash_: quote(hash_),
        lambda hash_: f"{hash_})",
        lambda hash_: f"{hash_}>.",
    ],
    ids=["%3F", "%3D", "&amp;", "encoded", "bracket", "angle"],
)
def test_an_address_that_a_mail_program_mangled_restores_the_state(
    reader: Reader, mangle: object
) -> None:
    assert callable(mangle)
    placed = reader.site.figure("kl-spring")
    state = {"mu": 1.5, "sigma": 0.5}
    address = reader.site.url(placed.page, mangle(placed.fragment(state)))
    page = reader.visit(address)
    figure = Figure(page, placed).wait_live()
    figure.expect_readout("μ", "1.50")
    figure.expect_readout("σ", "0.50")
    expect(figure.root).to_be_in_viewport()


# Unknown elements are as spans to a browser; the rule for it is put in force.
FORGET_MATHML = """
() => {
  const rules = [...document.styleSheets].flatMap(({ cssRules }) => [...cssRules]);
  const rule = rules.find((rule) => rule instanceof CSSSupportsRule
    && rule.cssRules[0].selectorText.includes("semantics"));
  const known = new CSSStyleSheet();
  known.replaceSync(`math, math * { display: inline !important }`);
  const told = new CSSStyleSheet();
  told.replaceSync([...rule.cssRules].map(({ selectorText }) =>
    `${selectorText} { display: none !important }`).join(""));
  document.adoptedStyleSheets = [known, told];
  return rule.conditionText;
}
"""

VISIBLE_TEXT = """
(root) => {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  let text = "";
  while (walker.nextNode()) {
    if (walker.currentNode.parentElement.getClientRects().length) text += walker.currentNode.data;
  }
  return text;
}
"""

READ = """
() => {
  let module;
  %s
  const flat = (node) => node.textContent.replace(/\\s+/g, " ").trim();
  const without = (root, selector) => {
    const copy = root.cloneNode(true);
    for (const part of copy.querySelectorAll(selector)) part.remove();
    return flat(copy);
  };
  // What the page shows of each paragraph, its notes and what is shown on request left out.
  const written = [...document.querySelectorAll("article p")]
    .filter((p) => !p.closest("figure, .cell, details, .predict, .exercise"))
    .map((p) => without(p, ".popover, .sidenote, annotation")).filter(Boolean);
  const copy = document.cloneNode(true);
  // Heights kept for what is not laid out yet: to write them anew is what the policy forbids.
  for (const block of copy.querySelectorAll("[style]")) block.removeAttribute("style");
  const { content } = new Readability(copy, { keepClasses: true }).parse();
  const view = new DOMParser().parseFromString(content, "text/html");
  return {
    written,
    popovers: view.querySelectorAll(".popover").length,
    notes: [...view.querySelectorAll(".sidenote-body")].map((note) => note.textContent),
    read: [...view.querySelectorAll("p")].map((p) => without(p, ".sidenote, annotation")),
    answers: [...view.querySelectorAll("details")].map((details) => details.textContent.trim()),
    chosen: [...view.querySelectorAll("summary")].map(flat),
  };
}
"""


@pytest.mark.parametrize("name", [name for name in PAGES if name != "index.html"])
def test_a_readers_view_runs_nothing_into_the_sentences(reader: Reader, name: str) -> None:
    page = reader.visit(reader.site.url(name), scripts=True)
    seen = page.evaluate(READ % READABILITY.read_text("utf-8"))
    assert seen["written"], "there is text to compare"
    assert seen["popovers"] == 0
    assert not [note for note in seen["notes"] if not re.fullmatch(r" \[[^ ].*\]", note, re.DOTALL)]
    missing = [text for text in seen["written"] if text not in seen["read"]]
    assert not missing, f"not as in the page: {missing[:3]}"
    for answer, summary in zip(seen["answers"], seen["chosen"], strict=True):
        assert re.match(rf"{re.escape(summary)}\s", answer), f"glued: {answer[:40]!r}"


def test_without_mathml_a_formula_is_shown_as_tex(reader: Reader) -> None:
    """The rule for browsers without MathML, in one that is told to forget what it knows of it."""
    page = reader.visit(reader.site.url("two-jobs-in-one-loss.html"))
    condition = page.evaluate(FORGET_MATHML)
    assert not page.evaluate("(condition) => CSS.supports(condition)", condition)
    for formula in page.locator("article > p > math").all()[:20]:
        shown = formula.evaluate(VISIBLE_TEXT)
        assert shown.split() == (formula.locator("annotation").text_content() or "").split()


def test_with_mathml_no_formula_is_shown_as_tex(reader: Reader) -> None:
    page = reader.visit(reader.site.url("two-jobs-in-one-loss.html"))
    assert page.evaluate("() => CSS.supports('math-style: compact')")
    expect(page.locator("annotation").first).to_be_hidden()


@pytest.mark.parametrize(
    "removal", ["delete window.WebAssembly", "delete window.Worker"], ids=["wasm", "worker"]
)
def test_exact_figures_need_no_webassembly(reader: Reader, removal: str) -> None:
    exact = [f for f in reader.site.figures if f.data["spec"]["honesty"] == "exact"]
    assert exact
    page = reader.visit(reader.site.url(exact[0].page), before=removal)
    for placed in exact:
        assert placed.page == exact[0].page, json.dumps(placed.name)
        figure = Figure(page, placed).wait_live()
        before = figure.snapshot().readouts
        figure.stage.locator("input[type=range], [role=slider]").first.focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        figure.settle()
        assert figure.snapshot().readouts != before
