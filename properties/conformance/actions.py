"""Actions at the station, over its control interface: any station that serves it can be judged.

Of it (docs/control-interface.md) the suite uses ``plug_in``, ``plug_out``, ``fault`` and ``clear_fault`` at a
connector, and ``tokens``, ``network`` and ``power`` at the station. ``GET /state`` only shows whether it is served.
"""

from __future__ import annotations

import http.client
import json
import time
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from attrs import frozen

from properties.conformance.expectation import Json

ANSWER_WITHIN_S: Final = 5.0
AGAIN_AFTER_S: Final = 0.05


class ActionFailedError(Exception):
    """The control interface did not do it: what was tried, and what it answered."""


@frozen
class Hand:
    """Acts on the box at this address."""

    url: str

    def do(self, action: str, body: Json | None = None) -> None:
        """Do it, as ``connectors/1/plug_in``. Raises ``ActionFailedError``."""
        status, said = self._post(action, body or {})
        if status != HTTPStatus.OK:
            raise ActionFailedError(f"POST /{action}: {status} {said[:300]}")

    def try_to(self, action: str, body: Json | None = None) -> None:
        """Do it where it can be done. Raises ``ActionFailedError`` where it is not served."""
        self._post(action, body or {})

    def wait(self, within_s: float) -> None:
        """Wait until the control interface is served again. Raises ``ActionFailedError``."""
        end_s = time.monotonic() + within_s
        while True:
            try:
                self._request("GET", "/state", None)
            except ActionFailedError:
                if time.monotonic() > end_s:
                    raise
                time.sleep(AGAIN_AFTER_S)
            else:
                return

    def _post(self, action: str, body: Json) -> tuple[int, str]:
        return self._request("POST", f"/{action}", json.dumps(body))

    def _request(self, method: str, path: str, body: str | None) -> tuple[int, str]:
        place = urlsplit(self.url)
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=ANSWER_WITHIN_S)
        try:
            connection.request(method, f"{place.path.rstrip('/')}{path}", body)
            response = connection.getresponse()
            return response.status, response.read().decode(errors="replace")
        except (OSError, http.client.HTTPException) as error:
            raise ActionFailedError(f"{method} {self.url}{path}: {error!r}") from error
        finally:
            connection.close()
