"""The states reached so far: an open hash table that takes thousands of keys at a time.

The table holds numbers of states, the states stand in one array in the order of their discovery (which breadth
first search uses as its frontier), and beside each stand its parent and the event that led to it. That makes 6 bytes
a state, 8 for each of its words, and four more for each place of the table, of which half at most are taken.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from properties.explorer.layout import Packed, same

Numbers = NDArray[np.int32]
Events = NDArray[np.uint16]
# 2^64 divided by the golden ratio, made odd (Knuth, The Art of Computer Programming, vol. 3, 6.4). States that follow
# each other differ in a few neighbouring bits; the product brings each of them into its upper bits, which are used.
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_HALF = np.uint64(32)
_EMPTY = -1


class Seen:
    """A set of packed states that numbers them, and knows where each came from."""

    def __init__(self, words: int = 1, capacity: int = 1 << 12) -> None:
        self.size = 0
        self._states: Packed = np.empty((capacity, words), dtype=np.int64)
        self._parents: Numbers = np.empty(capacity, dtype=np.int32)
        self._events: Events = np.empty(capacity, dtype=np.uint16)
        self._rehash(capacity)

    @property
    def states(self) -> Packed:
        """Every state, in the order of discovery."""
        return self._states[: self.size]

    @property
    def parents(self) -> Numbers:
        """For each state the number of its parent, -1 for a start."""
        return self._parents[: self.size]

    @property
    def events(self) -> Events:
        """For each state the number of the event that led to it."""
        return self._events[: self.size]

    @property
    def bytes(self) -> int:
        """What all this takes in memory."""
        return sum(part.nbytes for part in (self._states, self._parents, self._events, self._table))

    def add(self, keys: Packed, parents: Numbers, events: Events) -> Numbers:
        """Take in the keys that are new; gives the places in ``keys`` at which each was met first."""
        chosen = self.unknown(keys)
        self._reserve(len(chosen))
        end = self.size + len(chosen)
        self._states[self.size : end] = keys.take(chosen, axis=0)
        self._parents[self.size : end] = parents[chosen]
        self._events[self.size : end] = events[chosen]
        self._enter(np.arange(self.size, end, dtype=np.int32))
        self.size = end
        return chosen

    def unknown(self, keys: Packed) -> Numbers:
        """The places in ``keys`` of those that have not been reached, each key where it stands first."""
        unknown = np.flatnonzero(self.numbers(keys) < 0)
        # Sorted by place and not by key: states get their numbers in the order in which breadth first search meets
        # them.
        return np.sort(unknown[_firsts(keys.take(unknown, axis=0))]).astype(np.int32)

    def numbers(self, keys: Packed) -> Numbers:
        """The number of each key, -1 where it has not been reached."""
        result = np.full(len(keys), -1, dtype=np.int32)
        # All keys probe at once: in each round every key that is left looks at one place, and is done where it finds
        # itself or nobody; whoever finds another one goes on to the next place (linear probing).
        waiting, places = np.arange(len(keys)), self._place(keys)
        while len(waiting):
            found = self._table[places]
            # An empty place says -1, which takes the last state of the array: any will do, for the first condition
            # rules it out.
            match = (found != _EMPTY) & same(self._states.take(found, axis=0), keys.take(waiting, axis=0))
            result[waiting[match]] = found[match]
            stay = (found != _EMPTY) & ~match
            places, waiting = (places[stay] + 1) & self._mask, waiting[stay]
        return result

    def path(self, number: int) -> list[int]:
        """The numbers of the states on the way from a start to this one."""
        way = [number]
        while self._parents[way[-1]] >= 0:
            way.append(int(self._parents[way[-1]]))
        return way[::-1]

    def _place(self, keys: Packed) -> NDArray[np.int64]:
        mixed = keys[:, 0].astype(np.uint64) * _SPREAD
        for word in range(1, keys.shape[1]):
            # A product spreads upwards only: what stands in the upper half has to come down before the next one.
            mixed = ((mixed >> _HALF) ^ mixed ^ keys[:, word].astype(np.uint64)) * _SPREAD
        # The upper bits: of a product, they alone depend on all bits of the key.
        return (mixed >> self._down).astype(np.int64)

    def _enter(self, waiting: Numbers) -> None:
        """Give each of these states, which are all different, a place in the table."""
        places = self._place(self._states.take(waiting, axis=0))
        while len(waiting):
            empty = np.flatnonzero(self._table[places] == _EMPTY)
            self._table[places[empty]] = waiting[empty]  # where several want one place, the last has it
            # Whoever reads another number at his place came too late, to this round or to an earlier one.
            stay = self._table[places] != waiting
            places, waiting = (places[stay] + 1) & self._mask, waiting[stay]

    def _reserve(self, more: int) -> None:
        wanted = self.size + more
        # By half, not to the double: the copy stands beside the original, and the largest scope has to fit in memory.
        if wanted > len(self._states):
            space = max(wanted, len(self._states) + (len(self._states) >> 1))
            self._states, self._parents, self._events = (
                np.concatenate([part[: self.size], np.empty((space - self.size, *part.shape[1:]), dtype=part.dtype)])
                for part in (self._states, self._parents, self._events)
            )
        if 2 * wanted > len(self._table):
            self._rehash(wanted)

    def _rehash(self, wanted: int) -> None:
        # At least twice as many places as states, a power of two: with half of them free a probe sees one to three
        # places, and a mask takes the next one round the end.
        bits = max(12, (2 * wanted - 1).bit_length())
        self._mask, self._down = (1 << bits) - 1, np.uint64(64 - bits)
        self._table: Numbers = np.full(1 << bits, _EMPTY, dtype=np.int32)
        self._enter(np.arange(self.size, dtype=np.int32))


def _firsts(keys: Packed) -> NDArray[np.int64]:
    """Where each different key stands first."""
    order = np.lexsort(keys.T)  # stable, so of equal keys the first comes first
    ordered = keys.take(order, axis=0)
    fresh = np.ones(len(keys), dtype=np.bool_)
    fresh[1:] = ~same(ordered[1:], ordered[:-1])
    return order[fresh]
