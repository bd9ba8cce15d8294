"""A receiver over an inbox that keeps deliveries in a list, at a fixed moment; and one behind a real gunicorn."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from ports import free_port

from webhooks import hubspot
from webhooks.app import Readiness, ReceiverSettings, create_app

NOW = datetime(2027, 3, 10, 9, 30, tzinfo=UTC)
PUBLIC_URL = "https://hooks.acme.example/trellis"


@dataclass(frozen=True)
class Kept:
    """One delivery as the inbox got it."""

    platform: str
    body: bytes
    content_type: str
    received_at: datetime
    meta: Mapping[str, str]


@dataclass
class ListInbox:
    """An inbox in memory; `broken` and `mute` are exceptions to raise on receiving and on ringing."""

    kept: list[Kept] = field(default_factory=list)
    rings: int = 0
    broken: Exception | None = None
    mute: Exception | None = None

    def receive(
        self, *, platform: str, body: bytes, content_type: str, received_at: datetime, meta: Mapping[str, str]
    ) -> int:
        if self.broken:
            raise self.broken
        self.kept.append(Kept(platform, body, content_type, received_at, meta))
        return len(self.kept)

    def ring(self) -> None:
        if self.mute:
            raise self.mute
        self.rings += 1


@dataclass
class World:
    """The receiver and everything around it; tests turn the knobs and look at the inbox."""

    inbox: ListInbox = field(default_factory=ListInbox)
    hubspot_secrets: tuple[str, ...] = ("present-client-secret", "previous-client-secret")
    mailchimp_tokens: tuple[str, ...] = ("token-present-0123456789", "token-previous-012345678")
    signing_secrets: tuple[str, ...] = ()
    metrics_token: str = ""
    store_away: Exception | None = None
    readiness: Readiness = field(default_factory=lambda: Readiness(ready=True, checks={"store": "ok"}))
    now: datetime = NOW

    def app(self) -> Flask:
        def secrets() -> tuple[str, ...]:
            if self.store_away:
                raise self.store_away
            return self.signing_secrets

        def metrics():
            if self.store_away:
                raise self.store_away
            return b"trellis_up 1\n"

        return create_app(
            inbox=self.inbox,
            settings=ReceiverSettings(
                PUBLIC_URL, self.hubspot_secrets, self.mailchimp_tokens, secrets, self.metrics_token
            ),
            now=lambda: self.now,
            ready=lambda: self.readiness,
            metrics=metrics,
        )

    def signed(
        self, body: bytes, *, secret: str = "present-client-secret", at: timedelta = timedelta(), query: str = ""
    ) -> dict[str, str]:
        """Headers with which HubSpot would send `body`, `at` after the receiver's now."""
        timestamp = str(round((self.now + at).timestamp() * 1000))
        text = hubspot.signed_text("POST", f"{PUBLIC_URL}/webhooks/hubspot{query}", body, timestamp)
        return {
            "X-HubSpot-Signature-v3": hubspot.sign(text, secret),
            "X-HubSpot-Request-Timestamp": timestamp,
            "Content-Type": "application/json",
        }


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def client(world: World) -> FlaskClient:
    return world.app().test_client()


#: Callers that each of the two processes has room for: fewer than in production, so that a test can be more.
ROOM = 100
ROOT = Path(__file__).parents[2]
TOKEN = "token-present-0123456789"
SERVED = """
from datetime import UTC, datetime
from pathlib import Path
from webhooks.app import Readiness, ReceiverSettings, create_app

FOLDER = Path(__file__).parent / "kept"


class FolderInbox:
    def receive(self, *, platform, body, content_type, received_at, meta):
        if body == b"crash":
            raise OSError("disk full")
        FOLDER.mkdir(exist_ok=True)
        number = len(list(FOLDER.iterdir())) + 1
        (FOLDER / f"{number}-{platform}").write_bytes(body)
        return number

    def ring(self):
        pass


app = create_app(
    inbox=FolderInbox(),
    settings=ReceiverSettings("https://hooks.acme.example", ("client-secret",), ("TOKEN",), tuple),
    now=lambda: datetime.now(UTC),
    ready=lambda: Readiness(ready=True, checks={}),
    metrics=lambda: b"",
)
""".replace("TOKEN", TOKEN)


def wait_until(true, what, seconds=20):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"still not: {what}"
        time.sleep(0.02)


class Served:
    """A running gunicorn, its port, what its inbox kept and what it logged."""

    wait_until = staticmethod(wait_until)
    room = 2 * ROOM

    def __init__(self, folder, port):
        self.folder, self.port = folder, port

    def post(self, path, body, headers=None):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", body, headers or {}, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return response.status
        except urllib.error.HTTPError as error:
            with error:
                return error.code

    def raw(self, data):
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(data)
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_WR)
            answer = b""
            with contextlib.suppress(ConnectionResetError):
                while chunk := connection.recv(65536):
                    answer += chunk
            return answer

    def up(self):
        with contextlib.suppress(OSError):
            return b" 200 " in self.raw(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        return False

    @staticmethod
    def signed(body):
        timestamp = str(int(datetime.now(UTC).timestamp() * 1000))
        text = hubspot.signed_text("POST", "https://hooks.acme.example/webhooks/hubspot", body, timestamp)
        return {"X-HubSpot-Signature-v3": hubspot.sign(text, "client-secret"), "X-HubSpot-Request-Timestamp": timestamp}

    @property
    def kept(self):
        folder = self.folder / "kept"
        return [file.read_bytes() for file in sorted(folder.iterdir())] if folder.exists() else []

    @property
    def log(self):
        return (self.folder / "log").read_text()


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("served")
    (folder / "served_receiver.py").write_text(SERVED)
    port = free_port()
    environ = {**os.environ, "PORT": str(port), "PYTHONPATH": f"{ROOT}{os.pathsep}{folder}", "HOME": str(folder)}
    environ["MAILCHIMP_WEBHOOK_TOKEN"] = TOKEN
    command = [sys.executable, "-m", "gunicorn", "-c", "python:webhooks.gunicorn_conf"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [*command, "--log-level", "debug", "--worker-connections", str(ROOM), "served_receiver:app"],
            env=environ,
            stdout=log,
            stderr=log,
            cwd=ROOT,
        )
    server = Served(folder, port)
    try:
        wait_until(lambda: process.poll() is not None or server.up(), "up")
        assert process.poll() is None, server.log
        yield server
    finally:
        process.terminate()
        process.wait(30)
