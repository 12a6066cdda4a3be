"""From TOML to tables: reads ``model/tables/*.toml`` into ``Machine``s and the ``Composition``.

Reading is strict: an unknown key, a missing one, an action that no declaration covers, a row with neither
clause nor reason is refused with file, line and remedy. What is only *suspicious* about a whole table is left
to the lint.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from model.language.announcements import expanded
from model.language.composition import Composition, Projection, ProjectionRow
from model.language.conditions import NOTHING, Vocabulary
from model.language.guard import Ask, Guard, Is, atoms
from model.language.guard_source import as_said, read_conditions, read_vocabulary, refuse_shadows, spell_out, with_names
from model.language.machine import (
    BLOCK,
    ORIGINS,
    SCOPES,
    Action,
    Announce,
    Create,
    Event,
    Machine,
    Operation,
    Perform,
    Preference,
    Question,
    Raise,
    Restart,
    Row,
    State,
    Timer,
    Unanswered,
)
from model.language.place import Place
from model.language.request_source import (
    read_answer,
    read_request,
    read_requests,
    read_responses,
    read_unaddressed,
    refuse_answers,
    refuse_two_unaddressed,
)
from model.language.table_source import Raw, Source, TableError, blocks, flag, one_of, optional, sections, text, texts

TABLES = Path(__file__).parent.parent / "tables"
COMPOSITION_FILE = "station.toml"


@cache
def load_composition(folder: Path = TABLES) -> Composition:
    """Every machine that ``station.toml`` names, and how they belong together. Raises TableError."""
    source = Source.read(folder / COMPOSITION_FILE)
    raw = source.checked(source.raw, {"title", "source", "machines", "conditions", "projections"}, "station")
    vocabulary = read_vocabulary(source)
    machines = tuple(_member(source, folder, name, count, vocabulary) for name, count in _names(source).items())
    declared = sections(raw, "projections", source.top)
    projections = tuple(_projection(source, name, body, vocabulary) for name, body in declared.items())
    title, origin = text(raw, "title", source.top), text(raw, "source", source.top)
    conditions = read_conditions(source, vocabulary)
    known = tuple(with_names(machine, conditions) for machine in expanded(machines))
    composition = Composition(known, projections, title, origin, conditions)
    refuse_shadows(composition)
    refuse_two_unaddressed(composition.machines)
    for machine in composition.machines:
        _check_announcers(composition, machine)
        _check_reach(composition, machine)
    for projection in projections:
        _check_projection(composition, projection)
    return composition


def _names(source: Source) -> Counter[str]:
    return Counter(texts(source.raw, "machines", source.top))


def _member(source: Source, folder: Path, name: str, count: int, vocabulary: Vocabulary) -> Machine:
    if count > 1:
        raise _misnamed(source, folder, name, f"stands {count} times under 'machines': name it once")
    if not (folder / f"{name}.toml").exists():
        raise _misnamed(source, folder, name, f"has no table {name}.toml; {_meant(folder, name)}")
    machine = load_machine(folder / f"{name}.toml", vocabulary)
    if machine.name != name:
        raise TableError(Place(machine.file, 1), f"machine is {machine.name!r}; the file's name wants {name!r}")
    return machine


def _misnamed(source: Source, folder: Path, name: str, problem: str) -> TableError:
    """At the first line of ``station.toml`` that has that name in quotes outside a comment."""
    lines = (folder / COMPOSITION_FILE).read_text(encoding="utf-8").splitlines()
    quoted = (f'"{name}"', f"'{name}'")
    found = (number for number, line in enumerate(lines, 1) if any(form in line.partition("#")[0] for form in quoted))
    return TableError(Place(source.name, next(found, 1)), f"machine {name!r} {problem}")


def _meant(folder: Path, name: str) -> str:
    """The remedy for a machine without a table."""
    known = sorted(path.stem for path in folder.glob("*.toml") if path.name != COMPOSITION_FILE)
    close = get_close_matches(name, known, 1)
    return f"did you mean {close[0]!r}?" if close else f"there are {', '.join(known)}"


def load_machine(path: Path, vocabulary: Vocabulary = NOTHING) -> Machine:
    """One table; ``vocabulary``: what its guards may name of the composition. Raises TableError."""
    source = Source.read(path)
    if "instance_of" in source.raw:
        return _instance(source, path.parent, vocabulary)
    raw = source.checked(source.raw, _MACHINE_KEYS, "machine")
    return _Reader(source, raw, vocabulary).machine()


def _instance(source: Source, folder: Path, vocabulary: Vocabulary) -> Machine:
    """A machine that has the states and rows of another one's table, and a name, a scope and a title of its own."""
    own = source.checked(source.raw, {"instance_of", *_OF_AN_INSTANCE}, "machine with instance_of")
    table = text(own, "instance_of", source.top)
    if not (folder / f"{table}.toml").exists():
        raise TableError(source.top, f"instance_of {table!r}: there is no {table}.toml; {_meant(folder, table)}")
    shared = Source.read(folder / f"{table}.toml")
    if "instance_of" in shared.raw:
        raise TableError(source.top, f"instance_of {table!r}, which has no rows either: name the table that has them")
    raw = shared.checked(shared.raw, _MACHINE_KEYS, "machine")
    mine = {key: text(own, key, source.top) for key in _OF_AN_INSTANCE}
    return _Reader(shared, {**raw, **mine}, vocabulary, table).machine()


