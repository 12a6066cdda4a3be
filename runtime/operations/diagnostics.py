"""Diagnostics: GetDiagnostics, the upload of what was collected, and the statuses that tell of it (5.9, 7.24, 8.2).

The machine decides when an attempt is made and which status is owed; this block knows where to, what of, and how often.
Whoever moves files stands behind ``runtime/core/transfers.py``, whoever writes this one behind
``runtime/core/diagnostics_file.py``. A location is shown to nobody but the first of them.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from attrs import evolve

from model.language.composition import Instance
from model.language.semantics import Occurrence
from model.location import BadLocationError, UploadTarget, upload_target
from model.messages.firmware import (
    DiagnosticsStatus,
    DiagnosticsStatusNotificationReq,
    GetDiagnosticsConf,
    GetDiagnosticsReq,
)
from runtime.core.binding import addresses, answers, lasts, performs, responds, takes
from runtime.core.block import Block
from runtime.core.block_context import BlockContext
from runtime.core.diagnostics_file import (
    CollectDiagnostics,
    Diagnostics,
    DiagnosticsCollected,
    DiagnosticsKept,
    DiagnosticsNotCollected,
    Period,
)
from runtime.core.records import MOST_ATTEMPTS, MOST_INTERVAL_S, NEVER_YET, UploadRecord, UploadStatus
from runtime.core.transfers import StartUpload, TransferEnded, TransferOutcome
from runtime.operations.calls import CallFailure, Calls, PendingCall
from runtime.operations.firmware import Firmware
from runtime.operations.transfers import FileTransfers

RETRIES: Final = 3
INTERVAL_S: Final = 60
"""Where the request leaves them to the station (CS-6.25-01)."""

WITHIN_S: Final = 1800.0
"""The longest that one attempt may take."""

STATUS_RETRY_S: Final = 60.0
MAX_STATUSES: Final = 100
"""More than this are not owed: the oldest that waits gives way, and the log says so."""

MACHINE: Final = "diagnostics"
EVENT_OF: Final = {TransferOutcome.DONE: "uploaded", TransferOutcome.UNLAWFUL_URL: "refused"}
"""What an attempt's end is to the machine; any other is ``failed``."""


