"""GetConfiguration and ChangeConfiguration: what is answered, and that each key that can be changed acts.

A key that changes nothing is a defect; so each writable key has a scenario here in which the station does one thing
before the change and another after it, without a reboot between.
"""

from __future__ import annotations

import pytest
from attrs import evolve

from properties.world.csms import error, refuses
from properties.world.world import World
from tests.covering import covers

ACTING = {
    "AuthorizationCacheEnabled", "AuthorizeRemoteTxRequests", "ClockAlignedDataInterval", "ConnectionTimeOut",
    "ConnectorPhaseRotation", "HeartbeatInterval", "LocalAuthListEnabled", "LocalAuthorizeOffline", "LocalPreAuthorize",
    "MeterValuesAlignedData", "MeterValuesSampledData", "MeterValueSampleInterval", "ReservationEnabled",
    "ResetRetries",
    "StopTransactionOnInvalidId", "StopTxnAlignedData", "StopTxnSampledData", "TransactionMessageAttempts",
    "TransactionMessageRetryInterval", "WebSocketPingInterval",
}  # fmt: skip
"""The writable keys that have a scenario below, or where they belong: ResetRetries takes a process
(``test_process.py``), ReservationEnabled somebody who wants to reserve (``reservations/``)."""

TELLING = {
    "ChargeProfileMaxStackLevel": "3",
    "ChargingScheduleAllowedChargingRateUnit": "Power",
    "ChargingScheduleMaxPeriods": "10",
    "GetConfigurationMaxKeys": "100",
    "LocalAuthListMaxLength": "50",
    "MaxChargingProfilesInstalled": "10",
    "MeterValuesAlignedDataMaxLength": "50",
    "MeterValuesSampledDataMaxLength": "50",
    "NumberOfConnectors": "2",
    "ReserveConnectorZeroSupported": "false",
    "SendLocalListMaxLength": "50",
    "StopTransactionMaxMeterValues": "7200",
    "StopTransactionOnEVSideDisconnect": "true",
    "StopTxnAlignedDataMaxLength": "50",
    "StopTxnSampledDataMaxLength": "50",
    "SupportedFeatureProfiles": (
        "Core,FirmwareManagement,LocalAuthListManagement,SmartCharging,RemoteTrigger,Reservation"
    ),
    "SupportedFileTransferProtocols": "HTTP,HTTPS,FTP,FTPS",
    "UnlockConnectorOnEVSideDisconnect": "false",
}
"""The keys that only tell, by what the certificate says; what they tell of is held to it where it happens."""


def change(world: World, key: str, value: str) -> str:
    answer = world.ask("ChangeConfiguration", key=key, value=value).answer
    assert answer is not None
    return str(answer["status"])


@covers("CS-7.29-01", "CS-7.29-02", "CS-7.29-03", "CS-3.16.1-01", "CS-3.16.2-02", "CS-5.8-02")
@pytest.mark.parametrize("asked", [{}, {"key": []}])
def test_without_keys_all_are_returned(world: World, asked: dict[str, list[str]]) -> None:
    answer = world.ask("GetConfiguration", **asked).answer
    assert answer is not None
    assert sorted(entry["key"] for entry in answer["configurationKey"]) == sorted({*ACTING, *TELLING})
    keys = {entry["key"]: entry for entry in answer["configurationKey"]}
    assert keys["NumberOfConnectors"] == {"key": "NumberOfConnectors", "readonly": True, "value": "2"}
    assert keys["HeartbeatInterval"]["readonly"] is False
    assert "unknownKey" not in answer


@covers("CS-5.8-03", "CS-5.8-04", rows=("configuration:get",))
def test_known_and_unknown_keys_are_told_apart(world: World) -> None:
    answer = world.ask("GetConfiguration", key=["connectiontimeout", "MinimumStatusDuration"]).answer
    entry = {"key": "ConnectionTimeOut", "readonly": False, "value": "60"}
    assert answer == {"configurationKey": [entry], "unknownKey": ["MinimumStatusDuration"]}


UNKNOWN, REFUSE = (covers(rows=(f"configuration:change.{row}",)) for row in ("unknown", "refuse"))


