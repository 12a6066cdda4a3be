"""What records say of each other, judged once when a station starts.

Each record could be read by itself. Here is looked at what it refers to: an instance that these tables and this
station have, a connector that exists, the record that a machine's state is about. What refers to nothing is put into
quarantine; a state that does not go with its records gives way to one that does: the records are what was promised.
"""

from __future__ import annotations

from typing import Final

from model.language.composition import Composition, Instance
from model.language.machine import DYNAMIC_SCOPES
from model.messages.registry import Profile
from model.messages.types import AuthorizationStatus, fold
from model.smart_charging.judgement import refusal
from model.smart_charging.limits import Installed
from model.smart_charging.station import bounds_of
from model.station_file import StationFile
from runtime.core.ledger import Ledger, transaction_at
from runtime.core.queue_window import number
from runtime.core.records import FirmwareUpdate, TransactionRecord

UPLOADS: Final = ("diagnostics",)
"""The machines that upload something."""

CACHED_AS: Final = {
    AuthorizationStatus.ACCEPTED.value: "Valid",
    AuthorizationStatus.CONCURRENT_TX.value: "Concurrent",
    AuthorizationStatus.EXPIRED.value: "Expired",
}
"""The state of an entry of the cache, by what the CSMS said; every other status is a refusal."""


def repair(ledger: Ledger, composition: Composition, file: StationFile) -> None:
    """Make the ledger one that this station can start from; what had to go is in ``ledger.quarantined``."""
    _states(ledger, composition, file)
    _transactions(ledger)
    _cache(ledger)
    _list(ledger)
    _profiles(ledger, file)
    _reservations(ledger, file)
    _holds(ledger, Instance("security_event"), bool(ledger.security), ("Quiet",), ("Owed", "Sending"))
    _uploads(ledger)
    _update(ledger)
    _holds(ledger, Instance("charging_profile"), bool(ledger.profiles), ("Empty",), ("Installed",))
    _holds(ledger, Instance("local_list"), bool(ledger.listed), ("Empty", "Disabled"), ("InUse", "Disabled"))


# ---- states --------------------------------------------------------------------------------------------------


def _states(ledger: Ledger, composition: Composition, file: StationFile) -> None:
    """Only those of instances that there are, in states that their machine has."""
    lasting = set(composition.instances(len(file.connector_ids), slots=0))
    for at, state in list(ledger.states.items()):
        machine = composition.by_name.get(at.machine)
        known = machine is not None and machine.persistent and state in machine.state_names
        if not known or not (at in lasting or _about_a_record(ledger, composition, at)):
            ledger.quarantine("state", str(at), f"{at} is in no state {state[:40]!r} that it can be in")
            del ledger.states[at]


def _about_a_record(ledger: Ledger, composition: Composition, at: Instance) -> bool:
    if composition[at.machine].scope not in DYNAMIC_SCOPES:
        return False
    if at.machine == "transaction":
        record = ledger.transactions.get(at.slot)
        return record is not None and at == transaction_at(at.slot, record)
    return at.slot in ledger.cached and not at.connector


def _holds(ledger: Ledger, at: Instance, anything: bool, empty: tuple[str, ...], holding: tuple[str, ...]) -> None:
    """A machine begins empty where no state of it is kept; it is in a state that goes with its records."""
    _be_in(ledger, at, holding if anything else empty, begins=empty[0])


def _be_in(ledger: Ledger, at: Instance, states: tuple[str, ...], begins: str = "") -> None:
    """In one of those states; where it is not, in the first of them."""
    if ledger.states.get(at, begins) not in states:
        ledger.set_state(at, states[0])


# ---- records -------------------------------------------------------------------------------------------------


def _transactions(ledger: Ledger) -> None:
    """A transaction is in the state that follows from its record."""
    for slot, record in ledger.transactions.items():
        _be_in(ledger, transaction_at(slot, record), states_of(record))


def states_of(record: TransactionRecord) -> tuple[str, ...]:
    """The states in which a transaction with that record can be, that one first which is always right."""
    if record.ended:
        return ("StopOwed",) if record.start_settled else ("BothOwed",)
    return ("Running", "EnergyWithheld") if record.start_settled else ("StartOwed",)