class Uploads:
    """What was asked for, and the attempts at it."""

    def __init__(self, context: BlockContext, calls: Calls, transfers: FileTransfers, firmware: Firmware) -> None:
        self.context, self.calls, self.transfers, self.firmware = context, calls, transfers, firmware
        self.since: datetime | None = None
        """From when on the disk has something."""
        self.file = ""
        """The file that was written last, since power came."""

    @property
    def record(self) -> UploadRecord | None:
        """The upload that goes on."""
        return self.context.ledger.uploads.get(MACHINE)

    # ---- GetDiagnostics.req ------------------------------------------------------------------------------

    @addresses(GetDiagnosticsReq)
    def to_upload(self, request: GetDiagnosticsReq) -> Occurrence:
        """With the upload that it asks for.

        How often and how far apart is bounded: no slip of the CSMS makes a flood, or lasts for years.
        """
        number = self.context.ledger.coming_number("upload")
        target = self._target(request.location, number)
        retries = RETRIES if request.retries is None else request.retries
        interval_s = INTERVAL_S if request.retry_interval is None else request.retry_interval
        asked = UploadRecord(
            number, target.url, target.name,
            attempts_left=min(max(retries, 0) + 1, MOST_ATTEMPTS),
            interval_s=min(max(interval_s, 1), MOST_INTERVAL_S),
            start=request.start_time, stop=request.stop_time,
        )  # fmt: skip
        return Occurrence(Instance(MACHINE), "asked", asked)

    @answers("diagnostics", "available")
    def available(self, at: Instance, asked: UploadRecord) -> bool:
        """Without a date nobody can say that a period lies ahead, or has gone by."""
        start, stop = asked.start, asked.stop
        if start is not None and stop is not None and stop < start:
            return False
        if not self.context.knows_date:
            return True
        return (start is None or start <= self.context.utc()) and (stop is None or stop >= self._beginning)

    @property
    def _beginning(self) -> datetime:
        """The oldest thing that could be sent."""
        first = next((date for date, _ in self.context.journal), self.context.utc())
        return min(self.context.dates.dated(first), self.since or NEVER_YET)

    @takes(DiagnosticsKept)
    def kept(self, given: DiagnosticsKept) -> None:
        """What earlier lives have left."""
        self.since = given.since

    @responds(GetDiagnosticsReq)
    def answered(self, at: Instance | None, asked: UploadRecord, answer: str) -> GetDiagnosticsConf:
        """The name under which the file arrives (CS-5.9-03), or none (CS-5.9-06)."""
        return GetDiagnosticsConf(file_name=asked.file_name if answer == "File" else None)

    @performs("diagnostics", "take request")
    def take_request(self, at: Instance, asked: UploadRecord) -> None:
        """Its number is taken with it: a request of which nothing is uploaded writes nothing."""
        self.context.ledger.next_number("upload")
        self.context.ledger.set_upload(MACHINE, asked)

    def _target(self, location: str, number: int) -> UploadTarget:
        """A location that is none is kept as none: the attempt at it says so."""
        name = self._name(number)
        try:
            return upload_target(location, name)
        except BadLocationError as problem:
            self.context.note(f"GetDiagnostics: {problem}", "warning")
            return UploadTarget("", name)

    def _name(self, number: int) -> str:
        """Of this station, of this moment, and of no other request."""
        product = self.context.station.product
        whose = product.charge_point_serial_number or product.charge_point_model
        plain = re.sub(r"[^A-Za-z0-9]+", "-", whose)
        return f"diagnostics-{plain}-{self.context.utc():%Y%m%dT%H%M%SZ}-{number}.tar.gz"

    # ---- the file ----------------------------------------------------------------------------------------

    @performs("diagnostics", "collect")
    def collect(self, at: Instance) -> None:
        """What the station knows now, and what lies on its disk."""
        record = self._asked_for
        found = snapshot(self.context, Period(record.start, record.stop), self.firmware.version)
        self.context.effect(CollectDiagnostics(file_of(record), found))

    @takes(DiagnosticsCollected)
    def collected(self, given: DiagnosticsCollected) -> None:
        """A file of a request that another has replaced goes."""
        if self._is_wanted(given.file):
            self.file = given.file
            self.context.act(MACHINE, "collected")
        else:
            self.transfers.remove(given.file)

    @takes(DiagnosticsNotCollected)
    def not_collected(self, given: DiagnosticsNotCollected) -> None:
        """That one of a request which was replaced is not there is as well."""
        if self._is_wanted(given.file):
            self.context.note(f"the file of diagnostics could not be written: {given.why}", "error")
            self.context.act(MACHINE, "not_collected")

    def _is_wanted(self, file: str) -> bool:
        return self.record is not None and file_of(self.record) == file

    @answers("diagnostics", "file_there")
    def file_there(self, at: Instance) -> bool:
        """After a power cut it may be half a file, or none."""
        return self.file == file_of(self._asked_for)

    # ---- the attempts ------------------------------------------------------------------------------------

    @performs("diagnostics", "begin attempt")
    def begin_attempt(self, at: Instance) -> None:
        """Counted before it is made, so that one that is cut off has been counted."""
        record = self._asked_for
        self.context.ledger.set_upload(MACHINE, evolve(record, attempts_left=max(record.attempts_left - 1, 0)))

    @answers("diagnostics", "upload_attempts_left")
    def upload_attempts_left(self, at: Instance) -> bool:
        """The first attempt and as many as were asked for (CS-6.25-01)."""
        return self._asked_for.attempts_left > 0

    @lasts("upload_retry")
    def upload_retry(self, at: Instance) -> float:
        """Seconds from the end of an attempt to the next."""
        return float(self._asked_for.interval_s)

    @performs("diagnostics", "start upload")
    def start_upload(self, at: Instance) -> None:
        """One attempt."""
        record = self._asked_for
        self.transfers.start(StartUpload(transfer_of(record), record.url, file_of(record), WITHIN_S), self._ended)

    @performs("diagnostics", "stop upload")
    def stop_upload(self, at: Instance) -> None:
        """What was collected for it is of no use any more."""
        record = self._asked_for
        self.context.note(f"{record.file_name} is not uploaded: other diagnostics are asked for", "warning")
        self.transfers.stop(transfer_of(record))
        self.transfers.remove(file_of(record))

    def _ended(self, given: TransferEnded) -> None:
        """A file that could not be sent is a line in the log, whatever comes of it."""
        event, record = EVENT_OF.get(given.outcome, "failed"), self._asked_for
        if given.outcome is not TransferOutcome.DONE:
            left = record.attempts_left if event == "failed" else 0
            self.context.note(f"{record.file_name}: {given.outcome}: {given.reason}; attempts left: {left}", "warning")
        self.context.act(MACHINE, event)

    @performs("diagnostics", "forget request")
    def forget_request(self, at: Instance) -> None:
        """Nothing is left on the disk."""
        self.transfers.remove(file_of(self._asked_for))
        self.context.ledger.forget_upload(MACHINE)

    @property
    def _asked_for(self) -> UploadRecord:
        return self.context.ledger.uploads[MACHINE]

    # ---- statuses ----------------------------------------------------------------------------------------

    @performs("diagnostics", "owe status")
    def owe(self, at: Instance, status: str) -> None:
        """Kept until the CSMS has received it, behind those that are owed already (CS-5.9-08)."""
        owed = self.context.ledger.upload_statuses
        if len(owed) >= MAX_STATUSES:
            oldest_waiting = list(owed)[1]
            self.context.note(f"the status {owed[oldest_waiting].status} of an upload gives way: too many", "error")
            self.context.ledger.forget_upload_status(oldest_waiting)
        self.context.ledger.add_upload_status(UploadStatus(status))

    @performs("diagnostics", "send DiagnosticsStatusNotification")
    def send_triggered(self, at: Instance, status: str) -> None:
        """Because it was triggered, and besides what is owed; Idle at no other time (CS-7.24-02)."""
        self.calls.submit(PendingCall(DiagnosticsStatusNotificationReq(status=DiagnosticsStatus(status))))

    @answers("diagnostics_status", "more_statuses")
    def more_statuses(self, at: Instance) -> bool:
        """Whether another waits behind the one that is with the CSMS."""
        return len(self.context.ledger.upload_statuses) > 1

    @performs("diagnostics_status", "send status")
    def send_status(self, at: Instance) -> None:
        """DiagnosticsStatusNotification.req for the oldest (CS-6.17-01)."""
        status = DiagnosticsStatus(next(iter(self.context.ledger.upload_statuses.values())).status)
        self.calls.submit(PendingCall(DiagnosticsStatusNotificationReq(status=status), self._settled, self._lost))

    def _settled(self, conf: object) -> None:
        self.context.act("diagnostics_status", "settled")

    def _lost(self, lost: CallFailure) -> None:
        """Whether the CSMS has it: of one that gave way, or went with the link, nothing shows that it has."""
        has_left = lost.while_linked and lost.why != "full"
        self.context.act("diagnostics_status", "settled" if has_left else "lost")

    @performs("diagnostics_status", "forget status")
    def forget_status(self, at: Instance) -> None:
        """The oldest is settled."""
        self.context.ledger.forget_upload_status(next(iter(self.context.ledger.upload_statuses)))

    @lasts("status_retry")
    def status_retry(self, at: Instance) -> float:
        """Seconds after which a status that gave way is sent again."""
        return STATUS_RETRY_S


