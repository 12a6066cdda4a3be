"""The servers of the simulated world: they do as planned, at the planned second, and the same each time."""

from __future__ import annotations

from typing import Any

from attrs import define, evolve, field

from properties.world.clock import VirtualClock
from properties.world.transfers import Plan, SimulatedTransfers
from properties.world.world import World
from runtime.core.inputs import Input
from runtime.core.transfers import (
    RemoveTransferFile,
    StartDownload,
    StartUpload,
    StopTransfer,
    TransferEnded,
    TransferOutcome,
    TransferProgressed,
    Transfers,
)

URL = "http://h/fw"
DOWNLOAD = StartDownload("t1", URL, "fw", 1000, 60)
BROKEN = Plan(TransferOutcome.BROKEN_OFF, 4.0, "cut")


@define(eq=False)
class Scene:
    """Servers, and what the station heard."""

    clock: VirtualClock = field(factory=VirtualClock)
    heard: list[tuple[float, Input]] = field(factory=list)
    transfers: SimulatedTransfers = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.transfers = SimulatedTransfers(self.clock, served={URL: b"firmware"})
        self.power_up()

    def power_up(self) -> None:
        self.transfers.subscribe(lambda given: self.heard.append((self.clock.now_s, given)))

    def attempt(self, order: StartDownload | StartUpload, *plans: Plan | TransferOutcome) -> TransferEnded:
        """One attempt, to its end."""
        self.transfers.planned.extend(plans)
        order.perform(self.transfers)
        self.pass_by()
        ended = self.heard[-1][1]
        assert isinstance(ended, TransferEnded)
        return ended

    def pass_by(self, most_s: float = 1000.0) -> None:
        until_s = self.clock.now_s + most_s
        while (next_s := self.clock.next_s()) is not None and next_s <= until_s:
            self.clock.run_next()


def test_a_download_is_done_when_the_plan_says_so() -> None:
    scene = Scene()
    scene.attempt(DOWNLOAD)

    assert scene.heard == [
        (2.0, TransferProgressed("t1", 4, 8)),
        (4.0, TransferEnded("t1", TransferOutcome.DONE, "as planned", 8)),
    ]
    assert scene.transfers.files == {"fw": b"firmware"}
    assert scene.transfers.under_way == ()


def test_what_broke_off_goes_on_where_it_broke_off() -> None:
    scene = Scene()

    assert scene.attempt(DOWNLOAD, BROKEN) == TransferEnded("t1", TransferOutcome.BROKEN_OFF, "cut", 4)
    assert scene.transfers.partial == {"fw": (URL, 0.5)}
    assert scene.attempt(evolve(DOWNLOAD, transfer="t2"), BROKEN).size_bytes == 6
    assert scene.attempt(evolve(DOWNLOAD, transfer="t3")).outcome is TransferOutcome.DONE
    assert scene.transfers.partial == {}
    assert scene.transfers.files == {"fw": b"firmware"}


def test_after_a_refusal_or_where_nothing_may_be_kept_nothing_is_left() -> None:
    for order, plan in (
        (DOWNLOAD, evolve(BROKEN, outcome=TransferOutcome.REFUSED)),
        (evolve(DOWNLOAD, keep=False), BROKEN),
    ):
        scene = Scene()
        scene.attempt(order, plan)
        assert not scene.transfers.partial
        assert not scene.transfers.files


def test_what_the_station_sees_itself_needs_no_plan() -> None:
    cases: list[tuple[dict[str, Any], TransferOutcome]] = [
        ({"url": "C:"}, TransferOutcome.UNLAWFUL_URL),
        ({"max_bytes": 7}, TransferOutcome.TOO_LARGE),
        ({"within_s": 3.0}, TransferOutcome.TIMED_OUT),
    ]
    for changes, outcome in cases:
        assert Scene().attempt(evolve(DOWNLOAD, **changes)).outcome is outcome
    assert Scene().attempt(StartUpload("t1", URL, "none", 60)).outcome is TransferOutcome.FILE_FAILED


def test_an_upload_arrives_and_our_file_stays() -> None:
    scene = Scene()
    scene.transfers.files["log"] = b"lines"

    assert scene.attempt(StartUpload("t1", URL, "log", 60)).size_bytes == 5
    assert scene.transfers.received == {URL: b"lines"}
    assert scene.transfers.files == {"log": b"lines"}
    RemoveTransferFile("log").perform(scene.transfers)
    assert scene.transfers.files == {}


def test_of_what_is_stopped_nothing_is_heard() -> None:
    scene = Scene()
    for transfer, keep in (("t1", True), ("t2", False)):
        evolve(DOWNLOAD, transfer=transfer).perform(scene.transfers)
        StopTransfer(transfer, keep).perform(scene.transfers)
        scene.pass_by()
        assert ("fw" in scene.transfers.partial) is keep
    assert scene.heard == []


def test_a_power_cut_ends_an_attempt_and_leaves_what_has_come() -> None:
    scene = Scene()
    DOWNLOAD.perform(scene.transfers)
    scene.transfers.cut_power()
    scene.power_up()
    scene.pass_by()

    assert scene.heard == []
    assert scene.transfers.partial == {"fw": (URL, 0.5)}


def test_a_server_without_the_file_refuses_and_an_outcome_alone_is_a_plan() -> None:
    scene = Scene()
    assert scene.attempt(evolve(DOWNLOAD, url="http://h/none")).outcome is TransferOutcome.REFUSED
    assert scene.attempt(DOWNLOAD, TransferOutcome.TLS).outcome is TransferOutcome.TLS
    assert [url for _, url in scene.transfers.attempts] == ["http://h/none", URL]


def test_every_station_of_a_world_has_them_and_the_power_takes_its_attempts_away() -> None:
    world = World().power_up()
    world.transfers.served[URL] = b"firmware"
    world.happen(lambda: DOWNLOAD.perform(_port(world)))
    assert list(world.transfers.under_way) == ["t1"]

    world.power_cycle()
    assert list(world.transfers.under_way) == []
    world.happen(lambda: evolve(DOWNLOAD, transfer="t2").perform(_port(world))).wait(20)
    assert world.transfers.files == {"fw": b"firmware"}


def _port(world: World) -> Transfers:
    assert world.life is not None
    port: Transfers = world.life.host.ports[Transfers]
    return port
