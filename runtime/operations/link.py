"""The link block: dials, and how long to wait before the next one."""

from __future__ import annotations

from model.composition import Instance
from runtime.backoff import Backoff
from runtime.binding import lasts, performs, takes
from runtime.desk import Desk
from runtime.operations.calls import Calls
from runtime.ports import Dial, LinkClosed, LinkFailed, LinkOpened, NetworkBack, SetPingInterval


class Link:
    """Counts failed dials, and turns what the transport says into events of the link machine."""

    def __init__(self, desk: Desk, calls: Calls) -> None:
        self.desk, self.calls = desk, calls
        runtime = desk.station.runtime
        self.backoff = Backoff(runtime.back_off_base_s, runtime.back_off_cap_s)
        self.failures = 0

    @performs("link", "dial")
    def dial(self, at: Instance) -> None:
        """Have the transport dial; pings follow WebSocketPingInterval from the start (CS-9: WebSocketPingInterval)."""
        self.desk.effect(SetPingInterval(self.desk.settings.integer("WebSocketPingInterval")))
        self.desk.effect(Dial())

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
        return max(0.001, self.backoff.wait_s(self.failures, self.desk.random.random()))

    @lasts("stable_link")
    def stable_link(self, at: Instance) -> float:
        """After this many seconds a link is trusted."""
        return self.desk.station.runtime.stable_link_s

    @takes(LinkOpened)
    def opened(self, given: LinkOpened) -> None:
        """The websocket is open."""
        self.desk.note("link open")
        self.desk.act("link", "opened")

    @takes(LinkFailed)
    def failed(self, given: LinkFailed) -> None:
        """The dial failed."""
        self.desk.note(f"dial failed: {given.reason}", "warning")
        self.desk.act("link", "failed")

    @takes(LinkClosed)
    def closed(self, given: LinkClosed) -> None:
        """The websocket is gone."""
        self.desk.note(f"link closed: {given.reason}", "warning")
        self.desk.act("link", "closed")

    @takes(NetworkBack)
    def network_back(self, given: NetworkBack) -> None:
        """An interface is up again."""
        self.failures = 0
        self.desk.act("link", "network_back")
