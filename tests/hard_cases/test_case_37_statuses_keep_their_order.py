"""Hard case 37: the statuses of a transfer keep their order and none is lost: call slot busy, offline, a long queue."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from properties.world.csms import SILENT
from properties.world.world import World
from tests.covering import FiredRows, covers
from tests.diagnostics.uploading import ask, hold, statuses


def _busy(world: World) -> None:
    """The CSMS answers nothing for a while."""
    world.csms.always("*", SILENT)
    ask(world)
    world.wait(100).csms.behave()


def _offline(world: World) -> None:
    """The link goes before the file has arrived."""
    ask(world)
    world.link_down().wait(400).link_up()


def _long_queue(world: World) -> None:
    """A session of many values is owed."""
    world.link_down()
    world.plug_in().present("alice").wait(600).present("alice").plug_out()
    world.link_up().wait(1)
    ask(world)


def _in_the_dark(world: World) -> None:
    """The power goes while the file is on its way."""
    hold(world)
    ask(world)
    world.power_cycle().wait(30).power_cycle()


@covers("CS-4.4-01", "CS-5.9-08", rows=("diagnostics:upload",))
@pytest.mark.parametrize(
    "trouble", [_busy, _offline, _long_queue, _in_the_dark], ids=lambda one: one.__name__.strip("_")
)
def test_case_37_statuses_keep_their_order(fired: FiredRows, trouble: Callable[[World], None]) -> None:
    world = World(fired.see, settings={"MeterValueSampleInterval": "5", "LocalAuthorizeOffline": "true"}).power_up()
    trouble(world)
    world.wait(2000)
    assert statuses(world) == ["Uploading", "Uploaded"]
