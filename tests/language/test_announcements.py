"""An announcement names nobody: who listens says so, and the loader makes raises of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from model.language.composition import Composition
from model.language.loader import load_composition
from model.language.machine import Raise
from model.language.table_source import TableError
from tests.lint.tables import SOUND, written

HEARD = 'means = "the hall is closed"\nfrom  = "machine"'


def loaded(folder: Path, announcer: str) -> Composition:
    """The sound tables, in which the hall announces that it is dark, and the lamp listens to somebody."""
    hall = SOUND["hall"].replace('"raise lamp.darken"', '"announce darken"', 1)
    lamp = SOUND["lamp"].replace(HEARD, HEARD.replace('"machine"', announcer), 1)
    written(folder, SOUND | {"hall": hall, "lamp": lamp})
    return load_composition(folder)


def test_an_announcement_becomes_a_raise_for_each_that_listens(tmp_path: Path) -> None:
    composition = loaded(tmp_path, '"hall"')
    close = composition["hall"].rows[0]
    assert close.do == (Raise("lamp", "darken"),)
    assert close.announces == ("darken",)
    event = composition["lamp"].event("darken")
    assert event is not None
    assert (event.origins, event.announcers) == (("machine",), ("hall",))


def test_listeners_hear_it_in_the_order_of_the_composition(tmp_path: Path) -> None:
    visit = (
        SOUND["visit"]
        .replace("[events.begin]", f"[events.darken]\n{HEARD}\n[events.begin]", 1)
        .replace("[[row]]", '[[row]]\nid = "dark"\nfrom = "Here"\non = "darken"\nreason = "for the test"\n[[row]]', 1)
    )
    states = [line.split(".")[1].rstrip("]") for line in visit.splitlines() if line.startswith("[states.")]
    visit = visit.replace('from = "Here"', f'from = "{states[0]}"').replace('from  = "machine"', 'from  = "hall"', 1)
    hall = SOUND["hall"].replace('"raise lamp.darken"', '"announce darken"', 1)
    lamp = SOUND["lamp"].replace(HEARD, HEARD.replace('"machine"', '"hall"'), 1)
    for order in (("lamp", "visit"), ("visit", "lamp")):
        names = ", ".join(f'"{name}"' for name in ("hall", *order))
        station = SOUND["station"].replace('["hall", "lamp", "visit"]', f"[{names}]", 1)
        folder = tmp_path / order[0]
        folder.mkdir()
        written(folder, {"station": station, "hall": hall, "lamp": lamp, "visit": visit})
        raised = [action.machine for action in load_composition(folder)["hall"].rows[0].do if isinstance(action, Raise)]
        assert raised == list(order)


def test_an_event_from_nobody_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TableError) as refused:
        loaded(tmp_path, '"hal"')
    assert "event darken comes from 'hal', which is no machine; any of hardware, csms" in refused.value.problem
    assert refused.value.place.file == "lamp.toml"
