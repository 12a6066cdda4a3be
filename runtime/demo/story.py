"""What happens in the demo, step by step: what is done to the box or asked of it, and what has to follow.

Each step has a sentence for the screen, and ends when the central system has seen its consequence.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from attrs import define

from runtime.demo.box import Box
from runtime.demo.children import DemoError
from runtime.demo.csms import Csms, Request
from runtime.demo.verdict import LOCAL_TAG, REMOTE_TAG, Cut

ENOUGH_SAMPLES: Final = 2
BREATH_S: Final = 0.1
"""Between two steps: what the station says comes by another way than what the central system says."""

DARK_S: Final = 1.0
"""The power stays away long enough to be seen."""

BETWEEN_SAMPLES_S: Final = 0.7
"""After a sample and a checkpoint, before the next sample: the register of the stop is one that no MeterValues had."""

Say = Callable[[str], None]


@define(eq=False)
class Story:
    """The stage: a central system, a station, and a screen."""

    csms: Csms
    box: Box
    say: Say

    async def play(self) -> Cut:
        """All of it, from the first power up to the last stop; what the box knew when its power was cut."""
        await self._boots("power up")
        await self._plugs_in()
        await self._presents_token()
        cut = await self._loses_power()
        await self._comes_back()
        await self._starts_remotely()
        await self._stops()
        await self._goes_down()
        return cut

    async def _say(self, sentence: str) -> None:
        """Say what comes next, once everybody has seen what came before."""
        await asyncio.sleep(BREATH_S)
        self.say(sentence)

    async def _boots(self, sentence: str) -> None:
        await self._say(sentence)
        since = len(self.csms.lines)
        await self.box.power_up()
        await self.csms.saw(_status(2, "Available"), "the station to boot and report its connectors", since)

    async def _plugs_in(self) -> None:
        await self._say("a car arrives at connector 1")
        await self.box.do("connectors/1/plug_in")
        await self.csms.saw(_status(1, "Preparing"), "connector 1 to be Preparing")

    async def _presents_token(self) -> None:
        await self._say(f"its driver presents token {LOCAL_TAG}")
        await self.box.do("tokens", {"id_tag": LOCAL_TAG, "connectors": [1]})
        await self.csms.saw(_starts(LOCAL_TAG), "StartTransaction")
        await self.csms.saw(_status(1, "Charging"), "connector 1 to be Charging")
        await self._charges(0)

    async def _charges(self, since: int) -> None:
        await self._say("it charges")
        await self.csms.until(lambda: len(self._samples(since)) >= ENOUGH_SAMPLES, "MeterValues")

    def _samples(self, since: int) -> list[Request]:
        return [request for request in self.csms.requests(since) if request.action == "MeterValues"]

    async def _loses_power(self) -> Cut:
        await asyncio.sleep(BETWEEN_SAMPLES_S)
        await self._say("POWER CUT: the process is killed in mid-charge")
        last = await self.box.cut_power()
        cut = Cut(last["connectors"][0]["register_wh"], datetime.now(UTC))
        await asyncio.sleep(DARK_S)
        return cut

    async def _comes_back(self) -> None:
        since = len(self.csms.lines)
        await self._boots("the power is back")
        lost = await self.csms.saw(_named("StopTransaction"), "StopTransaction", since)
        await self._say(f"the interrupted transaction is closed: {lost.payload.get('reason')}")
        await self.csms.saw(_status(1, "Preparing"), "connector 1 to be Preparing: the cable is in", since)

    async def _starts_remotely(self) -> None:
        await self._say(f"the CSMS starts a transaction for {REMOTE_TAG}")
        since = len(self.csms.lines)
        self.csms.call("RemoteStartTransaction", {"connectorId": 1, "idTag": REMOTE_TAG})
        await self.csms.saw(_starts(REMOTE_TAG), "StartTransaction after the remote start", since)
        await self._charges(since)

    async def _stops(self) -> None:
        await self._say("the stop button is pressed, the car leaves")
        since = len(self.csms.lines)
        await self.box.do("connectors/1/stop")
        await self.csms.saw(_named("StopTransaction"), "StopTransaction", since)
        await self.csms.saw(_status(1, "Finishing"), "connector 1 to be Finishing", since)
        await self.box.do("connectors/1/plug_out")
        await self.csms.saw(_status(1, "Available"), "connector 1 to be Available", since)

    async def _goes_down(self) -> None:
        await self._say("SIGTERM: an orderly stop")
        code = await self.box.stop()
        if code:
            raise DemoError(f"an orderly stop ended the station with exit code {code}; see {self.box.child.log}")


def _named(action: str) -> Callable[[Request], bool]:
    return lambda request: request.action == action


def _starts(id_tag: str) -> Callable[[Request], bool]:
    return _with("StartTransaction", idTag=id_tag)


def _status(connector: int, status: str) -> Callable[[Request], bool]:
    return _with("StatusNotification", connectorId=connector, status=status)


def _with(action: str, **fields: Any) -> Callable[[Request], bool]:
    return lambda request: request.action == action and fields.items() <= request.payload.items()
