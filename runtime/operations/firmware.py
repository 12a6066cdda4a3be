"""Firmware management: UpdateFirmware, and the statuses that tell how it goes (5.19, 7.25).

The machine decides when an image is fetched, installed and started, and which status is owed; this block knows where
from, and how often. Whoever moves files stands behind ``runtime/core/transfers.py``, the slots of the box behind
``runtime/core/firmware_slots.py``. Which version runs the box says at each start, and BootNotification shows it.
"""

from __future__ import annotations

from typing import Final

from attrs import evolve

from model.language.composition import Instance
from model.location import BadLocationError, parse_location
from model.messages.firmware import (
    FirmwareStatus,
    FirmwareStatusNotificationReq,
    UpdateFirmwareConf,
    UpdateFirmwareReq,
)
from runtime.core.binding import answers, at_power_up, lasts, performs, raises, responds, takes
from runtime.core.block import Block
from runtime.core.block_context import BlockContext
from runtime.core.firmware_slots import (
    FIRMWARE_EFFECTS,
    ActivateFirmware,
    FirmwareInstalled,
    FirmwareKept,
    FirmwareNotInstalled,
    FirmwareSlots,
    FirmwareStarted,
    InstallFirmware,
    KeepFirmware,
    NoFirmwareSlots,
    Slot,
    Start,
)
from runtime.core.inputs import SecurityEventNoted
from runtime.core.records import MOST_ATTEMPTS, MOST_INTERVAL_S, FirmwareUpdate, OwedFirmwareStatus
from runtime.core.transfers import StartDownload, TransferEnded, TransferOutcome
from runtime.operations.calls import CallFailure, Calls, PendingCall
from runtime.operations.security import Security
from runtime.operations.transfers import FileTransfers

RETRIES: Final = 3
INTERVAL_S: Final = 60
"""Where the request leaves them to the station (CS-6.55-01)."""

MAX_IMAGE_BYTES: Final = 512 * 1024 * 1024
WITHIN_S: Final = 6 * 3600.0
"""The most that an image may be long, and one attempt to fetch it last."""

LOOK_EVERY_S: Final = 86_400.0
"""A retrieveDate that lies further ahead is looked at so often, so that no timer runs for years."""

INSTALL_LIMIT_S: Final = 1800.0
"""The longest that the hardware may take for an image."""

RESTART_WAIT_S: Final = 10.0
"""As long as a CSMS may take for one answer (KPI-1)."""

STATUS_RETRY_S: Final = 60.0
MAX_STATUSES: Final = 100
"""More than this are not owed: the oldest that waits gives way, and the log says so."""

ERRORS: Final = {
    "error NotSupported": "this station takes signed firmware only: send SignedUpdateFirmware",
    "error InternalError": "the station's memory is full",
}
"""What an error says beside its code, by the answer of the row."""

EVENT_OF: Final = {TransferOutcome.DONE: "fetched", TransferOutcome.UNLAWFUL_URL: "refused"}
"""What an attempt's end is to the machine; any other is ``failed``."""


