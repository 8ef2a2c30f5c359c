"""What a driver takes for a page's mistake, and what not."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import sleep

import pytest

from tests.browser.support.drivers.firefox import Firefox, system_firefox
from tests.browser.support.drivers.tripwire import Tripwire

DRAWN = 1.0
"""Seconds after which a browser has drawn what has arrived of a page."""
LONG = "word " * 3000  # a browser waits with less
BEGINNING = f"<!doctype html><title>A page</title><p>{LONG}<p><math><mfrac><mn>1</mn>"
WHOLE, BROKEN = "<mn>2</mn></mfrac></math>", "<mn>2</mn></mfrac><msup><mn>3</mn></msup></math>"


class Halves(BaseHTTPRequestHandler):
    """Sends a page that ends as its address says, in two halves."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(BEGINNING.encode())
        self.wfile.flush()
        sleep(DRAWN)
        self.wfile.write((BROKEN if "broken" in self.path else WHOLE).encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def halves() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Halves) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.skipif(system_firefox() is None, reason="no Firefox on this machine")
def test_firefox_is_asked_of_the_formulas_that_have_arrived(halves: str) -> None:
    tripwire = Tripwire()
    firefox = Firefox(tripwire)
    try:
        firefox.open(f"{halves}/whole")
        assert firefox.problems() == []
        firefox.open(f"{halves}/broken")
        [problem] = firefox.problems()
        assert "<msup><mn>3</mn></msup>" in problem
    finally:
        firefox.close()
        tripwire.close()
