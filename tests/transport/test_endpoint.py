"""Pure functions of the transport: URL, credentials, waits between dials."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.adapters.endpoint import BadEndpointError, connection_url
from runtime.adapters.transport import WebsocketTransport
from runtime.core.backoff import BASE_S, CAP_S, Backoff
from runtime.core.inputs import LinkFailed
from tests.covering import covers
from tests.transport.servers import (
    Run,
    dialling,
)


@pytest.mark.parametrize(
    ("endpoint", "identity", "url"),
    [
        ("ws://h/ocpp", "CP001", "ws://h/ocpp/CP001"),
        ("ws://h/ocpp/", "CP001", "ws://h/ocpp/CP001"),
        ("ws://h", "CP001", "ws://h/CP001"),
        ("wss://h:8443/a/b?c=d&e", "RDAM 123", "wss://h:8443/a/b/RDAM%20123?c=d&e"),
        ("ws://[::1]:9000/x", "a/b?c#d", "ws://[::1]:9000/x/a%2Fb%3Fc%23d"),
        ("ws://h/ocpp", "Säule", "ws://h/ocpp/S%C3%A4ule"),
        ("ws://h/a%20b?c=%C3%A4", "CP001", "ws://h/a%20b/CP001?c=%C3%A4"),
        ("ws://csms_1.lan./~a;b=c,d@e!$&'()*+:", "CP001", "ws://csms_1.lan./~a;b=c,d@e!$&'()*+:/CP001"),
        ("wss://10.0.0.1:8443", "CP001", "wss://10.0.0.1:8443/CP001"),
    ],
)
@covers("J-3.1.1-01", "J-3.1.1-03", "J-3.1.1-04", "J-3.1.1-06", "J-3.1.1-07")
def test_the_connection_url_is_the_endpoint_with_the_identity_in_its_path(
    endpoint: str, identity: str, url: str
) -> None:
    assert connection_url(endpoint, identity) == url


@pytest.mark.parametrize(
    ("endpoint", "identity"),
    [
        ("http://h/ocpp", "CP001"),
        ("h/ocpp", "CP001"),
        ("ws://", "CP001"),
        ("ws://h:99999/", "CP001"),
        ("ws://h/#top", "CP001"),
        ("ws://user:secret@h/", "CP001"),
        ("ws://[::1/", "CP001"),
        ("ws://h/a b", "CP001"),
        ("ws://h/a\tb", "CP001"),
        ("ws://h/a\nb", "CP001"),
        ("ws://h/a\r\nX-Injected: 1", "CP001"),
        (" ws://h/", "CP001"),
        ("ws://h/ ", "CP001"),
        ("ws://h/?a=b c", "CP001"),
        ("ws://h/?a=b\tc", "CP001"),
        ("ws://h/a\x00b", "CP001"),
        ("ws://h/a\x7fb", "CP001"),
        ("ws://h/ü", "CP001"),
        ("ws://h/\udcff", "CP001"),
        ("ws://h/a%2", "CP001"),
        ("ws://h/a%zz", "CP001"),
        ('ws://h/a"b', "CP001"),
        ("ws://h/a\\b", "CP001"),
        ("ws://h/<a>", "CP001"),
        ("ws://ü.example/", "CP001"),
        ("ws://h..example/", "CP001"),
        ("ws://a b/", "CP001"),
        ("ws://h/", "a\udcffb"),
        ("ws://h/", ""),
        ("ws://h/", "x" * 49),
        ("ws://h/a?x=1#", "CP001"),
        ("ws://h/a#", "CP001"),
        ("ws://h/", " "),
        ("ws://h/", "   "),
        ("ws://h/", ".."),
        ("ws://h/", "a\nb"),
    ],
)
@covers("J-3.1.1-04")
def test_an_endpoint_or_identity_that_makes_no_url_is_refused_with_a_remedy(endpoint: str, identity: str) -> None:
    with pytest.raises(BadEndpointError, match=r"write it like|give it"):
        connection_url(endpoint, identity)


@pytest.mark.parametrize(
    "endpoint",
    [
        "ws://{}@h/", "WSS://{}@h", "http://{}@h/", "{}@h", "ws:{}@h", "ws:/{}@h", "ws:///{}@h", "//{}@h", "ws://{}@h:0/",
        "ws://{}@h/%zz", "ws://{}@h/a b", "ws://{}@a..b/", "ws://{}@h:99999/", "ws://{}@[::1", "ws://{}@h/#", "ws://{}@",
        "ws://{}@\u2100.example/",
    ],
)  # fmt: skip
@pytest.mark.parametrize("userinfo", ["fred:S3cret", ":S3cret", "S3cret", "fred:S3cret/x", "a:S3cret?#x", "a@S3cret"])
def test_a_password_in_an_endpoint_is_never_repeated(endpoint: str, userinfo: str) -> None:
    with pytest.raises(BadEndpointError) as refused:
        connection_url(endpoint.format(userinfo), "CP001")
    assert "S3cret" not in str(refused.value)
    assert "s3cret" not in str(refused.value)


def test_a_colon_in_the_identity_makes_credentials_ambiguous(run: Run) -> None:
    async def scenario() -> None:
        _, ear = dialling(WebsocketTransport("ws://127.0.0.1:9", "CP:1", password=lambda: b"x" * 16))
        assert "colon" in (await ear.next(LinkFailed)).reason

    run(scenario())


_draws = st.floats(0, 1, exclude_max=True)


@given(failures=st.integers(0, 10_000), draw=_draws)
def test_a_wait_is_never_longer_than_the_cap_nor_shorter_than_the_base_after_a_failure(
    failures: int, draw: float
) -> None:
    wait_s = Backoff().wait_s(failures, draw)
    assert 0 <= wait_s <= CAP_S
    assert not failures or wait_s >= BASE_S


@given(failures=st.integers(0, 7), first=_draws, second=_draws)
def test_waits_grow_with_each_failure_whatever_is_drawn(failures: int, first: float, second: float) -> None:
    assert Backoff().wait_s(failures, first) <= Backoff().wait_s(failures + 1, second)


def test_stations_that_lost_one_csms_together_come_back_spread_out() -> None:
    waits = [Backoff().wait_s(6, number / 500) for number in range(500)]
    assert max(waits) - min(waits) > 30
