"""UnlockConnector: a fixed cable has nothing to unlock, and says so."""

from __future__ import annotations

from typing import Final

from properties.conformance.bench import Bench
from properties.conformance.case import DETACHABLE, FIXED, case
from properties.conformance.cases.states import at_connector, charging
from properties.conformance.expectation import message

NO_CONNECTOR: Final = 99


def _unlock(t: Bench, status: str, connector: int | None = None) -> None:
    t.call("UnlockConnector", {"connectorId": connector or t.connector}, status=status)


@case("TC_017_1_CS", "Unlock without a session", needs=(DETACHABLE,), clauses=("CS-5.18-04", "CS-5.18-05"))
def idle_detachable(t: Bench) -> None:
    """Unlocked."""
    _unlock(t, "Unlocked")


@case("TC_017_2_CS", "Unlock without a session, fixed cable", needs=(FIXED,), clauses=("CS-5.18-04", "CS-5.18-05"))
def idle_fixed(t: Bench) -> None:
    """NotSupported."""
    _unlock(t, "NotSupported")


@case("TC_018_1_CS", "Unlock with a session", needs=(DETACHABLE,), clauses=("CS-5.18-05", "CS-5.18-06"))
def charging_detachable(t: Bench) -> None:
    """Unlocked; StopTransaction UnlockCommand; Finishing; unplugged, Available."""
    number = charging(t)
    _unlock(t, "Unlocked")
    t.any_order(message("StopTransaction", transactionId=number, reason="UnlockCommand"), at_connector(t, "Finishing"))
    t.plug_out()
    t.status("Available")


@case("TC_018_2_CS", "Unlock with a session, fixed cable", needs=(FIXED,), clauses=("CS-5.18-04", "CS-5.18-05"))
def charging_fixed(t: Bench) -> None:
    """NotSupported, and the transaction goes on."""
    charging(t)
    _unlock(t, "NotSupported")
    t.never(message("StopTransaction"), at_connector(t, "Finishing"))


@case("TC_031_CS", "Unlock a connector that is not there", clauses=("CS-5.18-04", "CS-5.18-05"))
def no_such_connector(t: Bench) -> None:
    """NotSupported."""
    _unlock(t, "NotSupported", NO_CONNECTOR)
