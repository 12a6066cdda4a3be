"""One request by libcurl: its options, what the server says of the file, and what its end means.

Importing this module loads libcurl, so it is imported when the first transfer begins. libcurl follows no redirect
itself: where one may lead is ours to judge (``redirects.py``). Credentials go in as options and never as part of a URL,
so that no text of libcurl's repeats them; of what a server says, texts for the log hold its numbers alone.
"""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Callable
from typing import Final

import pycurl

from model.location import Location, Scheme
from runtime.adapters.transfers.attempt import Attempt, AttemptFailedError, StoppedError
from runtime.adapters.transfers.partial_file import Version, file_failed
from runtime.core.transfers import TransferOutcome

OK, PARTIAL_CONTENT, MULTIPLE_CHOICES, BAD_REQUEST, RANGE_NOT_SATISFIABLE = 200, 206, 300, 400, 416
"""Of HTTP (RFC 9110, 15)."""

BUFFER_BYTES: Final = 128 * 1024
AGENT: Final = "provenpoint"

_PROTOCOLS: Final = {
    Scheme.HTTP: ("http", pycurl.PROTO_HTTP),
    Scheme.HTTPS: ("https", pycurl.PROTO_HTTPS),
    Scheme.FTP: ("ftp", pycurl.PROTO_FTP),
    Scheme.FTPS: ("ftp", pycurl.PROTO_FTP),  # explicit: FTP that begins with AUTH TLS (RFC 4217); libcurl's ftps is not
}

_OUTCOMES: Final = {
    TransferOutcome.UNREACHABLE: (pycurl.E_COULDNT_RESOLVE_HOST, pycurl.E_COULDNT_CONNECT),
    TransferOutcome.TLS: (
        pycurl.E_SSL_CONNECT_ERROR, pycurl.E_PEER_FAILED_VERIFICATION, pycurl.E_USE_SSL_FAILED, pycurl.E_SSL_CIPHER,
        pycurl.E_SSL_CACERT_BADFILE, pycurl.E_SSL_CERTPROBLEM, pycurl.E_SSL_ISSUER_ERROR,
    ),
    TransferOutcome.REFUSED: (
        pycurl.E_HTTP_RETURNED_ERROR, pycurl.E_REMOTE_ACCESS_DENIED, pycurl.E_LOGIN_DENIED, pycurl.E_QUOTE_ERROR,
        pycurl.E_REMOTE_FILE_NOT_FOUND, pycurl.E_FTP_COULDNT_RETR_FILE, pycurl.E_UPLOAD_FAILED,
        pycurl.E_REMOTE_DISK_FULL,
    ),
    TransferOutcome.BROKEN_OFF: (
        pycurl.E_PARTIAL_FILE, pycurl.E_GOT_NOTHING, pycurl.E_SEND_ERROR, pycurl.E_RECV_ERROR,
    ),
    TransferOutcome.TIMED_OUT: (pycurl.E_OPERATION_TIMEDOUT,),
}  # fmt: skip
OUTCOME_OF: Final = {code: outcome for outcome, codes in _OUTCOMES.items() for code in codes}

SHOWS_LIBCURLS_TEXT: Final = (TransferOutcome.UNREACHABLE, TransferOutcome.TLS)
"""Their texts come from libcurl and OpenSSL, before the server has learnt anything that it could repeat."""

_STATUS: Final = re.compile(rb"HTTP/[0-9.]+ ([0-9]{3})")
_LENGTH: Final = re.compile(r"[0-9]{1,18}")
_FTP_DATE: Final = re.compile(rb"213 ([0-9]{14}(?:\.[0-9]+)?)\r?\n?")
_FTP_SIZE: Final = re.compile(rb"213 ([0-9]{1,13})\r?\n?")


