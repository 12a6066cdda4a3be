"""A table, run by the ``transitions`` library.

One ``TableMachine`` per table, shared by all instances of it; an instance is a ``Member``, a small slotted model
that is not decorated. A transition of the library carries the row that it came from, and fires where the row's guard
holds. Which rows are tried, in which order, is therefore what the library has made of our tables; the order in which
events come is the composition's (``model/language/semantics.py``), so the library never sees a nested event.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from attrs import define
from transitions import Machine, Transition

from model.language import machine as tables
from model.language.composition import Instance
from model.language.guard import Guard
from runtime.core.undo import FixedOnceBuilt, NotedByItsWriter

Predicate = Callable[[Instance, Any], bool]
"""Whether a guard holds at an instance, now, for an event that carries that request."""


@define(eq=False)
class Member(NotedByItsWriter):
    """One living instance of a machine, and its state."""

    instance: Instance
    state: str

    def put_back(self, was: str) -> None:
        """Undo what a row has changed."""
        self.state = was


class RowTransition(Transition):
    """A transition that knows its row, and the row's guard."""

    def __init__(
        self, source: str, dest: str | None, *args: Any, row: tables.Row, holds: Predicate, **kwargs: Any
    ) -> None:
        super().__init__(source, cast(str, dest), *args, **kwargs)
        self.row, self.holds = row, holds


class LibraryMachine(Machine):
    """The library's machine of one table. ``compiled`` makes a guard a function."""

    transition_cls = RowTransition

    def __init__(self, table: tables.Machine, compiled: Callable[[Guard], Predicate]) -> None:
        super().__init__(
            model=None, states=list(table.state_names), initial=table.initial,
            auto_transitions=False, send_event=True,
        )  # fmt: skip
        for row in table.rows:
            self._add_row(row, compiled(row.when))

    def _add_row(self, row: tables.Row, holds: Predicate) -> None:
        for event in row.events:
            for source in row.sources:
                self.add_transition(event, source, row.to, row=row, holds=holds)


class TableMachine(FixedOnceBuilt):
    """What the library has made of one table: for a state and an event, the rows in the order in which they are tried.

    The library's machine itself is not asked: it looks its attributes up in a function of its own.
    """

    def __init__(self, table: tables.Machine, compiled: Callable[[Guard], Predicate]) -> None:
        self.stays = len(table.states) == 1 and not table.timers and all(map(_only_performs, table.rows))
        """Whether it stays as it is whatever comes, and moves nobody else."""
        self._tried: dict[tuple[str, str], list[tuple[Predicate, str | None, tables.Row]]] = {
            (source, event): [(one.holds, one.dest, one.row) for one in cast(list[RowTransition], transitions)]
            for event, known in LibraryMachine(table, compiled).events.items()
            for source, transitions in known.transitions.items()
        }

    def knows(self, state: str, event: str) -> bool:
        """Whether there is a row for the event in that state, whatever its guard."""
        return (state, event) in self._tried

    def fire(self, member: Member, event: str, request: Any) -> tables.Row | None:
        """The row that fired, the member's state changed by it; None where none did.

        The library's own sequence without the places where callbacks could stand: a table has none, and to pass them
        by, with a line for the log at each, takes as long as everything else in an event.
        """
        for holds, to, row in self._tried.get((member.state, event), ()):
            if holds(member.instance, request):
                member.state = to or member.state
                return row
        return None


def _only_performs(row: tables.Row) -> bool:
    return all(isinstance(action, tables.Perform) for action in row.do)
