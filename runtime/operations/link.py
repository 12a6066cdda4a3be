"""The link block: over which interface to dial, and how long to wait before the next dial."""

from __future__ import annotations

from model.language.composition import Instance
from model.station_file import NetworkInterface
from runtime.core.backoff import Backoff
from runtime.core.binding import answers, lasts, performs, takes
from runtime.core.block import Block
from runtime.core.block_context import BlockContext
from runtime.core.inputs import InterfaceDown, InterfaceUp, LinkClosed, LinkFailed, LinkOpened
from runtime.core.ports import Dial, HangUp, SetPingInterval
from runtime.operations.calls import Calls

MACHINE_OF = {NetworkInterface.ETHERNET: "ethernet", NetworkInterface.MODEM: "modem"}


class Link:
    """Counts failed dials, and turns what the transport says into events of the link machine."""

    def __init__(self, context: BlockContext, calls: Calls) -> None:
        self.context, self.calls = context, calls
        runtime = context.station.runtime
        self.backoff = Backoff(runtime.back_off_base_s, runtime.back_off_cap_s)
        self.failures = 0

    @performs("interface_selection", "dial over")
    def dial(self, at: Instance, value: str) -> None:
        """Have the transport dial; pings follow WebSocketPingInterval from the start (CS-9: WebSocketPingInterval)."""
        self.set_ping_interval(at)
        self.context.effect(Dial(NetworkInterface(value)))

    @performs("link", "set ping interval")
    def set_ping_interval(self, at: Instance) -> None:
        """WebSocketPingInterval (CS-9.1.34-01)."""
        self.context.effect(SetPingInterval(self.context.settings.integer("WebSocketPingInterval")))

    @performs("interface_selection", "hang up")
    def hang_up(self, at: Instance) -> None:
        """The next dial goes over Ethernet."""
        self.context.effect(HangUp("returning to Ethernet"))

    @answers("interface_selection", "call_open")
    def call_open(self, at: Instance) -> bool:
        """Whether a call of ours would lose its answer."""
        reading = self.context.engine.state("transaction_queue") == "Recalling"
        return self.calls.open is not None or bool(self.calls.outbox) or reading

    @answers("ethernet", "fitted")
    def ethernet_fitted(self, at: Instance) -> bool:
        """HFS-9."""
        return NetworkInterface.ETHERNET in self.context.station.interfaces

    @answers("modem", "fitted")
    def modem_fitted(self, at: Instance) -> bool:
        """HFS-9."""
        return NetworkInterface.MODEM in self.context.station.interfaces

    @lasts("interface_settle")
    def interface_settle(self, at: Instance) -> float:
        """Seconds for which Ethernet has to stay before it is used again."""
        return self.context.station.runtime.interface_settle_s

    @lasts("interface_retry")
    def interface_retry(self, at: Instance) -> float:
        """Seconds after which an Ethernet that has failed is tried again."""
        return self.context.station.runtime.interface_retry_s

    @performs("link", "lengthen back-off")
    def lengthen(self, at: Instance) -> None:
        """One more failure, or a link that did not last."""
        self.failures += 1

    @performs("link", "reset back-off")
    def reset(self, at: Instance) -> None:
        """The link is stable."""
        self.failures = 0

    @lasts("back_off")
    def back_off(self, at: Instance) -> float:
        """Seconds until the next dial, drawn anew each time (hard case 10). Never quite 0: a timer has to run."""
        return max(0.001, self.backoff.wait_s(self.failures, self.context.random.random()))

    @lasts("stable_link")
    def stable_link(self, at: Instance) -> float:
        """After this many seconds a link is trusted."""
        return self.context.station.runtime.stable_link_s

    @takes(LinkOpened)
    def opened(self, given: LinkOpened) -> None:
        """The websocket is open."""
        self.context.note("link open")
        self.context.act("link", "opened")

    @takes(LinkFailed)
    def failed(self, given: LinkFailed) -> None:
        """The dial failed."""
        self.context.note(f"dial failed: {given.reason}", "warning")
        self.context.act("link", "failed")

    @takes(LinkClosed)
    def closed(self, given: LinkClosed) -> None:
        """The websocket is gone; what the CSMS closed it for is as good as refused by it."""
        self.context.note(f"link closed: {given.reason}", "info" if given.ours else "warning")
        if given.too_long:
            self.calls.refuse_open()
        self.context.act("link", "closed")

    @takes(InterfaceUp)
    def interface_up(self, given: InterfaceUp) -> None:
        """An interface is up again."""
        self.failures = 0
        self.context.note(f"{given.interface} is up")
        self.context.act(MACHINE_OF[given.interface], "up")
        self.context.act("link", "network_back")

    @takes(InterfaceDown)
    def interface_down(self, given: InterfaceDown) -> None:
        """An interface has lost its network."""
        self.context.note(f"{given.interface} is down", "warning")
        self.context.act(MACHINE_OF[given.interface], "down")


BLOCK = Block("link", lambda parts: Link(parts.context, parts[Calls]))
