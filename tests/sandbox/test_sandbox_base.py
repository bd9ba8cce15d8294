"""The base of the sandbox: server, faults, call log, clock, effect ledger, control over HTTP."""

import http.client
import socket
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
import requests

from adapters.sandbox import Clock, EffectLedger, Fault, Sandbox
from adapters.sandbox.server import Server
from adapters.sandbox.web import Refusal, Request, Response, Routes

START = datetime(2026, 11, 20, 10, tzinfo=UTC)


@pytest.fixture
def counter():
    """A server whose /count/{name} adds one at each POST."""
    hits: list[str] = []
    routes = Routes()

    def count(request: Request) -> Response:
        hits.append(request.params["name"])
        return Response.json({"hits": len(hits)})

    def refuse(_request: Request) -> Response:
        raise Refusal(Response.json({"no": True}, 409))

    routes.add("POST", "/count/{name}", count)
    routes.add("POST", "/count/all", lambda _request: Response.json({"all": hits}))
    routes.add("GET", "/refuse", refuse)
    with Server(routes) as server:
        server.hits = hits  # type: ignore[attr-defined]
        yield server


def post(server: Server, name: str = "a%2Fb") -> requests.Response:
    return requests.post(f"{server.url}/count/{name}", timeout=5)


def test_paths_are_decoded_and_fixed_ones_win(counter):
    assert post(counter).json() == {"hits": 1}
    assert post(counter, "all").json() == {"all": ["a/b"]}
    assert requests.get(f"{counter.url}/refuse", timeout=5).status_code == 409
    assert requests.get(f"{counter.url}/nowhere", timeout=5).status_code == 404


def test_one_connection_serves_many_requests(counter):
    connection = http.client.HTTPConnection("127.0.0.1", counter.port, timeout=5)
    try:
        connection.connect()
        local = connection.sock.getsockname()
        for number in range(1, 4):
            connection.request("POST", "/count/a")
            assert connection.getresponse().read() == b'{"hits":%d}' % number
            assert connection.sock.getsockname() == local
    finally:
        connection.close()


def test_chunked_bodies_are_read(counter):
    answer = requests.post(f"{counter.url}/count/a", data=iter([b"ab", b"c"]), timeout=5)
    assert answer.json() == {"hits": 1}


def test_the_call_log_counts_by_template(counter):
    post(counter)
    post(counter, "b")
    requests.get(f"{counter.url}/nowhere", timeout=5)
    assert counter.calls.counts == {"POST /count/{name}": 2, "GET (unmatched)": 1}
    assert [call.status for call in counter.calls.calls] == [200, 200, 404]
    counter.calls.reset()
    assert counter.calls.total == 0


def test_a_fault_answers_instead_as_often_as_told(counter):
    fault = counter.faults.add(Fault(method="POST", path="/count", times=2, after=1, status=503, body={"wait": 1}))
    assert [post(counter).status_code for _ in range(4)] == [200, 503, 503, 200]
    assert (fault.hits, len(counter.hits)) == (2, 2)


def test_a_fault_may_apply_and_answer_differently(counter):
    counter.faults.add(Fault(status=502, body="<html></html>", apply=True))
    answer = post(counter)
    assert (answer.status_code, answer.text, len(counter.hits)) == (502, "<html></html>", 1)


@pytest.mark.parametrize(("apply", "hits"), [(None, 1), (False, 0)])
def test_a_dropped_answer_with_and_without_effect(counter, apply, hits):
    counter.faults.add(Fault(ending="drop", apply=apply))
    with pytest.raises(requests.ConnectionError):
        post(counter)
    assert len(counter.hits) == hits
    assert [call.status for call in counter.calls.calls] == [0]


def test_a_truncated_body(counter):
    counter.faults.add(Fault(ending="truncate"))
    connection = http.client.HTTPConnection("127.0.0.1", counter.port, timeout=5)
    try:
        connection.request("POST", "/count/a")
        with pytest.raises(http.client.IncompleteRead):
            connection.getresponse().read()
    finally:
        connection.close()


