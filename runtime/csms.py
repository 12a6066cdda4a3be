"""A central system for trying things: accepts everything, shows what passes, and makes the calls that are typed.

It stands on the `ocpp` package, an implementation of the protocol that is not ours and that checks each message against
its own schemas, so no misreading of ours is shared by both ends. ``provenpoint csms`` lets a person use it, and the
demo a program; nothing of the station imports it. It remembers who is connected, and the last transaction id.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from typing import Any, Final, TypeVar, cast
from urllib.parse import unquote

from attrs import define, field
from ocpp.charge_point import camel_to_snake_case  # type: ignore[import-untyped]
from ocpp.routing import on  # type: ignore[import-untyped]
from ocpp.v16 import ChargePoint, call, call_result  # type: ignore[import-untyped]
from ocpp.v16.datatypes import IdTagInfo  # type: ignore[import-untyped]
from ocpp.v16.enums import Action, AuthorizationStatus, DataTransferStatus, RegistrationStatus  # type: ignore[import-untyped]
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from model.record import frozen

F = TypeVar("F", bound=Callable[..., Any])

SUBPROTOCOL: Final = Subprotocol("ocpp1.6")
HEARTBEAT_S: Final = 60
ANSWER_WITHIN_S: Final = 10.0
MAX_STATIONS: Final = 100
MAX_MESSAGE_BYTES: Final = 1024 * 1024

logging.getLogger("ocpp").setLevel(logging.CRITICAL)  # what passes is shown by whoever listens, once


@frozen
class Passed:
    """Something that passed: a frame (``in`` from the station, ``out`` to it), or what became of the connection."""

    at: datetime
    station: str
    dir: str
    text: str


class NoSuchCallError(ValueError):
    """That cannot be called: no such station, no such action, or fields that the action does not have."""


@define(eq=False)
class _Tap:
    """The connection as the `ocpp` package uses it, with an eye on it."""

    station: str
    connection: ServerConnection
    see: Callable[[Passed], None]

    async def recv(self) -> str:
        text = str(await self.connection.recv())
        self.note("in", text)
        return text

    async def send(self, text: str) -> None:
        self.note("out", text)
        await self.connection.send(text)

    def note(self, direction: str, text: str) -> None:
        self.see(Passed(datetime.now(UTC), self.station, direction, text))


@define(eq=False)
class CentralSystem:
    """Listens for stations; ``see`` is called with everything that passes."""

    see: Callable[[Passed], None]
    stations: dict[str, Accepting] = field(factory=dict)
    transaction_ids: count[int] = field(factory=lambda: count(1))
    _server: Server | None = None

    async def listen(self, host: str, port: int) -> int:
        """Begin; the port, where 0 was asked for. Raises OSError."""
        self._server = await serve(
            self._station, host, port, subprotocols=[SUBPROTOCOL], compression=None, max_size=MAX_MESSAGE_BYTES
        )
        own_port: int = next(iter(self._server.sockets)).getsockname()[1]
        return own_port

    async def close(self) -> None:
        """Hang up on everybody."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def call(self, station: str | None, action: str, payload: dict[str, Any]) -> None:
        """Send a call and wait for its answer, which ``see`` gets too. Raises ``NoSuchCallError``, or TimeoutError."""
        known: type[Any] | None = getattr(call, action, None)
        if known is None:
            raise NoSuchCallError(f"there is no action {action!r} in OCPP 1.6")
        try:
            request = known(**camel_to_snake_case(payload))
            await self._find(station).call(request)
        except TypeError as error:
            raise NoSuchCallError(f"{action}: {error}") from error
        except Exception as error:
            if type(error).__module__ == "ocpp.exceptions":
                raise NoSuchCallError(f"{action}: {error}") from error
            raise

    def _find(self, station: str | None) -> Accepting:
        if station is None and len(self.stations) == 1:
            return next(iter(self.stations.values()))
        if station not in self.stations:
            raise NoSuchCallError(f"no such station; connected: {', '.join(self.stations) or 'none'}")
        return self.stations[station]

    async def _station(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        name = identity(connection.request.path)
        if connection.subprotocol != SUBPROTOCOL or not name or len(self.stations) >= MAX_STATIONS:
            await connection.close(1002, "ws://.../<identity> with subprotocol ocpp1.6")
            return
        tap = _Tap(name, connection, self.see)
        self.stations[name] = point = Accepting(name, tap, self)
        tap.note("link", "connected")
        try:
            await point.start()
        except ConnectionClosed as closed:
            tap.note("link", f"gone: {closed.rcvd or 'without a close frame'}")
        finally:
            if self.stations.get(name) is point:
                del self.stations[name]


def identity(path: str) -> str:
    """The identity at the end of what was dialled, decoded where it can be shown."""
    raw = path.partition("?")[0].rpartition("/")[2]
    name = unquote(raw)
    return name if name.isprintable() else raw


def _on(action: str) -> Callable[[F], F]:
    """The package's own decorator, with a type."""
    return cast("Callable[[F], F]", on(action))


class Accepting(ChargePoint):  # type: ignore[misc]  # the package has no types
    """One station, as the central system sees it: whatever it asks, the answer is yes."""

    def __init__(self, name: str, tap: _Tap, owner: CentralSystem) -> None:
        super().__init__(name, tap, response_timeout=ANSWER_WITHIN_S)
        self._owner = owner

    @_on(Action.boot_notification)
    def on_boot_notification(self, **_: Any) -> call_result.BootNotification:
        """Accepted."""
        return call_result.BootNotification(_now(), HEARTBEAT_S, RegistrationStatus.accepted)

    @_on(Action.heartbeat)
    def on_heartbeat(self, **_: Any) -> call_result.Heartbeat:
        """The time."""
        return call_result.Heartbeat(_now())

    @_on(Action.authorize)
    def on_authorize(self, **_: Any) -> call_result.Authorize:
        """Everybody may charge."""
        return call_result.Authorize(_accepted())

    @_on(Action.start_transaction)
    def on_start_transaction(self, **_: Any) -> call_result.StartTransaction:
        """With the next id."""
        return call_result.StartTransaction(next(self._owner.transaction_ids), _accepted())

    @_on(Action.stop_transaction)
    def on_stop_transaction(self, **_: Any) -> call_result.StopTransaction:
        """Acknowledge."""
        return call_result.StopTransaction()

    @_on(Action.meter_values)
    def on_meter_values(self, **_: Any) -> call_result.MeterValues:
        """Acknowledge."""
        return call_result.MeterValues()

    @_on(Action.status_notification)
    def on_status_notification(self, **_: Any) -> call_result.StatusNotification:
        """Acknowledge."""
        return call_result.StatusNotification()

    @_on(Action.data_transfer)
    def on_data_transfer(self, **_: Any) -> call_result.DataTransfer:
        """Accepted."""
        return call_result.DataTransfer(DataTransferStatus.accepted)

    @_on(Action.security_event_notification)
    def on_security_event_notification(self, **_: Any) -> call_result.SecurityEventNotification:
        """Acknowledge."""
        return call_result.SecurityEventNotification()

    @_on(Action.firmware_status_notification)
    def on_firmware_status_notification(self, **_: Any) -> call_result.FirmwareStatusNotification:
        """Acknowledge."""
        return call_result.FirmwareStatusNotification()

    @_on(Action.signed_firmware_status_notification)
    def on_signed_firmware_status_notification(self, **_: Any) -> call_result.SignedFirmwareStatusNotification:
        """Acknowledge."""
        return call_result.SignedFirmwareStatusNotification()

    @_on(Action.diagnostics_status_notification)
    def on_diagnostics_status_notification(self, **_: Any) -> call_result.DiagnosticsStatusNotification:
        """Acknowledge."""
        return call_result.DiagnosticsStatusNotification()

    @_on(Action.log_status_notification)
    def on_log_status_notification(self, **_: Any) -> call_result.LogStatusNotification:
        """Acknowledge."""
        return call_result.LogStatusNotification()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _accepted() -> IdTagInfo:
    return IdTagInfo(status=AuthorizationStatus.accepted)
