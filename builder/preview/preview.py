"""The server of the preview: pages from memory, build events, and the button that trains.

What readers get stays as it is: the reload script and the permission to listen for changes are
added to pages on their way out.
"""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

from builder.issues.issue import is_error
from builder.pack.outcome import Outcome
from builder.store.paths import NOT_FOUND, SERVICE_WORKER

MIME_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
    ".xml": "application/xml",
}
RELOAD_PATH = "/_book/reload.js"
EVENTS_PATH = "/_book/events"
TRAIN_PATH = "/_book/train"
OWN_HEADER = "X-Book"
"""Pages of other origins cannot send it, so none of them can start a training."""
RELOAD_SCRIPT = (Path(__file__).parent / "reload.js").read_bytes()
RETIRING_WORKER = (Path(__file__).parent / "retire.js").read_bytes()
NO_PAGE = b"<!doctype html><html><head><title>book serve</title></head><body></body></html>"
"""Shown while there is no good build."""
HASHED = "assets/"
"""Files below it have their content's hash in the name, so browsers may keep them for ever."""


@dataclass(frozen=True, slots=True)
class GoodBuild:
    """What a request reads as one: an old page with a new version would never be reloaded."""

    version: str
    """Different for each build of each run of the preview."""
    files: Mapping[str, bytes]
    on_request: Mapping[str, Callable[[], bytes]] = field(default_factory=dict)


class Preview:
    """What the open pages are to show: the last good build, issues, and what training is about."""

    def __init__(self, files: Mapping[str, bytes] | None = None) -> None:
        run = time.time_ns()
        self._versions = (f"{run}-{number}" for number in count())
        self.build = GoodBuild(next(self._versions), files or {})
        self._issues: tuple[str, ...] = ()
        self._stale: tuple[str, ...] = ()
        self._training: tuple[str, ...] = ()
        self._listeners: set[queue.SimpleQueue[str]] = set()
        self._lock = threading.Lock()

    def update(self, outcome: Outcome) -> None:
        """Tell every open page about a build."""
        with self._lock:
            if outcome.published:
                version = next(self._versions)
                self.build = GoodBuild(version, outcome.files, outcome.on_request)
            self._issues = tuple(str(issue) for issue in outcome.issues if is_error(issue))
            self._tell()

    def fail(self, reason: str) -> None:
        """Tell every open page why a build came to no end."""
        with self._lock:
            self._issues = (reason,)
            self._tell()

    def ask(self, stale: Sequence[str], training: Sequence[str] = ()) -> None:
        """Offer to train stale models, or say which ones are being trained."""
        with self._lock:
            self._stale, self._training = tuple(stale), tuple(training)
            self._tell()

    def listen(self) -> queue.SimpleQueue[str]:
        """A queue of states, the present one first."""
        listener: queue.SimpleQueue[str] = queue.SimpleQueue()
        with self._lock:
            self._listeners.add(listener)
            listener.put(self._state())
        return listener

    def leave(self, listener: queue.SimpleQueue[str]) -> None:
        with self._lock:
            self._listeners.discard(listener)

    def _tell(self) -> None:
        for listener in self._listeners:
            listener.put(self._state())

    def _state(self) -> str:
        return json.dumps(
            {
                "version": self.build.version,
                "issues": self._issues,
                "stale": self._stale,
                "training": self._training,
            }
        )


class Handler(BaseHTTPRequestHandler):
    """Files of the last good build, the reload script, and the stream of build events."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def __init__(self, *arguments: Any, preview: Preview, train: Callable[[], None]) -> None:
        self.preview, self.train = preview, train
        super().__init__(*arguments)

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == RELOAD_PATH:
            self._send(HTTPStatus.OK, RELOAD_SCRIPT, MIME_TYPES[".js"])
        elif path == f"/{SERVICE_WORKER}":
            self._send(HTTPStatus.OK, RETIRING_WORKER, MIME_TYPES[".js"])
        elif path == EVENTS_PATH:
            self._stream()
        else:
            self._file(unquote(path).lstrip("/"))

    def do_POST(self) -> None:
        if self.path != TRAIN_PATH or OWN_HEADER not in self.headers:
            self._send(HTTPStatus.FORBIDDEN, b"", MIME_TYPES[".json"])
            return
        self.train()
        self._send(HTTPStatus.ACCEPTED, b"", MIME_TYPES[".json"])

    def log_message(self, format: str, *arguments: Any) -> None:
        """Requests are not worth a line each."""

    def _file(self, path: str) -> None:
        if path == "" or path.endswith("/"):
            path += "index.html"
        build = self.preview.build
        if make := build.on_request.get(path):
            self._send(HTTPStatus.OK, make(), MIME_TYPES[PurePosixPath(path).suffix])
            return
        files = build.files
        status = HTTPStatus.OK if path in files else HTTPStatus.NOT_FOUND
        content = files.get(path, files.get(NOT_FOUND, NO_PAGE))
        ending = PurePosixPath(path).suffix.lower() if path in files else ".html"
        if ending == ".html":
            content = live_page(content, build.version)
        kind = MIME_TYPES.get(ending, "application/octet-stream")
        self._send(status, content, kind, lasting=path in files and path.startswith(HASHED))

    def _send(
        self, status: HTTPStatus, body: bytes, content_type: str, *, lasting: bool = False
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        caching = "public, max-age=31536000, immutable" if lasting else "no-store"
        self.send_header("Cache-Control", caching)
        self.end_headers()
        self.wfile.write(body)

    def _stream(self) -> None:
        """Server-sent events until the page goes away."""
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        listener = self.preview.listen()
        try:
            while True:
                try:
                    message = f"data: {listener.get(timeout=15)}\n\n"
                except queue.Empty:
                    message = ": still here\n\n"
                self.wfile.write(message.encode())
        except OSError:
            pass  # the page was closed
        finally:
            self.preview.leave(listener)


def live_page(page: bytes, version: str) -> bytes:
    """A page that may listen for builds, and does."""
    page = page.replace(b"connect-src &#39;none&#39;", b"connect-src &#39;self&#39;", 1)
    page = page.replace(b"connect-src 'none'", b"connect-src 'self'", 1)
    script = f'<script src="{RELOAD_PATH}" data-version="{version}" defer></script></head>'
    return page.replace(b"</head>", script.encode(), 1)


def start_server(preview: Preview, port: int, train: Callable[[], None]) -> ThreadingHTTPServer:
    """The server, running in a thread; port 0 means any that is free.

    `train` is called when a reader presses the button. Raises OSError if the port is taken.
    """
    server = ThreadingHTTPServer(
        ("127.0.0.1", port), partial(Handler, preview=preview, train=train)
    )
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
