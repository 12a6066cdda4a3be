"""One run: a station, its data directory and its CSMS, what was promised, and the seed of everything random."""

from __future__ import annotations

import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

from attrs import define, field

from tests.campaigns.accepted import CONNECTORS, Accepted
from tests.campaigns.csms import RecordingCsms
from tests.campaigns.judge import ALWAYS, DELIVERED, Rule, every_transaction_ends, violations
from tests.campaigns.station import START_WITHIN_S, ProcessGoneError, Victim
from tests.processes import until

HEALED_WITHIN_S = 300.0
"""Generous, as every wait here: what is owed after the faults arrives when the machine has time for it."""


@define(eq=False)
class Run:
    """``seen``: tokens of sessions that somebody at the box saw running. ``found``: the violations."""

    seed: str
    folder: Path
    csms: RecordingCsms
    victim: Victim
    rng: random.Random
    accepted: Accepted = field(factory=Accepted)
    seen: set[str] = field(factory=set)
    found: list[str] = field(factory=list)
    acts: list[str] = field(factory=list)
    figures: Counter[str] = field(factory=Counter)
    tags: int = 0
    start_s: float = 1.0
    _began_s: float = 0.0

    # ---- its lives

    def power_up(self, wait: bool = True) -> None:
        """A fresh process on the same data; ``wait``: for its control interface. Raises ProcessGoneError."""
        self.csms.quiet()
        self.csms.process += 1
        self.note(f"life {self.csms.process}")
        self.figures["starts"] += 1
        self._began_s = time.monotonic()
        self.victim.launch()
        if wait:
            self.victim.find()

    def settle(self) -> None:
        """Wait until it has told what it has to tell after a start. Raises ProcessGoneError."""
        life = self.csms.process
        until(
            lambda: self.csms.booted(life) or self._is_gone(), f"life {life} to report its connectors", START_WITHIN_S
        )
        if not self.csms.booted(life):
            raise ProcessGoneError
        self.start_s = time.monotonic() - self._began_s

    def _is_gone(self) -> bool:
        process = self.victim.process
        return process is None or process.poll() is not None

    def compare(self) -> None:
        """Hold it to its promises. Raises ProcessGoneError."""
        self.found += self.accepted.broken(self.csms, self.victim.look(), self.csms.process)

    def die(self) -> None:
        """A power cut, after which everything that was sent before it is in the record."""
        if self.victim.ended_by_itself:
            self.found.append(
                f"life {self.csms.process} ended by itself: {self.victim.said()[self.victim.before :][-2000:]}"
            )
        self.victim.kill()
        self.figures["kills"] += 1
        self.csms.quiet()

    # ---- its end

    def heal(self) -> None:
        """No more faults: everything that is owed arrives, everything that runs is ended."""
        self.csms.accept()
        self.csms.silent_on = frozenset()
        self.power_up()
        self.settle()
        self.compare()
        for connector in CONNECTORS:
            self.victim.hand(f"/connectors/{connector}/plug_out")
        until(self.is_done, "everything to be delivered", HEALED_WITHIN_S)

    def is_done(self) -> bool:
        """Whether nothing runs, and nothing is owed."""
        state = self.victim.look()
        return state["queue_length"] == 0 and not any(each["transaction"] for each in state["connectors"])

    def judge(self, rules: tuple[Rule, ...] = DELIVERED) -> None:
        """Hold the whole record against the rules; where all is delivered, what was seen has to be among it."""
        delivered = every_transaction_ends in rules
        self.found += violations(self.csms.record, rules, self.seen if delivered else ())

    def judge_so_far(self) -> None:
        """What holds at any moment holds now."""
        self.judge(ALWAYS)

    # ---- for the acts

    def note(self, text: str) -> None:
        """One line of what was done, for the report."""
        self.acts.append(text)

    def new_tag(self, kind: str) -> str:
        """A token that nobody has had before."""
        self.tags += 1
        return f"{kind}{self.tags:06}"

    def connector(self) -> int:
        """One of them."""
        return self.rng.choice(CONNECTORS)

    def call(self, action: str, payload: dict[str, Any]) -> dict[str, Any] | None:
        """Have the CSMS call it, as soon as it is connected, and note what came. Raises ProcessGoneError."""
        until(lambda: self.csms.live or self._is_gone(), "a connection", START_WITHIN_S)
        if self._is_gone():
            raise ProcessGoneError
        answer = self.csms.call(action, payload)
        self.note(f"{action} {payload}: {answer}")
        self.figures["calls"] += 1
        return answer
