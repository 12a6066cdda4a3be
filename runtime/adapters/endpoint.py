"""Where a station dials and how it says who it is: pure functions over an endpoint URL, an identity and a password.

The connection URL is derived, never configured whole (OCPP-J 3.1.1): endpoint path, a slash, the identity
percent-encoded; a query of the endpoint stays behind it. The identity itself, not its encoded form, is the user name of
HTTP Basic authentication, and the password is bytes that no text codec may touch (OCPP-J 6.2.2).
"""

from __future__ import annotations

import base64
import re
import ssl
from typing import Final
from urllib.parse import SplitResult, quote, urlsplit, urlunsplit

from model.host_name import is_host
from model.remedy import RemediableError

MAX_IDENTITY = 48
"""Characters of an identity: OCPP 1.6 has no limit, this is the one of OCPP 2.0.1."""


_URL: Final = re.compile(r"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*")
"""RFC 3986, 2: everything else goes into a URL percent-encoded. `urlsplit` is no judge of that: it drops tabs and line
breaks without a word, and passes blanks on."""
_BAD_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_USERINFO: Final = re.compile(r"^([a-z]*:?/+|[a-z]+:)?.*@", re.IGNORECASE | re.DOTALL)
"""All up to the last "@": a password that is not percent-encoded may hold anything."""
NOT_A_URL: Final = "a blank, a control character or another that no URL has: percent-encode it (a blank is %20)"


class BadEndpointError(RemediableError, ValueError):
    """An endpoint or identity from which no connection URL can be made."""

    usual_remedy = "give --csms and --id what the CSMS expects"


def connection_url(endpoint: str, identity: str) -> str:
    """The URL that this identity dials at that endpoint; one trailing slash of the endpoint is not doubled.

    A slash and the identity, percent-encoded, behind the endpoint's path: one URL for one station (J-3.1.1-01,
    J-3.1.1-03, J-3.1.1-06, J-3.1.1-07). Any endpoint with the scheme ws or wss will do (J-3.1.1-04).
    """
    _check_identity(identity)
    parts = _checked(endpoint)
    path = f"{parts.path.removesuffix('/')}/{quote(identity, safe='')}"
    return urlunsplit((parts.scheme, parts.netloc, path, parts.query, ""))


def _check_identity(identity: str) -> None:
    if not 0 < len(identity) <= MAX_IDENTITY:
        raise BadEndpointError(f"charge point identity {identity!r}: give it 1 to {MAX_IDENTITY} characters")
    if identity in {".", ".."} or not identity.isprintable() or identity.isspace():
        raise BadEndpointError(f"charge point identity {identity!r}: give it printable characters that name a station")


def _checked(endpoint: str) -> SplitResult:
    """The parts of an endpoint. What is refused is shown without credentials: an error ends up in logs."""
    try:
        parts = urlsplit(endpoint)
        problem = _misspelt(endpoint) or _problem(endpoint, parts)
    except ValueError:  # its text may repeat what stands before an "@"
        problem = "host and port cannot be read: a name or an [IPv6 address], and a port from 1 to 65535"
    if problem:
        raise BadEndpointError(f"endpoint {_shown(endpoint)!r}: {problem}; write it like wss://csms.example/ocpp")
    return parts


def _shown(endpoint: str) -> str:
    return _USERINFO.sub(r"\1***@", endpoint)


def _misspelt(endpoint: str) -> str | None:
    if _BAD_ESCAPE.search(endpoint):
        return "a percent sign without two hexadecimal digits behind it: write it as %25"
    return None if _URL.fullmatch(endpoint) else NOT_A_URL


def _problem(endpoint: str, parts: SplitResult) -> str | None:
    if parts.scheme not in {"ws", "wss"}:
        return "the scheme has to be ws or wss"
    if parts.username is not None or parts.password is not None:
        return "credentials do not belong in it: the AuthorizationKey is the password"
    if "#" in endpoint:
        return "a fragment has no meaning here"
    return _host_problem(parts)


def _host_problem(parts: SplitResult) -> str | None:
    if not parts.hostname:
        return "it names no host"
    if not is_host(parts.hostname):
        return f"{parts.hostname!r} is no name of a host: letters, digits, '-' and '_', 1 to 63 between two dots"
    return "port 0 cannot be dialled" if parts.port == 0 else None


def basic_authorization(identity: str, password: bytes) -> str:
    """The Authorization header's value; ``password`` is the decoded AuthorizationKey (J-6.2.2-02, J-6.2.2-03)."""
    if ":" in identity:
        raise BadEndpointError(f"charge point identity {identity!r}: a colon makes HTTP Basic credentials ambiguous")
    return "Basic " + base64.b64encode(identity.encode() + b":" + password).decode("ascii")


def default_tls() -> ssl.SSLContext:
    """TLS 1.2 or later (J-6.2.1-01), the system's trusted roots, the server's name checked."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
