"""The garbage collector's part in a quick start: what is loaded stays, so nobody looks through it.

While a station loads, the collector rests. A moment after it was started what loading left behind goes (a class that
attrs makes anew leaves the first one), and all the rest, code and tables that live as long as the process, is put aside
for good. Then the collector goes on as Python has it, with what comes new.
"""

from __future__ import annotations

import gc
from typing import Final

SETTLED_S: Final = 3.0
"""By then a station has booted, where the CSMS answers."""


def begin_loading() -> None:
    """Look at nothing."""
    gc.disable()


def end_loading() -> None:
    """What is in use by now stays there."""
    gc.collect()
    gc.freeze()
    gc.enable()
