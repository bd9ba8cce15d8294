"""The official SDK's `call_api`, with a time limit and a size limit that hold for the whole answer.

The SDK gives authentication, encoding and the connection pool; its own calls know no total time, no size, and retry on
their own (facts/hubspot.md §1.4). So its pool is replaced by one whose connections stop at a deadline, byte by byte.
"""

from __future__ import annotations

import http.client
import io
import socket
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property, partial
from threading import Lock
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.response import BaseHTTPResponse

from adapters.causes import why_silent
from adapters.hubspot.answers import PLATFORM, Answer
from adapters.ports import Deadline, DeadlinePassed, PlatformUnreachable
from adapters.proxy import pool_manager
from adapters.tls import Untrusted, mistrust, trust

LARGEST_ANSWER = 32 * 2**20
#: A server that does not take the connection in this time is not there.
CONNECT_S = 5.0
_PIECE = 2**16
_CONNECTIONS = 32


@dataclass(slots=True)
class _Flight:
    """One call under way on this thread: until when it may last, and whether anything has left."""

    deadline: Deadline
    sent: bool = False


_flight: ContextVar[_Flight] = ContextVar("hubspot_call")


class Transport:
    """Sends one request and gives the whole answer, of whatever status; never retries, never follows a redirect.

    Thread-safe; the SDK (a heavy import) is loaded with the first call.
    """

    def __init__(self, token: str, base_url: str, proxy: str | None = None) -> None:
        self._token = token
        self._base_url = base_url.rstrip("/")
        self._proxy = proxy
        self._lock = Lock()

    def load(self) -> None:
        """Import the SDK if that was not done yet."""
        with self._lock:
            self._api  # noqa: B018

    def send(
        self,
        method: str,
        path: str,
        *,
        path_params: Mapping[str, str],
        query: Mapping[str, str],
        body: object,
        deadline: Deadline,
    ) -> Answer:
        """Raises DeadlinePassed (nothing was sent) or PlatformUnreachable (`maybe_applied`: bytes had left)."""
        with self._lock:
            api = self._api
        flight = _Flight(deadline)
        token = _flight.set(flight)
        try:
            answer: Answer = api.call_api(
                path,
                method,
                path_params=dict(path_params),
                query_params=list(query.items()),
                header_params={"Accept": "application/json", "Content-Type": "application/json"},
                body=body,
                auth_settings=["oauth2"],
                _preload_content=False,
                _request_timeout=max(deadline.remaining(), 0.001),
            )
        except self._failed as error:
            if error.status:
                return Answer(error.status, error.headers, error.body.encode())
            raise _unreachable(error, flight) from error
        except (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError) as error:
            raise _unreachable(error, flight) from error
        finally:
            _flight.reset(token)
        return answer

    @cached_property
    def _api(self) -> Any:
        from hubspot.crm.contacts import ApiClient, Configuration  # noqa: PLC0415 - 52 MB, not for `--help`

        configuration = Configuration(host=self._base_url)
        configuration.access_token = self._token
        api = ApiClient(configuration=configuration)
        api.rest_client.pool_manager = _Pool(self._base_url, self._proxy)
        return api

    @cached_property
    def _failed(self) -> Any:
        from hubspot.crm.contacts.exceptions import ApiException  # noqa: PLC0415 - as above

        return ApiException


def _unreachable(error: Exception, flight: _Flight) -> PlatformUnreachable:
    if (reason := mistrust(error)) is not None:
        return Untrusted(PLATFORM, reason)
    return PlatformUnreachable(PLATFORM, f"no answer from HubSpot ({why_silent(error)})", maybe_applied=flight.sent)


@dataclass(frozen=True, slots=True)
class _SdkAnswer(Answer):
    """An answer under the names that the SDK reads when it makes an exception of it."""

    reason: str = ""

    @property
    def data(self) -> bytes:
        # The SDK decodes it as UTF-8 without asking.
        return self.body.decode("utf-8", "replace").encode()

    def getheaders(self) -> Mapping[str, str]:
        return self.headers


class _Pool:
    """Stands in for the SDK's pool manager, of which it calls `request` only."""

    def __init__(self, base_url: str, proxy: str | None) -> None:
        self._pools = pool_manager(proxy, trust() if base_url.startswith("https:") else None, _CONNECTIONS)
        self._pools.pool_classes_by_scheme = {"http": _PlainPool, "https": _TlsPool}

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: str | None = None,
        fields: list[tuple[str, str]] | None = None,
        preload_content: bool,  # noqa: ARG002 - the SDK passes it
        timeout: urllib3.Timeout,
    ) -> _SdkAnswer:
        try:
            answer = self._pools.request(
                method,
                url,
                body=body,
                fields=fields,
                headers=headers,
                preload_content=False,
                redirect=False,
                retries=False,
                timeout=urllib3.Timeout(connect=CONNECT_S, total=timeout.total),
            )
        except urllib3.exceptions.SSLError as error:
            # The SDK stumbles over its own handling of this one: it decodes a body that is None.
            raise ConnectionError(f"TLS failed: {error}") from error
        return _SdkAnswer(answer.status, answer.headers, _read(answer), answer.reason or "")


def _read(answer: BaseHTTPResponse) -> bytes:
    pieces = []
    size = 0
    for piece in answer.stream(_PIECE):
        pieces.append(piece)
        size += len(piece)
        if size > LARGEST_ANSWER:
            answer.close()
            raise urllib3.exceptions.ResponseError(f"an answer of more than {LARGEST_ANSWER} bytes")
    return b"".join(pieces)


class _UntilDeadline(io.RawIOBase):
    """A socket's stream on which each read ends at the deadline, so that a trickle of bytes cannot outlast it."""

    def __init__(self, stream: io.RawIOBase, sock: socket.socket, deadline: Deadline) -> None:
        self._stream = stream
        self._sock = sock
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline.remaining()
        if left <= 0:
            raise TimeoutError("the deadline passed in the middle of an answer")
        self._sock.settimeout(left)
        return self._stream.readinto(buffer)

    def close(self) -> None:
        self._stream.close()
        super().close()


class _Answering(http.client.HTTPResponse):
    """Reads status line, headers and body under the deadline."""

    def __init__(self, sock: socket.socket, *, method: str | None = None, deadline: Deadline) -> None:
        super().__init__(sock, method=method)
        stream: Any = self.fp
        self.fp = io.BufferedReader(_UntilDeadline(stream.detach(), sock, deadline), _PIECE)


class _PlainConnection(HTTPConnection):
    """Looks at the deadline at the last moment before bytes leave, and again with every byte that comes, a proxy's too."""

    def connect(self) -> None:
        self._answer_in_time()
        super().connect()

    def request(self, *args: Any, **settings: Any) -> None:
        flight = _flight.get()
        if self.sock is None:
            self.connect()
        if flight.deadline.remaining() <= 0:
            raise DeadlinePassed(PLATFORM, "the deadline passed before the request to HubSpot left")
        flight.sent = True
        super().request(*args, **settings)

    def getresponse(self) -> Any:
        self._answer_in_time()
        return super().getresponse()

    def _answer_in_time(self) -> None:
        answering: Any = partial(_Answering, deadline=_flight.get().deadline)
        self.response_class = answering


class _TlsConnection(_PlainConnection, HTTPSConnection):
    """The same over TLS."""


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection
