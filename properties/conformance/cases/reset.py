"""Resets, and the power going: what outlives them, and what is reported of the transaction that does not."""

from __future__ import annotations

from properties.conformance.bench import Bench
from properties.conformance.case import ENDS_AFTER_DARK, case
from properties.conformance.cases.states import all_statuses, at_connector, charging
from properties.conformance.expectation import Expectation, maybe, message, one_of


def _resets_idle(t: Bench, kind: str) -> None:
    """Inoperative, reset, still Unavailable, operative again."""
    t.call("ChangeAvailability", {"connectorId": t.connector, "type": "Inoperative"}, status="Accepted")
    t.status("Unavailable")
    t.call("Reset", {"type": kind}, status="Accepted")
    with t.within(t.pace.boot_s):
        t.expect("BootNotification")
    all_statuses(t, "Unavailable")
    t.call("ChangeAvailability", {"connectorId": t.connector, "type": "Operative"}, status="Accepted")
    t.status("Available")


@case("TC_013_CS", "A hard reset without a transaction", clauses=("CS-5.14-02", "CS-5.14-08", "CS-5.2-10"))
def hard_and_idle(t: Bench) -> None:
    """The station boots; a connector that was inoperative is so afterwards."""
    _resets_idle(t, "Hard")


@case("TC_014_CS", "A soft reset without a transaction", clauses=("CS-5.14-02", "CS-5.14-07", "CS-5.2-10"))
def soft_and_idle(t: Bench) -> None:
    """The station boots; a connector that was inoperative is so afterwards."""
    _resets_idle(t, "Soft")


def _resets_charging(t: Bench, kind: str) -> None:
    """The stop comes before or after the boot, with its reason; afterwards the cable is still in."""
    number = charging(t)
    t.call("Reset", {"type": kind}, status="Accepted")
    with t.within(t.pace.boot_s):
        stop, _, _ = t.any_order(
            maybe("StopTransaction", transactionId=number, reason=f"{kind}Reset"),
            maybe("StatusNotification", connectorId=t.connector, status="Finishing"),
            message("BootNotification"),
        )
    late = [] if stop else [message("StopTransaction", transactionId=number, reason=f"{kind}Reset")]
    _statuses_and(t, *late)


def _statuses_and(t: Bench, *late: Expectation) -> None:
    """The statuses after a boot with the cable in, and a stop that was not yet reported."""
    rest = [n for n in t.station.connector_ids if n != t.connector]
    t.any_order(
        at_connector(t, "Available", 0),
        at_connector(t, one_of("Finishing", "Preparing")),
        *(at_connector(t, "Available", n) for n in rest),
        *late,
    )


@case(
    "TC_015_CS",
    "A hard reset with a transaction",
    clauses=("CS-5.14-02", "CS-5.14-08", "CS-5.14-10", "CS-4.10-01"),
)
def hard_and_charging(t: Bench) -> None:
    """StopTransaction HardReset, boot, Finishing or Preparing."""
    _resets_charging(t, "Hard")


@case(
    "TC_016_CS",
    "A soft reset with a transaction",
    clauses=("CS-5.14-04", "CS-5.14-06", "CS-5.14-07", "CS-4.10-01"),
)
def soft_and_charging(t: Bench) -> None:
    """StopTransaction SoftReset, boot, Finishing or Preparing."""
    _resets_charging(t, "Soft")


@case(
    "TC_032_2_CS",
    "The power goes in mid-transaction",
    needs=(ENDS_AFTER_DARK,),
    clauses=("CS-4.10-01", "CS-4.2-03", "CS-3.7-03"),
)
def power_goes_while_charging(t: Bench) -> None:
    """Power back: boot, statuses, and exactly one StopTransaction PowerLoss."""
    number = charging(t)
    t.cut_power()
    with t.within(t.pace.boot_s):
        t.expect("BootNotification")
    _statuses_and(t, message("StopTransaction", transactionId=number, reason="PowerLoss"))
    t.never(message("StopTransaction"))


@case("TC_034_CS", "The power goes while the station is out of use", clauses=("CS-5.2-09", "CS-5.2-10", "CS-4.9-09"))
def power_goes_while_unavailable(t: Bench) -> None:
    """Connector 0 inoperative: all Unavailable; power cut; boot; all Unavailable."""
    t.call("ChangeAvailability", {"connectorId": 0, "type": "Inoperative"}, status="Accepted")
    all_statuses(t, "Unavailable", "Unavailable", "Unavailable")
    t.cut_power()
    with t.within(t.pace.boot_s):
        t.expect("BootNotification")
    all_statuses(t, "Unavailable", "Unavailable", "Unavailable")
