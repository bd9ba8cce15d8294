"""A task as the way into a track, over real HTTP: what it says, to whom it goes, and never a second one."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from adapters.budget import RateBudget
from adapters.hubspot import HubSpotClient, HubSpotPlatform, Version
from adapters.ports import Deadline, Definition, Enrollment, EnrollmentChannel, Outcome
from adapters.sandbox import Sandbox
from adapters.sandbox.faults import Fault

MARIA = "maria@acme.example"
DUE = datetime(2026, 11, 25, 9, tzinfo=UTC)
TASKS = "objects/tasks|objects/2026-09/tasks"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(mailchimp=False) as world:
        world.hubspot.settings.limits_on = False
        yield world


@pytest.fixture(params=["v3", "2026-09"])
def version(request: pytest.FixtureRequest) -> Version:
    return request.param


@pytest.fixture
def channel(sandbox: Sandbox, version: Version) -> EnrollmentChannel:
    client = HubSpotClient(
        "sandbox-token",
        base_url=sandbox.hubspot_url,
        version=version,
        budget=RateBudget(10_000, 1.0, burst=1000),
        search_budget=RateBudget(10_000, 1.0, burst=1000),
        sleep=lambda _seconds: None,
    )
    port = HubSpotPlatform(client, properties=["firstname"])
    port.define([Definition("trellis_enrolled", "Episodes", "string", "text")])
    return port.task_channel("Write to {name}: by hand")


@pytest.fixture
def maria(sandbox: Sandbox) -> str:
    return sandbox.hubspot.life.add_contact({"email": MARIA})


def row(contact: str, episode: int = 1) -> Enrollment:
    return Enrollment(contact, "hand-written", f"hand-written:{episode}", name="Maria", note="Why: …", due=DUE)


def soon() -> Deadline:
    return Deadline.after(20)


def tasks(sandbox: Sandbox) -> list[dict[str, str]]:
    return [dict(task.values) for task in sandbox.hubspot.shelves["tasks"]]


def marker(sandbox: Sandbox) -> str:
    return sandbox.hubspot.life.person(MARIA).values.get("trellis_enrolled") or ""


def test_a_task_says_whom_why_and_until_when(sandbox, channel, maria):
    assert channel.key == "hubspot:task:Write to {name}: by hand"
    (end,) = channel.enroll([row(maria)], soon())
    assert end.outcome is Outcome.DONE
    (task,) = tasks(sandbox)
    assert (task["hs_task_subject"], task["hs_task_body"]) == ("Write to Maria: by hand", "Why: …")
    assert task["hs_timestamp"].startswith("2026-11-25T09:00")
    assert "hubspot_owner_id" not in task
    assert sandbox.hubspot.associations.of("tasks", int(task["hs_object_id"]), "contacts") == [int(maria)]
    assert marker(sandbox) == "hand-written:1"


def test_it_goes_to_whoever_owns_the_contact(sandbox, channel, maria):
    ana = sandbox.hubspot.add_owner("ana@team.example", "Ana", "Soler")
    sandbox.hubspot.life.set_property(MARIA, "hubspot_owner_id", ana.id)
    channel.enroll([row(maria)], soon())
    assert [task["hubspot_owner_id"] for task in tasks(sandbox)] == [ana.id]


def test_an_owner_who_is_no_user_any_more_keeps_nobody_from_it(sandbox, channel, maria):
    sandbox.hubspot.life.set_property(MARIA, "hubspot_owner_id", "404")
    assert [end.outcome for end in channel.enroll([row(maria)], soon())] == [Outcome.DONE]
    assert ["hubspot_owner_id" in task for task in tasks(sandbox)] == [False]


def test_a_lost_answer_is_unknown_and_stays_so(sandbox, channel, maria):
    sandbox.hubspot_server.faults.add(Fault(method="POST", path=TASKS, ending="drop", apply=True))
    (end,) = channel.enroll([row(maria)], soon())
    assert (end.outcome, marker(sandbox)) == (Outcome.UNKNOWN, "hand-written:1")
    assert channel.entered([row(maria)]) == {maria: None}
    assert len(tasks(sandbox)) == 1


def test_a_refused_task_uses_no_episode_up(sandbox, channel, maria):
    sandbox.hubspot_server.faults.add(
        Fault(method="POST", path=TASKS, status=400, body={"message": "no", "category": "VALIDATION_ERROR"})
    )
    (end,) = channel.enroll([row(maria)], soon())
    assert (end.outcome, marker(sandbox)) == (Outcome.REFUSED, "")
    assert channel.entered([row(maria)]) == {maria: False}
    assert channel.enroll([row(maria)], soon())[0].outcome is Outcome.DONE


def test_leaving_takes_nothing_back(sandbox, channel, maria):
    channel.enroll([row(maria)], soon())
    sandbox.hubspot_server.calls.reset()
    assert [end.outcome for end in channel.leave([row(maria)], soon())] == [Outcome.DONE]
    assert sandbox.hubspot_server.calls.total == 0
    assert len(tasks(sandbox)) == 1


def test_a_row_without_a_day_is_a_mistake(channel, maria):
    with pytest.raises(ValueError, match="due"):
        channel.enroll([Enrollment(maria, "hand-written", "hand-written:1")], soon())
