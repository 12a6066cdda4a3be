"""Servers and a directory for each scenario; one authority for all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from tests.adapters.transfers.ftp_site import FtpSite, ftp_site
from tests.adapters.transfers.http_site import Site, http_site
from tests.adapters.transfers.moving import Moving, certificate_file, serving, trusting


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def moving(tmp_path: Path, authority: trustme.CA) -> Iterator[Moving]:
    """It trusts the authority; its threads are at rest when the scenario is over."""
    moving = Moving(tmp_path / "transfers", trusting(authority))
    yield moving
    moving.transfers.close()
    moving.at_rest()


@pytest.fixture
def site() -> Iterator[Site]:
    with http_site() as site:
        yield site


@pytest.fixture
def secure_site(authority: trustme.CA) -> Iterator[Site]:
    with http_site(serving(authority, "localhost")) as site:
        yield site


@pytest.fixture
def ftp(tmp_path: Path) -> Iterator[FtpSite]:
    with ftp_site(tmp_path / "ftp") as site:
        yield site


@pytest.fixture
def ftps(tmp_path: Path, authority: trustme.CA) -> Iterator[FtpSite]:
    with ftp_site(tmp_path / "ftps", certificate_file(authority, tmp_path / "server.pem", "localhost")) as site:
        yield site
