"""The slots of the simulated box: two images, and a boot loader that tries a new one once.

The boot loader starts the slot that it was told to try. It starts the other one again where that does not boot, or was
not kept by the next start; that is reported until it is heard. Who examines an image, beside the loop, is given,
and so is the memory: the same object runs on real files and in a simulated world.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from attrs import evolve, field
from attrs.validators import max_len

from model.record import frozen
from runtime.core.firmware_slots import (
    MAX_VERSION_CHARS,
    FirmwareInstalled,
    FirmwareKept,
    FirmwareNotInstalled,
    FirmwareStarted,
    Slot,
    Start,
)
from runtime.core.inputs import Input


@frozen
class Image:
    """What the box learns of an image: its version, and whether it would boot. Raises ValueError for one too long."""

    version: str = field(validator=max_len(MAX_VERSION_CHARS))
    boots: bool = True


@frozen
class KeptSlots:
    """What the box remembers; an image without a version is the one that it was delivered with, in slot A."""

    a: Image = Image("")
    b: Image = Image("")
    runs: Slot = Slot.A
    to_try: Slot | None = None
    on_trial: bool = False
    fell_back: bool = False

    def image(self, slot: Slot) -> Image:
        """What is in that slot."""
        return self.a if slot is Slot.A else self.b

    def holding(self, slot: Slot, image: Image) -> KeptSlots:
        """With that image in that slot."""
        return evolve(self, a=image) if slot is Slot.A else evolve(self, b=image)


class SlotsMemory(Protocol):
    """What outlives the power."""

    def load(self) -> KeptSlots | None:
        """What was saved last; None for a new box."""

    def save(self, slots: KeptSlots) -> None:
        """Durably, before anything else happens."""


Verdict = Image | str
"""An image that is valid for the box, or why it is none."""

Examine = Callable[[str, Callable[[Verdict], None]], None]
"""Have a file examined and written, beside the loop; the verdict is brought on the loop's thread, once."""


def _deaf(_: Input) -> None:
    """Nobody listens."""


class SimulatedSlots:
    """Satisfies ``runtime.core.firmware_slots.FirmwareSlots``; without a memory the object itself is it."""

    def __init__(self, examine: Examine, memory: SlotsMemory | None = None) -> None:
        self._examine, self._memory = examine, memory
        self.kept = (memory.load() if memory else None) or KeptSlots()
        self._emit: Callable[[Input], None] = _deaf
        self._installing = 0
        """Counts installations: one that was overtaken, or that the power has ended, is not heard of."""

    # ---- power -------------------------------------------------------------------------------------------

    def subscribe(self, emit: Callable[[Input], None]) -> None:
        """Power has come, and the station with it."""
        self._emit = emit
        with suppress(OSError):  # a memory that takes nothing more leaves it at what was started last
            self._boot()
        slots = self.kept
        start = Start.ON_TRIAL if slots.on_trial else Start.FELL_BACK if slots.fell_back else Start.KEPT
        emit(FirmwareStarted(slots.runs, slots.image(slots.runs).version, start))

    def cut_power(self) -> None:
        """Whatever is being written is half an image, in a slot that does not run."""
        self._emit = _deaf
        self._installing += 1

    def _boot(self) -> None:
        slots = self.kept
        if slots.to_try is not None:
            boots = slots.image(slots.to_try).boots
            runs = slots.to_try if boots else slots.runs
            self._save(evolve(slots, runs=runs, to_try=None, on_trial=boots, fell_back=not boots))
        elif slots.on_trial:
            self._save(evolve(slots, runs=slots.runs.other, on_trial=False, fell_back=True))

    def _save(self, slots: KeptSlots) -> None:
        if self._memory:
            self._memory.save(slots)
        self.kept = slots

    # ---- the port ----------------------------------------------------------------------------------------

    def install(self, file: str) -> None:
        """Into the slot that does not run."""
        self._installing += 1
        this = self._installing
        self._examine(file, lambda verdict: self._examined(file, verdict) if this == self._installing else None)

    def _examined(self, file: str, verdict: Verdict) -> None:
        if isinstance(verdict, str):
            self._emit(FirmwareNotInstalled(file, verdict))
            return
        slot = self.kept.runs.other
        try:
            self._save(evolve(self.kept.holding(slot, verdict), to_try=None))
        except OSError as problem:
            self._emit(FirmwareNotInstalled(file, f"the slots cannot be remembered: {problem}"))
        else:
            self._emit(FirmwareInstalled(file, slot, verdict.version))

    def activate(self, slot: Slot) -> None:
        """At the next start."""
        self._save(evolve(self.kept, to_try=slot))

    def keep(self) -> None:
        """What runs is started from now on."""
        self._save(evolve(self.kept, on_trial=False, fell_back=False))
        self._emit(FirmwareKept(self.kept.runs))
