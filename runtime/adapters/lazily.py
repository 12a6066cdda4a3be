"""A module that is loaded when something of it is used, and not when it is imported.

websockets looks up its own version in the metadata of packages where it is a checkout; a release knows it, and imports
that machinery all the same: e-mail, archives, tables of text, 12 ms and more than a MiB of a start. The standard
library's `LazyLoader` does not serve: the import statement itself looks at the module, and so loads it.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any


def lazily(name: str) -> None:
    """Put off loading that submodule until something of it is used: its first user gets it whole."""
    if name not in sys.modules:
        package, _, own = name.rpartition(".")
        sys.modules[name] = stand_in = _StandIn(name)
        setattr(import_module(package), own, stand_in)


class _StandIn(ModuleType):
    def __getattr__(self, wanted: str) -> Any:
        """Something of the module is wanted, so here it is; an import puts the real one in both places."""
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), wanted)
