"""Requests of the CSMS on their way to the rows, and the answers of the rows on their way back.

A request travels with its event: the block says whom it is for (``addresses``), the row that fires says what is
answered, and the block fills what a response says beyond that (``responds``). The answer is made when the row fires and
before its actions, so that it leaves ahead of every frame that comes of them (CS-5.17-07); and each request is answered
once, or the step fails.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from functools import cache
from typing import Any

from attrs import define

from model.language.composition import Composition, Instance
from model.language.machine import Event, Machine, Row, Unanswered
from model.language.requests import Unaddressed, carried, error_of
from model.language.semantics import Occurrence
from model.messages.codec import unstructure
from model.messages.kinds import EnumKind
from model.messages.message import fields_of
from model.messages.registry import Pair, Profile, acceptable, action_of
from model.record import frozen
from runtime.core.binding import Bindings
from runtime.core.block_context import BlockContext
from runtime.core.ports import SendFrame
from runtime.core.rpc import encode_error, encode_result
from runtime.core.undo import OfOneStep


class AnswersError(RuntimeError):
    """A request was answered by no row, or by two; the message names it."""

    remedy = "give each row and entry that takes the request one answer; the lint names those that lack one"


@frozen
class Route:
    """The way of one kind of request, found once when the station is built.

    ``kind``: its class. ``address``: whom it is for; where that is None, ``unaddressed`` answers. ``fill``: who says
    what the response says beyond its status.
    """

    kind: type
    address: Callable[[Any], Occurrence | None]
    unaddressed: Unaddressed | None
    fill: Callable[[Instance | None, Any, str], Any] | None


@define(eq=False)
class OpenCall:
    """A call of the CSMS that a row is to answer."""

    message_id: str
    route: Route


class Requests:
    """Brings requests to the machines that take them."""

    def __init__(self, context: BlockContext, bindings: Bindings, composition: Composition) -> None:
        self.context = context
        self.open: OfOneStep[OpenCall] = OfOneStep()
        """The call that has no answer yet."""
        self.routes = dict(_routes(context.station.profiles, bindings, composition))
        """By action; what the station refuses has none."""

    def bring(self, message_id: str, request: Any, route: Route) -> None:
        """To the instance that it is for, whose row answers. Raises AnswersError where none does."""
        self.open.append(OpenCall(message_id, route))
        to = route.address(request)
        if to is not None:
            carrying = to if to.request is not None else to._replace(request=request)
            self.context.engine.bring(carrying, self.context.now.monotonic_s)
        elif route.unaddressed:
            self.answer(None, request, route.unaddressed)
        if self.open:
            raise AnswersError(f"nobody has answered {request!r}")

    def answer(self, at: Instance | None, carried: Any, said: Row | Unanswered | Unaddressed) -> None:
        """Answer as the table says. Raises AnswersError for a request that has its answer.

        ``carried``: what the event carries, the request or what the block has made of it.
        """
        if not self.open:
            raise AnswersError(f"{carried!r} is answered twice, by {said.place} last")
        call = self.open.pop()
        fill, code = call.route.fill, error_of(said.answer)
        filled = fill(at, carried, said.answer) if fill else None
        if code:
            text = encode_error(call.message_id, code, filled or "")
        else:
            payload = unstructure(filled) if filled else _plain(call.route.kind, said.answer)
            text = encode_result(call.message_id, payload)
        self.context.effects.append(SendFrame(text))


def _routes(profiles: Container[Profile], bindings: Bindings, composition: Composition) -> Iterator[tuple[str, Route]]:
    for name in carried():
        pair = acceptable(name, profiles)
        if isinstance(pair, Pair):
            address = bindings.address.get(pair.req) or _to_the_one(*composition.takers[name][0])
            unaddressed, fill = composition.unaddressed.get(name), bindings.respond.get(pair.req)
            yield name, Route(pair.req, address, unaddressed, fill)


def _to_the_one(machine: Machine, event: Event) -> Callable[[Any], Occurrence]:
    """Of a request that one machine of the station takes, whatever it says."""
    at = Instance(machine.name)
    return lambda request: Occurrence(at, event.name, request)


@cache
def _plain(kind: type, answer: str) -> dict[str, Any]:
    """The payload of a response that has a status, and nothing else."""
    pair = action_of(kind).pair
    assert pair is not None, "the request has a class"
    [status] = [field.kind for field in fields_of(pair.conf) if field.name == "status"]
    assert isinstance(status, EnumKind), "the loader lets a response without status pass only where somebody fills it"
    return unstructure(pair.conf(status=status.enumeration(answer)))
