"""Transfers of files: whoever has one made is told of its end, and nobody else.

Several blocks move files over one port. Each attempt has a name of its own; what comes of one that was stopped, or of a
former life, is nothing to anybody.
"""

from __future__ import annotations

from collections.abc import Callable

from runtime.core.binding import takes
from runtime.core.block import Block
from runtime.core.block_context import BlockContext
from runtime.core.transfers import (
    TRANSFER_EFFECTS,
    RemoveTransferFile,
    StartDownload,
    StartUpload,
    StopTransfer,
    TransferEnded,
    TransferProgressed,
)

Ended = Callable[[TransferEnded], None]


class FileTransfers:
    """The attempts that are being made, and who waits for their ends."""

    def __init__(self, context: BlockContext) -> None:
        self.context = context
        self.waiting: dict[str, Ended] = {}

    def start(self, order: StartDownload | StartUpload, ended: Ended) -> None:
        """Have an attempt made; ``ended`` is called once, in a step of its own."""
        self.waiting[order.transfer] = ended
        self.context.effect(order)

    def stop(self, transfer: str, keep: bool = False) -> None:
        """Give an attempt up, of which nothing more is heard; no matter where it is over."""
        if self.waiting.pop(transfer, None) is not None:
            self.context.effect(StopTransfer(transfer, keep))

    def remove(self, file: str) -> None:
        """Remove a file, and what there is of an incomplete one."""
        self.context.effect(RemoveTransferFile(file))

    @takes(TransferEnded)
    def ended(self, given: TransferEnded) -> None:
        """To whom it belongs."""
        if ended := self.waiting.pop(given.transfer, None):
            ended(given)

    @takes(TransferProgressed)
    def progressed(self, given: TransferProgressed) -> None:
        """A line for the log."""
        if given.transfer in self.waiting:
            total = "" if given.total_bytes is None else f" of {given.total_bytes}"
            self.context.note(f"{given.transfer}: {given.done_bytes}{total} bytes")


BLOCK = Block("transfers", lambda parts: FileTransfers(parts.context), effects=TRANSFER_EFFECTS)
