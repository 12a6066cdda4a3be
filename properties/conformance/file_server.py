"""A web server for files: a station fetches what is offered by GET, and sends any name by PUT or POST."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Final, Self

from attrs import define, field

MOST_BYTES: Final = 64 * 1024 * 1024
PIECE_BYTES: Final = 64 * 1024


@define(eq=False)
class FileServer:
    """Listens at ``host``. ``offered``: path -> what is there. ``arrived``: name -> size in bytes."""

    host: str
    offered: dict[str, bytes] = field(factory=dict)
    arrived: dict[str, int] = field(factory=dict)
    _server: ThreadingHTTPServer | None = None

    def __enter__(self) -> Self:
        """Listen at a port that is free."""
        self._server = ThreadingHTTPServer((self.host, 0), _handler(self.offered, self.arrived))
        threading.Thread(target=self._server.serve_forever, daemon=True, name="files").start()
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self._server is not None
        return self._server.server_port


def _handler(offered: dict[str, bytes], arrived: dict[str, int]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            content = offered.get(self.path)
            self._answer(404 if content is None else 200, content or b"")

        def do_PUT(self) -> None:
            left = size = min(int(self.headers.get("Content-Length") or 0), MOST_BYTES)
            while left and (piece := self.rfile.read(min(left, PIECE_BYTES))):
                left -= len(piece)
            arrived[self.path.rpartition("/")[2]] = size - left
            self._answer(201, b"")

        def do_POST(self) -> None:
            self.do_PUT()

        def _answer(self, status: int, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """The report of a case says what was wrong."""

    return Handler
