"""The door over a store that hangs, and what its parts say of themselves: in time, and nothing that must not be told."""

from __future__ import annotations

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from threading import Event, Thread

import pytest
from sqlalchemy import make_url, text

from adapters.addresses import without_addresses
from connector.assembly import Store, receiver_over
from connector.promptly import Promptly
from connector.receiving import receiving_engine
from connector.settings import VARIABLES, read_settings
from connector.store import state
from connector.store.engine import connect
from connector.store.errors import StoreUnavailable
from webhooks import hubspot

NOW = datetime(2027, 3, 10, 9, 30, tzinfo=UTC)
SECRET, TOKEN = "present-client-secret", "token-present-0123456789"
PUBLIC_URL = "https://hooks.acme.example"
SENTINEL = "c2VudGluZWwtc2VudGluZWwtc2VudGluZWw="


def given(url):
    told = {"HUBSPOT_CLIENT_SECRET": SECRET, "MAILCHIMP_WEBHOOK_TOKEN": TOKEN, "PUBLIC_URL": PUBLIC_URL}
    return read_settings({**told, "DATABASE_URL": url})


def post(client):
    body, stamp = b"[]", str(int(NOW.timestamp() * 1000))
    signed = hubspot.sign(hubspot.signed_text("POST", f"{PUBLIC_URL}{hubspot.PATH}", body, stamp), SECRET)
    headers = {hubspot.SIGNATURE: signed, hubspot.TIMESTAMP: stamp}
    return client.post(hubspot.PATH, data=body, headers=headers).status_code


def post_form(client):
    return client.post(f"/webhooks/mailchimp/{TOKEN}", data=b"type=profile").status_code


def took(call):
    began = time.monotonic()
    return call(), time.monotonic() - began


# ---------------------------------------------------------------- a store that hangs


@pytest.fixture
def engine(database):
    engine = connect(database)
    with engine.begin() as conn:
        state.activate(conn, "abc", {}, NOW)
    yield engine
    engine.dispose()


@pytest.fixture
def receiver(engine):
    """Makes the receiver over a database."""
    engines = []

    def make(url):
        engines.append(receiving_engine(url))
        return receiver_over(given(url), Store(engines[-1], url), lambda: NOW).test_client()

    yield make
    for one in engines:
        one.dispose()


def test_a_table_that_somebody_locked_means_later_before_the_platform_gives_up(receiver, engine, database):
    client = receiver(database)
    assert post(client) == 200
    with engine.begin() as conn:
        conn.execute(text("LOCK TABLE delivery, secret IN ACCESS EXCLUSIVE MODE"))
        with ThreadPoolExecutor() as callers:
            for status, seconds in callers.map(took, [lambda: post(client), lambda: post_form(client)]):
                assert (status, seconds < 5) == (503, True)
    assert (post(client), post_form(client)) == (200, 200)
    with engine.connect() as conn:
        assert conn.scalar(text("SELECT count(*) FROM delivery")) == 3


class Wire:
    """A way to the database that can be frozen: connections stay open and nothing goes through."""

    def __init__(self, url):
        self._there = make_url(url)
        self._flowing = Event()
        self._flowing.set()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = self._there.set(host="127.0.0.1", port=self._listening.getsockname()[1], query={})
        self._sockets = [self._listening]
        self._accepting = Thread(target=self._accept)
        self._accepting.start()

    def freeze(self):
        self._flowing.clear()

    def thaw(self):
        self._flowing.set()

    def close(self):
        self.thaw()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._accepting.join()
        for one in self._sockets:
            one.close()

    def _accept(self):
        while True:
            try:
                caller, _ = self._listening.accept()
            except OSError:
                return
            server = self._connect()
            self._sockets += [caller, server]
            for source, sink in ((caller, server), (server, caller)):
                Thread(target=self._carry, args=(source, sink), daemon=True).start()

    def _connect(self):
        folder = self._there.query.get("host") or self._there.host
        if not folder.startswith("/"):
            return socket.create_connection((folder, self._there.port or 5432))
        server = socket.socket(socket.AF_UNIX)
        server.connect(f"{folder}/.s.PGSQL.{self._there.query.get('port') or self._there.port or 5432}")
        return server

    def _carry(self, source, sink):
        try:
            while piece := source.recv(65536):
                self._flowing.wait()
                sink.sendall(piece)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            return


