"""One attempt at a download: on with what is there, or from the beginning.

What is there is gone on with only where the server says that its file has not changed: over HTTP it is asked for the
rest on that condition (If-Range, RFC 9110, 13.1.5); over FTP, which has no condition, its date and length are compared
when the rest begins to come (MDTM and SIZE, RFC 3659). Else the file comes anew, within the same attempt.
"""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Final

import pycurl

from model.location import Location
from runtime.adapters.transfers.attempt import Attempt, AttemptFailedError, source_of
from runtime.adapters.transfers.partial_file import PartialFile
from runtime.adapters.transfers.redirects import follow
from runtime.adapters.transfers.request import OK, PARTIAL_CONTENT, RANGE_NOT_SATISFIABLE, Request
from runtime.core.transfers import StartDownload, TransferOutcome

KEPT_AFTER: Final = (TransferOutcome.UNREACHABLE, TransferOutcome.BROKEN_OFF, TransferOutcome.TIMED_OUT)
"""The ends after which it makes sense to go on with what has come."""

_RANGE: Final = re.compile(r"bytes ([0-9]{1,18})-.*", re.ASCII)


class ChangedError(Exception):
    """What is there is not the beginning of what the server has."""


class Download:
    """One attempt; ``run`` makes it."""

    def __init__(self, order: StartDownload, location: Location, attempt: Attempt, directory: Path) -> None:
        self.order, self.location, self.attempt = order, location, attempt
        self.file = PartialFile(directory, order.file, source_of(location), attempt.settings.spare_bytes)
        self.ends_s = time.monotonic() + order.within_s

    def run(self) -> int:
        """Fetch it; its length. Raises AttemptFailedError, StoppedError."""
        keep = True
        try:
            self._fetch_and_finish()
        except AttemptFailedError as failure:
            keep = self.order.keep and failure.outcome in KEPT_AFTER
            raise
        finally:
            self.file.close(keep)
        return self.file.size

    def _fetch_and_finish(self) -> None:
        self.file.open()
        try:
            self._fetch()
        except ChangedError:
            self.file.forget()
            self._fetch()
        self.file.finish()

    def _fetch(self) -> None:
        follow(self.location, self._ask, self.attempt.settings.most_redirects)

    def _ask(self, location: Location) -> str | None:
        request = Request(location, self.attempt, self.ends_s)
        coming = _Coming(request, self.file, self.order.max_bytes)
        coming.ask_for_rest()
        try:
            request.perform()
        except AttemptFailedError as failure:
            if coming.asked_from and _no_such_rest(request, failure):
                raise ChangedError from None
            raise
        if request.redirect is None:
            coming.end()
        return request.redirect


def _no_such_rest(request: Request, failure: AttemptFailedError) -> bool:
    """Whether the server refused because of the offset: the file has become shorter, or it cannot do that."""
    over_http = request.location.scheme.over_http
    return request.status == RANGE_NOT_SATISFIABLE if over_http else failure.outcome is TransferOutcome.FAILED


class _Coming:
    """What comes of one request."""

    def __init__(self, request: Request, file: PartialFile, max_bytes: int) -> None:
        self.request, self.file, self.max_bytes = request, file, max_bytes
        self.asked_from = 0
        self._begun = False
        request.take(self._data)

    def ask_for_rest(self) -> None:
        """One byte is asked for again where all is there: so the server says whether it is still the same."""
        file, curl = self.file, self.request.curl
        if file.version is None or file.version.mark is None:
            return
        total = file.version.total_bytes
        self.asked_from = file.size if total is None else min(file.size, total - 1)
        if not self.asked_from:
            return
        if self.request.location.scheme.over_http:
            curl.setopt(pycurl.HTTPHEADER, [f"Range: bytes={self.asked_from}-", f"If-Range: {file.version.mark}"])
        else:
            curl.setopt(pycurl.RESUME_FROM_LARGE, self.asked_from)

    def _data(self, data: bytes) -> None:
        if self.request.location.scheme.over_http and self.request.status not in (OK, PARTIAL_CONTENT):
            return  # the page that comes with a redirect
        if not self._begun:
            self._begin()
        if self.file.size + len(data) > self.max_bytes:
            raise AttemptFailedError(TransferOutcome.TOO_LARGE, f"more than {self.max_bytes} bytes")
        self.file.write(data)
        self.request.attempt.passed(self.file.size, self.file.version.total_bytes if self.file.version else None)

    def _begin(self) -> None:
        """The first byte is there, and with it everything that the server says of the file."""
        self._begun = True
        version = self.request.version
        if (version.total_bytes or 0) > self.max_bytes:
            raise AttemptFailedError(
                TransferOutcome.TOO_LARGE, f"{version.total_bytes} bytes, of which {self.max_bytes} are allowed"
            )
        if self._is_rest():
            self.file.go_on(self.asked_from)
        else:
            self.file.begin(version)

    def _is_rest(self) -> bool:
        """Whether what comes is the rest that was asked for. Raises ChangedError where it is the rest of another."""
        if not self.asked_from:
            return False
        if self.request.location.scheme.over_http:
            return self._is_rest_over_http()
        if self.request.version != self.file.version:
            raise ChangedError
        return True

    def _is_rest_over_http(self) -> bool:
        """200 brings the whole file, for it has changed, or the server knows no ranges."""
        if self.request.status == OK:
            return False
        found = _RANGE.fullmatch(self.request.headers.get("content-range", ""))
        known, said = self.file.version, self.request.version
        if found is None or int(found[1]) != self.asked_from or known is None or known.total_bytes != said.total_bytes:
            raise ChangedError
        return True

    def end(self) -> None:
        """All is there. Raises AttemptFailedError where it is not."""
        if self.request.location.scheme.over_http and self.request.status not in (OK, PARTIAL_CONTENT):
            raise AttemptFailedError(TransferOutcome.REFUSED, f"HTTP {self.request.status}")
        if not self._begun:
            self._begin()
        total = self.file.version.total_bytes if self.file.version else None
        if total is not None and total != self.file.size:
            raise AttemptFailedError(TransferOutcome.BROKEN_OFF, f"{self.file.size} of {total} bytes came")
