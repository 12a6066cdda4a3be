"""Who may come in: before any route is looked at, and for WebSockets as for requests.

A control interface on loopback is within reach of every page in the user's browser. Two checks keep pages out. *Host*
has to be a name or address of this interface, or else a foreign name was pointed at it (DNS rebinding): 421. *Origin*,
which browsers send and tools do not, has to be this interface itself: 403. And a body has at most ``MAX_BODY_BYTES``:
413. Who knows none of that (curl, a test suite) never notices.
"""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from model.record import frozen

MAX_BODY_BYTES: Final = 64 * 1024
LOOPBACK_NAMES: Final = ("localhost", "127.0.0.1", "::1")


@frozen
class Refusal:
    """Why a request is not let in."""

    status: HTTPStatus
    why: str


class Gate:
    """ASGI middleware that refuses what must not come in."""

    def __init__(self, app: ASGIApp, own_names: Iterable[str]) -> None:
        self._app = app
        self._own_names = frozenset(name.lower() for name in own_names) | frozenset(LOOPBACK_NAMES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope) or await self._read_body(scope, receive)
        if isinstance(refusal, Refusal):
            await _answer(refusal)(scope, receive, send)
        else:
            await self._app(scope, refusal or receive, send)

    def _refusal(self, scope: Scope) -> Refusal | None:
        headers = Headers(scope=scope)
        host, origin = headers.get("host", ""), headers.get("origin")
        if not self._is_ours(host, scope):
            return Refusal(HTTPStatus.MISDIRECTED_REQUEST, f"Host {host[:100]!r} is not this interface")
        if origin is not None and origin.lower() != f"http://{host.lower()}":
            return Refusal(HTTPStatus.FORBIDDEN, f"Origin {origin[:100]!r} may not use this interface")
        return None

    def _is_ours(self, host: str, scope: Scope) -> bool:
        """A name of ours, or the very address at which the connection came in."""
        try:
            name = urlsplit(f"//{host}").hostname
        except ValueError:
            return False
        return name in self._own_names or name == str((scope.get("server") or ("",))[0])

    async def _read_body(self, scope: Scope, receive: Receive) -> Receive | Refusal | None:
        """The body in one piece, to be received again; or the refusal of one that is too large."""
        if scope["type"] != "http":
            return None
        body, more = b"", True
        while more:
            part = await receive()
            body, more = body + part.get("body", b""), part.get("more_body", False)
            if len(body) > MAX_BODY_BYTES:
                why = f"the body has more than {MAX_BODY_BYTES} bytes"
                return Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, why)
        return _once({"type": "http.request", "body": body, "more_body": False}, receive)


def _once(message: Message, receive: Receive) -> Receive:
    waiting = [message]

    async def receive_again() -> Message:
        return waiting.pop() if waiting else await receive()

    return receive_again


def _answer(refusal: Refusal) -> ASGIApp:
    """As a response; to a WebSocket too, in place of its handshake."""
    response = JSONResponse({"error": refusal.why}, refusal.status, headers={"connection": "close"})

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "reason": refusal.why})
        else:
            await response(scope, receive, send)

    return answer
