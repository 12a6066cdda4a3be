"""A web server to which a station sends files: it takes any name by PUT or POST, and keeps how long each was."""

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
    """Listens at ``host``; ``files``: what has arrived, name -> size in bytes."""

    host: str
    files: dict[str, int] = field(factory=dict)
    _server: ThreadingHTTPServer | None = None

    def __enter__(self) -> Self:
        """Listen at a port that is free."""
        self._server = ThreadingHTTPServer((self.host, 0), self._handler())
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

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        files = self.files

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_PUT(self) -> None:
                left = size = min(int(self.headers.get("Content-Length") or 0), MOST_BYTES)
                while left and (piece := self.rfile.read(min(left, PIECE_BYTES))):
                    left -= len(piece)
                files[self.path.rpartition("/")[2]] = size - left
                self.send_response(201)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_POST(self) -> None:
                self.do_PUT()

            def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
                """The report of a case says what was wrong."""

        return Handler
