"""What a CSMS can do to the station in its world, and how it may answer (profiles: ``smart_charging/rules.py``)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from model.messages.remote import MessageTrigger
from properties.world.csms import GOOD, SILENT, TWICE, Reply, error, late, refuses, says
from properties.world.transfers import Plan
from properties.world.world import World
from runtime.adapters.firmware_slots import Image
from runtime.core.transfers import TransferOutcome
from tests.diagnostics.uploading import plan
from tests.firmware.updating import PLACE, update
from tests.smart_charging.rules import connectors

tokens = st.sampled_from(["alice", "ALICE", "bob", "carol", "dave", "mallory", "stranger"])
moods = st.sampled_from([GOOD, SILENT, TWICE, error(), error("GenericError"), late(3.0), late(12.0)])
actions = st.sampled_from(
    ["Authorize", "StartTransaction", "StopTransaction", "MeterValues", "StatusNotification", "*"]
)
booting = st.sampled_from(
    [GOOD, says(status="Pending", interval=20), says(status="Rejected", interval=20), SILENT, error(), says(interval=0)]
)
keys = st.sampled_from(
    [
        ("MeterValueSampleInterval", "7"), ("MeterValueSampleInterval", "0"), ("StopTransactionOnInvalidId", "false"),
        ("StopTransactionOnInvalidId", "true"), ("LocalPreAuthorize", "true"), ("LocalAuthorizeOffline", "false"),
        ("AuthorizeRemoteTxRequests", "true"), ("ConnectionTimeOut", "5"), ("HeartbeatInterval", "11"),
        ("AuthorizationCacheEnabled", "false"), ("AuthorizationCacheEnabled", "true"),
        ("TransactionMessageAttempts", "1"), ("StopTxnSampledData", ""),
        ("ClockAlignedDataInterval", "13"), ("ClockAlignedDataInterval", "0"), ("StopTxnAlignedData", "Voltage"),
        ("LocalAuthListEnabled", "false"), ("LocalAuthListEnabled", "true"),
        ("ReservationEnabled", "false"), ("ReservationEnabled", "true"),
    ]
)  # fmt: skip
entries = st.lists(
    st.builds(
        lambda id_tag, status: {"idTag": id_tag, **({"idTagInfo": {"status": status}} if status else {})},
        tokens, st.sampled_from(["Accepted", "Accepted", "Blocked", None]),
    ),
    max_size=3,
)  # fmt: skip
statuses = st.sampled_from(["Accepted", "Accepted", "Blocked", "Invalid", "Expired", "ConcurrentTx"])
locations = st.sampled_from(["ftp://who:secret@files.example/in", "https://files.example/x.zip", "C:", "http://[::1"])
periods = st.sampled_from(
    [
        {},
        {},
        {"startTime": "2099-01-01T00:00:00Z"},
        {"startTime": "2026-02-01T00:00:00Z", "stopTime": "2026-01-01T00:00:00Z"},
    ]
)
outcomes = st.sampled_from([*TransferOutcome])
triggers = st.sampled_from([*MessageTrigger, "NoSuchMessage"])
hostile = st.sampled_from(
    [
        '[2,"x","MakeCoffee",{}]', '[2,"x","Authorize",{"idTag":"x"}]', '[2,"x","Reset",{"type":"Medium"}]',
        '[2,"x","ChangeAvailability",{"connectorId":"one","type":"Operative"}]', '[3,"nobody",{}]',
        '[4,"nobody","GenericError","",{}]', '[9,"x","Reset",{}]', '[2,7,"Reset",{"type":"Hard"}]',
        '[2,"x","DataTransfer",' + '{"a":' * 50 + "1" + "}" * 50 + "]",
    ]
)  # fmt: skip
"""Frames that no CSMS should send (hard case 25); those that are no JSON have their scenario."""


class CsmsRules(RuleBasedStateMachine):
    """A CSMS in every mood."""

    world: World

    @rule(action=actions, replies=st.lists(moods, min_size=1, max_size=4))
    def mood(self, action: str, replies: list[Reply]) -> None:
        self.world.csms.plan(action, *replies)

    @rule(text=hostile)
    def hostile_frame(self, text: str) -> None:
        connection = self.world.network.connection
        self.world.network.to_station(text)
        self.world.wait(0.01)
        assert self.world.network.connection == connection, "the connection lives on"

    @rule()
    def csms_goes_forward(self) -> None:
        """Its time jumps by an hour (hard case 13)."""
        self.world.csms.ahead_s += 3600.0

    @rule(status=st.sampled_from(["Blocked", "ConcurrentTx", "Expired"]))
    def refuse_start(self, status: str) -> None:
        self.world.csms.plan("StartTransaction", refuses(status))

    @rule(reply=booting)
    def boot_mood(self, reply: Reply) -> None:
        self.world.csms.plan("BootNotification", reply)

    @rule(connector=st.sampled_from([None, 1, 2, 3]), id_tag=tokens)
    def remote_start(self, connector: int | None, id_tag: str) -> None:
        where = {} if connector is None else {"connectorId": connector}
        self.world.ask("RemoteStartTransaction", idTag=id_tag, **where)

    @rule(number=st.integers(1001, 1006))
    def remote_stop(self, number: int) -> None:
        self.world.ask("RemoteStopTransaction", transactionId=number)

    @rule(connector=st.sampled_from([0, 1, 2]), kind=st.sampled_from(["Operative", "Inoperative"]))
    def availability(self, connector: int, kind: str) -> None:
        self.world.ask("ChangeAvailability", connectorId=connector, type=kind)

    @rule(key=keys)
    def configure(self, key: tuple[str, str]) -> None:
        self.world.ask("ChangeConfiguration", key=key[0], value=key[1])

    @rule(message=triggers)
    def trigger(self, message: str) -> None:
        self.world.ask("TriggerMessage", requestedMessage=message)

    @rule(
        location=locations, retries=st.sampled_from([None, 0, 1, 2, -1]), interval=st.sampled_from([0, 7, 30]),
        period=periods, ends=st.lists(outcomes, max_size=3),
    )  # fmt: skip
    def diagnostics(
        self, location: str, retries: int | None, interval: int, period: dict[str, str], ends: list[TransferOutcome]
    ) -> None:
        """Diagnostics are asked for, and the next attempts end so."""
        plan(self.world, *ends)
        wish = {"location": location, "retryInterval": interval, **period}
        self.world.ask("GetDiagnostics", **wish, **({} if retries is None else {"retries": retries}))

    @rule(kind=st.sampled_from(["Soft", "Hard"]))
    def reset(self, kind: str) -> None:
        self.world.ask("Reset", type=kind)

    @rule(kind=st.sampled_from(["Full", "Differential"]), version=st.integers(0, 9), listed=entries)
    def local_list(self, kind: str, version: int, listed: list[dict[str, Any]]) -> None:
        self.world.ask("SendLocalList", updateType=kind, listVersion=version, localAuthorizationList=listed)

    @rule(id_tag=tokens, status=statuses, lasts_s=st.sampled_from([None, -60, 30, 500]))
    def news(self, id_tag: str, status: str, lasts_s: float | None) -> None:
        """From now on the CSMS says this of a token."""
        info = {"status": status}
        if lasts_s is not None:
            until = self.world.clock.true_utc() + timedelta(seconds=lasts_s)
            info["expiryDate"] = until.isoformat().replace("+00:00", "Z")
        self.world.csms.tokens[id_tag.lower()] = info

    @rule()
    def clear_cache(self) -> None:
        if (asked := self.world.ask("ClearCache")).answer == {"status": "Accepted"} and self.world.powered:
            assert not self.world.station.context.ledger.cached, asked

    @rule(
        connector=st.sampled_from([0, 1, 1, 2, 2, 3]), id_tag=tokens, number=st.integers(1, 3),
        seconds=st.sampled_from([-5.0, 3.0, 30.0, 300.0]), group=st.sampled_from([{}, {"parentIdTag": "GROUP"}]),
    )  # fmt: skip
    def reserve(self, connector: int, id_tag: str, number: int, seconds: float, group: dict[str, str]) -> None:
        date = (self.world.clock.true_utc() + timedelta(seconds=seconds)).isoformat()
        wish = {"connectorId": connector, "idTag": id_tag, "reservationId": number, "expiryDate": date}
        self.world.ask("ReserveNow", **wish, **group)

    @rule(connector=connectors, id_tag=st.sampled_from(["alice", "dave"]), plug_first=st.booleans())
    def reserved_session(self, connector: int, id_tag: str, plug_first: bool) -> None:
        self.reserve(connector, id_tag, 4, 60.0, {"parentIdTag": "GROUP"})
        if plug_first and not self.world.is_plugged(connector):
            self.world.plug_in(connector)
        self.world.present("carol", connector)

    @rule(
        content=st.sampled_from([Image("V4"), Image("V5"), Image("V6", boots=False), "no image", None]),
        ahead_s=st.sampled_from([-60.0, -60.0, 20.0]), retries=st.sampled_from([0, 1]),
        lasts_s=st.sampled_from([0.2, 4.0]),
    )  # fmt: skip
    def firmware(self, content: object, ahead_s: float, retries: int, lasts_s: float) -> None:
        """An update, of an image that is good, does not boot, is none, or is not there."""
        self.world.transfers.usual = Plan(after_s=lasts_s)
        self.world.transfers.served = {} if content is None else {PLACE: content}
        update(self.world, ahead_s=ahead_s, retries=retries, retryInterval=5)

    @rule(number=st.integers(1, 4))
    def cancel_reservation(self, number: int) -> None:
        self.world.ask("CancelReservation", reservationId=number)