@pytest.fixture
def wire(engine):
    with closing(Wire(engine.url)) as wire:
        yield wire


def test_a_database_that_stopped_in_the_middle_of_everything_is_told_in_time_and_holds_up_no_thread_for_it(
    receiver, wire, engine
):
    """Six posts are in it when it stops."""
    client = receiver(wire.url.render_as_string(hide_password=False))
    assert client.get("/readyz").status_code == 200
    statuses = []
    stuck = [Thread(target=lambda: statuses.append(post(client)), daemon=True) for _ in range(6)]
    with engine.begin() as conn:
        conn.execute(text("LOCK TABLE delivery IN ACCESS EXCLUSIVE MODE"))
        for one in stuck:
            one.start()
        waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        deadline = time.monotonic() + 3
        while conn.scalar(waiting) < len(stuck):
            assert time.monotonic() < deadline
        wire.freeze()
    answer, seconds = took(lambda: client.get("/readyz"))
    assert (answer.status_code, seconds < 6) == (503, True)
    assert answer.json["checks"]["store"].startswith("the database does not answer")
    for path, most in (("/healthz", 0.5), ("/metrics", 8)):
        answer, seconds = took(lambda path=path: client.get(path))
        assert (answer.status_code, seconds < most) == (200 if path == "/healthz" else 503, True)
    for posting in (post, post_form):
        status, seconds = took(lambda posting=posting: posting(client))
        assert (status, seconds < 4) == (503, True)
    wire.thaw()
    for one in stuck:
        one.join(20)
    assert statuses == [200] * 6
    assert client.get("/readyz").status_code == 200
    assert post(client) == 200


def test_however_often_it_is_asked_there_is_one_look_at_a_time():
    looks, go = [], Event()

    def look():
        looks.append(None)
        go.wait(10)
        return len(looks)

    promptly = Promptly(look, 0.05)
    for _ in range(5):
        with pytest.raises(StoreUnavailable, match="does not answer"):
            promptly()
    assert len(looks) == 1
    go.set()
    patient = Promptly(look, 10)
    assert (patient(), patient()) == (2, 3)


def test_what_a_look_raises_is_raised():
    def fails():
        raise TimeoutError("its own")

    with pytest.raises(TimeoutError, match="its own"):
        Promptly(fails, 10)()


# ---------------------------------------------------------------- what is said


def test_settings_say_nothing_of_themselves():
    """A trace with locals, a careless f-string: half of what they hold is secret."""
    secret = [name for name in VARIABLES if name.endswith(("TOKEN", "SECRET", "KEY", "PREVIOUS", "DATABASE_URL"))]
    told = dict.fromkeys(secret, SENTINEL.rstrip("="))
    told |= {
        "MAILCHIMP_SERVER": "us19",
        "MAILCHIMP_API_KEY": f"{SENTINEL.rstrip('=')}-us19",
        "TRELLIS_ALERT_SECRET": SENTINEL,
    }
    settings = read_settings({**told, "DATABASE_URL": f"postgresql://trellis:{SENTINEL.rstrip('=')}@db/trellis"})
    assert SENTINEL.rstrip("=") in settings.hubspot_client_secret
    assert "c2Vud" not in f"{settings!r} {settings}"


@pytest.mark.parametrize("unit", ["a", "a@", "a.", "%2540", "%25", "a%", "@"])
def test_a_long_message_of_a_platform_costs_no_more_than_its_length(unit):
    """A value that somebody typed into a form comes back in refusals; it took minutes."""
    said, seconds = took(lambda: without_addresses(f"{unit * (2**20 // len(unit))} jane@acme.example!"))
    assert seconds < 5
    assert "acme" not in said
