"""Writing in batches: each row ends by itself, and bad rows are found with few calls."""

import json
import time
from collections.abc import Callable, Iterator
from threading import Lock
from typing import Any

import pytest

from adapters.budget import RateBudget
from adapters.hubspot import HubSpotClient, HubSpotPlatform
from adapters.hubspot.concurrency import MOST_AT_ONCE
from adapters.hubspot.versions import Version
from adapters.ports import (
    NOT_STORED,
    Change,
    CredentialsRefused,
    Outcome,
    PlatformBusy,
    PlatformRefused,
    PlatformUnreachable,
)
from adapters.sandbox.faults import Fault
from adapters.sandbox.server import Server
from adapters.sandbox.web import Request, Response, Routes

UPDATE: dict[Version, str] = {
    "v3": "/crm/v3/objects/contacts/batch/update",
    "2026-09": "/crm/objects/2026-09/contacts/batch/update",
}
#: (id, property, value) → HubSpot's code, None for a value that it takes
Rule = Callable[[str, str, str], str | None]


class OldHubSpot:
    """Batch updates all or nothing, without a word on trace ids: the harder of the two ways that HubSpot may answer."""

    def __init__(self) -> None:
        self.rule: Rule = lambda _id, _name, _value: None
        self.unknown: set[str] = set()
        self.drops: Callable[[str], str | None] = lambda _id: None  # id → the lifecycle stage that it keeps
        self.merged: dict[str, str] = {}
        self.values: dict[str, dict[str, str]] = {}
        self.batches: list[int] = []
        self.latency = 0.0
        self._lock = Lock()
        self._under_way = self.most_at_once = 0
        routes = Routes()
        for path in UPDATE.values():
            routes.add("POST", path, self._answer)
        self.server = Server(routes)

    def _answer(self, request: Request) -> Response:
        with self._lock:
            self._under_way += 1
            self.most_at_once = max(self.most_at_once, self._under_way)
        time.sleep(self.latency)
        with self._lock:
            self._under_way -= 1
            return self._update(request)

    def _update(self, request: Request) -> Response:
        inputs = request.json()["inputs"]
        self.batches.append(len(inputs))
        ids = [each["id"] for each in inputs]
        assert len(inputs) <= 100
        assert len(set(ids)) == len(ids), "HubSpot refuses duplicate ids"
        problems = [
            {"isValid": False, "message": "no", "error": code, "name": name}
            for each in inputs
            for name, value in each["properties"].items()
            if (code := self.rule(each["id"], name, value))
        ]
        if problems:
            message = "Property values were not valid: " + json.dumps(problems[:1])
            return Response.json({"status": "error", "message": message, "category": "VALIDATION_ERROR"}, 400)
        found = [each for each in inputs if each["id"] not in self.unknown]
        for each in found:
            self.values.setdefault(each["id"], {}).update(each["properties"])
        body: dict[str, Any] = {"status": "COMPLETE", "results": [self._result(each) for each in reversed(found)]}
        if len(found) < len(inputs):
            gone = [each for each in ids if each in self.unknown]
            body["errors"] = [{"category": "OBJECT_NOT_FOUND", "message": "gone", "context": {"ids": gone}}]
            return Response.json(body, 207)
        return Response.json(body)

    def _result(self, each: dict[str, Any]) -> dict[str, Any]:
        echo = dict(each["properties"])
        kept = self.drops(each["id"])
        if kept is not None and "lifecyclestage" in echo:
            echo["lifecyclestage"] = kept
        trace = {"objectWriteTraceId": each["objectWriteTraceId"]} if each["id"] in self.merged else {}
        return {"id": self.merged.get(each["id"], each["id"]), "properties": echo, **trace}


@pytest.fixture(params=UPDATE)
def version(request: pytest.FixtureRequest) -> Version:
    return request.param