@covers("CS-5.3-02", "CS-5.3-06", "CS-5.3-07", "CS-9.1.10-01")
@pytest.mark.parametrize(
    ("key", "value", "status"),
    [
        pytest.param("AllowOfflineTxForUnknownId", "true", "NotSupported", marks=UNKNOWN),
        pytest.param("NumberOfConnectors", "3", "Rejected", marks=REFUSE),
        pytest.param("ConnectionTimeOut", "soon", "Rejected", marks=REFUSE),
        pytest.param("ConnectionTimeOut", "-1", "Rejected", marks=REFUSE),
        pytest.param("HeartbeatInterval", "7201", "Rejected", marks=REFUSE),
    ],
)
def test_what_cannot_be_changed_is_not(world: World, key: str, value: str, status: str) -> None:
    before = world.ask("GetConfiguration", key=[key]).answer
    assert change(world, key, value) == status
    assert world.ask("GetConfiguration", key=[key]).answer == before


@covers(
    "ERR-3.13-11", "CS-3.16.4-01", "CS-3.16.4-02", "CS-3.16.1-05", "CS-3.16.1-07", "CS-3.16.2-06", "CS-3.16.2-08",
)  # fmt: skip
@pytest.mark.parametrize("wanted", ["Voltage,Temperature", "Frequency", "Voltage,", ",".join(["Voltage"] * 51)])
@pytest.mark.parametrize(
    "key", ["MeterValuesAlignedData", "MeterValuesSampledData", "StopTxnAlignedData", "StopTxnSampledData"]
)
def test_one_unsupported_measurand_or_one_too_many_refuses_the_list(world: World, key: str, wanted: str) -> None:
    before = world.ask("GetConfiguration", key=[key]).answer
    assert change(world, key, wanted) == "Rejected"
    assert world.ask("GetConfiguration", key=[key]).answer == before


@covers("CS-5.3-03")
def test_a_key_of_our_own_is_read_and_changed_like_any_other(world: World) -> None:
    assert change(world, "ReservationEnabled", "perhaps") == "Rejected"
    assert change(world, "ReservationEnabled", "false") == "Accepted"
    found = world.power_cycle().wait(10).ask("GetConfiguration", key=["ReservationEnabled"]).answer
    assert found == {"configurationKey": [{"key": "ReservationEnabled", "readonly": False, "value": "false"}]}


@covers("CS-9-05", "CS-5.3-02", "CS-5.3-04", rows=("configuration:change",))
def test_a_change_survives_a_power_cut_in_the_next_instant(world: World) -> None:
    assert change(world, "ConnectionTimeOut", "17") == "Accepted"
    world.power_cycle()
    answer = world.ask("GetConfiguration", key=["ConnectionTimeOut"]).answer
    assert answer is not None
    assert answer["configurationKey"][0]["value"] == "17"


@covers("CS-5.3-02", rows=("configuration:change.from_next_boot",))
def test_a_key_that_counts_from_the_next_boot_says_so_and_is_kept(world: World) -> None:
    folded = world.station.context.settings._folded  # no key of ours waits for it
    folded["connectiontimeout"] = evolve(folded["connectiontimeout"], reboot_required=True)
    assert change(world, "ConnectionTimeOut", "17") == "RebootRequired"
    [entry] = (world.power_cycle().ask("GetConfiguration", key=["ConnectionTimeOut"]).answer or {})["configurationKey"]
    assert entry["value"] == "17"


def test_every_key_that_can_be_changed_has_a_scenario(world: World) -> None:
    writable = {key.name for key in world.station.context.settings.offered.values() if key.writable}
    assert writable == ACTING


def test_every_other_key_has_its_value_here(world: World) -> None:
    told = {key.name for key in world.station.context.settings.offered.values() if not key.writable}
    assert told == set(TELLING)


@covers("CS-9-04", "CS-3.3-01", "CS-3.3-03", "CS-3.3-10", "CS-3.5.2-07", "CS-3.5.2-08", "CS-5.3-09", "CS-5.8-06",
    "CS-3.16.1-05", "CS-3.16.1-07", "CS-3.16.2-06", "CS-3.16.2-08", "ERR-3.3-01", "CS-9.1.9-01",
    "CS-9.1.16-01", "CS-9.1.18-01", "CS-9.1.21-01", "CS-9.1.23-01", "CS-9.1.26-01", "CS-9.1.28-01",
    "CS-9.1.29-01", "CS-9.1.33-01", "CS-9.2.2-01", "CS-9.2.3-01", "ERR-3.2-01", "ERR-3.79-01", "ERR-3.89-01",
    "ERR5-3.84-01", "ERR5-3.84-02",
)  # fmt: skip
@pytest.mark.parametrize(("key", "value"), TELLING.items())
def test_a_key_that_only_tells_says_what_is_so_and_cannot_be_changed(world: World, key: str, value: str) -> None:
    entry = {"key": key, "readonly": True, "value": value}
    assert world.ask("GetConfiguration", key=[key]).answer == {"configurationKey": [entry]}
    assert change(world, key, value) == "Rejected"