_OF_AN_INSTANCE = ("machine", "scope", "title")

_MACHINE_KEYS = {
    "machine", "scope", "title", "source", "persistent",
    "states", "events", "conditions", "questions", "operations", "timers", "responses",
    "row", "ignored", "impossible", "unaddressed", "preference",
}  # fmt: skip
_ROW_KEYS = {"id", "from", "on", "when", "to", "do", "clauses", "reason", "another_connector", "answer"}


class _Reader:
    """Reads one machine; holds what the parts of a table need to know of each other."""

    def __init__(self, source: Source, raw: Raw, vocabulary: Vocabulary, shares: str = "") -> None:
        """``shares``: the machine that this one is an instance of, whose table is read."""
        self.source, self.raw, self.shares = source, raw, shares
        own = read_vocabulary(source)
        self.vocabulary = Vocabulary({**vocabulary.conditions, **own.conditions}, vocabulary.projections)
        self.states = tuple(self._state(*item) for item in sections(raw, "states", source.top).items())
        self.events = tuple(self._event(*item) for item in sections(raw, "events", source.top).items())
        self.questions = tuple(self._question(*item) for item in sections(raw, "questions", source.top).items())
        self.operations = tuple(self._operation(*item) for item in sections(raw, "operations", source.top).items())
        self.timers = tuple(self._timer(*item) for item in sections(raw, "timers", source.top).items())
        if not self.states:
            raise TableError(source.top, "a machine needs at least one [states.NAME]")

    def machine(self) -> Machine:
        source, raw = self.source, self.raw
        rows = tuple(self._row(nth, body) for nth, body in enumerate(blocks(raw, "row", source.top)))
        self._refuse_twins(rows)
        unanswered = (*self._unanswered("ignored"), *self._unanswered("impossible"))
        machine = Machine(
            name=text(raw, "machine", source.top), scope=one_of(raw, "scope", SCOPES, source.top),
            title=text(raw, "title", source.top), source=text(raw, "source", source.top),
            persistent=flag(raw, "persistent", source.top), states=self.states, events=self.events,
            questions=self.questions, operations=self.operations, timers=self.timers, rows=rows,
            unanswered=unanswered, conditions=read_conditions(source, self.vocabulary), file=source.name,
            table=self.shares or text(raw, "machine", source.top), preferences=tuple(self._preferences()),
            responses=read_responses(source), unaddressed=read_unaddressed(source),
        )  # fmt: skip
        refuse_answers(machine)
        return machine

    def _state(self, name: str, body: Raw) -> State:
        place = self.source.place(f"states.{name}")
        self.source.checked(body, {"means", "clauses", "final"}, f"state {name}", place)
        clauses = texts(body, "clauses", place)
        return State(name, text(body, "means", place), clauses, flag(body, "final", place), place)

    def _event(self, name: str, body: Raw) -> Event:
        place = self.source.place(f"events.{name}")
        self.source.checked(body, {"means", "from", "request"}, f"event {name}", place)
        said = texts(body, "from", place)
        if not said:
            raise TableError(place, f"event {name} comes from nowhere: say 'from', any of {', '.join(ORIGINS)}")
        announcers = tuple(one for one in said if one not in ORIGINS and not one.startswith(BLOCK))
        origins = tuple(dict.fromkeys("machine" if one in announcers else one for one in said))
        return Event(name, text(body, "means", place), origins, place, announcers, read_request(body, place))

    def _question(self, name: str, body: Raw) -> Question:
        place = self.source.place(f"questions.{name}")
        self.source.checked(body, {"means", "clauses", "request"}, f"question {name}", place)
        clauses, requests = texts(body, "clauses", place), read_requests(body, place)
        return Question(name, text(body, "means", place), clauses, place, requests)

    def _operation(self, name: str, body: Raw) -> Operation:
        place = self.source.place(f"operations.{name}")
        self.source.checked(body, {"means", "values", "request"}, f"operation {name}", place)
        values, requests = texts(body, "values", place), read_requests(body, place)
        return Operation(name, text(body, "means", place), values, place, requests)

    def _timer(self, name: str, body: Raw) -> Timer:
        place = self.source.place(f"timers.{name}")
        self.source.checked(body, {"event", "runs_in", "duration", "clauses"}, f"timer {name}", place)
        event, duration = (text(body, key, place) for key in ("event", "duration"))
        runs_in = texts(body, "runs_in", place)
        self._known_states(runs_in, place)
        self._known_events((event,), place)
        return Timer(name, event, runs_in, duration, texts(body, "clauses", place), place)

    def _row(self, nth: int, body: Raw) -> Row:
        place = self.source.place("row", nth)
        self.source.checked(body, _ROW_KEYS, "row", place)
        said = optional(body, "when", place)
        row = Row(
            id=text(body, "id", place), sources=texts(body, "from", place),
            events=texts(body, "on", place), when=self._guard(said, place), said=as_said(said, place),
            to=optional(body, "to", place) or None,
            do=tuple(self._action(said, place) for said in texts(body, "do", place)),
            clauses=texts(body, "clauses", place), reason=optional(body, "reason", place),
            another_connector=flag(body, "another_connector", place), place=place, answer=read_answer(body, place),
        )  # fmt: skip
        self._check_row(row)
        return row

    def _check_row(self, row: Row) -> None:
        if not row.sources or not row.events:
            raise TableError(row.place, f"row {row.id} needs 'from' and 'on'")
        self._known_states((*row.sources, *((row.to,) if row.to else ())), row.place)
        self._known_events(row.events, row.place)
        if not row.clauses and not row.reason:
            raise TableError(row.place, f"row {row.id} has no clause: cite one, or state a 'reason'")

    def _refuse_twins(self, rows: Iterable[Row]) -> None:
        seen: dict[str, Place] = {}
        for row in rows:
            if row.id in seen:
                raise TableError(row.place, f"row {row.id} is already at {seen[row.id]}: give each row its own id")
            seen[row.id] = row.place

    def _unanswered(self, kind: str) -> Iterable[Unanswered]:
        for nth, body in enumerate(blocks(self.raw, kind, self.source.top)):
            place = self.source.place(kind, nth)
            self.source.checked(body, {"on", "in", "because", "clauses", "answer"}, kind, place)
            events, states = (texts(body, key, place) for key in ("on", "in"))
            self._known_events(events, place)
            self._known_states(states, place)
            because = text(body, "because", place)
            yield Unanswered(
                kind, events, states, because, texts(body, "clauses", place), place, read_answer(body, place)
            )

    def _preferences(self) -> Iterable[Preference]:
        for nth, body in enumerate(blocks(self.raw, "preference", self.source.top)):
            place = self.source.place("preference", nth)
            self.source.checked(body, {"id", "on", "when", "clauses", "reason"}, "preference", place)
            events, said = texts(body, "on", place), optional(body, "when", place)
            self._known_events(events, place)
            clauses, reason = texts(body, "clauses", place), optional(body, "reason", place)
            if not clauses and not reason:
                raise TableError(place, "a preference has no clause: cite one, or state a 'reason'")
            guard = self._guard(said, place)
            yield Preference(text(body, "id", place), events, guard, clauses, reason, place, as_said(said, place))

    def _guard(self, text: str, place: Place) -> Guard:
        guard = spell_out(self.vocabulary, text, place)
        asked = {atom.question for atom in atoms(guard) if isinstance(atom, Ask)}
        if unknown := sorted(asked - {question.name for question in self.questions}):
            remedy = f"declare it under [questions.{unknown[0]}] or [conditions.{unknown[0]}]"
            raise TableError(place, f"guard asks {unknown[0]!r}: {remedy}")
        if self.shares and any(isinstance(atom, Is) and atom.machine == self.shares for atom in atoms(guard)):
            problem = f"the guard names {self.shares}, and {self.raw['machine']} shares the table: say it in 'from'"
            raise TableError(place, problem)
        return guard

    def _action(self, text: str, place: Place) -> Action:
        verb, _, rest = text.partition(" ")
        if verb in ("raise", "create"):
            machine, dot, event = rest.partition(".")
            if not dot:
                raise TableError(place, f"action {text!r}: write '{verb} machine.event'")
            machine = str(self.raw["machine"]) if machine == self.shares else machine
            return Raise(machine, event) if verb == "raise" else Create(machine, event)
        if verb == "announce":
            return Announce(rest)
        if verb == "restart":
            if rest not in {timer.name for timer in self.timers}:
                raise TableError(place, f"action {text!r}: no [timers.{rest}] here")
            return Restart(rest)
        return self._perform(text, place)

    def _perform(self, text: str, place: Place) -> Perform:
        known = {operation.name: operation for operation in self.operations}
        if text in known and not known[text].values:
            return Perform(text)
        name, _, value = text.rpartition(" ")
        if name in known and value in known[name].values:
            return Perform(name, value)
        raise TableError(place, f'action {text!r} is not declared: add [operations."{text}"] or correct the name')

    def _known_states(self, names: Iterable[str], place: Place) -> None:
        self._known(names, {state.name for state in self.states}, "state", place)

    def _known_events(self, names: Iterable[str], place: Place) -> None:
        self._known(names, {event.name for event in self.events}, "event", place)

    def _known(self, names: Iterable[str], known: set[str], what: str, place: Place) -> None:
        for name in names:
            if name not in known:
                raise TableError(place, f"unknown {what} {name!r}; known: {', '.join(sorted(known))}")


