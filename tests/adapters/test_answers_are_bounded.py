"""What both clients take from a server: no more than 32 MiB (as unpacked), nothing after a redirect, no strange certificate."""

from __future__ import annotations

import gzip
import shutil
import ssl
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from adapters.budget import RateBudget, Slots
from adapters.hubspot import transport as hubspot_transport
from adapters.hubspot.client import HubSpotClient
from adapters.mailchimp import transport as mailchimp_transport
from adapters.mailchimp.client import MailchimpClient
from adapters.ports import PlatformUnreachable

LARGEST = 32 * 2**20


@dataclass
class Listening:
    """A server that gives everybody the same answer, and what it was asked."""

    url: str = ""
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def listen() -> Iterator[Callable[..., Listening]]:
    """Starts a server that answers with a status, headers and a body; over TLS when given a certificate."""
    servers = []

    def start(status: int, headers: dict[str, str], body: bytes, certificate: Path | None = None) -> Listening:
        listening = Listening()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                listening.asked.append(self.path)
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                try:
                    self.wfile.write(body)
                except OSError:
                    self.close_connection = True

            def log_message(self, *args: Any) -> None:
                pass

        class Quiet(ThreadingHTTPServer):
            def handle_error(self, request: Any, client_address: Any) -> None:
                """A handshake that the client broke off."""

        server = Quiet(("127.0.0.1", 0), Handler)
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        servers.append(server)
        listening.url = f"http{'s' if certificate else ''}://127.0.0.1:{server.server_port}"
        return listening

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def budget() -> RateBudget:
    return RateBudget(10_000, 1.0, burst=10_000)


def ask_hubspot(url: str) -> object:
    client = HubSpotClient(
        "token", base_url=url, version="v3", budget=budget(), search_budget=budget(), sleep=lambda _: None
    )
    return client.call("account")


def ask_mailchimp(url: str) -> object:
    client = MailchimpClient(
        api_key="key-us19", base_url=f"{url}/3.0", slots=Slots(1), budget=budget(), sleep=lambda _: None
    )
    return client.call("GET", "/ping")


both = pytest.mark.parametrize("ask", [ask_hubspot, ask_mailchimp], ids=["hubspot", "mailchimp"])
JSON = {"Content-Type": "application/json"}


def test_the_limit_is_the_documented_one() -> None:
    assert hubspot_transport.LARGEST_ANSWER == mailchimp_transport.LARGEST_ANSWER == LARGEST


@both
def test_an_answer_up_to_the_limit_is_taken(ask: Callable[[str], object], listen: Callable[..., Listening]) -> None:
    body = b'{"x": "' + b"y" * (2**20) + b'"}'
    ask(listen(200, JSON, body).url)


@both
@pytest.mark.parametrize("packed", [False, True])
def test_a_larger_one_is_no_answer(
    packed: bool, ask: Callable[[str], object], listen: Callable[..., Listening]
) -> None:
    body = b'{"x": "' + b"y" * LARGEST + b'"}'
    headers = {**JSON, "Content-Encoding": "gzip"} if packed else JSON
    with pytest.raises(PlatformUnreachable):
        ask(listen(200, headers, gzip.compress(body, 1) if packed else body).url)


@both
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_nobody_is_sent_elsewhere(status: int, ask: Callable[[str], object], listen: Callable[..., Listening]) -> None:
    elsewhere = listen(200, JSON, b"{}")
    here = listen(status, {"Location": f"{elsewhere.url}/3.0/ping"}, b"")
    with pytest.raises(PlatformUnreachable):
        ask(here.url)
    assert here.asked != []
    assert elsewhere.asked == []


@pytest.fixture(scope="module")
def own_certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Self-signed, for 127.0.0.1."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl to make a certificate with")
    folder = tmp_path_factory.mktemp("certificate")
    key, made = folder / "key.pem", folder / "made.pem"
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key, "-out", made),
            *("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
        ],
        check=True,
        capture_output=True,
    )
    both = folder / "both.pem"
    both.write_text(key.read_text() + made.read_text())
    return both


@both
def test_a_certificate_that_nobody_signed_gets_no_token(
    ask: Callable[[str], object], listen: Callable[..., Listening], own_certificate: Path
) -> None:
    server = listen(200, JSON, b"{}", own_certificate)
    with pytest.raises(PlatformUnreachable) as caught:
        ask(server.url)
    assert not caught.value.maybe_applied
    assert server.asked == []


def test_without_a_base_url_a_call_goes_to_mailchimps_own_host_and_to_no_other() -> None:
    for key in ("key-evil.example/", "key-us19.evil.example", "key-us19@evil.example", "key-US19", "key-"):
        with pytest.raises(ValueError, match="data center"):
            MailchimpClient(api_key=key, slots=Slots(1), budget=budget())
