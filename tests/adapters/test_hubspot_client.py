"""HubSpotClient over real HTTP: deadlines, retries, limits, and what is sent."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from ports import free_port

from adapters.budget import RateBudget
from adapters.hubspot import HubSpotClient
from adapters.hubspot.transport import LARGEST_ANSWER
from adapters.ports import (
    CredentialsRefused,
    Deadline,
    DeadlinePassed,
    PlatformBusy,
    PlatformRefused,
    PlatformUnreachable,
)
from adapters.sandbox.faults import Fault
from adapters.sandbox.server import Server
from adapters.sandbox.web import Request, Response, Routes

READ = "/crm/v3/objects/contacts/batch/read"
UPDATE = "/crm/v3/objects/contacts/batch/update"
EMPTY = Response.json({"results": []})


class Waits:
    """Remembers how long it was asked to sleep, and does not."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.now = 0.0

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        self.now += seconds


@contextmanager
def answering(handler: Callable[[Request], Response]) -> Iterator[Server]:
    routes = Routes(not_found=handler)
    with Server(routes) as server:
        yield server


def client_of(url: str, *, deadline_s: float = 10.0, waits: Waits | None = None, budget: RateBudget | None = None):
    waits = waits or Waits()
    return HubSpotClient(
        "secret-token",
        base_url=url,
        version="v3",
        budget=budget or RateBudget(1000, 1.0, burst=1000, monotonic=lambda: waits.now, sleep=waits),
        search_budget=RateBudget(1000, 1.0, burst=1000),
        deadline_s=deadline_s,
        sleep=waits,
    )


def test_what_goes_over_the_wire() -> None:
    seen: list[Request] = []

    def handler(request: Request) -> Response:
        seen.append(request)
        return EMPTY

    with answering(handler) as server:
        client = client_of(server.url)
        client.call("list_by_name", path={"name": "Visited pricing/50 %"})
        client.call("contacts_read", query={"archived": "false"}, body={"inputs": [{"id": "1"}]})
        client.call("list_add", path={"list_id": "7"}, body=["1", "2"])
    assert seen[0].target == "/crm/v3/lists/object-type-id/0-1/name/Visited%20pricing%2F50%20%25"
    assert seen[0].headers["authorization"] == "Bearer secret-token"
    assert seen[1].target == f"{READ}?archived=false"
    assert seen[1].json() == {"inputs": [{"id": "1"}]}
    assert (seen[2].method, seen[2].json()) == ("PUT", ["1", "2"])
    assert client.calls == {("list_by_name", "200"): 1, ("contacts_read", "200"): 1, ("list_add", "200"): 1}


def test_a_connection_is_kept() -> None:
    ports = set()

    def handler(request: Request) -> Response:
        ports.add(request.headers.get("host"))
        return EMPTY

    with answering(handler) as server:
        client = client_of(server.url)
        for _ in range(5):
            client.call("contacts_read", body={"inputs": []})
        assert len(server._connections) == 1


def test_a_busy_platform_is_waited_for_by_reads_and_writes() -> None:
    with answering(lambda _: EMPTY) as server:
        waits = Waits()
        client = client_of(server.url, waits=waits)
        for path in (READ, UPDATE):
            body = {"policyName": "TEN_SECONDLY_ROLLING"}
            server.faults.add(Fault(path=path, status=429, body=body, headers={"Retry-After": "2"}))
        client.call("contacts_read", body={"inputs": []})
        client.call("contacts_update", body={"inputs": []})
        assert 2.0 in waits.seconds
        assert client.calls["contacts_update", "429"] == 1
        assert client.calls["contacts_update", "200"] == 1


def test_a_429_slows_down_everybody_who_shares_the_budget() -> None:
    with answering(lambda _: EMPTY) as server:
        waits = Waits()
        budget = RateBudget(1000, 1.0, burst=1000, monotonic=lambda: waits.now, sleep=waits)
        server.faults.add(Fault(status=429, body={}, headers={"Retry-After": "60"}))
        with pytest.raises(PlatformBusy):
            client_of(server.url, waits=waits, budget=budget).call("contacts_read", body={"inputs": []})
        with pytest.raises(DeadlinePassed):
            client_of(server.url, waits=waits, budget=budget).call("owners")
        assert server.calls.total == 1


def test_a_wait_beyond_the_deadline_is_not_begun() -> None:
    with answering(lambda _: EMPTY) as server:
        waits = Waits()
        server.faults.add(Fault(status=429, body={}, headers={"Retry-After": "60"}))
        with pytest.raises(PlatformBusy):
            client_of(server.url, waits=waits).call("contacts_read", body={"inputs": []})
        assert waits.seconds == []


def test_reads_are_tried_again_and_writes_are_not() -> None:
    with answering(lambda _: EMPTY) as server:
        client = client_of(server.url)
        server.faults.add(Fault(path=READ, status=502, body="<html>", times=2))
        client.call("contacts_read", body={"inputs": []})
        assert client.calls["contacts_read", "502"] == 2
        server.faults.add(Fault(path=READ, ending="drop", times=None))
        with pytest.raises(PlatformUnreachable) as gone:
            client.call("contacts_read", body={"inputs": []})
        assert not gone.value.maybe_applied, "a read applies nothing"
        server.faults.add(Fault(path=UPDATE, status=502, body="<html>"))
        with pytest.raises(PlatformUnreachable) as caught:
            client.call("contacts_update", body={"inputs": []})
        assert caught.value.maybe_applied
        assert client.calls["contacts_update", "502"] == 1


