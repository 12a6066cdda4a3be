"""The garbage collector's part in a quick start: what is loaded stays, so nobody looks through it again and again.

While a station loads, only what is quite new is looked at (a class that attrs makes anew leaves the first one behind);
what survives that is code and tables, which live as long as the process. When the station is assembled all of it is put
aside for good, and the collector goes on as Python has it, with what comes new.
"""

from __future__ import annotations

import gc
from typing import Final

_AS_PYTHON_HAS_IT: Final = gc.get_threshold()
_WHILE_LOADING: Final = (2_000, 1_000_000, 1_000_000)


def begin_loading() -> None:
    """Look at new objects alone."""
    gc.set_threshold(*_WHILE_LOADING)


def end_loading() -> None:
    """What is there by now stays there."""
    gc.freeze()
    gc.set_threshold(*_AS_PYTHON_HAS_IT)
