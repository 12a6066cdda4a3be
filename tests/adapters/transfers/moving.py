"""A station's transfers without a station: orders in, ends out; every wait is bounded."""

from __future__ import annotations

import queue
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import trustme
from attrs import define, evolve, field

from runtime.adapters.transfers.attempt import TransferSettings
from runtime.adapters.transfers.curl_transfers import CurlTransfers
from runtime.core.inputs import Input
from runtime.core.transfers import StartDownload, StartUpload, TransferEnded, TransferOutcome, TransferProgressed

PATIENCE_S: Final = 60.0
MIB: Final = 1024 * 1024
QUICK: Final = TransferSettings(connect_s=20.0, silence_s=30.0, progress_s=0.0, spare_bytes=0, most_bytes_per_s=0)
IMPATIENT: Final = evolve(QUICK, silence_s=1.0, least_bytes_per_s=10_000)


@define(eq=False)
class Moving:
    """Transfers into ``directory``, and what was heard of them."""

    directory: Path
    settings: TransferSettings = QUICK
    heard: list[Input] = field(factory=list)
    numbers: int = 0
    transfers: CurlTransfers = field(init=False)
    _calls: queue.Queue[Callable[[], None]] = field(factory=queue.Queue)

    def __attrs_post_init__(self) -> None:
        self.transfers = CurlTransfers(self.directory, self._calls.put, self.settings)
        self.transfers.subscribe(self.heard.append)

    def start_download(self, url: str, **changes: Any) -> str:
        """Its name."""
        order = StartDownload(self._name(), url, "fw.bin", 64 * MIB, PATIENCE_S)
        self.transfers.download(evolve(order, **changes))
        return order.transfer

    def download(self, url: str, **changes: Any) -> TransferEnded:
        """One attempt, to its end."""
        self.start_download(url, **changes)
        return self.end()

    def start_upload(self, url: str, **changes: Any) -> str:
        """Its name."""
        order = StartUpload(self._name(), url, "log.gz", PATIENCE_S)
        self.transfers.upload(evolve(order, **changes))
        return order.transfer

    def upload(self, url: str, **changes: Any) -> TransferEnded:
        """One attempt, to its end."""
        self.start_upload(url, **changes)
        return self.end()

    def end(self) -> TransferEnded:
        """The next end that is heard of."""
        while True:
            before = len(self.heard)
            self._calls.get(timeout=PATIENCE_S)()
            if len(self.heard) > before and isinstance(ended := self.heard[-1], TransferEnded):
                return ended

    def progress(self) -> TransferProgressed:
        """The next progress that is heard of."""
        while True:
            self._calls.get(timeout=PATIENCE_S)()
            if self.heard and isinstance(progressed := self.heard[-1], TransferProgressed):
                return progressed

    def at_rest(self) -> None:
        """Wait until no thread is at work, and hear what is left to hear."""
        until(lambda: not any(thread.is_alive() for thread in self.transfers._last.values()))
        while not self._calls.empty():
            self._calls.get()()

    def has(self, name: str, content: bytes) -> None:
        """A file that the station has made."""
        self.directory.mkdir(mode=0o700, exist_ok=True)
        (self.directory / name).write_bytes(content)

    def files(self) -> dict[str, int]:
        """What lies there, with its length."""
        return {path.name: path.stat().st_size for path in self.directory.glob("*")} if self.directory.exists() else {}

    def content(self, name: str = "fw.bin") -> bytes:
        return (self.directory / name).read_bytes()

    def _name(self) -> str:
        self.numbers += 1
        return f"t{self.numbers}"


def until(holds: Callable[[], bool]) -> None:
    """Wait for it."""
    ends_s = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < ends_s, "it did not come about"
        time.sleep(0.005)


def bytes_of(length: int) -> bytes:
    """No two pieces of it are alike."""
    return b"".join(number.to_bytes(8) for number in range(length // 8 + 1))[:length]


def went(ended: TransferEnded) -> tuple[TransferOutcome, str]:
    return ended.outcome, ended.reason


# ---- certificates ------------------------------------------------------------------------------------------


def trusting(authority: trustme.CA, settings: TransferSettings = QUICK) -> TransferSettings:
    """Settings of a station that trusts that authority alone."""
    return evolve(settings, roots=lambda: authority.cert_pem.bytes().decode())


def serving(authority: trustme.CA, *names: str) -> Callable[[ssl.SSLContext], object]:
    """What gives a server's context a certificate for these names."""
    return authority.issue_cert(*names).configure_cert


def certificate_file(authority: trustme.CA, path: Path, *names: str) -> Path:
    """A certificate with its key."""
    authority.issue_cert(*names).private_key_and_cert_chain_pem.write_to_path(path)
    return path
