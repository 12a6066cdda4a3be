"""Firmware: an image is installed, cannot be downloaded, or cannot be installed.

The images are for the simulated box (``model/firmware_image.py``), from a server of our own.
"""

from __future__ import annotations

from typing import Final

from model.firmware_image import pack
from model.messages.registry import Profile
from properties.conformance.bench import Bench
from properties.conformance.case import case
from properties.conformance.cases.states import at_connector
from properties.conformance.expectation import Expectation, maybe, message
from properties.conformance.file_server import FileServer

STATUS: Final = "FirmwareStatusNotification"
NEW: Final = "V-conformance"
LONG_AGO: Final = "2025-01-01T00:00:00Z"
INSTALLS_WITHIN_S: Final = 60.0


def _image(t: Bench) -> bytes:
    return pack(b"firmware" * 1000, NEW, t.station.product.charge_point_model)


def _ask(t: Bench, server: FileServer, path: str) -> None:
    location = f"http://{t.csms.reached_at}:{server.port}{path}"
    t.call("UpdateFirmware", {"location": location, "retrieveDate": LONG_AGO, "retries": 0})


def _closed(t: Bench) -> Expectation:
    """The connector may be Unavailable from any moment on."""
    return maybe("StatusNotification", connectorId=t.connector, status="Unavailable")


def _until_downloaded(t: Bench) -> None:
    t.any_order(_closed(t), message(STATUS, status="Downloading"))
    t.any_order(_closed(t), message(STATUS, status="Downloaded"))


@case(
    "TC_044_1_CS",
    "Firmware is downloaded and installed",
    profile=Profile.FIRMWARE_MANAGEMENT,
    clauses=("CS-5.19-05", "CS-5.19-10", "CS-7.25-01", "CS-7.25-03", "CS-7.25-07", "CS-7.25-08", "CS-8.1-01"),
)
def installed(t: Bench) -> None:
    """It starts with the new version, says so, and is free again."""
    with FileServer(t.csms.host, {"/image": _image(t)}) as server:
        _ask(t, server, "/image")
        _until_downloaded(t)
        with t.due(INSTALLS_WITHIN_S):
            t.any_order(_closed(t), message(STATUS, status="Installing"))
            t.expect("BootNotification", firmwareVersion=NEW)
            t.any_order(at_connector(t, "Available"), message(STATUS, status="Installed"))


@case(
    "TC_044_2_CS",
    "Firmware cannot be downloaded",
    profile=Profile.FIRMWARE_MANAGEMENT,
    clauses=("CS-5.19-05", "CS-7.25-02", "CS-6.55-01"),
)
def not_downloaded(t: Bench) -> None:
    """There is no such file."""
    with FileServer(t.csms.host, {"/image": _image(t)}) as server:
        _ask(t, server, "/does_not_exist_image")
        t.expect(STATUS, status="Downloading")
        t.expect(STATUS, status="DownloadFailed")
        t.never(message(STATUS), message("BootNotification"))


@case(
    "TC_044_3_CS",
    "Firmware cannot be installed",
    profile=Profile.FIRMWARE_MANAGEMENT,
    clauses=("CS-5.19-05", "CS-5.19-06", "CS-7.25-06", "CS-5.19-08"),
)
def not_installed(t: Bench) -> None:
    """The image is not what it says it is; the station goes on as it was."""
    with FileServer(t.csms.host, {"/image": _image(t)[:-1] + b"?"}) as server:
        _ask(t, server, "/image")
        _until_downloaded(t)
        with t.due(INSTALLS_WITHIN_S):
            free = maybe("StatusNotification", connectorId=t.connector, status="Available")
            _, early, _ = t.any_order(_closed(t), free, message(STATUS, status="Installing"))
            rest = [] if early else [at_connector(t, "Available")]
            t.any_order(*rest, message(STATUS, status="InstallationFailed"))
