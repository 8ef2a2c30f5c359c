"""A proxy that leads nowhere: whatever a browser would ask of the network fails and is noted."""

from __future__ import annotations

import re
import socketserver
import threading

REFUSAL = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

# What browsers ask of their makers, of their own accord. A page that tried would meet the policy
# first, and the browser's console would say so.
OWN_ACCORD = re.compile(r"\.(googleapis|google|gvt1|mozilla|firefox)\.(com|net|org)\b")


class _Refuse(socketserver.StreamRequestHandler):
    timeout = 5

    def handle(self) -> None:
        request = self.rfile.readline(4096).decode("latin-1").strip()
        if request:
            self.server.asked.append(request)  # type: ignore[attr-defined]
        self.wfile.write(REFUSAL)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    asked: list[str]


class Tripwire:
    """Listens on this machine; browsers get it as their proxy for all but this machine."""

    def __init__(self) -> None:
        self._server = _Server(("127.0.0.1", 0), _Refuse)
        self._server.asked = []
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def asked(self) -> list[str]:
        """First lines of the requests that came so far, without the browser's own."""
        return [line for line in self._server.asked if not OWN_ACCORD.search(line)]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
