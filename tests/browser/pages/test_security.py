"""What the pages can't do, whoever asks them to: run foreign code, call out, keep what was drawn.

Another origin really listens here, and what it hears is the proof; a page without the policy makes
all the same attempts, so that the proof can fail.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import HTTP_AND_FILE
from tests.browser.figures.test_draw_and_squeeze import SEVEN, spots
from tests.browser.support.figure import Figure
from tests.browser.support.server import Pages, listen
from tests.browser.support.site import Site
from tests.browser.support.waiting import eventually

FIGURE = "draw-and-squeeze"
NAMED_STORAGE = {"book-theme", "book-offline", "book-search-key"}
"""All that the book ever writes into the browser's storage, beside the offline copy of itself and
what a reader makes of cells: see test_cells.py."""


class Stranger:
    """Another origin, and what it was asked for."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.root = ""


class Listening(Pages):
    def __init__(self, *arguments: object, stranger: Stranger, folder: Path) -> None:
        self.stranger = stranger
        super().__init__(*arguments, directory=str(folder))  # type: ignore[arg-type]

    def parse_request(self) -> bool:
        parsed = super().parse_request()
        self.stranger.heard.append(self.path.removeprefix("/book/").partition("?")[0])
        return parsed

    def end_headers(self) -> None:
        self.send_header("Access-Control-Allow-Origin", "*")
        super().end_headers()

    do_POST = SimpleHTTPRequestHandler.do_GET


@pytest.fixture
def stranger(tmp_path: Path) -> Iterator[Stranger]:
    found = Stranger()
    (tmp_path / "script.js").write_text("globalThis.foreign = true;", "utf-8")
    (tmp_path / "free.html").write_text("<!doctype html><title>no policy</title>", "utf-8")
    with listen(partial(Listening, stranger=found, folder=tmp_path)) as root:
        found.root = root
        yield found


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """Nothing is blocked or routed here: whatever holds a request back is the page's own policy."""
    context = browser.new_context()
    yield context
    context.close()


IN_THE_PAGE = """
async (root) => {
  await new Promise((done) => setTimeout(done)); // what the devtools run themselves may use eval
  const ran = [];
  globalThis.ran = (what) => ran.push(what);
  const add = (name, attributes, text = "") => {
    const element = Object.assign(document.createElement(name), attributes);
    element.textContent = text;
    document.body.append(element);
    return element;
  };
  const attempt = async (name, act) => { try { if (await act()) ran.push(name); } catch {} };

  add("script", {}, "ran('inline script')");
  add("div", {}).outerHTML = "<img src='data:,' onerror=\\"ran('handler')\\">";
  await attempt("eval", () => eval("true"));
  await attempt("Function", () => new Function("return true")());
  await attempt("string timer", () => { setTimeout("ran('string timer')"); });
  add("style", {}, "body { --foreign: 1 }");
  if (getComputedStyle(document.body).getPropertyValue("--foreign")) ran.push("inline style");

  add("img", { src: root + "image" });
  add("script", { src: root + "script.js" });
  add("link", { rel: "stylesheet", href: root + "style" });
  add("iframe", { src: root + "frame" });
  add("object", { data: root + "object" });
  add("video", { src: root + "video" });
  const form = add("form", { action: root + "form", method: "post", target: "_blank" });
  await attempt("form", () => { form.submit(); });
  await attempt("fetch", () => fetch(root + "fetch", { mode: "no-cors" }));
  await attempt("beacon", () => { navigator.sendBeacon(root + "beacon", "text"); });
  await attempt("request", () => new Promise((done) => {
    const request = new XMLHttpRequest();
    request.onloadend = () => done(request.status);
    request.open("GET", root + "request");
    request.send();
  }));
  await attempt("socket", () => { new WebSocket(root.replace("http", "ws") + "socket"); });
  await attempt("events", () => { new EventSource(root + "events"); });
  await attempt("font", () => new FontFace("foreign", `url(${root}font)`).load());
  await attempt("module", () => import(root + "module"));
  await new Promise((done) => setTimeout(done, 300));
  return [...ran, ...(globalThis.foreign ? ["foreign script"] : [])];
}
"""

