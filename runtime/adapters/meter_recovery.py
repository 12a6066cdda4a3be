"""What a box whose memory is lost or damaged begins with: the highest registers that the station's own records know.

A register that goes back behind one that the CSMS has seen is a bill that cannot be explained. The station has written
down the register of each transaction that is not settled yet, and of each connector the last that a stop has said, so
the box begins with the highest of them, at least; where there is none, the first registers of the station file hold.

A box saves its memory before its station commits anything, so one without a memory beside a store that was written has
lost it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import orjson
from attrs import evolve

from runtime.adapters.charger import ChargerHardware
from runtime.adapters.meter_file import MeterFile, MeterUnusableError
from runtime.adapters.sqlite.salvage import DAMAGE, OF_STATION
from runtime.core.inputs import Put, Span
from runtime.core.ports import Store
from runtime.core.station_values import REGISTER

_OF_TRANSACTIONS: Final = (Span("transaction", "", "~"), Span("ended", "", "~"))
_OF_CONNECTORS: Final = Span(OF_STATION, f"{REGISTER}.", f"{REGISTER}.~")
_REGISTERS: Final = ("meter_start_wh", "last_register_wh", "meter_stop_wh")


def usable_meter(path: Path, store: Store, hardware: ChargerHardware) -> tuple[MeterFile, ChargerHardware, str]:
    """The box's memory, the box as it begins where that is new, and what is to be reported of a damaged one.

    A damaged file is quarantined. The report is in the store before that, and stays until the CSMS has received it.
    Raises MeterUnusableError where the file cannot be quarantined, StoreFailedError.
    """
    meter = MeterFile(path)
    try:
        if meter.load() is not None or not _was_used(store):
            return meter, hardware, ""
    except MeterUnusableError as problem:
        return meter, *_recovered(meter, problem, store, hardware)
    hardware = _at_least(hardware, last_registers_wh(store))
    return meter, hardware, _reported(store, path.name, "missing", hardware)


def _was_used(store: Store) -> bool:
    return bool(store.recall((Span(OF_STATION, "", "~"),)))


def _recovered(
    meter: MeterFile, problem: MeterUnusableError, store: Store, hardware: ChargerHardware
) -> tuple[ChargerHardware, str]:
    hardware = _at_least(hardware, last_registers_wh(store))
    name = meter.next_aside().name
    report = _reported(store, name, f"{problem.what}; quarantined as {name}", hardware)
    try:
        meter.put_aside()
    except OSError as error:
        raise MeterUnusableError(
            problem.place, f"{problem.what}, and cannot be quarantined: {error.strerror}"
        ) from error
    return hardware, report


def _reported(store: Store, name: str, what: str, hardware: ChargerHardware) -> str:
    registers = ", ".join(f"{part.first_register_wh:.0f} Wh" for part in hardware.connectors)
    report = f"{what}; the registers begin at {registers}"
    store.commit([Put(OF_STATION, f"{DAMAGE}{name}", report[:255])])
    return report


def _at_least(hardware: ChargerHardware, registers_wh: dict[int, int]) -> ChargerHardware:
    parts = enumerate(hardware.connectors, start=1)
    begin = (evolve(part, first_register_wh=max(part.first_register_wh, registers_wh.get(n, 0))) for n, part in parts)
    return evolve(hardware, connectors=tuple(begin))


def last_registers_wh(store: Store) -> dict[int, int]:
    """The highest register in Wh that a record of the store has for each connector; those without one are left out."""
    highest: dict[int, int] = {}
    for connector, register_wh in _registers(store.recall((*_OF_TRANSACTIONS, _OF_CONNECTORS))):
        highest[connector] = max(register_wh, highest.get(connector, 0))
    return highest


def _registers(puts: Iterable[Put]) -> Iterator[tuple[int, int]]:
    for put in puts:
        try:
            raw = orjson.loads(put.value)
            if put.space == OF_STATION:
                yield int(put.key.partition(".")[2]), int(raw)
                continue
            record = raw.get("record", raw)
            found = [record[name] for name in _REGISTERS if isinstance(record.get(name), int)]
            yield record["connector"], max(found, default=0)
        except (ValueError, LookupError, AttributeError, TypeError):
            continue  # a record that cannot be read knows no register; whoever loads it says so
