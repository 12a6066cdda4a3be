"""A real HTTP(S) server whose pages misbehave as a scenario wants."""

from __future__ import annotations

import contextlib
import http.server
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from attrs import define, field

PIECE = 32 * 1024


class Visit(http.server.BaseHTTPRequestHandler):
    """One connection of a client."""

    protocol_version = "HTTP/1.1"
    site: Site

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the library's
        """Silent."""

    def do_GET(self) -> None:
        self.answer()

    def do_PUT(self) -> None:
        self.answer()

    def handle_expect_100(self) -> bool:
        """A page that refuses says so before the body is sent."""
        if self.page().wants_body:
            return super().handle_expect_100()
        self.answer()
        return False

    def answer(self) -> None:
        site = self.site
        site.requests.append((self.command, self.path, {name.lower(): value for name, value in self.headers.items()}))
        with contextlib.suppress(OSError):
            self.page().give(self)

    def page(self) -> Page:
        pages = self.site.pages.get(self.path, [Status(404)])
        return pages.pop(0) if len(pages) > 1 and self.command == "GET" else pages[0]

    def head(self, status: int, **headers: object) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    def hang_up(self) -> None:
        """The connection dies at once, without the rest."""
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


class Page:
    """What is at a path."""

    wants_body = True

    def give(self, visit: Visit) -> None:
        raise NotImplementedError


@define
class Status(Page):
    """Nothing but a status, and perhaps a page in HTML."""

    status: int
    body: bytes = b"<html>no</html>"
    location: str | None = None

    @property
    def wants_body(self) -> bool:  # type: ignore[override]
        return self.status < 300

    def give(self, visit: Visit) -> None:
        headers = {} if self.location is None else {"Location": self.location}
        visit.head(self.status, Content_Length=len(self.body), **headers)
        visit.wfile.write(self.body)
        if not self.wants_body:
            visit.close_connection = True


@define
class File(Page):
    """A file, with the ranges and conditions of RFC 9110 where ``ranges``.

    ``cut``: so many bytes of the body, then the connection dies. ``length``: what is announced instead of the truth;
    0 for nothing. ``pause_s``: between two pieces.
    """

    content: bytes
    tag: str | None = '"1"'
    date: str | None = None
    ranges: bool = True
    cut: int | None = None
    length: int | None = None
    pause_s: float = 0.0
    piece: int = PIECE

    def give(self, visit: Visit) -> None:
        offset = self._offset(visit)
        body, headers = self.content[offset:], dict[str, object]()
        if offset is not None and offset >= len(self.content):
            visit.head(416, Content_Length=0, Content_Range=f"bytes */{len(self.content)}")
            return
        if self.tag:
            headers["ETag"] = self.tag
        if self.date:
            headers["Last_Modified"] = self.date
        if self.length != 0:
            headers["Content_Length"] = len(body) if self.length is None else self.length
        else:
            headers["Connection"], visit.close_connection = "close", True
        if offset is not None:
            headers["Content_Range"] = f"bytes {offset}-{len(self.content) - 1}/{len(self.content)}"
        visit.head(200 if offset is None else 206, **headers)
        self._send(visit, body)

    def _offset(self, visit: Visit) -> int | None:
        found = re.fullmatch(r"bytes=(\d+)-", visit.headers.get("Range", ""))
        if found is None or not self.ranges or visit.headers.get("If-Range") not in (None, self.tag, self.date):
            return None
        return int(found[1])

    def _send(self, visit: Visit, body: bytes) -> None:
        left = body if self.cut is None else body[: self.cut]
        while left:
            visit.wfile.write(left[: self.piece])
            left = left[self.piece :]
            time.sleep(self.pause_s)
        if self.cut is not None or (self.length or 0) > len(body):
            visit.hang_up()


@define
class Inbox(Page):
    """Takes what is put there. ``cut``: after so many bytes the connection dies."""

    status: int = 201
    cut: int | None = None

    def give(self, visit: Visit) -> None:
        length = int(visit.headers["Content-Length"])
        if self.cut is not None:
            visit.rfile.read(self.cut)
            visit.hang_up()
            return
        visit.site.received[visit.path] = visit.rfile.read(length)
        visit.head(self.status, Content_Length=0)


@define(eq=False)
class Site:
    """``pages``: path -> the pages that are given for it, one after the other, the last again and again."""

    url: str = ""
    pages: dict[str, list[Page]] = field(factory=dict)
    received: dict[str, bytes] = field(factory=dict)
    requests: list[tuple[str, str, dict[str, str]]] = field(factory=list)

    def has(self, path: str, *pages: Page) -> str:
        """Its URL."""
        self.pages[path] = list(pages)
        return self.url + path


@contextmanager
def http_site(tls: Callable[[ssl.SSLContext], object] | None = None) -> Iterator[Site]:
    """``tls``: gives a context its certificate."""
    site = Site()

    class Mine(Visit):
        pass

    Mine.site = site
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Mine)
    server.daemon_threads, server.handle_error = True, _silent  # type: ignore[method-assign]
    if tls is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls(context)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    site.url = f"{'http' if tls is None else 'https'}://localhost:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _silent(request: object, client_address: object) -> None:
    """A client that goes away is what scenarios do."""
