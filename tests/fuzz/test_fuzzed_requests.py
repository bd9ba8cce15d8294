"""20,000 spoiled requests at the receiver. What is stored was signed, to the byte; what was refused tells nothing.

Whether a request should pass is judged here anew, from the platforms' documents: none of the product's code is asked.
The same requests every time; a failure names the number of its request.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
import logging
import re
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from flask import Flask

from webhooks.app import Readiness, ReceiverSettings, create_app

REQUESTS = 20_000
NOW = datetime(2027, 3, 10, 9, 30, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
PUBLIC_URL = "https://hooks.acme.example"
CLIENT_SECRETS = ("canary-client-secret-now", "canary-client-secret-before")
TOKENS = ("canary-token-now-0123456789", "canary-token-before-01234567")
SIGNING_SECRET = "canary-signing-secret"
SECRETS = (*CLIENT_SECRETS, *TOKENS, SIGNING_SECRET)
MIB = 2**20
FIVE_MINUTES = 300


@dataclass(frozen=True)
class Sent:
    """A request on its way. `headers` as a caller writes them; `target` is path and query as they stand on the line."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    chunked: bool = False
    declared: str | None = None  # a Content-Length that lies

    def header(self, name: str) -> str:
        """All its values as gunicorn joins them; underscores are dropped there."""
        return ",".join(value for one, value in self.headers if one.lower() == name.lower())

    def with_header(self, name: str, value: str) -> Sent:
        return replace(self, headers=(*self.headers, (name, value)))

    def without(self, name: str) -> Sent:
        return replace(self, headers=tuple(one for one in self.headers if one[0].lower() != name.lower()))

    def environ(self) -> dict[str, Any]:
        path, mark, query = self.target.partition("?")
        path = re.sub(r"^[a-z]+://[^/]*", "", path)  # the absolute form names a host, which is nobody's business
        raw = re.sub(rb"%([0-9A-Fa-f]{2})", lambda one: bytes([int(one[1], 16)]), path.encode("latin-1", "replace"))
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": raw.decode("latin-1"),
            "RAW_URI": self.target,
            "QUERY_STRING": query if mark else "",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "8000",
            "REMOTE_ADDR": "192.0.2.7",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(self.body),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
            "wsgi.input_terminated": True,
        }
        for name in {name for name, _ in self.headers}:
            key = name.upper().replace("-", "_")
            if "_" not in name:
                environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = self.header(name)
        if self.chunked:
            environ["HTTP_TRANSFER_ENCODING"] = "chunked"
        else:
            environ["CONTENT_LENGTH"] = str(len(self.body)) if self.declared is None else self.declared
        return environ


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Door:
    """The receiver over a list; `kept` are (platform, body) in the order of their coming."""

    signing_secrets: tuple[str, ...] = (SIGNING_SECRET,)
    kept: list[tuple[str, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.app: Flask = create_app(
            inbox=self,
            settings=ReceiverSettings(PUBLIC_URL, CLIENT_SECRETS, TOKENS, lambda: self.signing_secrets),
            now=lambda: NOW,
            ready=lambda: Readiness(ready=True, checks={"store": "ok"}),
            metrics=lambda: b"trellis_up 1\n",
        )

    def receive(
        self, *, platform: str, body: bytes, content_type: str, received_at: datetime, meta: Mapping[str, str]
    ) -> int:
        assert received_at == NOW
        assert len(content_type) <= 200
        assert all(len(value) < 30 for value in meta.values())
        self.kept.append((platform, body))
        return len(self.kept)

    def ring(self) -> None:
        pass

    def call(self, sent: Sent) -> Answer:
        """Answer a request as gunicorn has it answered; an exception that leaves the app is a failure of the test."""
        begun: list[tuple[str, list[tuple[str, str]]]] = []

        def start(status: str, headers: list[tuple[str, str]], _error: object = None) -> Callable[[bytes], object]:
            begun.append((status, headers))
            return bytes

        body = b"".join(self.app(sent.environ(), start))
        ((status, headers),) = begun
        return Answer(int(status.split()[0]), dict(headers), body)


def hubspot_request(body: bytes, *, query: str = "", secret: str = CLIENT_SECRETS[0], at_ms: int = NOW_MS) -> Sent:
    """As HubSpot signs it; the text is put together here anew, not by the product."""
    text = b"POST" + f"{PUBLIC_URL}/webhooks/hubspot{query}".encode() + body + str(at_ms).encode()
    signature = base64.b64encode(hmac.new(secret.encode(), text, hashlib.sha256).digest()).decode()
    headers = (
        ("Host", "hooks.acme.example"),
        ("Content-Type", "application/json"),
        ("X-HubSpot-Request-Timestamp", str(at_ms)),
        ("X-HubSpot-Signature-v3", signature),
    )
    return Sent("POST", f"/webhooks/hubspot{query}", headers, body)


def mailchimp_request(
    body: bytes, *, token: str = TOKENS[0], secret: str = SIGNING_SECRET, at_s: int = NOW_MS // 1000
) -> Sent:
    """As Mailchimp signs it."""
    digest = hmac.new(secret.encode(), f"{at_s}.".encode() + body, hashlib.sha256).hexdigest()
    headers = (
        ("Host", "hooks.acme.example"),
        ("Content-Type", "application/x-www-form-urlencoded"),
        ("X-Mailchimp-Signature", f"t={at_s},v1={digest}"),
    )
    return Sent("POST", f"/webhooks/mailchimp/{token}", headers, body)


# ---------------------------------------------------------------- spoiling


Spoiler = Callable[[Random, Sent], Sent]
ODD = [
    "",
    " ",
    "\t",
    "é",
    "\x00",
    "%",
    "%00",
    "%2f",
    "..",
    "//",
    "\\",
    "'",
    '"',
    "<script>",
    "\xff",
    "𝕏",
    "{{7*7}}",
    "$" * 300,
]
NAMES = [
    "Host", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Original-URL", "X-Rewrite-URL", "Forwarded",
    "X-HTTP-Method-Override", "Content-Type", "Authorization", "Cookie", "Range", "If-None-Match", "Accept-Encoding",
    "X-HubSpot-Signature", "X-HubSpot-Signature-Version", "X_HubSpot_Signature_v3", "Expect", "Upgrade", "Te",
]  # fmt: skip


def some_text(random: Random) -> str:
    return "".join(random.choice([*ODD, "a", "Z", "0", "=", ",", "+", "/"]) for _ in range(random.randint(0, 6)))


def in_header(text: str) -> str:
    """A header comes as latin-1."""
    return text.encode("utf-8", "replace").decode("latin-1")


def flip_body(random: Random, sent: Sent) -> Sent:
    if not sent.body:
        return replace(sent, body=b"x")
    at = random.randrange(len(sent.body))
    return replace(
        sent, body=sent.body[:at] + bytes([sent.body[at] ^ (1 << random.randrange(8))]) + sent.body[at + 1 :]
    )


def cut_body(random: Random, sent: Sent) -> Sent:
    return replace(sent, body=sent.body[: random.randint(0, len(sent.body))])


def grow_body(random: Random, sent: Sent) -> Sent:
    return replace(sent, body=sent.body + random.randbytes(random.choice([1, 100, 5000])))


def swap_body(random: Random, sent: Sent) -> Sent:
    return replace(
        sent, body=random.choice([b"", b"[]", b"{}", b"a=b", b"<x/>", b"\x1f\x8b\x08", b"null", random.randbytes(50)])
    )


def lie_about_length(random: Random, sent: Sent) -> Sent:
    size = len(sent.body)
    return replace(
        sent,
        declared=random.choice(
            ["", "-1", "+1", "x", "1e3", "0", str(size + 1), str(size - 1), str(2**40), "9" * 30, "٣"]
        ),
    )


def send_in_chunks(_random: Random, sent: Sent) -> Sent:
    return replace(sent, chunked=True)


def change_method(random: Random, sent: Sent) -> Sent:
    return replace(
        sent,
        method=random.choice(
            ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PURGE", "POSTER"]
        ),
    )


def change_target(random: Random, sent: Sent) -> Sent:
    path, mark, query = sent.target.partition("?")
    at = random.randint(0, len(path))
    odd = urllib.parse.quote(some_text(random), safe="/\\%.'$")
    spoiled = random.choice(
        [
            path[:at] + odd + path[at:], path + "/", "/" + path, path.replace("/", "//"), path.replace("/", "%2F"), path.upper(),
            path[:-1], "/", "/metrics", "/readyz", "/healthz", "/webhooks", "/webhooks/mailchimp", "/webhooks/mailchimp/",
            f"/webhooks/mailchimp/{odd}", path + ";x=1", path + "/../x", "*", "http://evil.example" + path, path.replace("o", "%6f"),
        ]
    )  # fmt: skip
    return replace(sent, target=spoiled + mark + query)


def change_query(random: Random, sent: Sent) -> Sent:
    path = sent.target.partition("?")[0]
    return replace(sent, target=path + "?" + urllib.parse.quote(some_text(random), safe="%=&?/:'$"))


def change_a_header(random: Random, sent: Sent) -> Sent:
    number = random.randrange(len(sent.headers))
    name, value = sent.headers[number]
    at = random.randint(0, len(value))
    odd = in_header(some_text(random))
    value = random.choice(
        [
            odd,
            value + odd,
            value[:at] + odd + value[at:],
            value[:at],
            value.upper(),
            value.lower(),
            value[::-1],
            value * 2,
            f"{value}, {value}",
            f"{value}=",
        ]
    )
    return replace(sent, headers=(*sent.headers[:number], (name, value[:4000]), *sent.headers[number + 1 :]))


def drop_a_header(random: Random, sent: Sent) -> Sent:
    return sent.without(random.choice(sent.headers)[0]) if len(sent.headers) > 1 else sent


def double_a_header(random: Random, sent: Sent) -> Sent:
    name, value = random.choice(sent.headers)
    if name in ("Host", "Content-Type"):  # gunicorn refuses these itself
        return sent
    return sent.with_header(name, random.choice([value, in_header(some_text(random))]))


def add_a_header(random: Random, sent: Sent) -> Sent:
    name = random.choice(NAMES)
    return sent.without(name).with_header(
        name, in_header(random.choice(["evil.example", "1", "GET", "127.0.0.1", some_text(random)]))
    )


def encode_content(random: Random, sent: Sent) -> Sent:
    return sent.with_header(
        "Content-Encoding", random.choice(["gzip", "identity", "br", "deflate, gzip", " ", "x" * 200])
    )


def swap_content_type(random: Random, sent: Sent) -> Sent:
    kind = random.choice(
        [
            "application/json",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "text/html",
            "",
            "a/" + "b" * 900,
            in_header("é/é"),
        ]
    )
    return sent.without("Content-Type").with_header("Content-Type", kind)


SPOILERS: list[Spoiler] = [
    flip_body, cut_body, grow_body, swap_body, lie_about_length, send_in_chunks, change_method, change_target, change_query,
    change_a_header, change_a_header, drop_a_header, double_a_header, add_a_header, encode_content, swap_content_type,
]  # fmt: skip


def a_request(number: int, hubspot: list[bytes], mailchimp: list[bytes]) -> Sent:
    """Request `number`: rightly signed (now and then by a wrong secret, or at another time), then spoiled up to thrice."""
    random = Random(number)
    away = random.choice([0, 0, 0, 0, 0, 0, 0, -299, 299, -301, 301, 86_400, -(10**9)])
    if random.random() < 0.5:
        query = random.choice(["", "", "?a=%3A%2f&b", "?"])
        secret = random.choice([*CLIENT_SECRETS, "guessed"])
        sent = hubspot_request(random.choice(hubspot), query=query, secret=secret, at_ms=NOW_MS + away * 1000)
    else:
        token = random.choice([*TOKENS, "guessed-token-01234567890"])
        secret = random.choice([SIGNING_SECRET, SIGNING_SECRET, "guessed"])
        sent = mailchimp_request(random.choice(mailchimp), token=token, secret=secret, at_s=NOW_MS // 1000 + away)
    for _ in range(random.choice([0, 1, 1, 1, 2, 3])):
        sent = random.choice(SPOILERS)(random, sent)
    return sent


# ---------------------------------------------------------------- judging


def is_fresh(stamp: str, per_second: int) -> bool:
    return (
        re.fullmatch("[0-9]{1,16}", stamp) is not None and abs(NOW_MS / 1000 - int(stamp) / per_second) <= FIVE_MINUTES
    )


def arrives(sent: Sent) -> bytes | None:
    """The body that a server is left with, or None if it is too large, or if it is none."""
    if sent.chunked:
        return sent.body if len(sent.body) <= MIB else None
    declared = str(len(sent.body)) if sent.declared is None else sent.declared
    if not re.fullmatch("[0-9]+", declared, re.ASCII):
        return b""
    return sent.body[: int(declared)] if int(declared) <= min(MIB, len(sent.body)) else None


def should_be_kept(sent: Sent) -> tuple[str, bytes] | None:
    """What has to stand in the inbox after this request."""
    body = arrives(sent)
    path = "/" + sent.environ()["PATH_INFO"].lstrip("/")  # Werkzeug takes several slashes in front for one
    if sent.method != "POST" or body is None or sent.header("Content-Encoding"):
        return None
    if path == "/webhooks/hubspot":
        stamp = sent.header("X-HubSpot-Request-Timestamp")
        query = sent.environ()["QUERY_STRING"]
        url = f"{PUBLIC_URL}/webhooks/hubspot" + (f"?{query}" if query else "")
        for sign in ":/?@!$'()*,;":
            url = re.sub(f"%{ord(sign):02X}", sign, url, flags=re.IGNORECASE)
        text = b"POST" + url.encode("latin-1", "replace") + body + stamp.encode("latin-1", "replace")
        right = {
            base64.b64encode(hmac.new(one.encode(), text, hashlib.sha256).digest()).decode() for one in CLIENT_SECRETS
        }
        return ("hubspot", body) if is_fresh(stamp, 1000) and sent.header("X-HubSpot-Signature-v3") in right else None
    if path in {f"/webhooks/mailchimp/{token}" for token in TOKENS}:
        parts = [part.strip().partition("=") for part in sent.header("X-Mailchimp-Signature").split(",")]
        stamps, values = ([value for name, _, value in parts if name == wanted] for wanted in ("t", "v1"))
        if len(stamps) != 1 or not is_fresh(stamps[0], 1):
            return None
        right_one = hmac.new(SIGNING_SECRET.encode(), f"{stamps[0]}.".encode() + body, hashlib.sha256).hexdigest()
        return ("mailchimp", body) if right_one in values else None
    return None


def tells_nothing(sent: Sent, answer: Answer) -> None:
    """One line of JSON with a plain word; nothing of the request, no trace, no secret."""
    assert answer.status in {200, 400, 401, 404, 405, 413, 415}
    everything = answer.body + repr(answer.headers).encode()
    assert not any(secret.encode() in everything for secret in SECRETS)
    assert set(answer.headers) <= {"Content-Type", "Content-Length", "Allow"}
    if sent.method == "HEAD":
        assert answer.body == b""
        return
    told = json.loads(answer.body)
    assert answer.body.count(b"\n") == 1
    assert set(told) <= ({"status", "ready", "checks"} if answer.status == 200 else {"error"})
    assert answer.status == 200 or re.fullmatch("[a-z0-9 ]{3,40}", told["error"])


@pytest.fixture(scope="module")
def spoiled(corpus: Callable[[str], dict[str, bytes]]) -> Callable[[int], Sent]:
    hubspot, mailchimp = (list(corpus(platform).values()) for platform in ("hubspot", "mailchimp"))
    return lambda number: a_request(number, hubspot, mailchimp)


class Logged(logging.Handler):
    """All that was logged, as one text."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.text = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.text += f"{record.getMessage()} {record.__dict__}"


@pytest.fixture
def logged() -> Iterator[Logged]:
    handler, root = Logged(), logging.getLogger()
    root.addHandler(handler)
    yield handler
    root.removeHandler(handler)


def test_only_what_was_signed_is_kept_and_no_refusal_tells_anything(
    spoiled: Callable[[int], Sent], logged: Logged
) -> None:
    door, kept = Door(), 0
    for number in range(REQUESTS):
        sent = spoiled(number)
        door.kept.clear()
        answer = door.call(sent)
        expected = should_be_kept(sent)
        assert door.kept == ([expected] if expected else []), f"request {number}: {answer.status} for {sent}"
        assert answer.status == 200 or not door.kept, f"request {number}"
        tells_nothing(sent, answer)
        kept += len(door.kept)
        assert not any(secret in logged.text for secret in (*SECRETS, "Traceback", "acme")), f"request {number}"
        logged.text = ""
    assert REQUESTS / 10 < kept < REQUESTS / 2  # the generator gives both, or it proves little


def test_without_a_signing_secret_the_token_alone_is_asked_for(spoiled: Callable[[int], Sent]) -> None:
    door = Door(signing_secrets=())
    for number in range(REQUESTS // 10):
        sent = spoiled(number)
        if not sent.target.startswith("/webhooks/mailchimp/"):
            continue
        door.kept.clear()
        tells_nothing(sent, door.call(sent))
        if door.kept:
            assert door.kept[0] == ("mailchimp", arrives(sent))
            assert sent.environ()["PATH_INFO"].rpartition("/")[2] in TOKENS