@pytest.fixture
def hubspot() -> Iterator[OldHubSpot]:
    old = OldHubSpot()
    with old.server:
        yield old


@pytest.fixture
def platform(hubspot: OldHubSpot, version: Version) -> HubSpotPlatform:
    client = HubSpotClient(
        "token",
        base_url=hubspot.server.url,
        version=version,
        budget=RateBudget(10_000, 1.0, burst=1000),
        search_budget=RateBudget(10_000, 1.0, burst=1000),
        deadline_s=5,
        sleep=lambda _seconds: None,
    )
    return HubSpotPlatform(client, properties=["email"])


def scores(count: int, value: Callable[[int], str] = str) -> list[Change]:
    return [Change(str(i), {"trellis_score": value(i)}) for i in range(1, count + 1)]


def test_two_hundred_and_fifty_rows_are_three_calls(hubspot: OldHubSpot, platform: HubSpotPlatform) -> None:
    outcomes = platform.write(scores(250))
    assert {each.outcome for each in outcomes} == {Outcome.DONE}
    assert [each.id for each in outcomes] == [str(i) for i in range(1, 251)]
    assert sorted(hubspot.batches) == [50, 100, 100]  # side by side, they arrive in any order


def test_changes_of_one_id_are_united_and_the_later_wins(hubspot: OldHubSpot, platform: HubSpotPlatform) -> None:
    rows = [Change("1", {"a": "1", "b": "1"}), Change("2", {"a": "2"}), Change("1", {"b": "3"})]
    outcomes = platform.write(rows)
    assert [each.id for each in outcomes] == ["1", "2"]
    assert hubspot.values["1"] == {"a": "1", "b": "3"}


def test_one_bad_row_among_a_hundred_stands_alone(hubspot: OldHubSpot, platform: HubSpotPlatform) -> None:
    hubspot.rule = lambda _id, _name, value: "INVALID_INTEGER" if value == "x" else None
    outcomes = platform.write(scores(100, lambda i: "x" if i == 42 else str(i)))
    refused = [each for each in outcomes if each.outcome is not Outcome.DONE]
    assert [each.id for each in refused] == ["42"]
    assert refused[0].outcome is Outcome.REFUSED
    assert isinstance(refused[0].error, PlatformRefused)
    assert refused[0].error.fields == ("trellis_score",)
    assert len(hubspot.values) == 99
    assert len(hubspot.batches) <= 16


def test_an_unknown_property_refuses_all_who_have_it_at_once(hubspot: OldHubSpot, platform: HubSpotPlatform) -> None:
    hubspot.rule = lambda _id, name, _value: "PROPERTY_DOESNT_EXIST" if name == "trellis_score" else None
    rows = [*scores(150), *(Change(f"900{i}", {"trellis_stage": "new"}) for i in range(50))]
    outcomes = {each.id: each.outcome for each in platform.write(rows)}
    assert sum(outcome is Outcome.REFUSED for outcome in outcomes.values()) == 150
    assert sum(outcome is Outcome.DONE for outcome in outcomes.values()) == 50
    assert hubspot.batches == [100, 50]


def test_a_missing_option_is_learned_once(hubspot: OldHubSpot, platform: HubSpotPlatform) -> None:
    hubspot.rule = lambda _id, _name, value: "INVALID_OPTION" if value == "hot" else None
    rows = [Change(str(i), {"trellis_stage": "hot" if i % 2 else "new"}) for i in range(100)]
    outcomes = {each.id: each.outcome for each in platform.write(rows)}
    assert all((outcome is Outcome.REFUSED) == bool(int(i) % 2) for i, outcome in outcomes.items())
    assert len(hubspot.batches) <= 20


