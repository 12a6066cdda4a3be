"""Where a redirect may lead: over HTTP or HTTPS, never from HTTPS down to HTTP, and not for ever."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from attrs import evolve

from model.location import BadLocationError, Location, Scheme, parse_location
from runtime.adapters.transfers.attempt import AttemptFailedError
from runtime.core.transfers import TransferOutcome

PORTS: Final = {Scheme.HTTP: 80, Scheme.HTTPS: 443}

Ask = Callable[[Location], str | None]
"""Makes a request at a location; gives where it was redirected to."""


def follow(location: Location, ask: Ask, most: int) -> None:
    """Ask there, and wherever that leads, with ``most`` redirects. Raises AttemptFailedError."""
    for _ in range(most + 1):
        to = ask(location)
        if to is None:
            return
        location = redirected(location, to)
    raise AttemptFailedError(TransferOutcome.BAD_REDIRECT, f"more than {most} redirects")


def redirected(location: Location, to: str) -> Location:
    """The next location. Credentials go along to the same server only. Raises AttemptFailedError."""
    try:
        target = parse_location(to)
    except BadLocationError as error:
        raise AttemptFailedError(TransferOutcome.BAD_REDIRECT, f"redirected: {error.problem_text}") from None
    if not target.scheme.over_http or (location.scheme.secure and not target.scheme.secure):
        raise AttemptFailedError(
            TransferOutcome.BAD_REDIRECT, f"redirected from {location.scheme} to {target.scheme}, which is not followed"
        )
    if target.user is None and _server(target) == _server(location):
        return evolve(target, user=location.user, password=location.password)
    return target


def _server(location: Location) -> tuple[Scheme, str, int | None]:
    return location.scheme, location.host, location.port or PORTS.get(location.scheme)
