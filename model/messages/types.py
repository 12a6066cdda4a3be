"""The scalar types of clause 7, and the records that several blocks share.

A name here is a column of the specification's field tables: `IdToken`, `ConnectorId`, `DateTime`. Case-insensitive
strings keep the case in which they came; who compares two of them folds both (`fold`).
"""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, TypeVar

from model.messages.message import AtLeast, message
from model.messages.scalars import BooleanKind, DateTimeKind, DecimalKind, IntegerKind, StringKind

T = TypeVar("T")

CiString20 = Annotated[str, StringKind(20)]
"""At most 20 characters, compared without case (CS-7.15-01, ERR-3.58-01, ERR-3.71-01)."""
CiString25 = Annotated[str, StringKind(25)]
"""At most 25 characters, compared without case (CS-7.16-01, ERR-3.59-01, ERR-3.71-01)."""
CiString50 = Annotated[str, StringKind(50)]
"""At most 50 characters, compared without case (CS-7.17-01, ERR-3.60-01, ERR-3.71-01)."""
CiString255 = Annotated[str, StringKind(255)]
"""At most 255 characters, compared without case (CS-7.18-01, ERR-3.61-01, ERR-3.71-01)."""
CiString500 = Annotated[str, StringKind(500)]
"""At most 500 characters, compared without case (CS-7.19-01, ERR-3.62-01, ERR-3.71-01)."""
FreeText = Annotated[str, StringKind()]
"""A string without a limit of its own; the frame's limit bounds it (CS-6.15-01)."""
IdToken = CiString20
"""An identifier that may charge, or its parent: any text, of whatever form (CS-3.9-01 to -05).

A plain string, compared without case (CS-7.28-01, ERR-3.73-01, ERR-3.74-01).
"""

Integer = Annotated[int, IntegerKind()]
"""An integer without a limit in the specification; 64 bit signed here."""
FromZero = Annotated[int, IntegerKind(0)]
"""An integer of 0 or more."""
ConnectorId = Annotated[int, IntegerKind(0)]
"""A connector, or 0 for the charge point and its main controller."""
ConnectorAboveZero = Annotated[int, IntegerKind(1)]
"""One connector: an integer above 0."""
Boolean = Annotated[bool, BooleanKind()]
DateTime = Annotated[datetime, DateTimeKind()]
"""An aware datetime in ISO 8601; UTC once it was read (CS-3.15-01, ERR-3.10-01, ERR-3.10-02)."""
Tenth = Annotated[Decimal, DecimalKind()]
"""A decimal with at most one fractional digit (CS-7.14-02)."""

OneOrMore = Annotated[tuple[T, ...], AtLeast(1)]
"""A list that is not empty, in annotations: `OneOrMore[MeterValue]`."""


def fold(text: str) -> str:
    """The form in which two CiStrings are equal when they differ in case only (CS-7.15-01)."""
    return text.casefold()


def of_one_group(parent: str | None, other: str | None) -> bool:
    """Whether two parents are one group (CS-3.10-03); an empty text is none, though some central systems write it."""
    return bool(parent and other) and fold(str(parent)) == fold(str(other))


class AuthorizationStatus(StrEnum):
    """Whether an identifier may charge (CS-7.2-01 to -05)."""

    ACCEPTED = "Accepted"
    BLOCKED = "Blocked"
    EXPIRED = "Expired"
    INVALID = "Invalid"
    CONCURRENT_TX = "ConcurrentTx"


@message
class IdTagInfo:
    """What is known of an identifier: its status, until when, and its group (CS-7.27-01 to -04, ERR-3.72-01)."""

    status: AuthorizationStatus
    expiry_date: DateTime | None = None
    parent_id_tag: IdToken | None = None
