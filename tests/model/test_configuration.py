"""Configuration keys: a text becomes a checked value, or is refused with a reason and nothing changed."""

from __future__ import annotations

import pytest
from attrs import evolve

from model.catalogue import load_catalogue
from model.configuration import BadValueError, ConfigurationError, Key, load_configuration, render
from model.station_file import StationFile, built_in_stations, load_station
from model.station_reader import FeatureValue
from tests.covering import covers

CHARGER = load_station("m06010e2eyfg")
TABLE = load_configuration()


def key(name: str) -> Key:
    return next(key for key in TABLE.key if key.name == name)


def refusal(name: str, text: str, station: StationFile = CHARGER) -> str:
    with pytest.raises(BadValueError) as problem:
        key(name).parse(text, station)
    return str(problem.value)


@pytest.mark.parametrize("station", [load_station(name) for name in built_in_stations()], ids=lambda it: it.name)
@pytest.mark.parametrize("one", TABLE.key, ids=lambda key: key.name)
def test_each_default_is_a_lawful_value_and_survives_the_wire(one: Key, station: StationFile) -> None:
    default = one.default_for(station)
    if default is None:
        assert one.access == "W", "only a secret has no default"
    else:
        assert one.parse(render(default), station) == default


@pytest.mark.parametrize("one", TABLE.key, ids=lambda key: key.name)
def test_each_key_cites_clauses_that_exist(one: Key) -> None:
    assert [clause for clause in one.clauses if clause not in load_catalogue()] == []


def test_each_key_that_the_catalogue_names_is_in_the_table() -> None:
    named = {name for entry in load_catalogue() for name in entry.config if entry.document in ("CS", "J", "SEC")}
    known = {one.name for one in TABLE.key} | {one.name for one in TABLE.absent}
    assert named <= known


@covers("CS-9-02", "CS-9-03")
def test_only_keys_that_somebody_acts_upon_are_offered() -> None:
    offered = TABLE.offered(CHARGER)
    assert "HeartbeatInterval" in offered
    assert "CpoName" not in offered
    assert "MaxEnergyOnInvalidId" not in offered


@covers("CS-5.3-08")
@pytest.mark.parametrize("text", ["", " 5", "5 ", "+5", "5.0", "five", "0x5", "٥", "1" * 40, "1e2"])
def test_an_integer_is_digits_and_nothing_else(text: str) -> None:
    assert "has to be a whole number" in refusal("HeartbeatInterval", text)


@covers("CS-5.3-08")
def test_an_integer_out_of_the_certified_range_is_refused() -> None:
    heartbeat = key("HeartbeatInterval")
    assert [heartbeat.parse(text, CHARGER) for text in ("1", "7200")] == [1, 7200]
    assert refusal("HeartbeatInterval", "7201") == "HeartbeatInterval is 7201; it has to be from 1 to 7200"
    assert "from 1 to 7200" in refusal("HeartbeatInterval", "0")


@covers("CS-9.1.19-01", "ERR-3.13-03")
def test_sampling_is_switched_off_by_zero_although_the_least_interval_is_one() -> None:
    sampling = key("MeterValueSampleInterval")
    assert [sampling.parse(text, CHARGER) for text in ("0", "1", "3600")] == [0, 1, 3600]
    assert refusal("MeterValueSampleInterval", "3601").endswith("it has to be 0 or from 1 to 3600")


@covers("CS-9.1.34-02", "J-7-04")
def test_a_negative_ping_interval_is_refused() -> None:
    assert key("WebSocketPingInterval").default_for(CHARGER) == 10
    assert "from 0" in refusal("WebSocketPingInterval", "-1")


@pytest.mark.parametrize(("text", "value"), [("true", True), ("TRUE", True), ("False", False)])
def test_a_boolean_is_read_in_any_case_and_written_in_lower(text: str, *, value: bool) -> None:
    assert key("LocalPreAuthorize").parse(text, CHARGER) is value
    assert render(value) == text.lower()


@pytest.mark.parametrize("text", ["1", "yes", "", " true"])
def test_nothing_else_is_a_boolean(text: str) -> None:
    assert "true or false" in refusal("LocalPreAuthorize", text)


