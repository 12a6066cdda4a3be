"""SendLocalList and GetLocalListVersion: what is taken, what is refused, and what is held then, power cut or not."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.station_file import load_station
from properties.world.disk import Death
from properties.world.world import World
from tests.covering import FiredRows, covers
from tests.local_list.sending import Json, change, entry, full, listed, many, send, version

# ---- updates -------------------------------------------------------------------------------------------------


@covers("CS-5.10-03", "CS-6.28-01", rows=("local_list:version.empty",))
def test_a_station_without_entries_has_version_0(world: World) -> None:
    assert version(world) == 0


@covers(
    "CS-3.5.2-01", "CS-3.5.2-10", "CS-5.15-01", "CS-5.15-04", "CS-5.15-05", "CS-5.15-06", "CS-7.47-01", "CS-7.48-02",
    "CS-6.41-01", "CS-6.42-01",
    rows=("local_list:replace", "local_list:version"),
)  # fmt: skip
def test_a_full_list_takes_the_place_of_the_one_held_whatever_its_version(world: World) -> None:
    assert full(world, 7, entry("alice"), entry("bob")) == "Accepted"
    assert version(world) == 7
    assert full(world, 3, entry("carol")) == "Accepted"
    assert (version(world), listed(world)) == (3, ["carol"])


@covers("CS-6.41-01", "CS-5.10-03", "ERR-3.52-01", rows=("local_list:replace.empty", "local_list:version.empty"))
@pytest.mark.parametrize("payload", [{}, {"localAuthorizationList": []}])
def test_a_full_list_of_nobody_empties_and_has_version_0(world: World, payload: Json) -> None:
    full(world, 7, entry("alice"))
    asked = world.ask("SendLocalList", updateType="Full", listVersion=9, **payload)
    assert asked.answer == {"status": "Accepted"}
    assert (version(world), listed(world)) == (0, [])
    assert change(world, 1, entry("bob")) == "Accepted", "the next change is held against 0"


@covers("CS-5.10-02", "CS-3.5.2-05", rows=("local_list:replace", "local_list:version"))
def test_the_version_is_that_of_the_last_update_after_a_power_cut_too(world: World) -> None:
    full(world, 5, entry("alice"))
    assert version(world.power_cycle().wait(10)) == 5
    assert change(world, 6, entry("bob")) == "Accepted"
    assert version(world.power_cycle().wait(10)) == 6
    assert listed(world) == ["alice", "bob"]


@covers("CS-3.5.2-11", rows=("local_list:replace.empty", "local_list:change"))
def test_the_updates_of_the_figures(world: World) -> None:
    assert world.ask("SendLocalList", updateType="Full", listVersion=234).answer == {"status": "Accepted"}
    assert change(world, 239, entry("alice")) == "Accepted"
    assert version(world) == 239


@covers("CS-5.15-02", "CS-5.15-04", "CS-7.1-03", "CS-7.1-04", "CS-7.48-01", "CS-7.28-01", rows=("local_list:change",))
def test_a_differential_list_adds_replaces_and_deletes(world: World) -> None:
    full(world, 1, entry("alice", expiryDate="2030-01-01T00:00:00Z"), entry("bob"), entry("carol"))
    assert (
        change(world, 5, entry("ALICE", "Blocked"), entry("BOB", None), entry("dave"), entry("nobody", None))
        == "Accepted"
    )
    assert (version(world), listed(world)) == (5, ["alice", "carol", "dave"])
    alice = world.station.context.ledger.listed["alice"]
    assert (alice.status, alice.expiry_date) == ("Blocked", None), "the whole idTagInfo is replaced"


@covers("CS-6.41-01", "CS-5.15-04", rows=("local_list:change",))
def test_a_differential_list_without_entries_changes_the_version_alone(world: World) -> None:
    full(world, 1, entry("alice"))
    assert world.ask("SendLocalList", updateType="Differential", listVersion=2).answer == {"status": "Accepted"}
    assert (version(world), listed(world)) == (2, ["alice"])


@covers("CS-7.1-04", "CS-5.10-03", rows=("local_list:change.empty",))
def test_deleting_the_last_entry_leaves_version_0(world: World) -> None:
    full(world, 1, entry("alice"))
    assert change(world, 2, entry("alice", None)) == "Accepted"
    assert (version(world), listed(world)) == (0, [])


@covers("CS-7.47-04", "CS-5.15-06", "CS-5.15-07", "ERR-3.52-01", rows=("local_list:change.mismatch",))
@pytest.mark.parametrize("stale", [5, 4, 0, -1])
def test_a_differential_list_that_is_not_newer_is_a_mismatch(world: World, stale: int) -> None:
    full(world, 5, entry("alice"))
    assert change(world, stale, entry("bob")) == "VersionMismatch"
    assert (version(world), listed(world)) == (5, ["alice"])
    assert full(world, 5, entry("bob")) == "Accepted"


@covers("CS-5.15-06", "CS-7.47-02", "CS-7.1-02", "ERR-3.52-01", "CS-9.2.3-01", rows=("local_list:replace.fail",))
@pytest.mark.parametrize(
    ("number", "entries"),
    [
        (0, [entry("bob")]),
        (-1, [entry("bob")]),
        (6, [entry("bob"), entry("BOB")]),
        (6, [entry("bob"), entry("carol", None)]),
        (6, many(51)),
    ],
    ids=["version 0", "version -1", "twice", "no idTagInfo", "too many"],
)
def test_a_full_list_that_cannot_be_taken_changes_nothing(world: World, number: int, entries: list[Json]) -> None:
    full(world, 5, entry("alice"))
    assert full(world, number, *entries) == "Failed"
    assert (version(world), listed(world)) == (5, ["alice"])


@covers("CS-9.2.2-01", "CS-9.2.3-01", "CS-5.15-06", rows=("local_list:change.fail", "local_list:change"))
def test_the_list_holds_50_and_what_is_deleted_no_longer_counts(world: World) -> None:
    assert full(world, 1, *many(50)) == "Accepted"
    assert change(world, 2, entry("alice")) == "Failed", "51 would be held"
    assert change(world, 2, *many(51, status=None)) == "Failed", "51 are sent"
    assert change(world, 2, entry("alice"), entry("ALICE")) == "Failed", "one of them twice"
    assert (version(world), len(listed(world))) == (1, 50)
    assert change(world, 2, entry("alice"), entry("tag-0", None)) == "Accepted"
    assert (version(world), len(listed(world))) == (2, 50)


@covers("CS-9.2.2-01", "CS-9.2.3-01", rows=("local_list:change.fail", "local_list:replace.fail"))
def test_the_station_file_says_how_many_are_held_and_how_many_come_at_once(fired: FiredRows, tmp_path: Path) -> None:
    rows = '[[row]]\nid = "ORS-12"\nvalue = 3\n[[row]]\nid = "ORS-13"\nvalue = 2\n'
    (tmp_path / "small.toml").write_text(f'extends = "m06010e2eyfg"\n{rows}', encoding="utf-8")
    world = World(fired.see, file=load_station(tmp_path / "small.toml")).power_up()
    answer = world.ask("GetConfiguration", key=["LocalAuthListMaxLength", "SendLocalListMaxLength"]).answer
    assert answer is not None
    assert [told["value"] for told in answer["configurationKey"]] == ["3", "2"]
    assert [full(world, 1, *many(3)), full(world, 1, *many(2))] == ["Failed", "Accepted"]
    assert [change(world, 2, *many(2, first=2)), change(world, 2, *many(1, first=2))] == ["Failed", "Accepted"]


@covers("CS-7.1-01", "CS-7.28-01")
@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"updateType": "Full"}, "ProtocolError"),
        ({"listVersion": 1}, "ProtocolError"),
        ({"listVersion": 1, "updateType": "full"}, "PropertyConstraintViolation"),
        ({"listVersion": "1", "updateType": "Full"}, "TypeConstraintViolation"),
        ({"listVersion": 1, "updateType": "Full", "localAuthorizationList": [{}]}, "ProtocolError"),
        (
            {"listVersion": 1, "updateType": "Full", "localAuthorizationList": [entry("x" * 21)]},
            "PropertyConstraintViolation",
        ),
    ],
)
def test_a_request_that_is_none_is_refused_and_changes_nothing(world: World, payload: Json, code: str) -> None:
    full(world, 5, entry("alice"))
    assert world.ask("SendLocalList", **payload).error == code
    assert (version(world), listed(world)) == (5, ["alice"])


# ---- what a power cut leaves ----------------------------------------------------------------------------------------


@covers("CS-3.5.2-05", "CS-3.5.2-06", "CS-6.42-01", rows=("local_list:replace", "local_list:change"))
@pytest.mark.parametrize("death", list(Death))
@pytest.mark.exhaustive
def test_a_power_cut_finds_the_old_list_or_the_new_one_and_never_a_mixture(fired: FiredRows, death: Death) -> None:
    for place in count(1):
        world = World(fired.see).power_up()
        full(world, 1, *many(30))
        world.death = death
        world.fuse.set(place)
        asked = world.ask("SendLocalList", updateType="Differential", listVersion=2, localAuthorizationList=CHANGES)
        if world.powered:
            break
        world.power_cycle()
        found = (version(world), len(listed(world)), world.state("local_list"))
        assert found in ((1, 30, "InUse"), (2, 21, "InUse"))
        assert found[0] == 2 or asked.answer is None, "what was answered is kept"
    assert place > 4, "the step, its commit and its answer were all cut"


CHANGES = [*many(10, status=None), entry("alice")]


@given(
    st.lists(
        st.tuples(st.booleans(), st.integers(-1, 9), st.lists(st.sampled_from("aAbBc"), max_size=4), st.booleans())
    )
)
@covers("CS-5.15-06", "CS-7.47-04", "CS-5.10-03")
@pytest.mark.exhaustive
def test_whatever_is_sent_the_version_is_that_of_the_list(updates: list[tuple[bool, int, list[str], bool]]) -> None:
    world = World().power_up()
    for is_full, number, tags, deletes in updates:
        before = (version(world), listed(world))
        entries = [entry(tag, None if deletes else "Accepted") for tag in tags]
        status = send(world, "Full" if is_full else "Differential", number, *entries)
        after = (version(world), listed(world))
        assert after[0] == (number if after[1] else 0) or status != "Accepted"
        assert status == "Accepted" or after == before
        assert (after[0] == 0) == (not after[1])
