"""What answers at an address, asked once from here as a platform would: certificate and all, following no redirect."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Thread
from typing import Literal
from urllib.parse import urlsplit

from adapters.tls import mistrust

#: Why there was no answer.
Trouble = Literal["name", "certificate", "connection", "time"]

#: More of an answer is not looked at.
_LARGEST = 4096


@dataclass(frozen=True, slots=True)
class Reached:
    """How one GET ended: with an answer (`status`, the beginning of its `body`, `location` where it leads on), or in trouble.

    `said` is what the network says of the trouble; `valid_until` the end of the certificate, where there was one.
    """

    status: int | None = None
    body: bytes = b""
    location: str = ""
    trouble: Trouble | None = None
    said: str = ""
    valid_until: datetime | None = None


#: Asks an address, in seconds altogether.
Reach = Callable[[str, float], Reached]


def reach(url: str, seconds: float, context: ssl.SSLContext | None = None) -> Reached:
    """GET `url` once. Ends in time even where a name server hangs. `context` trusts what this machine trusts by default."""
    asked: Future[Reached] = Future()

    def ask() -> None:
        try:
            asked.set_result(_get(url, seconds, context or ssl.create_default_context()))
        except BaseException as error:  # noqa: BLE001 - raised again where it was asked
            asked.set_exception(error)

    Thread(target=ask, name="reach", daemon=True).start()
    wait([asked], seconds)
    return asked.result() if asked.done() else _silence(seconds)


def _get(url: str, seconds: float, context: ssl.SSLContext) -> Reached:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        connection = (
            http.client.HTTPSConnection(host, parts.port, timeout=seconds, context=context)
            if parts.scheme == "https"
            else http.client.HTTPConnection(host, parts.port, timeout=seconds)
        )
    except (ValueError, http.client.InvalidURL):
        return Reached(trouble="name", said="that is no address")
    try:
        connection.connect()
        until = _valid_until(connection.sock)
        connection.request("GET", parts.path or "/", headers={"User-Agent": "Trellis"})
        answer = connection.getresponse()
        return Reached(
            status=answer.status,
            body=answer.read(_LARGEST),
            location=answer.headers.get("Location", ""),
            valid_until=until,
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


def _silence(seconds: float) -> Reached:
    return Reached(trouble="time", said=f"no answer within {seconds:g} s")


def _trouble(error: OSError | http.client.HTTPException) -> Reached:
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
