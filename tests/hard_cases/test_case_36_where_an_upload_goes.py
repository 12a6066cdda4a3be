"""Hard case 36: a location that ends in "/", names a folder, or a file: the name in the answer is the one that arrives.

Over FTP and HTTP alike; a location that is no URL (`C:`) is a clear failure.
"""

from __future__ import annotations

import pytest

from properties.world.world import World
from runtime.core.transfers import TransferOutcome
from tests.covering import FiredRows, covers
from tests.diagnostics.uploading import ask, attempts, plan, statuses


@covers("CS-5.9-03", "CS-8.2-01", rows=("diagnostics:upload",))
@pytest.mark.parametrize("scheme", ["ftp", "ftps", "http", "https"])
@pytest.mark.parametrize("path", ["", "/", "/logs", "/logs/", "/logs/site.zip", "/a%20b/site.tar.gz"])
def test_case_36_where_an_upload_goes(fired: FiredRows, scheme: str, path: str) -> None:
    world = World(fired.see).power_up()
    name = ask(world, location=f"{scheme}://files.example{path}")
    world.wait(60)
    ((_, attempt),) = attempts(world)
    assert attempt.url.startswith(f"{scheme}://files.example{path}")
    assert attempt.url.rpartition("/")[2] == name
    assert statuses(world) == ["Uploading", "Uploaded"]


@covers("CS-8.2-02", rows=("diagnostics:upload.refuse",))
def test_case_36_no_location_at_all(fired: FiredRows, caplog: pytest.LogCaptureFixture) -> None:
    world = World(fired.see).power_up()
    plan(world, TransferOutcome.UNLAWFUL_URL)
    ask(world, location="C:")
    world.wait(60)
    assert statuses(world) == ["Uploading", "UploadFailed"]
    assert "location 'C:': the scheme has to be one of http, https, ftp, ftps" in caplog.text
