"""A named condition is spelled out for whoever runs a guard, and shown by its name to whoever reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

from model.language.composition import Composition
from model.language.guard import parse_guard
from model.language.loader import load_composition
from model.language.table_source import TableError
from tests.lint.tables import SOUND, written

WHEN = 'when    = "bulb_is_good and hall == Open"'
SHARED = '[conditions.visitors]\nmeans = "somebody is in"\nwhen  = "hall == Open"\n[projections.glow]'


def loaded(folder: Path, when: str, *, lamp: str = "", station: str = SHARED) -> Composition:
    """The sound tables, with this guard at the lamp's row "on", and more conditions."""
    tables = SOUND | {
        "lamp": SOUND["lamp"].replace(WHEN, f'when = "{when}"', 1).replace("[operations.", f"{lamp}\n[operations.", 1),
        "station": SOUND["station"].replace("[projections.glow]", station, 1),
    }
    written(folder, tables)
    return load_composition(folder)


def test_a_condition_of_the_station_is_spelled_out_in_a_row_that_keeps_its_words(tmp_path: Path) -> None:
    row = loaded(tmp_path, "visitors and bulb_is_good")["lamp"].rows[0]
    assert row.when == parse_guard("hall == Open and bulb_is_good")
    assert row.said == "visitors and bulb_is_good"


def test_a_condition_may_name_another_and_a_projection(tmp_path: Path) -> None:
    lamp = '[conditions.wanted]\nmeans = "?"\nwhen = "not dim and visitors"\n'
    lamp += '[conditions.dim]\nmeans = "?"\nwhen = "glow == Dark"'
    row = loaded(tmp_path, "wanted and bulb_is_good", lamp=lamp)["lamp"].rows[0]
    assert str(row.when) == "not lamp != On and hall == Open and bulb_is_good"


@pytest.mark.parametrize(
    ("when", "lamp", "says"),
    [
        ("vistors", "", "lamp.toml:"),
        ("vistors", "", "[conditions.vistors]"),
        ("a", '[conditions.a]\nmeans = "?"\nwhen = "not b"\n[conditions.b]\nmeans = "?"\nwhen = "a"', "a -> b -> a"),
        ("a", '[conditions.a]\nmeans = "?"\nwhen = "a"', "a stands for itself (a -> a): write one of them out"),
        ("glow == Red", "", "glow is never 'Red'; it has Bright, Dark"),
        ("some glow == Dark", "", "glow is a projection"),
        ("a", '[conditions.a]\nmeans = "?"', "'when' is missing"),
        ("a", '[conditions.a]\nwhen = "hall == Open"', "'means' is missing"),
        ("a", '[conditions.a]\nmeans = "?"\nwhen = "hall =="', "expected"),
        ("a", '[conditions.a]\nmeans = "?"\nwhen = "hall == Open"\nof = "?"', "unknown of"),
        ("hall == Open", '[conditions.hall]\nmeans = "?"\nwhen = "lamp == On"', "shadows a machine of that name"),
        ("hall == Open", '[conditions.glow]\nmeans = "?"\nwhen = "lamp == On"', "shadows a projection of that name"),
        ("visitors", '[conditions.visitors]\nmeans = "?"\nwhen = "lamp == On"', "shadows a condition of the station"),
        ("bulb_is_good", '[conditions.bulb_is_good]\nmeans = "?"\nwhen = "lamp == On"', "shadows a question"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_place(when: str, lamp: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(TableError) as refused:
        loaded(tmp_path, when, lamp=lamp)
    assert says in str(refused.value)
    assert refused.value.place.file == "lamp.toml"
    assert refused.value.place.line > 1
