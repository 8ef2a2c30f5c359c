"""The preview server: types, the reload script, build events; and rebuilding on a change."""

import json
import threading
import urllib.request
from collections.abc import Iterable, Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest
import watchfiles

from builder.build import Outcome
from builder.issue import whole_file
from builder.render import CSP
from builder.serve import Preview, is_watched, live_page, serve, start_server

PAGE = f'<head><meta content="{CSP}"><title>x</title></head><body>text</body>'


@pytest.fixture
def preview() -> Preview:
    return Preview()


@pytest.fixture
def address(tmp_path: Path, preview: Preview) -> Iterator[str]:
    (tmp_path / "index.html").write_text(PAGE, "utf-8")
    (tmp_path / "a.js").write_text("1", "utf-8")
    (tmp_path / "f.woff2").write_bytes(b"font")
    server = start_server(tmp_path, preview, 0)
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/index.html", "text/html; charset=utf-8"),
        ("/a.js", "text/javascript; charset=utf-8"),
        ("/f.woff2", "font/woff2"),
        ("/_book/reload.js", "text/javascript; charset=utf-8"),
    ],
)
def test_types(address: str, path: str, kind: str) -> None:
    with urllib.request.urlopen(address + path) as response:
        assert response.headers["Content-Type"] == kind
        assert response.headers["Cache-Control"] == "no-store"
        assert len(response.read()) == int(response.headers["Content-Length"])


def test_a_served_page_may_listen_and_the_file_may_not(address: str, tmp_path: Path) -> None:
    with urllib.request.urlopen(f"{address}/index.html?x=1") as response:
        page = response.read().decode()
    assert "connect-src 'self'" in page
    assert page.index("/_book/reload.js") < page.index("</head>")
    assert (tmp_path / "index.html").read_text("utf-8") == PAGE


def test_the_policy_is_found_when_its_quotes_are_escaped() -> None:
    page = live_page(PAGE.replace("'", "&#39;").encode())
    assert b"connect-src &#39;self&#39;" in page


def test_events_tell_of_good_and_bad_builds(address: str, preview: Preview) -> None:
    connection = HTTPConnection(address.removeprefix("http://"), timeout=10)
    connection.request("GET", "/_book/events")
    response = connection.getresponse()

    def event() -> dict[str, object]:
        line = response.readline()
        while not line.startswith(b"data:"):
            line = response.readline()
        found: dict[str, object] = json.loads(line[5:])
        return found

    assert event() == {"version": 0, "issues": ""}
    preview.update(Outcome())
    assert event() == {"version": 1, "issues": ""}
    preview.update(Outcome(issues=[whole_file("rule", "a.md", "wrong")]))
    assert event() == {"version": 1, "issues": "a.md rule: wrong"}
    connection.close()


@pytest.mark.parametrize(
    ("path", "watched"),
    [
        ("content/01-a.md", True),
        ("content/.01-a.md.swp", False),
        ("content/01-a.md~", False),
        ("site_assets/node_modules/a/b.js", False),
        ("site_assets/generated/a.ts", False),
        ("site_assets/kit/a.ts", True),
    ],
)
def test_what_is_watched(path: str, watched: bool) -> None:
    assert is_watched(watchfiles.Change.modified, f"/repo/{path}") is watched


def test_a_change_is_built(tmp_path: Path) -> None:
    (tmp_path / "content").mkdir()
    (tmp_path / "build" / "site").mkdir(parents=True)
    stop, served = threading.Event(), threading.Event()
    changes: list[list[str]] = []

    def build(changed: Iterable[str]) -> Outcome:
        changes.append(list(changed))
        if changes[-1]:
            stop.set()
        return Outcome()

    def log(message: str) -> None:
        served.set()

    thread = threading.Thread(target=serve, args=(tmp_path, 0, build, log, stop))
    thread.start()
    assert served.wait(10)
    for attempt in range(50):  # the watch begins a moment after the log line
        (tmp_path / "content" / "01-a.md").write_text(str(attempt), "utf-8")
        if stop.wait(0.1):
            break
    thread.join(10)
    assert changes[:2] == [[], ["content/01-a.md"]]


def test_a_service_worker_left_behind_is_retired(address: str) -> None:
    with urllib.request.urlopen(f"{address}/sw.js") as response:
        assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"
        assert b"unregister()" in response.read()
