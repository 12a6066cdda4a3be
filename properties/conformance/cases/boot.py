"""Booting: the CSMS keeps the station waiting, and the station does what it is sent in the meantime."""

from __future__ import annotations

from properties.conformance.bench import TICK_S, Bench
from properties.conformance.case import case
from properties.conformance.cases.states import all_statuses
from properties.conformance.csms import Heard
from properties.conformance.expectation import message

WAIT_S = 2
"""The interval of a BootNotification.conf that is not Accepted."""


def _boots(t: Bench) -> Heard:
    with t.within(t.pace.boot_s):
        return t.expect("BootNotification")


def _boots_again(t: Bench, first: Heard) -> None:
    """The second BootNotification.req, no earlier than the interval allows, and nothing before it."""
    t.never(message("Heartbeat"), message("StatusNotification"), for_s=0.5 * WAIT_S)
    second = _boots(t)
    waited_s = second.at_s - first.at_s
    t.check("the interval passes before BootNotification.req comes again", waited_s >= WAIT_S - TICK_S, f"{waited_s} s")


def _accepts(t: Bench) -> None:
    """The next boot is accepted with a short interval of heartbeats; the one that was set is put back afterwards."""
    t.undo.note_value("HeartbeatInterval", t.value("HeartbeatInterval"))
    t.csms.answers.always("BootNotification", status="Accepted", interval=t.pace.heartbeat_interval_s)


def _beats(t: Bench) -> None:
    """Two heartbeats, the interval apart."""
    interval_s = t.pace.heartbeat_interval_s
    with t.due(interval_s):
        first, second = t.expect("Heartbeat"), t.expect("Heartbeat")
    apart_s = second.at_s - first.at_s
    near = abs(apart_s - interval_s) <= max(0.9, 0.1 * interval_s)
    t.check(f"heartbeats are {interval_s} s apart", near, f"{apart_s:.2f} s")


@case(
    "TC_001_CS",
    "Cold boot: refused once, asked again after the interval, then accepted",
    clauses=("CS-4.2-01", "CS-4.2-06", "CS-4.2-08", "CS-4.2-11", "CS-4.6-01"),
)
def refused_first(t: Bench) -> None:
    """Power; Rejected; again after the interval; Accepted; statuses; heartbeats."""
    _accepts(t)
    t.csms.answers.once("BootNotification", status="Rejected", interval=WAIT_S)
    t.cut_power()
    _boots_again(t, _boots(t))
    all_statuses(t, "Available")
    _beats(t)


@case(
    "TC_002_CS",
    "Cold boot: pending, and configured in the meantime",
    clauses=("CS-4.2-08", "CS-4.2-17", "CS-4.2-18", "CS-4.2-19", "CS-4.6-01"),
)
def pending_first(t: Bench) -> None:
    """Power; Pending; GetConfiguration and ChangeConfiguration are answered; Accepted; statuses; heartbeats."""
    _accepts(t)
    t.csms.answers.once("BootNotification", status="Pending", interval=WAIT_S)
    t.cut_power()
    first = _boots(t)
    t.call("GetConfiguration")
    t.set("MeterValueSampleInterval", 77)
    _boots_again(t, first)
    all_statuses(t, "Available")
    _beats(t)
