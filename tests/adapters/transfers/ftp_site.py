"""A real FTP(S) server, and what may go wrong with it."""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import define, field

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # asyncore, which the library is built on
    from pyftpdlib.authorizers import DummyAuthorizer
    from pyftpdlib.handlers import DTPHandler, FTPHandler, TLS_DTPHandler, TLS_FTPHandler
    from pyftpdlib.servers import FTPServer

USER, PASSWORD = "u@1", "p:/@é#"
URL_CREDENTIALS = "u%401:p%3A%2F%40%C3%A9%23@"

logging.getLogger("pyftpdlib").setLevel(logging.CRITICAL)


@define(eq=False)
class FtpSite:
    """``root``: what it serves. ``cut_after``: so many bytes of the next transfer, then its connections die.

    ``commands``: what clients said, without their passwords.
    """

    root: Path
    port: int = 0
    scheme: str = "ftp"
    cut_after: int | None = None
    commands: list[str] = field(factory=list)

    def url(self, path: str, credentials: str = URL_CREDENTIALS) -> str:
        return f"{self.scheme}://{credentials}localhost:{self.port}/{path}"

    def cuts(self, passed: int) -> bool:
        """Whether this is where it dies; once."""
        if self.cut_after is None or passed < self.cut_after:
            return False
        self.cut_after = None
        return True


def _data_handler(site: FtpSite, base: type[Any]) -> type[Any]:
    class Cutting(base):  # type: ignore[misc]
        ac_in_buffer_size = ac_out_buffer_size = 16 * 1024

        def _passed(self) -> None:
            if site.cuts(self.tot_bytes_sent + self.tot_bytes_received):
                control = self.cmd_channel
                self.close()
                control.close()

        def handle_read_event(self) -> None:
            super().handle_read_event()
            self._passed()

        def initiate_send(self) -> None:
            super().initiate_send()
            self._passed()

    return Cutting


def _handler(site: FtpSite, certificate: Path | None) -> type[Any]:
    base, data = (FTPHandler, DTPHandler) if certificate is None else (TLS_FTPHandler, TLS_DTPHandler)

    class Mine(base):  # type: ignore[misc, valid-type]
        dtp_handler = _data_handler(site, data)
        authorizer = DummyAuthorizer()
        certfile = None if certificate is None else str(certificate)
        tls_control_required = tls_data_required = certificate is not None
        use_sendfile = False
        auth_failed_timeout = 0.0

        def pre_process_command(self, line: str, cmd: str, arg: str) -> None:
            site.commands.append(cmd if cmd == "PASS" else line)
            super().pre_process_command(line, cmd, arg)

    Mine.authorizer.add_user(USER, PASSWORD, str(site.root), perm="elradfmwMT")
    Mine.authorizer.add_anonymous(str(site.root))
    return Mine


@contextmanager
def ftp_site(root: Path, certificate: Path | None = None) -> Iterator[FtpSite]:
    """``certificate``: with its key, in PEM; then TLS is demanded on both connections."""
    root.mkdir(exist_ok=True)
    site = FtpSite(root, scheme="ftp" if certificate is None else "ftps")
    server = FTPServer(("127.0.0.1", 0), _handler(site, certificate))
    site.port, going = server.address[1], threading.Event()

    def serve() -> None:
        while not going.is_set():
            server.serve_forever(timeout=0.02, blocking=False)
        server.close_all()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        going.set()
        thread.join()
