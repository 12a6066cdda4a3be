"""An attempt from its URL to its end, on its own thread: whatever happens, there is an end."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

from model.location import BadLocationError, Location, parse_location
from runtime.adapters.private_files import DIRECTORY_MODE
from runtime.adapters.transfers.attempt import Attempt, AttemptFailedError, StoppedError
from runtime.adapters.transfers.broken_uploads import BrokenUploads
from runtime.adapters.transfers.partial_file import file_failed
from runtime.core.transfers import StartDownload, StartUpload, TransferEnded, TransferOutcome

Order: TypeAlias = StartDownload | StartUpload


def make(order: Order, attempt: Attempt, directory: Path, broken: BrokenUploads) -> TransferEnded | None:
    """How it ended; None where it was stopped."""
    try:
        size = _make(order, attempt, directory, broken)
    except StoppedError:
        return None
    except AttemptFailedError as failure:
        return _failed(order, attempt, failure)
    except OSError as problem:
        return _failed(order, attempt, file_failed(problem))
    except Exception as problem:  # noqa: BLE001 - what it was is named by its class alone: its text may hold a URL
        return _failed(order, attempt, AttemptFailedError(TransferOutcome.FAILED, type(problem).__name__))
    return TransferEnded(order.transfer, TransferOutcome.DONE, "", size)


def _failed(order: Order, attempt: Attempt, failure: AttemptFailedError) -> TransferEnded:
    return TransferEnded(order.transfer, failure.outcome, failure.reason, attempt.done_bytes)


def _make(order: Order, attempt: Attempt, directory: Path, broken: BrokenUploads) -> int:
    """Do it; the length of the file. libcurl is loaded here: a station that moves no file does without it."""
    location = _judged(order, attempt)
    if not attempt.wanted:
        raise StoppedError
    directory.mkdir(mode=DIRECTORY_MODE, exist_ok=True)
    if isinstance(order, StartDownload):
        from runtime.adapters.transfers.download import Download  # noqa: PLC0415

        return Download(order, location, attempt, directory).run()
    from runtime.adapters.transfers.upload import Upload  # noqa: PLC0415

    return Upload(order, location, attempt, directory, broken).run()


def _judged(order: Order, attempt: Attempt) -> Location:
    """Where it goes. Raises AttemptFailedError."""
    try:
        location = parse_location(order.url)
    except BadLocationError as error:
        raise AttemptFailedError(TransferOutcome.UNLAWFUL_URL, error.problem_text) from None
    if location.scheme not in attempt.settings.schemes:
        raise AttemptFailedError(TransferOutcome.UNLAWFUL_URL, f"this station does not do {location.scheme.upper()}")
    if location.names_folder and not location.scheme.over_http:
        raise AttemptFailedError(TransferOutcome.UNLAWFUL_URL, "it names a folder, where a file is wanted")
    return location
