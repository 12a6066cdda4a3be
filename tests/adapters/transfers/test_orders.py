"""Orders that cross each other: stopped, replaced, removed, too many; what is heard, and what is left."""

from __future__ import annotations

import subprocess
import sys

import pytest
from attrs import evolve

from runtime.adapters.transfers.curl_transfers import MOST_AT_ONCE
from runtime.core.transfers import (
    RemoveTransferFile,
    StartDownload,
    StartUpload,
    StopTransfer,
    TransferEnded,
    TransferOutcome,
)
from tests.adapters.transfers.http_site import File, Inbox, Site
from tests.adapters.transfers.moving import MIB, Moving, bytes_of, until, went

CONTENT = bytes_of(5 * MIB)
SLOWLY = File(CONTENT, pause_s=0.02)
DONE = (TransferOutcome.DONE, "")


def begun(moving: Moving, site: Site) -> str:
    """A slow download of which something is there."""
    transfer = moving.start_download(site.has("/slow", SLOWLY))
    moving.progress()
    return transfer


def test_of_what_is_stopped_nothing_more_is_heard_and_nothing_is_left(site: Site, moving: Moving) -> None:
    transfer = begun(moving, site)
    moving.heard.clear()

    StopTransfer(transfer).perform(moving.transfers)
    moving.at_rest()
    assert moving.heard == []
    assert moving.files() == {}


def test_what_is_stopped_may_be_kept_for_another_attempt(site: Site, moving: Moving) -> None:
    transfer = begun(moving, site)
    StopTransfer(transfer, keep=True).perform(moving.transfers)
    moving.at_rest()
    assert moving.files()[".fw.bin.part"] > 0

    site.has("/slow", File(CONTENT))
    assert went(moving.download(f"{site.url}/slow")) == DONE
    assert "range" in site.requests[-1][2]
    assert moving.content() == CONTENT


def test_the_next_attempt_at_a_file_waits_for_one_that_was_stopped(site: Site, moving: Moving) -> None:
    StopTransfer(begun(moving, site)).perform(moving.transfers)

    ended = moving.download(site.has("/new", File(CONTENT[::-1])))
    assert (ended.transfer, *went(ended)) == ("t2", *DONE)
    assert moving.content() == CONTENT[::-1]


def test_an_attempt_under_a_name_that_runs_takes_its_place(site: Site, moving: Moving) -> None:
    transfer = begun(moving, site)
    moving.transfers.download(StartDownload(transfer, site.has("/new", File(b"new")), "other", MIB, 60))

    assert moving.end() == TransferEnded(transfer, TransferOutcome.DONE, "", 3)
    moving.at_rest()
    assert [each for each in moving.heard if isinstance(each, TransferEnded)] == [moving.heard[-1]]


def test_to_stop_what_is_over_or_never_was_is_no_error_and_takes_nothing_away(site: Site, moving: Moving) -> None:
    ended = moving.download(site.has("/fw", File(CONTENT)))
    for transfer in (ended.transfer, "no such"):
        StopTransfer(transfer).perform(moving.transfers)
    moving.at_rest()

    assert moving.files() == {"fw.bin": len(CONTENT)}


def test_a_stopped_upload_leaves_our_file(site: Site, moving: Moving) -> None:
    moving.has("log.gz", CONTENT)
    transfer = moving.start_upload(site.has("/log.gz", Inbox()))
    StopTransfer(transfer).perform(moving.transfers)
    moving.at_rest()

    assert moving.files() == {"log.gz": len(CONTENT)}


def test_a_file_is_removed_with_what_is_there_of_an_incomplete_one(site: Site, moving: Moving) -> None:
    moving.download(site.has("/fw", File(CONTENT)))
    moving.download(site.has("/cut", File(CONTENT, cut=MIB)))
    assert len(moving.files()) == 3

    for file in ("fw.bin", "no-such"):
        RemoveTransferFile(file).perform(moving.transfers)
    moving.at_rest()
    assert moving.files() == {}


def test_transfers_of_different_files_go_side_by_side(site: Site, moving: Moving) -> None:
    begun(moving, site)
    moving.has("log.gz", CONTENT)

    assert moving.upload(site.has("/log.gz", Inbox())).transfer == "t2"


def test_more_than_are_taken_at_once_is_refused_and_has_an_end(site: Site, moving: Moving) -> None:
    url = site.has("/slow", SLOWLY)
    for number in range(MOST_AT_ONCE):
        moving.start_download(url, file=f"f{number}")
    order = StartDownload("more", url, "more", MIB, 60)

    with pytest.raises(RuntimeError, match="8 transfers are under way") as refused:
        order.perform(moving.transfers)
    assert order.failed(str(refused.value)) == TransferEnded(
        "more", TransferOutcome.FAILED, "it could not be started: 8 transfers are under way"
    )


def test_at_the_end_of_the_process_everything_is_given_up_and_kept(site: Site, moving: Moving) -> None:
    begun(moving, site)
    moving.transfers.close()
    moving.at_rest()

    assert moving.files()[".fw.bin.part"] > 0
    assert not [each for each in moving.heard if isinstance(each, TransferEnded)]


def test_what_fails_in_an_unforeseen_way_has_an_end_too(site: Site, moving: Moving) -> None:
    """Roots that are no certificate are such a thing."""

    def unusable() -> str:
        raise LookupError("SECRET")

    moving.transfers.settings = evolve(moving.settings, roots=unusable)
    ended = moving.download(site.has("/fw", File(CONTENT)).replace("http:", "https:"))

    assert went(ended) == (TransferOutcome.FAILED, "LookupError")
    until(lambda: moving.files() == {})


@pytest.mark.parametrize("name", ["", ".", "..", ".fw", "a/b", "../x", "a\n", "é", "x" * 129])
def test_a_name_that_leads_elsewhere_is_no_name(name: str) -> None:
    with pytest.raises(ValueError, match="must match regex"):
        StartDownload("t", "http://h/f", name, 1, 1)
    with pytest.raises(ValueError, match="must match regex"):
        StartUpload("t", "http://h/f", name, 1)
    with pytest.raises(ValueError, match="must match regex"):
        RemoveTransferFile(name)


def test_no_text_of_an_order_shows_its_url() -> None:
    orders = (StartDownload("t", "ftp://u:SECRET@h/f", "f", 1, 1), StartUpload("t", "ftp://u:SECRET@h/f", "f", 1))

    assert "SECRET" not in repr(orders)


def test_libcurl_is_loaded_with_the_first_transfer_and_not_before() -> None:
    program = (
        "import sys; import runtime.adapters.transfers.curl_transfers; import runtime.core.transfers; "
        "print([name for name in sys.modules if 'curl' in name.lower() and not name.startswith('runtime')])"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)

    assert done.stdout == "[]\n"
