"""How networks and sockets come and go."""

from __future__ import annotations

from model.station_file import WayOut
from properties.blocks.checks import BlockChecks
from properties.replay.causes import configures, tells
from properties.replay.stage import Stimuli
from runtime.core.inputs import InterfaceDown, InterfaceUp, LinkClosed, LinkFailed, LinkOpened

CHECKS = BlockChecks(
    "link",
    stimuli=Stimuli(
        {
            "link.opened": tells(lambda _: LinkOpened()),
            "link.failed": tells(lambda _: LinkFailed("by hand")),
            "link.closed": tells(lambda _: LinkClosed("by hand")),
            "link.ping_interval_changed": configures("WebSocketPingInterval", "55"),
            "link.network_back": tells(lambda _: InterfaceUp(WayOut.MODEM)),
            "ethernet.up": tells(lambda _: InterfaceUp(WayOut.ETHERNET)),
            "ethernet.down": tells(lambda _: InterfaceDown(WayOut.ETHERNET)),
            "modem.up": tells(lambda _: InterfaceUp(WayOut.MODEM)),
            "modem.down": tells(lambda _: InterfaceDown(WayOut.MODEM)),
        }
    ),
)
