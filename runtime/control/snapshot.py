"""What can be seen: the state of every machine, and what a person at the charger would see.

Machines are named as in traces: ``link``, ``connector/1``, ``transaction/1/7`` (connector and slot). Entries of the
authorization cache are counted by their states: there may be a thousand, and they say who was here.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from runtime.adapters.charger import ConnectorView
from runtime.assembly import Components
from runtime.core.records import ReservationRecord, TransactionRecord


def state(parts: Components) -> dict[str, Any]:
    """Everything, as JSON."""
    context, engine = parts.station.context, parts.station.context.engine
    return {
        "station": parts.file.name,
        "id": parts.options.identity,
        "csms": parts.options.csms,
        "link": engine.state("link"),
        "boot": engine.state("boot"),
        "queue_length": len(context.ledger.queue),
        "cached": Counter(engine.state("cache_entry", slot=each.slot) for each in engine.living("cache_entry")),
        "status": engine.value("status_zero"),
        "reader": _reader(parts),
        "connectors": [_connector(parts, view) for view in parts.charger.view()],
        "machines": {str(instance): member.state for instance, member in sorted_members(parts)},
    }


def _reader(parts: Components) -> dict[str, Any] | None:
    """What the reader shows: the last verdict, and at which connector; None before the first."""
    if parts.charger.last_verdict is None:
        return None
    connector, verdict = parts.charger.last_verdict
    return {"connector": connector, "verdict": verdict}


def sorted_members(parts: Components) -> list[tuple[Any, Any]]:
    """The living instances in the order of the composition, connectors and slots rising; no entries of the cache."""
    engine = parts.station.context.engine
    order = {machine.name: place for place, machine in enumerate(engine.composition.machines)}
    members = [item for item in engine.members_by.items() if item[0].machine != "cache_entry"]
    return sorted(members, key=lambda item: (order[item[0].machine], item[0].connector, item[0].slot))


def _connector(parts: Components, view: ConnectorView) -> dict[str, Any]:
    running = parts.station.context.running(view.connector)
    return {
        "connector": view.connector,
        "status": parts.station.context.engine.value("status", view.connector),
        "register_wh": view.register_wh,
        "box": view.state,
        "power_w": view.power_w,
        "offer_w": view.offer_w,
        "ev_state_of_charge": view.soc,
        "transaction": _transaction(running[1]) if running else None,
        "reservation": _reservation(parts.station.context.ledger.reservations.get(view.connector)),
    }


def _reservation(record: ReservationRecord | None) -> dict[str, Any] | None:
    if record is None:
        return None
    return {
        "reservation_id": record.reservation_id,
        "id_tag": record.id_tag,
        "parent_id_tag": record.parent_id_tag,
        "expiry_date": record.expiry_date.isoformat(),
    }


def _transaction(record: TransactionRecord) -> dict[str, Any]:
    return {
        "transaction_id": record.transaction_id,
        "id_tag": record.id_tag,
        "meter_start_wh": record.meter_start_wh,
    }
