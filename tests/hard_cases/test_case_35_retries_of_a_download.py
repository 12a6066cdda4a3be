"""Hard case 35: the retries of a download.

``retries: 0``, or none: one attempt is made, and Downloading precedes the failure; ``retries: n``: at most n more, each
as far apart as asked; each status once, never a flood.
"""

from __future__ import annotations

import pytest

from properties.world.world import World
from tests.covering import covers
from tests.firmware.updating import NOWHERE, attempts_s, told, update


@covers("CS-6.55-01", rows=("firmware:fail",))
@pytest.mark.parametrize("retries", [0, 1, 4])
def test_so_many_attempts_and_two_statuses(world: World, retries: int) -> None:
    update(world, NOWHERE, retries=retries, retryInterval=20)
    world.wait(200)
    assert attempts_s(world) == [24.0] * retries, "an attempt of 4 s, and 20 s behind it"
    assert told(world) == ["Downloading", "DownloadFailed"]
