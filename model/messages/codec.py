"""A payload to a message and back.

cattrs writes a function for each message class, once; the kinds of its fields are the hooks, and the class checks its
limits itself when it is built. One pass finds the first fault and names its place: what is inside a payload is read
once, however wrong it is, so a hostile payload costs no more than a good one.

First come the types of optional fields, then fields that the message does not have, then presence and types of
required fields, then limits; each in the order of the class. So the code that is answered does not depend on the order
in which the sender wrote.

Requests are closed: an unknown field is refused. Answers of the central system are read openly (`closed=False`):
an unknown field, or a null for an optional one, is dropped, because to refuse a BootNotification.conf for it would
take the station out of service (JERR-3.1-02). What else an answer may be forgiven is `answer`'s.
"""

from functools import cache
from operator import attrgetter
from typing import Any, Final, TypeVar

from cattrs import Converter
from cattrs.errors import ForbiddenExtraKeysError
from cattrs.fns import identity
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from model.messages.errors import BadPayloadError, missing_field, not_an_object, unknown_field, wrong_type
from model.messages.kinds import Reader, Writer, as_it_is
from model.messages.lazy_message import LazyMessage
from model.messages.message import Field, fields_of

M = TypeVar("M")

MOST_FIELDS: Final = 64
"""No message comes near it; of an object with more nothing but the fields that the message has is looked at."""


class _Codec:
    """The generated functions of one way to read, closed or open."""

    def __init__(self, *, closed: bool) -> None:
        self.closed = closed
        self._converter = Converter(detailed_validation=False, forbid_extra_keys=closed, omit_if_default=True)
        self._read: dict[type, Reader] = {}
        self._write: dict[type, Writer] = {}

    def structure(self, cls: type, payload: Any) -> Any:
        if not isinstance(payload, dict):
            raise not_an_object()
        if len(payload) > MOST_FIELDS:
            payload = self._known(cls, payload)
        read = self._read.get(cls) or self._make_reader(cls)
        try:
            return read(payload, cls)
        except ForbiddenExtraKeysError as error:
            raise unknown_field(min(error.extra_fields)) from None
        except KeyError as error:
            raise missing_field(error.args[0]) from None

    def _known(self, cls: type, payload: dict[str, Any]) -> dict[str, Any]:
        """What the message has of an object with too many fields."""
        if self.closed:
            raise unknown_field(next(name for name in payload if name not in _wire_names(cls)))
        return {name: payload[name] for name in payload.keys() & _wire_names(cls)}

    def unstructure(self, value: Any) -> dict[str, Any]:
        write = self._write.get(value.__class__) or self._make_writer(value.__class__)
        payload: dict[str, Any] = write(value)
        return payload

    def reader_of(self, field: Field) -> Reader:
        read = field.kind.reader(self.structure)
        if field.optional:
            return _optional_reader(field.wire, read, null_is_absent=not self.closed)
        return read if read is as_it_is else _reader(field.wire, read)

    def writer_of(self, field: Field) -> Writer:
        write = field.kind.writer(self.unstructure)
        return identity if write is as_it_is else write  # by which cattrs knows that there is nothing to call

    def _make_reader(self, cls: type) -> Reader:
        hooks = {f.name: override(rename=f.wire, struct_hook=self.reader_of(f)) for f in fields_of(cls)}
        # cattrs types the overrides as its own keyword options: Any is their common type.
        options: dict[str, Any] = dict(hooks)
        made: Reader = make_dict_structure_fn(cls, self._converter, **options)
        return self._read.setdefault(cls, made)

    def _make_writer(self, cls: type) -> Writer:
        if issubclass(cls, LazyMessage):
            return self._write.setdefault(cls, attrgetter("payload"))
        hooks = {f.name: override(rename=f.wire, unstruct_hook=self.writer_of(f)) for f in fields_of(cls)}
        options: dict[str, Any] = dict(hooks)
        made: Writer = make_dict_unstructure_fn(cls, self._converter, _cattrs_omit_if_default=True, **options)
        return self._write.setdefault(cls, made)


@cache
def _wire_names(cls: type) -> frozenset[str]:
    return frozenset(field.wire for field in fields_of(cls))


def _reader(wire: str, read: Reader) -> Reader:
    def read_field(value: Any, _type: Any = None) -> Any:
        try:
            return read(value, None)
        except BadPayloadError as refusal:
            raise refusal.within(wire) from None

    return read_field


def _optional_reader(wire: str, read: Reader, *, null_is_absent: bool) -> Reader:
    def read_field(value: Any, _type: Any = None) -> Any:
        try:
            if value is not None:
                return read(value, None)
            if null_is_absent:
                return None
            raise wrong_type("left out when it has no value, never null")
        except BadPayloadError as refusal:
            raise refusal.within(wire) from None

    return read_field


_CLOSED = _Codec(closed=True)
_OPEN = _Codec(closed=False)


def structure(cls: type[M], payload: object, *, closed: bool = True) -> M:
    """The message of class `cls` that `payload`, a decoded JSON value, says.

    `closed` refuses fields that the message does not have and nulls (requests); without it both are dropped (answers
    of the central system). Raises `BadPayloadError` with CALLERROR code, path and reason (`model.messages.errors`).
    """
    message: M = (_CLOSED if closed else _OPEN).structure(cls, payload)
    return message


def unstructure(message: object) -> dict[str, Any]:
    """The payload of `message`: a dict of JSON values, absent fields left out (J-4.2.1-04).

    It has the fields of the schemas and no others (JERR-3.1-01, JERR-3.6-01), and names in ASCII (J-4.1.2-02).
    """
    return _CLOSED.unstructure(message)
