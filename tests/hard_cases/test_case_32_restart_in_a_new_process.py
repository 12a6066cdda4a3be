"""Hard case 32: restart in a new process after every kind of record was written, by kill, by SIGTERM, by Reset.

The station is a real process, and so is the one that comes after it: what only the first could read, the second cannot.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runtime.core.record_kinds import KINDS
from tests.covering import covers
from tests.processes import Central, Station, until
from tests.store.children import end_child, next_line, start_child
from tests.store.session import SETTINGS, again, fill


@pytest.fixture
def central() -> Iterator[Central]:
    with Central() as central:
        yield central


def _kill(box: Station, _central: Central) -> None:
    box.kill()
    box.start()


def _terminate(box: Station, _central: Central) -> None:
    assert box.end(signal.SIGTERM) == 0
    box.start()


def _reset(kind: str) -> Callable[[Station, Central], None]:
    def reset(box: Station, central: Central) -> None:
        assert central.call("Reset", {"type": kind})[2] == {"status": "Accepted"}
        central.saw("BootNotification", count=2)
        box.find()

    return reset


WAYS = {"kill": _kill, "terminate": _terminate, "soft reset": _reset("Soft"), "hard reset": _reset("Hard")}


@covers("CS-5.14-05", "CS-3.5.2-05", "CS-4.10-01")
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.exhaustive
def test_a_new_process_finds_everything_that_the_one_before_it_kept(
    tmp_path: Path, central: Central, way: Callable[[Station, Central], None]
) -> None:
    with Station(tmp_path, central.url, *SETTINGS) as box:
        fill(box, central)
        way(box, central)
        again(box, central)


@pytest.fixture(scope="module")
def read_elsewhere(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a fresh process reads of each kind after a kill: how many records, and how many it could not read."""
    folder = tmp_path_factory.mktemp("killed")
    with Central() as central, Station(folder, central.url, *SETTINGS) as box:
        fill(box, central)
        box.kill()
    child = start_child("read_everything", str(folder / "data"))
    try:
        return dict(until(lambda: next_line(child), "a line").split("=") for _ in KINDS)
    finally:
        end_child(child)


@pytest.mark.parametrize("space", KINDS)
@pytest.mark.exhaustive
def test_each_kind_of_record_that_a_real_session_wrote_is_read_by_another_process(
    read_elsewhere: dict[str, str], space: str
) -> None:
    count, unreadable = map(int, read_elsewhere[space].split(","))
    assert count > 0, f"the session of tests/store/session.py writes no record of {space}"
    assert unreadable == 0
