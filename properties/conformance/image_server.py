"""A web server from which a station fetches firmware: what it has is at its path, and nothing anywhere else."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from attrs import define, field


@define(eq=False)
class ImageServer:
    """Listens at ``host``; ``images``: path -> what is there."""

    host: str
    images: dict[str, bytes] = field(factory=dict)
    _server: ThreadingHTTPServer | None = None

    def __enter__(self) -> Self:
        """Listen at a port that is free."""
        self._server = ThreadingHTTPServer((self.host, 0), _handler(self.images))
        threading.Thread(target=self._server.serve_forever, daemon=True, name="images").start()
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


def _handler(images: dict[str, bytes]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            image = images.get(self.path)
            self.send_response(404 if image is None else 200)
            self.send_header("Content-Length", str(len(image or b"")))
            self.end_headers()
            self.wfile.write(image or b"")

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """The report of a case says what was wrong."""

    return Handler
