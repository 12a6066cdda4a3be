"""Named conditions: a guard that is written once, with its meaning, and named wherever it is meant.

A table has conditions of its own, the composition has some for everybody. A guard names one like a question
(``startable and reservation == Free``), and it may compare a projection as if that were a machine
(``offer == Withheld``). Both are spelled out here, when tables are loaded: what runs, explores or exports a guard
sees machines and questions alone, and what shows one has the name (``Row.said``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from attrs import field

from model.language.guard import All, Any, Ask, Guard, GuardError, Is, Not
from model.language.place import Place
from model.record import frozen

MAX_SAID_CHARS = 120
"""A guard that is longer, as it is written, wants a named condition."""


@frozen
class Condition:
    """A named guard. ``said``: as it is written; ``when``: spelled out."""

    name: str
    means: str
    said: str
    when: Guard
    place: Place = field(default=Place("", 0), eq=False)


Ways = Sequence[tuple[str, Guard]]
"""What a projection is: its values, each with the guard of a row; the first row whose guard holds gives the value."""


@frozen
class Vocabulary:
    """What a guard may name besides machines and questions: conditions, and projections with their rows."""

    conditions: Mapping[str, Guard]
    projections: Mapping[str, Ways]

    def spelled_out(self, guard: Guard, within: tuple[str, ...] = ()) -> Guard:
        """The guard with every name replaced by what it stands for.

        ``within``: the names that are being spelled out. Raises GuardError for one that stands for itself, and for a
        value that a projection never has.
        """
        match guard:
            case All(parts):
                return _both(self.spelled_out(part, within) for part in parts)
            case Any(parts):
                return Any(tuple(self.spelled_out(part, within) for part in parts))
            case Not(inner):
                return Not(self.spelled_out(inner, within))
            case Ask(name) if name in self.conditions:
                return self.spelled_out(self.conditions[name], _deeper(within, name))
            case Is(name, values, quantifier) if name in self.projections:
                if quantifier:
                    raise GuardError(f"{name} is a projection: name the machines that it reads, or a condition")
                return self.spelled_out(self._one_of(name, values), _deeper(within, name))
            case _:
                return guard

    def _one_of(self, name: str, values: tuple[str, ...]) -> Guard:
        """That the projection has one of these values: a row with it holds, and none before that row does."""
        ways = self.projections[name]
        known = dict.fromkeys(value for value, _ in ways)
        if unknown := sorted(set(values) - set(known)):
            raise GuardError(f"{name} is never {unknown[0]!r}; it has {', '.join(known)}")
        return Any(
            tuple(
                _both((*(Not(before) for _, before in ways[:nth]), when))
                for nth, (value, when) in enumerate(ways)
                if value in values
            )
        )


NOTHING = Vocabulary({}, {})


def _both(parts: Iterable[Guard]) -> Guard:
    """That all of these hold; what is itself such a list is taken apart, so that nothing nests for nothing."""
    flat = tuple(inner for part in parts for inner in (part.parts if isinstance(part, All) else (part,)))
    return flat[0] if len(flat) == 1 else All(flat)


def _deeper(within: tuple[str, ...], name: str) -> tuple[str, ...]:
    if name in within:
        ring = " -> ".join((*within[within.index(name) :], name))
        raise GuardError(f"{name} stands for itself ({ring}): write one of them out")
    return (*within, name)
