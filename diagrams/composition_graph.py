"""From the composition to a graph: the machines, what they raise in each other, and what follows from their states.

Machines stand in the frame of their scope. An edge is all that one machine raises in another; which events that is
stands in the first one's box, where it can be read, and on the edge as its tooltip. Projections (the
status that is reported, the offer of energy) are read from machines and drawn between them.
"""

from __future__ import annotations

from collections.abc import Iterable

from diagrams.graph import Cluster, Edge, Entry, Graph, Node, Sign, Span, Text
from diagrams.wording import EVENT_CHARS, MEANS_CHARS, wrapped
from model.language.composition import Composition, Projection
from model.language.guard import Is, atoms
from model.language.machine import Create, Event, Machine, Raise, Row

LEGEND = (
    Sign("state", "machine; it leads to its picture"),
    Sign("persistent", "machine that survives a power cut"),
    Sign("projection", "projection: a value that follows from states"),
    Sign("raised", "events that one machine raises in another"),
    Sign("heard", "events from outside, and who brings them"),
    Sign("reads", "the projection is read from the machine"),
)
FRAMES = {
    "station": "one for the station", "connector": "one for each connector", "transaction": "one for each transaction",
    "cache_entry": "one for each entry of the cache",
}  # fmt: skip


def composition_graph(composition: Composition) -> Graph:
    """The picture of all machines together, before it is drawn."""
    machines = tuple(_machine(composition, machine) for machine in composition.machines)
    projections = tuple(_projection(projection) for projection in composition.projections)
    return Graph(
        name="composition", title=composition.title, subtitle=f"the composition; {composition.source}",
        description=f"{len(machines)} machines and what they raise in each other, drawn from station.toml.",
        nodes=(*machines, *projections), edges=(*_raises(composition), *_projected(composition)),
        clusters=tuple(_frame(composition, scope) for scope in FRAMES), legend=LEGEND, downward=True,
    )  # fmt: skip


def _machine(composition: Composition, machine: Machine) -> Node:
    tooltip = f"{machine.title}\n{machine.source}\nstates: {', '.join(machine.state_names)}"
    means = wrapped(machine.title, MEANS_CHARS, "means")
    head = Entry(((Span(machine.name, "name"),), *means), tooltip, f"{machine.name}.svg")
    heard = tuple(Entry((_heard(event),), event.means) for event in machine.events if _outer(event))
    raised = tuple(_raised(machine, other) for other in composition.machines if _events(machine, other))
    return Node(
        machine.name, "persistent" if machine.persistent else "state", (head, *heard, *raised), tooltip, head.href
    )


def _outer(event: Event) -> bool:
    return bool(set(event.origins) - {"machine", "timer", "power"})


def _heard(event: Event) -> Text:
    origins = ", ".join(origin for origin in event.origins if origin not in ("machine", "timer", "power"))
    return (Span(f"{origins} ", "means"), Span(event.name, "event"))


def _events(machine: Machine, other: Machine) -> tuple[Event, ...]:
    """What this machine raises in the other."""
    return tuple(event for event in other.events if _raisers(machine, other, event))


def _raisers(machine: Machine, other: Machine, event: Event) -> list[Row]:
    wanted = {Raise(other.name, event.name), Create(other.name, event.name)}
    return [row for row in machine.rows if wanted & set(row.do)]


def _raised(machine: Machine, other: Machine) -> Entry:
    """What a machine raises in another, as it stands in the first one's box."""
    names = ", ".join(event.name for event in _events(machine, other))
    first, *more = wrapped(names, EVENT_CHARS - len(other.name), "event")
    lines = ((Span(f"\N{RIGHTWARDS ARROW} {other.name} ", "rowid"), *first), *((Span("    "), *line) for line in more))
    return Entry(lines, _raised_tooltip(machine, other), f"{other.name}.svg")


def _raised_tooltip(machine: Machine, other: Machine) -> str:
    lines = (
        f"{other.name}.{event.name}: {event.means}; by {', '.join(row.id for row in _raisers(machine, other, event))}"
        for event in _events(machine, other)
    )
    return "\n".join((f"{machine.name} raises", *lines))


def _projection(projection: Projection) -> Node:
    tooltip = f"{projection.means}\nvalues: {', '.join(projection.values)}"
    means = wrapped(projection.means, MEANS_CHARS, "means")
    return Node(_id(projection), "projection", (Entry(((Span(projection.name, "name"),), *means), tooltip),), tooltip)


def _id(projection: Projection) -> str:
    return f"projection {projection.name}"


def _frame(composition: Composition, scope: str) -> Cluster:
    machines = tuple(machine.name for machine in composition.machines if machine.scope == scope)
    projections = tuple(_id(projection) for projection in composition.projections if projection.scope == scope)
    return Cluster(scope, FRAMES[scope], (*machines, *projections))


def _raises(composition: Composition) -> Iterable[Edge]:
    """One edge for each pair of machines; what a machine raises in itself stands in its box alone."""
    for machine in composition.machines:
        for other in composition.machines:
            if other is not machine and _events(machine, other):
                yield Edge((machine.name,), other.name, kind="raise", tooltip=_raised_tooltip(machine, other))


def _projected(composition: Composition) -> Iterable[Edge]:
    for projection in composition.projections:
        read = dict.fromkeys(
            atom.machine for row in projection.rows for atom in atoms(row.when) if isinstance(atom, Is)
        )
        yield from (Edge((name,), _id(projection), kind="reads", tooltip=projection.means) for name in read)
        if raised := projection.raises:
            says = f"when {projection.name} changes: {raised}"
            yield Edge((_id(projection),), raised.machine, kind="raise", tooltip=says)
