"""One reader for two connectors: where a token goes, and what its driver is shown."""

from __future__ import annotations

import pytest

from properties.world.world import World
from tests.covering import FiredRows, covers


@pytest.fixture
def world(fired: FiredRows) -> World:
    return World(fired.see).power_up()


@pytest.fixture
def charging(world: World) -> World:
    return world.plug_in().present("alice")


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


@covers("CS-5.11-02", rows=("authorization:remote",))
def test_a_remote_start_without_a_connector_goes_where_an_ev_is_waiting(world: World) -> None:
    world.plug_in(2).ask("RemoteStartTransaction", idTag="bob")
    assert world.csms.got("StartTransaction")[-1]["connectorId"] == 2


@covers("CS-4.9-A2", rows=("connector:A2.token",))
def test_with_no_ev_anywhere_a_token_goes_to_the_first_free_connector(world: World) -> None:
    world.present("alice")
    assert world.csms.statuses(1)[-1] == "Preparing"
    assert world.csms.statuses(2)[-1] == "Available"


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