@covers("CS-5.8-05", "CS-5.8-06", "CS-9.1.9-01", rows=("configuration:get.too_many",))
def test_more_keys_than_one_request_may_have_are_refused_whole(world: World) -> None:
    assert world.ask("GetConfiguration", key=["HeartbeatInterval"] * 100).answer
    refused = world.ask("GetConfiguration", key=["HeartbeatInterval"] * 101)
    assert (refused.answer, refused.error) == (None, "OccurenceConstraintViolation")


# ---- each key acts -----------------------------------------------------------------------------------------


@covers("ERR-3.76-01", "CS-9.1.6-01", rows=("connector:B1.timeout",))
def test_connection_time_out(world: World) -> None:
    change(world, "ConnectionTimeOut", "5")
    world.present("alice").wait(5)
    assert world.csms.statuses(1)[-1] == "Available"
    world.plug_in().present("bob", 1)
    assert [start["idTag"] for start in world.csms.got("StartTransaction")] == ["bob"], "Alice's is cancelled"


@covers("CS-5.3-04", "CS-4.6-09", "CS-9.1.10-02", "CS-9.1.10-01", rows=("heartbeat:anew", "heartbeat:beat"))
def test_heartbeat_interval(world: World) -> None:
    change(world, "HeartbeatInterval", "10")
    world.wait(35)
    assert len(world.csms.got("Heartbeat")) == 3


@covers(
    "CS-5.3-04", "CS-3.16.1-02", "CS-3.16.1-03", "ERR-3.13-02", "ERR-3.15-01", "CS-9.1.19-01", "ERR-3.13-03",
    rows=("metering:interval", "metering:sample"),
)  # fmt: skip
def test_meter_value_sample_interval(world: World) -> None:
    world.plug_in().present("alice")
    change(world, "MeterValueSampleInterval", "10")
    world.wait(31)
    assert len(world.csms.got("MeterValues")) == 3
    change(world, "MeterValueSampleInterval", "0")
    world.wait(120)
    assert len(world.csms.got("MeterValues")) == 3


@covers(
    "CS-4.7-08",
    "CS-7.33-01",
    "CS-7.33-02",
    "CS-7.34-02",
    "CS-4.7-02",
    "CS-7.43-01",
    "CS-3.16.1-04",
    "ERR-3.13-04",
    "CS-4.7-09",
    "CS-4.7-10",
    "CS-4.7-12",
    "CS-4.7-13",
    "CS-4.7-07",
    "CS-9.1.17-01",
    rows=("metering:sample",),
)
def test_meter_values_sampled_data(world: World) -> None:
    wanted = "Voltage,Current.Import,Power.Offered,Power.Active.Import,Energy.Active.Import.Register"
    assert change(world, "MeterValuesSampledData", wanted) == "Accepted"
    world.plug_in().present("alice").wait(61)
    values = world.csms.got("MeterValues")[0]["meterValue"][0]["sampledValue"]
    assert {v["location"] for v in values} == {"Outlet"}
    assert [(v["measurand"], v["unit"]) for v in values] == [
        ("Voltage", "V"), ("Current.Import", "A"), ("Power.Offered", "W"), ("Power.Active.Import", "W"),
        ("Energy.Active.Import.Register", "Wh"),
    ]  # fmt: skip
    figures = {v["measurand"]: float(v["value"]) for v in values}
    assert figures["Voltage"] * figures["Current.Import"] == pytest.approx(figures["Power.Active.Import"], rel=0.01)
    change(world, "MeterValuesSampledData", "")
    world.wait(120)
    assert len(world.csms.got("MeterValues")) == 1, "nothing to report, no message"


@covers("CS-9.1.27-01", "ERR-3.13-12", "CS-3.16.5-01", rows=("transaction:end",))
def test_stop_txn_sampled_data(world: World) -> None:
    change(world, "StopTxnSampledData", "")
    change(world, "StopTxnAlignedData", "")
    change(world, "ClockAlignedDataInterval", "20")
    world.plug_in().present("alice").wait(61).present("alice")
    assert "transactionData" not in world.csms.got("StopTransaction")[0]


