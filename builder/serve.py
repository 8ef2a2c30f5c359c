"""A live preview: serves the built site, builds anew when a source changes, reloads the page.

The files in `build/site` stay what readers get, but for the archive and the service worker, which
only `book build` makes: the reload script and the permission to listen for changes are added to
pages on their way out.
"""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Callable, Iterable
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import watchfiles

from builder.build import Outcome
from builder.issue import is_error, summary
from builder.offline import SERVICE_WORKER

WATCHED = ("content", "builder/templates", "site_assets", "training", "build/models")
IGNORED = frozenset({"node_modules", "generated", "__pycache__"})
QUIET = 20
"""Milliseconds without a change after which a burst of changes counts as over."""

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
RELOAD_SCRIPT = (Path(__file__).parent / "reload.js").read_bytes()
RETIRING_WORKER = (Path(__file__).parent / "retire.js").read_bytes()


class Preview:
    """What the open pages are to show: the number of the last good build and its issues."""

    def __init__(self) -> None:
        self.version = 0
        self.issues = ""
        self._listeners: set[queue.SimpleQueue[str]] = set()
        self._lock = threading.Lock()

    def update(self, outcome: Outcome) -> None:
        """Tell every open page about a build."""
        with self._lock:
            self.version += outcome.published
            self.issues = "\n\n".join(map(str, filter(is_error, outcome.issues)))
            listeners, state = list(self._listeners), self._state()
        for listener in listeners:
            listener.put(state)

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

    def _state(self) -> str:
        return json.dumps({"version": self.version, "issues": self.issues})


class Handler(SimpleHTTPRequestHandler):
    """Files of the site, the reload script, and the stream of build events."""

    protocol_version = "HTTP/1.1"

    def __init__(self, *arguments: Any, preview: Preview, **settings: Any) -> None:
        self.preview = preview
        self.extensions_map = {"": "application/octet-stream", **MIME_TYPES}
        super().__init__(*arguments, **settings)

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == RELOAD_PATH:
            self._send(RELOAD_SCRIPT, MIME_TYPES[".js"])
        elif path == f"/{SERVICE_WORKER}":
            self._send(RETIRING_WORKER, MIME_TYPES[".js"])
        elif path == EVENTS_PATH:
            self._stream()
        else:
            super().do_GET()

    def send_head(self) -> BytesIO | BinaryIO | None:
        file = Path(self.translate_path(self.path))
        if file.is_dir():
            file = file / "index.html"
        if file.suffix != ".html" or not file.is_file():
            return super().send_head()
        page = live_page(file.read_bytes())
        self._head(MIME_TYPES[".html"], len(page))
        return BytesIO(page)

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, format: str, *arguments: Any) -> None:
        """Requests are not worth a line each."""

    def _head(self, content_type: str, length: int) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def _send(self, body: bytes, content_type: str) -> None:
        self._head(content_type, len(body))
        self.wfile.write(body)

    def _stream(self) -> None:
        """Server-sent events until the page goes away."""
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/event-stream")
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
                self.wfile.flush()
        except OSError:
            pass  # the page was closed
        finally:
            self.preview.leave(listener)


def live_page(page: bytes) -> bytes:
    """A page that may listen for builds, and does."""
    page = page.replace(b"connect-src &#39;none&#39;", b"connect-src &#39;self&#39;", 1)
    page = page.replace(b"connect-src 'none'", b"connect-src 'self'", 1)
    script = f'<script src="{RELOAD_PATH}" defer></script></head>'.encode()
    return page.replace(b"</head>", script, 1)


def start_server(site: Path, preview: Preview, port: int) -> ThreadingHTTPServer:
    """The server, running in a thread; port 0 means any that is free."""
    handler = partial(Handler, preview=preview, directory=str(site))
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def is_watched(_: watchfiles.Change, path: str) -> bool:
    """Whether a change can matter: no editor's spare copies, nothing that builds write."""
    parts = Path(path).parts
    return not (IGNORED.intersection(parts) or parts[-1].startswith((".", "#")) or path[-1] == "~")


def serve(
    root: Path,
    port: int,
    build: Callable[[Iterable[str]], Outcome],
    log: Callable[[str], None],
    stop: threading.Event | None = None,
) -> None:
    """Build, serve, and build again at each change, until interrupted.

    `build` is given the paths that changed, relative to `root`.
    """
    preview = Preview()
    preview.update(build([]))
    server = start_server(root / "build" / "site", preview, port)
    log(f"Reading at http://127.0.0.1:{server.server_port}/ (Ctrl+C ends it)")
    folders = [root / folder for folder in WATCHED if (root / folder).is_dir()]
    changes = watchfiles.watch(
        *folders, watch_filter=is_watched, debounce=400, step=QUIET, stop_event=stop
    )
    try:
        for batch in changes:
            paths = sorted(Path(path).relative_to(root).as_posix() for _, path in batch)
            outcome = build(paths)
            preview.update(outcome)
            seconds = sum(outcome.phases.values())
            log(f"{', '.join(paths[:3])}: {summary(outcome.issues)} in {1000 * seconds:.0f} ms")
    except KeyboardInterrupt:
        pass
    finally:
        server.shutdown()
        server.server_close()
