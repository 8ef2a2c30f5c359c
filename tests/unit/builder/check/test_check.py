"""`book check`: each thing that it should find, in small sites that have it; and a clean one."""

from __future__ import annotations

import base64
import gzip
import sys
import threading
from collections.abc import Iterator, Mapping
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from builder.check import accessibility, run
from builder.check.cards import check_cards
from builder.check.foreign import check_tags
from builder.check.links import ask_server, check_links, check_outside_links
from builder.check.site import BuiltSite, Page, read_site
from builder.check.validity import check_html
from builder.check.weight import FIRST_LOAD, FONTS, MODEL, WHOLE, over_budget, table, weigh
from builder.issues.issue import Issue
from builder.load.load import load
from builder.load.model_card import ModelCard
from builder.node.service import NodeService
from builder.pack.pack import encode
from builder.pack.pdf import NoPdfError
from builder.store.effects import MemoryEffects
from builder.store.hashing import asset_script
from builder.store.memory import Memory
from builder.store.paths import SEARCH_INDEX, SITE
from tests.unit.builder.fakes import FakeService, build, small_book
from tests.unit.builder.render.test_print_page import apart

ASSETS = Path(__file__).resolve().parents[4] / "site_assets"
ROOT = "https://book.example/"


def site(files: Mapping[str, str | bytes]) -> BuiltSite:
    return read_site(MemoryEffects({f"{SITE}/{path}": data for path, data in files.items()}))


def links(html: str, **others: str) -> list[str]:
    pages = {"page.html": html, **{f"{name}.html": text for name, text in others.items()}}
    return [str(issue) for issue in check_links(site(pages), ROOT)]


def test_a_page_or_an_anchor_that_is_not_there_is_reported_at_its_link() -> None:
    html = '<p>\n<a href="other.html#here">x</a> <a href="no.html">x</a>\n<a href="#no">x</a>'
    assert links(html, other="<p id=here>") == [
        f"{SITE}/page.html:2:33 link-broken: there is no file 'no.html'\n"
        '  <a href="other.html#here">x</a> <a href="no.html">x</a>\n'
        "                                  ^~~~~~~~~~~~~~~~~~",
        f"{SITE}/page.html:3:1 link-broken: 'page.html' has no anchor 'no'\n"
        '  <a href="#no">x</a>\n'
        "  ^~~~~~~~~~~~~~",
    ]


@pytest.mark.parametrize(
    "html",
    [
        '<a href="page.html">x</a><a href="">x</a>',
        '<b id="fig-a"></b><a href="#fig-a?fig-a.z1=0.5">x</a>',
        '<b id="ä b"></b><a href="#%C3%A4%20b">x</a>',
        '<a href="https://other.example/no">x</a><a href="mailto:a@b.example">x</a>',
        f'<link rel="canonical" href="{ROOT}page.html"><link rel="canonical" href="{ROOT}">',
    ],
)
def test_good_links(html: str) -> None:
    assert links(html, index="") == []


@pytest.mark.parametrize(
    ("html", "message"),
    [
        ('<img src="no.png">', "there is no file 'no.png'"),
        ('<script src="no.js"></script>', "there is no file 'no.js'"),
        ('<a href="/page.html">x</a>', "fails under a sub-path"),
        (f'<a href="{ROOT}no.html">x</a>', "there is no file 'no.html'"),
        (
            '<script type="application/json">{"a":[{"src":"assets/no.js"}]}</script>',
            "there is no file 'assets/no.js'",
        ),
    ],
)
def test_other_files(html: str, message: str) -> None:
    (found,) = links(html)
    assert message in found


class Outside(BaseHTTPRequestHandler):
    """Answers with the status that the path names; `/head-405` refuses HEAD alone.

    `/%C3%A4%20b?%C3%B6` is there, and what `/nonsense` answers is not HTTP.
    """

    def _answer(self, method: str) -> None:
        if self.path == "/nonsense":
            self.wfile.write(b"nonsense\r\n")
            return
        status = "200" if self.path == "/%C3%A4%20b?%C3%B6" else self.path.strip("/")
        refused = status == "head-405" and method == "HEAD"
        self.send_response(405 if refused else 200 if status == "head-405" else int(status))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_HEAD(self) -> None:
        self._answer("HEAD")

    def do_GET(self) -> None:
        self._answer("GET")

    def log_message(self, format: str, *arguments: Any) -> None:
        """Not in a test's output."""


