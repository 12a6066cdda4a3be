"""How a link ends, from either side; two network interfaces; and that the key is never shown."""

from __future__ import annotations

import asyncio
import logging

import pytest

from model.station_file import NetworkInterface
from runtime.adapters.transport import WebsocketTransport
from runtime.core.inputs import InterfaceDown, InterfaceUp, LinkClosed, LinkFailed, LinkOpened
from tests.transport.servers import (
    PATIENCE_S,
    Run,
    closes,
    dialler,
    dialling,
    ear_of,
    opened,
    sending,
    serving,
    talking,
)


def test_a_close_by_the_server_is_told_once_with_its_reason(run: Run) -> None:
    async def scenario() -> None:
        async with serving() as csms:
            transport, ear = await opened(dialler(csms.port))
            await (await csms.arrival()).close(1001, "maintenance")
            ended = await ear.next(LinkClosed)
            assert ("1001 (going away) maintenance" in ended.reason, ended.too_long) == (True, False)
            transport.send("[2]")
            await ear.silence()

    run(scenario())


def test_a_server_that_takes_no_message_so_long_is_told_as_that(run: Run) -> None:
    async def scenario() -> None:
        async with serving() as csms:
            _, ear = await opened(dialler(csms.port))
            await (await csms.arrival()).close(1009, "too big")
            assert (await ear.next(LinkClosed)).too_long

    run(scenario())


def test_a_socket_that_dies_is_told_once_and_can_be_dialled_again(run: Run) -> None:
    async def scenario() -> None:
        async with serving() as csms:
            transport = dialler(csms.port)
            ear = ear_of(transport)
            for _ in range(2):
                transport.dial()
                await ear.next(LinkOpened)
                (await csms.arrival()).transport.abort()
                assert "connection lost" in (await ear.next(LinkClosed)).reason
            await ear.silence()

    run(scenario())


def test_hanging_up_sends_a_close_frame_with_the_reason(run: Run) -> None:
    async def scenario() -> None:
        async with serving() as csms:
            transport, ear = await opened(dialler(csms.port))
            server = await csms.arrival()
            transport.hang_up("ä" * 200)
            transport.send("too late")
            await ear.next(LinkClosed)
            await asyncio.wait_for(server.wait_closed(), PATIENCE_S)
            assert (server.close_code, server.close_reason) == (1000, "ä" * 61)
            await ear.silence()

    run(scenario())


def test_a_server_that_ignores_the_close_frame_is_waited_for_in_bounded_time(run: Run) -> None:
    async def scenario() -> None:
        async with talking(sending()) as port:
            transport, ear = await opened(dialler(port, close_timeout_s=0.2))
            transport.hang_up("done")
            transport.hang_up("again")
            assert (await ear.next(LinkClosed)).reason == "hung up: done"
            await ear.silence()

    run(scenario())


def test_the_cable_pulled_out_kills_the_socket_and_put_back_it_can_be_dialled(run: Run) -> None:
    async def scenario() -> None:
        async with serving() as csms:
            transport, ear = await opened(dialler(csms.port))
            server = await csms.arrival()
            transport.set_network(False, NetworkInterface.ETHERNET)
            assert ear.heard == [LinkOpened()], "told from inside a call of the host"
            transport.set_network(True, NetworkInterface.ETHERNET)
            assert (await ear.next(InterfaceDown)).interface is NetworkInterface.ETHERNET
            assert (await ear.next(LinkClosed)).reason == "Ethernet is down"
            assert (await ear.next(InterfaceUp)).interface is NetworkInterface.ETHERNET
            await asyncio.wait_for(server.wait_closed(), PATIENCE_S)
            assert server.close_code == 1006, "a close frame was sent"

            transport.set_network(False, NetworkInterface.ETHERNET)
            transport.dial()
            assert (await ear.next(LinkFailed)).reason == "Ethernet is down"
            transport.set_network(True, NetworkInterface.ETHERNET)
            await ear.next(InterfaceUp)
            transport.dial()
            await ear.next(LinkOpened)
            await closes(transport, ear)

    run(scenario())


def test_the_cable_pulled_out_in_mid_dial_fails_the_dial(run: Run) -> None:
    async def scenario() -> None:
        async with serving() as csms:
            transport, ear = dialling(dialler(csms.port))
            transport.set_network(False, NetworkInterface.ETHERNET)
            assert (await ear.next(LinkFailed)).reason == "Ethernet is down"
            await ear.silence()

    run(scenario())


def test_each_interface_dials_from_its_own_address_and_loses_only_its_own_socket(run: Run) -> None:
    ways = {NetworkInterface.ETHERNET: "127.0.0.2", NetworkInterface.MODEM: "127.0.0.3"}

    async def scenario() -> None:
        async with serving() as csms:
            transport = WebsocketTransport(f"ws://127.0.0.1:{csms.port}/ocpp", "CP001", interfaces=ways)
            ear = ear_of(transport)
            for way, address in ways.items():
                transport.dial(way)
                await ear.next(LinkOpened)
                assert (await csms.arrival()).remote_address[0] == address
                transport.set_network(False, next(other for other in ways if other is not way))
                assert (await ear.next(InterfaceDown)).interface is not way
                await ear.silence()
                transport.set_network(False, way)
                assert (await ear.next(LinkClosed)).reason == f"{way} is down"
                transport.set_network(True)
                assert {(await ear.next(InterfaceUp)).interface for _ in ways} == set(ways)

    run(scenario())


def test_an_interface_that_the_box_does_not_have_or_an_address_that_is_not_its_own_opens_nothing(run: Run) -> None:
    async def scenario() -> None:
        async with serving() as csms:
            ways = {NetworkInterface.ETHERNET: "192.0.2.1"}
            transport = WebsocketTransport(f"ws://127.0.0.1:{csms.port}/ocpp", "CP001", interfaces=ways)
            ear = ear_of(transport)
            transport.dial(NetworkInterface.MODEM)
            assert (await ear.next(LinkFailed)).reason == "MobileNetwork is down"
            transport.dial(NetworkInterface.ETHERNET)
            assert "192.0.2.1" in (await ear.next(LinkFailed)).reason

    run(scenario())


def test_the_key_is_never_logged(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def scenario() -> None:
        async with serving() as csms:
            transport, ear = await opened(
                WebsocketTransport(f"ws://127.0.0.1:{csms.port}", "CP001", password=lambda: b"secret" * 3)
            )
            await closes(transport, ear)

    run(scenario())
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("provenpoint")]
    assert not [line for line in ours if "Authorization" in line or "Basic" in line]
