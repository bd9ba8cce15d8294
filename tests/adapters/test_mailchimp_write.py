"""What leaves for Mailchimp when merge fields and tags are written: to whom, with what, and nothing besides."""

import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import Lock
from typing import Any

import pytest

from adapters.budget import RateBudget, Slots
from adapters.mailchimp.client import IN_FLIGHT, MailchimpClient
from adapters.mailchimp.platform import MailchimpPlatform
from adapters.ports import (
    NOT_STORED,
    Change,
    Deadline,
    Enrollment,
    Outcome,
    PlatformBusy,
    PlatformRefused,
    PlatformUnreachable,
    RowOutcome,
    ScopeMissing,
)
from adapters.sandbox.server import Server
from adapters.sandbox.web import Request, Response, Routes

LIST = "abc123"
TAG = "trellis:track:finance"
SPECIFICATION = Path(__file__).parents[3] / "shared/specs/mailchimp/marketing-3.0.85.openapi3.trimmed.json"
FIELDS = {"LEADSCORE": "number", "LEADSTAGE": "text", "SCOREDAT": "date", "TRACKMARK": "text"}


class Audience:
    """Members who have what they were written, unless a test says otherwise."""

    def __init__(self) -> None:
        self.refused: dict[str, Response] = {}
        self.always: Response | None = None
        self.shown: Mapping[str, object] = {}
        self.latency = 0.0
        self.writes: list[Request] = []
        self.most_at_once = self._under_way = 0
        self._lock = Lock()
        routes = Routes()
        routes.add("GET", "/3.0/lists/{list_id}/merge-fields", self._merge_fields)
        routes.add("GET", "/3.0/lists/{list_id}/members/{member}", lambda request: self._member(request, {}))
        routes.add("PATCH", "/3.0/lists/{list_id}/members/{member}", self._patch)
        routes.add("POST", "/3.0/lists/{list_id}/members/{member}/tags", self._tags)
        self.server = Server(routes)

    def _merge_fields(self, _request: Request) -> Response:
        fields = [{"merge_id": n, "tag": tag, "name": tag, "type": FIELDS[tag]} for n, tag in enumerate(FIELDS)]
        return Response.json({"merge_fields": fields, "total_items": len(fields)})

    def _patch(self, request: Request) -> Response:
        with self._lock:
            self.writes.append(request)
            self._under_way += 1
            self.most_at_once = max(self.most_at_once, self._under_way)
        time.sleep(self.latency)
        with self._lock:
            self._under_way -= 1
        refusal = self.always or self.refused.get(request.params["member"])
        return refusal or self._member(request, {**request.json()["merge_fields"], **self.shown})

    def _tags(self, request: Request) -> Response:
        with self._lock:
            self.writes.append(request)
        return Response(204)

    def _member(self, request: Request, merge_fields: Mapping[str, object]) -> Response:
        member = request.params["member"]
        named = {"id": f"hash-{member}", "contact_id": member, "email_address": f"{member}@acme.example"}
        return Response.json({**named, "status": "subscribed", "tags": [], "merge_fields": dict(merge_fields)})


@pytest.fixture
def audience() -> Iterator[Audience]:
    made = Audience()
    with made.server:
        yield made


class Watch:
    """A clock on which waiting takes no time."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._now = 1000.0

    def __call__(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self._now += seconds


@pytest.fixture
def platform(audience: Audience) -> MailchimpPlatform:
    watch = Watch()
    client = MailchimpClient(
        api_key="key-us19",
        base_url=f"{audience.server.url}/3.0",
        slots=Slots(IN_FLIGHT),
        budget=RateBudget(10_000, 1.0, burst=1000, monotonic=watch, sleep=watch.sleep),
        sleep=lambda _seconds: None,
    )
    return MailchimpPlatform(client, audience="main", list_id=LIST)


def scores(count: int) -> list[Change]:
    return [Change(f"c{number}", {"merge_fields.LEADSCORE": str(number)}) for number in range(count)]


def problem(status: int, title: str) -> Response:
    body = {"type": "about:blank", "title": title, "status": status, "detail": "maria@acme.example cannot be changed"}
    return Response.json(body, status, content_type="application/problem+json")


def operation(template: str, method: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """An operation of the vendor's specification, and all of it."""
    if not SPECIFICATION.exists():
        pytest.skip("the vendor's specification is not here")
    whole = json.loads(SPECIFICATION.read_text())
    return whole["paths"][template][method], whole


# ---------------------------------------------------------------- what is sent


def test_a_write_is_a_patch_by_contact_id_with_merge_fields_and_nothing_else(audience, platform):
    (outcome,) = platform.write([Change("c1", {"merge_fields.LEADSCORE": "61", "merge_fields.LEADSTAGE": "hot"})])
    assert outcome == RowOutcome("c1", Outcome.DONE)
    (sent,) = audience.writes
    assert (sent.method, sent.path) == ("PATCH", f"/3.0/lists/{LIST}/members/c1")
    assert sent.query == {"skip_merge_validation": ["true"]}
    assert sent.json() == {"merge_fields": {"LEADSCORE": 61, "LEADSTAGE": "hot"}}