@pytest.fixture
def outside() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Outside)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_outside_links_are_asked_once_and_reported_at_each_place(outside: str) -> None:
    statuses = ("200", "head-405", "404", "403", "500", "404#part")
    html = "\n".join(f'<a href="{outside}/{status}">x</a>' for status in statuses)
    html += f'\n<a href="{ROOT}">x</a><link href="{outside}/404">'
    asked: list[str] = []

    def ask(url: str) -> Any:
        asked.append(url)
        return ask_server(url)

    found = list(check_outside_links(site({"page.html": html}), ROOT, ask, lambda _: None))
    assert len(asked) == 5
    told = sorted((issue.line, issue.severity, issue.message) for issue in found)
    assert told == [
        (3, "error", f"{outside}/404: the server says 404 Not Found"),
        (4, "warning", f"{outside}/403: the server says 403 Forbidden"),
        (5, "error", f"{outside}/500: the server says 500 Internal Server Error"),
        (6, "error", f"{outside}/404#part: the server says 404 Not Found"),
    ]


def test_a_server_that_is_not_there_is_reported(outside: str) -> None:
    port = int(outside.rpartition(":")[2])
    closed = f"http://127.0.0.1:{port - 1 if port > 1024 else port + 1}/"
    answer = ask_server(closed)
    assert answer
    assert answer[0].startswith("no answer: ")


def test_one_odd_address_leaves_the_others_asked(outside: str) -> None:
    odd = (f"{outside}/ä b?ö", "http://no port:x/", "http://[::1/", f"{outside}/nonsense")
    html = "\n".join(f'<a href="{url}">x</a>' for url in (*odd, f"{outside}/404"))
    found = list(check_outside_links(site({"page.html": html}), ROOT, ask_server, lambda _: None))
    told = sorted((issue.line, issue.message) for issue in found)
    assert told == [
        (2, "http://no port:x/: this is no address: nonnumeric port: 'x'"),
        (3, "http://[::1/: this is no address: Invalid IPv6 URL"),
        (4, f"{outside}/nonsense: the answer is not HTTP: BadStatusLine('nonsense\\r\\n')"),
        (5, f"{outside}/404: the server says 404 Not Found"),
    ]


def test_an_address_that_cannot_be_parsed_is_reported_without_asking() -> None:
    (found,) = links('<a href="http://[::1/">x</a>')
    assert "link-broken: 'http://[::1/' is no address: Invalid IPv6 URL" in found


def test_sizes_are_what_readers_load() -> None:
    html = (
        '<link rel="stylesheet" href="assets/book-1.css"><script src="assets/book-2.js"></script>'
        '<body class="page-chapter">'
    )
    style = b'@font-face{src:url("./serif-3.woff2")}'
    script = b"run();"
    model = asset_script("models/m/a.onnx", encode(b"weights"))
    index = b"book.searchIndex([]);\n"
    weights = {
        weight.what: weight.size
        for weight in weigh(
            site(
                {
                    "page.html": html,
                    "assets/book-1.css": style,
                    "assets/book-2.js": script,
                    "assets/serif-3.woff2": b"12345",
                    "assets/models/m/a-4.js": model,
                    SEARCH_INDEX: index,
                }
            )
        )
    }

    def gzipped(data: bytes) -> int:
        return len(gzip.compress(data, 9, mtime=0))

    assert weights == {
        "first load of page.html": sum(map(gzipped, (html.encode(), style, script))),
        "whole page.html": sum(map(gzipped, (html.encode(), style, script))),
        "fonts": 5,
        "model m": gzipped(b"weights"),
        "all models": gzipped(b"weights"),
        "search index": gzipped(index),
        "kernels": 0,
        "ONNX Runtime": 0,
    }


def test_what_is_over_its_budget_is_reported_and_marked() -> None:
    noise = base64.b85encode(b"".join(sha256(b"%d" % i).digest() for i in range(9000))).decode()
    weights = weigh(
        site(
            {
                "page.html": f'<body class="page-chapter">{noise}',
                "assets/book-1.css": 'a{src:url("serif.woff2")}',
                "assets/serif.woff2": b"x" * (FONTS + 1),
                "assets/models/m/a-4.js": b'book.asset("k","' + b"A" * (2 * MODEL) + b'");\n',
                SEARCH_INDEX: noise,
            }
        )
    )
    found = [issue.message.partition(":")[0] for issue in over_budget(weights)]
    assert found == [
        "first load of page.html", "whole page.html", "fonts", "model m", "search index",
    ]  # fmt: skip
    assert weights[0].size > FIRST_LOAD
    assert weights[1].size > WHOLE
    assert [line.endswith("over") for line in table(weights).split("\n")].count(True) == 5


