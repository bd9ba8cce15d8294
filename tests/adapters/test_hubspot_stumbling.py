"""Values of a batch to which HubSpot answers 500: whoever is at fault is found, and everybody else is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from adapters.budget import RateBudget
from adapters.hubspot.client import HubSpotClient
from adapters.hubspot.platform import HubSpotPlatform
from adapters.ports import Change, Outcome
from adapters.sandbox import Clock, Sandbox
from adapters.sandbox.faults import Fault

NOW = datetime(2026, 11, 24, 11, tzinfo=UTC)
PEOPLE = 250

Stumble = Callable[[str], Fault]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Clock(NOW), mailchimp=False) as one:
        one.hubspot.settings.limits_on = False
        yield one


@pytest.fixture
def changes(sandbox: Sandbox) -> list[Change]:
    ids = [sandbox.hubspot.life.add_contact({"email": f"p{n}@acme.example"}) for n in range(PEOPLE)]
    return [Change(one, {"jobtitle": "CFO"}) for one in ids]


@pytest.fixture
def stumble(sandbox: Sandbox) -> Stumble:
    """Batches answer 500, those with this text in their body only, and take nothing."""

    def at(containing: str) -> Fault:
        fault = Fault(path="batch/update", containing=containing, status=500, apply=False, times=None)
        return sandbox.hubspot_server.faults.add(fault)

    return at


@pytest.fixture
def hubspot(sandbox: Sandbox) -> HubSpotPlatform:
    budgets = [RateBudget(10_000, 1.0, burst=1000) for _ in range(2)]
    client = HubSpotClient(
        "sandbox-token", base_url=sandbox.hubspot_url, version="v3", budget=budgets[0], search_budget=budgets[1]
    )
    return HubSpotPlatform(client, properties=["jobtitle"])


def test_two_bad_ones_are_found_in_few_calls(
    hubspot: HubSpotPlatform, changes: list[Change], stumble: Stumble, sandbox: Sandbox
) -> None:
    bad = {changes[7].id, changes[130].id}
    for one in bad:
        stumble(f'"{one}"')
    outcomes = hubspot.write(changes)
    assert [one.id for one in outcomes] == [change.id for change in changes]
    assert {one.id for one in outcomes if one.outcome is not Outcome.DONE} == bad
    assert {one.outcome for one in outcomes if one.id in bad} == {Outcome.UNKNOWN}
    assert sandbox.hubspot_server.calls.total <= 3 + 2 * 2 * 8


@pytest.mark.parametrize(("rows", "calls"), [(80, 1 + 6), (PEOPLE, 3)])
def test_a_hubspot_that_takes_nobody_is_soon_left_alone(
    hubspot: HubSpotPlatform, changes: list[Change], stumble: Stumble, rows: int, calls: int
) -> None:
    fault = stumble("")
    assert {one.outcome for one in hubspot.write(changes[:rows])} == {Outcome.UNKNOWN}
    assert fault.hits == calls
