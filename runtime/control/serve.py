"""The routes, and the server: in the station's own loop, on a socket that is bound before the station has power.

Every action answers 200 with the state that it led to, so that a caller sees what it did; 400 says what was wrong with
the body, 404 what there is not, 409 what the box could not do, and in which state it is.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute

from runtime.adapters.charger import NoSuchConnectorError, NoSuchErrorCodeError, WrongStateError
from runtime.adapters.frame_tap import FrameTap
from runtime.assembly import Address, Components
from runtime.commands.command_error import CommandError
from runtime.control.access import Gate
from runtime.control.actions import AT_CONNECTOR, AT_STATION, Action
from runtime.control.answers import Answers
from runtime.control.exchange import Exchange, Listener
from runtime.control.place import remember_place, remembered_port
from runtime.control.requests import BadBodyError, read_body
from runtime.control.snapshot import state
from runtime.control.watch import Listeners

_log = logging.getLogger("provenpoint.control")

BACKLOG: Final = 16
NOT_FOUND: Final = HTTPStatus.NOT_FOUND
PLACES: Final = ", ".join(
    (
        "GET /state",
        "WS /events",
        *(f"POST /{name}" for name in AT_STATION),
        *(f"POST /connectors/{{n}}/{name}" for name in AT_CONNECTOR),
    )
)
MAX_HEARD_BYTES: Final = 4096
"""What a listener says is dropped; a message of more than this ends it."""

FAREWELL_S: Final = 1
"""Requests under way get this long when the station goes down."""


@contextlib.asynccontextmanager
async def serve_control(parts: Components, address: Address, tap: FrameTap) -> AsyncIterator[Address]:
    """Serve while the context lasts; gives the address, with the port that a port of 0 became. Raises ``CommandError``.

    That port is the one of the last time, where it is free: after a reset the interface is where it was.
    """
    listening = _listen(address, remembered_port(parts.options.data) if address.port == 0 else None)
    place = Address(address.host, listening.getsockname()[1])
    remember_place(parts.options.data, place)
    listeners, answers = Listeners(), Answers()
    tap.readers.append(listeners)
    parts.host.watchers.append(answers)
    server = _Server(_config(application(parts, address, listeners, answers)))
    serving = asyncio.create_task(_serve(server, listening))
    try:
        yield place
    finally:
        server.should_exit = True
        await serving
        listening.close()


async def _serve(server: uvicorn.Server, listening: socket.socket) -> None:
    """Whatever goes wrong with the server is the end of the server, and not of the station."""
    try:
        await server.serve(sockets=[listening])
    except Exception:  # noqa: BLE001 - the interface is not worth the station, whatever it was
        _log.exception("the control interface has failed; the station goes on without it")


def application(parts: Components, address: Address, listeners: Listeners, answers: Answers) -> Starlette:
    """The routes over one station."""
    hand = _Hand(parts, answers)
    app = Starlette(
        routes=[
            Route("/state", hand.state, methods=["GET"]),
            Route("/connectors/{connector:int}/{action}", hand.at_connector, methods=["POST"]),
            *(Route(f"/{name}", hand.at_station, methods=["POST"]) for name in AT_STATION),
            WebSocketRoute("/events", listeners.serve),
        ],
        middleware=[Middleware(Gate, own_names=(address.host,))],
        exception_handlers={HTTPException: _refused},
    )
    app.router.redirect_slashes = False
    return app


class _Hand:
    """The endpoints."""

    def __init__(self, parts: Components, answers: Answers) -> None:
        self._parts, self._answers = parts, answers

    async def state(self, _: Request) -> JSONResponse:
        return JSONResponse(state(self._parts))

    async def at_connector(self, request: Request) -> JSONResponse:
        action = AT_CONNECTOR.get(request.path_params["action"])
        if action is None:
            return _no(NOT_FOUND, f"at a connector there are {', '.join(AT_CONNECTOR)}")
        return await self._do(action, request.path_params["connector"], await request.body())

    async def at_station(self, request: Request) -> JSONResponse:
        return await self._do(AT_STATION[request.url.path.removeprefix("/")], 0, await request.body())

    async def _do(self, action: Action, connector: int, body: bytes) -> JSONResponse:
        try:
            said = action.do(self._parts, self._answers, connector, read_body(action.body, body))
            came_of_it = said if said is None or isinstance(said, dict) else await said
        except (BadBodyError, NoSuchErrorCodeError) as wrong:
            return _no(HTTPStatus.BAD_REQUEST, str(wrong))
        except NoSuchConnectorError as missing:
            return _no(NOT_FOUND, str(missing))
        except WrongStateError as refusal:
            return _no(HTTPStatus.CONFLICT, refusal.why, {"state": refusal.state})
        return JSONResponse(state(self._parts) | (came_of_it or {}))


def _no(status: HTTPStatus, why: str, more: Mapping[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": why, **(more or {})}, status)


async def _refused(request: Request, problem: Exception) -> JSONResponse:
    assert isinstance(problem, HTTPException)
    why = "there is no such place" if problem.status_code == NOT_FOUND else f"{request.method} is not for this place"
    return JSONResponse({"error": f"{why}; there are {PLACES}"}, problem.status_code, problem.headers)


def _listen(address: Address, wished_port: int | None = None) -> socket.socket:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    if wished_port is not None:
        with contextlib.suppress(OSError, OverflowError):
            return socket.create_server((address.host, wished_port), family=family, backlog=BACKLOG)
    try:
        return socket.create_server((address.host, address.port), family=family, backlog=BACKLOG)
    except OSError as error:
        why = f"--control {address}: {error.strerror or error}"
        raise CommandError(why, "give --control an address and a port that are free") from error


def _config(app: Starlette) -> uvicorn.Config:
    options: dict[str, Any] = {
        "log_config": None, "log_level": "critical", "access_log": False, "lifespan": "off", "server_header": False,
        "ws": Listener, "ws_max_size": MAX_HEARD_BYTES, "ws_per_message_deflate": False,
        "timeout_graceful_shutdown": FAREWELL_S, "http": Exchange, "backlog": BACKLOG,
    }  # fmt: skip
    return uvicorn.Config(app, **options)


class _Server(uvicorn.Server):
    """The library's server, which leaves signals to the station."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take none."""
        yield
