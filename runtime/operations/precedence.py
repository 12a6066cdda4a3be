"""Which call of the station leaves first: the outbox is ordered by what waits for the answer.

Only one call may be open (J-4.1.1-01), and a CSMS that does not answer holds each for a whole time-out. So a call does
not simply queue behind what came before: it passes calls of a lower precedence. It passes nothing that its order
matters to, and calls of one precedence leave in the order in which they were submitted, so none of them starves.
"""

from __future__ import annotations

from enum import IntEnum


class Precedence(IntEnum):
    """Lower leaves first."""

    BOOT = 0
    """BootNotification: before its answer nothing else may leave (CS-4.2-04)."""
    DRIVER = 1
    """Authorize: a driver waits at the reader (CS-4.1-06; hard case 34)."""
    SESSION = 2
    """A StartTransaction or StopTransaction that has just come to be: money hangs on it (hard case 10)."""
    ROUTINE = 3
    """All else, in the order in which it came: statuses (CS-4.9-02), heartbeats, security events, and a queue that is
    worked off, which comes behind the statuses that follow the acceptance (hard cases 1, 6)."""
