"""The names in the tables and the functions that stand for them have to fit, both ways."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from model.language.composition import Composition
from model.language.loader import TABLES, load_composition
from model.station_file import load_station
from runtime.core.binding import Bindings, UnboundError, performs
from runtime.core.station import Station
from runtime.hosting import setup_of


class _Twice:
    @performs("link", "dial")
    def one(self) -> None: ...

    @performs("link", "dial")
    def other(self) -> None: ...


def _tables(tmp_path: Path, name: str, old: str, new: str) -> Composition:
    folder = tmp_path / "tables"
    shutil.copytree(TABLES, folder)
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new))
    return load_composition(folder)


def _station(composition: Composition) -> Station:
    return Station(setup_of(load_station("m06010e2eyfg"), composition=composition), {}, seed=1)


def test_a_name_bound_by_two_functions_is_refused() -> None:
    with pytest.raises(UnboundError, match=r"link.*dial.*bound twice"):
        Bindings().gather([_Twice()])


def test_an_operation_that_nobody_performs_keeps_the_station_from_being_built(tmp_path: Path) -> None:
    declared = '[operations."lengthen back-off"]\nmeans = "count one more failed dial"'
    changed = _tables(tmp_path, "link.toml", declared, f'{declared}\n[operations."ring"]\nmeans = "ring a bell"')
    with pytest.raises(UnboundError, match=r"no function for operation \('link', 'ring'\)"):
        _station(changed)


def test_a_function_that_no_table_names_keeps_the_station_from_being_built(tmp_path: Path) -> None:
    text = (TABLES / "heartbeat.toml").read_text()
    folder = tmp_path / "tables"
    shutil.copytree(TABLES, folder)
    (folder / "heartbeat.toml").write_text(text.replace("send Heartbeat", "say hello"))
    with pytest.raises(UnboundError, match="no function for operation"):
        _station(load_composition(folder))


def test_a_duration_that_is_neither_a_key_nor_bound_is_refused(tmp_path: Path) -> None:
    changed = _tables(tmp_path, "connector.toml", 'duration = "ConnectionTimeOut"', 'duration = "ConnectionTimeOutt"')
    with pytest.raises(UnboundError, match="no function for duration ConnectionTimeOutt"):
        _station(changed)
