"""Who raises events outside of the tables: the blocks, by their tags, and the keys of the configuration.

For the lint, which holds it against what the events say of their origin (rule L023). It needs no station: each module
of ``runtime/operations/`` is looked at for methods tagged ``@raises``.
"""

from __future__ import annotations

import pkgutil
from collections import defaultdict
from importlib import import_module

from model.configuration import load_configuration
from model.language.lint import Raisers
from model.language.machine import BLOCK
from runtime import operations
from runtime.core.binding import raised_by


def known_raisers() -> Raisers:
    """Each block and the configuration, with the events, machine and name, that they raise."""
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for module in pkgutil.iter_modules(operations.__path__):
        for member in vars(import_module(f"{operations.__name__}.{module.name}")).values():
            if isinstance(member, type) and member.__module__.endswith(f".{module.name}"):
                found[BLOCK + module.name] |= raised_by(member)
    for key in load_configuration().key:
        found["configuration"].update(key.raised)
    return found
