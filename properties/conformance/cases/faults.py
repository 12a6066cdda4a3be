"""A station that is broken starts nothing."""

from __future__ import annotations

from properties.conformance.bench import Bench
from properties.conformance.case import case
from properties.conformance.cases.states import DRIVER, at_connector
from properties.conformance.expectation import message


@case("TC_041_CS", "Nothing starts where something is broken", clauses=("CS-4.9-A9", "CS-7.7-14"))
def broken(t: Bench) -> None:
    """Faulted; cable and token; no transaction."""
    t.break_down("GroundFailure")
    t.status("Faulted")
    t.plug_in()
    t.present(DRIVER)
    t.never(message("StartTransaction"), at_connector(t, "Charging"))
