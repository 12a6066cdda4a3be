"""The scripted central system: a websocket server for one station, which answers at once and forgets nothing.

The socket lives in a thread of its own and answers by ``answers``, so that a station never waits for a scenario. The
scenario looks at ``calls`` (what the station asked), sends calls of its own, and waits with a bound. Every frame is
kept with its moment, and judged when it comes (``faults``): a message that is none of OCPP 1.6 fails the case in
which it was sent, whatever was expected.
"""

from __future__ import annotations

import contextlib
import threading
import time
import uuid
from collections.abc import Callable
from typing import Final, Self, TypeVar

from attrs import define, field, frozen
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve
from websockets.typing import Subprotocol

from properties.conformance.answers import Answers
from properties.conformance.expectation import Json
from properties.conformance.schema import fault_of_answer, fault_of_call
from runtime.core.rpc import Call, CallError, CallResult, encode_call, encode_result, parse

SUBPROTOCOL: Final = "ocpp1.6"
CLOSE_WITHIN_S: Final = 2.0
MAX_FRAMES: Final = 200_000
"""A station that talks for ever is hung up on: it does not fill the memory of who judges it."""

FROM_STATION, TO_STATION, LINK = "->", "<-", "--"

T = TypeVar("T")


@frozen
class Passed:
    """A frame that passed, or what became of the link: ``way`` is ``->`` from the station, ``<-`` to it, or ``--``."""

    at_s: float
    way: str
    text: str


@frozen
class Heard:
    """A call of the station, at a monotonic moment in seconds, and what it was answered."""

    at_s: float
    action: str
    payload: Json
    answer: Json
    connection: int


class NoAnswerError(Exception):
    """The station did not answer a call in time, or is not there to be called."""


@define(eq=False)
class ScriptedCsms:
    """One station at most is connected; the newest connection is the one that counts."""

    host: str = "127.0.0.1"
    port: int = 0
    answers: Answers = field(factory=Answers)
    frames: list[Passed] = field(factory=list)
    calls: list[Heard] = field(factory=list)
    faults: list[str] = field(factory=list)
    connections: int = 0
    _connection: ServerConnection | None = None
    _asked: dict[str, str] = field(factory=dict)
    _answered: dict[str, CallResult | CallError] = field(factory=dict)
    _news: threading.Condition = field(factory=threading.Condition)
    _server: Server | None = None

    def __enter__(self) -> Self:
        """Listen. Raises OSError where the port cannot be had."""
        protocols = [Subprotocol(SUBPROTOCOL)]
        self._server = serve(self._serve, self.host, self.port, subprotocols=protocols, compression=None)
        self.port = self._server.socket.getsockname()[1]
        threading.Thread(target=self._server.serve_forever, daemon=True, name="csms").start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.shutdown()
        if self._connection is not None:
            self._connection.close()

    @property
    def url(self) -> str:
        """What a station dials; it adds its identity."""
        return f"ws://{self.host}:{self.port}"

    @property
    def reached_at(self) -> str:
        """The address of ours at which the station has reached us, as a URL has it."""
        found: str = self._connection.local_address[0] if self._connection else self.host
        return f"[{found}]" if ":" in found else found

    @property
    def connected(self) -> bool:
        """Whether a station is there."""
        return self._connection is not None

    # ---- for the scenario ---------------------------------------------------------------------------------

    def wait(self, look: Callable[[], T | None], until_s: float) -> T | None:
        """What ``look`` gives, once it gives something; None when the monotonic clock shows ``until_s``."""
        with self._news:
            while not (found := look()):
                left_s = until_s - time.monotonic()
                if left_s <= 0:
                    return None
                self._news.wait(left_s)
            return found

    def call(self, action: str, payload: Json, within_s: float) -> CallResult | CallError:
        """Call the station. Raises ``NoAnswerError``."""
        connection, message_id = self._connection, str(uuid.uuid4())
        if connection is None:
            raise NoAnswerError("the station is not connected")
        self._asked[message_id] = action
        text = encode_call(message_id, action, payload)
        self._note(TO_STATION, text)
        try:
            connection.send(text)
        except ConnectionClosed as gone:
            raise NoAnswerError("the station is not connected any more") from gone
        until_s = time.monotonic() + within_s
        if self.wait(lambda: message_id in self._answered or None, until_s) is None:
            raise NoAnswerError(f"nothing for {within_s:g} s")
        return self._answered[message_id]

    # ---- the socket's thread ------------------------------------------------------------------------------

    def _serve(self, connection: ServerConnection) -> None:
        request = connection.request
        self._came(connection, request.path if request else "")
        # A station that dies closes nothing, and one that comes back is on another connection.
        with contextlib.suppress(ConnectionClosed):
            for frame in connection:
                if len(self.frames) >= MAX_FRAMES:
                    self._fault(f"more than {MAX_FRAMES} frames")
                    break
                self._hear(connection, frame)
        self._went(connection)

    def _came(self, connection: ServerConnection, path: str) -> None:
        with self._news:
            self._connection = connection
            self.connections += 1
        self._note(LINK, f"connected as {path}")

    def _went(self, connection: ServerConnection) -> None:
        with self._news:
            if self._connection is connection:
                self._connection = None
        self._note(LINK, f"disconnected, close code {connection.close_code}")

    def _hear(self, connection: ServerConnection, text: str | bytes) -> None:
        said = text if isinstance(text, str) else repr(text)
        self._note(FROM_STATION, said)
        frame = parse(said)
        match frame:
            case Call():
                self._answer(connection, frame)
            case CallResult() | CallError():
                self._take_answer(frame)
            case _:
                self._fault(f"no frame of OCPP-J: {frame.reason}")

    def _answer(self, connection: ServerConnection, call: Call) -> None:
        self._fault(fault_of_call(call.action, call.payload))
        answer = self.answers.to(call.action, call.payload)
        text = encode_result(call.message_id, answer)
        # Kept before it is sent: what the answer leads to may come before this thread goes on.
        self._note(TO_STATION, text)
        heard = Heard(time.monotonic(), call.action, call.payload, answer, self.connections)
        with self._news:
            self.calls.append(heard)
            self._news.notify_all()
        with contextlib.suppress(ConnectionClosed):  # what was said before it hung up is heard all the same
            connection.send(text)

    def _take_answer(self, frame: CallResult | CallError) -> None:
        action = self._asked.pop(frame.message_id, None)
        if action is None:
            self._fault(f"an answer to nothing that was asked: {frame.message_id}")
        elif isinstance(frame, CallResult):
            self._fault(fault_of_answer(action, frame.payload))
        with self._news:
            self._answered[frame.message_id] = frame
            self._news.notify_all()

    def _note(self, way: str, text: str) -> None:
        with self._news:
            self.frames.append(Passed(time.monotonic(), way, text))
            self._news.notify_all()

    def _fault(self, fault: str | None) -> None:
        if fault is not None:
            with self._news:
                self.faults.append(fault)
                self._news.notify_all()
