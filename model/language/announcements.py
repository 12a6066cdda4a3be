"""Announcements: a machine says what has happened, and names no other; one that needs it says so at its own event.

A row does ``announce registered``. A machine that listens declares its event ``registered`` with ``from = "boot"``.
Here each announcement becomes a raise for every listener, in the order in which the composition names the machines; so
whoever
runs, explores or exports the tables sees raises and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import evolve

from model.language.machine import Action, Announce, Machine, Raise, Row


def expanded(machines: tuple[Machine, ...]) -> tuple[Machine, ...]:
    """The machines with raises in place of announcements."""
    return tuple(evolve(one, rows=tuple(_row(one, row, machines) for row in one.rows)) for one in machines)


def listeners(announcer: str, event: str, machines: tuple[Machine, ...]) -> Iterator[Machine]:
    """Those that listen to an announcement, in the composition's order."""
    for machine in machines:
        heard = machine.event(event)
        if heard is not None and announcer in heard.announcers:
            yield machine


def _row(machine: Machine, row: Row, machines: tuple[Machine, ...]) -> Row:
    announced = tuple(action.event for action in row.do if isinstance(action, Announce))
    if not announced:
        return row
    actions = (raised for action in row.do for raised in _raises(machine, action, machines))
    return evolve(row, do=tuple(actions), announces=announced)


def _raises(machine: Machine, action: Action, machines: tuple[Machine, ...]) -> Iterator[Action]:
    if isinstance(action, Announce):
        yield from (Raise(one.name, action.event) for one in listeners(machine.name, action.event, machines))
    else:
        yield action
