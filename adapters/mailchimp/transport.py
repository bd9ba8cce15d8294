"""The HTTP under the SDK: every answer ends in time, and a request leaves only while its deadline holds.

The SDK calls `requests.get` and friends, whose timeout counts from one received byte to the next: an answer that
trickles never ends (facts/mailchimp.md §1.2). Its one seam is the method `ApiClient.request`, which `Transport.request`
replaces: same arguments, same `requests.Response`. Below it, each single read from the socket gets no more than what is
left of the deadline, so headers, body and any mixture of pauses end together in time. A name server that hangs is the
one thing that no timeout of this process reaches.
"""

from __future__ import annotations

import http.client
import io
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from http.cookiejar import DefaultCookiePolicy
from socket import socket
from typing import Any, TypeVar

import orjson
import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from adapters.ports import Deadline, DeadlinePassed
from adapters.tls import trust

LARGEST_ANSWER = 32 * 2**20
_PIECE = 2**16
CONNECT_S = 3.05  # a little over TCP's first retransmission, as the documentation of requests advises

Answer = TypeVar("Answer")

_deadline: ContextVar[Deadline] = ContextVar("mailchimp_deadline")


class Transport:
    """One `requests` session for all threads: connections are kept, cookies and redirects are not."""

    def __init__(self, auth: AuthBase, connections: int, address: str, proxy: str | None = None) -> None:
        self._auth = auth
        self._session = requests.Session()
        self._session.trust_env = False  # else it had its own mind about proxies, `.netrc` and bundles of certificates
        self._session.proxies = {"https": proxy} if proxy else {}
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("https://", "http://"):
            context = trust() if scheme == "https://" and address.startswith(scheme) else None
            self._session.mount(scheme, _PunctualAdapter(context, pool_maxsize=connections))

    def within(self, deadline: Deadline, call: Callable[[], Answer]) -> Answer:
        """Run `call`, whose requests all end by `deadline`."""
        token = _deadline.set(deadline)
        try:
            return call()
        finally:
            _deadline.reset(token)

    def request(
        self,
        method: str,
        url: str,
        query_params: Sequence[tuple[str, Any]] | None = None,
        headers: dict[str, str] | None = None,
        body: object = None,
    ) -> requests.Response:
        """Stand in for `ApiClient.request`. Raises DeadlinePassed before anything has left; else what requests raises."""
        left = _seconds_left()
        response = self._session.request(
            method,
            url,
            params=list(query_params or ()),
            headers=headers,
            data=None if body is None else orjson.dumps(body),
            auth=self._auth,
            timeout=(min(CONNECT_S, left), left),
            allow_redirects=False,
        )
        if 300 <= response.status_code < 400:
            raise requests.TooManyRedirects(f"redirected ({response.status_code}), which the API never does")
        return response


def _seconds_left() -> float:
    left = _deadline.get().remaining()
    if left <= 0:
        raise DeadlinePassed("mailchimp", "the deadline passed before the request was sent")
    return left


class _PunctualReader(io.RawIOBase):
    """The reading half of a socket; each read may take what is left of the deadline, and no more."""

    def __init__(self, sock: socket) -> None:
        self._sock = sock
        self._raw: Any = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = _deadline.get().remaining()
        if left <= 0:
            raise TimeoutError("the answer took too long")
        self._sock.settimeout(left)
        read: int | None = self._raw.readinto(buffer)
        return read

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Source:
    """What `http.client.HTTPResponse` asks of a socket: one file to read."""

    def __init__(self, sock: socket) -> None:
        self._sock = sock

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_PunctualReader(self._sock))


class _PunctualResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket, *args: Any, **options: Any) -> None:
        super().__init__(_Source(sock), *args, **options)  # type: ignore[arg-type]


class _PunctualRequests:
    """Mixed into urllib3's connections: connect first, look at the deadline again, and only then send."""

    sock: socket | None

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]

    def request(self, *args: Any, **options: Any) -> None:
        if self.sock is None:
            self.connect()
        _seconds_left()
        super().request(*args, **options)  # type: ignore[misc]


class _HTTPConnection(_PunctualRequests, urllib3.connection.HTTPConnection):
    response_class = _PunctualResponse


class _HTTPSConnection(_PunctualRequests, urllib3.connection.HTTPSConnection):
    response_class = _PunctualResponse


class _HTTPPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _HTTPConnection


class _HTTPSPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _HTTPSConnection


class _Answer(requests.Response):
    """Stops at the largest answer, counted as unpacked, and parses JSON in half the time."""

    def iter_content(self, chunk_size: int | None = _PIECE, decode_unicode: bool = False) -> Iterator[Any]:
        size = 0
        for piece in super().iter_content(chunk_size and min(chunk_size, _PIECE), decode_unicode):
            size += len(piece)
            if size > LARGEST_ANSWER:
                self.close()
                raise requests.exceptions.ContentDecodingError(f"an answer of more than {LARGEST_ANSWER} bytes")
            yield piece

    def json(self, **options: Any) -> Any:
        try:
            return orjson.loads(self.content)
        except ValueError:  # half an emoji, which orjson refuses, must not make a whole page unreadable
            return super().json(**options)


class _PunctualAdapter(HTTPAdapter):
    """Gives the session the connections and answers of this module, with or without a proxy, and whom they trust."""

    def __init__(self, context: ssl.SSLContext | None, **options: Any) -> None:
        self._context = context
        super().__init__(**options)

    def build_response(self, *args: Any) -> requests.Response:
        answer = _Answer()
        answer.__dict__.update(super().build_response(*args).__dict__)
        return answer

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options, ssl_context=self._context)
        self.poolmanager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}

    def proxy_manager_for(self, proxy: str, **options: Any) -> urllib3.ProxyManager:
        manager: urllib3.ProxyManager = super().proxy_manager_for(proxy, **options, ssl_context=self._context)
        manager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}
        return manager
