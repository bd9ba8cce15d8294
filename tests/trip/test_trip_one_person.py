"""One person on both platforms: her no counts on both, also right after her address changed or two of her were merged."""

import pytest

from connector.steps.audit import audit
from connector.store import failures


def conflicts(world):
    with world.store.engine.connect() as conn:
        return failures.list_failures(conn, step="identity")


def change_at_hubspot(world, email, new):
    world.sandbox.hubspot.life.set_property(email, "email", new)


def change_at_mailchimp(world, email, new):
    world.sandbox.mailchimp.life.change_email(email, new)


@pytest.mark.parametrize("change", [change_at_hubspot, change_at_mailchimp])
@pytest.mark.parametrize("where", ["hubspot", "mailchimp"])
def test_a_no_on_either_platform_counts_right_after_her_address_changed_on_one(world, change, where):
    carla, dora = world.new_lead("carla"), world.new_lead("dora")
    for key in ("carla", "dora"):
        world.new_member(key)
    world.judge()
    new = "carla@elsewhere.example"
    change(world, carla, new)
    if where == "hubspot":
        world.sandbox.hubspot.life.unsubscribe(new if change is change_at_hubspot else carla)
    else:
        world.sandbox.mailchimp.life.unsubscribe(new if change is change_at_mailchimp else carla)
    world.deliver()
    assert {one.email for one in world.entered()} == {dora}
    world.end_pauses()
    for _ in range(2):
        world.pass_time(minutes=5)
        world.sync()
    assert {one.email for one in world.entered()} == {dora}
    assert conflicts(world) == []


def test_the_no_of_whoever_has_her_new_address_counts(world):
    """At Mailchimp that is another member, whom nobody takes for her; but the mail would go there."""
    carla, new = world.new_lead("carla"), "carla@elsewhere.example"
    world.new_member("carla")
    world.sandbox.mailchimp.life.subscribe(new)
    world.sandbox.mailchimp.life.unsubscribe(new)
    world.judge()
    change_at_hubspot(world, carla, new)
    world.deliver()
    world.end_pauses()
    for _ in range(2):
        world.pass_time(minutes=5)
        world.sync()
    assert world.entered() == []
    (conflict,) = conflicts(world)
    assert (conflict.source, "@" in conflict.reason) == ("hubspot", False)
    world.sandbox.mailchimp.life.archive(new)
    world.pass_time(minutes=5)
    world.sync(full=True)
    assert conflicts(world) == []


def test_two_members_of_one_merged_contact_are_listed_until_one_is_archived_and_nobody_is_mailed_twice(world):
    carla, dora = world.new_lead("carla"), world.new_lead("dora")
    for key in ("carla", "dora"):
        world.new_member(key)
    world.pass_time(minutes=5)
    world.sync()
    entered = len(world.entered())
    world.sandbox.hubspot.life.merge(carla, dora)
    for _ in range(2):
        world.pass_time(minutes=5)
        world.sync()
    (conflict,) = conflicts(world)
    assert (conflict.source, conflict.platform_id) == ("mailchimp:main", world.member(dora)["contact_id"])
    assert conflict.contact == world.contact(carla)
    duplicates = {one.key: one for one in audit(world.parts, 5).sections}["duplicates"]
    said = {line.what: line.named for line in duplicates.lines}
    pair = f"#{world.contact(carla)} = #{world.contact(dora)}"
    assert said["the other's address is an additional one at hubspot"] == (pair,)
    assert len(world.entered()) == entered
    world.sandbox.mailchimp.life.archive(dora)
    world.pass_time(minutes=5)
    world.sync(full=True)
    assert conflicts(world) == []


def test_an_address_that_has_changed_is_asked_for_under_its_new_name(world):
    """She is known at Mailchimp under the old address; under the new one somebody there has unsubscribed."""
    email = world.new_lead("carla")
    world.sandbox.mailchimp.life.subscribe(email)
    moved = "carla@elsewhereworks.example"
    world.judge()
    world.sandbox.mailchimp.life.subscribe(moved)
    world.sandbox.mailchimp.life.unsubscribe(moved)
    world.sandbox.hubspot.life.set_property(email, "email", moved)
    world.deliver()
    assert not world.entered(email)
    assert not world.entered(moved)
    assert world.rows("SELECT state FROM intent WHERE kind = 'enroll' AND reason LIKE '%opted_out%'")


def test_a_marker_of_a_member_whom_we_have_not_met_counts(world):
    email = world.new_lead("carla")
    world.judge()
    world.sandbox.mailchimp.life.subscribe(email, merge_fields={"TRACKMARK": "finance-consideration:3"})
    world.deliver()
    assert not world.entered(email)


@pytest.mark.parametrize("subscription", ["", "4711"], ids=["from everything", "from this type"])
def test_a_no_at_hubspot_counts_for_a_member_whom_only_mailchimp_knew(world, subscription):
    email = world.new_member("olga")
    world.judge()
    world.sandbox.hubspot.life.add_contact({"email": email})
    world.sandbox.hubspot.life.unsubscribe(email, subscription)
    world.deliver()
    assert not world.entered(email)
    assert [state for state, _ in world.intents(email)] == ["refused"]
