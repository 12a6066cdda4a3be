"""The composed tables of a scope in Promela, for Spin: a second engine that shares nothing with ours but the tables.

One process, one loop, one step a turn. A turn is an ``atomic`` block: the world chooses an event that could come, it
goes into the line, which is a buffered channel, and the line is worked off until it is empty. Questions are
answered by a free choice at each look at which they matter. Inside the block Spin keeps no states, and everything
that is only of use within a step is zero again at its end; so the states that Spin stores are the states in which a
step ends, and those are ours, but for two: the station before power comes, and a sink for what leads out of the
scope.

The line, the living of slots, claims, and the moment at which guards are read are those of
``model/language/semantics.py`` and ``properties/reference.py``; they are spelled anew here on purpose.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator

from attrs import frozen

from model.language.composition import Instance, Projection, in_reach
from model.language.guard import All, Any, Ask, Guard, Is, Not, atoms
from model.language.machine import Create, Machine, Perform, Raise, Row
from model.language.matrix import Matrix
from model.language.semantics import POWER_UP, Occurrence
from properties.explorer.watch import POWER_CUT
from properties.reference import POWER, Reference, tried
from properties.registry import Property

LINE = 24
"""Places in the line; Spin reports a step that needs more, because it cannot go on."""
Spell = Callable[[Guard, Instance], str]
CLAIM, AMBIGUOUS, MATRIX = "claims_hold", "one_row_at_a_time", "status_matrix"


@frozen
class Exported:
    """A model, and the properties behind its assertions: ``assert(failed != n)`` is the nth, from 1."""

    text: str
    asserted: tuple[str, ...]


def exported(
    graph: Reference, properties: Iterable[Property], matrix: Matrix, without: Collection[str] = ()
) -> Exported:
    """The whole model; the properties that hold always become assertions, except those named in ``without``."""
    export = _Export(graph, tuple(properties), matrix, without)
    return Exported("\n".join(export.lines()) + "\n", export.names)


class _Export:
    """Writes one model; holds the names that its parts share."""

    def __init__(
        self, graph: Reference, properties: tuple[Property, ...], matrix: Matrix, without: Collection[str]
    ) -> None:
        self.graph, self.matrix, self.without = graph, matrix, without
        self.properties = tuple(p for p in properties if p.kind in ("always", "single"))
        self.names = (CLAIM, AMBIGUOUS, MATRIX, *(p.name for p in self.properties))
        self.events = tuple(self._events())
        self.codes = {event: nth + 1 for nth, event in enumerate(self.events)}
        self.power = len(self.events) + 1
        self.heard = {
            Occurrence(member, p.raises.event)
            for p, at in graph.watched
            if p.raises
            for member in self._members(at, p.raises.machine)
        }
        self.gauges = [(p, at) for p, at in graph.watched if p.raises or p.name == matrix.projection]

    def _events(self) -> Iterator[Occurrence]:
        for instance, machine in zip(self.graph.instances, self.graph.machines, strict=True):
            yield from (Occurrence(instance, event.name) for event in machine.events)

    # ---- the file ----

    def lines(self) -> Iterator[str]:
        yield f"/* {self.graph.composition.title}: scope {self.graph.scope.name!r}. Made by `provenpoint verify`. */"
        for instance, machine in zip(self.graph.instances, self.graph.machines, strict=True):
            yield f"byte {state(instance)}; /* {', '.join(machine.state_names)} */"
            if instance.slot:
                yield f"bool {born(instance)};"
        yield f"chan line = [{LINE}] of {{ short }};"
        yield f"chan changes = [{LINE}] of {{ short }};"
        yield "short began; byte failed; bool cut; int was; byte fits;"
        for question in self._questions():
            yield f"bool {asked(question)};"
        yield "active proctype station() {"
        yield from self._body()
        yield "}"

    def _questions(self) -> list[str]:
        machines = self.graph.composition.machines
        return sorted({question.name for machine in machines for question in machine.questions})

    def _body(self) -> Iterator[str]:
        yield "atomic {"
        yield from self._power()
        yield "goto work };"
        yield "rest: atomic {"
        yield "if"
        yield ":: true ->"
        yield from self._power()
        for event in self.events:
            if condition := self._comes(event):
                yield f":: {condition} -> began = {self.codes[event]}; line!{self.codes[event]}"
        yield "fi;"
        yield "work: do"
        for event in self.events:
            yield from self._taken(event)
            yield from self._look(event)
        yield ":: empty(changes) && empty(line) -> break"
        yield "od;"
        yield from self._end()
        yield "};"
        yield "goto rest;"
        yield "end_sink: false"

    def _taken(self, event: Occurrence) -> Iterator[str]:
        """What projections raise goes before what waits in the line."""
        code = self.codes[event]
        if event in self.heard:
            yield f":: changes?[{code}] || (empty(changes) && line?[{code}]) -> /* {event} */"
            yield f"if :: nempty(changes) -> changes?{code} :: empty(changes) -> line?{code} fi;"
        else:
            yield f":: empty(changes) && line?[{code}] -> line?{code}; /* {event} */"

    def _power(self) -> Iterator[str]:
        pairs = list(zip(self.graph.instances, self.graph.machines, strict=True))
        yield from (f"{state(instance)} = 0;" for instance, machine in pairs if not machine.persistent)
        for instance, machine in pairs:
            if machine.event(POWER_UP):
                yield from self._send(instance, POWER_UP)
        yield f"began = {self.power};"

    def _comes(self, event: Occurrence) -> str:
        machine = self.graph.composition[event.instance.machine]
        declared = machine.event(event.event)
        assert declared is not None
        numbers = [n for n, name in enumerate(machine.state_names) if tried(machine, declared, name)]
        numbers = [n for n in numbers if n or not event.instance.slot]
        if not numbers:
            return ""
        return " && ".join([_one_of(event.instance, numbers), *self._not_down()])

    def _not_down(self) -> Iterator[str]:
        for instance, machine in zip(self.graph.instances, self.graph.machines, strict=True):
            if not (instance.connector or instance.slot) and machine.final:
                yield f"!{_one_of(instance, _numbers(machine, machine.final))}"

    def _end(self) -> Iterator[str]:
        yield "if :: cut ->"
        yield from self._zero()
        yield "goto end_sink :: else fi;"
        for instance, machine in zip(self.graph.instances, self.graph.machines, strict=True):
            if instance.slot:
                here = state(instance)
                yield from self._assert(CLAIM, f"!{born(instance)} || {here} != 0")
                final = _one_of(instance, _numbers(machine, machine.final))
                yield f"{born(instance)} = false; if :: {final} -> {here} = 0 :: else fi;"
        for what in self.properties:
            if what.after:
                codes = [c for e, c in (*self.codes.items(), (POWER, self.power)) if _named(e) in what.after]
                gate = " || ".join(f"began == {code}" for code in codes)
                yield from self._assert(what.name, f"!({gate}) || ({self._holds(what)})")
            elif not what.doing:
                yield from self._assert(what.name, self._holds(what))
        yield "began = 0;"

    def _zero(self) -> Iterator[str]:
        for instance in self.graph.instances:
            yield f"{state(instance)} = 0;" + (f" {born(instance)} = false;" if instance.slot else "")
        yield "cut = false; began = 0;"

    # ---- one look ----

    def _look(self, event: Occurrence) -> Iterator[str]:
        machine = self.graph.composition[event.instance.machine]
        rows = [row for row in machine.rows if event.event in row.events]
        questions = sorted({a.question for row in rows for a in atoms(row.when) if isinstance(a, Ask)})
        for question in questions:
            readers = [row for row in rows if any(a == Ask(question) for a in atoms(row.when))]
            matters = " || ".join(self._able(event.instance, machine, row, self.could) for row in readers)
            yield f"if :: true :: {matters} -> {asked(question)} = true fi;"
        ables = [self._able(event.instance, machine, row) for row in rows]
        yield f"fits = {' + '.join(f'({able} -> 1 : 0)' for able in ables) or '0'};"
        yield from self._assert(AMBIGUOUS, "fits <= 1")
        yield "if"
        for row, able in zip(rows, ables, strict=True):
            yield f":: fits == 1 && {able} -> /* {row.id} */"
            yield from self._forget(questions)
            yield from self._fire(event.instance, machine, row)
        yield ":: fits == 0 ->"
        yield from self._forget(questions)
        yield from self._unanswered(event, machine)
        yield "skip"
        yield ":: fits > 1 ->"
        yield from self._forget(questions)
        yield "skip"
        yield "fi"

    def _forget(self, questions: list[str]) -> Iterator[str]:
        yield "fits = 0;"
        yield from (f"{asked(question)} = false;" for question in questions)

    def _able(self, at: Instance, machine: Machine, row: Row, spell: Spell | None = None) -> str:
        return f"({_one_of(at, _numbers(machine, row.sources))} && {(spell or self.spell)(row.when, at)})"

    def _unanswered(self, event: Occurrence, machine: Machine) -> Iterator[str]:
        said = {name: machine.unanswered_for(name, event.event) for name in machine.state_names}
        ignored = [name for name, one in said.items() if one is not None and one.kind == "ignored"]
        if len(ignored) < len(machine.states):
            yield from self._assert(CLAIM, _one_of(event.instance, _numbers(machine, ignored)))

    def _fire(self, at: Instance, machine: Machine, row: Row) -> Iterator[str]:
        stirred = [g for g in self.gauges if row.to is not None and self._reads(g, at)]
        for nth, (projection, place) in enumerate(stirred):
            shift = 16**nth
            yield f"was = was + {shift} * ({self._value(projection, place)});"
        if row.to is not None:
            yield f"{state(at)} = {machine.state_names.index(row.to)};"
        for action in row.do:
            yield from self._act(at, action)
        for nth, (projection, place) in enumerate(stirred):
            yield from self._changed(projection, place, f"((was / {16**nth}) % 16)")
        if stirred:
            yield "was = 0;"
        yield "skip"

    def _act(self, at: Instance, action: object) -> Iterator[str]:
        match action:
            case Raise(name, event):
                for member in self._members(at, name):
                    yield from self._send(member, event)
            case Create(name, event):
                slots = list(self._members(Instance(at.machine, at.connector), name))
                yield from self._create(slots, event)
            case Perform():
                for what in self.properties:
                    if (at.machine, str(action)) in what.doing:
                        yield from self._assert(what.name, self._holds(what, at))

    def _send(self, to: Instance, event: str) -> Iterator[str]:
        code = self.codes[Occurrence(to, event)]
        yield f"if :: {alive(to)} -> line!{code} :: else fi;" if to.slot else f"line!{code};"

    def _create(self, slots: list[Instance], event: str) -> Iterator[str]:
        if not slots:
            yield "cut = true;"
            return
        first, code = slots[0], self.codes[Occurrence(slots[0], event)]
        yield f"if :: !{alive(first)} -> {born(first)} = true; line!{code} :: else ->"
        yield from self._create(slots[1:], event)
        yield "fi;"

    # ---- projections ----

    def _reads(self, projected: tuple[Projection, Instance], changed: Instance) -> bool:
        projection, place = projected
        machines = {a.machine for row in projection.rows for a in atoms(row.when) if isinstance(a, Is)}
        return changed.machine in machines and in_reach(place, changed)

    def _value(self, projection: Projection, at: Instance) -> str:
        value = str(len(projection.values))
        for row in reversed(projection.rows):
            value = f"({self.spell(row.when, at)} -> {projection.values.index(row.value)} : {value})"
        return value

    def _changed(self, projection: Projection, at: Instance, before: str) -> Iterator[str]:
        after = self._value(projection, at)
        if projection.name == self.matrix.projection:
            yield from self._assert(MATRIX, f"{before} == {after} || {self._lawful(projection, before, after)}")
        if projection.raises:
            yield f"if :: {before} != {after} ->"
            for member in self._members(at, projection.raises.machine):
                yield f"changes!{self.codes[Occurrence(member, projection.raises.event)]};"
            yield "skip :: else fi;"

    def _lawful(self, projection: Projection, before: str, after: str) -> str:
        ways = []
        for nth, source in enumerate(projection.values):
            targets = [n for n, t in enumerate(projection.values) if self.matrix.cell(source, t).lawful]
            ways.append(f"({before} == {nth} && ({' || '.join(f'{after} == {n}' for n in targets)}))")
        return " || ".join(ways)

    # ---- formulas ----

    def _assert(self, name: str, truth: str) -> Iterator[str]:
        if name not in self.without:
            number = self.names.index(name) + 1
            yield f"failed = (({truth}) -> 0 : {number}); assert(failed != {number});"

    def _holds(self, what: Property, near: Instance | None = None) -> str:
        places = [place for place in self._places(what.scope) if near is None or in_reach(near, place)]
        if what.kind == "single":
            by_connector = {p.connector: [q for q in places if q.connector == p.connector] for p in places}
            counts = (" + ".join(f"({self._true_at(what, p)} -> 1 : 0)" for p in ps) for ps in by_connector.values())
            return " && ".join(f"({count} <= 1)" for count in counts)
        return " && ".join(
            f"(!{alive(p)} || {self.spell(what.formula, p)})" if p.slot else self.spell(what.formula, p) for p in places
        )

    def _true_at(self, what: Property, place: Instance) -> str:
        return (
            f"({alive(place)} && {self.spell(what.formula, place)})" if place.slot else self.spell(what.formula, place)
        )

    def _places(self, scope: str) -> list[Instance]:
        if scope == "station":
            return [Instance("station")]
        if scope == "connector":
            return [Instance("connector", n + 1) for n in range(self.graph.scope.connectors)]
        return [i for i in self.graph.instances if self.graph.composition[i.machine].scope == scope]

    def _members(self, at: Instance, machine: str) -> list[Instance]:
        return [i for i in self.graph.instances if i.machine == machine and in_reach(at, i)]

    def spell(self, guard: Guard, at: Instance) -> str:
        """A guard as a Promela expression."""
        match guard:
            case All(parts):
                return f"({' && '.join(self.spell(part, at) for part in parts)})" if parts else "true"
            case Any(parts):
                return f"({' || '.join(self.spell(part, at) for part in parts)})"
            case Not(inner):
                return f"!({self.spell(inner, at)})"  # "!!" is another word of Promela
            case Ask(question):
                return asked(question)
            case Is():
                return self._atom(guard, at)

    def could(self, guard: Guard, at: Instance, want: bool = True) -> str:
        """Whether a guard could come out so for some answers: where no row could fire, its questions are not asked."""
        match guard:
            case All(parts) | Any(parts):
                join = " && " if isinstance(guard, All) == want else " || "
                said = join.join(self.could(part, at, want) for part in parts)
                return f"({said})" if said else str(isinstance(guard, All) == want).lower()
            case Not(inner):
                return self.could(inner, at, not want)
            case Ask():
                return "true"
            case Is():
                return self._atom(guard, at) if want else f"!{self._atom(guard, at)}"

    def _atom(self, atom: Is, at: Instance) -> str:
        machine = self.graph.composition[atom.machine]
        numbers = _numbers(machine, atom.states)
        members = self._members(at, atom.machine)
        if atom.quantifier == "every":
            return f"({' && '.join(f'(!{alive(m)} || {_one_of(m, numbers)})' for m in members)})"
        if atom.quantifier:
            return f"({' || '.join(f'({alive(m)} && {_one_of(m, numbers)})' for m in members)})"
        return _one_of(members[0], numbers)


def state(instance: Instance) -> str:
    """The variable that holds an instance's state."""
    return "_".join([f"s_{instance.machine}", *(str(n) for n in (instance.connector, instance.slot) if n)])


def born(instance: Instance) -> str:
    """Whether a slot was taken in this step."""
    return f"born_{instance.connector}_{instance.slot}"


def alive(instance: Instance) -> str:
    """Whether an instance exists."""
    return f"({state(instance)} != 0 || {born(instance)})" if instance.slot else "true"


def asked(question: str) -> str:
    """The answer to a question at the look that is being taken."""
    return f"q_{question}"


def _numbers(machine: Machine, names: Iterable[str]) -> list[int]:
    return [machine.state_names.index(name) for name in names]


def _one_of(instance: Instance, numbers: list[int]) -> str:
    tests = " || ".join(f"{state(instance)} == {number}" for number in numbers)
    return f"({tests})" if tests else "false"


def _named(event: Occurrence) -> str:
    return POWER_CUT if event == POWER else f"{event.instance.machine}.{event.event}"
