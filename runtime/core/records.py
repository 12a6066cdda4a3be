"""What the station keeps across a power cut: a record for each thing, and how it stands in the store.

One space of the store holds one kind of record; ``runtime/core/record_kinds.py`` says which. A record holds what a
message that is written from it may hold, and is judged when it is made: whatever stands in a store, a record that could
be read can be worked with. Types are taken as they are: 1.5 is no connector, and 7 no id tag.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

import orjson
from attrs import field
from attrs.validators import ge, in_, le, lt, max_len, optional
from cattrs.preconf.orjson import make_converter

from model.messages.charging import ChargingProfile
from model.messages.codec import structure, unstructure
from model.messages.errors import BadPayloadError
from model.messages.firmware import DiagnosticsStatus, FirmwareStatus
from model.messages.lazy_message import lazy_message
from model.messages.message import kind_of
from model.messages.metering import MeterValue
from model.messages.transactions import Reason
from model.messages.types import (
    AuthorizationStatus,
    CiString50,
    CiString255,
    ConnectorAboveZero,
    ConnectorId,
    DateTime,
    FreeText,
    FromZero,
    IdToken,
    Integer,
    fold,
    of_one_group,
)
from model.record import frozen
from runtime.core.firmware_slots import MAX_VERSION_CHARS, Slot
from runtime.core.inputs import Put

R = TypeVar("R")

MOST_NUMBERS: Final = 10**11
"""Nothing is counted as far: a number and those that follow it fit into a key (``runtime/core/queue_window.py``)."""

MOST_FAILURES: Final = 1_000_000
"""No message has failed as often; a wait that grows with the failures stays finite."""

MOST_ATTEMPTS: Final = 101
MOST_INTERVAL_S: Final = 86_400
"""No transfer is tried more often, nor its next attempt put off for longer (retries and retryInterval)."""

MOST_TRIES: Final = 3
"""What the power cuts off while an image is installed and started is tried no more often."""

BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
NEVER_YET: Final = datetime(2200, 1, 1, tzinfo=UTC)
"""What happened was between the two; while the date was not known, it was counted from 1970 on
(``runtime/core/dates.py``).

The CSMS is believed until the end of 2099 (``model/dates.py``), and the date goes on from there: no station runs for
another century without power, and at power up a date that cannot be is not taken.
"""


class RecordDamagedError(RuntimeError):
    """A record of the store cannot be read; the message names space and key."""


# ---- what a field may hold -----------------------------------------------------------------------------------

Check = Callable[[object, Any, Any], None]


def _fits(annotation: Any) -> Check:
    """What a message's field of that annotation may hold."""
    kind = kind_of(annotation)

    def check(_instance: object, attribute: Any, value: Any) -> None:
        try:
            kind.check(value)
        except BadPayloadError as refusal:
            raise ValueError(f"{attribute.name} {refusal.why}") from None

    return check


def _happened(instance: object, attribute: Any, value: Any) -> None:
    """A date at which something was, or a count in its place."""
    _is_date(instance, attribute, value)
    if not BEGINNING <= value < NEVER_YET:
        raise ValueError(f"{attribute.name} must be in the years 1970 to 2199")


_is_date = _fits(DateTime)
_token, _integer, _from_zero = _fits(IdToken), _fits(Integer), _fits(FromZero)
_status = in_([status.value for status in AuthorizationStatus])

# ---- the records ---------------------------------------------------------------------------------------------