@pytest.mark.parametrize("ending", ["drop", "truncate", "reset"])
def test_a_write_whose_answer_is_lost_may_have_been_applied(ending: str) -> None:
    with answering(lambda _: EMPTY) as server:
        server.faults.add(Fault(ending=ending))  # type: ignore[arg-type]
        with pytest.raises(PlatformUnreachable) as caught:
            client_of(server.url).call("contacts_update", body={"inputs": []})
        assert caught.value.maybe_applied


def test_a_refused_connection_has_applied_nothing() -> None:
    with pytest.raises(PlatformUnreachable) as caught:
        client_of(f"http://127.0.0.1:{free_port()}").call("contacts_update", body={"inputs": []})
    assert not caught.value.maybe_applied


def test_a_failed_handshake_has_applied_nothing() -> None:
    with answering(lambda _: EMPTY) as server:
        with pytest.raises(PlatformUnreachable) as caught:
            client_of(server.url.replace("http:", "https:")).call("contacts_update", body={"inputs": []})
        assert not caught.value.maybe_applied


@pytest.mark.parametrize("size", [1, 3000])
def test_a_trickling_answer_ends_at_the_deadline(size: int) -> None:
    """The size decides whether the deadline falls into the headers or into the body."""
    with answering(lambda _: Response.json({"results": ["x" * size]})) as server:
        server.faults.add(Fault(ending="trickle", pause=0.4))  # 20 pieces, each within a read timeout
        start = time.monotonic()
        with pytest.raises(PlatformUnreachable) as caught:
            client_of(server.url, deadline_s=0.5).call("contacts_update", body={"inputs": []})
        assert time.monotonic() - start < 5
        assert caught.value.maybe_applied


def test_a_silent_server_ends_at_the_deadline() -> None:
    with answering(lambda _: EMPTY) as server:
        server.faults.add(Fault(delay=1.0))
        with pytest.raises(PlatformUnreachable):
            client_of(server.url, deadline_s=0.2).call("contacts_update", body={"inputs": []})


def test_an_answer_without_end_is_cut_off() -> None:
    huge = Response(200, b'"' + b"x" * LARGEST_ANSWER + b'"')
    with answering(lambda _: huge) as server, pytest.raises(PlatformUnreachable):
        client_of(server.url).call("contacts_update", body={"inputs": []})


def test_nothing_is_sent_after_the_deadline() -> None:
    with answering(lambda _: EMPTY) as server:
        client = client_of(server.url)
        with pytest.raises(DeadlinePassed):
            client.call("contacts_update", body={"inputs": []}, deadline=Deadline.after(-1))
        assert server.calls.total == 0
        assert client.calls["contacts_update", "DeadlinePassed"] == 1


def test_the_deadline_is_looked_at_after_connecting() -> None:
    """A clock that jumps while the connection is made: the bytes must stay here."""
    ticks = iter([0.0])  # read once when the call begins
    with answering(lambda _: EMPTY) as server:
        deadline = Deadline(1.0, lambda: next(ticks, 5.0))
        with pytest.raises(DeadlinePassed):
            client_of(server.url).call("contacts_update", body={"inputs": []}, deadline=deadline)
        assert server.calls.total == 0


def test_a_redirect_is_not_followed() -> None:
    def handler(request: Request) -> Response:
        return EMPTY if request.path == "/elsewhere" else Response(302, b"", {"Location": "/elsewhere"})

    with answering(handler) as server:
        with pytest.raises(PlatformUnreachable):
            client_of(server.url).call("contacts_update", body={"inputs": []})
        assert server.calls.total == 1


def test_a_body_that_is_no_text_is_an_error_of_a_kind() -> None:
    odd = Response(400, b"\xff\xfe{", content_type="text/html")
    with answering(lambda _: odd) as server, pytest.raises(PlatformUnreachable):
        client_of(server.url).call("contacts_update", body={"inputs": []})


def test_a_refused_token_is_asked_once_and_not_shown() -> None:
    body = {"message": "bad token", "category": "INVALID_AUTHENTICATION"}
    with answering(lambda _: Response.json(body, 401)) as server:
        with pytest.raises(CredentialsRefused) as caught:
            client_of(server.url).call("account")
        assert server.calls.total == 1
        assert "secret-token" not in f"{caught.value} {caught.value!r}"


def test_rate_headers_teach_the_budget() -> None:
    headers = {
        "X-HubSpot-RateLimit-Max": "10",
        "X-HubSpot-RateLimit-Remaining": "9",
        "X-HubSpot-RateLimit-Interval-Milliseconds": "10000",
    }
    with answering(lambda _: Response.json({"results": []}, headers=headers)) as server:
        waits = Waits()
        client = client_of(server.url, waits=waits, deadline_s=60)
        for _ in range(12):
            client.call("contacts_read", body={"inputs": []})
        assert sum(waits.seconds) > 5


def test_search_has_a_budget_of_its_own() -> None:
    with answering(lambda _: EMPTY) as server:
        waits = Waits()
        spent = RateBudget(1, 1000.0, monotonic=lambda: waits.now, sleep=waits)
        client = client_of(server.url, budget=spent)
        client.call("contacts_read", body={"inputs": []})
        client.call("contacts_search", body={})
        with pytest.raises(DeadlinePassed):
            client.call("contacts_read", body={"inputs": []})


def test_a_json_error_is_read() -> None:
    body = {"message": "Property values were not valid: " + json.dumps([{"name": "a", "error": "INVALID_OPTION"}])}
    with answering(lambda _: Response.json(body, 400)) as server:
        with pytest.raises(PlatformRefused) as caught:
            client_of(server.url).call("contacts_update", body={"inputs": []})
        assert caught.value.fields == ("a",)
