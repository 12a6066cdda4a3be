"""Files from and to servers: what the station asks of whoever moves them, and what it is told.

One ``StartDownload`` or ``StartUpload`` is one attempt, and has one ``TransferEnded``; when and how often another is
made, the tables say. An attempt goes on with what an earlier one has left, where the server can. Files are named by
plain names, and lie in one directory of the station's: what was fetched is there under its name once it is complete.

Nothing here shows a URL: it holds credentials.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import ClassVar, Protocol

from attrs import field
from attrs.validators import gt, matches_re

from model.record import frozen
from runtime.core.inputs import Input
from runtime.core.ports import Effect

_PLAIN = matches_re(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
"""A name that leads nowhere else, and is none of those that begin with a dot, which the adapter uses."""


class TransferOutcome(StrEnum):
    """How an attempt ended."""

    DONE = "Done"
    """The whole file is there, durably; or the server has confirmed that it has all of it."""
    UNLAWFUL_URL = "UnlawfulUrl"
    """Nothing was dialled: an unknown scheme, no host, a character that no URL has. Another attempt is of no use."""
    UNREACHABLE = "Unreachable"
    """No connection: the name is unknown, the connection was refused, or nobody answered it."""
    TLS = "Tls"
    """The server could not prove who it is, or offers no TLS where the URL wants it."""
    REFUSED = "Refused"
    """The server said no: HTTP 4xx and 5xx, FTP 4yz and 5yz."""
    BAD_REDIRECT = "BadRedirect"
    """Redirected too often, or to where the station does not go."""
    TOO_LARGE = "TooLarge"
    """Longer than ``max_bytes``."""
    NO_SPACE = "NoSpace"
    """The disk has no space for it, besides what is kept for the station itself."""
    BROKEN_OFF = "BrokenOff"
    """The connection was lost in the middle, or the file was shorter than announced."""
    TIMED_OUT = "TimedOut"
    """Not complete within ``within_s``, or too slow."""
    FILE_FAILED = "FileFailed"
    """The station's own file could not be read or written."""
    FAILED = "Failed"
    """Anything else; the reason says what."""


@frozen
class TransferProgressed(Input):
    """So much of the file is there by now; ``total_bytes`` is None where the server has not said. Every few seconds."""

    once: ClassVar[bool] = True

    transfer: str
    done_bytes: int
    total_bytes: int | None = None


@frozen
class TransferEnded(Input):
    """The attempt is over. ``reason`` is for the log: a sentence without credentials.

    ``size_bytes``: of the whole file, where it is ``DONE``; else what had passed.
    """

    transfer: str
    outcome: TransferOutcome
    reason: str = ""
    size_bytes: int = 0


class Transfers(Protocol):
    """Moves files beside the loop."""

    def subscribe(self, emit: Callable[[Input], None]) -> None:
        """From now on call ``emit`` with TransferProgressed and TransferEnded, on the loop's thread."""

    def download(self, order: StartDownload) -> None:
        """Perform StartDownload."""

    def upload(self, order: StartUpload) -> None:
        """Perform StartUpload."""

    def stop(self, transfer: str, keep: bool) -> None:
        """Perform StopTransfer."""

    def remove(self, file: str) -> None:
        """Perform RemoveTransferFile."""


class _Start(Effect):
    """The beginning of an attempt, which has an end even where it could not begin."""

    __slots__ = ()
    transfer: str
    port: ClassVar[type | None] = Transfers

    def failed(self, why: str) -> TransferEnded:
        """An attempt that cannot be begun has failed."""
        return TransferEnded(self.transfer, TransferOutcome.FAILED, f"it could not be started: {why}")


@frozen
class StartDownload(_Start):
    """Fetch a file: one attempt, ended by TransferEnded.

    ``transfer``: names the attempt; a new one for each, so that what comes late is known to be of another.
    ``file``: its name in the station's directory once it is complete. ``max_bytes``, ``within_s``: the most that it may
    be long, and last. ``keep``: where the connection fails, what has come is kept, and the next attempt at the same
    file from the same URL goes on with it. After any other end nothing is left of it.
    """

    transfer: str
    url: str = field(repr=False)
    file: str = field(validator=_PLAIN)
    max_bytes: int = field(validator=gt(0))
    within_s: float = field(validator=gt(0))
    keep: bool = True

    def perform(self, port: Transfers) -> None:
        """Beside the loop."""
        port.download(self)


@frozen
class StartUpload(_Start):
    """Send a file of the station's directory: one attempt, ended by TransferEnded.

    ``url``: of the file itself (``model.location.upload_target``). HTTP sends it by PUT. Over FTP an attempt goes on
    where an earlier one to the same URL broke off. The file stays; RemoveTransferFile removes it.
    """

    transfer: str
    url: str = field(repr=False)
    file: str = field(validator=_PLAIN)
    within_s: float = field(validator=gt(0))

    def perform(self, port: Transfers) -> None:
        """Beside the loop."""
        port.upload(self)


@frozen
class StopTransfer(Effect):
    """Give an attempt up; nothing more is heard of it. No error where it is over.

    ``keep``: what has come of a download stays for another attempt.
    """

    port: ClassVar[type | None] = Transfers
    transfer: str
    keep: bool = False

    def perform(self, port: Transfers) -> None:
        """At once, as far as the station is concerned."""
        port.stop(self.transfer, self.keep)


@frozen
class RemoveTransferFile(Effect):
    """Remove a file of the station's directory, and what there is of an incomplete one of that name."""

    port: ClassVar[type | None] = Transfers
    file: str = field(validator=_PLAIN)

    def perform(self, port: Transfers) -> None:
        """Beside the loop; before anything else is done with that name."""
        port.remove(self.file)


TRANSFER_EFFECTS = (StartDownload, StartUpload, StopTransfer, RemoveTransferFile)
"""For the ``effects`` of a block that moves files."""