def _cache(ledger: Ledger) -> None:
    """An id tag has one entry: the one that was used last."""
    seen: set[str] = set()
    for slot, entry in reversed(list(ledger.cached.items())):
        if fold(entry.id_tag) in seen:
            ledger.quarantine("cache", number(slot), "another entry has the same id tag")
            ledger.set_state(Instance("cache_entry", 0, slot), None)
            del ledger.cached[slot]
            continue
        seen.add(fold(entry.id_tag))
        states = ("Valid", "Concurrent", "Refused", "Expired")
        default = CACHED_AS.get(entry.status, "Refused")
        _be_in(ledger, Instance("cache_entry", 0, slot), (default, *(s for s in states if s != default)))


def _list(ledger: Ledger) -> None:
    """A list of which an entry is lost is no version that the CSMS has sent: 0 asks for all of it (CS-5.10-03)."""
    for key, entry in list(ledger.listed.items()):
        if key != fold(entry.id_tag):
            ledger.quarantine("list", key, f"the entry is for another id tag: {entry.id_tag!r}")
            del ledger.listed[key]
    if any(one.space == "list" for one in ledger.quarantined) and ledger.list_version:
        ledger.set_list(ledger.listed, 0)


def _profiles(ledger: Ledger, file: StationFile) -> None:
    """As SetChargingProfile.req would be judged; a TxProfile ends with its transaction (CS-3.13.1-12)."""
    open_at = {record.connector for record in ledger.transactions.values() if not record.ended}
    ended = [one for one in ledger.transaction_profiles() if one.connector not in open_at]
    for key, one in list(ledger.profiles.items()):
        why = "its transaction is gone" if one in ended else _why_not(key, one, file)
        if why:
            ledger.quarantine("profile", str(key), why)
            del ledger.profiles[key]


def _why_not(key: int, one: Installed, file: StationFile) -> str | None:
    if key != one.profile.charging_profile_id:
        return f"it is profile {one.profile.charging_profile_id}"
    if one.connector not in (0, *file.connector_ids):
        return f"there is no connector {one.connector}"
    supported = Profile.SMART_CHARGING in file.profiles
    return refusal(one.connector, one.profile, bounds_of(file)) if supported else None


def _uploads(ledger: Ledger) -> None:
    """An upload without a state goes on with its next attempt."""
    for machine in set(ledger.uploads).difference(UPLOADS):
        ledger.quarantine("upload", machine, "no machine of that name uploads anything")
        del ledger.uploads[machine]
    for machine in UPLOADS:
        _holds(ledger, Instance(machine), machine in ledger.uploads, ("Idle",), ("Waiting", "Uploading", "Collecting"))
    _holds(ledger, Instance("diagnostics_status"), bool(ledger.upload_statuses), ("Quiet",), ("Owed", "Sending"))


def _update(ledger: Ledger) -> None:
    """One goes on at a time, the last; without its state it begins anew, and one whose image has a slot is started."""
    misnamed = {key: "it has another number" for key, update in ledger.updates.items() if key != update.number}
    sound = sorted(ledger.updates.keys() - misnamed)
    for key, why in (misnamed | dict.fromkeys(sound[:-1], "another update was asked for later")).items():
        ledger.quarantine("firmware", number(key), why)
        del ledger.updates[key]
    _be_in(ledger, Instance("firmware"), _states_of(ledger.update), begins="Idle")
    _holds(ledger, Instance("firmware_status"), bool(ledger.update_statuses), ("Quiet",), ("Owed", "Sending"))


def _states_of(update: FirmwareUpdate | None) -> tuple[str, ...]:
    """The states in which an update with that record can be, that one first which is always right."""
    if update is None:
        return ("Idle",)
    if update.slot is not None:
        return ("Activating", "Reporting")
    return ("Scheduled", "Held", "Downloading", "Paused", "Waiting", "Downloaded", "Installing")


def _reservations(ledger: Ledger, file: StationFile) -> None:
    for connector in set(ledger.reservations).difference(file.connector_ids):
        ledger.quarantine("reservation", number(connector), f"there is no connector {connector}")
        del ledger.reservations[connector]
    for connector in file.connector_ids:
        held = connector in ledger.reservations
        _holds(ledger, Instance("reservation", connector), held, ("Free",), ("Reserved", "Claimed"))
