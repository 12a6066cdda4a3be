"""A TCP proxy on loopback that can cut a connection, or leave it half open: both sockets stay, and nothing arrives.

``swallow`` reads what comes and passes none of it on, in one direction or in both. TCP acknowledges every byte, so
neither end can know; a router that has forgotten the connection, or a proxy that has lost its far side, looks so.
"""

from __future__ import annotations

import selectors
import socket
import threading
from typing import Self
from urllib.parse import urlsplit, urlunsplit

from attrs import define, field

POLL_S = 0.05


@define(eq=False)
class Pair:
    """One connection: ``near`` is the end of who dialled the proxy, ``far`` that of who is dialled for it."""

    near: socket.socket
    far: socket.socket
    swallowing: set[socket.socket] = field(factory=set)
    """The ends of which nothing is passed on any more."""

    def close(self) -> None:
        self.near.close()
        self.far.close()


class HalfOpenProxy:
    """Passes bytes on to the server of ``url``, until it does not.

    ``came_from``: the address of each connection that was made. ``swallowed``: how many bytes went nowhere.
    """

    def __init__(self, url: str) -> None:
        self._there = urlsplit(url)
        self._server = socket.create_server(("127.0.0.1", 0))
        self._pairs: list[Pair] = []
        self.came_from: list[str] = []
        self.swallowed = 0
        self._thread = threading.Thread(target=self._accept, daemon=True)

    @property
    def url(self) -> str:
        """What is to be dialled instead of the server's own address."""
        return urlunsplit(self._there._replace(netloc=f"127.0.0.1:{self._server.getsockname()[1]}"))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()
        self.cut()

    def swallow(self, *, outward: bool = True, inward: bool = True) -> None:
        """What is connected now goes dead, towards the server and from it; what is dialled from now on works."""
        for pair in list(self._pairs):
            pair.swallowing = {end for end, dead in ((pair.near, outward), (pair.far, inward)) if dead}

    def cut(self) -> None:
        """Every connection is gone, without a close frame."""
        pairs, self._pairs = self._pairs, []
        for pair in pairs:
            pair.close()

    def _accept(self) -> None:
        while True:
            try:
                near, (address, _) = self._server.accept()
            except OSError:
                return
            try:
                pair = Pair(near, socket.create_connection((self._there.hostname, self._there.port)))
            except OSError:
                near.close()
                continue
            self.came_from.append(address)
            self._pairs.append(pair)
            threading.Thread(target=self._pass_on, args=(pair,), daemon=True).start()

    def _pass_on(self, pair: Pair) -> None:
        with selectors.DefaultSelector() as ready:
            try:
                ready.register(pair.near, selectors.EVENT_READ, pair.far)
                ready.register(pair.far, selectors.EVENT_READ, pair.near)
                while pair in self._pairs:
                    for key, _ in ready.select(POLL_S):
                        self._carry(pair, key.fileobj, key.data, ready)
            except (OSError, ValueError):
                pass
        self._drop(pair)

    def _carry(self, pair: Pair, source: object, target: socket.socket, ready: selectors.BaseSelector) -> None:
        """One piece on its way. An end that closes ends the pair, unless that is swallowed too."""
        assert isinstance(source, socket.socket)
        data = source.recv(65536)
        if source in pair.swallowing:
            self.swallowed += len(data)
            if not data:
                ready.unregister(source)
        elif data:
            target.sendall(data)
        else:
            raise ConnectionError

    def _drop(self, pair: Pair) -> None:
        if pair in self._pairs:
            self._pairs.remove(pair)
        pair.close()