def test_who_does_not_write_the_refused_property_is_not_held_up(hubspot: OldHubSpot, platform: HubSpotPlatform) -> None:
    hubspot.rule = lambda _id, name, _value: "INVALID_OPTION" if name == "lifecyclestage" else None
    rows = [Change("1", {"lifecyclestage": "x", "trellis_score": "1"}), *scores(60)[1:]]
    outcomes = {each.id: each.outcome for each in platform.write(rows)}
    assert outcomes.pop("1") is Outcome.REFUSED
    assert set(outcomes.values()) == {Outcome.DONE}
    assert hubspot.batches == [60, 59, 1]


def test_contacts_that_are_gone_are_refused_as_such(hubspot: OldHubSpot, platform: HubSpotPlatform) -> None:
    hubspot.unknown = {"2"}
    outcomes = {each.id: each for each in platform.write(scores(3))}
    assert outcomes["1"].outcome is outcomes["3"].outcome is Outcome.DONE
    error = outcomes["2"].error
    assert isinstance(error, PlatformRefused)
    assert (outcomes["2"].outcome, error.category) == (Outcome.REFUSED, "OBJECT_NOT_FOUND")


def test_a_lost_answer_leaves_its_batch_unknown_and_the_next_is_written(
    hubspot: OldHubSpot, platform: HubSpotPlatform
) -> None:
    hubspot.server.faults.add(Fault(ending="drop"))
    outcomes = platform.write(scores(150))
    assert {each.outcome for each in outcomes[:100]} == {Outcome.UNKNOWN}
    assert {each.outcome for each in outcomes[100:]} == {Outcome.DONE}
    assert isinstance(outcomes[0].error, PlatformUnreachable)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, {"category": "INVALID_AUTHENTICATION"}, CredentialsRefused),
        (429, {"policyName": "DAILY"}, PlatformBusy),
    ],
)
def test_a_platform_that_says_stop_is_asked_once(
    hubspot: OldHubSpot, platform: HubSpotPlatform, status: int, body: dict[str, str], kind: type[Exception]
) -> None:
    hubspot.server.faults.add(Fault(status=status, body=body, times=None))
    outcomes = platform.write(scores(350))
    assert {each.outcome for each in outcomes} == {Outcome.LATER}
    assert isinstance(outcomes[-1].error, kind)
    assert hubspot.server.calls.total == 1


def test_nothing_to_write_is_no_call(hubspot: OldHubSpot, platform: HubSpotPlatform) -> None:
    assert platform.write([]) == ()
    assert hubspot.server.calls.total == 0


# ---------------------------------------------------------------- side by side


def test_ten_thousand_rows_are_a_hundred_calls_some_at_once(hubspot: OldHubSpot, platform: HubSpotPlatform) -> None:
    hubspot.latency = 0.01
    outcomes = platform.write(scores(10_000))
    assert [each.id for each in outcomes] == [str(i) for i in range(1, 10_001)]
    assert {each.outcome for each in outcomes} == {Outcome.DONE}
    assert hubspot.batches == [100] * 100
    assert 1 < hubspot.most_at_once <= MOST_AT_ONCE


def test_what_the_first_batch_teaches_costs_no_other_batch_a_call(
    hubspot: OldHubSpot, platform: HubSpotPlatform
) -> None:
    hubspot.latency = 0.005
    hubspot.rule = lambda _id, _name, value: "INVALID_OPTION" if value == "hot" else None
    rows = [Change(str(i), {"trellis_stage": "hot" if i % 50 == 7 else "new"}) for i in range(2_000)]
    outcomes = {each.id: each.outcome for each in platform.write(rows)}
    assert all((outcome is Outcome.REFUSED) == (int(i) % 50 == 7) for i, outcome in outcomes.items())
    assert len(hubspot.batches) <= 19 + 20


