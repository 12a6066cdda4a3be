"""DataTransfer: what vendors have to say to one another, in both directions (CS-3.12-01, CS-3.12-02, CS-5.6-02).

What comes is answered by the handler that is registered for it (``runtime/vendors.py``), with one of our own: a CSMS
may ask in which state each machine is. What goes is passed on from the control interface, while the link is up.
"""

from __future__ import annotations

from typing import Final

import orjson

from model.language.composition import Instance
from model.language.semantics import Occurrence
from model.messages.data_transfer import DataTransferConf, DataTransferReq, DataTransferStatus
from runtime.core.binding import addresses, answers, performs, responds, takes
from runtime.core.block import Block
from runtime.core.block_context import BlockContext
from runtime.core.inputs import DataTransferAsked
from runtime.core.ports import DataTransferEnded
from runtime.operations.calls import Calls, PendingCall
from runtime.vendors import RefusedError, Vendors

OURS: Final = "org.provenpoint"
STATES: Final = "States"


class DataTransfer:
    """DataTransfer.req, to and from the CSMS."""

    def __init__(self, context: BlockContext, calls: Calls, vendors: Vendors) -> None:
        self.context, self.calls = context, calls
        self.vendors = Vendors()
        self.vendors.add(OURS, STATES, self.states)
        self.vendors.join(vendors)
        self.data: DataTransferReq
        self.ticket: int | None

    @addresses(DataTransferReq)
    def received(self, request: DataTransferReq) -> Occurrence:
        """With what the handler of that vendor and message says to it."""
        conf, problem = self.vendors.answer(request)
        if problem:
            self.context.note(f"DataTransfer {request.vendor_id} {request.message_id or ''}: {problem}", "error")
        return Occurrence(Instance("data_transfer"), "received", conf)

    @answers("data_transfer", "vendor_known")
    def vendor_known(self, at: Instance, said: DataTransferConf) -> bool:
        """Whether some handler is of that vendor (CS-4.3-06)."""
        return said.status is not DataTransferStatus.UNKNOWN_VENDOR_ID

    @answers("data_transfer", "message_known")
    def message_known(self, at: Instance, said: DataTransferConf) -> bool:
        """Whether the vendor has a handler for it (CS-4.3-08)."""
        return said.status is not DataTransferStatus.UNKNOWN_MESSAGE_ID

    @answers("data_transfer", "willing")
    def willing(self, at: Instance, said: DataTransferConf) -> bool:
        """By the handler's word (CS-4.3-09)."""
        return said.status is DataTransferStatus.ACCEPTED

    @responds(DataTransferReq)
    def answered(self, at: Instance | None, said: DataTransferConf, answer: str) -> DataTransferConf:
        """With the data of the handler."""
        return DataTransferConf(status=DataTransferStatus(answer), data=said.data)

    def states(self, data: str | None) -> str:
        """The state of every machine, or of the one that ``data`` names, by instance, as JSON."""
        engine = self.context.engine
        names = {machine.name for machine in engine.composition.machines}
        if data is not None and data not in names:
            raise RefusedError(f"no machine {data[:40]!r}; known: {', '.join(sorted(names))}")
        members = engine.members_by.values()
        return orjson.dumps({str(m.instance): m.state for m in members if data in (None, m.instance.machine)}).decode()

    @takes(DataTransferAsked)
    def asked(self, given: DataTransferAsked) -> None:
        """A DataTransfer.req is to be sent."""
        self.data = DataTransferReq(vendor_id=given.vendor_id, message_id=given.message_id, data=given.data)
        self.ticket = given.ticket
        self.context.act("call", "data_asked")

    @performs("call", "queue DataTransfer")
    def pass_on(self, at: Instance) -> None:
        """DataTransfer.req, with the vendorId and the text that we were given (CS-4.3-01, CS-4.3-04, CS-4.3-05)."""
        ticket = self.ticket
        self.calls.submit(
            PendingCall(
                self.data,
                lambda conf: self._ended(ticket, conf.status.value, conf.data),
                lambda lost: self._ended(ticket, None, None, lost.why),
                at_once=True,
            )
        )

    def _ended(self, ticket: int | None, status: str | None, data: str | None, why: str = "") -> None:
        self.context.note(f"DataTransfer: {status or why}")
        if ticket is not None:
            self.context.effect(DataTransferEnded(ticket, status, data, why))

    @performs("call", "refuse DataTransfer")
    def refuse(self, at: Instance) -> None:
        """It cannot be sent now, and nothing of it is kept."""
        self.context.note("DataTransfer is not sent: no link, or the CSMS has not accepted the station", "warning")
        if self.ticket is not None:
            self.context.effect(DataTransferEnded(self.ticket, None, None, "refused by the station"))


BLOCK = Block("data_transfer", lambda parts: DataTransfer(parts.context, parts[Calls], parts[Vendors]))
