"""Hard case 31, the files: damage is told, and what can be verified is delivered all the same."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from runtime.adapters.sqlite.store import SqliteStore
from tests.covering import covers
from tests.processes import Central, Station, until

LOG = "station.db-wal"


def owe_a_session(box: Station) -> None:
    """A whole session while nobody listens: its messages lie in the log alone."""
    box.do("/connectors/1/plug_in")
    box.do("/tokens", {"id_tag": "alice", "connectors": [1]})
    until(lambda: box.state()["connectors"][0]["status"] == "Charging", "the session")
    box.do("/connectors/1/plug_out")
    until(lambda: box.state()["connectors"][0]["status"] == "Available", "its end")


def flip_a_bit(log: Path) -> None:
    """In the first page of the log, of which there are newer images behind."""
    change(log, 2000, 0x10)


def change(file: Path, byte: int, bits: int) -> None:
    raw = bytearray(file.read_bytes())
    raw[byte] ^= bits
    file.write_bytes(raw)


def lose(*files: Path) -> None:
    for file in files:
        file.unlink()


DAMAGES: dict[str, tuple[Callable[[Path], object], bool]] = {
    "another version to write": (lambda data: change(data / "station.db", 18, 0x80), True),
    "another schema format": (lambda data: change(data / "station.db", 47, 0x08), True),
    "neither log nor mark": (lambda data: lose(data / LOG, data / "station.db-mark"), False),
    "a flipped bit in the log": (lambda data: flip_a_bit(data / LOG), True),
    "no log": (lambda data: lose(data / LOG), False),
    "an empty log": (lambda data: os.truncate(data / LOG, 0), False),
    "an empty database": (lambda data: os.truncate(data / "station.db", 0), True),
    "no database": (lambda data: lose(data / "station.db"), True),
    "neither": (lambda data: lose(*data.glob("station.db*")), False),
}
"""What happens to the files, and whether the session is still to be found in what is left."""


@covers("SEC-8-08")
@pytest.mark.parametrize(("damage", "delivered"), DAMAGES.values(), ids=DAMAGES)
@pytest.mark.exhaustive
def test_damage_of_a_file_is_told(tmp_path: Path, damage: Callable[[Path], object], delivered: bool) -> None:
    with Central() as central, Station(tmp_path, central.url) as box:
        central.saw("StatusNotification", 3)
        central.silent_on = {"StartTransaction"}
        owe_a_session(box)
        box.kill()
        damage(tmp_path / "data")
        central.silent_on = set()

        box.start()

        event = central.saw("SecurityEventNotification", type="SecurityLogWasCleared")
        assert "records saved" in event["techInfo"]
        assert "messages lost: " not in box.said()
        assert ("not readable: none that was found" in event["techInfo"]) == delivered
        assert "station.db: damaged: " in box.said()
        assert event["techInfo"] in box.said()
        if delivered:
            central.saw("StopTransaction", reason="EVDisconnected")
        else:
            central.saw("BootNotification", 2)
            assert central.requests("StopTransaction") == []


def test_whose_a_directory_is_stays_known_without_its_log(tmp_path: Path) -> None:
    with Central() as central, Station(tmp_path, central.url) as box:
        central.saw("StatusNotification", 3)
        box.kill()
        lose(tmp_path / "data" / LOG, tmp_path / "data" / "station.db-mark")

        store = SqliteStore(tmp_path / "data")

        assert store.quarantined is not None
        assert "identity" in store.load()["station"]
        store.close()


def test_a_directory_in_the_place_of_the_logs_index_is_moved_and_the_log_says_so(tmp_path: Path) -> None:
    with Central() as central, Station(tmp_path, central.url) as box:
        central.saw("StatusNotification", 3)
        box.kill()
        lose(tmp_path / "data" / "station.db-shm")
        (tmp_path / "data" / "station.db-shm").mkdir()

        box.start()

        central.saw("BootNotification", 2)
        assert "is no file: it is station.db-shm.moved-1 now" in box.said()
