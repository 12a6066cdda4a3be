"""Lint of requests: one that may be for no instance is answered all the same, and one that always finds its own is not.

In the states of an instance the rows and entries answer (``lint_guards``); here it is about a connector or an id that
nobody has. A request that a machine of the station takes always finds that.
"""

from __future__ import annotations

from collections.abc import Iterator

from model.language.composition import Composition
from model.language.finding import Finding


def requests(composition: Composition) -> Iterator[Finding]:
    """Requests whose unaddressed entry is missing, and entries that never apply."""
    for request, takers in composition.takers.items():
        one = composition.unaddressed.get(request)
        scoped = [(machine, event) for machine, event in takers if machine.scope != "station"]
        if scoped and one is None:
            machine, event = scoped[0]
            problem = f"{request} may be for no {machine.scope} there is, and nothing is answered then"
            yield Finding(event.place, "L025", problem, f"add [[unaddressed]] with request = {request!r}")
        if one and not scoped:
            problem = f"{request} always finds {takers[0][0].name}, and this entry never applies"
            yield Finding(one.place, "L025", problem, "take it out, and answer in a row")