def test_a_reset_in_the_middle(counter):
    counter.faults.add(Fault(ending="reset"))
    connection = socket.create_connection(("127.0.0.1", counter.port), timeout=5)
    with connection:
        connection.sendall(b"POST /count/a HTTP/1.1\r\nHost: x\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            list(iter(lambda: connection.recv(4096), b""))


def test_trickle_and_delay_take_their_time(counter):
    counter.faults.add(Fault(ending="trickle", pause=0.005, delay=0.05))
    begun = time.monotonic()
    assert post(counter).json() == {"hits": 1}
    assert time.monotonic() - begun > 0.1


def test_an_answer_that_is_held_back_holds_nobody_up_at_the_end():
    arrived = threading.Event()
    routes = Routes(not_found=lambda _request: arrived.set() or Response())
    with Server(routes) as server, socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        server.faults.add(Fault(delay=60.0))
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert arrived.wait(10)
        threads = list(server._connections.values())
        server.stop()
        assert [one.is_alive() for one in threads] == [False]
        assert connection.recv(4096) == b""


def test_probability_is_reproducible(counter):
    counter.faults.add(Fault(times=None, probability=0.5, status=500))
    statuses = [post(counter).status_code for _ in range(20)]
    assert 4 < statuses.count(500) < 16


def test_a_taken_port_is_an_os_error(counter):
    with pytest.raises(OSError, match="in use"):
        Server(Routes(), port=counter.port)


def test_the_clock_stands_moves_and_runs():
    clock = Clock(START)
    assert clock() == START
    assert clock.advance(timedelta(days=1)) == START + timedelta(days=1)
    clock.resume()
    assert abs(clock() - datetime.now(UTC)) < timedelta(minutes=1)
    with pytest.raises(ValueError, match="aware"):
        Clock(datetime(2026, 1, 1))  # noqa: DTZ001


def test_the_effect_ledger_numbers_and_filters():
    ledger = EffectLedger(Clock(START))
    for email in ("maria@acme.example", "noor@acme.example"):
        ledger.record("entered", platform="hubspot", person="1", email=email, flow="9", flow_name="Fin", why="x")
    assert [effect.number for effect in ledger] == [1, 2]
    assert [e.number for e in ledger.of(email="Noor@acme.example", flow="Fin", kind="entered")] == [2]
    assert ledger.of(since=2) == []


@pytest.fixture
def sandbox():
    with Sandbox(Clock(START), mailchimp=False) as running:
        yield running


def test_control_over_http(sandbox):
    base = sandbox.hubspot_url
    made = requests.post(f"{base}/sandbox/faults", json={"path": "owners", "status": 500}, timeout=5)
    assert made.status_code == 201
    assert requests.get(f"{base}/crm/v3/owners", timeout=5).status_code == 500
    calls = requests.get(f"{base}/sandbox/calls", timeout=5).json()
    assert calls["counts"] == {"GET /crm/v3/owners": 1}
    assert requests.delete(f"{base}/sandbox/faults", timeout=5).status_code == 204
    assert requests.delete(f"{base}/sandbox/calls", timeout=5).status_code == 204
    assert requests.get(f"{base}/sandbox/calls", timeout=5).json()["total"] == 0
    assert requests.post(f"{base}/sandbox/faults", json={"colour": "red"}, timeout=5).status_code == 400
    now = requests.post(f"{base}/sandbox/clock", json={"advance_seconds": 86400}, timeout=5).json()["now"]
    assert datetime.fromisoformat(now) == START + timedelta(days=1)


def test_effects_over_http_include_what_is_due_by_now(sandbox):
    base = sandbox.hubspot_url
    wish = {"do": "add_workflow", "name": "Fin", "property": "city", "values": ["x"], "mails": ["1", "2"]}
    assert requests.post(f"{base}/sandbox/life", json=wish, timeout=5).status_code == 200
    sandbox.hubspot.life.add_contact({"email": "maria@acme.example", "city": "x"})
    sandbox.clock.advance(timedelta(days=3))
    effects = requests.get(f"{base}/sandbox/effects?email=maria@acme.example", timeout=5).json()["effects"]
    assert [effect["kind"] for effect in effects] == ["entered", "sent", "sent", "left"]
    assert effects[2]["at"] == (START + timedelta(days=3)).isoformat()
    assert requests.get(f"{base}/sandbox/effects?colour=red", timeout=5).status_code == 400


def test_a_fault_may_look_into_the_body(counter):
    counter.faults.add(Fault(status=503, containing='"wanted"', times=None))
    answers = [requests.post(f"{counter.url}/count/a", data=body, timeout=5) for body in (b"{}", b'{"wanted": 1}')]
    assert [answer.status_code for answer in answers] == [200, 503]


def test_what_a_client_was_told_is_what_went_out_whole(counter):
    told = []
    counter.told = lambda request, response: told.append((request.path, response.status))
    counter.faults.add(Fault(ending="drop"))
    counter.faults.add(Fault(status=502))
    counter.faults.add(Fault(delay=0.01))
    with pytest.raises(requests.ConnectionError):
        post(counter)
    assert [post(counter).status_code for _ in range(3)] == [502, 200, 200]
    assert told == [("/count/a%2Fb", 200)] * 2
