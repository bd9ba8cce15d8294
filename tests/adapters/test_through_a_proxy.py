"""Behind a company's proxy: both clients ask it for the way, tell it nothing but the host, and go past it where they should."""

from __future__ import annotations

import base64
import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread

import pytest
from ports import free_port

from adapters.budget import RateBudget, Slots
from adapters.hubspot.client import HubSpotClient
from adapters.mailchimp.client import MailchimpClient
from adapters.ports import Deadline, PlatformUnreachable
from adapters.proxy import Proxies
from connector.settings import SettingsError, read_settings

_NAMES = "subjectAltName=DNS:api.hubapi.com,DNS:us19.api.mailchimp.com"


@dataclass
class Proxy:
    """Answers each CONNECT with `says`, and where that is 200 plays the platform behind it; what it was asked stands in `asked`."""

    certificate: Path
    says: str = "200 Connection established"
    asked: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))

    @property
    def url(self) -> str:
        return f"http://ana:{'pass%40word'}@127.0.0.1:{self.listener.getsockname()[1]}"

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                self._meet(self.listener.accept()[0])

    def _meet(self, caller: socket.socket) -> None:
        with caller:
            self.asked.append(_head(caller))
            if self.says == "nothing":
                caller.recv(1)
                return
            caller.sendall(f"HTTP/1.1 {self.says}\r\n\r\n".encode())
            if not self.says.startswith("200"):
                return
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate)
            with suppress(OSError), context.wrap_socket(caller, server_side=True) as inside:
                self.requests.append(_head(inside))
                inside.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")


def _head(caller: socket.socket) -> str:
    read = b""
    while b"\r\n\r\n" not in read and (piece := caller.recv(4096)):
        read += piece
    return read.decode()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For both platforms' hosts, signed by itself, with its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl to make a certificate with")
    folder = tmp_path_factory.mktemp("certificate")
    key, made = folder / "key.pem", folder / "made.pem"
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *(
                "-days",
                "2",
                "-keyout",
                key,
                "-out",
                made,
                "-subj",
                "/CN=platforms",
                "-addext",
                _NAMES,
            ),
        ],
        check=True,
        capture_output=True,
    )
    both = folder / "both.pem"
    both.write_text(key.read_text() + made.read_text())
    return both


@pytest.fixture
def proxy(certificate: Path) -> Iterator[Proxy]:
    made = Proxy(certificate)
    Thread(target=made.serve, daemon=True).start()
    yield made
    made.listener.shutdown(socket.SHUT_RDWR)
    made.listener.close()


def budget() -> RateBudget:
    return RateBudget(10_000, 1.0, burst=10_000)


def ask_hubspot(proxies: Proxies, seconds: float = 10.0) -> object:
    client = HubSpotClient(
        "canary-token", version="v3", budget=budget(), search_budget=budget(), proxies=proxies, sleep=lambda _: None
    )
    return client.call("account", deadline=Deadline.after(seconds))


def ask_mailchimp(proxies: Proxies, seconds: float = 10.0) -> object:
    client = MailchimpClient(
        api_key="canary-us19", slots=Slots(1), budget=budget(), proxies=proxies, sleep=lambda _: None
    )
    return client.call("GET", "/ping", deadline=Deadline.after(seconds))


Ask = Callable[..., object]
both = pytest.mark.parametrize(
    ("ask", "host"),
    [(ask_hubspot, "api.hubapi.com"), (ask_mailchimp, "us19.api.mailchimp.com")],
    ids=["hubspot", "mailchimp"],
)


@both
def test_the_proxy_lets_through_and_learns_the_host_alone(
    ask: Ask, host: str, proxy: Proxy, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert ask(Proxies(proxy.url)) == {}
    (asked,) = proxy.asked
    assert asked.startswith(f"CONNECT {host}:443 HTTP/1.")
    assert base64.b64encode(b"ana:pass@word").decode() in asked
    assert "canary" not in asked
    (request,) = proxy.requests
    assert "uthorization: B" in request
    assert "roxy-" not in request


@both
def test_a_certificate_of_nobody_s_gets_no_token(ask: Ask, host: str, proxy: Proxy) -> None:
    with pytest.raises(PlatformUnreachable, match=r"certificate is not trusted here \(self.signed certificate\)"):
        ask(Proxies(proxy.url))
    assert len(proxy.asked) == 1
    assert host in proxy.asked[0]
    assert proxy.requests in ([], [""])


@both
@pytest.mark.parametrize(
    ("says", "told"),
    [
        ("407 Proxy Authentication Required", "the proxy of HTTPS_PROXY says 407 Proxy Authentication Required"),
        ("nothing", "in time"),
    ],
)
def test_a_proxy_that_does_not_let_through_is_named(says: str, told: str, ask: Ask, host: str, proxy: Proxy) -> None:
    proxy.says = says
    with pytest.raises(PlatformUnreachable) as caught:
        ask(Proxies(proxy.url), 0.4 if says == "nothing" else 10.0)
    assert told in str(caught.value)
    assert "ana" not in str(caught.value)
    assert not caught.value.maybe_applied
    assert host in proxy.asked[0]


@both
def test_a_proxy_that_is_not_there_is_named(ask: Ask, host: str) -> None:
    with pytest.raises(PlatformUnreachable, match="the proxy of HTTPS_PROXY: connection refused"):
        ask(Proxies(f"http://127.0.0.1:{free_port()}"))


@pytest.mark.parametrize(
    ("address", "direct", "through"),
    [
        ("https://api.hubapi.com", "", True),
        ("https://api.hubapi.com", "internal.example, api.hubapi.com", False),
        ("https://api.hubapi.com", ".hubapi.com", False),
        ("https://api.hubapi.com", "*.hubapi.com", False),
        ("https://api.hubapi.com", "hubapi.com:443", False),
        ("https://api.hubapi.com", "hubapi.com:8443", True),
        ("https://api.hubapi.com", "api.com,bapi.com,,", True),
        ("https://api.hubapi.com", "*", False),
        ("https://127.0.0.1:9001", "", False),
        ("https://[::1]:9001", "", False),
        ("https://localhost", "", False),
        ("http://sandbox.example", "", False),
    ],
)
def test_what_goes_through_a_proxy(address: str, direct: str, through: bool) -> None:
    assert (Proxies("http://proxy:3128", direct).to(address) is not None) is through
    assert Proxies("", direct).to(address) is None


def test_the_environment_names_it_in_small_letters_too_and_with_or_without_its_scheme() -> None:
    assert read_settings({"https_proxy": "proxy:3128", "no_proxy": "a.example"}).https_proxy == "http://proxy:3128"
    assert read_settings({"https_proxy": "http://small", "HTTPS_PROXY": "https://large"}).https_proxy == "https://large"
    assert read_settings({}).https_proxy == ""
    for wrong in ("socks5://canary:1080", "http://", "http://canary:port"):
        with pytest.raises(
            SettingsError, match=r"^HTTPS_PROXY is not the address of an HTTP proxy: .* unset it$"
        ) as told:
            read_settings({"HTTPS_PROXY": wrong})
        assert "canary" not in str(told.value)
