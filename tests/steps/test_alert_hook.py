"""Alerts on their way: signed as Standard Webhooks are, in time, and to no redirect."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from connector.alert_hook import AlertHook
from connector.steps.hook import Message, NotTold

NOW = datetime(2026, 11, 24, 11, tzinfo=UTC)
KEY = b"a key of twenty-four byt"
MESSAGE = Message("alert-7", "platform stopped", "HubSpot does not accept our token", NOW, resolved=False)


class Receiver(ThreadingHTTPServer):
    """Keeps what is posted; `answers` are the statuses to give, the last one for ever."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.posted = []
        self.answers = [204]
        self.trickle = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_address[1]}/hook?team=1"


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posted.append((self.path, dict(self.headers), body))
        if self.server.trickle.is_set():
            self.wfile.write(b"HTTP/1.1 200 OK\r\n")
            while self.server.trickle.is_set():
                self.wfile.write(b"X-Slow: 1\r\n")
                time.sleep(0.05)
            return
        answers = self.server.answers
        self.send_response(answers.pop(0) if len(answers) > 1 else answers[0])
        self.send_header("Location", self.server.url)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def receiver():
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield server
    server.trickle.clear()
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_message_is_one_signed_post(receiver):
    AlertHook(receiver.url, KEY, lambda: NOW).tell(MESSAGE, 5)
    ((path, headers, body),) = receiver.posted
    assert path == "/hook?team=1"
    assert json.loads(body) == {
        "id": "alert-7",
        "kind": "platform stopped",
        "message": "HubSpot does not accept our token",
        "at": "2026-11-24T11:00:00+00:00",
        "resolved": False,
    }
    headers = {name.lower(): value for name, value in headers.items()}
    assert headers["webhook-id"] == "alert-7"
    assert headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    signed = f"alert-7.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"


def test_without_a_key_it_is_not_signed(receiver):
    AlertHook(receiver.url, b"", lambda: NOW).tell(MESSAGE, 5)
    assert "webhook-signature" not in {name.lower() for name in receiver.posted[0][1]}


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 401, 404, 410, 429, 500, 503])
def test_only_2xx_is_told_and_a_redirect_is_not_followed(receiver, status):
    receiver.answers = [status, 204]
    with pytest.raises(NotTold, match=f"answered {status}"):
        AlertHook(receiver.url, KEY, lambda: NOW).tell(MESSAGE, 5)
    assert len(receiver.posted) == 1


def test_an_answer_that_trickles_holds_up_nobody(receiver):
    receiver.trickle.set()
    began = time.monotonic()
    with pytest.raises(NotTold, match="no answer in time"):
        AlertHook(receiver.url, KEY, lambda: NOW).tell(MESSAGE, 0.3)
    assert time.monotonic() - began < 3


def test_nobody_there_is_told_without_the_address():
    with pytest.raises(NotTold) as told:
        AlertHook("http://127.0.0.1:9/hook?team=s3cret", KEY, lambda: NOW).tell(MESSAGE, 2)
    assert "s3cret" not in str(told.value)


def test_no_time_is_no_try(receiver):
    with pytest.raises(NotTold, match="no time"):
        AlertHook(receiver.url, KEY, lambda: NOW).tell(MESSAGE, 0)
    assert receiver.posted == []