@pytest.mark.parametrize(("run", "is_sooner"), [("async", True), ("defer", False)])
def test_a_first_load_ends_with_the_first_figure_if_scripts_run_by_then(
    run: str, is_sooner: bool
) -> None:
    start = (
        f'<script {run} src="assets/book-2.js"></script><body class="page-chapter">'
        '<figure><img></figure><figure data-figure="a">x<figure>y</figure>z</figure>'
    )
    html = start + '<figure data-figure="b"></figure>' + "far below " * 9
    weights = weigh(site({"page.html": html, "assets/book-2.js": b"run();"}))
    first, whole = (
        weight.size - len(gzip.compress(b"run();", 9, mtime=0)) for weight in weights[:2]
    )
    assert whole == len(gzip.compress(html.encode(), 9, mtime=0))
    needed = start if is_sooner else html
    assert first == len(gzip.compress(needed.encode(), 9, mtime=0))


def card(**changes: Any) -> ModelCard:
    tensor = {"name": "x", "shape": ["n", 2], "dtype": "float32", "unit": "", "description": "d"}
    content: dict[str, Any] = {
        "name": "toy", "title": "T", "honesty": "exact", "description": "d", "seed": 0,
        "parameters": 0, "claims": [], "options": {},
        "data": {
            "name": "n", "label": "real", "description": "d", "splits": {"test": 1}, "classes": [],
        },
        "metrics": {"m": {"value": 0, "unit": "", "split": "test", "description": "d"}},
        "graphs": {"encoder": {"file": "e.onnx", "inputs": [tensor], "outputs": [tensor]}},
        "arrays": {"codes": {**tensor, "file": "c.bin", "shape": []}},
        "parity": {"encoder": {}}, "wall_time_seconds": 0.0, "fingerprint": "f",
        "versions": {"torch": "1"},
    }  # fmt: skip
    return ModelCard("toy", "build/models/toy", content | changes)


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({}, []),
        ({"seed": None, "description": ""}, ["the description", "the seed"]),
        ({"data": {"name": "n", "label": "real", "splits": {"test": 1}, "classes": []}},
         ["the description of the data"]),
        ({"parity": {}}, ["how far the graph 'encoder' is from torch"]),
        ({"graphs": {"e": {"inputs": [{"name": "x", "shape": [1]}]}}, "parity": {"e": {}}},
         ["the dtype of 'x' in the graph 'e'", "the unit of 'x' in the graph 'e'",
          "the description of 'x' in the graph 'e'", "the outputs of the graph 'e'"]),
        ({"metrics": {"m": {"value": 1}}},
         ["the unit of the metric 'm'", "the split of the metric 'm'",
          "the description of the metric 'm'"]),
    ],
)  # fmt: skip
def test_a_card_must_say_all_that_a_reader_may_ask(
    changes: dict[str, Any], missing: list[str]
) -> None:
    found = list(check_cards([card(**changes)]))
    assert [issue.message for issue in found] == [f"the card does not say {w}" for w in missing]
    assert {issue.hint for issue in found} <= {"book train --force toy"}


def test_html_that_departs_from_the_standard_is_reported_at_its_place() -> None:
    service = NodeService(ASSETS, print)
    head = '<!doctype html>\n<html lang="en"><head><title>T</title></head>'
    html = f"{head}\n<body><p><div></div></p>"
    try:
        found = list(check_html(BuiltSite((Page("a.html", html),), {}), service))
    finally:
        service.close()
    assert found
    assert {(issue.rule, issue.path, issue.line) for issue in found} == {
        ("html", f"{SITE}/a.html", 3)
    }


def test_without_playwright_or_chromium_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def nowhere() -> str:
        raise NoPdfError("nowhere")

    monkeypatch.setattr(accessibility, "find_browser", nowhere)
    for missing in ("Chromium", "Playwright"):
        if missing == "Playwright":
            monkeypatch.setitem(sys.modules, "playwright", None)
        (found,) = accessibility.check_accessibility(ASSETS.parent, ["index.html"])
        assert missing in found.message
        assert "tests.browser.install" in found.hint


def test_axe_finds_faults_on_the_page_and_in_the_colours_that_have_them(tmp_path: Path) -> None:
    (tmp_path / "site_assets").symlink_to(ASSETS)
    pages = {
        "a.html": "<p>Well.</p>",
        "b.html": '<p><input type="text"></p>',
        "c.html": "<style>@media (prefers-color-scheme: dark) { p { color: #ddd }}</style><p>Pale.",
    }
    (tmp_path / SITE).mkdir(parents=True)
    for name, body in pages.items():
        head = f'<!doctype html><html lang="en"><title>{name}</title><main><h1>{name}</h1>'
        (tmp_path / SITE / name).write_text(f"{head}{body}", "utf-8")
    found = apart(lambda: list(accessibility.check_accessibility(tmp_path, list(pages))))
    told = [(issue.path, issue.message.partition(":")[0], issue.message[-6:]) for issue in found]
    assert told == [
        (f"{SITE}/b.html", "label", " light"),
        (f"{SITE}/c.html", "color-contrast", ", dark"),
    ]


