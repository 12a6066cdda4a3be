"""A table, run by the ``transitions`` library.

One ``TableMachine`` per table, shared by all instances of it; an instance is a ``Member``, a small slotted model
that is not decorated. A transition of the library carries the row that it came from, and fires where the row's guard
holds. Which row fires is therefore the library's decision, on our tables; the order in which events come
is the composition's (``model/language/semantics.py``), so the library never sees a nested event.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from attrs import define
from transitions import Event, EventData, Machine, Transition

from model.language import machine as tables
from model.language.composition import Instance
from model.language.guard import Guard
from runtime.core.undo import FixedOnceBuilt, NotedByItsWriter

Decide = Callable[["Member", Guard, Any], bool]
"""Whether a guard holds at a member, for an event that carries that request."""


@define(eq=False)
class Member(NotedByItsWriter):
    """One living instance of a machine: its state, and the row that fired last."""

    instance: Instance
    state: str
    fired: tables.Row | None = None

    def put_back(self, was: tuple[str, tables.Row | None]) -> None:
        """Undo what a row has changed."""
        self.state, self.fired = was


class RowTransition(Transition):
    """A transition that knows its row, asks the row's guard, and leaves the row with the member when it fires."""

    def __init__(
        self, source: str, dest: str | None, *args: Any, row: tables.Row, decide: Decide, **kwargs: Any
    ) -> None:
        super().__init__(source, cast(str, dest), *args, **kwargs)
        self.row, self.decide = row, decide

    def execute(self, event_data: EventData) -> bool:
        """Fire, if the guard holds."""
        return self.take(cast(Member, event_data.model), event_data.kwargs["request"])

    def take(self, member: Member, request: Any) -> bool:
        """The same for a member.

        The library's own sequence without the places where callbacks could stand: a table has none, and to pass them
        by, with a line for the log at each, takes as long as everything else in an event.
        """
        if not self.decide(member, self.row.when, request):
            return False
        if self.dest:
            member.state = self.dest
        member.fired = self.row
        return True


class RowEvent(Event):
    """An event that tries the transitions of the member's state in turn, as the library does, and nothing around it.

    No queue: the line is the composition's. No callbacks before and after all, and no line for the log at each.
    """

    def trigger(self, model: Any, *_args: Any, request: Any, **_kwargs: Any) -> bool:
        """Whether a row fired; ``request``: what the event carries, or None."""
        for transition in self.transitions[model.state]:  # noqa: SIM110 - a generator would cost as much as the rows
            if cast(RowTransition, transition).take(model, request):
                return True
        return False


class TableMachine(Machine, FixedOnceBuilt):
    """The library's machine of one table. ``decide`` says whether a guard holds at a member."""

    event_cls = RowEvent
    transition_cls = RowTransition

    def __init__(self, table: tables.Machine, decide: Decide) -> None:
        self.table = table
        super().__init__(
            model=None, states=list(table.state_names), initial=table.initial,
            auto_transitions=False, send_event=True,
        )  # fmt: skip
        for row in table.rows:
            self._add_row(row, decide)
        self._answered = {(source, event) for row in table.rows for source in row.sources for event in row.events}

    def _add_row(self, row: tables.Row, decide: Decide) -> None:
        for event in row.events:
            for source in row.sources:
                self.add_transition(event, source, row.to, row=row, decide=decide)

    def knows(self, state: str, event: str) -> bool:
        """Whether there is a row for the event in that state, whatever its guard."""
        return (state, event) in self._answered

    def fire(self, member: Member, event: str, request: Any) -> tables.Row | None:
        """The row that fired, the member's state changed by it; None where none did."""
        if not self.knows(member.state, event):
            return None
        member.fired = None
        self.events[event].trigger(member, request=request)
        return member.fired
