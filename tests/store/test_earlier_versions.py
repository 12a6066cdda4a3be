"""A store that an earlier version has written is read by this one, all of it, and a station goes on from it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from properties.world.sent import sent
from runtime.adapters.sqlite.store import SqliteStore
from runtime.core.inputs import Span
from runtime.core.ledger import Ledger, everything_in
from runtime.core.record_kinds import KINDS
from tests.store.children import LAST
from tests.store.file_world import world_on
from tests.store.make_fixture import FIXTURES

VERSIONS = sorted(place.name for place in FIXTURES.iterdir() if place.is_dir())
CAME_LATER = {"c30414f": ("upload", "upload_status", "firmware", "firmware_status")}
"""The kinds of record that a version did not have yet."""
WRITTEN = [(version, kind) for version in VERSIONS for kind in KINDS if kind not in CAME_LATER[version]]


@pytest.mark.parametrize(("version", "space"), WRITTEN)
def test_each_kind_of_record_of_an_earlier_version_is_read(tmp_path: Path, version: str, space: str) -> None:
    shutil.copytree(FIXTURES / version, tmp_path / version)
    store, ledger = SqliteStore(tmp_path / version), Ledger()
    found = store.recall([Span(space, "", LAST)])
    readable = [key for put in found for key, _ in ledger.readable(put)]
    store.close()
    assert found, f"the fixture {version} has no record of {space}"
    assert ledger.quarantined == []
    assert len(readable) == len(found)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_station_goes_on_from_the_store_of_an_earlier_version(tmp_path: Path, version: str) -> None:
    shutil.copytree(FIXTURES / version, tmp_path / version)
    world = world_on(tmp_path / version)
    before = Ledger.read(everything_in(world.disk))
    world.power_up().wait(300)
    ledger = world.station.context.ledger
    assert not list((tmp_path / version).glob("*quarantined*"))
    assert (len(ledger.queue), ledger.security) == (0, {})
    stops = [message.payload for message in sent(world) if message.action == "StopTransaction"]
    assert [stop.get("reason") for stop in stops] == ["Local", "PowerLoss"]
    assert (ledger.listed, ledger.list_version) == (before.listed, 5)
    assert (ledger.profiles, ledger.reservations) == (before.profiles, before.reservations)
    assert world.station.context.settings.integer("ConnectionTimeOut") == 77
