"""Reading requests and answers out of a table, and refusing what would leave a request unanswered.

That each request is answered once in each state follows of two things: here, that whoever takes an event with a request
answers it; and in ``model/language/lint_guards.py``, that in each state exactly one row or entry takes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from model.language.guard import Ask, atoms
from model.language.machine import Event, Machine, Operation, Perform, Question, Row, Unanswered
from model.language.place import Place
from model.language.requests import Response, Unaddressed, carried, error_of, owes_more, pair_of, statuses
from model.language.table_source import Raw, Source, TableError, blocks, sections, text, texts


def read_request(body: Raw, place: Place) -> str:
    """The request that an event carries; empty for none. Raises TableError."""
    named = read_requests(body, place)
    if len(named) > 1:
        raise TableError(place, f"one event carries {' and '.join(named)}: give each request its own event")
    return "".join(named)


def read_requests(body: Raw, place: Place) -> tuple[str, ...]:
    """The requests under the key ``request``. Raises TableError for one that the CSMS cannot send."""
    named = texts(body, "request", place)
    for request in named:
        if pair_of(request) is None:
            raise TableError(place, f"unknown request {request!r}; known: {', '.join(carried())}")
    return named


def read_answer(body: Raw, place: Place) -> str:
    """The answer; empty for none. Raises TableError for two."""
    named = texts(body, "answer", place)
    if len(named) > 1:
        raise TableError(place, f"two answers, {' and '.join(named)}: a request is answered once; split the row")
    return "".join(named)


def read_responses(source: Source) -> tuple[Response, ...]:
    """What the runtime fills. Raises TableError."""
    return tuple(_response(source, *item) for item in sections(source.raw, "responses", source.top).items())


def _response(source: Source, request: str, body: Raw) -> Response:
    place = source.place(f"responses.{request}")
    source.checked(body, {"means", "values"}, f"response {request}", place)
    read_requests({"request": request}, place)
    return Response(request, text(body, "means", place), texts(body, "values", place), place)


def read_unaddressed(source: Source) -> tuple[Unaddressed, ...]:
    """What is answered where a request is for no instance. Raises TableError."""
    found = enumerate(blocks(source.raw, "unaddressed", source.top))
    return tuple(_unaddressed(source, body, source.place("unaddressed", nth)) for nth, body in found)


def _unaddressed(source: Source, body: Raw, place: Place) -> Unaddressed:
    source.checked(body, {"request", "answer", "because", "clauses"}, "unaddressed", place)
    request = read_request({"request": text(body, "request", place)}, place)
    return Unaddressed(
        request, read_answer(body, place), text(body, "because", place), texts(body, "clauses", place), place
    )


def refuse_answers(machine: Machine) -> None:
    """Raise TableError for an answer that is missing, out of place or not of the response, and for what reads amiss."""
    for event in (event for event in machine.events if event.request and "csms" not in event.origins):
        raise TableError(event.place, f"event {event.name} carries {event.request}: add 'csms' to its 'from'")
    for response in machine.responses:
        _refuse_response(machine, response)
    for row in machine.rows:
        _refuse(machine, f"row {row.id}", row)
        _refuse_blind(machine, row)
    for entry in machine.unanswered:
        _refuse(machine, f"the {entry.kind} entry", entry)
    for one in machine.unaddressed:
        _refuse_unaddressed(machine, one)


def refuse_two_unaddressed(machines: Iterable[Machine]) -> None:
    """Raise TableError where a request that is for no instance is answered twice."""
    seen: dict[str, Place] = {}
    for one in (one for machine in machines for one in machine.unaddressed):
        if one.request in seen:
            raise TableError(one.place, f"{one.request} for no instance is answered already at {seen[one.request]}")
        seen[one.request] = one.place


def _refuse_response(machine: Machine, response: Response) -> None:
    if response.request not in _requests(machine):
        raise TableError(response.place, f"no event here carries {response.request}: take the response out")
    if bool(response.values) == bool(statuses(response.request)):
        says = f"has a status: take 'values' out of [responses.{response.request}]"
        lacks = "has no status: say with 'values' what an answer may be"
        raise TableError(response.place, f"{response.request}.conf {says if response.values else lacks}")


def _refuse(machine: Machine, what: str, part: Row | Unanswered) -> None:
    carrying = {event.name: event.request for event in _events(machine, part.events)}
    requests = sorted(set(carrying.values()))
    if len(requests) > 1:
        each = ", ".join(f"{name} ({request or 'none'})" for name, request in carrying.items())
        raise TableError(part.place, f"{what} is on events of different requests: {each}; split it")
    if requests == [""]:
        if part.answer:
            raise TableError(part.place, f"{what} answers, and its event carries no request: take 'answer' out")
    else:
        _refuse_answer(machine, what, requests[0], part.answer, part.place)


def _refuse_answer(machine: Machine, what: str, request: str, answer: str, place: Place) -> None:
    response = next((one for one in machine.responses if one.request == request), None)
    known = statuses(request) or (response.values if response else ())
    either = f"one of {', '.join(known)}, or error CODE"
    if response is None and owes_more(request):
        raise TableError(place, f"{request}.conf says more than a status: declare it under [responses.{request}]")
    if not answer:
        raise TableError(place, f"{what} leaves {request} without answer: add 'answer', {either}")
    if answer not in known and error_of(answer) is None:
        raise TableError(place, f"{request}.conf never says {answer!r}; {either}")


def _refuse_unaddressed(machine: Machine, one: Unaddressed) -> None:
    if one.request not in _requests(machine):
        raise TableError(one.place, f"no event here carries {one.request}: take the entry out")
    _refuse_answer(machine, "the unaddressed entry", one.request, one.answer, one.place)


def _refuse_blind(machine: Machine, row: Row) -> None:
    """What reads a request stands only where every event carries it, whoever brings the event."""
    for part in _reading(machine, row):
        for event in _events(machine, row.events):
            if event.request not in part.requests or event.origins != ("csms",):
                reads = " or ".join(f"{request}.req" for request in part.requests)
                problem = f"row {row.id}: {part.name!r} reads {reads}, and event {event.name} may come without one"
                raise TableError(row.place, f"{problem}: split the row, or give the event its 'request'")


def _reading(machine: Machine, row: Row) -> Iterator[Question | Operation]:
    asked = {atom.question for atom in atoms(row.when) if isinstance(atom, Ask)}
    done = {action.operation for action in row.do if isinstance(action, Perform)}
    yield from (one for one in machine.questions if one.requests and one.name in asked)
    yield from (one for one in machine.operations if one.requests and one.name in done)


def _requests(machine: Machine) -> set[str]:
    return {event.request for event in machine.events if event.request}


def _events(machine: Machine, names: Iterable[str]) -> list[Event]:
    return [event for name in names if (event := machine.event(name))]