def file_of(record: UploadRecord) -> str:
    """Its name in the station's own directory."""
    return f"diagnostics-{record.number}.tar.gz"


def transfer_of(record: UploadRecord) -> str:
    """The attempt that was begun last."""
    return f"diagnostics-{record.number}-{record.attempts_left}"


def snapshot(context: BlockContext, period: Period, firmware_version: str) -> Diagnostics:
    """What the station knows, without a secret; ``firmware_version``: of the image that runs."""
    settings, ledger, product = context.settings, context.ledger, context.station.product
    dated = ((context.dates.dated(date), fired) for date, fired in context.journal)
    return Diagnostics(
        at=context.utc(),
        period=period,
        about={
            "vendor": product.charge_point_vendor,
            "model": product.charge_point_model,
            "serial_number": product.charge_point_serial_number,
            "firmware_version": firmware_version,
            "station_file": context.station.name,
        },
        configuration={key.name: settings.text(key.name) for key in settings.offered.values() if key.readable},
        states={str(at): one.state for at, one in context.engine.members_by.items() if at.machine != "cache_entry"},
        owed={
            "transaction_messages": len(ledger.queue),
            "security_events": len(ledger.security),
            "upload_statuses": len(ledger.upload_statuses),
            "update_statuses": len(ledger.update_statuses),
        },
        rows=tuple((date, fired) for date, fired in dated if period.holds(date)),
    )


BLOCK = Block(
    "diagnostics",
    lambda parts: Uploads(parts.context, parts[Calls], parts[FileTransfers], parts[Firmware]),
    triggers={"DiagnosticsStatusNotification": (MACHINE,)},
    effects=(CollectDiagnostics,),
)