def _projection(source: Source, name: str, body: Raw, vocabulary: Vocabulary) -> Projection:
    place = source.place(f"projections.{name}")
    known = {"scope", "means", "values", "row", "operation", "raises"}
    source.checked(body, known, f"projection {name}", place)
    machine, _, event = optional(body, "raises", place).partition(".")
    raised = Raise(machine, event) if machine else None
    listed = enumerate(blocks(body, "row", place))
    rows = tuple(_projection_row(source, name, nth, row, vocabulary) for nth, row in listed)
    return Projection(
        name, one_of(body, "scope", SCOPES[:2], place), text(body, "means", place), texts(body, "values", place),
        rows, raised, optional(body, "operation", place) or None, place,
    )  # fmt: skip


def _projection_row(source: Source, name: str, nth: int, body: Raw, vocabulary: Vocabulary) -> ProjectionRow:
    place = source.place(f"projections.{name}.row", nth)
    source.checked(body, {"when", "value", "clauses", "reason"}, "projection row", place)
    clauses = texts(body, "clauses", place)
    if not clauses and not optional(body, "reason", place):
        raise TableError(place, "a projection row needs a clause or a reason")
    said = optional(body, "when", place)
    guard = spell_out(vocabulary, said, place)
    reason = optional(body, "reason", place)
    return ProjectionRow(guard, text(body, "value", place), clauses, reason, place, as_said(said, place))