def test_bad_rows_in_batches_under_way_together_are_all_found(hubspot: OldHubSpot, platform: HubSpotPlatform) -> None:
    hubspot.latency = 0.002
    hubspot.rule = lambda _id, _name, value: "INVALID_INTEGER" if value.startswith("x") else None
    rows = scores(1_000, lambda i: f"x{i}" if i % 150 == 149 else str(i))
    outcomes = {each.id: each for each in platform.write(rows)}
    refused = {i for i, each in outcomes.items() if each.outcome is Outcome.REFUSED}
    assert refused == {str(i) for i in range(149, 1_000, 150)}
    assert len(hubspot.values) == 1_000 - len(refused)
    assert len(hubspot.batches) <= 10 + 6 * 16


def test_a_token_withdrawn_on_the_way_is_tried_by_those_under_way_only(
    hubspot: OldHubSpot, platform: HubSpotPlatform
) -> None:
    hubspot.latency = 0.005
    body = {"category": "INVALID_AUTHENTICATION"}
    hubspot.server.faults.add(Fault(status=401, body=body, times=None, after=10))
    outcomes = platform.write(scores(5_000))
    done = sum(each.outcome is Outcome.DONE for each in outcomes)
    assert done == 1_000
    assert sum(each.outcome is Outcome.LATER for each in outcomes) == 4_000
    assert hubspot.server.calls.total <= 10 + MOST_AT_ONCE


# ---------------------------------------------------------------- what an answer says of each row


@pytest.mark.parametrize("kept", ["customer", "", "8812"])
def test_a_lifecycle_stage_that_the_answer_contradicts_is_not_stored(
    hubspot: OldHubSpot, platform: HubSpotPlatform, kept: str
) -> None:
    hubspot.drops = lambda id_: kept if id_ == "2" else None
    rows = [Change(str(i), {"lifecyclestage": "lead", "trellis_score": "41"}) for i in (1, 2)]
    one, two = platform.write(rows)
    assert (one.outcome, two.outcome) == (Outcome.DONE, Outcome.REFUSED)
    assert isinstance(two.error, PlatformRefused)
    assert (two.error.category, two.error.fields) == (NOT_STORED, ("lifecyclestage",))


@pytest.mark.parametrize(("wanted", "shown"), [("lead", "Lead "), ("", ""), ("", None)])
def test_a_stage_that_comes_back_in_another_form_is_stored(
    hubspot: OldHubSpot, platform: HubSpotPlatform, wanted: str, shown: Any
) -> None:
    hubspot.drops = lambda _id: shown
    (outcome,) = platform.write([Change("1", {"lifecyclestage": wanted})])
    assert outcome.outcome is Outcome.DONE


def test_a_row_that_was_answered_under_the_id_of_a_merge_was_written(
    hubspot: OldHubSpot, platform: HubSpotPlatform
) -> None:
    hubspot.merged = {"1": "77"}
    assert [each.outcome for each in platform.write(scores(2))] == [Outcome.DONE, Outcome.DONE]


@pytest.mark.parametrize(
    ("category", "outcome"), [("VALIDATION_ERROR", Outcome.REFUSED), ("RATE_LIMITS", Outcome.LATER)]
)
def test_an_error_that_names_nobody_speaks_of_those_who_are_left_out(
    hubspot: OldHubSpot, platform: HubSpotPlatform, category: str, outcome: Outcome
) -> None:
    error = {"category": category, "message": "no"}
    body = {"status": "COMPLETE", "results": [{"id": "1"}], "numErrors": 1, "errors": [error]}
    hubspot.server.faults.add(Fault(status=207, body=body))
    assert [each.outcome for each in platform.write(scores(2))] == [Outcome.DONE, outcome]


def test_rows_that_a_refusal_names_are_not_searched_for(hubspot: OldHubSpot, platform: HubSpotPlatform) -> None:
    body = {"category": "OBJECT_NOT_FOUND", "message": "some are gone", "context": {"ids": ["4", "9"]}}
    hubspot.server.faults.add(Fault(status=400, body=body))
    outcomes = platform.write(scores(100))
    assert [each.id for each in outcomes if each.outcome is Outcome.REFUSED] == ["4", "9"]
    assert hubspot.batches == [98]
