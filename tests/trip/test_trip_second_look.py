"""What a second reading of the steps found: each was wrong once."""

from __future__ import annotations

import pytest

from adapters.sandbox.faults import Fault
from connector.steps.deliver import deliver
from connector.steps.judge import judge_all
from connector.steps.reading import read_all
from connector.steps.sync import work
from connector.store import inbox


def test_a_company_s_erasure_does_not_erase_the_contact_of_the_same_number(world):
    email = world.new_lead("carla")
    world.flush()
    world.work()
    number = int(world.sandbox.hubspot.life.person(email).id)
    event = {"portalId": 1, "subscriptionType": "company.privacyDeletion", "objectId": number, "occurredAt": 1}
    assert world.post([event]) < 300
    world.work()
    assert world.contact(email)


def test_an_outage_uses_up_no_delivery_s_attempts_and_the_other_platform_s_go_on(world):
    unsubscriber = world.new_member("olga")
    world.sync()
    world.sandbox.hubspot_server.faults.add(
        Fault(
            method="POST", path="contacts/batch/read", times=None, status=401, body={"message": "no", "category": "X"}
        )
    )
    world.new_lead("carla")
    world.sandbox.mailchimp.life.unsubscribe(unsubscriber)
    world.flush()
    for _ in range(7):  # more passes than a delivery has attempts
        world.end_pauses()
        summary = work(world.parts)
        assert [error.platform for error in summary.errors] == ["hubspot"]
    assert world.stage(unsubscriber) == "suppressed"
    with world.store.engine.connect() as conn:
        assert not inbox.list_deliveries(conn, state="failed")
    world.sandbox.hubspot_server.faults.clear()
    world.end_pauses()
    world.pass_time(minutes=5)  # a token that was refused is tried again by the next poll
    world.work()
    with world.store.engine.connect() as conn:
        assert inbox.waiting(conn) == 0
    assert world.entered("carla@carlaworks.example")


def test_an_address_that_has_changed_is_asked_for_under_its_new_name(world):
    """She is known at Mailchimp under the old address; under the new one somebody there has unsubscribed."""
    email = world.new_lead("carla")
    world.sandbox.mailchimp.life.subscribe(email)
    moved = "carla@elsewhereworks.example"
    world.pass_time(seconds=30)
    read_all(world.parts, full=False)
    judge_all(world.parts, baseline=False)
    world.sandbox.mailchimp.life.subscribe(moved)
    world.sandbox.mailchimp.life.unsubscribe(moved)
    world.sandbox.hubspot.life.set_property(email, "email", moved)
    deliver(world.parts, [])
    assert not world.entered(email)
    assert not world.entered(moved)
    assert world.rows("SELECT state FROM intent WHERE kind = 'enroll' AND reason LIKE '%opted_out%'")


def test_a_marker_of_a_member_whom_we_have_not_met_counts(world):
    email = world.new_lead("carla")
    world.pass_time(seconds=30)
    read_all(world.parts, full=False)
    judge_all(world.parts, baseline=False)
    world.sandbox.mailchimp.life.subscribe(email, merge_fields={"TRACKMARK": "finance-consideration:3"})
    deliver(world.parts, [])
    assert not world.entered(email)


@pytest.mark.parametrize("subscription", ["", "4711"], ids=["from everything", "from this type"])
def test_a_no_at_hubspot_counts_for_a_member_whom_only_mailchimp_knew(world, subscription):
    email = world.new_member("olga")
    world.pass_time(seconds=30)
    read_all(world.parts, full=False)
    judge_all(world.parts, baseline=False)
    world.sandbox.hubspot.life.add_contact({"email": email})
    world.sandbox.hubspot.life.unsubscribe(email, subscription)
    deliver(world.parts, [])
    assert not world.entered(email)
    assert [state for state, _ in world.intents(email)] == ["refused"]


def test_a_hand_over_that_the_portal_has_no_time_for_is_made_later(world):
    email = world.new_lead("carla", form="Demo request")
    world.sandbox.hubspot_server.faults.add(Fault(method="GET", path="/owners", times=None, status=403, body={}))
    world.pass_time(seconds=30)
    world.sync()
    assert world.intents(email, "handover") != []
    assert {state for state, _ in world.intents(email, "handover")} == {"pending"}
    world.sandbox.hubspot_server.faults.clear()
    world.end_pauses()
    world.sync()
    assert [state for state, _ in world.intents(email, "handover")] == ["accepted"]