def test_faults_inside_drawings_and_formulas_are_found_in_the_dom(tmp_path: Path) -> None:
    (tmp_path / "site_assets").symlink_to(ASSETS)
    well = (
        '<svg role="img" aria-label="A line"><defs><clipPath id="c"><path/></clipPath></defs>'
        '<g clip-path="url(#c)"></g><a href="#top"><text>up</text></a></svg>'
        '<p id="top"><math><mi href="#top">x</mi></math>'
    )
    ill = (
        '<svg role="img" aria-label="A line"><path id="twice"/><a href="#top"><path/></a>'
        '<g clip-path="url(#gone)"></g></svg><p id="twice">x<p id="top">'
        '<math><mrow href="#nowhere"></mrow></math>'
    )
    (tmp_path / SITE).mkdir(parents=True)
    for name, body in {"a.html": well, "b.html": ill}.items():
        head = f'<!doctype html><html lang="en"><title>{name}</title><main><h1>{name}</h1>'
        (tmp_path / SITE / name).write_text(f"{head}{body}", "utf-8")
    pages = ["a.html", "b.html"]
    found = apart(lambda: list(accessibility.check_accessibility(tmp_path, pages)))
    told = [issue.message for issue in found if ", in <" in issue.message]
    assert {issue.path for issue in found if issue.message in told} == {f"{SITE}/b.html"}
    assert told == [
        "the id 'twice' stands 2 times, in <svg>",
        "the link to '#top' has no name, in <svg>",
        "there is no '#gone' on the page, in <svg>",
        "the link to '#nowhere' has no name, in <math>",
        "there is no '#nowhere' on the page, in <math>",
    ]


@pytest.mark.parametrize(
    ("html", "place", "message"),
    [
        ("<svg>\n<g><path/></svg><p>", (2, 1), "this <g> is not closed"),
        ("<math><mi>x</mi>", (1, 1), "this <math> is not closed"),
        ("<math>\n<mi>x</mi></mrow></math>", (2, 11), "</mrow> closes nothing inside <math>"),
        ("<p><svg><a href='#'><path d='M0 0'></a></svg>", (1, 21), "this <path> is not closed"),
    ],
)
def test_tags_that_do_not_match_inside_drawings_and_formulas(
    html: str, place: tuple[int, int], message: str
) -> None:
    (found,) = check_tags(site({"page.html": html}))
    assert (found.rule, found.line, found.column, found.message) == ("html", *place, message)


def test_tags_that_match_are_right() -> None:
    whole = "<p><br><svg><path/><g></g></svg><math><mi>x</mi></math><p>"
    assert list(check_tags(site({"page.html": whole}))) == []


def test_nothing_is_checked_where_nothing_is_built(tmp_path: Path) -> None:
    effects = small_book()
    assert run.check(tmp_path, effects, FakeService(effects), external=False) == 1
    assert "nothing in build/site to check" in effects.messages[-1]


def test_a_figure_that_no_page_shows_is_a_warning() -> None:
    effects = small_book()
    toml = effects.contents["site_assets/figures/dots/figure.toml"]
    effects.contents["site_assets/figures/idle/figure.toml"] = toml
    assert build(effects).published
    sources, _ = load(effects, Memory())
    (found,) = run.unused_figures(read_site(effects), sources)
    assert str(found).startswith("site_assets/figures/idle/figure.toml figure-unused: warning")


def test_a_figure_must_say_what_is_turned_and_what_that_changes_first() -> None:
    effects = small_book()
    toml = effects.contents["site_assets/figures/dots/figure.toml"]
    sources, _ = load(effects, Memory())
    assert [issue.rule for issue in run.figures_without_a_first(sources)] == ["figure-first"]
    first = b'[first]\nturn = "k"\nsee = "Dots"\n'
    effects.contents["site_assets/figures/dots/figure.toml"] = toml + first
    sources, _ = load(effects, Memory())
    assert sources.figures["dots"].first == ("k", "Dots")
    assert not list(run.figures_without_a_first(sources))


def test_the_report_ends_with_a_count_and_its_status_tells() -> None:
    effects, built = MemoryEffects({}), site({"a.html": "", "b.html": ""})
    warning = Issue("figure-unused", "x", 0, 0, "unused", severity="warning")
    error = Issue("accessibility", f"{SITE}/a.html", 0, 0, "no name")
    assert run.report(effects, built, []) == 0
    assert run.report(effects, built, [warning]) == 0
    assert effects.messages[-1] == "build/site: 2 pages, 1 warning"
    assert run.report(effects, built, [warning, error]) == 1
    assert effects.messages[-3:-1] == [f"{error}\n", f"{warning}\n"]