@frozen
class TransactionRecord:
    """One transaction, from its start until its StopTransaction.req is settled.

    ``transaction_id`` is what the CSMS chose, None while it is not known; every integer is legal. ``given_up``: the
    CSMS never answered the start, later messages carry -1 (ERR-3.18-01). ``reservation_id``: of the reservation that
    it ended (CS-5.13-22). Registers in Wh.
    """

    connector: int = field(validator=_fits(ConnectorAboveZero))
    id_tag: str = field(validator=_token)
    parent_id_tag: str | None = field(validator=optional(_token))
    meter_start_wh: int = field(validator=_from_zero)
    started_at: datetime = field(validator=_happened)
    last_register_wh: int = field(validator=_from_zero)
    last_at: datetime = field(validator=_happened)
    transaction_id: int | None = field(default=None, validator=optional(_integer))
    given_up: bool = False
    meter_stop_wh: int | None = field(default=None, validator=optional(_from_zero))
    stopped_at: datetime | None = field(default=None, validator=optional(_happened))
    reason: str | None = field(default=None, validator=optional(in_([reason.value for reason in Reason])))
    stop_id_tag: str | None = field(default=None, validator=optional(_token))
    reservation_id: int | None = field(default=None, validator=optional(_integer))

    def __attrs_post_init__(self) -> None:
        """What has ended has a last register, and a moment."""
        if self.ended and (self.meter_stop_wh is None or self.stopped_at is None):
            raise ValueError("a transaction that has ended has meter_stop_wh and stopped_at")

    @property
    def start_settled(self) -> bool:
        """Whether StartTransaction.req is done with: confirmed, or given up."""
        return self.transaction_id is not None or self.given_up

    @property
    def ended(self) -> bool:
        """Whether it has ended, so that StopTransaction.req is owed."""
        return self.reason is not None

    @property
    def wire_id(self) -> int:
        """The transactionId that goes on the wire once the start is settled."""
        return -1 if self.transaction_id is None else self.transaction_id


@frozen
class EndedTransaction:
    """A transaction that has ended, with the state of its machine."""

    record: TransactionRecord = field()
    state: str

    @record.validator
    def _check(self, _attribute: object, record: TransactionRecord) -> None:
        if not record.ended:
            raise ValueError("a transaction that has ended has a reason")


@frozen
class QueueItem:
    """One transaction message that is owed: its kind, ``start``, ``meter`` or ``stop``, and how often it failed.

    ``slot`` is its transaction's; None for meter values of an idle ``connector``, which belong to none (CS-3.7-02).
    """

    slot: int | None = field(validator=optional(_fits(ConnectorAboveZero)))
    kind: str = field(validator=in_(("start", "meter", "stop")))
    failures: int = field(default=0, validator=[ge(0), le(MOST_FAILURES)])
    meter_value: MeterValue | None = None
    connector: int = field(default=0, validator=_fits(ConnectorId))

    def __attrs_post_init__(self) -> None:
        """Meter values have a value, and no other message has; a start and a stop are of a transaction."""
        if (self.kind == "meter") != (self.meter_value is not None) or (self.slot is None and self.kind != "meter"):
            raise ValueError(f"a {self.kind} message with that slot and that meter_value cannot be")


@frozen
class CacheEntry:
    """What the CSMS said of an id tag, and when it was used last (``used`` orders them, oldest first)."""

    id_tag: str = field(validator=_token)
    status: str = field(validator=_status)
    expiry_date: datetime | None = field(default=None, validator=optional(_is_date))
    parent_id_tag: str | None = field(default=None, validator=optional(_token))
    used: int = field(default=0, validator=[ge(0), lt(MOST_NUMBERS)])


@frozen
class ListEntry:
    """What the local authorization list says of an id tag."""

    id_tag: str = field(validator=_token)
    status: str = field(validator=_status)
    expiry_date: datetime | None = field(default=None, validator=optional(_is_date))
    parent_id_tag: str | None = field(default=None, validator=optional(_token))


@frozen
class ReservationRecord:
    """For whom a connector is kept, and until when; any integer is a legal id."""

    reservation_id: int = field(validator=_integer)
    id_tag: str = field(validator=_token)
    parent_id_tag: str | None = field(validator=optional(_token))
    expiry_date: datetime = field(validator=_is_date)

    def is_for(self, id_tag: str, parent_id_tag: str | None) -> bool:
        """Whether it lets that token in: by its own id, or by its group where both have one (CS-5.13-11)."""
        return of_one_group(self.parent_id_tag, parent_id_tag) or fold(id_tag) == fold(self.id_tag)