@covers("CS-9.1.27-01", rows=("metering:sample", "transaction:end"))
def test_stop_txn_sampled_data_is_taken_at_each_interval(world: World) -> None:
    wanted = ["Voltage", "Energy.Active.Import.Register"]
    change(world, "StopTxnSampledData", ",".join(wanted))
    world.plug_in().present("alice").wait(121).present("alice")
    samples = [value["sampledValue"] for value in world.csms.got("StopTransaction")[0]["transactionData"]]
    assert [[one["measurand"] for one in sample] for sample in samples] == [wanted] * 4
    contexts = [sample[0]["context"] for sample in samples]
    assert contexts == ["Transaction.Begin", "Sample.Periodic", "Sample.Periodic", "Transaction.End"]


@covers(
    "CS-3.16.2-01",
    "ERR-3.13-06",
    "ERR-3.13-07",
    "CS-9.1.5-01",
    "CS-3.16.2-04",
    rows=("metering:clock", "metering:clock.moved"),
)
def test_clock_aligned_data_interval(world: World) -> None:
    world.wait(7)
    assert change(world, "ClockAlignedDataInterval", "30") == "Accepted"
    world.wait(60)
    assert len(world.csms.got("MeterValues")) == 4, "two boundaries, two connectors"
    change(world, "ClockAlignedDataInterval", "0")
    world.wait(3600)
    assert len(world.csms.got("MeterValues")) == 4
    assert change(world, "ClockAlignedDataInterval", "-1") == "Rejected"


@covers(
    "CS-3.16.2-05", "ERR-3.75-01", "CS-9.1.15-01", "ERR-3.13-08", rows=("metering:clock", "metering:clock.sampling")
)  # fmt: skip
def test_meter_values_aligned_data(world: World) -> None:
    """In a transaction and without one, whatever is sampled in it."""
    change(world, "MeterValueSampleInterval", "0")
    world.plug_in().present("alice")
    wanted = "Voltage,Current.Import,Power.Offered,Power.Active.Import,Energy.Active.Import.Register"
    assert change(world, "MeterValuesAlignedData", wanted) == "Accepted"
    assert change(world, "MeterValuesAlignedData", "Voltage,SoC") == "Rejected"
    change(world, "ClockAlignedDataInterval", "30")
    world.wait(31)
    for told in world.csms.got("MeterValues"):
        values = told["meterValue"][0]["sampledValue"]
        assert ",".join(value["measurand"] for value in values) == wanted
        assert {value["context"] for value in values} == {"Sample.Clock"}
        assert all(value["unit"] for value in values)
    change(world, "MeterValuesAlignedData", "")
    world.wait(60)
    assert len(world.csms.got("MeterValues")) == 2, "nothing to report, no message"


@covers("CS-3.16.2-07", "CS-9.1.25-01", "ERR-3.13-09", "ERR-3.13-12", rows=("metering:clock.sampling",))
def test_stop_txn_aligned_data(world: World) -> None:
    change(world, "StopTxnSampledData", "")
    change(world, "ClockAlignedDataInterval", "30")
    change(world, "StopTxnAlignedData", "Energy.Active.Import.Register")
    world.plug_in().present("alice").wait(61).present("alice")
    (stop,) = world.csms.got("StopTransaction")
    contexts = [value["sampledValue"][0]["context"] for value in stop["transactionData"]]
    assert contexts == ["Sample.Clock"] * 2


@covers("CS-4.7-15", "CS-9.1.7-01")
def test_connector_phase_rotation_says_how_it_is_wired_and_no_more(world: World) -> None:
    found = world.ask("GetConfiguration", key=["ConnectorPhaseRotation"]).answer
    assert found is not None
    assert found["configurationKey"][0]["value"] == "1.NotApplicable,2.NotApplicable"
    assert change(world, "ConnectorPhaseRotation", "1.Unknown,2.NotApplicable") == "Accepted"
    for value in ("1.RST", "1.RTS", "1.SRT", "1.STR", "1.TRS", "1.TSR", "1.XYZ", "1.unknown", "1.", "3.Unknown"):
        assert change(world, "ConnectorPhaseRotation", f"{value},2.NotApplicable") == "Rejected"
    world.power_cycle()
    answer = world.ask("GetConfiguration", key=["ConnectorPhaseRotation"]).answer
    assert answer is not None
    assert answer["configurationKey"][0]["value"] == "1.Unknown,2.NotApplicable"


