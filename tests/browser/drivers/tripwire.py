"""A proxy that leads nowhere: whatever a browser would ask of the network fails and is noted."""

from __future__ import annotations

import socketserver
import threading

REFUSAL = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


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
        """First lines of the requests that came so far."""
        return list(self._server.asked)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