@covers("ERR-3.13-11")
def test_one_unsupported_measurand_refuses_the_whole_list() -> None:
    assert "'Temperature'" in refusal("MeterValuesSampledData", "Voltage,Temperature")
    assert "'Voltage.L1'" in refusal("MeterValuesSampledData", "Voltage.L1"), "direct current has no phases"
    assert "''" in refusal("MeterValuesSampledData", "Voltage,,Current.Import")
    assert "twice" in refusal("MeterValuesSampledData", "Voltage,Voltage")


@covers("CS-9.1.17-01", "ERR-3.13-12")
def test_a_list_keeps_its_order_and_may_be_empty() -> None:
    sampled = key("MeterValuesSampledData")
    assert sampled.default_for(CHARGER) == ("Energy.Active.Import.Register",)
    value = sampled.parse("Voltage, Current.Import,Power.Offered", CHARGER)
    assert value == ("Voltage", "Current.Import", "Power.Offered")
    assert render(value) == "Voltage,Current.Import,Power.Offered"
    assert sampled.parse("", CHARGER) == ()


@covers("CS-9.1.23-01", "CS-9.1.33-01", "ERR5-3.84-01", "ERR5-3.84-02")
def test_what_a_fixed_cable_decides_is_read_only() -> None:
    stop, unlock = key("StopTransactionOnEVSideDisconnect"), key("UnlockConnectorOnEVSideDisconnect")
    assert (stop.default_for(CHARGER), stop.writable) == (True, False)
    assert (unlock.default_for(CHARGER), unlock.writable) == (False, False)


@covers("SEC-7.2-02", "SEC-A00.FR.205")
def test_the_authorization_key_is_sixteen_to_twenty_bytes_never_read_back_nor_quoted() -> None:
    secret = key("AuthorizationKey")
    assert not secret.readable
    assert secret.parse("0" * 32, CHARGER) == "0" * 32
    for text in ("a" * 31, "a" * 33, "b" * 42, "g" * 32):
        assert text not in refusal("AuthorizationKey", text)


def with_row(name: str, value: FeatureValue) -> StationFile:
    """The charger with another value in one row of its certificate."""
    rows = tuple(evolve(row, value=value) if row.id == name else row for row in CHARGER.contents.row)
    return evolve(CHARGER, contents=evolve(CHARGER.contents, row=rows))


def test_another_certificate_brings_other_bounds() -> None:
    assert refusal("HeartbeatInterval", "61", with_row("ORS-7", 60)).endswith("from 1 to 60")


LENGTH_OF = {
    "MeterValuesAlignedData": "ORS-2",
    "MeterValuesSampledData": "ORS-3",
    "StopTxnAlignedData": "ORS-9",
    "StopTxnSampledData": "ORS-10",
}


@covers("CS-9.1.16-01", "CS-9.1.18-01", "CS-9.1.26-01", "CS-9.1.28-01", "CS-5.3-09")
@pytest.mark.parametrize("short", LENGTH_OF)
def test_the_length_of_each_list_of_measurands_is_its_own(short: str) -> None:
    """All four are 50 in the certificate, where one could stand for another unseen."""
    station, two = with_row(LENGTH_OF[short], 1), "Voltage,Current.Import"
    for name in LENGTH_OF:
        assert key(f"{name}MaxLength").default_for(station) == (1 if name == short else 50)
    assert "at most 1" in refusal(short, two, station)
    for name in LENGTH_OF.keys() - {short}:
        assert key(name).parse(two, station) == ("Voltage", "Current.Import")


def test_a_default_that_the_certificate_does_not_have_is_the_nearest_that_it_has() -> None:
    assert key("MeterValueSampleInterval").default_for(with_row("ORS-5", 30)) == 30
    assert key("HeartbeatInterval").default_for(with_row("ORS-6", 600)) == 600
    assert key("MeterValuesSampledData").default_for(with_row("C-09.1", ("Voltage",))) == ()


def test_a_row_that_a_key_needs_and_the_station_lacks_is_named() -> None:

    bare = evolve(CHARGER, contents=evolve(CHARGER.contents, row=()))
    with pytest.raises(ConfigurationError, match="HeartbeatInterval refers to row 'ORS-6', which station m06010e2eyfg"):
        key("HeartbeatInterval").parse("5", bare)
