"""One reader for two connectors: where a token goes, and what its driver is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from model.station_file import load_station
from properties.world.csms import GOOD, SILENT, late, says
from properties.world.world import World
from tests.covering import FiredRows, covers


def shown(world: World) -> tuple[int, str] | None:
    """Connector and verdict that the reader shows."""
    return world.box.last_verdict


# ---- where a token goes ----------------------------------------------------------------------------------


@covers("CS-4.1-06", rows=("authorization:ask",))
def test_a_token_goes_where_an_ev_is_waiting(world: World) -> None:
    world.plug_in(2).present("alice")
    assert world.csms.got("StartTransaction")[-1]["connectorId"] == 2


@covers("CS-9.1.12-01", rows=("authorization:offline",))
def test_offline_too_it_goes_where_an_ev_is_waiting(charging: World) -> None:
    charging.present("alice").plug_out().link_down().plug_in(2).present("alice")
    assert shown(charging) == (2, "Accepted")


@covers("CS-3.4-06", rows=("authorization:stop",))
def test_the_token_of_a_running_session_stops_it_even_if_another_ev_is_waiting(charging: World) -> None:
    charging.plug_in(2).present("alice")
    assert [stop["reason"] for stop in charging.csms.got("StopTransaction")] == ["Local"]
    assert len(charging.csms.got("StartTransaction")) == 1


@covers("CS-5.11-12", "CS-5.11-02", rows=("authorization:remote",))
def test_a_remote_start_without_a_connector_goes_where_an_ev_is_waiting(world: World) -> None:
    world.plug_in(2).ask("RemoteStartTransaction", idTag="bob")
    assert world.csms.got("StartTransaction")[-1]["connectorId"] == 2


@covers("CS-4.9-A2", rows=("connector:A2.token",))
def test_with_no_ev_anywhere_a_token_goes_to_the_first_free_connector(world: World) -> None:
    world.present("alice")
    assert world.csms.statuses(1)[-1] == "Preparing"
    assert world.csms.statuses(2)[-1] == "Available"


# ---- a token that waits goes where the cable comes ----------------------------------------------------------

MOVE = ("authorization:await_cable", "authorization:take", "authorization:leave", "authorization:arrive", "reader:move")


@covers("CS-3.6-05", "CS-3.6-06", "CS-4.9-B1", rows=(*MOVE, "connector:B1.again", "connector:B3"))
def test_the_session_moves_to_the_other_connector_when_the_cable_comes_there(world: World) -> None:
    world.present("alice").wait(10).plug_in(2)
    assert world.csms.statuses(1) == ["Available", "Preparing", "Available"]
    assert world.csms.statuses(2) == ["Available", "Preparing", "Charging"]
    (start,) = world.csms.got("StartTransaction")
    assert (start["connectorId"], start["idTag"]) == (2, "alice")
    assert shown(world) == (2, "Accepted")
    assert len(world.csms.got("Authorize")) == 1


@covers("CS-3.4-06", "CS-3.10-02", rows=(*MOVE, "authorization:stop.group"))
def test_the_session_that_has_moved_is_still_its_drivers_and_its_groups(world: World) -> None:
    world.present("carol").plug_in(2)
    world.present("CAROL")
    assert world.csms.got("StopTransaction")[0]["idTag"] == "CAROL"
    world.plug_out(2).present("carol").plug_in(2).present("dave", 2)
    assert world.csms.got("StopTransaction")[1]["idTag"] == "dave"


@covers("CS-3.6-05", "CS-4.9-B3", rows=("authorization:await_cable", "authorization:bind", "reader:free"))
def test_the_cable_at_its_own_connector_binds_the_token(world: World) -> None:
    world.present("alice").plug_in(1).plug_in(2)
    assert [start["connectorId"] for start in world.csms.got("StartTransaction")] == [1]
    assert world.csms.statuses(2) == ["Available", "Preparing"]


@covers("CS-3.6-05", rows=("reader:wait", *MOVE))
def test_a_cable_that_comes_while_the_csms_is_asked_is_found_by_the_answer(world: World) -> None:
    world.csms.plan("Authorize", late(5.0))
    world.present("alice").plug_in(2).wait(10)
    assert world.csms.statuses(1) == ["Available", "Preparing", "Available"]
    assert world.csms.statuses(2)[-1] == "Charging"


@covers("CS-5.11-12", "CS-5.11-06", rows=("authorization:remote", *MOVE))
def test_a_remote_start_that_names_no_connector_goes_where_the_cable_comes(world: World) -> None:
    world.ask("RemoteStartTransaction", idTag="alice")
    world.plug_in(2)
    assert [start["connectorId"] for start in world.csms.got("StartTransaction")] == [2]


@covers("CS-5.11-06", rows=("authorization:remote",))
def test_a_start_that_names_its_connector_stays_there(world: World) -> None:
    world.ask("RemoteStartTransaction", idTag="alice", connectorId=1)
    world.plug_in(2)
    assert not world.csms.got("StartTransaction")
    world.plug_in(1)
    assert [start["connectorId"] for start in world.csms.got("StartTransaction")] == [1]


@covers("CS-9.1.6-02", "CS-4.9-B1", rows=("connector:B1.timeout", "authorization:reset", "reader:free"))
def test_a_token_for_which_no_cable_comes_in_time_waits_no_longer(world: World) -> None:
    world.present("alice").wait(130).plug_in(2).wait(1)
    assert world.csms.statuses(1)[-1] == "Available"
    assert not world.csms.got("StartTransaction")


@covers("CS-4.1-01", rows=("authorization:refuse", *MOVE))
def test_a_refused_driver_leaves_the_cable_to_the_token_that_waits(world: World) -> None:
    world.csms.plan("Authorize", GOOD, late(5.0))
    world.present("alice").present("mallory").plug_in(2)
    world.wait(10)
    assert [start["idTag"] for start in world.csms.got("StartTransaction")] == ["alice"]


@covers("CS-4.9-I2", "CS-4.9-H2", rows=MOVE)
@pytest.mark.parametrize("cause", ["fault", "station fault", "inoperative"])
def test_a_connector_that_comes_into_use_again_is_looked_at(fired: FiredRows, cause: str) -> None:
    world = World(fired.see).power_up()
    world.present("alice")
    _trouble(world, cause, begins=True)
    world.plug_in(2)
    assert not world.csms.got("StartTransaction")
    _trouble(world, cause, begins=False)
    assert [start["connectorId"] for start in world.csms.got("StartTransaction")] == [2]


def _trouble(world: World, cause: str, *, begins: bool) -> None:
    if cause == "inoperative":
        world.ask("ChangeAvailability", connectorId=2, type="Inoperative" if begins else "Operative")
        return
    where = 2 if cause == "fault" else 0
    if begins:
        world.fault(where)
    else:
        world.clear_fault(where)


@covers("CS-4.1-01", rows=("authorization:unanswered", "authorization:await_cable"))
def test_two_tokens_that_become_valid_at_once_do_not_wait_both(world: World) -> None:
    world.plug_in(1).present("alice").present("alice").plug_out(1).plug_in(1).present("bob").present("bob").plug_out(1)
    world.csms.plan("Authorize", SILENT, SILENT)
    world.present("alice").present("bob").flap()
    assert [world.state("authorization", connector) for connector in (1, 2)] == ["AwaitingCable", "Granted"]
    world.plug_in(2).plug_in(1).wait(30)
    assert sorted((s["connectorId"], s["idTag"]) for s in world.csms.got("StartTransaction")[2:]) == [
        (1, "alice"),
        (2, "bob"),
    ]


@pytest.fixture
def three(tmp_path: Path, fired: FiredRows) -> World:
    """A station of three connectors with one reader."""
    file = tmp_path / "three.toml"
    connectors = "".join(f"[[connector]]\nid = {n}\n" for n in (1, 2, 3))
    file.write_text(f'extends = "m06010e2eyfg"\n{connectors}', encoding="utf-8")
    return World(fired.see, file=load_station(file)).power_up()


@covers("CS-3.6-06", rows=MOVE)
def test_of_two_cables_that_wait_only_one_gets_the_token(three: World) -> None:
    three.csms.plan("Authorize", late(5.0))
    three.present("alice").plug_in(3).plug_in(2).wait(10)
    assert [start["connectorId"] for start in three.csms.got("StartTransaction")] == [2]
    assert [three.csms.statuses(n)[-1] for n in (1, 2, 3)] == ["Available", "Charging", "Preparing"]


# ---- a cable that somebody left in ----------------------------------------------------------------------------


@covers("ERR-3.20-01", "CS-4.9-B6", rows=("connector:B6.timeout", "authorization:reset.nobody"))
def test_a_token_that_names_no_connector_starts_nothing_on_a_cable_left_in_by_another(world: World) -> None:
    world.plug_in(1).wait(130).present("alice")
    assert world.csms.statuses(1)[-1] == "Finishing"
    assert world.csms.statuses(2)[-1] == "Preparing"
    assert not world.csms.got("StartTransaction")


@covers("ERR-3.20-01", rows=("authorization:closed",))
def test_where_every_cable_was_left_in_by_another_the_token_is_refused(world: World) -> None:
    world.plug_in(1).plug_in(2).wait(130).present("alice")
    assert shown(world) == (1, "Refused")
    assert world.ask("RemoteStartTransaction", idTag="alice").answer == {"status": "Rejected"}
    assert world.ask("RemoteStartTransaction", idTag="alice", connectorId=2).answer == {"status": "Accepted"}


@covers("CS-4.9-F2", rows=("connector:F2",))
def test_the_driver_who_has_just_stopped_may_begin_again(charging: World) -> None:
    charging.present("alice").present("ALICE")
    assert [start["connectorId"] for start in charging.csms.got("StartTransaction")] == [1, 1]


@covers("CS-3.10-02", rows=("authorization:ask",))
def test_a_stranger_goes_to_the_free_connector_and_not_to_anothers_session(charging: World) -> None:
    charging.present("bob").plug_in(2)
    assert [(s["connectorId"], s["idTag"]) for s in charging.csms.got("StartTransaction")] == [(1, "alice"), (2, "bob")]


# ---- what the driver is shown ----------------------------------------------------------------------------


@covers("CS-4.1-09", rows=("authorization:grant",))
def test_an_accepted_token_is_shown_so(charging: World) -> None:
    assert shown(charging) == (1, "Accepted")


@covers("CS-4.1-09", rows=("authorization:refuse",))
def test_a_refused_token_is_shown_so_and_nothing_begins(world: World) -> None:
    world.plug_in(1).present("mallory")
    assert shown(world) == (1, "Refused")
    assert not world.csms.got("StartTransaction")


@covers("CS-3.10-02", rows=("authorization:stop.stranger",))
def test_a_valid_token_of_nobodys_group_is_refused_at_a_running_session(charging: World) -> None:
    charging.present("bob", 1)
    assert shown(charging) == (1, "Refused")
    assert not charging.csms.got("StopTransaction")


@covers("CS-3.5.4-03", rows=("authorization:offline.refuse",))
def test_offline_an_unknown_token_is_refused(world: World) -> None:
    world.link_down().plug_in(1).present("nobody", 1)
    assert shown(world) == (1, "Refused")


@covers("CS-4.2.1-06", "ERR-3.11-05", rows=("authorization:offline.refuse", "authorization:offline"))
def test_a_station_that_was_never_accepted_lets_nobody_in_and_afterwards_whom_it_knows(fired: FiredRows) -> None:
    world = World(fired.see)
    world.csms.always("BootNotification", says(status="Pending", interval=20))
    world.power_up().plug_in(1).present("alice", 1).link_down().present("alice", 1)
    assert shown(world) == (1, "Refused")
    assert world.register_wh() == 0
    world.csms.always("BootNotification", GOOD)
    world.link_up().wait(60).plug_out(1).plug_in(1).present("alice", 1).present("alice", 1).plug_out(1)
    world.link_down().plug_in(1).present("alice", 1)
    assert shown(world) == (1, "Accepted")


@covers("CS-5.2-02", rows=("authorization:closed",))
def test_at_an_inoperative_station_everybody_is_refused(world: World) -> None:
    world.ask("ChangeAvailability", connectorId=0, type="Inoperative")
    world.present("alice", 1)
    assert shown(world) == (1, "Refused")
    assert not world.csms.got("Authorize")


@covers("CS-3.10-02", "CS-4.1-01", rows=("authorization:stop.refused",))
def test_a_blocked_token_is_refused_at_a_running_session(charging: World) -> None:
    charging.present("mallory", 1)
    assert shown(charging) == (1, "Refused")
    assert not charging.csms.got("StopTransaction")
