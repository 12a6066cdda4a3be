"""What a scenario has changed, as it did it: the list of what has to be undone before the next one.

It is kept from what was asked for, not from what became of it, so that a scenario that fails in its middle is undone
like one that passed.
"""

from __future__ import annotations

from attrs import define, field

from properties.conformance.expectation import Json


@define(eq=False)
class Undo:
    """Changed values with what they were, cables, faults, the network, and what the central system asked for."""

    values: dict[str, str | None] = field(factory=dict)
    plugged: set[str] = field(factory=set)
    broken: set[str] = field(factory=set)
    calls: dict[str, list[Json]] = field(factory=dict)
    offline: bool = False

    def note_value(self, key: str, before: str | None) -> None:
        """A configuration key changes; the first value is the one to go back to."""
        self.values.setdefault(key, before)

    def note_hand(self, action: str, body: Json) -> None:
        """An action is done."""
        place, _, what = action.rpartition("/")
        match what:
            case "plug_in":
                self.plugged.add(place)
            case "plug_out":
                self.plugged.discard(place)
            case "fault":
                self.broken.add(place)
            case "network":
                self.offline = not body["up"]

    def note_call(self, request: str, payload: Json) -> None:
        """The central system asks for this."""
        self.calls.setdefault(request, []).append(payload)
