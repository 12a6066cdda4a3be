"""A state of the whole composition in as many 63-bit words as it takes: a field of bits for each instance.

Many states are an array with a row for each and a column for each word, so that what a field holds in all of them is
one shift and one mask over one column. A field never crosses from one word into the next; where the next one does not
fit, the bits above stay zero:

    bit     63   62 ..... 11   10 9            8          7 6 5   4 3   2 1 0
    word 0  0    ...           station_fault   heartbeat  boot    link  lifecycle
    word 1  0    what did not fit, from bit 0 up

A field holds the number of the machine's state among those that it can reach in this scope, in the table's order; so
the initial state is 0, a free transaction slot is a field of zeroes, and a machine that cannot move takes no bits.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from model.language.composition import Instance
from model.language.machine import Machine
from properties.explorer.movable import reachable_names
from properties.reference import Reference, State

Packed = NDArray[np.int64]
"""Shape (states, words)."""
Column = NDArray[np.int64]
"""A number for each state."""
Bits = NDArray[np.bool_]
Words = tuple[int, ...]
"""One state."""
# Not 64: a word is a signed integer, whose shift to the right copies the sign down (NumPy's >> is arithmetic), and a
# mask with bit 63 would not fit into the type. So bit 63 is never used, and no packed word is negative.
WORD_BITS = 63


@frozen(eq=False)
class Field:
    """Where one instance stands: in which word, from which bit on, and which states its numbers stand for."""

    instance: Instance
    machine: Machine
    names: tuple[str, ...]
    word: int
    shift: int

    @property
    def width(self) -> int:
        """How many bits it takes; none where the machine cannot move."""
        # The highest number is one less than there are states; a lone state has the number 0, which takes no bit.
        return (len(self.names) - 1).bit_length()

    @property
    def ones(self) -> int:
        """The bits of the field, moved down to the lowest."""
        return (1 << self.width) - 1

    def of(self, states: Packed) -> Column:
        """The number of the instance's state in each of the states."""
        return (states[:, self.word] >> self.shift) & self.ones

    def put(self, states: Packed, number: int) -> Packed:
        """The states with the instance in another state."""
        after = states.copy()
        column = after[:, self.word]  # a view: what is done to it is done to the states
        column &= ~(self.ones << self.shift)
        column |= number << self.shift
        return after

    def number(self, state: str) -> int:
        """The number of a state of this machine. Raises ValueError for one that this scope cannot reach."""
        return self.names.index(state)

    def is_one_of(self, states: Iterable[str]) -> Bits:
        """For each number that the field can hold, whether it is one of these states."""
        wanted = set(states)
        # Whoever indexes by the bits of a field needs an entry for each pattern: five states take three bits, eight
        # entries.
        padding = (1 << self.width) - len(self.names)
        return np.array([*(name in wanted for name in self.names), *[False] * padding], dtype=np.bool_)


@frozen(eq=False)
class Layout:
    """The fields of a composition within a scope."""

    fields: tuple[Field, ...]

    @classmethod
    def of(cls, graph: Reference, word_bits: int = WORD_BITS) -> Layout:
        """Lay the instances out from the lowest bit up; a field that does not fit begins the next word."""
        reachable, fields, word, shift = reachable_names(graph), list[Field](), 0, 0
        for instance, machine in zip(graph.instances, graph.machines, strict=True):
            field = Field(instance, machine, reachable[machine.name], word, shift)
            # A new word only where it is needed: each further one costs 8 bytes a state, and time in every comparison.
            if shift + field.width > word_bits:
                word, shift = word + 1, 0
                field = Field(instance, machine, reachable[machine.name], word, shift)
            fields.append(field)
            shift += field.width
        return cls(tuple(fields))

    @property
    def words(self) -> int:
        """How many words a state takes."""
        return 1 + max((field.word for field in self.fields), default=0)

    @property
    def bits(self) -> int:
        """How many bits are in use."""
        return sum(field.width for field in self.fields)

    def pack(self, state: State) -> Words:
        """A tuple of states as words."""
        words = [0] * self.words
        for field, name in zip(self.fields, state, strict=True):
            words[field.word] |= field.number(name) << field.shift
        return tuple(words)

    def pack_all(self, states: Iterable[State]) -> Packed:
        """Many states."""
        return np.array([self.pack(state) for state in states], dtype=np.int64).reshape(-1, self.words)

    def unpack(self, words: Sequence[int]) -> State:
        """The words as a tuple of states."""
        return tuple(field.names[int(words[field.word]) >> field.shift & field.ones] for field in self.fields)

    def masked(self, instances: Iterable[Instance]) -> Packed:
        """The bits of all these instances, as one state."""
        wanted, mask = set(instances), np.zeros((1, self.words), dtype=np.int64)
        for field in self.fields:
            if field.instance in wanted:
                mask[0, field.word] |= field.ones << field.shift
        return mask


def same(states: Packed, others: Packed) -> Bits:
    """Where both are the same state; word by word, for a comparison along the rows is many times slower."""
    equal: Bits = states[:, 0] == others[:, 0]
    for word in range(1, states.shape[1]):
        equal &= states[:, word] == others[:, word]
    return equal
