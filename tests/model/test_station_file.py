"""Station files: the built-in ones attest what the certificate says, and a wrong one is refused at its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from model.station_file import StationFile, built_in_stations, load_station
from model.station_reader import StationFileError
from tests.covering import covers

BASE = 'extends = "m06010e2eyfg"\n'


def station(folder: Path, text: str) -> StationFile:
    path = folder / "mine.toml"
    path.write_text(BASE + text, encoding="utf-8")
    return load_station(path)


@pytest.mark.parametrize("name", built_in_stations())
def test_every_built_in_station_loads(name: str) -> None:
    assert load_station(name).name == name


def test_the_certified_station_has_its_rows_limits_and_connectors() -> None:
    charger = load_station("m06010e2eyfg")
    assert charger.connector_ids == (1, 2)
    assert charger.limits["ORS-5"] == 3600
    assert charger.features["C-05"].value is False
    assert charger.features["SEC-4"].value == ("TLS_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_256_GCM_SHA384")
    assert charger.kpis["KPI-1"].limit == charger.runtime.call_timeout_s


@covers("CS-6.3-01")
@pytest.mark.parametrize("name", built_in_stations())
def test_the_names_on_the_wire_fit_their_fields(name: str) -> None:
    product = load_station(name).product
    assert 0 < len(product.charge_point_vendor) <= 20
    assert 0 < len(product.charge_point_model) <= 20


def test_the_white_label_product_differs_in_names_only() -> None:
    original, label = load_station("m06010e2eyfg").contents, load_station("hexing-m06010e2eyfg").contents
    assert label.product.vendor == "PT Hexing Technology"
    assert label.product.designation == "Hexing/M06010E2EYFG"
    assert (label.row, label.connector, label.hardware, label.runtime, label.profile) == (
        original.row, original.connector, original.hardware, original.runtime, original.profile,
    )  # fmt: skip


def test_a_file_of_ones_own_changes_what_it_states_and_keeps_the_rest(tmp_path: Path) -> None:
    mine = station(tmp_path, '[product]\ncharge_point_model = "Mine"\n[hardware.ev]\nstate_of_charge = 0.9\n')
    assert mine.product.charge_point_model == "Mine"
    assert mine.product.charge_point_vendor == "Livoltek"
    assert mine.hardware.ev.state_of_charge == 0.9
    assert mine.hardware.ev.battery_wh == load_station("m06010e2eyfg").hardware.ev.battery_wh


def test_one_connector_instead_of_two(tmp_path: Path) -> None:
    mine = station(tmp_path, "[[connector]]\nid = 1\nfirst_register_wh = 1234\n")
    assert mine.connector_ids == (1,)
    assert mine.limits["HFS-8"] == 1
    assert mine.connectors[0].type == "cCCS2", "what it does not state comes from the base"
    assert mine.first_register_wh(1) == 1234


@covers("CS-3.3-03")
def test_the_profiles_are_those_that_are_stated(tmp_path: Path) -> None:
    mine = station(tmp_path, '[[profile]]\nname = "Core"\n[[profile]]\nname = "Reservation"\n')
    assert mine.profiles == ("Core", "Reservation")
    assert mine.contents.profile[1].description == "reservation of a connector", "from the base"


def test_a_row_of_the_certificate_is_replaced_by_its_id(tmp_path: Path) -> None:
    mine = station(tmp_path, '[[row]]\nid = "ORS-5"\nvalue = 60\n')
    assert mine.limits["ORS-5"] == 60
    assert mine.limits["ORS-7"] == 7200
    assert mine.features["ORS-5"].feature == "Maximum MeterValueSampleInterval"


def test_the_charge_curve_runs_in_straight_lines_and_holds_its_ends() -> None:
    ev = load_station("m06010e2eyfg").hardware.ev
    assert ev.fraction_at(0.025) == pytest.approx(0.75)
    assert ev.fraction_at(-1) == ev.curve[0][1]
    assert ev.fraction_at(2) == ev.curve[-1][1]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[hardware]\npower_kw = 60\n", "mine.toml:3: unknown key 'hardware.power_kw'; did you mean 'power_w'?"),
        ("[hardwear]\n", "mine.toml:2: unknown key 'hardwear'; did you mean 'hardware'?"),
        ('[hardware]\npower_w = "60"\n', "mine.toml:3: hardware.power_w: '60' has to be a whole number"),
        ("[hardware]\npower_w = true\n", "mine.toml:3: hardware.power_w: True has to be a whole number"),
        ("[hardware]\npower_w = -1\n", "mine.toml:3: hardware.power_w: 'power_w' must be > 0: -1"),
        ("hardware = 3\n", "mine.toml:2: hardware: has to be a table"),
        ("[hardware.ev]\ncurve = [[0.5, 1.0], [0.5, 0.0]]\n", "mine.toml:3: hardware.ev.curve: 'curve' needs two"),
        ('[product]\niccid = "123456789012345678901"\n', "mine.toml:3: product.iccid: Length of 'iccid' must be <= 20"),
        ("[[connector]]\nid = 2\n", "mine.toml:2: connectors are [2]; they are numbered 1, 2"),
        ("[[connector]]\ntype = 'x'\n", "mine.toml:2: a [[connector]] needs 'id'"),
        ('[[row]]\nid = "X-1"\nvalue = 1\n', "mine.toml:2: 'row.X-1.feature' is missing"),
        ('[[row]]\nid = "X-1"\n[[row]]\nid = "X-1"\n', "mine.toml:4: row 'X-1' stands twice"),
        ('[[row]]\nid = "HFS-8"\nvalue = 3\n', "mine.toml:2: HFS-8 says 3, and there are 2 [[connector]]"),
        ('[[row]]\nid = "ORS-5"\nvalue = "x"\n', "mine.toml:2: ORS-5 is 'x'; it has to be a whole number"),
        (
            '[[row]]\nid = "C-09.1"\nvalue = "Voltage"\n',
            "mine.toml:2: C-09.1 is 'Voltage'; it has to be a list of texts",
        ),
        ('[[row]]\nid = "ORS-1"\nvalue = -5\n', "mine.toml:2: ORS-1 is -5; it has to be 0 or more"),
        ('[[row]]\nid = "ORS-12"\nvalue = 301\n', "mine.toml:2: ORS-12 is 301; it has to be at most 300"),
        ('[[row]]\nid = "ORS-13"\nvalue = 301\n', "mine.toml:2: ORS-13 is 301; it has to be at most 300"),
        ('[[row]]\nid = "ORS-6"\nvalue = 8000\n', "mine.toml:2: ORS-6 is 8000, and ORS-7 7200: swap them"),
        (
            '[[profile]]\nname = "Reservations"\n',
            "mine.toml:3: profile.Reservations.name: 'name' has to be one of Core, ",
        ),
        ('[[profile]]\nname = "Reservation"\n', "mine.toml:2: no [[profile]] Core, and every station has it"),
        ("row = 3\n", "mine.toml:2: 'row' has to be written [[row]]"),
        ("[product\n", "mine.toml:2: not TOML"),
    ],
)
def test_a_mistake_is_refused_with_file_line_and_remedy(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(StationFileError) as refusal:
        station(tmp_path, text)
    assert fault in str(refusal.value)


def test_a_file_that_does_not_exist_or_extends_nothing_known_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StationFileError, match=r"no such station file; give a path, or one of .*m06010e2eyfg"):
        load_station(tmp_path / "absent.toml")
    path = tmp_path / "orphan.toml"
    path.write_text('\nextends = "nothing"\n', encoding="utf-8")
    with pytest.raises(StationFileError, match=r"orphan.toml:2: extends 'nothing'; one of"):
        load_station(path)


def test_a_file_that_extends_nothing_has_to_say_everything(tmp_path: Path) -> None:
    path = tmp_path / "alone.toml"
    path.write_text("[product]\n", encoding="utf-8")
    with pytest.raises(StationFileError, match="is missing: add it, or extend a built-in station"):
        load_station(path)
