"""What a machine does with an event, as a table: a few bits of the state in, the possible rows out.

A look is one event taken from the line at one instance. Which row fires depends on the instance's own state, on
the states that the guards mention, and on the answers to questions. The first two are bits, gathered from the
packed state into a key; over the answers the look keeps every row that some answer allows. The tables are made
once, by deciding every guard over every key.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from model.language.composition import Composition, Instance, Projection
from model.language.guard import Ask, Guard, Is, atoms
from model.language.machine import Row
from properties.explorer.columns import decide, reached, truths
from properties.explorer.layout import Bits, Column, Field, Layout, Packed

IGNORED = "ignored"
PROBLEMS = {"impossible": "impossible, yet it came", "missing": "unaccounted", "twice": "two rows at once"}
# 2^24 codes are 32 MiB, and a few columns as long, of eight bytes an entry, while they are made.
MAX_KEY_BITS = 24
Codes = NDArray[np.uint16]


@frozen
class Option:
    """One thing that a look can come to: a row, nothing on purpose, or a problem."""

    row: Row | None = None
    problem: str = ""


@frozen
class Case:
    """A code of the table: the instance's own state, and the options that remain over all answers."""

    source: str
    options: tuple[Option, ...]


@frozen(eq=False)
class Input:
    """One part of a key: a field, a field as coarse as its atoms see it, or the truth of a quantified atom."""

    fields: tuple[Field, ...]
    atom: Is | None = None
    holds: tuple[Bits, ...] = ()
    """For a quantified atom: for each field, its truth at each number."""
    kinds: Column | None = None
    """For a coarse field: which kind each number is of; no atom distinguishes what is of one kind."""

    @classmethod
    def of_atom(cls, atom: Is, fields: tuple[Field, ...]) -> Input:
        """Whether the quantified atom holds over these fields."""
        return cls(fields, atom, tuple(truths(field, atom) for field in fields))

    @classmethod
    def of_field(cls, field: Field, seen_by: list[Is]) -> Input:
        """The field, as coarse as these atoms allow; a table over its kinds is a fraction of one over its states."""
        seen = np.stack([truths(field, atom) for atom in seen_by], axis=1)
        # Each number's truths are a row of ``seen``: equal rows are one kind. (Releases of NumPy give the inverse of an
        # axis in different shapes.)
        return cls((field,), kinds=np.unique(seen, axis=0, return_inverse=True)[1].reshape(-1))

    @property
    def width(self) -> int:
        """How many bits of the key it takes."""
        if self.atom:
            return 1
        return self.fields[0].width if self.kinds is None else int(self.kinds.max()).bit_length()

    def truths(self, atom: Is) -> Bits:
        """For each value that it can have in a key, whether the atom holds."""
        exact = truths(self.fields[0], atom)
        if self.kinds is None:
            return exact
        # All numbers of a kind have the same truth, by how the kinds were made: whichever writes last writes it.
        coarse = np.zeros(1 << self.width, dtype=np.bool_)
        coarse[self.kinds] = exact
        return coarse

    def of(self, states: Packed, born: frozenset[Instance]) -> Column:
        """Its value in each state."""
        if self.atom is None:
            numbers = self.fields[0].of(states)
            return numbers if self.kinds is None else self.kinds[numbers]
        every = self.atom.quantifier == "every"
        joined = np.full(len(states), every)
        for field, holds in zip(self.fields, self.holds, strict=True):
            values = field.of(states)
            part = holds[values]
            # A slot that was taken in this very step lives, although it is in the initial state still.
            if field.instance.slot and field.instance not in born:
                part = np.where(values == 0, every, part)  # a free slot is nobody
            joined = joined & part if every else joined | part
        return joined.astype(np.int64)


@frozen
class Key:
    """Which bits matter, and how they are put together."""

    inputs: tuple[Input, ...]

    @property
    def bits(self) -> int:
        """The width of the key."""
        return sum(one.width for one in self.inputs)

    def of(self, states: Packed, born: frozenset[Instance]) -> Column:
        """The key of each state."""
        # The first input in the lowest bits, each further one above it; ``columns`` takes them apart in the same way.
        key, shift = self.inputs[0].of(states, born), self.inputs[0].width
        for one in self.inputs[1:]:
            key = key | (one.of(states, born) << shift)
            shift += one.width
        return key

    def columns(self) -> Iterator[tuple[Input, Column]]:
        """For every key there is: the value of each input."""
        keys, shift = np.arange(1 << self.bits, dtype=np.int64), 0
        for one in self.inputs:
            yield one, (keys >> shift) & ((1 << one.width) - 1)
            shift += one.width


@frozen(eq=False)
class CompiledTransition:
    """The compiled answer of one instance to one event."""

    field: Field
    event: str
    key: Key
    codes: Codes
    cases: tuple[Case, ...]

    def at(self, states: Packed, born: frozenset[Instance]) -> Codes:
        """The code of each state."""
        # Whatever the state, it is this case: no key is needed.
        if len(self.cases) == 1:
            return np.zeros(len(states), dtype=np.uint16)
        return self.codes[self.key.of(states, born)]


@frozen(eq=False)
class CompiledProjection:
    """The compiled values of one projection at one place."""

    projection: Projection
    at: Instance
    key: Key
    values: Codes

    def of(self, states: Packed, born: frozenset[Instance]) -> Codes:
        """The number of the projection's value in each state."""
        return self.values[self.key.of(states, born)]

    def reads(self, field: Field) -> bool:
        """Whether a change of the field can change the value."""
        return any(field in one.fields for one in self.key.inputs)


