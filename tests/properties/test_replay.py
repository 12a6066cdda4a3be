"""Replay: traces of the exploration on the real station, and files that are no traces."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from model.language.loader import load_composition
from model.station_file import load_station
from properties.blocks.registry import stimuli_of
from properties.commands.replay_command import replay
from properties.commands.verify_command import app as verify_app
from properties.counterexample import Counterexample, way_to
from properties.explorer.search import Exploration, explore
from properties.explorer.steps import Stepper
from properties.reference import Reference, named
from properties.replay.replay import Replay, ReplayFileError, read_trace, report
from properties.scope import Scope
from tests.broken_tables import copied, with_row

pytestmark = pytest.mark.exhaustive

COMPOSITION = load_composition()
SCOPE = Scope("a session", part=("connector",), still=("firmware",))
Json = dict[str, Any]


@pytest.fixture(scope="module")
def exploration() -> Exploration:
    return explore(Stepper(Reference(COMPOSITION, SCOPE)))


def write(folder: Path, content: object) -> Path:
    path = folder / "counterexample.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def step(instance: str, event: str, *rows: str, **answers: bool) -> Json:
    return {"instance": instance, "event": event, "rows": list(rows), "answers": answers}


def traced(exploration: Exploration, **wanted: str) -> Json:
    """The shortest way to a state in which these machines are in these states."""
    graph, layout = exploration.stepper.graph, exploration.stepper.layout
    for number in range(exploration.seen.size):
        states = named(graph, layout.unpack(exploration.seen.states[number]))
        if all(states.get(f"{name}/1", states.get(name)) == state for name, state in wanted.items()):
            return Counterexample("a property", "as wanted", way_to(exploration, number), {}, SCOPE).as_json()
    raise LookupError(f"no state with {wanted}")


START = [
    step("power", "power_up", "link:power_up"),
    step("link", "opened", "link:open", "boot:notify"),
    step("boot", "accepted", "boot:accept", "acceptance:accept", "transaction_queue:open", "transaction_queue:empty"),
    step("cable/1", "plugged_in_asking", "cable:plug_in.asking", "connector:A2.cable"),
    step("authorization/1", "token_presented", "authorization:ask", pre_authorized=False),
    step(
        "authorization/1",
        "accepted",
        "authorization:grant",
        "connector:B3",
        "power_allocation:follow",
        "transaction:begin",
        "metering:begin",
        "transaction_queue:send",
        "power_limit:begun",
    ),
]
PART = {"connectors": 1, "part": ["connector", "transaction"]}


def test_a_session_by_hand_is_reproduced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    power = step("power", "power_up", "link:power_up", "transaction:power_loss.both")
    assert replay(write(tmp_path, {"scope": PART, "steps": [*START, power]})) == 0
    assert "reproduced on the real station" in capsys.readouterr().out


@pytest.mark.parametrize(
    "wanted",
    [
        {"connector": "Charging"},
        {"connector": "SuspendedEV", "authorization": "AskingToStop"},
        {"connector": "Finishing"},
        {"connector": "SuspendedEVSE", "fault": "EvCommunicationLost", "power_limit": "Open"},
        {"connector": "SuspendedEVSE", "power_limit": "Shut"},
        {"connector": "Unavailable", "cable": "Requesting"},
        {"availability": "Scheduled"},
        {"connector": "Reserved", "cable": "Requesting"},
        {"reservation": "Claimed", "link": "Online"},
        {"reservation": "Reserved", "connector": "Finishing"},
    ],
    ids=str,
)
def test_the_shortest_way_to_a_state_is_the_real_stations_too(
    exploration: Exploration, tmp_path: Path, wanted: dict[str, str]
) -> None:
    trace = read_trace(write(tmp_path, traced(exploration, **wanted)), COMPOSITION)
    lines, reproduced = report(Replay(trace, COMPOSITION, load_station("m06010e2eyfg"), stimuli_of()).run(), trace)
    assert reproduced, "\n".join(lines)


def test_whom_a_reservation_is_for_is_laid_out_as_the_trace_has_it(tmp_path: Path) -> None:
    steps = [
        *START[:3],
        step("reservation/1", "asked", "reservation:reserve", "connector:A7", reservations_on=True, lies_ahead=True),
        step("authorization/1", "token_presented", "authorization:reserved", admitted=False, group_unknown=False),
        step("authorization/1", "token_presented", "authorization:ask", admitted=False, group_unknown=True),
        step("authorization/1", "accepted", "authorization:grant.reserved", admitted=False),
        step("reservation/1", "asked", "reservation:reserved_already", same_id=False),
        step("power", "power_up", "link:power_up", "reservation:power_up.late", still_runs=False),
    ]
    assert replay(write(tmp_path, {"scope": PART, "steps": steps})) == 0


def test_where_the_station_goes_another_way_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = step("cable/1", "plugged_out", "cable:plug_out", "connector:F1")
    assert replay(write(tmp_path, {"scope": PART, "steps": [*START, other]})) == 1
    said = capsys.readouterr().out
    assert "the real station diverges: the trace has connector:F1 here, the station did connector:CDE6.unplug" in said


def test_what_the_world_cannot_bring_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stop = step("connector/1", "remote_stop", "connector:CDE6.remote")
    assert replay(write(tmp_path, {"scope": PART, "steps": [*START, stop]})) == 1
    assert "the CSMS knows no id" in capsys.readouterr().out


SHARED, CACHE = "one connector and what it touches", "the authorization cache"


@pytest.mark.parametrize(
    ("broken", "violated", "where"),
    [
        (("transaction:power_loss", r"StopOwed", "Running"), "power_loss_ends_transactions", SHARED),
        (("transaction:power_loss", r"StopOwed", "Running"), "every_transaction_can_be_settled", SHARED),
        (("availability:take_effect", '"Inoperative"', '"Operative"'), "unavailable_as_a_whole", SHARED),
        (("cache:clear", r'"raise cache_entry.cleared"', ""), "cleared_cache_holds_nobody", CACHE),
        (("cache:learn.purge", "invalid_leave", "oldest_leaves"), "the_valid_leave_last", CACHE),
        (("cache_entry:refuse", r"cache == InUse and ", ""), "a_disabled_cache_learns_nothing", CACHE),
    ],
)
def test_a_broken_row_is_found_and_shown_on_the_real_station(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    broken: tuple[str, str, str],
    violated: str,
    where: str,
) -> None:
    """The whole way that a person goes: a mistake in a table, ``verify``, ``replay`` of the file that it has left."""
    monkeypatch.chdir(tmp_path)
    tables = copied(tmp_path)
    with_row(tables, *broken)
    scope = ("--scope", where)
    assert verify_app((*scope, "--tables", str(tables)), result_action="return_value") == 1
    capsys.readouterr()
    assert replay(Path(f".provenpoint/counterexample-{violated}.json"), tables=tables) == 0
    assert f"reproduced: the real station violates {violated}: " in capsys.readouterr().out


def test_a_property_that_the_station_keeps_is_not_reproduced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = {"scope": PART, "steps": START, "property": "transaction_is_authorized"}
    assert replay(write(tmp_path, kept)) == 1
    assert "not reproduced: the real station does not violate transaction_is_auth" in capsys.readouterr().out


def test_data_other_than_the_trace_assumes_do_not_end_the_replay(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    unknown = step("authorization/1", "token_presented", "authorization:offline", "connector:A2.token")
    steps = [START[0], unknown, *START[1:]]
    assert replay(write(tmp_path, {"scope": PART, "steps": steps, "property": "transaction_is_authorized"})) == 1
    said = capsys.readouterr().out
    assert "the real station diverges" in said
    assert "7. authorization/1.accepted" in said


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ([], "no 'steps'"),
        ({"steps": []}, "no 'steps'"),
        ({"steps": [1]}, "step 1: not an object"),
        ({"steps": [step("kettle", "boils")]}, "step 1: no machine 'kettle'; known: "),
        ({"steps": [START[0], step("cable/1", "boils")]}, "step 2: cable has no event 'boils'; it has plugged_in"),
        ({"steps": [step("cable/one", "plugged_in")]}, "write machine, machine/connector"),
        ({"steps": START, "scope": {"connectors": 0}}, "scope.connectors is 0"),
    ],
)
def test_a_file_that_is_no_counterexample_is_refused(tmp_path: Path, content: object, said: str) -> None:
    with pytest.raises(ReplayFileError, match=said):
        read_trace(write(tmp_path, content), COMPOSITION)


@pytest.mark.parametrize("text", ["{", None])
def test_a_file_that_cannot_be_read_is_exit_code_2(
    tmp_path: Path, text: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "counterexample.json"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    assert replay(path) == 2
    assert str(path) in capsys.readouterr().err


def test_every_event_of_the_world_has_a_cause() -> None:
    """A new table brings its events here, or the replay could not speak of them."""
    alone = {"local_list.contradicted"}
    alone |= {"reservation.moved", "reservation.clock_set", "transaction_queue.recalled"}
    alone |= {"charging_profile.brought", "charging_profile.transaction_over", "firmware.clock_set", "firmware.told"}
    timers = {f"{machine.name}.{timer.event}" for machine in COMPOSITION.machines for timer in machine.timers}
    world = {
        f"{machine.name}.{event.name}"
        for machine in COMPOSITION.machines
        for event in machine.events
        if event.external and event.origins != ("power",)
    }
    assert world - timers - alone == set(stimuli_of().stimuli) - timers
