"""A message that waits as the payload it will be, and is read only where somebody looks into it.

What the station wrote itself was checked when it was made. To read it again only to write it once more would be a
quarter of what a queued message takes; so it stays the payload, and still is a message of its class.
"""

from functools import cache
from typing import Any, TypeVar, cast

M = TypeVar("M")


class Kept:
    """What all kept messages are, beside being of their class."""

    message: type[Any]
    payload: dict[str, Any]

    def __getattr__(self, name: str) -> Any:
        """Somebody looks into it."""
        if name in ("message", "payload") or name.startswith("__"):
            raise AttributeError(name)
        return getattr(read(self), name)

    def __eq__(self, other: object) -> bool:
        return bool(read(self) == read(other))

    def __hash__(self) -> int:
        return hash(read(self))


@cache
def _kept_class(cls: type[Any]) -> type[Any]:
    return type(f"Kept{cls.__name__}", (Kept, cls), {"message": cls})


def kept(cls: type[M], payload: dict[str, Any]) -> M:
    """The message of that class which this payload says; the payload was checked, and is the message's own by now."""
    message: M = object.__new__(_kept_class(cls))  # type: ignore[arg-type]
    message.__dict__["payload"] = payload
    return message


def read(message: M) -> M:
    """The message itself, if it is kept. Raises BadPayload where it is none."""
    from model.messages.codec import structure  # noqa: PLC0415 - the codec writes what is kept

    return cast(M, structure(message.message, message.payload)) if isinstance(message, Kept) else message
