"""What the terminal shows while the demo runs: a live table of machines and messages, or plain lines.

Both show the same; which of them it is depends on the terminal.
"""

from __future__ import annotations

from collections import deque
from types import TracebackType
from typing import Final, Protocol, Self

from rich import box
from rich.columns import Columns
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from diagrams.sequence import RunEvent
from runtime.demo.run_record import RunRecord

MAX_LINES: Final = 16
"""So many of the last messages fit beside the machines."""

SIGNS: Final = {"frame_out": "->", "frame_in": "<-", "note": "##", "row": "  "}
STYLES: Final = {"frame_out": "cyan", "frame_in": "green", "note": "bold"}


class Screen(Protocol):
    """Shows a run while it goes on."""

    def show(self, event: RunEvent) -> None:
        """Something happened."""

    def __enter__(self) -> Self:
        """Begin."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        """End."""


def screen_for(console: Console, record: RunRecord) -> Screen:
    """The live table on a terminal, plain lines elsewhere."""
    return LiveTable(console, record) if console.is_terminal else PlainLines(console)


class PlainLines:
    """One line for each step and frame; rows are left to the pictures."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def show(self, event: RunEvent) -> None:
        """Print it."""
        if event.kind != "row":
            line = f"{event.at_s:6.2f}  {SIGNS[event.kind]} {event.label}  {event.detail}".rstrip()
            self._console.print(line, soft_wrap=True, markup=False, highlight=False)

    def __enter__(self) -> Self:
        """Nothing to prepare."""
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to put back."""


class LiveTable:
    """The machines on the left, the last messages on the right."""

    def __init__(self, console: Console, record: RunRecord) -> None:
        self._record = record
        self._step = ""
        self._lines: deque[RunEvent] = deque(maxlen=MAX_LINES)
        self._live = Live(console=console, get_renderable=self._picture, refresh_per_second=12)

    def show(self, event: RunEvent) -> None:
        """The next refresh has it."""
        if event.kind == "note":
            self._step = event.label
        if event.kind != "row":
            self._lines.append(event)

    def _picture(self) -> Group:
        step = Text(f" {self._step}", style="bold red" if self._step.startswith("POWER CUT") else "bold")
        return Group(step, Columns([self._machines(), self._messages()]))

    def _machines(self) -> Table:
        table = Table("machine", "state", box=box.SIMPLE_HEAD)
        for name, state in self._record.states.items():
            table.add_row(name, state)
        return table

    def _messages(self) -> Table:
        table = Table(box=box.SIMPLE_HEAD)
        table.add_column("s", justify="right")
        table.add_column("", width=2)
        table.add_column("message", no_wrap=True)
        for event in self._lines:
            words = Text(f"{event.label}  {event.detail}", style=STYLES[event.kind], overflow="ellipsis")
            table.add_row(f"{event.at_s:.2f}", SIGNS[event.kind], words)
        return table

    def __enter__(self) -> Self:
        """Take the terminal."""
        self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        """Give it back."""
        self._live.__exit__(kind, error, trace)