@frozen
class SecurityEvent:
    """A security event that the CSMS has not confirmed yet."""

    type: str = field(validator=_fits(CiString50))
    at: datetime = field(validator=_happened)
    tech_info: str | None = field(default=None, validator=optional(_fits(CiString255)))


@frozen
class UploadRecord:
    """An upload of diagnostics that was asked for: where to, of what, and the attempts that are left.

    ``number``: no other request has it. ``url``: of the file, with credentials, empty where the location is none; only
    who uploads gets it. ``interval_s``: seconds between attempts.
    """

    number: int = field(validator=[ge(1), lt(MOST_NUMBERS)])
    url: str = field(validator=_fits(FreeText), repr=False)
    file_name: str = field(validator=_fits(CiString255))
    attempts_left: int = field(validator=[ge(0), le(MOST_ATTEMPTS)])
    interval_s: int = field(validator=[ge(1), le(MOST_INTERVAL_S)])
    start: datetime | None = field(default=None, validator=optional(_is_date))
    stop: datetime | None = field(default=None, validator=optional(_is_date))


@frozen
class UploadStatus:
    """A status of an upload that the CSMS has not received yet."""

    status: str = field(validator=in_([status.value for status in DiagnosticsStatus]))


@frozen
class FirmwareUpdate:
    """An update that was asked for: where from, from when, and what is left of its attempts.

    ``number``: no other update has it. ``url``: as it was sent, with credentials; it goes nowhere but to who downloads.
    ``interval_s``: seconds between attempts. ``attempts_left``: the one that is being made or waited for included.
    ``slot`` and ``version``: of the image, once it is installed.
    """

    number: int = field(validator=[ge(1), lt(MOST_NUMBERS)])
    url: str = field(validator=_fits(FreeText), repr=False)
    retrieve_at: datetime = field(validator=_is_date)
    attempts_left: int = field(validator=[ge(1), le(MOST_ATTEMPTS)])
    interval_s: int = field(validator=[ge(1), le(MOST_INTERVAL_S)])
    tries_left: int = field(default=MOST_TRIES, validator=[ge(0), le(MOST_TRIES)])
    slot: str | None = field(default=None, validator=optional(in_([slot.value for slot in Slot])))
    version: str = field(default="", validator=max_len(MAX_VERSION_CHARS))


@frozen
class OwedFirmwareStatus:
    """A status of an update that the CSMS has not received yet."""

    status: str = field(validator=in_([status.value for status in FirmwareStatus]))


# ---- in the store --------------------------------------------------------------------------------------------

_CONVERTER = make_converter(detailed_validation=False)


def _lazy_if_sound(raw: Any, _type: object) -> MeterValue:
    """Read once to be judged, and left as it is written."""
    structure(MeterValue, raw)
    return lazy_message(MeterValue, raw, structure)


def _exactly(kind: type) -> Callable[[Any, object], Any]:
    """No number is read out of a text, no text out of a number, and no integer out of 1.5."""

    def read(raw: Any, _type: object) -> Any:
        if type(raw) is not kind:
            raise ValueError(f"{type(raw).__name__} in the place of {kind.__name__}")
        return raw

    return read


for exact in (int, str, bool):
    _CONVERTER.register_structure_hook(exact, _exactly(exact))
_CONVERTER.register_structure_hook(datetime, kind_of(DateTime).reader(structure))
_CONVERTER.register_unstructure_hook(MeterValue, unstructure)
_CONVERTER.register_structure_hook(MeterValue, _lazy_if_sound)
_CONVERTER.register_unstructure_hook(ChargingProfile, unstructure)
_CONVERTER.register_structure_hook(ChargingProfile, lambda raw, _: structure(ChargingProfile, raw))


def load_record(put: Put, kind: type[R]) -> R:
    """What a record says. Raises RecordDamagedError."""
    raw: Any = None
    try:
        raw = orjson.loads(put.value)
        return _CONVERTER.structure(raw, kind)
    except Exception as problem:
        raise RecordDamagedError(f"record {put.key} of {put.space} cannot be read: {problem}") from problem


def dump_record(record: object) -> str:
    """A record as it stands in the store."""
    return _CONVERTER.dumps(record).decode()
