"""What the parts are called, for those who measure them and those who report them."""

from __future__ import annotations

from typing import Final

BYTES_OURS: Final = "GetConfiguration, bytes to bytes, all but the socket"
BYTES_FLOOR: Final = "the same through the floor"
READ: Final = "GetConfiguration, text to checked value"
WRITE: Final = "its answer, value to text"
STEP_GET: Final = "Station.step of GetConfiguration"
STEP_CHANGE: Final = "Station.step of ChangeConfiguration"
STEP_TRIGGER: Final = "Station.steps of TriggerMessage, Heartbeat, its answer"
COMMIT: Final = "commit of the store, one write"
BARE_COMMIT: Final = "bare SQLite commit, WAL and FULL"
