"""The URL at which a file is fetched, or to which it is sent: HTTP, HTTPS, FTP, or FTPS (FTP secured by AUTH TLS).

It comes from the CSMS, holds credentials, and is judged here before anything is dialled; `urlsplit` is no judge, for it
drops tabs and line breaks without a word. Whoever shows a text with one in it hides what stands before its "@".
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final
from urllib.parse import SplitResult, quote, unquote, unquote_to_bytes, urlsplit, urlunsplit

from attrs import field

from model.host_name import is_host
from model.record import frozen
from model.remedy import RemediableError

MAX_CHARS: Final = 2000
"""Of a location. OCPP 1.6 has no limit, the security whitepaper one of 512 for some messages."""

MAX_NAME_CHARS: Final = 255
"""Of a file's name: `fileName` of GetDiagnostics.conf (CS-6.26-01)."""

_SPELLING: Final = re.compile(r"(?:[A-Za-z0-9._~:/?\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*")
"""RFC 3986, 2, without "#": a fragment is never sent, so it is a password that was not percent-encoded."""

_PIECE: Final = re.compile(r'(?:[^"\\]|\\.?)+', re.DOTALL)
"""What lies between two quotation marks; in JSON, one with a backslash before it is a part of the text."""

_BEGINNING: Final = re.compile(r":(?:\\?/){2}")
"""Behind the scheme of a URL; some encoders of JSON write a slash as ``\\/``."""

_EXTENSION: Final = re.compile(r"[^.].*\.[A-Za-z][A-Za-z0-9]{1,4}")
_CONTROL: Final = re.compile(rb"[\x00-\x1f\x7f]")


class BadLocationError(RemediableError, ValueError):
    """A text at which no file can be fetched or put; the message shows no credentials."""

    usual_remedy = "give a URL like ftps://user:password@host:port/path"


class Scheme(StrEnum):
    """How a file travels, as the key SupportedFileTransferProtocols names it (ERR-3.88-01)."""

    HTTP = "http"
    HTTPS = "https"
    FTP = "ftp"
    FTPS = "ftps"

    @property
    def over_http(self) -> bool:
        """Whether it is HTTP, with TLS or without."""
        return self in (Scheme.HTTP, Scheme.HTTPS)

    @property
    def secure(self) -> bool:
        """Whether TLS protects it."""
        return self in (Scheme.HTTPS, Scheme.FTPS)


@frozen
class Location:
    """A location that was judged. User name and password as bytes, decoded; None where it names none (CS-8.1-06).

    ``target``: path and query as they are written.
    """

    scheme: Scheme
    host: str
    port: int | None
    target: str = field(repr=False)
    user: bytes | None = field(default=None, repr=False)
    password: bytes | None = field(default=None, repr=False)

    @property
    def place(self) -> str:
        """What a log may show of it: a query may hold a secret as well as credentials do."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" if self.port is None else f"{self.scheme}://{host}:{self.port}"

    @property
    def names_folder(self) -> bool:
        """Whether its path ends where a file's name would begin."""
        return self.target.partition("?")[0].endswith("/")


def parse_location(text: str) -> Location:
    """The parts of a location. Raises BadLocationError."""
    if len(text) > MAX_CHARS:
        raise BadLocationError(f"the location has {len(text)} characters; give it {MAX_CHARS} at most")
    try:
        parts = urlsplit(text)
        problem = _misspelt(text) or _problem(parts)
    except ValueError:  # its text may repeat what stands before an "@"
        problem = "host and port cannot be read"
    if problem:
        raise BadLocationError(f"location {_shown(text)!r}: {problem}")
    return _judged(Scheme(parts.scheme), parts)


def _shown(text: str) -> str:
    """Neither what stands before an "@", whatever it is, nor a query."""
    before, at, rest = text.rpartition("@")
    return (("***@" if at else before) + rest).partition("?")[0]


def _misspelt(text: str) -> str | None:
    if _SPELLING.fullmatch(text):
        return None
    return "it holds a blank, a line break or another character that has to be percent-encoded"


def _problem(parts: SplitResult) -> str | None:
    if parts.scheme not in list(Scheme):
        return f"the scheme has to be one of {', '.join(Scheme)}"
    if not parts.hostname:
        return "it names no host"
    if not is_host(parts.hostname):
        return "its host is no name of a host"
    return "port 0 cannot be dialled" if parts.port == 0 else None


def _judged(scheme: Scheme, parts: SplitResult) -> Location:
    user, password = (None if said is None else unquote_to_bytes(said) for said in (parts.username, parts.password))
    path = parts.path or "/"
    location = Location(
        scheme, str(parts.hostname), parts.port, urlunsplit(("", "", path, parts.query, "")), user, password
    )
    if _CONTROL.search((user or b"") + (password or b"")):
        problem = "user name or password hold a control character"
    elif not scheme.over_http and _CONTROL.search(unquote_to_bytes(location.target)):
        problem = "its path holds a control character"  # it would end the command of FTP, and begin another
    elif scheme.over_http and b":" in (user or b""):
        problem = "a colon in the user name makes HTTP Basic credentials ambiguous"  # RFC 7617, 2
    else:
        return location
    raise BadLocationError(f"location {location.place!r}: {problem}")


# ---- uploads -----------------------------------------------------------------------------------------------


@frozen
class UploadTarget:
    """Where a file is put: the whole URL, credentials included, and the file's name there."""

    url: str = field(repr=False)
    name: str


def upload_target(location: str, name: str) -> UploadTarget:
    """Where a file that we would call ``name`` is put. Raises BadLocationError.

    A location names a folder, and our name is appended to it (OCPP 1.6, 6.25). But one whose last part ends like a
    file's (``.zip``, ``.tar.gz``: a dot, a letter, 1 to 4 letters or digits) names the file itself, which is then
    called so in the answer too.
    """
    parse_location(location)
    parts = urlsplit(location)
    folder, _, last = parts.path.rpartition("/")
    if _EXTENSION.fullmatch(unquote(last)) and len(unquote(last)) <= MAX_NAME_CHARS:
        return UploadTarget(location, unquote(last))
    path = f"{folder}/{last}/" if last else f"{folder}/"
    return UploadTarget(urlunsplit(parts._replace(path=path + quote(name, safe=""))), name)


# ---- what may be shown -------------------------------------------------------------------------------------


def without_credentials(text: str) -> str:
    """A text, with the credentials of every URL in it hidden: of a location, a frame, a line for the log.

    Between two quotation marks all is hidden from behind the first scheme to the last "@": a password that is not
    percent-encoded may hold anything. Linear in the length of the text, whatever it holds.
    """
    return _PIECE.sub(_hidden, text) if "@" in text else text


def _hidden(piece: re.Match[str]) -> str:
    text = piece[0]
    beginning, at = _BEGINNING.search(text), text.rfind("@")
    if beginning is None or at < beginning.end():
        return text
    return f"{text[: beginning.end()]}***{text[at:]}"
