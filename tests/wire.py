"""A wire that can be cut or go dead: a TCP proxy on loopback between a station and its central system.

``freeze`` is a half-open connection: both sockets stay, and nothing passes any more in either direction.
"""

from __future__ import annotations

import selectors
import socket
import threading
from typing import Self
from urllib.parse import urlsplit, urlunsplit

Pair = tuple[socket.socket, socket.socket]


class Wire:
    """Passes bytes on, until it does not. ``came_from``: the address of each connection that was made."""

    def __init__(self, url: str) -> None:
        self._there = urlsplit(url)
        self._server = socket.create_server(("127.0.0.1", 0))
        self._pairs: list[Pair] = []
        self._frozen: list[Pair] = []
        self.came_from: list[str] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)

    @property
    def url(self) -> str:
        """What the station is to dial."""
        return urlunsplit(self._there._replace(netloc=f"127.0.0.1:{self._server.getsockname()[1]}"))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()
        self.cut()
        for pair in self._frozen:
            _close(pair)

    def freeze(self) -> None:
        """What is connected now goes dead; what is dialled from now on works."""
        self._frozen, self._pairs = self._frozen + self._pairs, []

    def cut(self) -> None:
        """Every connection is gone, without a close frame."""
        pairs, self._pairs = self._pairs, []
        for pair in pairs:
            _close(pair)

    def _accept(self) -> None:
        while True:
            try:
                near, (address, _) = self._server.accept()
            except OSError:
                return
            self.came_from.append(address)
            pair = (near, socket.create_connection((self._there.hostname, self._there.port)))
            self._pairs.append(pair)
            threading.Thread(target=self._pass_on, args=(pair,), daemon=True).start()

    def _pass_on(self, pair: Pair) -> None:
        near, far = pair
        with selectors.DefaultSelector() as ready:
            ready.register(near, selectors.EVENT_READ, far)
            ready.register(far, selectors.EVENT_READ, near)
            try:
                while all(_carry(self, pair, key.fileobj, key.data) for key, _ in ready.select(0.05)):
                    if pair in self._frozen:
                        return
            except (OSError, ValueError):
                pass
        self._drop(pair)

    def _drop(self, pair: Pair) -> None:
        if pair in self._pairs:
            self._pairs.remove(pair)
            _close(pair)


def _carry(wire: Wire, pair: Pair, source: object, target: socket.socket) -> bool:
    """One piece on its way; False where the source has no more."""
    assert isinstance(source, socket.socket)
    data = source.recv(65536)
    if pair not in wire._frozen:
        target.sendall(data)
    return bool(data)


def _close(pair: Pair) -> None:
    for end in pair:
        end.close()
