"""How networks and sockets come and go."""

from __future__ import annotations

from model.station_file import NetworkInterface
from properties.blocks.checks import BlockChecks
from properties.replay.stage import Stimuli
from properties.replay.stimuli import configures, tells
from runtime.core.inputs import InterfaceDown, InterfaceUp, LinkClosed, LinkFailed, LinkOpened

CHECKS = BlockChecks(
    "link",
    stimuli=Stimuli(
        {
            "link.opened": tells(lambda _: LinkOpened()),
            "link.failed": tells(lambda _: LinkFailed("by hand")),
            "link.closed": tells(lambda _: LinkClosed("by hand")),
            "link.ping_interval_changed": configures("WebSocketPingInterval", "55"),
            "link.network_back": tells(lambda _: InterfaceUp(NetworkInterface.MODEM)),
            "ethernet.up": tells(lambda _: InterfaceUp(NetworkInterface.ETHERNET)),
            "ethernet.down": tells(lambda _: InterfaceDown(NetworkInterface.ETHERNET)),
            "modem.up": tells(lambda _: InterfaceUp(NetworkInterface.MODEM)),
            "modem.down": tells(lambda _: InterfaceDown(NetworkInterface.MODEM)),
        }
    ),
)