@covers("CS-5.11-03", "CS-9.1.3-01", rows=("authorization:remote", "authorization:remote.ask"))
def test_authorize_remote_tx_requests(world: World) -> None:
    world.ask("RemoteStartTransaction", idTag="alice", connectorId=1)
    assert not world.csms.got("Authorize")
    change(world, "AuthorizeRemoteTxRequests", "true")
    world.ask("RemoteStartTransaction", idTag="bob", connectorId=2)
    assert world.csms.got("Authorize") == [{"idTag": "bob"}]
    world.plug_in(2).press_stop(2).plug_out(2)
    world.ask("RemoteStartTransaction", idTag="bob", connectorId=2)
    assert world.csms.got("Authorize") == [{"idTag": "bob"}] * 2, "known, and asked for all the same: as at the reader"


@covers(
    "CS-3.5-03",
    "CS-3.5-01",
    "CS-3.5-02",
    "CS-9.1.12-01",
    rows=("authorization:offline", "authorization:offline.refuse"),
)
def test_local_authorize_offline(world: World) -> None:
    world.plug_in().present("alice").present("alice").plug_out()
    change(world, "LocalAuthorizeOffline", "false")
    world.link_down().plug_in().present("alice", 1)
    assert world.state("connector", 1) == "Preparing"
    world.link_up().wait(1)
    change(world, "LocalAuthorizeOffline", "true")
    world.link_down().present("alice", 1)
    assert world.state("connector", 1) == "Charging"


@covers("CS-3.5-04", "CS-3.5-02", "CS-9.1.13-01", rows=("authorization:local",))
def test_local_pre_authorize(world: World) -> None:
    for _ in range(2):
        world.plug_in().present("alice").present("alice").plug_out()
    assert len(world.csms.got("Authorize")) == 2, "known, and asked for all the same"
    change(world, "LocalPreAuthorize", "true")
    world.plug_in().present("alice")
    assert len(world.csms.got("Authorize")) == 2
    assert len(world.csms.got("StartTransaction")) == 3


@covers("CS-9.2.1-01", rows=("local_list:disable", "local_list:enable"))
def test_local_auth_list_enabled(world: World) -> None:
    entry = {"idTag": "listed", "idTagInfo": {"status": "Accepted"}}
    world.ask("SendLocalList", updateType="Full", listVersion=1, localAuthorizationList=[entry])
    change(world, "LocalAuthListEnabled", "false")
    world.link_down().plug_in().present("listed")
    assert world.box.last_verdict == (1, "Refused")
    world.link_up().wait(5)
    change(world, "LocalAuthListEnabled", "true")
    world.link_down().present("listed")
    assert world.box.last_verdict == (1, "Accepted")


@covers("CS-3.5.1-10", "CS-9.1.2-01", "CS-5.4-03")
def test_authorization_cache_enabled(world: World) -> None:
    world.plug_in().present("alice").present("alice").plug_out()
    assert world.ask("ClearCache").answer == {"status": "Accepted"}
    change(world, "AuthorizationCacheEnabled", "false")
    assert world.ask("ClearCache").answer == {"status": "Rejected"}
    world.plug_in().present("alice").present("alice").plug_out().link_down()
    world.plug_in().present("alice")
    assert world.state("connector", 1) == "Preparing"


@covers("CS-9.1.24-01", rows=("transaction:refuse.hold", "transaction:refuse.stop"))
@pytest.mark.parametrize("status", ["Blocked", "Expired", "Invalid", "ConcurrentTx"])
def test_stop_transaction_on_invalid_id(world: World, status: str) -> None:
    world.csms.plan("StartTransaction", refuses(status), refuses(status))
    world.plug_in(1).present("alice", 1)
    change(world, "StopTransactionOnInvalidId", "false")
    world.plug_in(2).present("bob", 2)
    assert [world.csms.statuses(connector)[-1] for connector in (1, 2)] == ["Finishing", "SuspendedEVSE"]


@covers("CS-3.7.1-04", "CS-9.1.31-01", "CS-9.1.32-01", rows=("transaction:fail.stop", "transaction:give_up.stop"))
def test_transaction_message_attempts_and_retry_interval(world: World) -> None:
    change(world, "TransactionMessageAttempts", "2")
    change(world, "TransactionMessageRetryInterval", "3")
    world.csms.always("StopTransaction", error())
    world.plug_in().present("alice").present("alice").wait(60)
    first, second = (seen.at_s for seen in world.csms.seen if seen.action == "StopTransaction")
    assert second - first == pytest.approx(3, abs=0.2)
    assert not world.station.context.ledger.queue


@covers("CS-9.1.34-01", rows=("link:ping",))
def test_web_socket_ping_interval(world: World) -> None:
    assert world.network.ping_interval_s == 10
    change(world, "WebSocketPingInterval", "0")
    world.network.half_open = True
    world.wait(100)
    assert world.network.connection == 1
