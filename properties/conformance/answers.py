"""What the scripted central system answers: the good answer, unless a scenario has said otherwise.

A scenario names tokens (``token``), of the next answer to an action (``once``) or of all of them (``always``); what
it says is laid over the good answer, key by key, and forgotten with the scenario.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Final

from attrs import define, field

from properties.conformance.expectation import Json

BOOT_INTERVAL_S: Final = 300
MAX_INT: Final = 2**31 - 1


def timestamp() -> str:
    """Now, as OCPP writes it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _fresh_ids() -> Iterator[int]:
    """Transaction ids that an earlier run has not given: the station may remember those."""
    return count(int(time.time()) % (MAX_INT // 2))


@define(eq=False)
class Answers:
    """The answers; changed by the scenario, read by the socket's thread."""

    _tokens: dict[str, Json] = field(factory=dict)
    _once: dict[str, deque[Json]] = field(factory=dict)
    _always: dict[str, Json] = field(factory=dict)
    _ids: Iterator[int] = field(factory=_fresh_ids)

    def token(self, id_tag: str, status: str = "Accepted", parent: str | None = None) -> None:
        """What is said of a token, wherever it is asked for."""
        parent_id = {} if parent is None else {"parentIdTag": parent}
        self._tokens[id_tag.casefold()] = {"status": status, **parent_id}

    def once(self, action: str, **said: object) -> None:
        """The next answer to an action that has none planned; several are given one after the other."""
        self._once.setdefault(action, deque()).append(said)

    def always(self, action: str, **said: object) -> None:
        """Every answer to an action from now on."""
        self._always[action] = said

    def forget(self) -> None:
        """Only good answers again."""
        self._tokens.clear()
        self._once.clear()
        self._always.clear()

    def to(self, action: str, payload: Json) -> Json:
        """The answer to this call."""
        planned = self._once.get(action)
        said = planned.popleft() if planned else self._always.get(action, {})
        return {**self._good(action, payload), **said}

    def _good(self, action: str, payload: Json) -> Json:
        match action:
            case "BootNotification":
                return {"currentTime": timestamp(), "interval": BOOT_INTERVAL_S, "status": "Accepted"}
            case "Heartbeat":
                return {"currentTime": timestamp()}
            case "Authorize":
                return {"idTagInfo": self._info(payload)}
            case "StartTransaction":
                return {"transactionId": next(self._ids), "idTagInfo": self._info(payload)}
            case "StopTransaction":
                return {"idTagInfo": self._info(payload)} if "idTag" in payload else {}
            case "DataTransfer" | "SignCertificate":
                return {"status": "Accepted"}
        return {}

    def _info(self, payload: Json) -> Json:
        return self._tokens.get(str(payload.get("idTag")).casefold(), {"status": "Accepted"})
