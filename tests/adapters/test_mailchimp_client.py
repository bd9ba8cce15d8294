"""Every trap of the SDK (facts/mailchimp.md §1) ends in an answer or in one error of the tree."""

import json
import ssl
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
import responses
import urllib3

from adapters.budget import RateBudget, Slots
from adapters.mailchimp.client import MailchimpClient
from adapters.mailchimp.errors import ATTEMPTS, next_wait
from adapters.ports import (
    CredentialsRefused,
    Deadline,
    DeadlinePassed,
    PlatformBusy,
    PlatformRefused,
    PlatformUnreachable,
    ScopeMissing,
)
from adapters.sandbox import Fault, Sandbox
from adapters.sandbox.server import Server
from adapters.sandbox.web import Response, Routes

BASE = "https://us19.api.mailchimp.com/3.0"
MEMBER = "/lists/{list_id}/members/{member}"
PATH = {"list_id": "abc123", "member": "5f4dcc3b5aa765d61d8327deb882cf99"}
URL = f"{BASE}/lists/abc123/members/5f4dcc3b5aa765d61d8327deb882cf99"
PROBLEM = "application/problem+json; charset=utf-8"


class Naps:
    """Stands in for `time.sleep` and the monotonic clock: time passes at once, and is written down."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def naps() -> Naps:
    return Naps()


@pytest.fixture
def client(naps: Naps) -> MailchimpClient:
    budget = RateBudget(100, 1.0, burst=100, sleep=naps.sleep, monotonic=naps.monotonic)
    return MailchimpClient(
        api_key="secret-us19", slots=Slots(8), budget=budget, sleep=naps.sleep, monotonic=naps.monotonic
    )


@pytest.fixture
def wire():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def problem(status: int, title: str, detail: str = "", **more: object) -> dict[str, object]:
    body = json.dumps({"type": "about:blank", "title": title, "status": status, "detail": detail, **more})
    return {"status": status, "body": body, "content_type": PROBLEM}


def test_an_object_comes_back_and_the_request_is_basic_authenticated(client, wire):
    wire.get(URL, json={"contact_id": "c1"})
    assert client.call("GET", MEMBER, PATH) == {"contact_id": "c1"}
    assert wire.calls[0].request.headers["Authorization"].startswith("Basic ")
    assert client.calls == {(f"GET {MEMBER}", "ok"): 1}


def test_an_empty_204_and_an_empty_object_are_success(client, wire):
    wire.post(URL, status=204, content_type="application/json; charset=utf-8")
    wire.post(URL, json={})
    assert client.call("POST", MEMBER, PATH, body={}) == {}
    assert client.call("POST", MEMBER, PATH, body={}) == {}


def test_a_bearer_token_is_not_replaced_by_a_netrc_of_the_machine(naps, wire, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine us19.api.mailchimp.com login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    budget = RateBudget(100, 1.0)
    client = MailchimpClient(access_token="token", server_prefix="us19", slots=Slots(8), budget=budget)
    wire.get(URL, json={"id": "x"})
    client.call("GET", MEMBER, PATH)
    assert wire.calls[0].request.headers["Authorization"] == "Bearer token"


def test_fields_travel_whole_and_switches_in_lower_case(client, wire):
    wire.get(URL, json={"id": "x"})
    client.call("GET", MEMBER, PATH, {"fields": ("members.id", "total_items"), "skip_merge_validation": True})
    query = wire.calls[0].request.params
    assert query == {"fields": "members.id,total_items", "skip_merge_validation": "true"}


def test_the_word_server_in_an_address_is_left_alone(naps, wire):
    client = MailchimpClient(
        api_key="secret-us19", base_url="https://webserver.test/3.0/", slots=Slots(1), budget=RateBudget(9, 1.0)
    )
    wire.get("https://webserver.test/3.0/lists/server", json={"id": "server"})
    assert client.call("GET", "/lists/{list_id}", {"list_id": "server"}) == {"id": "server"}


@pytest.mark.parametrize("member", ["../../other", "a/b", "maria@acme.example", "", "..", "x?y"])
def test_what_is_not_an_id_never_becomes_a_path(client, wire, member):
    with pytest.raises(PlatformRefused) as caught:
        client.call("PATCH", MEMBER, {"list_id": "abc123", "member": member}, body={})
    assert caught.value.status == 404
    assert not wire.calls


@pytest.mark.parametrize("body", [b"", b"<html>Not Found</html>"], ids=["empty", "html"])
def test_a_404_that_is_not_mailchimps_own_says_nothing_of_anybody(client, wire, body):
    wire.get(URL, status=404, body=body, content_type="text/html" if body else "")
    with pytest.raises(PlatformUnreachable):
        client.call("GET", MEMBER, PATH)


@pytest.mark.parametrize("status", [429, 403])
def test_an_empty_refusal_which_the_sdk_takes_for_success_means_busy(client, wire, naps, status):
    wire.patch(URL, status=status, body=b"", content_type="")
    with pytest.raises(PlatformBusy) as caught:
        client.call("PATCH", MEMBER, PATH, body={})
    assert caught.value.retry_after == 15
    assert (
        1 < len(wire.calls) < ATTEMPTS
    )  # 15 s and 30 s of waiting fit into the deadline of 60 s, a further 60 s do not


def test_a_busy_answer_is_waited_for_and_then_forgotten(client, wire, naps):
    wire.patch(URL, **problem(429, "TooManyRequests"))
    wire.patch(URL, json={"id": "x"})
    assert client.call("PATCH", MEMBER, PATH, body={}) == {"id": "x"}
    assert sum(naps.slept) >= 2
    assert client.calls == {(f"PATCH {MEMBER}", "busy"): 1, (f"PATCH {MEMBER}", "ok"): 1}


def test_waiting_never_goes_beyond_the_deadline(client, wire, naps):
    wire.get(URL, status=429, body=b"")
    with pytest.raises(PlatformBusy):
        client.call("GET", MEMBER, PATH, deadline=Deadline.after(10, naps.monotonic))
    assert naps.slept == []
    assert len(wire.calls) == 1


@pytest.mark.parametrize(
    ("status", "title", "kind"),
    [
        (401, "API Key Invalid", CredentialsRefused),
        (403, "User Disabled", CredentialsRefused),
        (403, "Forbidden", ScopeMissing),
        (403, "Authorization Failure", ScopeMissing),
        (400, "Member In Compliance State", PlatformRefused),
        (404, "Resource Not Found", PlatformRefused),
        (405, "Method Not Allowed", PlatformRefused),
        (414, "Request-URI Too Long", PlatformRefused),
        (422, "Unprocessable", PlatformRefused),
    ],
)
def test_refusals_are_told_apart_by_status_and_title(client, wire, status, title, kind):
    wire.patch(URL, **problem(status, title))
    with pytest.raises(PlatformRefused) as caught:
        client.call("PATCH", MEMBER, PATH, body={})
    assert type(caught.value) is kind
    assert len(wire.calls) == 1
    if kind is not ScopeMissing:
        assert (caught.value.status, caught.value.category) == (status, title)


@pytest.mark.parametrize("content_type", [PROBLEM, "application/json"])
def test_a_refusal_names_the_fields_and_no_person(client, wire, content_type):
    body = {
        "title": "Invalid Resource",
        "detail": "noor@acme.example looks fake or invalid, please enter a real email address.",
        "errors": [{"field": "merge_fields.ADDRESS", "message": "noor@acme.example?"}, {"field": "email_address"}],
        "instance": "beded41a",
    }
    wire.patch(URL, body=json.dumps(body), status=400, content_type=content_type)
    with pytest.raises(PlatformRefused) as caught:
        client.call("PATCH", MEMBER, PATH, body={})
    assert caught.value.fields == ("merge_fields.ADDRESS", "email_address")
    assert "noor" not in str(caught.value)
    assert "beded41a" in str(caught.value)


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 200, "body": "<html>Back soon</html>", "content_type": "text/html"},
        {"status": 200, "body": '{"id": "x', "content_type": "application/json"},
        {"status": 200, "body": "[]", "content_type": "application/json"},
        {"status": 502, "body": "<html>Bad gateway</html>", "content_type": "text/html"},
        {"status": 500, "body": b""},
        {"status": 302, "body": b"", "headers": {"Location": "https://elsewhere.test/"}},
        {"body": requests.ReadTimeout("too slow")},
        {"body": requests.ConnectionError(urllib3.exceptions.ProtocolError("Connection aborted."))},
    ],
    ids=["html", "truncated", "array", "bad gateway", "empty 500", "redirect", "timeout", "reset"],
)
def test_no_usable_answer_to_a_write_may_have_been_applied_and_is_not_tried_again(client, wire, answer):
    wire.patch(URL, **answer)
    wire.get(URL, **answer)
    with pytest.raises(PlatformUnreachable) as caught:
        client.call("PATCH", MEMBER, PATH, body={})
    assert caught.value.maybe_applied
    assert len(wire.calls) == 1
    with pytest.raises(PlatformUnreachable) as caught:
        client.call("GET", MEMBER, PATH)
    assert not caught.value.maybe_applied
    assert len(wire.calls) == 1 + ATTEMPTS


@pytest.mark.parametrize(
    "error",
    [
        requests.ConnectTimeout("connect"),
        requests.ConnectionError(
            urllib3.exceptions.MaxRetryError(
                None, "/3.0", urllib3.exceptions.NewConnectionError(None, "connection refused")
            )
        ),
        requests.exceptions.SSLError(
            urllib3.exceptions.MaxRetryError(
                None, "/3.0", urllib3.exceptions.SSLError(ssl.SSLCertVerificationError(1, "self-signed certificate"))
            )
        ),
    ],
    ids=["connect timeout", "refused", "certificate"],
)
def test_a_write_that_was_never_sent_was_not_applied(client, wire, error):
    wire.patch(URL, body=error)
    with pytest.raises(PlatformUnreachable) as caught:
        client.call("PATCH", MEMBER, PATH, body={})
    assert not caught.value.maybe_applied


def test_a_defect_of_ours_is_not_taken_for_the_platform(client, wire):
    wire.patch(URL, json={})
    with pytest.raises(TypeError):
        client.call("PATCH", MEMBER, PATH, body={"merge_fields": {"SCORE": object()}})


def test_nothing_leaves_after_the_deadline(client, wire, naps):
    wire.get(URL, json={"id": "x"})
    with pytest.raises(DeadlinePassed):
        client.call("GET", MEMBER, PATH, deadline=Deadline.after(-1, naps.monotonic))
    assert not wire.calls


@pytest.mark.parametrize("settings", [{"api_key": "nodash"}, {"access_token": "t"}, {"api_key": "k-"}, {}])
def test_without_a_data_center_there_is_no_client(settings):
    with pytest.raises(ValueError, match="Mailchimp"):
        MailchimpClient(**settings, slots=Slots(1), budget=RateBudget(1, 1.0))


@pytest.mark.parametrize("writes", [False, True])
def test_every_wait_is_a_decision_that_ends(writes):
    busy = PlatformBusy("mailchimp", "", retry_after=2)
    lost = PlatformUnreachable("mailchimp", "", maybe_applied=True)
    assert [next_wait(busy, attempt, writes=writes) for attempt in range(1, ATTEMPTS + 1)] == [2, 4, 8, None]
    assert (next_wait(lost, 1, writes=writes) is None) is writes
    assert next_wait(PlatformRefused("mailchimp", ""), 1, writes=writes) is None


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(hubspot=False) as running:
        running.mailchimp.add_audience("main", id="abc123")
        yield running


def over_http(sandbox: Sandbox, slots: int = 8, **more: object) -> MailchimpClient:
    budget = RateBudget(1000, 1.0, burst=1000)
    return MailchimpClient(
        api_key="sandbox-us19", base_url=sandbox.mailchimp_url, slots=Slots(slots), budget=budget, **more
    )


def test_an_answer_that_trickles_ends_with_the_deadline(sandbox):
    client = over_http(sandbox, deadline_s=0.5)
    client.call("GET", "/ping")
    sandbox.mailchimp_server.faults.add(Fault(path="/ping", ending="trickle", pause=0.4))  # 8 s in all
    started = time.monotonic()
    with pytest.raises(PlatformUnreachable):
        client.call("GET", "/ping")
    assert time.monotonic() - started < 5


def test_an_answer_that_was_dropped_after_the_effect_may_have_been_applied(sandbox):
    client = over_http(sandbox)
    sandbox.mailchimp_server.faults.add(Fault(method="POST", path="/merge-fields", ending="drop"))
    with pytest.raises(PlatformUnreachable) as caught:
        client.call(
            "POST",
            "/lists/{list_id}/merge-fields",
            {"list_id": "abc123"},
            body={"tag": "DROPPED", "name": "Dropped", "type": "text"},
        )
    assert caught.value.maybe_applied
    assert sandbox.mailchimp.audiences["abc123"].field_by_tag("DROPPED")


def test_a_closed_port_was_never_reached():
    client = MailchimpClient(
        api_key="k-us1",
        base_url="http://127.0.0.1:9/3.0",
        slots=Slots(1),
        budget=RateBudget(9, 1.0),
        sleep=lambda _: None,
    )
    with pytest.raises(PlatformUnreachable) as caught:
        client.call("PATCH", MEMBER, PATH, body={})
    assert not caught.value.maybe_applied


def test_no_more_calls_are_in_flight_than_there_are_slots(sandbox):
    client = over_http(sandbox, slots=3)
    gate = sandbox.mailchimp.gate
    gate.most = 0
    gate.hold()
    with ThreadPoolExecutor(6) as pool:
        calls = [pool.submit(client.call, "GET", "/ping") for _ in range(6)]
        gate.wait_for(3)
        gate.release()
        assert [call.result()["health_status"] for call in calls] == ["Everything's Chimpy!"] * 6
    assert gate.most == 3


def test_the_sdk_is_imported_by_the_first_call_only():
    code = "import sys, adapters.mailchimp.platform; sys.exit('mailchimp_marketing' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_half_an_emoji_makes_no_page_unreadable():
    """A text that was cut at 255 bytes may end in the middle of one; strict parsers refuse the whole answer."""
    routes = Routes()
    routes.add("GET", "/3.0/ping", lambda _request: Response(content=b'{"name": "Maria \\ud83d"}'))
    with Server(routes) as server:
        client = MailchimpClient(
            api_key="k-us1", base_url=f"{server.url}/3.0", slots=Slots(1), budget=RateBudget(9, 1.0)
        )
        assert client.call("GET", "/ping") == {"name": "Maria \ud83d"}
