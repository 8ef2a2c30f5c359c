"""The server of the preview: types, the reload script, build events, the button that trains."""

import json
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import Any
from urllib.error import HTTPError

import pytest

from builder.issues.issue import Issue, whole_file
from builder.pack.outcome import Outcome
from builder.preview.preview import GoodBuild, Preview, live_page, start_server
from builder.render.render import CSP

PAGE = f'<head><meta content="{CSP}"><title>x</title></head><body>text</body>'.encode()
FILES = {
    "index.html": PAGE,
    "404.html": PAGE.replace(b"text", b"not here"),
    "a b.js": b"1",
    "assets/f-1234.woff2": b"font",
}


@pytest.fixture
def preview() -> Preview:
    return Preview(FILES)


@pytest.fixture
def trainings() -> list[str]:
    return []


@contextmanager
def served(preview: Preview, train: Callable[[], None] = lambda: None) -> Iterator[str]:
    server = start_server(preview, 0, train)
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def address(preview: Preview, trainings: list[str]) -> Iterator[str]:
    with served(preview, lambda: trainings.append("asked")) as address:
        yield address


def test_what_is_made_on_request_is_never_kept(preview: Preview, address: str) -> None:
    asked: list[str] = []

    def index() -> bytes:
        asked.append("index")
        return b"an index"

    preview.update(Outcome(files=FILES, on_request={"assets/index.js": index}))
    assert asked == []
    with urllib.request.urlopen(f"{address}/assets/index.js") as response:
        assert response.read() == b"an index"
        assert response.headers["Content-Type"].startswith("text/javascript")
        assert "no-store" in response.headers["Cache-Control"]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/index.html", "text/html; charset=utf-8"),
        ("/a%20b.js?x=1", "text/javascript; charset=utf-8"),
        ("/assets/f-1234.woff2", "font/woff2"),
        ("/_book/reload.js", "text/javascript; charset=utf-8"),
    ],
)
def test_types(address: str, path: str, kind: str) -> None:
    with urllib.request.urlopen(address + path) as response:
        assert response.headers["Content-Type"] == kind
        lasting = "assets/" in path  # the name changes with the content
        assert ("no-store" in response.headers["Cache-Control"]) is not lasting
        assert len(response.read()) == int(response.headers["Content-Length"])


def test_a_served_page_may_listen_and_the_file_may_not(address: str, preview: Preview) -> None:
    with urllib.request.urlopen(f"{address}/index.html?x=1") as response:
        page = response.read().decode()
    assert "connect-src 'self'" in page
    assert page.index("/_book/reload.js") < page.index("</head>")
    assert f'data-version="{preview.build.version}"' in page
    assert preview.build.files["index.html"] == PAGE


def test_a_page_has_the_version_of_its_own_build_when_another_ends_meanwhile() -> None:
    read: list[GoodBuild] = []

    class Restless(Preview):
        """Ends another build whenever somebody reads the last one."""

        def __getattribute__(self, name: str) -> Any:
            value = super().__getattribute__(name)
            if name == "build":
                read.append(value)
                self.update(Outcome(files={"index.html": PAGE}))
            return value

    with served(Restless(FILES)) as address, urllib.request.urlopen(address) as response:
        assert response.read() == live_page(PAGE, read[0].version)


def test_a_page_that_is_not_there_listens_too(address: str, preview: Preview) -> None:
    for text in ("not here", "<title>book serve</title>"):
        with pytest.raises(HTTPError) as found:
            urllib.request.urlopen(f"{address}/nothing.html")
        assert found.value.code == 404
        page = found.value.read().decode()
        assert text in page
        assert "/_book/reload.js" in page
        preview.update(Outcome())  # without a page that says what is not there


def test_only_the_book_itself_can_ask_for_a_training(address: str, trainings: list[str]) -> None:
    def post(**headers: str) -> int:
        connection = HTTPConnection(address.removeprefix("http://"), timeout=10)
        connection.request("POST", "/_book/train", headers=headers)
        status = connection.getresponse().status
        connection.close()
        return status

    assert post() == 403
    assert trainings == []
    assert post(**{"X-Book": "train"}) == 202
    assert trainings == ["asked"]


def test_the_policy_is_found_when_its_quotes_are_escaped() -> None:
    page = live_page(PAGE.replace(b"'", b"&#39;"), "1")
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

    first = event()
    assert first == {"version": preview.build.version, "issues": [], "stale": [], "training": []}
    preview.update(Outcome(files={"index.html": b"new"}))
    second = event()
    assert second["version"] == preview.build.version != first["version"]
    issues = [
        whole_file("rule", "a.md", "wrong"),
        Issue("rule", "a.md", 1, 1, "unused", severity="warning"),
    ]
    preview.update(Outcome(issues=issues))
    assert event() == {**second, "issues": ["a.md rule: wrong"]}
    assert preview.build.files == {"index.html": b"new"}
    preview.ask(["digits"])
    assert event()["stale"] == ["digits"]
    preview.ask((), ["digits"])
    assert event()["training"] == ["digits"]
    connection.close()


def test_another_run_has_other_versions() -> None:
    assert Preview().build.version != Preview().build.version
