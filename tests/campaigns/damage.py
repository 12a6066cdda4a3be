"""Damage: bits flipped, files cut, emptied or gone between a power cut and the next start.

The station starts, or says in one clear line why it does not and what to do. What was lost it reports: a log line,
and a security event for the CSMS. What the CSMS had is not told otherwise: whoever forgets without a word is found.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.campaigns.accepted import CONNECTORS
from tests.campaigns.judge import ALWAYS, DELIVERED, Rule, answers_once, boots_first, registers_rise, sends_frames
from tests.campaigns.run import HEALED_WITHIN_S, Run
from tests.campaigns.sessions import ANYTHING, charge, configure, send_list, set_profile
from tests.campaigns.station import PATIENT, ProcessGoneError
from tests.processes import until

FILES: Final = ("station.db", "station.db-wal", "station.db-shm", "meter.json")
LIVES_S: Final = 1.5
WORDS: Final = ("damaged", "lost", "missing", "salvage", "quarantine", "cannot be read")
"""One of them is in the line of the log that reports damage."""

WIRE: Final[tuple[Rule, ...]] = (boots_first, answers_once, sends_frames)
"""What holds even of a station that has told of damage."""


# ---- what can happen to a file ---------------------------------------------------------------------------


def flip(rng: random.Random, file: Path) -> str:
    """One bit is another."""
    content = bytearray(file.read_bytes())
    at, bit = rng.randrange(len(content)), 1 << rng.randrange(8)
    content[at] ^= bit
    file.write_bytes(content)
    return f"bit {bit} of byte {at} flipped"


def garble(rng: random.Random, file: Path) -> str:
    """A sector is rubbish."""
    content = bytearray(file.read_bytes())
    at = rng.randrange(0, len(content), 512)
    content[at : at + 512] = rng.randbytes(min(512, len(content) - at))
    file.write_bytes(content)
    return f"512 bytes from {at} on garbled"


def cut(rng: random.Random, file: Path) -> str:
    """The end is gone."""
    size = rng.randrange(file.stat().st_size)
    with file.open("r+b") as opened:
        opened.truncate(size)
    return f"cut to {size} bytes"


def empty(_: random.Random, file: Path) -> str:
    """All of it is gone but the name."""
    file.write_bytes(b"")
    return "emptied"


def delete(_: random.Random, file: Path) -> str:
    """The name too."""
    file.unlink()
    return "deleted"


HARMS: Final[tuple[Callable[[random.Random, Path], str], ...]] = (flip, flip, flip, garble, cut, empty, delete)


# ---- the campaign ----------------------------------------------------------------------------------------


def play(run: Run, damages: int) -> None:
    """So many times: live, lose the power, be damaged, start. As long as nothing was told, everything has to hold."""
    run.victim.tune("", PATIENT)
    told = False
    run.power_up()
    run.settle()
    for _ in range(damages):
        _live(run)
        run.die()
        harm = _harm(run)
        told = _start(run, harm) or told
        run.judge(WIRE if told else _rules(run))
        if run.found:
            return
    _end(run)
    run.judge(WIRE if told else _rules(run, DELIVERED))


def _rules(run: Run, rules: tuple[Rule, ...] = ALWAYS) -> tuple[Rule, ...]:
    """Nobody can know that a digit of the meter's own file is another one."""
    harmed = any(act.startswith("meter.json") for act in run.acts)
    return tuple(rule for rule in rules if not (harmed and rule is registers_rise))


def _start(run: Run, harm: str) -> bool:
    """Start it; whether it told of damage. What it has lost without a word is a violation."""
    if not _comes_up(run, harm):
        return True
    run.settle()
    said = run.victim.said()[run.victim.before :]
    told = [line for line in said.splitlines() if any(word in line for word in WORDS)]
    lost = list(run.accepted.broken(run.csms, run.victim.look(), run.csms.process))
    run.figures["told" if told else "harmless"] += 1
    if lost and not told:
        run.found.append(f"{harm}: lost without a word: {'; '.join(lost)}")
    if told:
        _hears(run, f"{harm}: {told[0]}")
        _learn_again(run)
    return bool(told)


def _comes_up(run: Run, harm: str) -> bool:
    """Whether it starts; where it does not, it says why, and starts once its remedy was followed."""
    try:
        run.power_up()
    except ProcessGoneError:
        said = run.victim.said()[run.victim.before :]
        run.figures["refused"] += 1
        if "error: " not in said or "help: " not in said or "Traceback" in said:
            run.found.append(f"{harm}: does not start, and does not say why: {said[-2000:]}")
        run.victim.killed.set()  # it has ended by itself, as it may
        (run.folder / "data" / "meter.json").unlink(missing_ok=True)
        run.power_up()
        run.settle()
        return False
    return True


def _hears(run: Run, what: str) -> None:
    """The CSMS gets a security event."""
    life = run.csms.process
    try:
        until(lambda: run.csms.requests("SecurityEventNotification", life), "a security event", HEALED_WITHIN_S)
    except AssertionError:
        run.found.append(f"{what}: no security event")


def _learn_again(run: Run) -> None:
    """What was lost is lost, and was told: from here on counts what is."""
    run.call("ClearChargingProfile", {})
    run.accepted.limits.clear()
    run.accepted.configuration.clear()
    run.accepted.local_list.values = {(version, ()) for version, _ in run.accepted.local_list.values}
    run.seen.clear()


def _end(run: Run) -> None:
    for connector in CONNECTORS:
        run.victim.hand(f"/connectors/{connector}/plug_out")
    until(run.is_done, "everything to be delivered", HEALED_WITHIN_S)


def _live(run: Run) -> None:
    timer = run.victim.kill_soon(LIVES_S)
    try:
        for act in (charge, send_list, configure, set_profile):
            act(run)
        while True:
            run.rng.choice(ANYTHING)(run)
    except ProcessGoneError:
        pass
    finally:
        timer.join()
        run.csms.accept()
        run.csms.silent_on = frozenset()


def _harm(run: Run) -> str:
    there = [
        file for file in (Path(run.folder / "data" / name) for name in FILES) if file.exists() and file.stat().st_size
    ]
    file, harm = run.rng.choice(there), run.rng.choice(HARMS)
    said = f"{file.name}: {harm(run.rng, file)}"
    run.note(said)
    run.figures["damages"] += 1
    return said
