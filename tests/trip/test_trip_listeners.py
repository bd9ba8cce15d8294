"""A track whose listener is verified: nobody enters while no workflow hears it, and whoever waited enters when one does."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.sandbox.faults import Fault
from connector.nurturing.intents import Hearing
from connector.steps import portal
from connector.steps import sync as steps
from connector.steps.explain import explain
from connector.store import failures, outbox

FINANCE, FLOW = "finance-consideration", "Finance: consideration"
WAY = "{hubspot: {property: trellis_track}, listener: "
VERIFIED = {"tracks.yaml": (f"{WAY}confirmed, exit: confirmed}}", f"{WAY}verified, exit: verified}}")}
FLOWS = "GET /automation/v4/flows"


@pytest.fixture
def world(make_world):
    return make_world(edits=VERIFIED)


def flow(world):
    found = world.sandbox.hubspot.workflows.find(FLOW)
    assert found is not None
    return found


def deaf(world) -> bool:
    return (FINANCE, "hubspot:property:trellis_track") in portal.hearing(world.parts).deaf


def one_pass(world, **time):
    world.pass_time(**(time or {"hours": 1, "minutes": 1}))
    return world.sync()


def said(world, email: str) -> str:
    explained = explain(world.parts, email)
    assert explained is not None
    return " ".join(one.says for one in explained.tracks if one.track == FINANCE)


def noted(world) -> list[str]:
    with world.store.engine.connect() as conn:
        return [one.reason for one in failures.list_failures(conn, step="read") if one.platform_id == "workflows"]


def held(world):
    with world.store.engine.connect() as conn:
        return outbox.list_held(conn)


def test_while_the_workflow_is_off_nobody_enters_and_who_waited_enters_when_it_is_on(world):
    assert not deaf(world)
    flow(world).enabled = False
    one_pass(world)
    carla = world.new_lead("carla")
    one_pass(world, minutes=5)
    assert deaf(world)
    assert (world.entered(carla), world.intents(carla)) == ([], [])
    assert world.hubspot(carla).get("trellis_track", "") == ""
    waits = said(world, carla)
    flow(world).enabled = True
    one_pass(world)  # nothing is told of her: that she is heard now is what makes her be looked at again
    assert [one.flow_name for one in world.entered(carla)] == [FLOW]
    assert waits != said(world, carla)


def test_who_was_about_to_enter_does_not_when_the_workflow_is_switched_off(world):
    world.pass_time(hours=9)  # evening in Madrid: whoever is chosen now enters in the morning
    carla = world.new_lead("carla")
    one_pass(world, minutes=5)
    assert [state for state, _ in world.intents(carla)] == ["pending"]
    flow(world).enabled = False
    one_pass(world, hours=12)
    assert world.entered(carla) == []
    assert [state for state, _ in world.intents(carla)] == ["superseded"]


def test_a_pass_looks_at_most_once_an_hour_and_one_by_hand_always(world):
    one_pass(world)
    world.forget_calls()
    one_pass(world, minutes=20)
    one_pass(world, minutes=20)
    assert FLOWS not in world.calls()["hubspot"]
    one_pass(world, minutes=21)
    assert world.calls()["hubspot"][FLOWS] == 1
    steps.sync(world.parts, by_hand=True)
    assert world.calls()["hubspot"][FLOWS] == 2


def test_where_no_track_waits_to_be_heard_a_pass_by_hand_looks_hourly_too(make_world):
    world = make_world()
    one_pass(world)
    world.forget_calls()
    steps.sync(world.parts, by_hand=True)
    assert FLOWS not in world.calls()["hubspot"]
    assert sum(world.calls()["hubspot"].values()) <= 3, "nothing has changed"


def test_a_clock_that_was_ahead_keeps_nobody_from_looking(world):
    world.pass_time(days=3)
    world.sync()
    world.sandbox.clock.advance(-timedelta(days=3))
    world.forget_calls()
    world.sync()
    assert world.calls()["hubspot"][FLOWS] == 1
    assert not deaf(world)


def test_a_lost_scope_costs_nothing_for_a_day_and_then_nobody_enters(world):
    settings = world.sandbox.hubspot.settings
    settings.scopes -= {"automation"}
    one_pass(world)
    (reason,) = noted(world)
    assert "after 24 h nobody enters where the listener is to be verified" in reason
    assert not deaf(world)
    carla = world.new_lead("carla")
    one_pass(world, minutes=5)
    assert [one.flow_name for one in world.entered(carla)] == [FLOW]
    for _ in range(3):
        one_pass(world, hours=8)
    assert deaf(world)
    dora = world.new_lead("dora")
    one_pass(world, minutes=5)
    assert world.entered(dora) == []
    settings.scopes |= {"automation"}
    one_pass(world)
    assert [one.flow_name for one in world.entered(dora)] == [FLOW]
    assert noted(world) == []


@pytest.mark.parametrize(
    ("status", "body", "asked"), [(403, {"category": "MISSING_SCOPES"}, [1, 0, 0]), (503, {"message": "x"}, [1, 1, 1])]
)
def test_what_is_refused_is_asked_hourly_and_what_gets_no_answer_at_each_pass(world, status, body, asked):
    fault = Fault(path="v4/flows", status=status, body=body, times=None)
    world.sandbox.hubspot_server.faults.add(fault)
    world.pass_time(hours=1)
    told = []
    for _ in range(3):
        world.forget_calls()
        one_pass(world, minutes=5)
        told.append(min(1, world.calls()["hubspot"].get(FLOWS, 0)))  # one attempt may be several calls
    assert told == asked
    assert not deaf(world)


def test_without_anything_to_verify_a_portal_that_may_not_be_read_is_no_failure(make_world):
    def close(sandbox, _population):
        sandbox.hubspot.settings.scopes -= {"automation"}

    world = make_world(before=close)
    carla = world.new_lead("carla")
    one_pass(world)
    assert [one.flow_name for one in world.entered(carla)] == [FLOW]
    assert (noted(world), portal.hearing(world.parts)) == ([], Hearing())


# ---------------------------------------------------------------- writes that enroll

MAX_3 = {"tracks.yaml": ("enrollments: 500}", "enrollments: 3}")}


def add_listener(world, name: str, values: list[str]):
    with world.sandbox.hubspot.lock:
        return world.sandbox.hubspot.workflows.add("A marketer's", property=name, values=values, mails=["hello"])


def test_writes_that_a_workflow_hears_count_like_enrollments(make_world):
    """Three may be let in a day, by us or by what we write. A fourth write waits; so do the enrollments."""
    world = make_world(edits=MAX_3)
    add_listener(world, "trellis_stage", ["nurture"])
    one_pass(world)
    leads = [world.new_lead(name) for name in ("carla", "dora", "elsa", "fani")]
    one_pass(world, minutes=5)
    assert len(world.entered(flow="A marketer's")) == 3
    assert world.entered(flow=FLOW) == []
    waiting = held(world)
    assert [one.kind for one in waiting].count("write") == 1
    assert [one.kind for one in waiting].count("enroll") == 4
    (write,) = (one for one in waiting if one.kind == "write")
    assert write.reason == "a workflow hears it, and more enrollments in 24 h than the guard allows"
    with world.store.engine.begin() as conn:
        assert outbox.approve(conn, write.id, world.parts.now())
    one_pass(world, minutes=5)
    assert sorted(one.email for one in world.entered(flow="A marketer's")) == sorted(leads)


def test_a_value_that_nobody_hears_is_no_enrollment(make_world):
    world = make_world(edits=MAX_3)
    off = add_listener(world, "trellis_stage", ["nurture"])
    off.enabled = False
    add_listener(world, "trellis_stage", ["hot"])
    one_pass(world)
    leads = [world.new_lead(name) for name in ("carla", "dora", "elsa", "fani")]
    one_pass(world, minutes=5)
    assert all(world.hubspot(lead)["trellis_stage"] == "nurture" for lead in leads)
    assert [one.kind for one in held(world)] == ["enroll"]


def test_the_first_values_of_a_whole_portal_wait_where_somebody_hears_them(make_world):
    """A baseline writes a score to everybody: whoever that lets in would be mailed at once."""

    def listen(sandbox, _population):
        with sandbox.hubspot.lock:
            sandbox.hubspot.workflows.add("Welcome", property="trellis_stage", values=["new", "nurture"], mails=["hi"])

    world = make_world(edits=MAX_3, before=listen)
    assert len(world.entered(flow="Welcome")) == 3
    assert {one.kind for one in held(world)} == {"write"}
    assert len(held(world)) > 3