def compile_transition(layout: Layout, field: Field, event: str) -> CompiledTransition:
    """Compile one instance's answer to one event."""
    machine = field.machine
    rows = tuple(row for row in machine.rows if event in row.events)
    key = _key(layout, field, tuple(row.when for row in rows))
    options = _able(field, event, rows, key)
    # Few of the keys differ in what they lead to; the table holds the number of the case, and each case once.
    combined, codes = np.unique(options, axis=0, return_inverse=True)
    names = field.names
    cases = tuple(_case(names, rows, int(own), int(able)) for own, able in combined)
    return CompiledTransition(field, event, key, codes.reshape(-1).astype(np.uint16), cases)


def compile_projection(layout: Layout, projection: Projection, at: Instance) -> CompiledProjection:
    """Compile one projection at one place."""
    key = _key(layout, None, tuple(row.when for row in projection.rows), at)
    column, size = _Columns(key), 1 << key.bits
    # The first row that holds gives the value, so the rows write from the last to the first. What no row has written is
    # a pattern of bits that stands for no state: the lint sees to it that some row holds in each state (L017).
    values = np.full(size, len(projection.values))
    for row in reversed(projection.rows):
        values[decide(row.when, column, {}, size)] = projection.values.index(row.value)
    return CompiledProjection(projection, at, key, values.astype(np.uint16))


def compile_projections(composition: Composition, layout: Layout, connectors: int) -> tuple[CompiledProjection, ...]:
    """Every projection at every place, in the composition's order."""
    places = {"station": range(1), "connector": range(1, connectors + 1)}
    return tuple(
        compile_projection(layout, p, Instance(p.name, at)) for p in composition.projections for at in places[p.scope]
    )


def _key(layout: Layout, own: Field | None, guards: tuple[Guard, ...], at: Instance | None = None) -> Key:
    place = own.instance if own else at
    assert place is not None
    # The own field first, where ``_able`` looks for it, and never coarse: a case names the state that it begins in.
    inputs: dict[str, Input] = {own.instance.machine: Input((own,))} if own else {}
    read: dict[str, list[Is]] = {}
    for atom in (a for guard in guards for a in atoms(guard) if isinstance(a, Is)):
        read.setdefault(str(atom) if atom.quantifier else atom.machine, []).append(atom)
    for name, seen_by in read.items():
        fields = reached(layout, place, seen_by[0].machine)
        quantified = bool(seen_by[0].quantifier)
        made_of = Input.of_atom(seen_by[0], fields) if quantified else Input.of_field(fields[0], seen_by)
        inputs.setdefault(name, made_of)
    made = Key(tuple(inputs.values()))
    if made.bits > MAX_KEY_BITS:
        raise ValueError(f"{place} reads {made.bits} bits in one look; at most {MAX_KEY_BITS}: split the row's guard")
    return made


class _Columns:
    """The truth of any atom for every key: a function with a memory."""

    def __init__(self, key: Key) -> None:
        self.plain = {i.fields[0].instance.machine: (i, value) for i, value in key.columns() if i.atom is None}
        self.quantified = {str(i.atom): value.astype(np.bool_) for i, value in key.columns() if i.atom}

    def __call__(self, atom: Is) -> Bits:
        if atom.quantifier:
            return self.quantified[str(atom)]
        one, value = self.plain[atom.machine]
        return one.truths(atom)[value]


def _able(field: Field, event: str, rows: tuple[Row, ...], key: Key) -> NDArray[np.int64]:
    """For every key: the own state, and a bit for each option that some answers allow."""
    size = 1 << key.bits
    own = next(value for one, value in key.columns())
    column = _Columns(key)
    sources = [field.is_one_of(row.sources)[own] for row in rows]
    rest = _rest(field, event, len(rows))[own]
    # One bit for each option: bit n is row n; above the rows come ignored, impossible, missing, and two rows at once.
    able = np.zeros(size, dtype=np.int64)
    for answers in _answers(rows):
        count, this = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
        for nth, row in enumerate(rows):
            truth = sources[nth] & decide(row.when, column, answers, size)
            count += truth
            this |= truth.astype(np.int64) << nth
        # In place of the two rows, not beside them: which of them would fire is not known.
        this[count > 1] = 1 << (len(rows) + 3)
        able |= np.where(count == 0, rest, this)
    return np.stack([own, able], axis=1)


def _rest(field: Field, event: str, rows: int) -> NDArray[np.int64]:
    """For each own state, the bit of what it means that no row fires: ignored, impossible or missing."""
    bits = np.full(1 << field.width, 1 << (rows + 2), dtype=np.int64)
    for nth, state in enumerate(field.names):
        said = field.machine.unanswered_for(state, event)
        if said is not None:
            bits[nth] = 1 << (rows if said.kind == IGNORED else rows + 1)
    return bits


def _answers(rows: tuple[Row, ...]) -> Iterator[dict[str, bool]]:
    asked = list(dict.fromkeys(a.question for row in rows for a in atoms(row.when) if isinstance(a, Ask)))
    for values in product((False, True), repeat=len(asked)):
        yield dict(zip(asked, values, strict=True))


def _case(names: tuple[str, ...], rows: tuple[Row, ...], own: int, able: int) -> Case:
    every = [*(Option(row) for row in rows), Option(), *(Option(problem=text) for text in PROBLEMS.values())]
    # In the order of the bits that ``_able`` sets.
    options = tuple(option for nth, option in enumerate(every) if able >> nth & 1)
    return Case(names[own] if own < len(names) else "", options)
