"""What the lint says of a table: where, by which rule, what is wrong, and what would be right.

A rule has a number that never changes meaning, so that a finding can be looked up and talked about.
"""

from __future__ import annotations

from model.language.place import Place
from model.record import frozen

RULES = {
    "L000": "the table cannot be read",
    "L001": "declared and never used",
    "L002": "an event that no row raises",
    "L003": "two rows could fire at once",
    "L004": "an event that a state does not account for",
    "L005": "an ignored or impossible entry that never applies",
    "L006": "a guard that never holds",
    "L007": "a state that is never reached",
    "L008": "a state that nothing leaves, and that is not final",
    "L009": "a final state that is none",
    "L010": "a timer that runs for nothing",
    "L011": "a timer and its event disagree about the origin",
    "L012": "a restart that restarts nothing",
    "L013": "a raise that no state answers",
    "L014": "a create of what cannot be created",
    "L015": "rows that raise each other without end",
    "L016": "a clause that the catalogue does not know",
    "L017": "a projection that does not give each state one declared value",
    "L018": "a table that the station does not name",
    "L019": "a timer that fires once and is never started again",
    "L020": "guards over too much to be decided",
    "L021": "a guard that wants a named condition",
    "L022": "two conditions that are always equal",
    "L023": "a table, and the block or key that raises its event, disagree",
    "L024": "a preference that never decides",
    "L025": "a request that may be for no instance, and what is answered then",
}
"""Every rule by its number."""


@frozen
class Finding:
    """One problem in the tables."""

    place: Place
    rule: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.place}: {self.rule} {self.problem}\n  help: {self.remedy}"
