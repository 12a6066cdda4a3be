"""Three layers of a configuration key: default, first value, stored value; the last one wins."""

from __future__ import annotations

import pytest

from model.configuration import BadValueError
from model.station_file import load_station
from runtime.core.settings import Settings
from tests.covering import covers

STATION = load_station("m06010e2eyfg")


def test_a_key_begins_with_its_default() -> None:
    assert Settings(STATION, {}, {}).integer("ConnectionTimeOut") == 60


def test_a_first_value_covers_the_default_and_a_stored_one_covers_both() -> None:
    assert Settings(STATION, {"ConnectionTimeOut": "30"}, {}).integer("ConnectionTimeOut") == 30
    both = Settings(STATION, {"ConnectionTimeOut": "30"}, {"ConnectionTimeOut": "20"})
    assert both.integer("ConnectionTimeOut") == 20


def test_a_first_value_that_does_not_fit_is_refused_by_name() -> None:
    with pytest.raises(BadValueError, match="ConnectionTimeOut"):
        Settings(STATION, {"ConnectionTimeOut": "soon"}, {})
    with pytest.raises(BadValueError, match="ConnectTimeOut is no key of this station"):
        Settings(STATION, {"ConnectTimeOut": "30"}, {})


def test_a_stored_value_that_no_longer_fits_is_noted_and_the_layer_below_holds() -> None:
    settings = Settings(STATION, {"ConnectionTimeOut": "30"}, {"ConnectionTimeOut": "999999"})
    assert settings.integer("ConnectionTimeOut") == 30
    assert "ConnectionTimeOut" in settings.refused[0]


@covers("CS-6.9-01")
def test_names_of_keys_are_found_in_any_case() -> None:
    settings = Settings(STATION, {}, {})
    found = settings.find("heartbeatINTERVAL")
    assert found is not None
    assert found.name == "HeartbeatInterval"
    assert settings.find("Heartbeat") is None


@covers("CS-5.3-07")
def test_a_bad_change_changes_nothing() -> None:
    settings = Settings(STATION, {}, {})
    key = settings.find("connectiontimeout")
    assert key is not None
    with pytest.raises(BadValueError):
        settings.set(key, key.parse("-1", STATION))
    assert settings.integer("ConnectionTimeOut") == 60


def test_a_first_value_for_a_read_only_key_is_refused_and_leads_to_the_station_file() -> None:
    with pytest.raises(BadValueError, match=r"NumberOfConnectors is read-only: .* station file"):
        Settings(STATION, {"NumberOfConnectors": "5"}, {})
