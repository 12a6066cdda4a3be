"""``provenpoint demo``: a charging session that is killed in its middle and comes back, between real processes.

Exit code 0 only if the central system saw exactly what it had to see; 1 where it did not, or where something that had
to follow did not come in time; 3 where the package that the central system stands on is missing.
"""

from __future__ import annotations

import asyncio
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from attrs import define
from cyclopts import App
from rich.console import Console

from runtime.commands.command_error import FAILED, TOOL_MISSING, USAGE, CommandError
from runtime.demo.box import Box
from runtime.demo.children import DemoError
from runtime.demo.csms import Csms
from runtime.demo.pictures import write_pictures
from runtime.demo.run_record import RunRecord
from runtime.demo.screen import Screen, screen_for
from runtime.demo.story import Story
from runtime.demo.verdict import Check, Cut, judge

OUT: Final = Path("demo-output")
MARK: Final = ".provenpoint-demo"
LIMIT_S: Final = 40.0
"""The whole demo; each wait in it has a bound of its own."""

app = App(name="demo", help="Show a charging session that survives a power cut, with a real CSMS on a real socket.")


@app.default
def run_demo(*, out: Path = OUT) -> int:
    """Start a CSMS and a station, kill the station in mid-charge, and judge what the CSMS saw.

    Parameters
    ----------
    out
        The folder for pictures, frames and logs; made anew each time.
    """
    if find_spec("ocpp") is None:
        remedy = "make env installs everything, pinned; elsewhere: pip install 'provenpoint[csms]'"
        raise CommandError("the package 'ocpp' is not installed", remedy, TOOL_MISSING)
    _make_anew(out)
    console, record = Console(), RunRecord()
    try:
        with screen_for(console, record) as screen:
            csms, cut = asyncio.run(_run(_Stage(out, record, screen)))
    except DemoError as failure:
        raise CommandError(str(failure), f"{out}/station.log and {out}/csms.log say what was going on") from failure
    return _conclude(console, record, judge(csms.lines, cut), out)


def _make_anew(out: Path) -> None:
    """An empty folder; one that holds anything but an earlier demo is left alone."""
    if out.exists() and not (out / MARK).exists() and (not out.is_dir() or any(out.iterdir())):
        raise CommandError(
            f"{out}: is there, and is no earlier demo's", "give --out a folder that may be emptied", USAGE
        )
    try:
        if out.exists():
            shutil.rmtree(out)
        out.mkdir(parents=True)
        (out / MARK).touch()
    except OSError as error:
        remedy = "give --out a folder that this user can write"
        raise CommandError(f"{out}: {error.strerror}", remedy, USAGE) from error


@define(eq=False)
class _Stage:
    """Where the story is played, and who looks on."""

    out: Path
    record: RunRecord
    screen: Screen

    def say(self, sentence: str) -> None:
        """A step of the story."""
        if sentence.startswith("POWER CUT"):
            self.record.power_is_off()
        self.screen.show(self.record.note(sentence))


async def _run(stage: _Stage) -> tuple[Csms, Cut]:
    csms = await Csms.start(stage.out)
    box = Box(stage.out, csms.url, lambda said: stage.screen.show(stage.record.hear(said)))
    try:
        async with asyncio.timeout(LIMIT_S):
            cut = await Story(csms, box, stage.say).play()
        await csms.child.terminate()
    except TimeoutError:
        raise DemoError(f"the demo took more than {LIMIT_S:g} s") from None
    finally:
        await box.clean_up()
        await csms.child.clean_up()
    return csms, cut


def _conclude(console: Console, record: RunRecord, checks: list[Check], out: Path) -> int:
    took_s = record.seconds()
    console.print("\nWhat the CSMS had to see:")
    for check in checks:
        seen = "" if check.holds else f": saw {check.seen}"
        sign = "[green]ok[/]  " if check.holds else "[red]FAIL[/]"
        console.print(f"  {sign}  {check.sentence}{seen}", soft_wrap=True, highlight=False)
    pictures = write_pictures(record, out)
    names = ", ".join(path.name for path in pictures)
    console.print(f"\n{took_s:.1f} s. In {out}/: {names}, frames.jsonl, logs.", soft_wrap=True, highlight=False)
    return 0 if all(check.holds for check in checks) else FAILED
