"""A station without a feature profile: what belongs to it is refused, not there among the keys, and without effect.

Core is no choice. Each other profile is left out of a station file as a product does it: by stating those that it has.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from model.configuration import load_configuration
from model.messages.codec import unstructure
from model.messages.registry import ACTIONS, Profile, Sender
from model.station_file import StationFile, load_station
from properties.message_strategies import full_messages
from properties.world.world import World
from tests.covering import FiredRows, covers
from tests.model.test_bad_input import everything
from tests.searching import searching
from tests.smart_charging.profiles import body, ids, install, offers

WHOLE = load_station("m06010e2eyfg")
OPTIONAL = [profile for profile in Profile if profile is not Profile.CORE]
ASKED: dict[Profile, dict[str, dict[str, Any]]] = {
    Profile.FIRMWARE_MANAGEMENT: {
        "GetDiagnostics": {"location": "ftp://files.example/"},
        "UpdateFirmware": {"location": "ftp://files.example/image", "retrieveDate": "2099-01-01T00:00:00Z"},
    },
    Profile.LOCAL_AUTH_LIST_MANAGEMENT: {
        "GetLocalListVersion": {},
        "SendLocalList": {"updateType": "Full", "listVersion": 1, "localAuthorizationList": []},
    },
    Profile.REMOTE_TRIGGER: {"TriggerMessage": {"requestedMessage": "Heartbeat"}},
    Profile.RESERVATION: {
        "CancelReservation": {"reservationId": 7},
        "ReserveNow": {
            "connectorId": 2, "expiryDate": "2026-01-01T13:00:00Z", "idTag": "bob", "reservationId": 7,
        },
    },
    Profile.SMART_CHARGING: {
        "ClearChargingProfile": {},
        "GetCompositeSchedule": {"connectorId": 1, "duration": 60},
        "SetChargingProfile": {
            "connectorId": 1,
            "csChargingProfiles": {
                "chargingProfileId": 1, "stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile",
                "chargingProfileKind": "Relative",
                "chargingSchedule": {
                    "chargingRateUnit": "W", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 9000}],
                },
            },
        },
    },
}  # fmt: skip
"""Requests that the whole station does, by profile and action."""

KEYS = {
    Profile.FIRMWARE_MANAGEMENT: {"SupportedFileTransferProtocols"},
    Profile.LOCAL_AUTH_LIST_MANAGEMENT: {"LocalAuthListEnabled", "LocalAuthListMaxLength", "SendLocalListMaxLength"},
    Profile.RESERVATION: {"ReservationEnabled", "ReserveConnectorZeroSupported"},
    Profile.SMART_CHARGING: {
        "ChargeProfileMaxStackLevel", "ChargingScheduleAllowedChargingRateUnit", "ChargingScheduleMaxPeriods",
        "MaxChargingProfilesInstalled",
    },
}  # fmt: skip
"""The keys that come with a profile."""


def requests_of(*profiles: Profile) -> set[str]:
    """What a CSMS may ask of a station with these profiles."""
    return {one.name for one in ACTIONS.values() if one.profile in profiles and one.sender is not Sender.STATION}


def without(folder: Path, left_out: Profile) -> StationFile:
    """The station file of a product that lacks that profile."""
    stated = [f'[[profile]]\nname = "{profile}"\n' for profile in WHOLE.profiles if profile is not left_out]
    path = folder / "plain.toml"
    path.write_text('extends = "m06010e2eyfg"\n' + "".join(stated), encoding="utf-8")
    return load_station(path)


def charging(world: World) -> World:
    return world.power_up().plug_in().present("alice").wait(5)


@covers("CS-3.3-06", "CS-3.3-07", "CS-3.3-08", "CS-3.3-09")
@pytest.mark.parametrize("profile", ASKED)
def test_what_is_asked_of_the_profile_is_all_that_there_is_and_done_where_there_is_one(
    profile: Profile, fired: FiredRows
) -> None:
    assert set(ASKED[profile]) == requests_of(profile)
    world = charging(World(fired.see))
    assert [world.ask(action, **payload).error for action, payload in ASKED[profile].items()] == [""] * len(
        ASKED[profile]
    )


@covers("CS-3.3-03", "J-4.2.3-10", "ERR-3.39-02", "CS-7.11-03")
@pytest.mark.parametrize("profile", OPTIONAL)
def test_a_request_of_a_profile_that_is_left_out_is_not_supported_and_changes_nothing(
    profile: Profile, fired: FiredRows, tmp_path: Path
) -> None:
    world = charging(World(fired.see, file=without(tmp_path, profile)))
    before = everything(world)
    refused = {action: world.ask(action, **ASKED.get(profile, {}).get(action, {})) for action in requests_of(profile)}
    assert refused
    assert {asked.error for asked in refused.values()} == {"NotSupported"}
    assert everything(world) == before


@covers("CS-3.3-03", "CS-3.3-02")
@searching(150)
@given(data=st.data())
@pytest.mark.exhaustive
def test_whatever_profiles_a_station_has_they_alone_decide_which_requests_it_knows(data: st.DataObject) -> None:
    has = (Profile.CORE, *data.draw(st.sets(st.sampled_from(OPTIONAL))))
    kept = tuple(one for one in WHOLE.contents.profile if one.name in has)
    world = World(file=evolve(WHOLE, contents=evolve(WHOLE.contents, profile=kept)))
    world.power_up()
    for action in data.draw(st.lists(st.sampled_from(sorted(requests_of(*Profile))), min_size=1, max_size=6)):
        pair = ACTIONS[action].pair
        payload = unstructure(data.draw(full_messages(pair.req))) if pair else {}
        before, asked = everything(world), world.ask(action, **payload)
        supported = pair is not None and ACTIONS[action].profile in has
        assert (asked.error == "NotSupported") == (not supported), (action, has)
        assert supported or everything(world) == before
        world.wait(30)


@covers("CS-3.3-03", "CS-9.1.29-01", "CS-9-01", "CS-5.8-04", "CS-5.3-06")
@pytest.mark.parametrize("profile", OPTIONAL)
def test_a_profile_that_is_left_out_is_not_told_and_has_no_keys(
    profile: Profile, fired: FiredRows, tmp_path: Path
) -> None:
    world = World(fired.see, file=without(tmp_path, profile)).power_up()
    gone = sorted(KEYS.get(profile, ()))
    answer = world.ask("GetConfiguration", key=["SupportedFeatureProfiles", *gone]).answer
    assert answer is not None
    assert profile not in answer["configurationKey"][0]["value"].split(",")
    assert answer.get("unknownKey", []) == gone
    everything_told = world.ask("GetConfiguration").answer
    assert everything_told is not None
    told = {entry["key"] for entry in everything_told["configurationKey"]}
    assert told == {name for name, key in load_configuration().offered(WHOLE).items() if key.readable} - set(gone)
    for name in gone:
        assert world.ask("ChangeConfiguration", key=name, value="true").answer == {"status": "NotSupported"}


@covers("CS-3.3-03", "CS-3.5.2-08", rows=("local_list:disable",))
def test_a_list_from_before_the_profile_was_left_out_speaks_for_nobody(fired: FiredRows, tmp_path: Path) -> None:
    world = World(fired.see).power_up()
    listed = [{"idTag": "stranger", "idTagInfo": {"status": "Accepted"}}]
    world.ask("SendLocalList", updateType="Full", listVersion=1, localAuthorizationList=listed)
    world.file = without(tmp_path, Profile.LOCAL_AUTH_LIST_MANAGEMENT)
    world.power_cycle().link_down().plug_in().present("stranger").wait(5)
    assert world.state("connector", 1) == "Preparing"


@covers("CS-7.44-03", "CS-5.17-10")
def test_a_message_of_a_profile_that_is_left_out_cannot_be_triggered(fired: FiredRows, tmp_path: Path) -> None:
    world = World(fired.see, file=without(tmp_path, Profile.FIRMWARE_MANAGEMENT)).power_up()
    for message in ("FirmwareStatusNotification", "DiagnosticsStatusNotification"):
        assert world.ask("TriggerMessage", requestedMessage=message).answer == {"status": "NotImplemented"}
        assert not world.csms.got(message)


@covers("CS-3.3-03", rows=("charging_profile:power_up.unsupported",))
def test_a_charging_profile_from_before_the_profile_was_left_out_limits_nobody(
    fired: FiredRows, tmp_path: Path
) -> None:
    world = World(fired.see).power_up()
    assert install(world, 0, body(1, (0, 6_000))) == install(world, 1, body(2, (0, 6_000), stackLevel=1)) == "Accepted"
    world.power_cycle().plug_in().present("alice").wait(5)
    assert offers(world)[0] == 6_000, "as long as the station has the feature profile"
    world.file = without(tmp_path, Profile.SMART_CHARGING)
    world.power_cycle()
    assert (world.state("charging_profile"), ids(world)) == ("Empty", [])
    world.plug_out().plug_in().present("alice").wait(5)
    assert offers(world)[0] > 6_000
    world.file = WHOLE
    assert ids(world.power_cycle()) == [], "forgotten for good"