def test_what_is_sent_stands_in_the_specification(audience, platform):
    platform.write(scores(1))
    platform.tag_channel(TAG).enroll([Enrollment("c1", "finance", "finance:1")], Deadline.after(20))
    for sent in audience.writes:
        template = sent.template.removeprefix("/3.0").replace("{list_id}", "{listId}")
        found, whole = operation(template.replace("{member}", "{subscriberHash}"), sent.method.lower())
        assert sent.query.keys() <= {one["name"] for one in found["parameters"] if one["in"] == "query"}
        reference = found["requestBody"]["content"]["application/json"]["schema"]["$ref"]
        schema = whole["components"]["schemas"][reference.rpartition("/")[2]]
        assert sent.json().keys() <= schema["properties"].keys()


def test_adding_the_tag_of_a_track_is_not_silent(audience, platform):
    channel = platform.tag_channel(TAG)
    channel.enroll([Enrollment("c1", "finance", "finance:1")], Deadline.after(20))
    marker, tag = audience.writes
    assert marker.json() == {"merge_fields": {"TRACKMARK": "finance:1"}}
    assert tag.json() == {"tags": [{"name": TAG, "status": "active"}], "is_syncing": False}


def test_five_hundred_rows_are_as_many_calls_of_which_at_most_eight_are_under_way(audience, platform):
    audience.latency = 0.002
    outcomes = platform.write(scores(500))
    assert {one.outcome for one in outcomes} == {Outcome.DONE}
    assert len(audience.writes) == 500
    assert 1 < audience.most_at_once <= 8


# ---------------------------------------------------------------- how a row ends


@pytest.mark.parametrize(
    ("status", "title"),
    [
        (400, "Member In Compliance State"),
        (400, "Forgotten Email Not Subscribed"),
        (400, "Invalid Resource"),
        (404, "Resource Not Found"),
        (405, "Method Not Allowed"),
    ],
)
def test_a_refusal_ends_its_row_at_the_first_try_and_no_other(audience, platform, status, title):
    audience.refused = {"c1": problem(status, title)}
    endings = {one.id: one for one in platform.write(scores(3))}
    assert [one.outcome for one in endings.values()] == [Outcome.DONE, Outcome.REFUSED, Outcome.DONE]
    error = endings["c1"].error
    assert isinstance(error, PlatformRefused)
    assert (error.status, error.category) == (status, title)
    assert "acme" not in str(error)
    assert len(audience.writes) == 3


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ({"LEADSCORE": "61"}, {"LEADSCORE": "61"}),
        ({"LEADSCORE": "61"}, {"LEADSCORE": 61.0}),
        ({"LEADSCORE": ""}, {"LEADSCORE": None}),
        ({"LEADSTAGE": " hot "}, {"LEADSTAGE": "hot"}),
        ({"SCOREDAT": "2026-11-24"}, {"SCOREDAT": "11/24/2026"}),
    ],
)
def test_an_echo_in_another_form_is_the_same_value(audience, platform, values, shown):
    audience.shown = shown
    assert [one.outcome for one in platform.write([Change("c1", values)])] == [Outcome.DONE]


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ({"LEADSCORE": "61"}, {"LEADSCORE": ""}),
        ({"LEADSCORE": "61"}, {"LEADSCORE": 16}),
        ({"LEADSTAGE": "hot"}, {"LEADSTAGE": "h"}),
        ({"SCOREDAT": "2026-11-24"}, {"SCOREDAT": ""}),
    ],
)
def test_an_echo_of_another_value_names_the_field_that_was_not_stored(audience, platform, values, shown):
    audience.shown = shown
    (outcome,) = platform.write([Change("c1", {**values, "TRACKMARK": "finance:1"})])
    assert isinstance(outcome.error, PlatformRefused)
    assert (outcome.outcome, outcome.error.category) == (Outcome.REFUSED, NOT_STORED)
    assert outcome.error.fields == tuple(values)


# ---------------------------------------------------------------- when Mailchimp itself is in trouble


@pytest.mark.parametrize(
    ("answer", "kind", "first"),
    [
        (Response(403), PlatformBusy, Outcome.LATER),
        (problem(429, "TooManyRequests"), PlatformBusy, Outcome.LATER),
        (Response(502, b"<html>bad gateway</html>", {}, "text/html"), PlatformUnreachable, Outcome.UNKNOWN),
        (problem(403, "Authorization Failure"), ScopeMissing, Outcome.LATER),
    ],
    ids=["flooded", "crowded", "bad gateway", "plan"],
)
def test_a_platform_in_trouble_is_not_asked_for_every_row(audience, platform, answer, kind, first):
    audience.always = answer
    outcomes = platform.write(scores(400))
    assert {one.outcome for one in outcomes} == {first, Outcome.LATER}
    assert all(isinstance(one.error, kind) for one in outcomes)
    assert len(audience.writes) <= 4 * 2 * IN_FLIGHT, "four tries each, of those under way when it showed"


def test_rows_that_are_lost_one_by_one_stop_nobody(audience, platform):
    lost = Response(502, b"<html>bad gateway</html>", {}, "text/html")
    audience.refused = {f"c{number}": lost for number in range(0, 200, 5)}
    outcomes = platform.write(scores(200))
    assert [one.id for one in outcomes if one.outcome is not Outcome.DONE] == [f"c{n}" for n in range(0, 200, 5)]
