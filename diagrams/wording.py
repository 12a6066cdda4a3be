"""How rows, guards and clauses are worded in every picture, so that they read alike and lead to the same places."""

from __future__ import annotations

import re
import textwrap

from attrs import frozen

from diagrams.graph import Entry, Node, Span, Text
from model.catalogue import Catalogue
from model.language.conditions import Condition
from model.language.guard import ALWAYS
from model.language.machine import Event, Machine, Preference, Row

CLAUSES_PAGE = "clauses.html"
CONDITIONS = "projection conditions"
"""The kind of the box that explains conditions: drawn as what is derived is drawn, and no state."""
ANSWERS = "\N{LEFTWARDS ARROW}"
"""Before what a row answers: it goes back to the CSMS."""
EVENT_CHARS, GUARD_CHARS, MEANS_CHARS = 40, 46, 34


@frozen
class Clauses:
    """What a picture says of clauses: their titles in tooltips, and where a link to them leads."""

    catalogue: Catalogue

    def title(self, clause: str) -> str:
        """The clause's id and title; the id alone where the catalogue does not know it."""
        return f"{clause}: {self.catalogue[clause].title}" if clause in self.catalogue else clause

    def titles(self, clauses: tuple[str, ...]) -> tuple[str, ...]:
        """One line for each clause."""
        return tuple(self.title(clause) for clause in clauses)

    @staticmethod
    def href(clauses: tuple[str, ...]) -> str:
        """The place of the first clause on the page of clauses; nothing where none is cited."""
        return f"{CLAUSES_PAGE}#{clauses[0]}" if clauses else ""


def wrapped(text: str, width: int, style: str, *, indent: str = "") -> tuple[Text, ...]:
    """Text in lines of at most ``width`` characters; a word that is longer stays whole."""
    lines = textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
    return tuple((Span(indent + line, style),) for line in lines)


def row_entry(machine: Machine, row: Row, clauses: Clauses, fired: int | None = None) -> Entry:
    """A row as it stands on an edge or in a state: id and event, below them the guard, and the answer to the CSMS."""
    lines = (*_head(row, fired), *_guard(row), *_answer(row))
    style = "" if fired is None else ("lit" if fired else "unlit")
    return Entry(lines, tooltip=row_tooltip(machine, row, clauses), href=Clauses.href(row.clauses), style=style)


def _head(row: Row, fired: int | None) -> tuple[Text, ...]:
    count = (Span(f" \N{MULTIPLICATION SIGN}{fired}", "count"),) if fired else ()
    first, *more = wrapped(", ".join(row.events), EVENT_CHARS, "event") or ((Span("", "event"),),)
    return ((Span(row.id, "rowid"), *count, Span(" "), *first), *((Span("  "), *line) for line in more))


def _guard(row: Row) -> tuple[Text, ...]:
    """The guard in brackets, broken before ``and`` and ``or`` rather than within a comparison."""
    if row.when == ALWAYS:
        return ()
    whole = re.sub(r"(?<=[=n]) | (?=[!=]=|in )|(?<=\bnot) |(?<=\bsome) |(?<=\bevery) ", "\N{NO-BREAK SPACE}", row.said)
    lines = wrapped(f"[{whole}]", GUARD_CHARS, "guard", indent="  ")
    return tuple(
        tuple(Span(span.text.replace("\N{NO-BREAK SPACE}", " "), span.style) for span in line) for line in lines
    )


def _answer(row: Row) -> tuple[Text, ...]:
    return ((Span(f"  {ANSWERS} {row.answer}", "raised"),),) if row.answer else ()


def conditions_node(machine: Machine) -> tuple[Node, ...]:
    """A box that says what the named conditions mean which the guards of a picture name; none where there are none."""
    guarded: tuple[Row | Preference, ...] = (*machine.rows, *machine.preferences)
    named = {one.name: one for row in guarded for one in row.named}
    if not named:
        return ()
    head = Entry(((Span("named conditions", "name"),),), "written once, named in guards")
    return (Node("(conditions)", CONDITIONS, (head, *map(_condition, named.values()))),)


def preferences_node(machine: Machine) -> tuple[Node, ...]:
    """A box with the preferences of a machine, in their order; none where there are none."""
    if not machine.preferences:
        return ()
    head = Entry(((Span("preferences", "name"),),), "the first that holds at any connector decides")
    return (Node("(preferences)", CONDITIONS, (head, *map(_preference, machine.preferences))),)


def _preference(preference: Preference) -> Entry:
    first, *more = wrapped(", ".join(preference.events), EVENT_CHARS, "event")
    means = wrapped(preference.reason, GUARD_CHARS, "means", indent="  ")
    guard = wrapped(f"[{preference.said}]", GUARD_CHARS, "guard", indent="  ") if preference.said else ()
    lines = ((Span(preference.id, "rowid"), Span(" "), *first), *more, *means, *guard)
    return Entry(lines, f"{preference.when}\n{preference.place}", Clauses.href(preference.clauses))


def _condition(condition: Condition) -> Entry:
    guard = wrapped(f"[{condition.said}]", GUARD_CHARS, "guard", indent="  ")
    means = wrapped(condition.means, GUARD_CHARS, "means", indent="  ")
    tooltip = f"{condition.name}: {condition.means}\n{condition.when}\n{condition.place}"
    return Entry(((Span(condition.name, "rowid"),), *means, *guard), tooltip)


def row_tooltip(machine: Machine, row: Row, clauses: Clauses) -> str:
    """Everything that the table says of a row."""
    target = row.to or "stays"
    lines = [f"{machine.name}:{row.id}   {', '.join(row.sources)} \N{RIGHTWARDS ARROW} {target}"]
    lines += [f"on {_event(event)}" for name in row.events if (event := machine.event(name))]
    lines += [] if row.when == ALWAYS else [f"when {row.said}"]
    lines += [f"   {one.name}: {one.means} ({one.said})" for one in row.named]
    lines += [f"answer {row.answer}"] if row.answer else []
    lines += [f"do {action}" for action in row.do]
    lines += clauses.titles(row.clauses)
    return "\n".join([*lines, *([f"reason: {row.reason}"] if row.reason else []), str(row.place)])


def _event(event: Event) -> str:
    carrying = f", carrying {event.request}.req" if event.request else ""
    return f"{event.name}: {event.means} (from {' or '.join(event.origins)}{carrying})"
