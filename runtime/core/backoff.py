"""How long to wait before dialling again, as a pure function.

A CSMS that comes back after an outage meets every station at once, so the wait grows with each failure and is drawn,
not fixed. Each failure doubles a window ``[w, 2w)`` and the wait is drawn from it: windows of consecutive failures do
not overlap, so waits grow for certain (a refusal with 404 must be seen to back off, JERR-3.3-01), and the draw
still spreads the stations over half of all the time there is. Failure 0, a link that was lost after it had been good,
draws from ``[0, base)``: soon, and yet not all in the same instant.
"""

from __future__ import annotations

from attrs import field, validators

from model.record import frozen

BASE_S = 1.0
"""The window of the first dial after a good link was lost, and the least wait after a failed one."""

CAP_S = 300.0
"""No wait is longer: an operator who repaired the CSMS has every station back within five minutes."""

MAX_DOUBLINGS = 64
"""More failures than this change nothing (and 2.0**n stays a number)."""


@frozen
class Backoff:
    """Jittered exponential back-off: waits double from ``base_s`` and never exceed ``cap_s``."""

    base_s: float = field(default=BASE_S, validator=validators.gt(0))
    cap_s: float = field(default=CAP_S, validator=validators.gt(0))

    def wait_s(self, failures: int, draw: float) -> float:
        """Seconds to wait after so many failures in a row; ``draw`` is uniform in [0, 1)."""
        top_s = min(self.base_s * 2.0 ** min(failures, MAX_DOUBLINGS), self.cap_s)
        floor_s = top_s / 2 if failures else 0.0
        return floor_s + draw * (top_s - floor_s)
