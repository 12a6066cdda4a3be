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

from runtime.host_name import is_host

MAX_IDENTITY = 48
"""Characters of an identity: OCPP 1.6 has no limit, this is the one of OCPP 2.0.1."""


_URL: Final = re.compile(r"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*")
"""RFC 3986, 2: everything else goes into a URL percent-encoded. `urlsplit` is no judge of that: it drops tabs and line
breaks without a word, and passes blanks on."""
NOT_A_URL: Final = "a blank, a control character or another that no URL has: percent-encode it (a blank is %20)"


class BadEndpoint(ValueError):  # noqa: N818 - says what is wrong
    """An endpoint or identity from which no connection URL can be made."""


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
        raise BadEndpoint(f"charge point identity {identity!r}: give it 1 to {MAX_IDENTITY} characters")
    if identity in {".", ".."} or not identity.isprintable():
        raise BadEndpoint(f"charge point identity {identity!r}: give it printable characters that name a station")


def _checked(endpoint: str) -> SplitResult:
    try:
        parts = urlsplit(endpoint)
        problem = None if _URL.fullmatch(endpoint) else NOT_A_URL
        problem = problem or _problem(parts)
    except ValueError as error:
        problem = str(error)
    if problem:
        raise BadEndpoint(f"endpoint {endpoint!r}: {problem}; write it like wss://csms.example/ocpp")
    return parts


def _problem(parts: SplitResult) -> str | None:
    if parts.scheme not in {"ws", "wss"}:
        return "the scheme has to be ws or wss"
    if not is_host(parts.hostname or "") or parts.port == 0:
        return "it names no host, or port 0"
    if parts.fragment:
        return "a fragment has no meaning here"
    if parts.username is not None or parts.password is not None:
        return "credentials do not belong in it"
    return None


def basic_authorization(identity: str, password: bytes) -> str:
    """The Authorization header's value; ``password`` is the decoded AuthorizationKey (J-6.2.2-02, J-6.2.2-03)."""
    if ":" in identity:
        raise BadEndpoint(f"charge point identity {identity!r}: a colon makes HTTP Basic credentials ambiguous")
    return "Basic " + base64.b64encode(identity.encode() + b":" + password).decode("ascii")


def default_tls() -> ssl.SSLContext:
    """TLS 1.2 or later (J-6.2.1-01), the system's trusted roots, the server's name checked."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
