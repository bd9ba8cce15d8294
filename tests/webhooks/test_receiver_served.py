"""The receiver behind a real server on loopback: gunicorn with our own settings, and raw sockets in front of it."""

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import pytest

from webhooks.hubspot import sign, signed_text

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
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environ = {**os.environ, "PORT": str(port), "PYTHONPATH": f"{ROOT}{os.pathsep}{folder}", "HOME": str(folder)}
    command = [sys.executable, "-m", "gunicorn", "-c", "python:webhooks.gunicorn_conf"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [*command, "--log-level", "debug", "served_receiver:app"], env=environ, stdout=log, stderr=log, cwd=ROOT
        )
    server = Served(folder, port)
    try:
        wait_until(lambda: process.poll() is not None or server.up(), "up")
        assert process.poll() is None, server.log
        yield server
    finally:
        process.terminate()
        process.wait(30)


def signed(body):
    timestamp = str(int(datetime.now(UTC).timestamp() * 1000))
    text = signed_text("POST", "https://hooks.acme.example/webhooks/hubspot", body, timestamp)
    return {"X-HubSpot-Signature-v3": sign(text, "client-secret"), "X-HubSpot-Request-Timestamp": timestamp}


def test_deliveries_arrive_as_raw_bytes(served):
    body = b'[{"objectId": 1}]\r\n\x00\xff'
    assert served.post("/webhooks/hubspot", body, signed(body)) == 200
    form = b"type=subscribe&data%5Bmerges%5D%5BADDRESS%5D%5Baddr1%5D=x"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert served.post(f"/webhooks/mailchimp/{TOKEN}", form, headers) == 200
    assert body in served.kept
    assert form in served.kept


def test_forged_and_oversized_ones_do_not(served):
    before = len(served.kept)
    assert served.post("/webhooks/hubspot", b"[]", signed(b"[1]")) == 401
    assert served.post("/webhooks/mailchimp/wrong", b"x") == 404
    head = f"POST /webhooks/mailchimp/{TOKEN} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    assert b" 413 " in served.raw(f"{head}Content-Length: {2**31}\r\n\r\n".encode())
    assert len(served.kept) == before


def chunked(pieces):
    head = f"POST /webhooks/mailchimp/{TOKEN} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head.encode() + b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)


def test_chunked_bodies_have_the_same_limit(served):
    pieces = [bytes([65 + number]) * 0x10000 for number in range(17)]
    assert b" 200 " in served.raw(chunked(pieces[:16]) + b"0\r\n\r\n")
    assert b"".join(pieces[:16]) in served.kept
    before = len(served.kept)
    assert b" 413 " in served.raw(chunked(pieces) + b"0\r\n\r\n")
    assert len(served.kept) == before


def test_a_body_that_breaks_off_is_not_kept(served):
    before = len(served.kept)
    head = f"POST /webhooks/mailchimp/{TOKEN} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 100\r\n\r\n"
    assert b" 400 " in served.raw(head.encode() + b"type=unsubscribe")
    assert b" 200 " not in served.raw(chunked([b"type=unsubscribe"]))
    assert len(served.kept) == before


def test_the_servers_own_log_shows_no_token(served):
    served.post(f"/webhooks/mailchimp/{TOKEN}", b"crash")
    served.raw(f"POST /webhooks/mailchimp/{TOKEN} NONSENSE/9.9\r\n\r\n".encode())
    served.raw(f"GET /webhooks/mailchimp/{TOKEN}/{'x' * 3000} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    wait_until(lambda: "Invalid request" in served.log, "the malformed requests logged")
    assert "webhook not stored" in served.log
    assert TOKEN not in served.log


def test_it_leaves_nothing_in_the_home_directory(served):
    assert not (served.folder / ".gunicorn").exists()
