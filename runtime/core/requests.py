"""Requests of the CSMS on their way to the rows, and the answers of the rows on their way back.

A request travels with its event: the block says whom it is for (``addresses``), the row that fires says what is
answered, and the block fills what a response says beyond that (``responds``). The answer is made when the row fires and
before its actions, so that it leaves ahead of every frame that comes of them (CS-5.17-07); and each request is answered
once, or the step fails.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from attrs import define

from model.language.composition import Composition, Instance
from model.language.machine import Row, Unanswered
from model.language.requests import Unaddressed, error_of, pair_of
from model.language.semantics import Occurrence
from model.messages.codec import unstructure
from model.messages.kinds import EnumKind
from model.messages.message import fields_of
from model.messages.registry import action_of
from runtime.core.binding import Bindings
from runtime.core.block_context import BlockContext
from runtime.core.ports import SendFrame
from runtime.core.rpc import encode_error, encode_result


class AnswersError(RuntimeError):
    """A request was answered by no row, or by two; the message names it."""

    remedy = "give each row and entry that takes the request one answer; the lint names those that lack one"


@define(eq=False)
class Request:
    """A call of the CSMS that a row is to answer. ``carried``: what its event carries, the message or what it made."""

    message_id: str
    message: Any
    carried: Any = None
    answered: bool = False


class Requests:
    """Brings requests to the machines that take them."""

    def __init__(self, context: BlockContext, bindings: Bindings, composition: Composition) -> None:
        self.context, self.bindings, self.composition = context, bindings, composition
        self.plain = dict(_plainly_addressed(composition, bindings))

    def bring(self, request: Request) -> None:
        """To the instance that it is for, whose row answers. Raises AnswersError where none does."""
        kind = type(request.message)
        to = self.plain.get(kind) or self.bindings.address[kind](request.message)
        request.carried = to.request if to and to.request is not None else request.message
        if to is None:
            self.answer(request, None, self.composition.unaddressed[action_of(type(request.message)).name])
        else:
            self.context.engine.act(to.instance, to.event, self.context.now.monotonic_s, request)
        if not request.answered:
            raise AnswersError(f"nobody has answered {request.message!r}")

    def answer(self, request: Request, at: Instance | None, said: Row | Unanswered | Unaddressed) -> None:
        """Answer as the table says. Raises AnswersError for a request that has its answer."""
        if request.answered:
            raise AnswersError(f"{request.message!r} is answered twice, by {said.place} last")
        request.answered = True
        self.context.effects.append(SendFrame(self._response(request, at, said)))

    def _response(self, request: Request, at: Instance | None, said: Row | Unanswered | Unaddressed) -> str:
        kind: Any = type(request.message)
        fill, code = self.bindings.respond.get(kind), error_of(said.answer)
        filled = fill(at, request.carried, said.answer) if fill else None
        if code:
            return encode_error(request.message_id, code, filled or "")
        return encode_result(request.message_id, unstructure(filled) if filled else _plain(kind, said.answer))


def _plainly_addressed(composition: Composition, bindings: Bindings) -> Iterator[tuple[type, Occurrence]]:
    """The requests that one machine of the station takes, whatever they say."""
    for name, [(machine, event), *_] in composition.takers.items():
        pair = pair_of(name)
        if pair and pair.req not in bindings.address:
            yield pair.req, Occurrence(Instance(machine.name), event.name)


@cache
def _plain(kind: type, answer: str) -> dict[str, Any]:
    """The payload of a response that has a status, and nothing else."""
    pair = action_of(kind).pair
    assert pair is not None, "the request has a class"
    [status] = [field.kind for field in fields_of(pair.conf) if field.name == "status"]
    assert isinstance(status, EnumKind), "the loader lets a response without status pass only where somebody fills it"
    return unstructure(pair.conf(status=status.enumeration(answer)))
