"""No file is longer than it may be, takes the space of the station's records, or fills the disk."""

from __future__ import annotations

import resource
import shutil
import time

import pytest
from attrs import evolve

from runtime.core.transfers import TransferOutcome
from tests.adapters.transfers.child import in_child
from tests.adapters.transfers.ftp_site import FtpSite
from tests.adapters.transfers.http_site import File, Inbox, Site
from tests.adapters.transfers.moving import MIB, QUICK, Moving, bytes_of, went

CONTENT = bytes_of(6 * MIB)


def test_a_length_beyond_the_limit_is_refused_before_the_first_byte(site: Site, ftp: FtpSite, moving: Moving) -> None:
    (ftp.root / "fw").write_bytes(CONTENT)

    for url in (site.has("/fw", File(CONTENT)), ftp.url("fw")):
        ended = moving.download(url, max_bytes=len(CONTENT) - 1)
        assert went(ended) == (TransferOutcome.TOO_LARGE, "6291456 bytes, of which 6291455 are allowed")
        assert ended.size_bytes == 0
        assert moving.files() == {}


def test_without_a_length_it_ends_at_the_limit(site: Site, moving: Moving) -> None:
    ended = moving.download(site.has("/fw", File(CONTENT, length=0)), max_bytes=5 * MIB)

    assert went(ended) == (TransferOutcome.TOO_LARGE, f"more than {5 * MIB} bytes")
    assert 0 < ended.size_bytes <= 5 * MIB
    assert moving.files() == {}


def test_the_limit_is_for_the_whole_file_and_not_for_the_rest(site: Site, moving: Moving) -> None:
    url = site.has("/fw", File(CONTENT, cut=5 * MIB), File(CONTENT))
    moving.download(url)

    assert moving.download(url, max_bytes=len(CONTENT) - 1).outcome is TransferOutcome.TOO_LARGE
    assert moving.files() == {}


def test_what_is_just_as_long_as_it_may_be_is_taken(site: Site, moving: Moving) -> None:
    url = site.has("/fw", File(CONTENT))

    assert moving.download(url, max_bytes=len(CONTENT)).outcome is TransferOutcome.DONE


@pytest.mark.parametrize("length", [None, 0])
def test_the_space_that_is_kept_for_the_station_is_not_taken(length: int | None, site: Site, moving: Moving) -> None:
    free = shutil.disk_usage(moving.directory.parent).free
    moving.transfers.settings = evolve(QUICK, spare_bytes=2 * free)

    ended = moving.download(site.has("/fw", File(CONTENT, length=length)))
    assert ended.outcome is TransferOutcome.NO_SPACE
    assert ended.reason.endswith("bytes are to come, 0 are free")
    assert moving.files() == {}


def test_a_file_that_announces_more_than_the_disk_has_is_not_begun(site: Site, moving: Moving) -> None:
    url = site.has("/fw", File(CONTENT, length=2**50))

    ended = moving.download(url, max_bytes=2**60)
    assert ended.outcome is TransferOutcome.NO_SPACE
    assert ended.size_bytes == 0
    assert moving.files() == {}


def test_a_disk_that_takes_no_more_ends_the_transfer_and_nothing_is_left(site: Site, moving: Moving) -> None:
    """RLIMIT_FSIZE is a real write that fails; it holds for a whole process."""
    url = site.has("/fw", File(CONTENT))
    limit = (resource.RLIMIT_FSIZE, 3 * MIB)

    assert in_child(moving.directory, url, limit=limit).startswith("NoSpace File too large")
    assert moving.files() == {}


def test_something_else_in_the_place_of_a_file_is_told_and_does_not_block(site: Site, moving: Moving) -> None:
    (moving.directory / ".fw.bin.part").mkdir(parents=True)

    ended = moving.download(site.has("/fw", File(CONTENT)))
    assert ended.outcome is TransferOutcome.FILE_FAILED
    assert "a directory, a pipe or a device" in ended.reason


def test_a_data_directory_that_cannot_be_written_is_told(site: Site, moving: Moving) -> None:
    moving.directory.write_text("a file in the place of the directory")

    assert moving.download(site.has("/fw", File(CONTENT))).outcome is TransferOutcome.FILE_FAILED
    assert site.requests == []


@pytest.mark.exhaustive
def test_no_download_is_faster_than_the_station_lets_it_be(site: Site, moving: Moving) -> None:
    moving.transfers.settings = evolve(QUICK, most_bytes_per_s=2 * MIB)

    begun_s = time.monotonic()
    assert moving.download(site.has("/fw", File(CONTENT))).outcome is TransferOutcome.DONE
    assert time.monotonic() - begun_s > 1.5


@pytest.mark.exhaustive
def test_no_upload_is_faster_either(site: Site, moving: Moving) -> None:
    moving.transfers.settings = evolve(QUICK, most_bytes_per_s=2 * MIB)
    moving.has("log.gz", CONTENT)

    begun_s = time.monotonic()
    assert moving.upload(site.has("/log.gz", Inbox())).outcome is TransferOutcome.DONE
    assert time.monotonic() - begun_s > 1.5
