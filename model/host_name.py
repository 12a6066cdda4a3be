"""What names a host on the command line: letters, digits and dots, or an address of either family.

What is none is refused when the option is read: handed to the system's resolver, an empty label or a letter beyond
ASCII would end the process with a trace.
"""

from __future__ import annotations

import re
from typing import Final

_NAME: Final = r"[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?"
_IPV6: Final = r"[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(?:%[A-Za-z0-9_.-]+)?"
_HOST: Final = re.compile(f"{_NAME}|{_IPV6}", re.ASCII)


def is_host(text: str) -> bool:
    """Whether `text` may name a host (RFC 1123; an underscore is common in container networks) or be its address."""
    return _HOST.fullmatch(text) is not None
