"""Who lives: the members of each machine, and which of them an instance reaches.

Scopes nest (``model/language/composition.py``): a row reaches its own connector and the station, and downwards all. The
lists by connector are kept as members come and go, because every guard and every raise asks for them.
"""

from __future__ import annotations

from collections.abc import Sequence

from model.language.composition import Composition, Instance, in_reach, of_connector
from model.language.machine import DYNAMIC_SCOPES
from runtime.core.table_machine import Member
from runtime.core.undo import Undo


class Population:
    """The living instances of a composition, oldest first."""

    def __init__(self, composition: Composition, undo: Undo) -> None:
        self.undo = undo
        self.by: dict[Instance, Member] = {}
        self.of: dict[str, list[Member]] = {machine.name: [] for machine in composition.machines}
        self._at: dict[tuple[str, int], list[Member]] = {}
        self._scope = {machine.name: machine.scope for machine in composition.machines}

    def join(self, instance: Instance, state: str) -> Member:
        """A new member."""
        member = self.by[instance] = Member(instance, state)
        self.of[instance.machine].append(member)
        self._at.setdefault((instance.machine, instance.connector), self.undo.kept([])).append(member)
        return member

    def leave(self, members: Sequence[Member]) -> None:
        """They are no more; each list is gone through once, however many leave."""
        for member in members:
            del self.by[member.instance]
        gone, places = set(members), {member.instance[:2] for member in members}
        for held in (*(self._at[place] for place in places), *(self.of[machine] for machine, _ in places)):
            held[:] = [member for member in held if member not in gone]

    def in_reach(self, machine: str, at: Instance) -> Sequence[Member]:
        """The members of a machine that an instance may read and raise events in."""
        scope = self._scope[machine]
        mine = self._at.get((machine, at.connector), []) if at.connector and of_connector(scope) else self.of[machine]
        if at.slot and scope in DYNAMIC_SCOPES:
            return [member for member in mine if in_reach(at, member.instance)]
        return mine

    def fixed(self, machine: str) -> dict[int, Member] | None:
        """The members of a machine by connector, where there is one at each and it stays for ever; else None."""
        if self._scope[machine] in DYNAMIC_SCOPES:
            return None
        return {member.instance.connector: member for member in self.of[machine]}
