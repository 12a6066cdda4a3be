"""The websocket over TLS."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from runtime.adapters.endpoint import default_tls
from runtime.adapters.transport import WebsocketTransport
from runtime.core.inputs import FrameReceived, LinkClosed, LinkFailed
from tests.covering import covers
from tests.transport.servers import (
    Run,
    dialling,
    opened,
    serving,
)


def _certificate(directory: Path) -> Path:
    """A certificate for 127.0.0.1 that signs itself, with its key, in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "csms")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = directory / "csms.pem"
    path.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path


def _server_tls(pem: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


@covers("J-6.2.1-01")
def test_over_tls_frames_go_both_ways_and_the_link_closes_cleanly(run: Run, tmp_path: Path) -> None:
    pem = _certificate(tmp_path)

    async def scenario() -> None:
        async with serving(tls=_server_tls(pem)) as csms:
            transport, ear = await opened(
                WebsocketTransport(
                    f"wss://127.0.0.1:{csms.port}", "CP001", tls=lambda: ssl.create_default_context(cafile=pem)
                )
            )
            server = await csms.arrival()
            transport.send("[2]" + " " * 200_000)
            assert len(await server.recv()) == 200_003
            await server.send("[3]" + " " * 200_000)
            assert len((await ear.next(FrameReceived)).text) == 200_003
            transport.hang_up("done")
            assert (await ear.next(LinkClosed)).reason == "hung up: done"
            await ear.silence()

    run(scenario())


def test_a_certificate_that_nobody_trusts_fails_the_dial(run: Run, tmp_path: Path) -> None:
    pem = _certificate(tmp_path)

    async def scenario() -> None:
        async with serving(tls=_server_tls(pem)) as csms:
            _, ear = dialling(WebsocketTransport(f"wss://127.0.0.1:{csms.port}", "CP001"))
            assert (await ear.next(LinkFailed)).reason == "TLS: self-signed certificate"
            await ear.silence()

    run(scenario())


def test_tls_below_1_2_is_not_spoken() -> None:
    assert default_tls().minimum_version >= ssl.TLSVersion.TLSv1_2
    assert default_tls().check_hostname
