"""What vendors agree on beyond OCPP: handlers for DataTransfer.req, in one register.

A handler is a plain function from the text that came (``data``, or None) to the text of the answer. It gets nothing of
the station into its hands, so whatever it does wrong ends in ``Rejected`` and not in a broken step. A product brings
its own: a module with a ``Vendors`` in it, named in the station file.

    VENDORS = Vendors()

    @VENDORS.handles("com.example.box", "Lamp")
    def lamp(data: str | None) -> str | None:
        ...
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Final

from model.messages.data_transfer import DataTransferConf, DataTransferReq, DataTransferStatus
from model.messages.types import fold
from model.remedy import RemediableError
from runtime.core.undo import FixedOnceBuilt

Handler = Callable[[str | None], str | None]
"""From the request's ``data`` to the answer's; either may be None."""

MAX_VENDOR: Final = 255
MAX_MESSAGE: Final = 50
MAX_ANSWER_CHARS: Final = 100_000
"""A longer answer of a handler is not sent."""


class RefusedError(Exception):
    """Raised by a handler that understands and will not: the answer is Rejected, with this text as its data."""


class VendorsError(RemediableError, ValueError):
    """A register that cannot be: the message says which handler or module, and what would do."""

    usual_remedy = "name a module and the Vendors in it, like 'my_box.vendor:VENDORS'"


class Vendors(FixedOnceBuilt):
    """Handlers by vendorId and messageId; None is the message without one. Names compare without case."""

    def __init__(self) -> None:
        self._by_vendor: dict[str, dict[str | None, Handler]] = {}

    def handles(self, vendor_id: str, message_id: str | None = None) -> Callable[[Handler], Handler]:
        """Register the function below. Raises VendorsError."""

        def register(handler: Handler) -> Handler:
            self.add(vendor_id, message_id, handler)
            return handler

        return register

    def add(self, vendor_id: str, message_id: str | None, handler: Handler) -> None:
        """Register a handler. Raises VendorsError for a name that fits on no wire, or that is taken."""
        if not 0 < len(vendor_id) <= MAX_VENDOR or (message_id is not None and not 0 < len(message_id) <= MAX_MESSAGE):
            raise VendorsError(
                f"{vendor_id[:60]!r}, {str(message_id)[:60]!r}: a vendorId has 1 to {MAX_VENDOR} characters, "
                f"a messageId 1 to {MAX_MESSAGE}"
            )
        known, name = self._by_vendor.setdefault(fold(vendor_id), {}), _folded(message_id)
        if name in known:
            raise VendorsError(f"{vendor_id!r}, {message_id!r} has a handler already: register each message once")
        known[name] = handler

    def join(self, others: Vendors) -> None:
        """Take in another register. Raises VendorsError where both know a message."""
        for vendor_id, known in others._by_vendor.items():
            for message_id, handler in known.items():
                self.add(vendor_id, message_id, handler)

    def answer(self, request: DataTransferReq) -> tuple[DataTransferConf, str]:
        """The answer, the vendor looked up first (CS-4.3-06, CS-4.3-08), and what went wrong in a handler, if it did.

        Without a handler there is no data in it (CS-4.3-07); else it is what the handler says (CS-4.3-09).
        """
        known = self._by_vendor.get(fold(request.vendor_id))
        if known is None:
            return DataTransferConf(status=DataTransferStatus.UNKNOWN_VENDOR_ID), ""
        handler = known.get(_folded(request.message_id))
        if handler is None:
            return DataTransferConf(status=DataTransferStatus.UNKNOWN_MESSAGE_ID), ""
        return _asked(handler, request.data)


def _folded(message_id: str | None) -> str | None:
    return None if message_id is None else fold(message_id)


def _asked(handler: Handler, data: str | None) -> tuple[DataTransferConf, str]:
    try:
        said: object = handler(data)
    except RefusedError as refusal:
        return DataTransferConf(status=DataTransferStatus.REJECTED, data=str(refusal) or None), ""
    except Exception as failure:  # noqa: BLE001 - the handler is not ours: whatever it raises, the station goes on.
        return DataTransferConf(status=DataTransferStatus.REJECTED), f"its handler failed: {failure!r}"
    if said is not None and (not isinstance(said, str) or len(said) > MAX_ANSWER_CHARS):
        problem = f"its handler has to answer None or a text of at most {MAX_ANSWER_CHARS} characters"
        return DataTransferConf(status=DataTransferStatus.REJECTED), problem
    return DataTransferConf(status=DataTransferStatus.ACCEPTED, data=said), ""


def load_vendors(names: Iterable[str]) -> Vendors:
    """The registers named ``module:name``, as one. Raises VendorsError."""
    together = Vendors()
    for name in names:
        together.join(_named(name))
    return together


def _named(name: str) -> Vendors:
    module, _, attribute = name.partition(":")
    try:
        found = getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as problem:
        raise VendorsError(f"{name!r}: {problem}") from problem
    if not isinstance(found, Vendors):
        raise VendorsError(f"{name!r} is a {type(found).__name__}, and has to be a runtime.vendors.Vendors")
    return found
