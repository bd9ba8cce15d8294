"""A lifecycle stage whose write was lost, gave way or came late is written all the same, and what a person sets stays."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adapters.sandbox.faults import Fault
from connector.steps import sync as steps
from connector.steps.judge import judge_all
from connector.store import state

MQL, SQL = "marketingqualifiedlead", "salesqualifiedlead"
PRICING = "https://www.brightledger.example/pricing"
BOTH_WAYS = {
    "fields.yaml": ("when: forward, owner: platform", "when: both, owner: trellis"),
    "stages.yaml": ("leave_below: 14", "leave_below: 14\n    lifecycle: lead"),
}


def fail_writes(world, *, after=0, times=None):
    """HubSpot is away for writes of values, from some write on."""
    world.sandbox.hubspot_server.faults.add(
        Fault(
            method="POST", path="contacts/batch/update", status=503, body={"message": "away"}, times=times, after=after
        )
    )


def test_a_lifecycle_that_was_emptied_on_its_way_back_is_filled_by_the_next_pass(make_world):
    world = make_world(edits=BOTH_WAYS)
    carla = world.new_lead("carla")
    world.next_pass()
    world.sandbox.hubspot.life.visit_page(carla, PRICING)
    world.next_pass()
    assert world.hubspot(carla)["lifecyclestage"] == MQL
    for _ in range(20):
        world.sandbox.hubspot_server.faults.clear()
        before = world.stage(carla)
        fail_writes(world, after=1)
        world.next_pass(days=7)
        if (before, world.stage(carla)) == ("qualified", "nurture"):
            break
    assert world.hubspot(carla)["lifecyclestage"] == ""
    world.sandbox.hubspot_server.faults.clear()
    for _ in range(2):
        world.next_pass()
    assert world.hubspot(carla)["lifecyclestage"] == "lead"


def test_what_a_person_sets_after_a_write_past_midnight_stays(world):
    """In Madrid it is past midnight, in UTC still the day before."""
    carla, life = world.new_lead("carla"), world.sandbox.hubspot.life
    world.next_pass()
    world.pass_time(hours=12, minutes=5)
    life.visit_page(carla, PRICING)
    world.next_pass()
    assert (world.stage(carla), world.hubspot(carla)["lifecyclestage"]) == ("qualified", MQL)
    for name, value in (("lifecyclestage", "lead"), ("jobtitle", "Chief Financial Officer")):
        life.set_property(carla, name, value)
        world.next_pass()
    assert (world.stage(carla), world.hubspot(carla)["lifecyclestage"]) == ("qualified", "lead")


@pytest.mark.parametrize("form", ["Pricing guide", "Newsletter"], ids=["placed", "risen"])
def test_the_lifecycle_of_a_write_that_gave_way_to_a_newer_one_is_still_written(world, form):
    carla, life = world.new_lead("carla", form=form), world.sandbox.hubspot.life
    if form == "Newsletter":
        world.next_pass()
        life.visit_page(carla, PRICING)
    fail_writes(world)
    world.next_pass()
    assert world.stage(carla) == "qualified"
    assert world.hubspot(carla)["lifecyclestage"] == "lead"
    life.set_property(carla, "jobtitle", "Chief Financial Officer")
    world.next_pass()
    world.sandbox.hubspot_server.faults.clear()
    for _ in range(2):
        world.next_pass()
    assert world.hubspot(carla)["lifecyclestage"] == MQL


def test_a_second_rise_on_one_day_moves_the_lifecycle_though_its_write_gave_way(make_world):
    world = make_world(edits={"stages.yaml": ("handover: true ", f"lifecycle: {SQL}\n    handover: true ")})
    carla, life = world.new_lead("carla"), world.sandbox.hubspot.life
    world.next_pass()
    life.visit_page(carla, PRICING)
    world.next_pass()
    assert world.hubspot(carla)["lifecyclestage"] == MQL
    life.fill_form(carla, "Demo request", {}, PRICING)
    fail_writes(world)
    world.next_pass()
    assert world.stage(carla) == "hot"
    life.set_property(carla, "jobtitle", "Chief Financial Officer")
    world.next_pass()
    world.sandbox.hubspot_server.faults.clear()
    for _ in range(2):
        world.next_pass()
    assert world.hubspot(carla)["lifecyclestage"] == SQL


def test_a_lifecycle_that_we_wrote_is_a_fact_that_rules_are_asked_of(make_world):
    world = make_world(
        edits={
            "stages.yaml": (
                "  customer: {when",
                f"  with_marketing: {{when: {{lifecycle: {MQL}}}}}\n  customer: {{when",
            )
        }
    )
    carla = world.new_lead("carla", form="Pricing guide")
    world.next_pass()
    assert world.hubspot(carla)["lifecyclestage"] == MQL
    world.next_pass()
    assert world.stage(carla) == "with_marketing"


@pytest.mark.parametrize("many", [0, 10_000], ids=["screened", "singly"])
def test_a_lifecycle_that_is_newly_mapped_follows_those_who_have_risen(make_world, many):
    """She is on no track, and nothing else of her is worth a write."""
    for_nobody = {"tracks.yaml": ("when: {stage: qualified}", "when: {stage: qualified, country: nowhere}")}
    unmapped = {**for_nobody, "stages.yaml": (f"    lifecycle: {MQL}", "    #")}
    world = make_world(count=12, edits=unmapped)
    carla, rita, life = world.new_lead("carla"), world.new_lead("rita"), world.sandbox.hubspot.life
    for email in (carla, rita):
        life.unsubscribe(email, "4711")
    world.next_pass()
    for email in (carla, rita):
        life.visit_page(email, PRICING)
    life.set_property(rita, "lifecyclestage", "opportunity")
    world.next_pass()
    assert (world.stage(carla), world.hubspot(carla)["lifecyclestage"]) == ("qualified", "lead")
    world.settle()
    other = make_world(count=3, edits=for_nobody).rulebook
    parts = replace(world.parts, rulebook=other)
    with parts.engine.begin() as conn:
        state.activate(conn, other.hash, other.source, parts.now())
    judge_all(parts, baseline=False, many=many)
    steps.work(parts)
    assert [world.hubspot(email)["lifecyclestage"] for email in (carla, rita)] == [MQL, "opportunity"]
