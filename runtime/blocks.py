"""The functional blocks of the station: the one list of them, in the order in which they are built.

A block may use those before it. A new one is a line here, and nowhere else in the runtime (docs/architecture.md).
"""

from __future__ import annotations

from typing import Final

from runtime.core.block import Block
from runtime.operations import (
    authorization,
    boot,
    cache,
    calls,
    clock,
    configuration,
    data_transfer,
    delivery,
    firmware,
    link,
    local_list,
    metering,
    quarantine,
    recall,
    remote,
    reservations,
    security,
    sharing,
    shutdown,
    smart_charging,
    status,
    storage,
    tokens,
    transactions,
)

BLOCKS: Final[tuple[Block, ...]] = (
    calls.BLOCK,
    local_list.BLOCK,
    cache.BLOCK,
    tokens.BLOCK,
    authorization.BLOCK,
    metering.BLOCK,
    clock.BLOCK,
    status.BLOCK,
    security.BLOCK,
    quarantine.BLOCK,
    recall.BLOCK,
    transactions.BLOCK,
    sharing.BLOCK,
    smart_charging.BLOCK,
    link.BLOCK,
    boot.BLOCK,
    delivery.BLOCK,
    configuration.BLOCK,
    data_transfer.BLOCK,
    remote.BLOCK,
    storage.BLOCK,
    shutdown.BLOCK,
    firmware.BLOCK,
    reservations.BLOCK,
)