class Request:
    """One request, over one connection; ``perform`` makes it.

    ``status``: of HTTP, the last that came. ``headers``: of HTTP, in lower case, those of that status. ``redirect`` and
    ``sent_bytes``, once it was made: where the server redirected it to, and how much of an upload has passed.
    """

    def __init__(self, location: Location, attempt: Attempt, ends_s: float) -> None:
        """``ends_s``: the monotonic second at which it has to be over."""
        self.location, self.attempt, self.curl = location, attempt, pycurl.Curl()
        self.status, self.headers = 0, dict[str, str]()
        self.redirect: str | None = None
        self.sent_bytes = 0
        self._version = Version()
        self._problem: Exception | None = None
        self._common(ends_s)
        self._where()
        if location.scheme.secure:
            self._tls()

    # ---- what is asked -----------------------------------------------------------------------------------

    def _common(self, ends_s: float) -> None:
        settings, curl = self.attempt.settings, self.curl
        curl.setopt(pycurl.NOSIGNAL, 1)  # signals belong to the main thread
        curl.setopt(pycurl.PROXY, "")  # nor does the environment decide where files come from
        curl.setopt(pycurl.USERAGENT, AGENT)
        curl.setopt(pycurl.FAILONERROR, 1)
        curl.setopt(pycurl.BUFFERSIZE, BUFFER_BYTES)
        curl.setopt(pycurl.TCP_KEEPALIVE, 1)
        curl.setopt(pycurl.CONNECTTIMEOUT_MS, _ms(settings.connect_s))
        curl.setopt(pycurl.TIMEOUT_MS, _ms(ends_s - time.monotonic()))
        curl.setopt(pycurl.LOW_SPEED_LIMIT, settings.least_bytes_per_s)
        curl.setopt(pycurl.LOW_SPEED_TIME, max(1, round(settings.silence_s)))
        curl.setopt(pycurl.MAX_RECV_SPEED_LARGE, settings.most_bytes_per_s)
        curl.setopt(pycurl.MAX_SEND_SPEED_LARGE, settings.most_bytes_per_s)
        curl.setopt(pycurl.FTP_RESPONSE_TIMEOUT, max(1, round(settings.silence_s)))
        curl.setopt(pycurl.NOPROGRESS, 0)
        curl.setopt(pycurl.XFERINFOFUNCTION, self._look)
        curl.setopt(pycurl.HEADERFUNCTION, self._guarded(self._header))

    def _where(self) -> None:
        location, curl = self.location, self.curl
        scheme, protocol = _PROTOCOLS[location.scheme]
        curl.setopt(pycurl.PROTOCOLS, protocol)
        curl.setopt(pycurl.URL, _url(scheme, location))
        curl.setopt(pycurl.FOLLOWLOCATION, 0)
        curl.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
        curl.setopt(pycurl.HTTPAUTH, pycurl.HTTPAUTH_BASIC)
        curl.setopt(pycurl.OPT_FILETIME, 1)  # over FTP: asks for the date (MDTM)
        if location.user is not None:
            curl.setopt(pycurl.USERNAME, location.user)
            curl.setopt(pycurl.PASSWORD, location.password or b"")

    def _tls(self) -> None:
        """TLS 1.2 or later, a certificate of the trusted roots, the server's name in it; over FTP on both connections.

        SEC-L01-14 wants HTTPS or FTPS to be secured like the link to the CSMS.
        """
        curl, roots = self.curl, self.attempt.settings.roots()
        curl.setopt(pycurl.SSLVERSION, pycurl.SSLVERSION_TLSv1_2)
        curl.setopt(pycurl.SSL_VERIFYPEER, 1)
        curl.setopt(pycurl.SSL_VERIFYHOST, 2)
        if self.location.scheme is Scheme.FTPS:
            curl.setopt(pycurl.USE_SSL, pycurl.USESSL_ALL)
            curl.setopt(pycurl.FTPSSLAUTH, pycurl.FTPAUTH_TLS)
        if roots is not None:
            curl.setopt(pycurl.CAINFO_BLOB, roots.encode())
            return
        paths = ssl.get_default_verify_paths()  # libcurl's own are those of where it was built
        if paths.cafile:
            curl.setopt(pycurl.CAINFO, paths.cafile)
        if paths.capath:
            curl.setopt(pycurl.CAPATH, paths.capath)

    def take(self, data: Callable[[bytes], None]) -> None:
        """Have ``data`` called with what comes; what it raises ends the request."""
        self.curl.setopt(pycurl.WRITEFUNCTION, self._guarded(data))

    # ---- what comes --------------------------------------------------------------------------------------

    @property
    def version(self) -> Version:
        """What the server has said of the file by now."""
        return self._http_version() if self.location.scheme.over_http else self._version

    def _http_version(self) -> Version:
        length = self.headers.get("content-range", "").rpartition("/")[2] or self.headers.get("content-length", "")
        total = int(length) if _LENGTH.fullmatch(length) else None
        return Version(total, self.headers.get("etag"), self.headers.get("last-modified"))

    def _header(self, line: bytes) -> None:
        if not self.location.scheme.over_http:
            self._ftp_reply(line)
        elif status := _STATUS.match(line):
            self.status, self.headers = int(status[1]), {}
        else:
            name, _, value = line.decode("latin-1").partition(":")
            self.headers[name.strip().lower()] = value.strip()

    def _ftp_reply(self, line: bytes) -> None:
        """The replies to MDTM and SIZE (RFC 3659, 3 and 4) have one number, and are told apart by their lengths."""
        version = self._version
        if date := _FTP_DATE.fullmatch(line):
            self._version = Version(version.total_bytes, None, date[1].decode())
        elif size := _FTP_SIZE.fullmatch(line):
            self._version = Version(int(size[1]), None, version.date)

    # ---- how it goes -------------------------------------------------------------------------------------

    def perform(self) -> None:
        """Make it. Raises AttemptFailedError, StoppedError, and what was raised while it was made."""
        try:
            self.curl.perform()
        except pycurl.error as error:
            raise self._problem or self._failed(*error.args) from None
        finally:
            self.redirect = self.curl.getinfo(pycurl.REDIRECT_URL)
            self.sent_bytes = int(self.curl.getinfo(pycurl.SIZE_UPLOAD_T))
            self.curl.close()

    @property
    def succeeded(self) -> bool:
        """Over HTTP: whether the last status says so (2xx)."""
        return OK <= self.status < MULTIPLE_CHOICES

    def _look(self, *counts: int) -> int:
        """Called by libcurl with all that passes, and each second; not 0 ends it."""
        _, _, to_send, sent = counts
        if not self.attempt.wanted:
            self._problem = StoppedError()
        elif to_send:
            self.attempt.passed(sent, to_send)
        return 1 if self._problem else 0

    def _guarded(self, take: Callable[[bytes], None]) -> Callable[[bytes], int | None]:
        """Hands data on; -1 ends the request, whose ``perform`` then raises the problem."""

        def taken(data: bytes) -> int | None:
            try:
                take(data)
            except Exception as problem:  # noqa: BLE001 - libcurl stands between here and who can catch it
                self._problem = problem
                return -1
            return None

        return taken

    def send(self, read: Callable[[int], bytes]) -> None:
        """Have ``read`` asked for what is to be sent."""

        def more(most: int) -> bytes | int:
            try:
                return read(most)
            except OSError as problem:
                self._problem = file_failed(problem)
                return int(pycurl.READFUNC_ABORT)

        self.curl.setopt(pycurl.READFUNCTION, more)

    def _refused(self) -> bool:
        """Whether the server has said no, whatever became of the connection: it may reset it, to be sent no more."""
        return self.status >= BAD_REQUEST

    def _failed(self, code: int, text: str) -> AttemptFailedError:
        outcome = TransferOutcome.REFUSED if self._refused() else OUTCOME_OF.get(code, TransferOutcome.FAILED)
        number = self.curl.getinfo(pycurl.RESPONSE_CODE)
        if outcome is TransferOutcome.TIMED_OUT and not self.curl.getinfo(pycurl.CONNECT_TIME):
            outcome = TransferOutcome.UNREACHABLE
        if outcome in SHOWS_LIBCURLS_TEXT:
            return AttemptFailedError(outcome, text)
        said = f"{'HTTP' if self.location.scheme.over_http else 'FTP'} {number}, " if number else ""
        return AttemptFailedError(outcome, f"{said}libcurl error {code}")


def _url(scheme: str, location: Location) -> str:
    host = f"[{location.host}]" if ":" in location.host else location.host
    port = "" if location.port is None else f":{location.port}"
    target = location.target
    if not location.scheme.over_http:
        target = target.replace("?", "%3F").replace(";", "%3B")  # FTP has no queries, and ";type=a" would change bytes
    return f"{scheme}://{host}{port}{target}"


def _ms(seconds: float) -> int:
    """As libcurl wants it, for which 0 is no limit; and not beyond what it takes."""
    return max(1, min(round(seconds * 1000), 2**31 - 1))
