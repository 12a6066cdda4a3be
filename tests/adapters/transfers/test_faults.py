"""What servers and networks do to a transfer: each has its outcome, a reason, and leaves nothing that is of no use."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import trustme
from attrs import evolve

from model.location import Scheme
from runtime.core.transfers import TransferOutcome
from tests.adapters.transfers.child import in_child
from tests.adapters.transfers.ftp_site import FtpSite
from tests.adapters.transfers.http_site import File, Site, Status, http_site
from tests.adapters.transfers.moving import IMPATIENT, MIB, QUICK, Moving, bytes_of, serving, trusting, went
from tests.covering import covers

CONTENT = bytes_of(2 * MIB)
SCHEMES = ("http", "https", "ftp", "ftps")


@contextmanager
def listening(talk: Callable[[socket.socket], object] = lambda _: None) -> Iterator[int]:
    """A server that accepts, does this with the socket, and says nothing more. Its port."""
    kept: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                kept.append(connection)
                talk(connection)

        threading.Thread(target=accept, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
    for connection in kept:
        connection.close()


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


# ---- nobody there ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_connection_that_is_refused(scheme: str, moving: Moving) -> None:
    ended = moving.download(f"{scheme}://u:SECRET@localhost:{closed_port()}/fw")

    assert ended.outcome is TransferOutcome.UNREACHABLE
    assert "Could not connect" in ended.reason
    assert "SECRET" not in ended.reason
    assert moving.files() == {}


def test_a_host_that_nobody_knows(moving: Moving) -> None:
    ended = moving.download("https://u:SECRET@no-such-host.invalid/fw")

    assert went(ended) == (TransferOutcome.UNREACHABLE, "Could not resolve host: no-such-host.invalid")


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.exhaustive
def test_a_server_that_accepts_and_never_answers(scheme: str, moving: Moving) -> None:
    moving.transfers.settings = evolve(IMPATIENT, connect_s=2.0)
    with listening() as port:
        ended = moving.download(f"{scheme}://localhost:{port}/fw", within_s=1000.0)

    assert ended.outcome is TransferOutcome.TIMED_OUT
    assert moving.files() == {}


def test_a_server_that_hangs_up_without_an_answer(moving: Moving) -> None:
    with listening(lambda connection: connection.shutdown(socket.SHUT_RDWR)) as port:
        assert moving.download(f"http://localhost:{port}/fw").outcome is TransferOutcome.BROKEN_OFF


def test_a_server_that_speaks_something_else(moving: Moving) -> None:
    with listening(lambda connection: connection.sendall(b"220 smtp.example\r\n")) as port:
        assert moving.download(f"http://localhost:{port}/fw").outcome is TransferOutcome.FAILED
        assert moving.files() == {}


# ---- too slow, too short -----------------------------------------------------------------------------------


def test_a_server_that_is_too_slow_is_left_and_what_came_is_kept(site: Site, moving: Moving) -> None:
    moving.transfers.settings = IMPATIENT
    url = site.has("/fw", File(CONTENT, pause_s=0.5, piece=100))

    assert moving.download(url, within_s=1000.0).outcome is TransferOutcome.TIMED_OUT
    assert moving.files()[".fw.bin.part"] > 0


def test_what_takes_longer_than_it_may_ends(site: Site, moving: Moving) -> None:
    url = site.has("/fw", File(CONTENT, pause_s=0.3, piece=10_000))

    ended = moving.download(url, within_s=1.0)
    assert ended.outcome is TransferOutcome.TIMED_OUT
    assert 0 < ended.size_bytes < len(CONTENT)


def test_an_upload_that_takes_longer_than_it_may_ends(moving: Moving) -> None:
    moving.has("log.gz", CONTENT)
    with listening(lambda connection: connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")) as port:
        assert moving.upload(f"http://localhost:{port}/f", within_s=1.0).outcome is TransferOutcome.TIMED_OUT


def test_less_than_was_announced_is_not_the_file(site: Site, moving: Moving) -> None:
    url = site.has("/fw", File(CONTENT, length=len(CONTENT) + 1))

    assert moving.download(url).outcome is TransferOutcome.BROKEN_OFF
    assert "fw.bin" not in moving.files()


def test_more_than_was_announced_is_not_a_part_of_the_file(site: Site, moving: Moving) -> None:
    url = site.has("/fw", File(CONTENT, length=MIB))

    assert went(moving.download(url)) == (TransferOutcome.DONE, "")
    assert moving.content() == CONTENT[:MIB]


# ---- refused -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 500, 503])
def test_a_server_that_refuses_leaves_nothing(status: int, site: Site, moving: Moving) -> None:
    ended = moving.download(site.has("/fw", Status(status)))

    assert went(ended) == (TransferOutcome.REFUSED, f"HTTP {status}, libcurl error 22")
    assert moving.files() == {}


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_that_brings_no_file_is_a_refusal(status: int, site: Site, moving: Moving) -> None:
    ended = moving.download(site.has("/fw", Status(status, body=b"")))

    assert went(ended) == (TransferOutcome.REFUSED, f"HTTP {status}")


def test_a_refusal_takes_away_what_was_kept(site: Site, moving: Moving) -> None:
    url = site.has("/fw", File(CONTENT, cut=MIB), Status(404))
    moving.download(url)
    assert moving.files() != {}

    assert moving.download(url).outcome is TransferOutcome.REFUSED
    assert moving.files() == {}


@pytest.mark.parametrize(
    ("path", "credentials", "code"), [("no", "", 550), ("fw", "u:wrong@", 530), ("no/such/fw", "", 550)]
)
def test_an_ftp_server_refuses(path: str, credentials: str, code: int, ftp: FtpSite, moving: Moving) -> None:
    ended = moving.download(ftp.url(path, credentials))

    assert ended.outcome is TransferOutcome.REFUSED
    assert ended.reason.startswith(f"FTP {code}, ")
    assert moving.files() == {}


# ---- redirects ---------------------------------------------------------------------------------------------


def test_redirects_are_followed_and_their_pages_are_no_part_of_the_file(site: Site, moving: Moving) -> None:
    site.has("/1", Status(302, location="2"))
    site.has("/2", Status(301, location=f"{site.url}/3"))
    site.has("/3", File(CONTENT))

    assert went(moving.download(f"{site.url}/1")) == (TransferOutcome.DONE, "")
    assert moving.content() == CONTENT


def test_a_loop_of_redirects_ends(site: Site, moving: Moving) -> None:
    site.has("/1", Status(302, location="/2"))
    site.has("/2", Status(302, location="/1"))

    assert went(moving.download(f"{site.url}/1")) == (TransferOutcome.BAD_REDIRECT, "more than 5 redirects")
    assert len(site.requests) == 6
    assert moving.files() == {}


@pytest.mark.parametrize(
    "to", ["file:///etc/passwd", "ftp://u:SECRET@localhost/fw", "gopher://h/1", "//", "http://h:x/"]
)
def test_a_redirect_to_where_the_station_does_not_go(to: str, site: Site, moving: Moving) -> None:
    ended = moving.download(site.has("/fw", Status(302, location=to)))

    assert ended.outcome in (TransferOutcome.BAD_REDIRECT, TransferOutcome.REFUSED)
    assert "SECRET" not in ended.reason
    assert moving.files() == {}


def test_from_https_nothing_leads_down_to_http_not_over_three_corners_either(
    site: Site, secure_site: Site, moving: Moving
) -> None:
    end = site.has("/end", File(CONTENT))
    down = secure_site.has("/down", Status(302, location=end))
    up = site.has("/up", Status(302, location=down))

    for url in (down, up):
        assert went(moving.download(url)) == (
            TransferOutcome.BAD_REDIRECT,
            "redirected from https to http, which is not followed",
        )


def test_credentials_go_along_to_the_same_server_and_to_no_other(site: Site, moving: Moving) -> None:
    with http_site() as other:
        site.has("/1", Status(302, location="/2"))
        site.has("/2", Status(302, location=other.has("/fw", File(CONTENT))))
        moving.download(f"{site.url}/1".replace("//", "//u:p@"))

        assert [("authorization" in headers) for _, _, headers in site.requests] == [True, True]
        assert "authorization" not in other.requests[0][2]


# ---- TLS ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["https", "ftps"])
def test_an_authority_that_the_station_does_not_trust(
    request: pytest.FixtureRequest, scheme: str, moving: Moving
) -> None:
    moving.transfers.settings = trusting(trustme.CA())
    server: Site | FtpSite = request.getfixturevalue("secure_site" if scheme == "https" else "ftps")
    ended = moving.download(server.has("/fw", File(CONTENT)) if isinstance(server, Site) else server.url("fw"))

    assert ended.outcome is TransferOutcome.TLS
    assert "unable to get local issuer certificate" in ended.reason
    said = server.requests if isinstance(server, Site) else [each for each in server.commands if "AUTH" not in each]
    assert said == []


def test_without_roots_of_its_own_it_is_the_systems_roots_that_count(secure_site: Site, moving: Moving) -> None:
    moving.transfers.settings = QUICK

    assert moving.download(secure_site.has("/fw", File(CONTENT))).outcome is TransferOutcome.TLS


def test_a_certificate_for_another_host(authority: trustme.CA, moving: Moving) -> None:
    with http_site(serving(authority, "elsewhere.example")) as site:
        ended = moving.download(site.has("/fw", File(CONTENT)))

    assert ended.outcome is TransferOutcome.TLS
    assert "does not match" in ended.reason or "no alternative certificate subject name" in ended.reason


@pytest.mark.parametrize("scheme", ["https", "ftps"])
def test_a_server_without_tls_gets_no_password(request: pytest.FixtureRequest, scheme: str, moving: Moving) -> None:
    """FTPS never falls back to FTP (CS-8.1-03)."""
    server: Site | FtpSite = request.getfixturevalue("site" if scheme == "https" else "ftp")
    if isinstance(server, Site):
        url = server.has("/fw", File(CONTENT)).replace("http://", "https://u:p@")
    else:
        server.scheme = "ftps"
        url = server.url("fw")

    assert moving.download(url).outcome is TransferOutcome.TLS
    assert not isinstance(server, FtpSite) or not [each for each in server.commands if each.startswith("USER")]


# ---- URLs --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["C:", "", "sftp://u:SECRET@h/f", "http:///f", "http://h/a b", "http://h/\r\nX: y"])
def test_what_is_no_url_is_told_and_nothing_is_dialled(url: str, moving: Moving) -> None:
    ended = moving.download(url)

    assert ended.outcome is TransferOutcome.UNLAWFUL_URL
    assert "SECRET" not in ended.reason
    assert ended.reason
    assert moving.files() == {}


@covers("CS-8.1-03")
def test_a_protocol_that_this_station_does_not_do(ftp: FtpSite, moving: Moving) -> None:
    moving.transfers.settings = evolve(QUICK, schemes=frozenset({Scheme.HTTPS}))

    assert went(moving.download(ftp.url("fw"))) == (TransferOutcome.UNLAWFUL_URL, "this station does not do FTP")
    assert ftp.commands == []


def test_the_environment_does_not_say_where_files_come_from(
    site: Site, moving: Moving, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Neither a proxy nor a password of ~/.netrc."""
    home = tmp_path_factory.mktemp("home")
    (home / ".netrc").write_text("machine localhost login n password SECRET\n")
    url = site.has("/fw", File(CONTENT))
    ended = in_child(moving.directory, url, {"http_proxy": f"http://localhost:{closed_port()}", "HOME": str(home)})

    assert ended.startswith("Done")
    assert "authorization" not in site.requests[0][2]
