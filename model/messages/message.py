"""From an annotation to a checked field.

`@message` makes a frozen attrs class whose fields carry, as metadata, their wire name and their kind, and whose
validators are those kinds. It is the only place that reads annotations; the codec and the tests ask `fields_of`.

Modules that define messages must not postpone the evaluation of annotations: the decorator reads them as objects.
"""

from collections.abc import Callable
from enum import StrEnum
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, dataclass_transform, get_args, get_origin

import attrs

from model.messages.errors import BadPayloadError
from model.messages.kinds import EnumKind, Kind, ListKind, ObjectKind
from model.record import frozen, record


@frozen
class AtLeast:
    """In the annotation of a tuple: the smallest number of elements."""

    count: int


@frozen
class Field:
    """One field of a message: its Python name, its name on the wire, what it may hold, whether it may be absent."""

    name: str
    wire: str
    kind: Kind
    optional: bool


Check = Callable[[object, object, Any], None]


def _check(field: Field) -> Check:
    """The attrs validator of one field: absence where it is allowed, else what the kind says."""
    check, wire, optional = field.kind.check, field.wire, field.optional

    def validate(_instance: object, _attribute: object, value: Any) -> None:
        if value is None and optional:
            return
        try:
            check(value)
        except BadPayloadError as refusal:
            raise refusal.within(wire) from None

    return validate


Cls = TypeVar("Cls")


@dataclass_transform(frozen_default=True, kw_only_default=True)
def message(cls: type[Cls]) -> type[Cls]:
    """A message or a record of one: frozen, keyword only, every limit checked when it is built.

    Building one with a value outside its limits raises `BadPayloadError` with the field's wire name.
    """
    return record(cls, kw_only=True, field_transformer=_with_limits)


def fields_of(cls: type) -> tuple[Field, ...]:
    """The fields of a message class, in the order of the specification's table."""
    return tuple(attribute.metadata["field"] for attribute in attrs.fields(cls))


def wire_name(name: str) -> str:
    """`charge_point_model` -> `chargePointModel`."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _with_limits(_cls: type, attributes: list["attrs.Attribute[Any]"]) -> list["attrs.Attribute[Any]"]:
    return [_with_limit(attribute) for attribute in attributes]


def _with_limit(attribute: "attrs.Attribute[Any]") -> "attrs.Attribute[Any]":
    inner, optional = _without_none(attribute.type)
    found = Field(attribute.name, wire_name(attribute.name), kind_of(inner), optional)
    return attribute.evolve(validator=_check(found), metadata={"field": found})


def _without_none(annotation: Any) -> tuple[Any, bool]:
    if get_origin(annotation) not in (Union, UnionType):
        return annotation, False
    (inner,) = (arg for arg in get_args(annotation) if arg is not type(None))
    return inner, True


def kind_of(annotation: Any) -> Kind:
    """The kind that an annotation names; TypeError for one that this package does not know."""
    if get_origin(annotation) is Annotated:
        return _annotated_kind(*get_args(annotation))
    if get_origin(annotation) is tuple:
        return ListKind(kind_of(get_args(annotation)[0]))
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return EnumKind(annotation)
    if attrs.has(annotation):
        return ObjectKind(annotation)
    raise TypeError(f"{annotation!r} is no field type of a message: see model/messages/types.py")


def _annotated_kind(base: Any, note: Any, *_others: Any) -> Kind:
    if isinstance(note, AtLeast):
        return ListKind(kind_of(get_args(base)[0]), note.count)
    kind: Kind = note
    return kind
