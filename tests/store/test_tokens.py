"""Every id tag that was accepted is found again by a fresh process: in the list, the cache, at a reserved connector."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from model.messages.types import fold
from model.station_file import load_station
from runtime.adapters.sqlite.store import SqliteStore
from runtime.core.inputs import FrameReceived, Input, TokenPresented
from runtime.core.ports import SendFrame
from runtime.core.station import Station
from runtime.hosting import setup_of
from tests.benchmarks.micro import booted_station, now
from tests.covering import covers
from tests.searching import searching

ODD = (
    "\U0010ffff",
    "\U0010ffffA",
    "\0",
    "a\0b",
    "ß",
    "ẞ",
    "İ",
    "ı",
    "ﬃ" * 20,
    "\u0390" * 20,
    "e\u0301",
    "é",
    "\ufffe",
    " ",
    "a/b",
    "~",
)
HALVES = ("\ud800", "a\udfff", "\udc80")
TAGS = st.text(st.characters(), min_size=1, max_size=20) | st.sampled_from([*ODD, *HALVES])


class Life:
    """A station with its store: it hears, and commits before it speaks."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.store = SqliteStore(directory)
        self.station = booted_station()
        self.store.commit(self.station.context.ledger.take_writes())

    def hear(self, given: Input) -> list[Any]:
        step = self.station.step(given, now())
        self.store.commit(step.writes)
        return [json.loads(effect.text) for effect in step.effects if isinstance(effect, SendFrame)]

    def ask(self, action: str, **payload: Any) -> Any:
        """What the CSMS is answered: a payload, or a CALLERROR's code."""
        (frame,) = (f for f in self.hear(FrameReceived(json.dumps([2, "1", action, payload]))) if f[0] != 2)
        return frame[2]

    def next(self) -> Station:
        """The station of the next process on the same directory."""
        self.store.close()
        store = SqliteStore(self.directory)
        try:
            assert store.quarantined is None
            return Station(setup_of(load_station("m06010e2eyfg")), store.load(), seed=2)
        finally:
            store.close()


@covers("CS-7.28-01")
@searching(40)
@given(tags=st.lists(TAGS, min_size=1, max_size=5, unique_by=fold))
@example(tags=list(ODD))
@pytest.mark.exhaustive
def test_every_tag_of_a_list_that_was_accepted_is_found_again(
    tags: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    tags = list({fold(tag): tag for tag in tags}.values())
    life = Life(tmp_path_factory.mktemp("life"))
    entries = [{"idTag": tag, "idTagInfo": {"status": "Blocked", "parentIdTag": tag}} for tag in tags]
    answer = life.ask("SendLocalList", updateType="Full", listVersion=1, localAuthorizationList=entries)

    listed = life.next().context.ledger.listed

    accepted = answer == {"status": "Accepted"}
    assert accepted == (not any(half in tag for tag in tags for half in map(chr, range(0xD800, 0xE000)))), answer
    assert {entry.id_tag for entry in listed.values()} == (set(tags) if accepted else set())
    for tag in tags if accepted else ():
        for spelled in (tag, tag.swapcase()):
            assert fold(spelled) != fold(tag) or listed[fold(spelled)].parent_id_tag == tag


@searching(30)
@given(tag=TAGS)
@example(tag="\U0010ffffA")
@pytest.mark.exhaustive
def test_a_tag_for_which_a_connector_was_reserved_is_let_in_by_the_next_process(
    tag: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    life = Life(tmp_path_factory.mktemp("life"))
    answer = life.ask("ReserveNow", connectorId=1, expiryDate="2090-01-01T00:00:00Z", idTag=tag, reservationId=7)

    reservations = life.next().context.ledger.reservations

    if answer == {"status": "Accepted"}:
        assert reservations[1].is_for(tag, None)
    else:
        assert reservations == {}


@searching(30)
@given(tag=TAGS.filter(lambda tag: not any("\ud800" <= sign <= "\udfff" for sign in tag)))
@example(tag="\U0010ffffA")
@pytest.mark.exhaustive
def test_a_tag_that_was_authorized_is_in_the_cache_of_the_next_process(
    tag: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    life = Life(tmp_path_factory.mktemp("life"))
    asked = [frame for frame in life.hear(TokenPresented(tag)) if frame[0] == 2 and frame[2] == "Authorize"]
    assert [frame[3] for frame in asked] == [{"idTag": tag}]
    life.hear(FrameReceived(json.dumps([3, asked[0][1], {"idTagInfo": {"status": "Accepted"}}])))

    cached = life.next().context.ledger.cached

    assert [entry.id_tag for entry in cached.values()] == [tag]
