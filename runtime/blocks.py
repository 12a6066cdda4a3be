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
    diagnostics,
    firmware,
    lifecycle,
    link,
    local_list,
    metering,
    power_allocation,
    quarantine,
    queue_paging,
    remote,
    reservations,
    security,
    smart_charging,
    status,
    storage,
    tokens,
    transaction_queue,
    transactions,
    transfers,
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
    queue_paging.BLOCK,
    transactions.BLOCK,
    power_allocation.BLOCK,
    smart_charging.BLOCK,
    link.BLOCK,
    transfers.BLOCK,
    firmware.BLOCK,
    boot.BLOCK,
    transaction_queue.BLOCK,
    configuration.BLOCK,
    data_transfer.BLOCK,
    remote.BLOCK,
    storage.BLOCK,
    lifecycle.BLOCK,
    diagnostics.BLOCK,
    reservations.BLOCK,
)
