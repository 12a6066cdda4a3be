"""One attempt at an upload: PUT over HTTP, STOR over FTP, APPE where an earlier attempt broke off.

A server that refuses says so before the file is sent: it is asked to (Expect: 100-continue, RFC 9110, 10.1.1).
"""

from __future__ import annotations

import io
import os
import time
from pathlib import Path
from typing import Final

import pycurl

from model.location import Location
from runtime.adapters.private_files import open_file
from runtime.adapters.transfers.attempt import Attempt, AttemptFailedError, source_of
from runtime.adapters.transfers.broken_uploads import BrokenUploads, Content
from runtime.adapters.transfers.partial_file import file_failed
from runtime.adapters.transfers.redirects import follow
from runtime.adapters.transfers.request import Request
from runtime.core.transfers import StartUpload, TransferOutcome

SEE_OTHER: Final = 303
"""Redirects to something else than where the file should go (RFC 9110, 15.4.4)."""

APPEND_TO_WHAT_IS_THERE: Final = -1
"""libcurl asks for the length of what the server has (SIZE), and appends the rest."""


class Upload:
    """One attempt; ``run`` makes it."""

    def __init__(
        self, order: StartUpload, location: Location, attempt: Attempt, directory: Path, broken: BrokenUploads
    ) -> None:
        self.order, self.location, self.attempt, self.broken = order, location, attempt, broken
        self.path, self.ends_s = directory / order.file, time.monotonic() + order.within_s

    def run(self) -> int:
        """Send it; its length. Raises AttemptFailedError, StoppedError."""
        try:
            descriptor = open_file(self.path, os.O_RDONLY)
        except OSError as problem:
            raise file_failed(problem) from problem
        with os.fdopen(descriptor, "rb") as file:
            found = os.fstat(descriptor)
            content = Content(source_of(self.location), found.st_ino, found.st_size, found.st_mtime_ns)
            follow(self.location, lambda at: self._put(at, file, content), self.attempt.settings.most_redirects)
        return content.size_bytes

    def _put(self, location: Location, file: io.BufferedReader, content: Content) -> str | None:
        request = Request(location, self.attempt, self.ends_s)
        over_http = location.scheme.over_http
        self._ask(request, file, content)
        try:
            request.perform()
        finally:
            if not over_http and request.sent_bytes:
                self.broken.broke(self.order.file, content)
        self.broken.take(self.order.file, content)
        if request.status == SEE_OTHER:
            raise AttemptFailedError(TransferOutcome.BAD_REDIRECT, f"HTTP {SEE_OTHER} to an upload")
        if request.redirect is None and over_http and not request.succeeded:
            raise AttemptFailedError(TransferOutcome.REFUSED, f"HTTP {request.status}")
        return request.redirect

    def _ask(self, request: Request, file: io.BufferedReader, content: Content) -> None:
        curl = request.curl
        file.seek(0)
        curl.setopt(pycurl.UPLOAD, 1)
        curl.setopt(pycurl.INFILESIZE_LARGE, content.size_bytes)
        request.send(file.read)
        request.take(lambda _: None)
        if request.location.scheme.over_http:
            curl.setopt(pycurl.HTTPHEADER, ["Expect: 100-continue"])
        elif self.broken.take(self.order.file, content):
            curl.setopt(pycurl.SEEKFUNCTION, lambda offset, _: bool(file.seek(offset) != offset))
            curl.setopt(pycurl.RESUME_FROM_LARGE, APPEND_TO_WHAT_IS_THERE)
