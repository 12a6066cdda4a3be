"""A state of the whole composition in one 64-bit integer: a field of bits for each instance.

A field holds the number of the machine's state in the table's order, so the initial state is 0 and a free
transaction slot is a field of zeroes.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from model.composition import Instance
from model.machine import Machine
from properties.reference import Reference, State

Packed = NDArray[np.int64]
Bits = NDArray[np.bool_]
MAX_BITS = 63


class TooWideError(ValueError):
    """The scope does not fit into 63 bits; the message says by how much."""


@frozen
class Field:
    """Where one instance stands in the integer."""

    instance: Instance
    machine: Machine
    shift: int
    width: int

    @property
    def ones(self) -> int:
        """The bits of the field, moved down to the lowest."""
        return (1 << self.width) - 1

    @property
    def mask(self) -> int:
        """The bits of the field, in their place."""
        return self.ones << self.shift

    def of(self, states: Packed) -> Packed:
        """The number of the instance's state in each of the integers."""
        return (states >> self.shift) & self.ones

    def number(self, state: str) -> int:
        """The number of a state of this machine."""
        return self.machine.state_names.index(state)


@frozen(slots=False)
class Layout:
    """The fields of a composition within a scope."""

    fields: tuple[Field, ...]

    @classmethod
    def of(cls, graph: Reference) -> Layout:
        """Lay the instances out from the lowest bit up. Raises TooWideError."""
        fields, shift = [], 0
        for instance, machine in zip(graph.instances, graph.machines, strict=True):
            width = max(1, (len(machine.states) - 1).bit_length())
            fields.append(Field(instance, machine, shift, width))
            shift += width
        if shift > MAX_BITS:
            raise TooWideError(
                f"scope {graph.scope.name!r} needs {shift} bits of {MAX_BITS}: fewer connectors, slots or machines"
            )
        return cls(tuple(fields))

    @property
    def bits(self) -> int:
        """How many bits are in use."""
        return sum(field.width for field in self.fields)

    def pack(self, state: State) -> int:
        """A tuple of states as one integer."""
        return sum(field.number(name) << field.shift for field, name in zip(self.fields, state, strict=True))

    def unpack(self, packed: int) -> State:
        """The integer as a tuple of states."""
        return tuple(field.machine.state_names[(packed >> field.shift) & field.ones] for field in self.fields)

    def masked(self, instances: Iterable[Instance]) -> int:
        """The bits of all these instances."""
        wanted = set(instances)
        return sum(field.mask for field in self.fields if field.instance in wanted)