IN_THE_WORKER = """
async (root) => {
  await new Promise((done) => setTimeout(done)); // what the devtools run themselves may use eval
  const ran = [];
  const attempt = async (name, act) => { try { if (await act()) ran.push(name); } catch {} };
  await attempt("eval", () => eval("true"));
  await attempt("Function", () => new Function("return true")());
  await attempt("importScripts", () => { importScripts(root + "script.js"); return foreign; });
  await attempt("fetch", () => fetch(root + "fetch", { mode: "no-cors" }));
  await attempt("socket", () => { new WebSocket(root.replace("http", "ws") + "socket"); });
  await attempt("worker", () => { new Worker(root + "worker"); });
  await attempt("module", () => import(root + "module"));
  await new Promise((done) => setTimeout(done, 300));
  return ran;
}
"""


def live_page(context: BrowserContext, site: Site) -> Figure:
    """On ONNX Runtime, whose worker runs the most code of others."""
    placed = site.figure(FIGURE)
    page = context.new_page()
    page.goto(site.url(placed.page) + "?engine=ort")
    return Figure(page, placed).wait_live()


@HTTP_AND_FILE
def test_the_policy_stops_foreign_code_and_every_way_out(
    context: BrowserContext, site: Site, stranger: Stranger
) -> None:
    page = live_page(context, site).page
    assert page.evaluate(IN_THE_PAGE, stranger.root) == []
    (engine,) = page.workers
    assert engine.evaluate(IN_THE_WORKER, stranger.root) == []
    assert stranger.heard == []


def test_without_the_policy_the_same_attempts_succeed(
    context: BrowserContext, stranger: Stranger
) -> None:
    """Otherwise the test above would show nothing."""
    page = context.new_page()
    page.goto(stranger.root + "free.html")
    ran = page.evaluate(IN_THE_PAGE, stranger.root)
    assert {"inline script", "handler", "eval", "Function", "string timer"} <= set(ran)
    assert {"inline style", "foreign script", "fetch", "request"} <= set(ran)
    page.evaluate("""() => {
      const url = URL.createObjectURL(new Blob([""]));
      globalThis.worker = new Worker(url);
    }""")
    eventually(page, lambda: _one_worker(page))
    found = page.workers[0].evaluate(IN_THE_WORKER, stranger.root)
    assert {"eval", "Function", "importScripts", "fetch"} <= set(found)
    ways = {"image", "script.js", "style", "frame", "object", "video", "form", "fetch", "beacon"}
    ways |= {"request", "socket", "events", "font", "worker", "module"}
    assert ways <= set(stranger.heard)


def _one_worker(page: Page) -> None:
    assert len(page.workers) == 1


STORED = """
async () => ({
  cookie: document.cookie,
  local: Object.keys(localStorage),
  session: Object.keys(sessionStorage),
  databases: (await indexedDB.databases()).map(({ name }) => name),
  caches: globalThis.caches ? await caches.keys() : [],
})
"""


@HTTP_AND_FILE
def test_what_is_drawn_goes_nowhere_and_stays_nowhere(context: BrowserContext, site: Site) -> None:
    """While a reader draws, nothing is asked for, and only named things are stored.

    The browser itself looks at the book's icon anew when the address's fragment changes.
    """
    figure = live_page(context, site)
    page = figure.page
    if site.root.startswith("http"):
        place = page.get_by_role("region", name="Reading without a network")
        expect(place).to_contain_text("2 of ", timeout=30_000)
    page.wait_for_load_state("networkidle")
    asked: set[tuple[str, str]] = set()
    context.on("request", lambda request: asked.add((request.method, request.url)))
    before = figure.summary()
    figure.mouse_drag(spots(figure, SEVEN))
    eventually(page, lambda: _differs(figure, before))
    figure.settle()
    page.get_by_role("button", name="Theme: auto").click()
    icon = page.locator("link[rel=icon]").evaluate("(link) => link.href")
    assert asked <= {("GET", icon)}
    stored = page.evaluate(STORED)
    assert stored["cookie"] == ""
    assert set(stored["local"]) == {"book-theme"} <= NAMED_STORAGE
    assert stored["session"] == stored["databases"] == []
    assert all(name.startswith(f"book {site.root} ") for name in stored["caches"])
    assert len(stored["caches"]) == site.root.startswith("http")
    assert context.cookies() == []


def _differs(figure: Figure, before: str) -> None:
    assert figure.summary() != before
