"""From a machine's table to a graph.

A row that leaves its state is on an edge; a row that stays is written inside the state, for a loop would say less and
take more space. Rows with the same sources and the same target share one edge. Give ``fired`` (row id to count) and
the rows of a run stand out; the others step back.
"""

from __future__ import annotations

from collections.abc import Mapping

from diagrams.graph import Edge, Entry, Graph, Node, Sign, Span
from diagrams.wording import MEANS_CHARS, Clauses, conditions_node, preferences_node, row_entry, wrapped
from model.catalogue import Catalogue
from model.language.machine import Machine, Row, State, Timer

INITIAL = "(initial)"
LEGEND = (
    Sign("initial", "where an instance begins"),
    Sign("state", "state; inside it its timers, and the rows that stay in it"),
    Sign("persistent", "state that survives a power cut; inside it its timers, and the rows that stay in it"),
    Sign("final", "final state: the instance ceases to be"),
    Sign("rowid", "row id, leads to its clause; then its event"),
    Sign("guard", "[guard]: the row fires only where it holds"),
    Sign("answer", "answer to the CSMS, which the row gives"),
    Sign("timer", "timer that runs in the state: its name, its duration"),
)
LIT = (Sign("lit", "row that fired in the run, and how often"), Sign("unlit", "row that did not"))


def machine_graph(machine: Machine, catalogue: Catalogue, fired: Mapping[str, int] | None = None) -> Graph:
    """The picture of one machine, before it is drawn."""
    extractor = _Extractor(machine, Clauses(catalogue), fired)
    return Graph(
        name=machine.name, title=machine.title, subtitle=_subtitle(machine), description=_description(machine),
        nodes=(
            Node(INITIAL, "initial", tooltip=LEGEND[0].meaning), *map(extractor.state, machine.states),
            *conditions_node(machine),
            *preferences_node(machine),
        ),
        edges=(Edge((INITIAL,), machine.initial, kind="initial"), *extractor.edges()),
        legend=(*_legend(machine), *(LIT if fired is not None else ())),
    )  # fmt: skip


def _subtitle(machine: Machine) -> str:
    each = "one for the station" if machine.scope == "station" else f"one for each {machine.scope}"
    kept = "persistent: survives a power cut" if machine.persistent else "begins anew when power comes"
    return f"machine {machine.name}: {each}; {kept}; {machine.source}"


def _description(machine: Machine) -> str:
    return f"State diagram with {len(machine.states)} states and {len(machine.rows)} rows, drawn from {machine.file}."


def _legend(machine: Machine) -> tuple[Sign, ...]:
    absent = {"final": not machine.final, "timer": not machine.timers, "persistent": not machine.persistent}
    absent |= {"state": machine.persistent, "answer": not any(row.answer for row in machine.rows)}
    return tuple(sign for sign in LEGEND if not absent.get(sign.kind))


class _Extractor:
    """Reads one machine; holds what every entry of its picture needs."""

    def __init__(self, machine: Machine, clauses: Clauses, fired: Mapping[str, int] | None) -> None:
        self.machine, self.clauses, self.fired = machine, clauses, fired

    def state(self, state: State) -> Node:
        timers = tuple(self.timer(timer) for timer in self.machine.timers if state.name in timer.runs_in)
        inside = tuple(self.row(row) for row in self.machine.rows if state.name in _staying(row))
        tooltip = "\n".join((f"{state.name}: {state.means}", *self.clauses.titles(state.clauses), str(state.place)))
        means = wrapped(state.means, MEANS_CHARS, "means")
        head = Entry(((Span(state.name, "name"),), *means), tooltip, Clauses.href(state.clauses))
        kept = "persistent" if self.machine.persistent else "state"
        kind = f"{kept} final" if state.final else kept
        return Node(state.name, kind, (head, *timers, *inside), tooltip)

    def timer(self, timer: Timer) -> Entry:
        clauses = self.clauses.titles(timer.clauses)
        says = f"timer {timer.name} runs here for {timer.duration}, then raises {timer.event}"
        line = (Span(f"{timer.name} ", "timer"), Span(timer.duration, "means"))
        return Entry((line,), "\n".join((says, *clauses, str(timer.place))), Clauses.href(timer.clauses), "timer")

    def row(self, row: Row) -> Entry:
        fired = None if self.fired is None else self.fired.get(row.id, 0)
        return row_entry(self.machine, row, self.clauses, fired)

    def edges(self) -> tuple[Edge, ...]:
        together: dict[tuple[tuple[str, ...], str], list[Entry]] = {}
        for row in self.machine.rows:
            leaving = tuple(state for state in self.machine.state_names if state in set(row.sources) - _staying(row))
            if leaving and row.to:
                together.setdefault((leaving, row.to), []).append(self.row(row))
        return tuple(Edge(sources, target, tuple(entries)) for (sources, target), entries in together.items())


def _staying(row: Row) -> set[str]:
    """The sources in which the machine is again after the row."""
    return {source for source in row.sources if row.target(source) == source}
