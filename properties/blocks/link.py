"""How networks and sockets come and go."""

from __future__ import annotations

from model.station_file import NetworkInterface
from properties.blocks.checks import BlockChecks
from properties.replay.stage import Stimuli
from properties.replay.stimuli import configures, submits
from runtime.core.inputs import InterfaceDown, InterfaceUp, LinkClosed, LinkFailed, LinkOpened

CHECKS = BlockChecks(
    "link",
    stimuli=Stimuli(
        {
            "link.opened": submits(lambda _: LinkOpened()),
            "link.failed": submits(lambda _: LinkFailed("by hand")),
            "link.closed": submits(lambda _: LinkClosed("by hand")),
            "link.ping_interval_changed": configures("WebSocketPingInterval", "55"),
            "link.network_back": submits(lambda _: InterfaceUp(NetworkInterface.MODEM)),
            "ethernet.up": submits(lambda _: InterfaceUp(NetworkInterface.ETHERNET)),
            "ethernet.down": submits(lambda _: InterfaceDown(NetworkInterface.ETHERNET)),
            "modem.up": submits(lambda _: InterfaceUp(NetworkInterface.MODEM)),
            "modem.down": submits(lambda _: InterfaceDown(NetworkInterface.MODEM)),
        }
    ),
)
