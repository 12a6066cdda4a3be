"""What can be done: one small function for each action, from a checked body to the box, and its name in the URL.

What acts on the hardware goes to the hardware, which reports it to the station as real hardware would. What needs no
hardware (a security event, a DataTransfer, the network cable) is submitted to the host. The power is the process: a cut
is SIGKILL, without a close frame.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from model.record import frozen
from model.station_file import NetworkInterface
from runtime.adapters.charger import WrongStateError
from runtime.assembly import Components
from runtime.control import requests
from runtime.control.answers import Answers, Said
from runtime.control.requests import BadBodyError
from runtime.core.inputs import DataTransferAsked, SecurityEventNoted

LAST_WORD_S: Final = 0.01
"""Between the answer to a power cut and the cut: so long may the answer take to reach the socket."""


@frozen
class Action:
    """An action: the body that it takes, and what it does to the parts, at a connector (0: the station).

    What it gives, if anything, or what comes of waiting for it, is said beside the state.
    """

    body: type[Any]
    do: Callable[[Components, Answers, int, Any], Said | Awaitable[Said] | None]


def _plug_in(parts: Components, _: Answers, connector: int, __: requests.Nothing) -> None:
    parts.charger.plug_in(connector)


def _plug_out(parts: Components, _: Answers, connector: int, __: requests.Nothing) -> None:
    parts.charger.plug_out(connector)


def _stop(parts: Components, _: Answers, connector: int, __: requests.Nothing) -> None:
    parts.charger.stop(connector)


def _ev(parts: Components, _: Answers, connector: int, body: requests.Ev) -> None:
    parts.charger.tell_ev(connector, body.wants_energy)


def _fault(parts: Components, _: Answers, connector: int, body: requests.Fault) -> None:
    parts.charger.fault(connector, body.error_code, body.info)


def _clear_fault(parts: Components, _: Answers, connector: int, __: requests.Nothing) -> None:
    parts.charger.clear_fault(connector)


def _diode_fault(parts: Components, _: Answers, connector: int, __: requests.Nothing) -> None:
    parts.charger.diode_fault(connector)


def _token(parts: Components, answers: Answers, _: int, body: requests.Token) -> Said:
    return {"token": answers.to_token(lambda: parts.charger.present_token(body.id_tag, body.connectors))}


def _network(parts: Components, _: Answers, __: int, body: requests.Network) -> None:
    ways = parts.file.interfaces
    if body.interface is not None and body.interface not in ways:
        raise BadBodyError(f"interface: {body.interface!r} is none of this station's: {', '.join(ways)}")
    parts.transport.set_network(body.up, NetworkInterface(body.interface) if body.interface else None)


def _power(_: Components, __: Answers, ___: int, body: requests.Power) -> None:
    if not body.cut:
        raise BadBodyError("cut: must be true; a station whose power is cut cannot be asked to come back")
    asyncio.get_running_loop().call_later(LAST_WORD_S, os.kill, os.getpid(), signal.SIGKILL)


def _security_event(parts: Components, _: Answers, __: int, body: requests.SecurityEvent) -> None:
    parts.host.submit(SecurityEventNoted(body.type, body.tech_info))


async def _data_transfer(parts: Components, answers: Answers, _: int, body: requests.DataTransfer) -> Said:
    _must_reach_csms(parts)
    ticket = answers.new_ticket()
    parts.host.submit(DataTransferAsked(body.vendor_id, body.message_id, body.data, ticket))
    return {"data_transfer": await answers.to_data_transfer(ticket)}


def _must_reach_csms(parts: Components) -> None:
    """A DataTransfer is sent now or never (table ``call``, rows ``data`` and ``data.refuse``)."""
    engine = parts.station.context.engine
    if engine.value("sending") == "Withheld":
        where = f"link {engine.state('link')}, boot {engine.state('boot')}"
        raise WrongStateError(where, "nothing can be sent to the CSMS now, and nothing of it is kept")


AT_CONNECTOR: Final[Mapping[str, Action]] = {
    "plug_in": Action(requests.Nothing, _plug_in),
    "plug_out": Action(requests.Nothing, _plug_out),
    "stop": Action(requests.Nothing, _stop),
    "ev": Action(requests.Ev, _ev),
    "fault": Action(requests.Fault, _fault),
    "clear_fault": Action(requests.Nothing, _clear_fault),
    "diode_fault": Action(requests.Nothing, _diode_fault),
}
AT_STATION: Final[Mapping[str, Action]] = {
    "tokens": Action(requests.Token, _token),
    "network": Action(requests.Network, _network),
    "power": Action(requests.Power, _power),
    "security_event": Action(requests.SecurityEvent, _security_event),
    "data_transfer": Action(requests.DataTransfer, _data_transfer),
}
