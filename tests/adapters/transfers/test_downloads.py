"""A file is fetched over each of the four protocols, and on with what an earlier attempt has left."""

from __future__ import annotations

import os
import stat

import pytest

from runtime.core.transfers import TransferEnded, TransferOutcome, TransferProgressed
from tests.adapters.transfers.ftp_site import FtpSite
from tests.adapters.transfers.http_site import File, Site, Status
from tests.adapters.transfers.moving import MIB, Moving, bytes_of, went
from tests.covering import covers

CONTENT = bytes_of(9 * MIB + 5)
DONE = (TransferOutcome.DONE, "")


@pytest.fixture(params=["http", "https", "ftp", "ftps"])
def served(request: pytest.FixtureRequest) -> str:
    """The URL at which CONTENT is, on a server that wants credentials where it can."""
    scheme = request.param
    if scheme.startswith("http"):
        site: Site = request.getfixturevalue("site" if scheme == "http" else "secure_site")
        return site.has("/a/fw.bin", File(CONTENT))
    ftp: FtpSite = request.getfixturevalue(scheme)
    (ftp.root / "a").mkdir()
    (ftp.root / "a" / "fw.bin").write_bytes(CONTENT)
    return ftp.url("a/fw.bin")


@covers("CS-8.1-01", "CS-8.1-03", "CS-8.1-04", "CS-8.1-06")
def test_a_file_is_fetched_whole_and_for_the_user_of_the_station_alone(served: str, moving: Moving) -> None:
    ended = moving.download(served)

    assert ended == TransferEnded("t1", TransferOutcome.DONE, "", len(CONTENT))
    assert moving.content() == CONTENT
    assert moving.files() == {"fw.bin": len(CONTENT)}
    assert stat.S_IMODE((moving.directory / "fw.bin").stat().st_mode) == 0o600
    assert stat.S_IMODE(moving.directory.stat().st_mode) == 0o700


def test_progress_is_told_and_never_goes_back(served: str, moving: Moving) -> None:
    moving.download(served)
    moving.at_rest()

    told = [each for each in moving.heard if isinstance(each, TransferProgressed)]
    assert [each.done_bytes for each in told] == sorted({each.done_bytes for each in told})
    assert told[-1] == TransferProgressed("t1", len(CONTENT), len(CONTENT))


@covers("CS-8.1-06")
def test_without_credentials_ftp_is_anonymous_and_a_semicolon_in_a_name_is_a_part_of_it(
    ftp: FtpSite, moving: Moving
) -> None:
    (ftp.root / "fw?;type=a").write_bytes(b"a\r\nb\n")

    assert went(moving.download(ftp.url("fw?;type=a", ""))) == DONE
    assert moving.content() == b"a\r\nb\n"


@pytest.mark.parametrize("length", [0, 1])
def test_the_shortest_files_are_files(length: int, site: Site, ftp: FtpSite, moving: Moving) -> None:
    (ftp.root / "short").write_bytes(b"x" * length)

    for url in (site.has("/short", File(b"x" * length)), ftp.url("short")):
        assert went(moving.download(url)) == DONE
        assert moving.files() == {"fw.bin": length}


def test_a_server_that_gives_no_length_has_said_all_when_it_hangs_up(site: Site, moving: Moving) -> None:
    url = site.has("/fw", File(CONTENT, length=0))

    assert went(moving.download(url)) == DONE
    assert moving.content() == CONTENT


# ---- on with what is there ---------------------------------------------------------------------------------


def cut_once(request: pytest.FixtureRequest, scheme: str, at: int) -> tuple[str, Site | FtpSite]:
    if scheme == "http":
        site: Site = request.getfixturevalue("site")
        return site.has("/fw", File(CONTENT, cut=at), File(CONTENT)), site
    ftp: FtpSite = request.getfixturevalue(scheme)
    (ftp.root / "fw").write_bytes(CONTENT)
    ftp.cut_after = at
    return ftp.url("fw"), ftp


@covers("CS-8.1-05")
@pytest.mark.parametrize("scheme", ["http", "ftp", "ftps"])
def test_what_was_cut_in_the_middle_goes_on_where_it_was_cut(
    request: pytest.FixtureRequest, scheme: str, moving: Moving
) -> None:
    url, server = cut_once(request, scheme, 6 * MIB)

    broken = moving.download(url)
    had = moving.files()[".fw.bin.part"]
    assert broken.outcome is TransferOutcome.BROKEN_OFF
    assert 0 < had < len(CONTENT)
    assert "fw.bin" not in moving.files()

    assert went(moving.download(url)) == DONE
    assert moving.content() == CONTENT
    assert moving.files() == {"fw.bin": len(CONTENT)}
    if isinstance(server, Site):
        assert server.requests[-1][2]["range"] == f"bytes={had}-"
    else:
        assert f"REST {had}" in server.commands


@pytest.mark.parametrize("scheme", ["http", "ftp"])
def test_the_rest_is_asked_for_by_another_process_too_but_not_beyond_what_was_safe(
    request: pytest.FixtureRequest, scheme: str, moving: Moving
) -> None:
    """A power cut leaves zeros, or nothing, behind what was synced."""
    url, server = cut_once(request, scheme, 6 * MIB)
    moving.download(url)
    part = moving.directory / ".fw.bin.part"
    had = part.stat().st_size
    with part.open("ab") as file:
        file.write(bytes(MIB))

    again = Moving(moving.directory, moving.settings)
    assert went(again.download(url)) == DONE
    assert again.content() == CONTENT
    said = server.requests[-1][2]["range"] if isinstance(server, Site) else server.commands
    assert f"bytes={had}-" == said or f"REST {had}" in said