def _check_announcers(composition: Composition, machine: Machine) -> None:
    """Whoever an event comes from is an origin, or a machine."""
    for event in machine.events:
        if unknown := [name for name in event.announcers if name not in composition.by_name]:
            known = f"any of {', '.join(ORIGINS)}, {BLOCK}NAME of a block, or a machine that announces {event.name}"
            raise TableError(event.place, f"event {event.name} comes from {unknown[0]!r}, which is no machine; {known}")


def _check_reach(composition: Composition, machine: Machine) -> None:
    """Every machine, state and event that a row mentions exists, and is in reach of its scope."""
    for row in machine.rows:
        for problem in composition.unreachable_mentions(machine, row):
            raise TableError(row.place, f"row {row.id}: {problem}")
    for one in machine.preferences:
        for problem in composition.bad_preference(machine, one):
            raise TableError(one.place, f"preference {one.id}: {problem}")


def _check_projection(composition: Composition, projection: Projection) -> None:
    """The values of a projection's rows are its values, and what its guards and its event name exists."""
    for row in projection.rows:
        if row.value not in projection.values:
            raise TableError(row.place, f"value {row.value!r}; declared: {', '.join(projection.values)}")
    for problem in composition.bad_projection(projection):
        raise TableError(projection.place, f"projection {projection.name}: {problem}")
