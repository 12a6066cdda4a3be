"""A message that waits as the payload it will be, and is read only where somebody looks into it.

What the station wrote itself was checked when it was made. To read it again only to write it once more would be a
quarter of what a queued message takes; so it stays the payload, and still is a message of its class.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar, cast

M = TypeVar("M")

Structure = Callable[[type[Any], Any], Any]
"""How a payload becomes a message of a class: ``model.messages.codec.structure``."""


class LazyMessage:
    """What all lazy messages are, beside being of their class."""

    message: type[Any]
    payload: dict[str, Any]
    structure: Structure

    def __getattr__(self, name: str) -> Any:
        """Somebody looks into it. Dunders are looked up without need (pickle, copy), and are not the message's."""
        if name in ("message", "payload") or name.startswith("__"):
            raise AttributeError(name)
        return getattr(read(self), name)

    def __eq__(self, other: object) -> bool:
        return bool(read(self) == read(other))

    def __hash__(self) -> int:
        return hash(read(self))


@cache
def _lazy_class(cls: type[Any], structure: Structure) -> type[Any]:
    return type(f"Lazy{cls.__name__}", (LazyMessage, cls), {"message": cls, "structure": staticmethod(structure)})


def lazy_message(cls: type[M], payload: dict[str, Any], structure: Structure) -> M:
    """The message of that class which this payload says; the payload was checked, and is the message's own by now."""
    message: M = object.__new__(_lazy_class(cls, structure))  # type: ignore[arg-type]
    message.__dict__["payload"] = payload
    return message


def read(message: M) -> M:
    """The message itself, if it is lazy. Raises BadPayloadError where it is none."""
    if not isinstance(message, LazyMessage):
        return message
    return cast("M", message.structure(message.message, message.payload))