@pytest.mark.parametrize("scheme", ["http", "ftp"])
def test_a_file_that_was_complete_but_for_its_name_is_checked_and_done(
    request: pytest.FixtureRequest, scheme: str, moving: Moving
) -> None:
    url, _ = cut_once(request, scheme, 6 * MIB)
    moving.download(url)
    note = moving.directory / ".fw.bin.part.json"
    (moving.directory / ".fw.bin.part").write_bytes(CONTENT)
    note.write_text(note.read_text().replace(f'"safe":{_safe(note.read_text())}', f'"safe":{len(CONTENT)}'))

    assert went(moving.download(url)) == DONE
    assert moving.content() == CONTENT


def _safe(note: str) -> str:
    return note.partition('"safe":')[2].rstrip("}")


@pytest.mark.parametrize(
    "then",
    [
        pytest.param(File(CONTENT[::-1], tag='"2"'), id="another of the same length"),
        pytest.param(File(CONTENT[:MIB][::-1], tag='"2"'), id="a shorter one"),
        pytest.param(File(CONTENT[::-1], ranges=False), id="a server that knows no ranges"),
        pytest.param(File(CONTENT[::-1][: 5 * MIB], tag='"1"'), id="a shorter one of the same tag"),
    ],
)
def test_a_file_that_has_changed_comes_anew_over_http(then: File, site: Site, moving: Moving) -> None:
    url = site.has("/fw", File(CONTENT, cut=6 * MIB), then)

    assert moving.download(url).outcome is TransferOutcome.BROKEN_OFF
    assert went(moving.download(url)) == DONE
    assert moving.content() == then.content


@pytest.mark.parametrize("content", [CONTENT[::-1], CONTENT[:MIB], CONTENT + b"more"])
def test_a_file_that_has_changed_comes_anew_over_ftp(content: bytes, ftp: FtpSite, moving: Moving) -> None:
    (ftp.root / "fw").write_bytes(CONTENT)
    ftp.cut_after = 6 * MIB
    assert moving.download(ftp.url("fw")).outcome is TransferOutcome.BROKEN_OFF
    (ftp.root / "fw").write_bytes(content)
    os.utime(ftp.root / "fw", (1_700_000_000, 1_700_000_000))

    assert went(moving.download(ftp.url("fw"))) == DONE
    assert moving.content() == content


@pytest.mark.parametrize(
    "first",
    [
        pytest.param(File(CONTENT, tag=None, cut=6 * MIB), id="neither tag nor date"),
        pytest.param(File(CONTENT, tag='W/"1"', cut=6 * MIB), id="a weak tag"),
    ],
)
def test_what_could_have_changed_unnoticed_is_not_kept(first: File, site: Site, moving: Moving) -> None:
    url = site.has("/fw", first, File(CONTENT))

    assert moving.download(url).outcome is TransferOutcome.BROKEN_OFF
    assert moving.files() == {}
    assert went(moving.download(url)) == DONE
    assert "range" not in site.requests[-1][2]


def test_the_date_will_do_where_the_tag_will_not(site: Site, moving: Moving) -> None:
    date = "Mon, 30 Nov 2026 19:00:00 GMT"
    url = site.has("/fw", File(CONTENT, 'W/"1"', date, cut=6 * MIB), File(CONTENT, 'W/"1"', date))

    moving.download(url)
    assert went(moving.download(url)) == DONE
    assert site.requests[-1][2]["if-range"] == date
    assert moving.content() == CONTENT


def test_another_url_begins_anew(site: Site, moving: Moving) -> None:
    moving.download(site.has("/old", File(CONTENT, cut=6 * MIB)))

    assert went(moving.download(site.has("/new", File(CONTENT[::-1])))) == DONE
    assert "range" not in site.requests[-1][2]
    assert moving.content() == CONTENT[::-1]


def test_new_credentials_are_no_other_url(site: Site, moving: Moving) -> None:
    url = site.has("/fw", File(CONTENT, cut=6 * MIB), File(CONTENT))
    moving.download(url.replace("//", "//u:old@"))

    assert went(moving.download(url.replace("//", "//u:new@"))) == DONE
    assert "range" in site.requests[-1][2]


@pytest.mark.parametrize("note", [b"", b"{", b"[]", b'{"source":1}', b"\xff" * 9000])
def test_a_note_that_cannot_be_read_costs_what_was_there_and_nothing_else(
    note: bytes, site: Site, moving: Moving
) -> None:
    url = site.has("/fw", File(CONTENT, cut=6 * MIB), File(CONTENT))
    moving.download(url)
    (moving.directory / ".fw.bin.part.json").write_bytes(note)

    assert went(moving.download(url)) == DONE
    assert moving.content() == CONTENT


def test_an_attempt_that_may_keep_nothing_leaves_nothing(site: Site, moving: Moving) -> None:
    url = site.has("/fw", File(CONTENT, cut=6 * MIB))

    assert moving.download(url, keep=False).outcome is TransferOutcome.BROKEN_OFF
    assert moving.files() == {}


def test_after_404_comes_200(site: Site, moving: Moving) -> None:
    url = site.has("/fw", Status(404), File(CONTENT))

    assert went(moving.download(url)) == (TransferOutcome.REFUSED, "HTTP 404, libcurl error 22")
    assert went(moving.download(url)) == DONE
