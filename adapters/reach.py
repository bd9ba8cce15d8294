"""What answers at an address, asked once from here as a platform would: certificate and all, following no redirect.

Out by the proxy of the network, where there is one: only what goes out proves that the Internet gets there.
"""

from __future__ import annotations

import http.client
import re
import socket
import ssl
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from threading import Thread
from typing import Literal
from urllib.parse import SplitResult, urlsplit

from adapters.proxy import NONE, Proxies, login
from adapters.tls import mistrust

#: Why there was no answer.
Trouble = Literal["name", "certificate", "connection", "time", "proxy"]

#: More of an answer is not looked at.
_LARGEST = 4096
_HTTPS = 443
_TUNNEL_REFUSED = re.compile(r"Tunnel connection failed: ([0-9]{3})")


@dataclass(frozen=True, slots=True)
class Reached:
    """How one GET ended: with an answer (`status`, the beginning of its `body`, `location` where it leads on), or in trouble.

    `said` is what the network says of the trouble; `valid_until` the end of the certificate, where there was one. `inside`: who
    answered is this machine itself or of its own network, so that nothing is known of the way from the Internet. Trouble of the
    `proxy` is its own: nobody was asked.
    """

    status: int | None = None
    body: bytes = b""
    location: str = ""
    trouble: Trouble | None = None
    said: str = ""
    valid_until: datetime | None = None
    inside: bool = False


#: Asks an address, in seconds altogether.
Reach = Callable[[str, float], Reached]


def reach(url: str, seconds: float, context: ssl.SSLContext | None = None, proxies: Proxies = NONE) -> Reached:
    """GET `url` once, by the proxy that `proxies` has for it. Ends in time even where a name server hangs. `context` trusts what
    this machine trusts by default.
    """
    asked: Future[Reached] = Future()

    def ask() -> None:
        try:
            asked.set_result(_get(url, seconds, context or ssl.create_default_context(), proxies))
        except BaseException as error:  # noqa: BLE001 - raised again where it was asked
            asked.set_exception(error)

    Thread(target=ask, name="reach", daemon=True).start()
    wait([asked], seconds)
    return asked.result() if asked.done() else _silence(seconds)


def _get(url: str, seconds: float, context: ssl.SSLContext, proxies: Proxies) -> Reached:
    try:
        parts = urlsplit(url)
        proxy = proxies.to(url)
        connection = _connection(parts, proxy, seconds, context)
    except (ValueError, http.client.InvalidURL):
        return Reached(trouble="name", said="that is no address")
    try:
        _connect(connection, proxied=proxy is not None)
        until, inside = _valid_until(connection.sock), proxy is None and _is_inside(connection.sock)
        connection.request("GET", parts.path or "/", headers={"User-Agent": "Trellis"})
        answer = connection.getresponse()
        return Reached(
            status=answer.status,
            body=answer.read(_LARGEST),
            location=answer.headers.get("Location", ""),
            valid_until=until,
            inside=inside,
        )
    except socket.gaierror as error:
        return Reached(trouble="name", said=str(error.strerror))
    except UnicodeError:  # a label of the name is empty or too long
        return Reached(trouble="name", said="that is no name")
    except TimeoutError:
        return _silence(seconds)
    except (OSError, http.client.HTTPException) as error:
        return _trouble(error)
    finally:
        connection.close()


def _connection(
    parts: SplitResult, proxy: str | None, seconds: float, context: ssl.SSLContext
) -> http.client.HTTPConnection:
    host = parts.hostname or ""
    if parts.scheme != "https":
        return http.client.HTTPConnection(host, parts.port, timeout=seconds)
    if proxy is None:
        return http.client.HTTPSConnection(host, parts.port, timeout=seconds, context=context)
    through = urlsplit(proxy)
    connection = http.client.HTTPSConnection(through.hostname or "", through.port, timeout=seconds, context=context)
    connection.set_tunnel(host, parts.port or _HTTPS, login(proxy))
    return connection


class _Unasked(OSError):
    """A proxy let nothing through; said of it in a few words."""


def _connect(connection: http.client.HTTPConnection, *, proxied: bool) -> None:
    """Raises _Unasked for what is a proxy's doing, and not that of whoever is behind it."""
    try:
        connection.connect()
    except (OSError, UnicodeError, http.client.HTTPException) as error:
        if not proxied or isinstance(error, ssl.SSLError):
            raise
        answered = _TUNNEL_REFUSED.match(str(error))
        said = f"it answers {answered[1]}" if answered else str(getattr(error, "strerror", None) or "no answer").lower()
        raise _Unasked(said) from error


def _is_inside(sock: socket.socket) -> bool:
    """Whether the other end has no address that the Internet knows, or has ours."""
    theirs, ours = (str(one[0]).partition("%")[0] for one in (sock.getpeername(), sock.getsockname()))
    return theirs == ours or not ip_address(theirs).is_global


def _silence(seconds: float) -> Reached:
    return Reached(trouble="time", said=f"no answer within {seconds:g} s")


def _trouble(error: OSError | http.client.HTTPException) -> Reached:
    if isinstance(error, _Unasked):
        return Reached(trouble="proxy", said=str(error))
    if (reason := mistrust(error)) is not None:
        return Reached(trouble="certificate", said=reason)
    if isinstance(error, ssl.SSLError):
        return Reached(trouble="certificate", said="it does not speak TLS there")
    strerror = getattr(error, "strerror", None)
    return Reached(trouble="connection", said=str(strerror or type(error).__name__).lower())


def _valid_until(sock: socket.socket) -> datetime | None:
    certificate = sock.getpeercert() if isinstance(sock, ssl.SSLSocket) else None
    ends = (certificate or {}).get("notAfter")
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC) if isinstance(ends, str) else None
