"""A small static server that publishes a folder under a sub-path, as a project's Pages site is."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SUB_PATH = "/book/"


class Pages(SimpleHTTPRequestHandler):
    """Serves the folder beneath SUB_PATH and nothing above it; keeps quiet."""

    protocol_version = "HTTP/1.1"

    def translate_path(self, path: str) -> str:
        if not path.startswith(SUB_PATH):
            return str(Path(self.directory) / "outside-of-the-site")
        return super().translate_path("/" + path.removeprefix(SUB_PATH))

    def log_message(self, format: str, *args: object) -> None:
        """A test's output is no access log."""


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def serve(folder: Path, pages: type[Pages] = Pages) -> AbstractContextManager[str]:
    """The address of the site's root, with its final slash, for as long as the block lasts."""
    return listen(partial(pages, directory=str(folder)))


@contextmanager
def listen(handler: Callable[..., Pages]) -> Iterator[str]:
    """The same with a handler of one's own."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{SUB_PATH}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def publish(scheme: str, folder: Path) -> Iterator[str]:
    """The address of the folder, over `http` or as `file`."""
    if scheme == "file":
        yield folder.as_uri() + "/"
    else:
        with serve(folder) as root:
            yield root
