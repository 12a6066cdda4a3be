"""Diagnostics: a file is uploaded, or it cannot be."""

from __future__ import annotations

from model.messages.registry import Profile
from properties.conformance.bench import Bench
from properties.conformance.case import case
from properties.conformance.file_server import FileServer
from properties.conformance.own_station import free_port

STATUS = "DiagnosticsStatusNotification"


@case(
    "TC_045_1_CS",
    "Diagnostics are uploaded",
    profile=Profile.FIRMWARE_MANAGEMENT,
    clauses=("CS-5.9-02", "CS-5.9-03", "CS-5.9-07", "CS-5.9-08", "CS-7.24-03", "CS-7.24-05"),
)
def uploaded(t: Bench) -> None:
    """To a server of our own, which gets the file under the name that was answered."""
    with FileServer(t.csms.host) as server:
        answer = t.call("GetDiagnostics", {"location": f"http://{t.csms.reached_at}:{server.port}/"})
        t.check("the answer names a file", bool(answer.get("fileName")), answer)
        t.expect(STATUS, status="Uploading")
        t.expect(STATUS, status="Uploaded")
        t.check("it has arrived under its name", bool(server.arrived.get(answer["fileName"])), server.arrived)


@case(
    "TC_045_2_CS",
    "Diagnostics cannot be uploaded",
    profile=Profile.FIRMWARE_MANAGEMENT,
    clauses=("CS-5.9-07", "CS-6.25-01", "CS-7.24-04", "CS-7.24-05"),
)
def not_uploaded(t: Bench) -> None:
    """To a port at which nobody listens."""
    nobody = f"http://{t.csms.reached_at}:{free_port()}/"
    t.call("GetDiagnostics", {"location": nobody, "retries": 1, "retryInterval": 1})
    t.expect(STATUS, status="Uploading")
    t.expect(STATUS, status="UploadFailed")
