"""Cases that no station with a control interface can be put through without more hands than it offers.

They have no scenario: what they need of a station is enough to say that they do not apply, or what they wait for.
"""

from __future__ import annotations

from properties.conformance.case import DETACHABLE, ENDS_BEFORE_DARK, Case

LOCK = "waits for a control interface that can jam a lock"

NOT_HERE = (
    Case("TC_024_CS", "The lock fails at the start", needs=(DETACHABLE,), waits_for=LOCK),
    Case("TC_030_CS", "The lock fails when it has to open", needs=(DETACHABLE,), waits_for=LOCK),
    Case(
        "TC_032_1_CS",
        "The power goes, and the stop is reported before the station goes down",
        needs=(ENDS_BEFORE_DARK,),
        waits_for="waits for a control interface that announces a power cut",
    ),
)
