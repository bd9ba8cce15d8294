"""Writing in batches: each row ends by itself, and bad rows are found with few calls."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from adapters.budget import RateBudget
from adapters.hubspot import HubSpotClient, HubSpotPlatform
from adapters.ports import Change, CredentialsRefused, Outcome, PlatformBusy, PlatformRefused, PlatformUnreachable
from adapters.sandbox.faults import Fault
from adapters.sandbox.server import Server
from adapters.sandbox.web import Request, Response, Routes

#: (id, property, value) → HubSpot's code, None for a value that it takes
Rule = Callable[[str, str, str], str | None]


class OldHubSpot:
    """Batch updates all or nothing, without a word on trace ids: the harder of the two ways that HubSpot may answer."""

    def __init__(self) -> None:
        self.rule: Rule = lambda _id, _name, _value: None
        self.unknown: set[str] = set()
        self.values: dict[str, dict[str, str]] = {}
        self.batches: list[int] = []
        routes = Routes()
        routes.add("POST", "/crm/v3/objects/contacts/batch/update", self._update)
        self.server = Server(routes)

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
        body: dict[str, Any] = {"status": "COMPLETE", "results": [{"id": each["id"]} for each in reversed(found)]}
        if len(found) < len(inputs):
            gone = [each for each in ids if each in self.unknown]
            body["errors"] = [{"category": "OBJECT_NOT_FOUND", "message": "gone", "context": {"ids": gone}}]
            return Response.json(body, 207)
        return Response.json(body)


@pytest.fixture
def hubspot() -> Iterator[OldHubSpot]:
    old = OldHubSpot()
    with old.server:
        yield old


def platform_on(hubspot: OldHubSpot) -> HubSpotPlatform:
    client = HubSpotClient(
        "token",
        base_url=hubspot.server.url,
        version="v3",
        budget=RateBudget(10_000, 1.0, burst=1000),
        search_budget=RateBudget(10_000, 1.0, burst=1000),
        deadline_s=5,
        sleep=lambda _seconds: None,
    )
    return HubSpotPlatform(client, properties=["email"])


def scores(count: int, value: Callable[[int], str] = str) -> list[Change]:
    return [Change(str(i), {"trellis_score": value(i)}) for i in range(1, count + 1)]


def test_two_hundred_and_fifty_rows_are_three_calls(hubspot: OldHubSpot) -> None:
    outcomes = platform_on(hubspot).write(scores(250))
    assert {each.outcome for each in outcomes} == {Outcome.DONE}
    assert [each.id for each in outcomes] == [str(i) for i in range(1, 251)]
    assert hubspot.batches == [100, 100, 50]


def test_changes_of_one_id_are_united_and_the_later_wins(hubspot: OldHubSpot) -> None:
    rows = [Change("1", {"a": "1", "b": "1"}), Change("2", {"a": "2"}), Change("1", {"b": "3"})]
    outcomes = platform_on(hubspot).write(rows)
    assert [each.id for each in outcomes] == ["1", "2"]
    assert hubspot.values["1"] == {"a": "1", "b": "3"}


def test_one_bad_row_among_a_hundred_stands_alone(hubspot: OldHubSpot) -> None:
    hubspot.rule = lambda _id, _name, value: "INVALID_INTEGER" if value == "x" else None
    outcomes = platform_on(hubspot).write(scores(100, lambda i: "x" if i == 42 else str(i)))
    refused = [each for each in outcomes if each.outcome is not Outcome.DONE]
    assert [each.id for each in refused] == ["42"]
    assert refused[0].outcome is Outcome.REFUSED
    assert isinstance(refused[0].error, PlatformRefused)
    assert refused[0].error.fields == ("trellis_score",)
    assert len(hubspot.values) == 99
    assert len(hubspot.batches) <= 16


def test_an_unknown_property_refuses_all_who_have_it_at_once(hubspot: OldHubSpot) -> None:
    hubspot.rule = lambda _id, name, _value: "PROPERTY_DOESNT_EXIST" if name == "trellis_score" else None
    rows = [*scores(150), *(Change(f"900{i}", {"trellis_stage": "new"}) for i in range(50))]
    outcomes = {each.id: each.outcome for each in platform_on(hubspot).write(rows)}
    assert sum(outcome is Outcome.REFUSED for outcome in outcomes.values()) == 150
    assert sum(outcome is Outcome.DONE for outcome in outcomes.values()) == 50
    assert hubspot.batches == [100, 50]


def test_a_missing_option_is_learned_once(hubspot: OldHubSpot) -> None:
    hubspot.rule = lambda _id, _name, value: "INVALID_OPTION" if value == "hot" else None
    rows = [Change(str(i), {"trellis_stage": "hot" if i % 2 else "new"}) for i in range(100)]
    outcomes = {each.id: each.outcome for each in platform_on(hubspot).write(rows)}
    assert all((outcome is Outcome.REFUSED) == bool(int(i) % 2) for i, outcome in outcomes.items())
    assert len(hubspot.batches) <= 20


def test_who_does_not_write_the_refused_property_is_not_held_up(hubspot: OldHubSpot) -> None:
    hubspot.rule = lambda _id, name, _value: "INVALID_OPTION" if name == "lifecyclestage" else None
    rows = [Change("1", {"lifecyclestage": "x", "trellis_score": "1"}), *scores(60)[1:]]
    outcomes = {each.id: each.outcome for each in platform_on(hubspot).write(rows)}
    assert outcomes.pop("1") is Outcome.REFUSED
    assert set(outcomes.values()) == {Outcome.DONE}
    assert hubspot.batches == [60, 59, 1]


def test_contacts_that_are_gone_are_refused_as_such(hubspot: OldHubSpot) -> None:
    hubspot.unknown = {"2"}
    outcomes = {each.id: each for each in platform_on(hubspot).write(scores(3))}
    assert outcomes["1"].outcome is outcomes["3"].outcome is Outcome.DONE
    error = outcomes["2"].error
    assert isinstance(error, PlatformRefused)
    assert (outcomes["2"].outcome, error.category) == (Outcome.REFUSED, "OBJECT_NOT_FOUND")


def test_a_lost_answer_leaves_its_batch_unknown_and_the_next_is_written(hubspot: OldHubSpot) -> None:
    hubspot.server.faults.add(Fault(ending="drop"))
    outcomes = platform_on(hubspot).write(scores(150))
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
    hubspot: OldHubSpot, status: int, body: dict[str, str], kind: type[Exception]
) -> None:
    hubspot.server.faults.add(Fault(status=status, body=body, times=None))
    outcomes = platform_on(hubspot).write(scores(350))
    assert {each.outcome for each in outcomes} == {Outcome.LATER}
    assert isinstance(outcomes[-1].error, kind)
    assert hubspot.server.calls.total == 1


def test_nothing_to_write_is_no_call(hubspot: OldHubSpot) -> None:
    assert platform_on(hubspot).write([]) == ()
    assert hubspot.server.calls.total == 0
