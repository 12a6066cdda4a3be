"""The garbage collector's part in a quick start: what is loaded stays, so it is not looked through.

While a station loads, the collector rests. A moment after it was started what loading left behind goes (a class that
attrs makes anew leaves the first one), and all the rest, code and tables that live as long as the process, is frozen
for good. Then the collector goes on as Python has it, with what comes new.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

SETTLED_S: Final = 3.0
"""By then a station has booted, where the CSMS answers."""


@contextmanager
def resting() -> Iterator[None]:
    """Nothing is looked at in here, until ``settle``."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def settle() -> None:
    """What is in use by now stays there."""
    gc.collect()
    gc.freeze()
    gc.enable()
