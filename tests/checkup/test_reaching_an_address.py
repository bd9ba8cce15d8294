"""One GET as a platform would make it: its answer, its certificate, or why there was none; always in time."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import pytest
from ports import free_port

from adapters.proxy import Proxies
from adapters.reach import Reached, reach
from adapters.tls import mistrust

CERTIFICATE = Path(__file__).parent / "self_signed.pem"
ANSWER = b"HTTP/1.1 405 METHOD NOT ALLOWED\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"


@contextmanager
def server(answer: bytes | None, *, tls: bool = False) -> Iterator[str]:
    """Answers one caller; None: holds the line and says nothing."""
    listening = socket.create_server(("127.0.0.1", 0))
    held: list[socket.socket] = []

    def serve() -> None:
        caller, _ = listening.accept()
        held.append(caller)
        if answer is None:
            return
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(CERTIFICATE)
            try:
                caller = context.wrap_socket(caller, server_side=True)
            except ssl.SSLError:
                return
            held.append(caller)
        caller.recv(4096)
        caller.sendall(answer)
        caller.close()

    thread = Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        thread.join(5)
        for one in (*held, listening):
            one.close()


def test_an_answer_is_told_as_it_came():
    with server(ANSWER) as url:
        assert reach(f"{url}/webhooks/hubspot", 5.0) == Reached(405, b"hello", inside=True)


def test_a_redirect_is_not_followed():
    with server(b"HTTP/1.1 301 M\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n") as url:
        assert reach(url, 5.0) == Reached(301, location="http://127.0.0.1:9/", inside=True)


def test_a_certificate_that_is_trusted_tells_its_end():
    trusting = ssl.create_default_context(cafile=str(CERTIFICATE))
    with server(ANSWER, tls=True) as url:
        found = reach(url, 5.0, trusting)
    assert (found.status, found.valid_until) == (405, datetime(2126, 10, 29, 15, 16, 33, tzinfo=UTC))


def test_one_that_is_not_and_one_that_is_none():
    with server(ANSWER, tls=True) as url:
        assert reach(url, 5.0) == Reached(trouble="certificate", said="self-signed certificate")
    with server(ANSWER) as url:
        plain = url.replace("http:", "https:")
        assert reach(plain, 5.0) == Reached(trouble="certificate", said="it does not speak TLS there")


@pytest.mark.parametrize(
    ("answer", "trouble", "said"),
    [(b"SSH-2.0-OpenSSH\r\n", "connection", "badstatusline"), (b"", "connection", "remotedisconnected")],
)
def test_what_is_no_answer(answer, trouble, said):
    with server(answer) as url:
        assert reach(url, 5.0) == Reached(trouble=trouble, said=said)


def test_nobody_is_waited_for_beyond_the_deadline():
    with server(None) as url:
        assert reach(url, 0.2) == Reached(trouble="time", said="no answer within 0.2 s")


@contextmanager
def proxy(answer: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """Answers one CONNECT; lets through to a server of ours where it agrees."""
    listening, asked = socket.create_server(("127.0.0.1", 0)), list[bytes]()

    def serve() -> None:
        caller, _ = listening.accept()
        asked.append(caller.recv(4096))
        caller.sendall(answer)
        if b" 200 " in answer:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(CERTIFICATE)
            caller = context.wrap_socket(caller, server_side=True)
            caller.recv(4096)
            caller.sendall(ANSWER)
        caller.close()

    thread = Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://ana:canary@127.0.0.1:{listening.getsockname()[1]}", asked
    finally:
        thread.join(5)
        listening.close()


def test_where_the_network_has_a_proxy_it_is_asked_by_that_and_so_from_outside():
    trusting = ssl.create_default_context(cafile=str(CERTIFICATE))
    trusting.check_hostname = False
    with proxy(b"HTTP/1.1 200 OK\r\n\r\n") as (address, asked):
        found = reach("https://trellis.acme.example/webhooks/hubspot", 5.0, trusting, Proxies(address))
    assert (found.status, found.inside, found.trouble) == (405, False, None)
    assert asked[0].startswith(b"CONNECT trellis.acme.example:443 ")
    assert b"proxy-authorization: basic " in asked[0].lower()


def test_what_is_the_proxys_trouble_is_no_word_of_the_address():
    with proxy(b"HTTP/1.1 403 canary\r\n\r\n") as (address, _):
        refused = reach("https://trellis.acme.example/", 5.0, None, Proxies(address))
    assert refused == Reached(trouble="proxy", said="it answers 403")
    away = reach("https://trellis.acme.example/", 5.0, None, Proxies(f"http://127.0.0.1:{free_port()}"))
    assert away == Reached(trouble="proxy", said="connection refused")


def test_nobody_there():
    assert reach(f"http://127.0.0.1:{free_port()}/", 5.0) == Reached(trouble="connection", said="connection refused")


@pytest.mark.parametrize(
    "url",
    [
        "https://a..b.example/x",
        f"https://{'a' * 70}.example/",
        "https://x.example:99999/",
        "https://[::1",
        "https://a b/",
    ],
)
def test_what_is_no_address_is_told_and_ends_nothing(url):
    assert reach(url, 5.0).trouble == "name"


def test_an_answer_that_never_ends_is_not_waited_for():
    endless = b"HTTP/1.1 405 M\r\nContent-Length: 99999999999\r\n\r\n" + b"x" * 9999
    with server(endless) as url:
        assert len(reach(url, 5.0).body) == 4096


def failing(error: BaseException, *wrapped_by: Callable[[BaseException], BaseException]) -> BaseException:
    for wrap in wrapped_by:
        error = wrap(error)
    return error


def test_a_certificate_that_is_not_trusted_is_found_behind_whatever_wraps_it():
    behind = ssl.SSLCertVerificationError(1, "x")
    behind.verify_message = "unable to get local issuer certificate."
    assert mistrust(failing(behind, ConnectionError, OSError)) == "unable to get local issuer certificate"
    assert mistrust(ConnectionError("TLS failed")) is None
    assert mistrust(ssl.SSLError(1, "wrong version number")) is None
