"""Lint of who raises an event outside of the tables: the table and the one that it names agree, both ways.

A block of the runtime, or a key of the configuration, may raise an event on its own. The event says which one does
(``from = "operations.clock"``, ``from = "configuration"``); what those raise is given to the lint by whoever knows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from model.language.composition import Composition
from model.language.finding import Finding
from model.language.machine import Machine
from model.language.place import Place

Raisers = Mapping[str, Collection[tuple[str, str]]]
"""For each origin outside of the tables the events, machine and name, that it raises."""


def raisers(composition: Composition, known: Raisers) -> Iterator[Finding]:
    """Events whose raiser does not raise them, and raisers that no event names."""
    for machine in composition.machines:
        for event in machine.events:
            for name in event.raisers:
                if (machine.name, event.name) not in known.get(name, ()):
                    problem = f"event {event.name!r} is from {name}, which does not raise {machine.name}.{event.name}"
                    yield Finding(event.place, "L023", problem, f"{_remedy(name)}, or correct 'from'")
    for name, raised in known.items():
        for machine_name, event_name in raised:
            if machine_name in composition.by_name:
                yield from _unnamed(composition[machine_name], name, event_name)


def _unnamed(machine: Machine, raiser: str, event_name: str) -> Iterator[Finding]:
    event = machine.event(event_name)
    if event is None or raiser not in event.raisers:
        place = event.place if event else Place(machine.file, 1)
        problem = f"{raiser} raises {machine.name}.{event_name}, and the event does not say so"
        yield Finding(place, "L023", problem, f"say from = {raiser!r} at [events.{event_name}], or do not raise it")


def _remedy(raiser: str) -> str:
    if raiser == "configuration":
        return "name it under 'raises' of a key in model/configuration.toml"
    return f"tag the method of runtime/{raiser.replace('.', '/')}.py that raises it with @raises"
