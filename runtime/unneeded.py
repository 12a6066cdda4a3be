"""What a library imports and a station never uses, left out of its start.

websockets looks up its own version in the metadata of packages where it is a checkout; a release knows it, and imports
that machinery all the same: e-mail, archives, tables of text, 12 ms and more than a MiB.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType


@contextmanager
def left_out(name: str) -> Iterator[None]:
    """An import of that module finds nothing in it; afterwards it is the real one again."""
    if name in sys.modules:
        yield
        return
    sys.modules[name] = ModuleType(name)
    try:
        yield
    finally:
        del sys.modules[name]