class Firmware:
    """The update that goes on, and the version that runs."""

    def __init__(self, context: BlockContext, calls: Calls, security: Security, transfers: FileTransfers) -> None:
        self.context, self.calls, self.security, self.transfers = context, calls, security, transfers
        self.started: FirmwareStarted | None = None
        self.transfer = ""
        """The attempt that is being made."""
        self.starts = 0

    @property
    def version(self) -> str:
        """Of the image that runs."""
        told = self.started.version if self.started else ""
        return told or self.context.station.product.firmware_version

    @property
    def _update(self) -> FirmwareUpdate:
        update = self.context.ledger.update
        assert update is not None, "the machine is not Idle"
        return update

    # ---- UpdateFirmware.req ------------------------------------------------------------------------------

    @answers("firmware", "unsigned_accepted")
    def unsigned_accepted(self, at: Instance) -> bool:
        """The station file's choice."""
        return self.context.station.takes_unsigned_firmware

    @responds(UpdateFirmwareReq)
    def respond(self, at: Instance | None, request: UpdateFirmwareReq, answer: str) -> UpdateFirmwareConf | str:
        """The response says nothing but that the request has arrived (CS-6.56-01)."""
        return ERRORS.get(answer) or UpdateFirmwareConf()

    @performs("firmware", "take request")
    def take_request(self, at: Instance, request: UpdateFirmwareReq) -> None:
        """How often and how far apart is bounded: no slip of the CSMS makes a flood, or lasts for years."""
        if before := self.context.ledger.update:
            self._drop(before)
        retries = RETRIES if request.retries is None else request.retries
        interval_s = INTERVAL_S if request.retry_interval is None else request.retry_interval
        update = FirmwareUpdate(
            self.context.ledger.next_number("firmware"), self._url(request), request.retrieve_date,
            attempts_left=min(max(retries, 0) + 1, MOST_ATTEMPTS),
            interval_s=min(max(interval_s, 1), MOST_INTERVAL_S),
        )  # fmt: skip
        self.context.ledger.set_update(update)
        self._note_bounds(request, update)

    def _url(self, request: UpdateFirmwareReq) -> str:
        """A location that is none is kept as none: the attempt at it says so."""
        try:
            place = parse_location(request.location).place
        except BadLocationError as problem:
            self.context.note(f"UpdateFirmware: {problem}", "warning")
            return ""
        self.context.note(f"UpdateFirmware: from {place}, not before {request.retrieve_date.isoformat()}")
        return request.location

    def _note_bounds(self, request: UpdateFirmwareReq, update: FirmwareUpdate) -> None:
        if request.retries not in (None, update.attempts_left - 1):
            self.context.note(f"retries {request.retries}: {update.attempts_left - 1} is used", "warning")
        if request.retry_interval not in (None, update.interval_s):
            self.context.note(f"retryInterval {request.retry_interval} s: {update.interval_s} s is used", "warning")

    @performs("firmware", "note busy")
    def note_busy(self, at: Instance, request: UpdateFirmwareReq) -> None:
        """UpdateFirmware.conf cannot say it."""
        self.context.note("UpdateFirmware is left alone: another image is being installed", "warning")

    # ---- the retrieveDate --------------------------------------------------------------------------------

    @answers("firmware", "date_reached")
    def date_reached(self, at: Instance) -> bool:
        """Without a date that cannot be said of any."""
        return self.context.knows_date and self._update.retrieve_at <= self.context.utc()

    @lasts("to_retrieve_date")
    def to_retrieve_date(self, at: Instance) -> float | None:
        """Seconds until the retrieveDate, a day at most; never without a date."""
        if not self.context.knows_date:
            return None
        ahead_s = (self._update.retrieve_at - self.context.utc()).total_seconds()
        return min(max(ahead_s, 0.001), LOOK_EVERY_S)

    # ---- the download ------------------------------------------------------------------------------------

    @performs("firmware", "start download")
    def start_download(self, at: Instance) -> None:
        """One attempt, which goes on with what an earlier one has left."""
        update = self._update
        self.starts += 1
        self.transfer = f"firmware-{update.number}-{self.starts}"
        order = StartDownload(self.transfer, update.url, _file(update), MAX_IMAGE_BYTES, WITHIN_S)
        self.transfers.start(order, self._ended)

    @performs("firmware", "stop download")
    def stop_download(self, at: Instance) -> None:
        """What has come is kept for the next attempt."""
        self.transfers.stop(self.transfer, keep=True)

    def _ended(self, given: TransferEnded) -> None:
        if given.outcome is not TransferOutcome.DONE:
            left = self._update.attempts_left - 1 if given.outcome not in EVENT_OF else 0
            self.context.note(f"firmware: {given.outcome}, {given.reason}; more attempts: {left}", "warning")
        self.context.act("firmware", EVENT_OF.get(given.outcome, "failed"))

    @answers("firmware", "download_attempts_left")
    def download_attempts_left(self, at: Instance) -> bool:
        """Behind the one that has just ended."""
        return self._update.attempts_left > 1

    @performs("firmware", "count attempt")
    def count_attempt(self, at: Instance) -> None:
        """It has failed."""
        self.context.ledger.set_update(evolve(self._update, attempts_left=self._update.attempts_left - 1))

    @lasts("download_retry")
    def download_retry(self, at: Instance) -> float:
        """Seconds from the end of an attempt to the next."""
        return float(self._update.interval_s)

    # ---- the installation --------------------------------------------------------------------------------

    @performs("firmware", "install image")
    def install(self, at: Instance) -> None:
        """Beside the loop."""
        self.context.effect(InstallFirmware(_file(self._update)))

    @takes(FirmwareInstalled)
    def installed(self, given: FirmwareInstalled) -> None:
        """Which slot is to be started, and what it will say."""
        if self._is_ours(given.file):
            self.context.ledger.set_update(evolve(self._update, slot=given.slot.value, version=given.version))
            self.context.act("firmware", "installed")

    @takes(FirmwareNotInstalled)
    def not_installed(self, given: FirmwareNotInstalled) -> None:
        """The old image runs on."""
        if self._is_ours(given.file):
            self.context.note(f"the firmware is not installed: {given.why}", "error")
            self.context.act("firmware", "not_installed")

    @lasts("install_limit")
    def install_limit(self, at: Instance) -> float:
        """A box that never answers does not keep the station closed."""
        return INSTALL_LIMIT_S

    def _is_ours(self, file: str) -> bool:
        update = self.context.ledger.update
        return update is not None and file == _file(update) and self.context.engine.state("firmware") == "Installing"

    @answers("firmware", "tries_left")
    def tries_left(self, at: Instance) -> bool:
        """However often the power goes."""
        return self._update.tries_left > 0

    @performs("firmware", "count try")
    def count_try(self, at: Instance) -> None:
        """It is about to be tried once more."""
        self.context.ledger.set_update(evolve(self._update, tries_left=self._update.tries_left - 1))

    @performs("firmware", "activate image")
    def activate(self, at: Instance) -> None:
        """At the next start, whatever brings it."""
        slot = self._update.slot
        assert slot is not None, "the image is installed"
        self.context.effect(ActivateFirmware(Slot(slot)))

    @performs("firmware", "keep image")
    def keep(self, at: Instance) -> None:
        """The box need not ask any more."""
        self.context.effect(KeepFirmware())

    @takes(FirmwareStarted)
    def has_started(self, given: FirmwareStarted) -> None:
        """The box has been started; what with, BootNotification says."""
        self.started = given
        if given.start is not Start.KEPT:
            self.context.note(f"firmware {self.version} runs from slot {given.slot}: {given.start}", "warning")
        self.context.act("firmware", self._event(given))

    def _event(self, given: FirmwareStarted) -> str:
        if given.start is Start.KEPT:
            return "runs" if self._is_new(given.slot) else "not_tried"
        return "on_trial" if given.start is Start.ON_TRIAL else "fell_back"

    @takes(FirmwareKept)
    def kept(self, given: FirmwareKept) -> None:
        """What was on trial is not any more."""
        if self._is_new(given.slot):
            self.context.act("firmware", "runs")

    def _is_new(self, slot: Slot) -> bool:
        update = self.context.ledger.update
        return update is not None and update.slot == slot.value

    @performs("firmware", "note update")
    def note_update(self, at: Instance) -> None:
        """FirmwareUpdated (security whitepaper, 8)."""
        event = SecurityEventNoted("FirmwareUpdated", f"version {self.version}")
        self.context.after_rows(lambda: self.security.note(event))

    @performs("firmware", "forget update")
    def forget(self, at: Instance) -> None:
        """Nothing is left on the disk."""
        self._drop(self._update)

    def _drop(self, update: FirmwareUpdate) -> None:
        self.transfers.remove(_file(update))
        self.context.ledger.forget_update(update)

    @at_power_up
    def tidy(self) -> None:
        """Whoever forgot an update could be cut off before its image was gone; two are there at most."""
        last, update = int(self.context.ledger.station.get("firmware", "0")), self.context.ledger.update
        for number in range(max(last - 1, 1), last + 1):
            if update is None or update.number != number:
                self.transfers.remove(_name(number))

    # ---- statuses ----------------------------------------------------------------------------------------

    @performs("firmware", "owe status")
    def owe(self, at: Instance, status: str) -> None:
        """Kept until the CSMS has received it, behind those that are owed already."""
        owed = self.context.ledger.update_statuses
        if len(owed) >= MAX_STATUSES:
            oldest_waiting = list(owed)[1]
            self.context.note(f"FirmwareStatusNotification {owed[oldest_waiting].status} gives way: too many", "error")
            self.context.ledger.forget_update_status(oldest_waiting)
        self.context.ledger.add_update_status(OwedFirmwareStatus(status))

    @performs("firmware", "send FirmwareStatusNotification")
    def send_triggered(self, at: Instance, status: str) -> None:
        """Because it was triggered, and besides what is owed; Idle at no other time (CS-7.25-05)."""
        self.calls.submit(PendingCall(FirmwareStatusNotificationReq(status=FirmwareStatus(status))))

    @answers("firmware", "statuses_owed")
    def statuses_owed(self, at: Instance) -> bool:
        """Whether something waits, or is with the CSMS."""
        return bool(self.context.ledger.update_statuses)

    @answers("firmware_status", "more_update_statuses")
    def more_update_statuses(self, at: Instance) -> bool:
        """Whether another waits behind the one that is with the CSMS."""
        return len(self.context.ledger.update_statuses) > 1

    @performs("firmware_status", "send status")
    def send_status(self, at: Instance) -> None:
        """FirmwareStatusNotification.req for the oldest (CS-6.19-01)."""
        status = FirmwareStatus(next(iter(self.context.ledger.update_statuses.values())).status)
        self.calls.submit(PendingCall(FirmwareStatusNotificationReq(status=status), self._settled, self._lost))

    def _settled(self, conf: object) -> None:
        self.context.act("firmware_status", "settled")

    def _lost(self, lost: CallFailure) -> None:
        """Whether the CSMS has it: of one that gave way, or went with the link, nothing shows that it has."""
        has_left = lost.while_linked and lost.why != "full"
        self.context.act("firmware_status", "settled" if has_left else "lost")

    @performs("firmware_status", "forget status")
    @raises("firmware", "told")
    def forget_status(self, at: Instance) -> None:
        """The oldest is settled."""
        self.context.ledger.forget_update_status(next(iter(self.context.ledger.update_statuses)))
        if not self.context.ledger.update_statuses:
            self.context.after_rows(lambda: self.context.act("firmware", "told"))

    @lasts("restart_wait")
    def restart_wait(self, at: Instance) -> float:
        """The longest that a new image waits for the CSMS to receive what is owed."""
        return RESTART_WAIT_S

    @lasts("firmware_status_retry")
    def status_retry(self, at: Instance) -> float:
        """Seconds after which a status that gave way is sent again."""
        return STATUS_RETRY_S


def _file(update: FirmwareUpdate) -> str:
    """The image's name in the station's own directory."""
    return _name(update.number)


def _name(number: int) -> str:
    return f"firmware-{number}.image"


BLOCK = Block(
    "firmware",
    lambda parts: Firmware(parts.context, parts[Calls], parts[Security], parts[FileTransfers]),
    triggers={"FirmwareStatusNotification": ("firmware",)},
    effects=FIRMWARE_EFFECTS,
    ports={FirmwareSlots: NoFirmwareSlots},
)
