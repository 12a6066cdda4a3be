"""DataTransfer.req of the CSMS: the handlers that a product brings, ours, and what is said where there is none."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from model.messages.data_transfer import DataTransferReq
from properties.world.world import World
from runtime.commands.command_error import USAGE
from runtime.vendors import MAX_ANSWER_CHARS, RefusedError, Vendors, VendorsError, load_vendors
from tests.covering import FiredRows, covers
from tests.processes import Central, Station, provenpoint

LAMP = """
from runtime.vendors import RefusedError, Vendors

VENDORS = Vendors()


@VENDORS.handles("com.example.box", "Lamp")
def lamp(data):
    if data not in ("on", "off"):
        raise RefusedError("on or off")
    return f"lamp {data}"


@VENDORS.handles("com.example.box")
def silent(data):
    return None
"""


def lamp(data: str | None) -> str | None:
    if data == "boom":
        raise RuntimeError("the lamp is broken")
    if data == "no":
        raise RefusedError("it is daylight")
    return "x" * (MAX_ANSWER_CHARS + 1) if data == "long" else data


def quiet(data: str | None) -> str | None:
    del data
    return None


@pytest.fixture
def world(fired: FiredRows) -> World:
    vendors = Vendors()
    vendors.add("com.example.box", "Lamp", lamp)
    vendors.add("com.example.box", None, quiet)
    return World(fired.see, vendors=vendors).power_up()


def answer(world: World, vendor: str, message: str | None = None, data: str | None = None) -> dict[str, object] | None:
    fields = {"vendorId": vendor, "messageId": message, "data": data}
    return world.ask("DataTransfer", **{name: value for name, value in fields.items() if value is not None}).answer


ACCEPT, REFUSE, UNKNOWN_MESSAGE, UNKNOWN_VENDOR = (
    covers(rows=(f"data_transfer:{row}",)) for row in ("accept", "refuse", "unknown_message", "unknown_vendor")
)


@covers("CS-5.6-02", "CS-3.12-01", "CS-3.12-02", "CS-4.3-06", "CS-4.3-07", "CS-4.3-08", "CS-4.3-09", "CS-4.3-04")
@pytest.mark.parametrize(
    ("vendor", "message", "data", "said"),
    [
        pytest.param("com.nobody", None, None, {"status": "UnknownVendorId"}, marks=UNKNOWN_VENDOR),
        pytest.param("com.nobody", "Lamp", "on", {"status": "UnknownVendorId"}, marks=UNKNOWN_VENDOR),
        pytest.param("com.example.box", "Horn", "on", {"status": "UnknownMessageId"}, marks=UNKNOWN_MESSAGE),
        pytest.param("org.provenpoint", None, None, {"status": "UnknownMessageId"}, marks=UNKNOWN_MESSAGE),
        pytest.param("com.example.box", "Lamp", "on", {"status": "Accepted", "data": "on"}, marks=ACCEPT),
        pytest.param("COM.example.BOX", "lamp", "on", {"status": "Accepted", "data": "on"}, marks=ACCEPT),
        pytest.param("com.example.box", "Lamp", None, {"status": "Accepted"}, marks=ACCEPT),
        pytest.param("com.example.box", None, "what", {"status": "Accepted"}, marks=ACCEPT),
        pytest.param("com.example.box", "Lamp", "no", {"status": "Rejected", "data": "it is daylight"}, marks=REFUSE),
        pytest.param("com.example.box", "Lamp", "boom", {"status": "Rejected"}, marks=REFUSE),
        pytest.param("com.example.box", "Lamp", "long", {"status": "Rejected"}, marks=REFUSE),
    ],
)
def test_each_vendor_and_message_has_its_answer(
    world: World, vendor: str, message: str | None, data: str | None, said: dict[str, str]
) -> None:
    assert answer(world, vendor, message, data) == said
    assert world.ask("GetConfiguration", key=["HeartbeatInterval"]).answer, "the station goes on"


@covers("CS-4.3-05")
def test_data_may_be_as_long_as_a_frame(world: World) -> None:
    assert answer(world, "com.example.box", "Lamp", "x" * 100_000) == {"status": "Accepted", "data": "x" * 100_000}


@covers("CS-4.3-09")
def test_the_csms_may_ask_in_which_state_each_machine_is(world: World) -> None:
    world.plug_in(2)
    said = answer(world, "org.provenpoint", "States")
    assert said is not None
    states = json.loads(str(said["data"]))
    assert (states["link"], states["cable/2"], states["connector/1"]) == ("Online", "Requesting", "Available")
    assert answer(world, "org.provenpoint", "States", "connector") == {
        "status": "Accepted", "data": '{"connector/1":"Available","connector/2":"Preparing"}',
    }  # fmt: skip
    refused = answer(world, "org.provenpoint", "States", "toaster")
    assert refused is not None
    assert (refused["status"], str(refused["data"])[:20]) == ("Rejected", "no machine 'toaster'")


# ---- the register ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("vendor", "message", "said"),
    [
        ("com.example.box", "LAMP", "has a handler already"),
        ("", "Lamp", "1 to 255 characters"),
        ("v" * 256, None, "1 to 255 characters"),
        ("com.example", "m" * 51, "a messageId 1 to 50"),
        ("com.example", "", "a messageId 1 to 50"),
    ],
)
def test_a_handler_that_nothing_could_reach_is_refused(vendor: str, message: str | None, said: str) -> None:
    vendors = Vendors()
    vendors.add("com.example.box", "Lamp", lamp)
    with pytest.raises(VendorsError, match=said):
        vendors.add(vendor, message, lamp)


def test_a_handler_has_to_answer_text() -> None:
    vendors = Vendors()
    broken: Callable[[str | None], str | None] = lambda _: 7  # type: ignore[assignment,return-value]  # noqa: E731
    vendors.add("v", None, broken)
    conf, problem = vendors.answer(DataTransferReq(vendor_id="v"))
    assert (conf.status, conf.data) == ("Rejected", None)
    assert "None or a text" in problem


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("no_such_module:VENDORS", "No module named"),
        ("json:VENDORS", "no attribute"),
        ("json", "no attribute"),
        (":VENDORS", "Empty module name"),
        ("json:loads", "is a function, and has to be"),
    ],
)
def test_a_register_that_is_not_there_is_refused_by_name(name: str, said: str) -> None:
    with pytest.raises(VendorsError, match=said):
        load_vendors([name])


# ---- by a station file, in a real process --------------------------------------------------------------------


@pytest.fixture
def central() -> Iterator[Central]:
    with Central() as central:
        yield central


def station_file(folder: Path, vendors: str) -> str:
    path = folder / "mine.toml"
    path.write_text(f'extends = "m06010e2eyfg"\n[data_transfer]\nvendors = ["{vendors}"]\n', encoding="utf-8")
    return str(path)


@covers("CS-4.3-08", "CS-4.3-09")
def test_a_product_brings_its_handlers_in_its_station_file(
    tmp_path: Path, central: Central, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lamp_box.py").write_text(LAMP, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")
    with Station(tmp_path, central.url, station=station_file(tmp_path, "lamp_box:VENDORS")):
        central.saw("StatusNotification", connectorId=2)
        ask = {"vendorId": "com.example.box", "messageId": "Lamp"}
        assert central.call("DataTransfer", {**ask, "data": "on"})[2] == {"status": "Accepted", "data": "lamp on"}
        assert central.call("DataTransfer", {**ask, "data": "up"})[2] == {"status": "Rejected", "data": "on or off"}
        assert central.call("DataTransfer", {**ask, "messageId": "Horn"})[2] == {"status": "UnknownMessageId"}


def test_a_station_file_that_names_no_register_is_a_usage_error(tmp_path: Path) -> None:
    file = station_file(tmp_path, "nowhere_at_all:VENDORS")
    ran = provenpoint(
        "run", "--station", file, "--id", "CP", "--csms", "ws://127.0.0.1:1", "--data", str(tmp_path / "d")
    )
    assert ran.returncode == USAGE
    assert "nowhere_at_all:VENDORS" in ran.stderr
    assert not (tmp_path / "d").exists()
