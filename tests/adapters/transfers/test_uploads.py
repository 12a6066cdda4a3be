"""A file is sent over each of the four protocols; where the server refuses or the connection dies, that is told."""

from __future__ import annotations

import pytest

from model.location import upload_target
from runtime.core.transfers import TransferEnded, TransferOutcome
from tests.adapters.transfers.ftp_site import FtpSite
from tests.adapters.transfers.http_site import Inbox, Site, Status
from tests.adapters.transfers.moving import MIB, Moving, bytes_of, went
from tests.covering import covers

CONTENT = bytes_of(6 * MIB + 3)
DONE = (TransferOutcome.DONE, "")


@covers("CS-8.2-02", "CS-8.2-03", "CS-5.9-02")
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_file_is_put_over_http(request: pytest.FixtureRequest, scheme: str, moving: Moving) -> None:
    site: Site = request.getfixturevalue("site" if scheme == "http" else "secure_site")
    site.has("/logs/log.gz?cp=1", Inbox())
    moving.has("log.gz", CONTENT)

    target = upload_target(f"{site.url}/logs?cp=1", "log.gz")
    assert moving.upload(target.url) == TransferEnded("t1", TransferOutcome.DONE, "", len(CONTENT))
    assert site.received == {"/logs/log.gz?cp=1": CONTENT}
    assert [request[0] for request in site.requests] == ["PUT"]
    assert moving.files() == {"log.gz": len(CONTENT)}


@covers("CS-8.2-02", "CS-8.2-03", "CS-8.2-05", "CS-5.9-02")
@pytest.mark.parametrize("scheme", ["ftp", "ftps"])
def test_a_file_is_stored_over_ftp(request: pytest.FixtureRequest, scheme: str, moving: Moving) -> None:
    ftp: FtpSite = request.getfixturevalue(scheme)
    (ftp.root / "logs").mkdir()
    moving.has("log.gz", CONTENT)

    target = upload_target(ftp.url("logs"), "log.gz")
    assert went(moving.upload(target.url)) == DONE
    assert (ftp.root / "logs" / target.name).read_bytes() == CONTENT


@pytest.mark.parametrize("length", [0, 1])
def test_the_shortest_files_are_sent(length: int, site: Site, ftp: FtpSite, moving: Moving) -> None:
    site.has("/log.gz", Inbox())
    moving.has("log.gz", b"x" * length)

    assert went(moving.upload(f"{site.url}/log.gz")) == DONE
    assert went(moving.upload(ftp.url("log.gz"))) == DONE
    assert site.received["/log.gz"] == (ftp.root / "log.gz").read_bytes() == b"x" * length


# ---- cut in the middle -------------------------------------------------------------------------------------


@covers("CS-8.2-04")
@pytest.mark.parametrize("scheme", ["ftp", "ftps"])
def test_the_next_attempt_appends_where_one_broke_off(
    request: pytest.FixtureRequest, scheme: str, moving: Moving
) -> None:
    ftp: FtpSite = request.getfixturevalue(scheme)
    ftp.cut_after = 2 * MIB
    moving.has("log.gz", CONTENT)

    assert moving.upload(ftp.url("log.gz")).outcome is TransferOutcome.BROKEN_OFF
    assert 0 < (ftp.root / "log.gz").stat().st_size < len(CONTENT)
    assert went(moving.upload(ftp.url("log.gz"))) == DONE
    assert (ftp.root / "log.gz").read_bytes() == CONTENT
    assert "APPE log.gz" in ftp.commands


def test_a_file_that_was_made_anew_is_not_appended(ftp: FtpSite, moving: Moving) -> None:
    ftp.cut_after = 2 * MIB
    moving.has("log.gz", CONTENT)
    assert moving.upload(ftp.url("log.gz")).outcome is TransferOutcome.BROKEN_OFF
    moving.has("log.gz", CONTENT[::-1])

    assert went(moving.upload(ftp.url("log.gz"))) == DONE
    assert (ftp.root / "log.gz").read_bytes() == CONTENT[::-1]


def test_what_another_left_under_the_name_is_overwritten(ftp: FtpSite, moving: Moving) -> None:
    (ftp.root / "log.gz").write_bytes(b"x" * 9 * MIB)
    moving.has("log.gz", CONTENT)

    assert went(moving.upload(ftp.url("log.gz"))) == DONE
    assert (ftp.root / "log.gz").read_bytes() == CONTENT


def test_over_http_it_is_sent_anew(site: Site, moving: Moving) -> None:
    site.has("/log.gz", Inbox(cut=MIB))
    moving.has("log.gz", CONTENT)

    assert moving.upload(f"{site.url}/log.gz").outcome is TransferOutcome.BROKEN_OFF
    site.has("/log.gz", Inbox())
    assert went(moving.upload(f"{site.url}/log.gz")) == DONE
    assert site.received["/log.gz"] == CONTENT


# ---- refused -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [401, 403, 404, 413, 500, 507])
def test_a_server_that_refuses_is_not_sent_the_file(status: int, site: Site, moving: Moving) -> None:
    site.has("/log.gz", Status(status))
    moving.has("log.gz", CONTENT)

    ended = moving.upload(f"{site.url}/log.gz")
    assert went(ended) == (TransferOutcome.REFUSED, f"HTTP {status}, libcurl error 22")
    assert ended.size_bytes == 0
    assert site.received == {}


@pytest.mark.parametrize(
    ("path", "credentials", "code"),
    [
        pytest.param("log.gz", "", 550, id="anonymous users may not write"),
        pytest.param("no/such/log.gz", None, 550, id="no such folder"),
        pytest.param("log.gz", "u%401:wrong@", 530, id="a wrong password"),
    ],
)
def test_an_ftp_server_refuses(path: str, credentials: str | None, code: int, ftp: FtpSite, moving: Moving) -> None:
    moving.has("log.gz", CONTENT)
    url = ftp.url(path) if credentials is None else ftp.url(path, credentials)

    ended = moving.upload(url)
    assert ended.outcome is TransferOutcome.REFUSED
    assert ended.reason.startswith(f"FTP {code}")
    assert "wrong" not in ended.reason


def test_a_folder_is_no_place_for_a_file_over_ftp(ftp: FtpSite, moving: Moving) -> None:
    moving.has("log.gz", CONTENT)

    assert went(moving.upload(ftp.url("logs/"))) == (
        TransferOutcome.UNLAWFUL_URL,
        "it names a folder, where a file is wanted",
    )


def test_an_upload_follows_a_redirect_and_sends_the_whole_file_there(site: Site, moving: Moving) -> None:
    site.has("/log.gz", Status(307, location="/moved/log.gz"))
    site.has("/moved/log.gz", Inbox())
    moving.has("log.gz", CONTENT)

    assert went(moving.upload(f"{site.url}/log.gz")) == DONE
    assert site.received == {"/moved/log.gz": CONTENT}


def test_see_other_is_no_place_for_the_file(site: Site, moving: Moving) -> None:
    site.has("/log.gz", Status(303, location="/thanks"))
    moving.has("log.gz", CONTENT)

    assert went(moving.upload(f"{site.url}/log.gz")) == (TransferOutcome.BAD_REDIRECT, "HTTP 303 to an upload")


def test_a_file_that_is_not_there_is_told(site: Site, moving: Moving) -> None:
    assert went(moving.upload(f"{site.url}/log.gz")) == (TransferOutcome.FILE_FAILED, "No such file or directory")
    assert site.requests == []
