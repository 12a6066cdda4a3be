"""What a block reads of the machines it reads off the tables: a table that says otherwise is followed."""

from __future__ import annotations

from pathlib import Path

import pytest

from model.language.composition import Composition
from model.language.loader import load_composition
from properties.world.csms import late, says
from properties.world.world import World
from tests.broken_tables import copied


def changed(folder: Path, old: str, new: str) -> Composition:
    """The tables with one text of ``station.toml`` exchanged."""
    path = copied(folder) / "station.toml"
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} does not stand there once"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return load_composition(path.parent)


def held(composition: Composition | None = None) -> World:
    """A transaction that runs without energy, because the CSMS has refused its token."""
    world = World(settings={"StopTransactionOnInvalidId": "false"}, composition=composition).power_up()
    world.csms.plan("StartTransaction", says(transactionId=5, idTagInfo={"status": "Blocked"}))
    return world.plug_in().present("alice", 1).wait(5)


@pytest.mark.parametrize(
    ("states", "runs"), [("StartOwed, Running, EnergyWithheld", True), ("StartOwed, Running", False)]
)
def test_which_transaction_runs_is_what_the_table_says(tmp_path: Path, states: str, runs: bool) -> None:
    row = '[[projections.transaction_runs.row]]\nwhen    = "some transaction in ({})"'
    table = changed(tmp_path, row.format("StartOwed, Running, EnergyWithheld"), row.format(states))
    world = held(table)
    (slot,) = world.station.context.ledger.transactions
    assert world.station.context.engine.state("transaction", 1, slot) == "EnergyWithheld"
    running = world.station.context.running(1)
    assert (running is not None and running[0] == slot) is runs


def test_of_two_transactions_the_one_that_began_last_runs() -> None:
    world = World().power_up().plug_in(1).present("alice", 1).wait(5)
    world.link_down().present("alice", 1).plug_out(1).plug_in(1).present("alice", 1).wait(1)
    running = world.station.context.running(1)
    assert running is not None
    assert running[0] == max(world.station.context.ledger.transactions)
    assert not running[1].ended


@pytest.mark.parametrize(("guard", "starts"), [("head_sent", 1), ("head_sent and transaction_queue == Sending", 2)])
def test_whether_a_late_answer_counts_is_what_the_table_says(tmp_path: Path, guard: str, starts: int) -> None:
    table = changed(tmp_path, 'when    = "head_sent"', f'when    = "{guard}"')
    settings = {"TransactionMessageAttempts": "3", "TransactionMessageRetryInterval": "60"}
    world = World(settings=settings, composition=table).power_up()
    world.csms.plan("StartTransaction", late(25.0))
    world.plug_in().present("alice").wait(200)
    assert len(world.csms.got("StartTransaction")) == starts


@pytest.mark.parametrize(("states", "sending"), [("Accepted, Renotifying", "Allowed"), ("Renotifying", "Withheld")])
def test_whether_the_station_may_send_is_what_the_table_says(tmp_path: Path, states: str, sending: str) -> None:
    table = changed(
        tmp_path, "link == Online and boot in (Accepted, Renotifying)", f"link == Online and boot in ({states})"
    )
    world = World(composition=table).power_up().wait(5)
    assert world.state("boot") == "Accepted"
    assert world.station.context.engine.value("sending") == sending
