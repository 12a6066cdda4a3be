"""Stations that are wrong in one way, to show that the campaigns see it.

``python -m tests.campaigns.sabotage NAME run ...`` is one of them. Each is our own station, put together with one part
of the wrong kind: a store or a transport that stands before the sound one and satisfies the same port.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Iterable
from typing import Any, Final

from runtime.assembly import Components, Options, assemble
from runtime.commands.command_error import USAGE
from runtime.commands.run_arguments import plain
from runtime.core.inputs import FrameReceived, LinkInput, Put
from runtime.core.ports import Store, Transport, Write
from runtime.process import run

LATE_S: Final = 0.05
"""So long after its effects a step is committed by a store that is late."""

LOST_ONE_IN: Final = 2
HOARD_BYTES: Final = 4096
CHOKES_AFTER_S: Final = 0.5
AT_START: Final = 3
"""The statuses by which a campaign knows that the station has started are told."""


class _Behind:
    """Everything that is not overridden goes to the sound part."""

    def __init__(self, sound: Any) -> None:
        self.sound = sound

    def __getattr__(self, name: str) -> Any:
        return getattr(self.sound, name)


class LateStore(_Behind):
    """Commits a moment later: the effects go first."""

    def commit(self, writes: Iterable[Write]) -> None:
        """Say that it is done."""
        asyncio.get_running_loop().call_later(LATE_S, self.sound.commit, tuple(writes))


class ForgetfulStore(_Behind):
    """Loses some records of one space."""

    def __init__(self, sound: Any, space: str) -> None:
        super().__init__(sound)
        self.space = space
        self.count = 0

    def commit(self, writes: Iterable[Write]) -> None:
        """Commit the rest."""
        self.sound.commit(tuple(write for write in writes if not self._loses(write)))

    def _loses(self, write: Write) -> bool:
        if not (isinstance(write, Put) and write.space == self.space):
            return False
        self.count += 1
        return self.count % LOST_ONE_IN == 0


class TwiceTransport(_Behind):
    """Sends some answers a second time."""

    count = 0

    def send(self, text: str) -> None:
        """Send it, and at times again."""
        self.sound.send(text)
        self.count += text.startswith("[3,")
        if text.startswith("[3,") and self.count % LOST_ONE_IN == 0:
            self.sound.send(text)


class SecretiveTransport(_Behind):
    """Keeps some statuses to itself, and has the station believe that they were told."""

    count = 0

    def subscribe(self, emit: Callable[[LinkInput], None]) -> None:
        """Remember who listens."""
        self.emit = emit
        self.sound.subscribe(emit)

    def send(self, text: str) -> None:
        """Send it, or answer in place of the CSMS."""
        frame = json.loads(text)
        self.count += frame[2:3] == ["StatusNotification"]
        if frame[2:3] == ["StatusNotification"] and self.count > AT_START and self.count % LOST_ONE_IN == 0:
            asyncio.get_running_loop().call_soon(self.emit, FrameReceived(json.dumps([3, frame[1], {}])))
        else:
            self.sound.send(text)


class HoardingTransport(_Behind):
    """Keeps a page for every frame that it sends."""

    hoard: Final[list[bytearray]] = []

    def send(self, text: str) -> None:
        """Send it, and keep something."""
        self.hoard.append(bytearray(HOARD_BYTES))
        self.sound.send(text)


def _store(kind: Callable[[Any], Any]) -> Callable[[Options], Components]:
    def build(options: Options) -> Components:
        parts = assemble(options)
        parts.host.ports[Store] = kind(parts.host.store)
        return parts

    return build


def _transport(kind: Callable[[Any], Any]) -> Callable[[Options], Components]:
    def build(options: Options) -> Components:
        parts = assemble(options)
        parts.host.ports[Transport] = kind(parts.host.ports[Transport])
        return parts

    return build


class _RaisesOnce:
    """An operation that does all that it does, and raises the first time."""

    def __init__(self, sound: Callable[..., None]) -> None:
        self.sound, self.sick = sound, True

    def __call__(self, *given: Any) -> None:
        self.sound(*given)
        if self.sick:
            self.sick = False
            raise ZeroDivisionError("planted")


def _raises(options: Options) -> Components:
    """What takes a list over has a fault that nobody foresaw."""
    parts = assemble(options)
    book, name = parts.station.bindings.perform, ("local_list", "take update")
    book[name] = _RaisesOnce(book[name])
    return parts


def _without_control_server(options: Options) -> Components:
    """The control interface's server has an option on which it chokes at its next look around."""
    asyncio.get_running_loop().call_later(CHOKES_AFTER_S, _choke_control_server)
    return assemble(options)


def _choke_control_server() -> None:
    coroutines: list[Any] = [task.get_coro() for task in asyncio.all_tasks()]
    [serving] = [coroutine for coroutine in coroutines if coroutine.__qualname__ == "_serve"]
    serving.cr_frame.f_locals["server"].limit_max_requests = "as many as come"


def _hushed(options: Options) -> Components:
    """Whatever was damaged is thrown away, and nobody hears of it."""
    assemble(options).store.close()
    for quarantined in options.data.glob("*damaged*"):
        quarantined.unlink()
    return assemble(options)


SABOTAGES: Final = {
    "late": _store(LateStore),
    "forgets_configuration": _store(lambda sound: ForgetfulStore(sound, "configuration")),
    "forgets_profiles": _store(lambda sound: ForgetfulStore(sound, "profile")),
    "answers_twice": _transport(TwiceTransport),
    "hoards": _transport(HoardingTransport),
    "keeps_statuses": _transport(SecretiveTransport),
    "hushes_damage": _hushed,
    "raises_in_a_handler": _raises,
    "loses_its_control_server": _without_control_server,
}
"""What can be wrong: effects before the commit, lost records, a second answer, memory that grows, a status that is
never told, damage that is never told, a handler that raises once, a control server that raises."""


def main() -> int:
    """Run a station that is wrong; the words behind the name are those of ``provenpoint``."""
    name, _, *words = sys.argv[1:]
    options = plain(words)
    return USAGE if options is None else run(options, SABOTAGES[name])


if __name__ == "__main__":
    sys.exit(main())
