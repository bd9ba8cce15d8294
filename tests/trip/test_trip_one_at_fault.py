"""What one outage, one person or one clock leaves behind must not last, and costs nobody else anything."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from adapters.sandbox.faults import Fault
from connector.steps import sync as steps

FINANCE = "finance-consideration"
HAND_WRITTEN = "Trellis: Ready for a hand-written mail"
DEMO = "https://www.brightledger.example/demo"


def work(world):
    world.end_pauses()
    return steps.work(world.parts)


def cured(world):
    world.sandbox.hubspot_server.faults.clear()
    world.sandbox.mailchimp_server.faults.clear()


def record_id(world, email):
    return str(world.sandbox.hubspot.life.person(email).id)


def lost_answers(world, leads, channel):
    """These leads are due for a track whose channel's answer is lost after it took effect: all are unknown."""
    world.sandbox.hubspot_server.faults.add(Fault(**channel, ending="drop", apply=True))
    world.pass_time(minutes=1)
    world.sync()
    assert [world.intents(lead)[-1][0] for lead in leads] == ["unknown"] * len(leads)


def test_one_of_whom_nobody_can_tell_keeps_no_other_list_member_unknown(world):
    """HubSpot stumbles over the lists of one contact, pass after pass."""
    world.settle()
    title = "Chief operations officer"  # in no segment, whose list would lose the answer
    leads = [world.new_lead(key, form="Pricing guide", title=title) for key in ("carla", "dora", "elena")]
    lost_answers(world, leads, {"method": "PUT", "path": "memberships/add"})
    by_number = sorted(leads, key=world.contact)
    bad = record_id(world, by_number[0])
    world.sandbox.hubspot_server.faults.add(Fault(path=f"/{bad}/memberships", status=500, apply=False, times=None))
    for _ in range(2):
        world.next_pass()
    assert [world.intents(lead)[0][0] for lead in by_number] == ["unknown", "accepted", "accepted"]


def test_one_of_whom_nobody_can_tell_keeps_no_other_property_unknown(world):
    """HubSpot refuses to read a batch in which one contact is."""
    leads = [world.new_lead(key) for key in ("carla", "dora", "elena")]
    lost_answers(world, leads, {"method": "POST", "path": "contacts/batch/update", "after": 1})
    bad = record_id(world, leads[1])
    world.sandbox.hubspot_server.faults.add(
        Fault(path="contacts/batch/read", containing=f'"{bad}"', status=500, apply=False, times=None)
    )
    for _ in range(2):
        world.next_pass()
    assert [world.intents(lead)[0][0] for lead in leads] == ["accepted", "unknown", "accepted"]


def test_who_was_marked_but_not_tagged_is_tagged_once_though_she_was_judged_in_between(world):
    """The marker is written before the tag, and read back before the tag could be set."""
    dora = world.new_member("dora")
    world.sandbox.mailchimp_server.faults.add(
        Fault(method="POST", path="/members/.*/tags", status=429, body={"title": "Too Many Requests"}, times=None)
    )
    world.pass_time(minutes=1)
    steps.sync(world.parts)
    assert world.member(dora)["merge_fields"]["TRACKMARK"] == f"{FINANCE}:1"
    assert world.entered(dora) == []
    world.sandbox.mailchimp.life.edit_profile(dora, {"FNAME": "Dorotea"})
    world.next_pass()
    cured(world)
    for _ in range(3):
        world.next_pass()
    assert [one.email for one in world.entered(dora)] == [dora]
    assert world.member(dora)["merge_fields"]["TRACKMARK"] == f"{FINANCE}:1"


def test_an_enrollment_that_an_outage_put_off_is_not_made_at_night(world):
    carla = world.new_lead("carla")
    fault = Fault(method="POST", path="contacts/batch/update", status=503, body={"message": "x"}, times=None)
    world.sandbox.hubspot_server.faults.add(fault)
    world.next_pass()
    cured(world)
    for _ in range(3):
        world.next_pass(hours=7)  # from seven in the evening on
        assert world.entered(carla) == []
        world.sandbox.clock.advance(timedelta(hours=-4))
    world.next_pass(hours=13)
    assert [one.email for one in world.entered(carla)] == [carla]


def test_a_hand_over_outlives_a_token_that_was_refused_over_a_weekend(world):
    maria = world.email("maria")
    world.sandbox.hubspot_server.faults.add(
        Fault(path="objects/tasks|/owners", status=401, body={"category": "INVALID_AUTHENTICATION"}, times=None)
    )
    world.sandbox.hubspot.life.fill_form(maria, "Demo request", {}, DEMO)
    world.flush()
    for _ in range(3):
        world.next_pass(days=1)
    assert world.stage(maria) == "hot"
    cured(world)
    for _ in range(2):
        world.next_pass()
    assert len(list(world.sandbox.hubspot.shelves["tasks"])) == 1


@pytest.fixture
def cautious(make_world):
    return make_world(edits={"tracks.yaml": ("share: 10%, count: 500", "share: 10%, count: 3")})


def test_who_is_told_of_on_one_platform_is_no_second_move_on_the_other_that_is_away(cautious):
    """Three may move. Two have, at HubSpot; that Mailchimp has not been told yet leaves room for a third."""
    world = cautious
    both = [world.new_lead("carla"), world.new_lead("dora")]
    for email in both:
        world.sandbox.mailchimp.life.subscribe(email)
    world.sandbox.mailchimp_server.faults.add(Fault(method="PATCH", status=503, body="away", times=None))
    world.next_pass()
    assert [world.hubspot(email).get("trellis_stage") for email in both] == ["nurture", "nurture"]
    elena = world.new_lead("elena")
    world.next_pass()
    assert world.hubspot(elena).get("trellis_stage") == "nurture"
    assert world.rows("SELECT id FROM intent WHERE state = 'held'") == []


def test_what_became_unknown_before_the_clock_was_set_back_is_looked_into_all_the_same(world):
    carla = world.new_lead("carla")
    lost_answers(world, [carla], {"method": "POST", "path": "contacts/batch/update", "after": 1})
    ahead = "UPDATE intent SET sending_at = sending_at + interval '5 hours' WHERE kind = 'enroll'"
    with world.store.engine.begin() as conn:
        conn.execute(text(ahead))
    for _ in range(3):
        world.next_pass()
    assert world.intents(carla) == [("accepted", "")]


def test_one_over_whom_a_whole_batch_stumbles_keeps_nobody_elses_enrollment(world):
    """HubSpot answers 500 to every enrollment in which one contact is, and writes none of them."""
    leads = [world.new_lead(key) for key in ("carla", "dora", "elena")]
    bad = record_id(world, leads[1])
    enrolls = f'"{bad}", "properties": {{"trellis_track"'
    fault = world.sandbox.hubspot_server.faults.add(
        Fault(path="contacts/batch/update", containing=enrolls, status=500, apply=False, times=None)
    )
    for _ in range(4):
        world.next_pass()
    assert fault.hits > 1
    assert sorted(one.email for one in world.entered()) == [leads[0], leads[2]]


def test_nobody_is_kept_on_a_track_by_one_of_whom_hubspot_cannot_tell(world):
    leads = [world.new_lead(key) for key in ("carla", "dora", "elena")]
    world.next_pass()
    assert len(world.entered()) == 3
    bad = record_id(world, leads[1])
    for lead in leads:
        world.sandbox.hubspot.life.win_deal(lead)
    fault = world.sandbox.hubspot_server.faults.add(
        Fault(path="contacts/batch/read", containing=f'"{bad}"', status=500, apply=False, times=None)
    )
    for _ in range(2):
        world.next_pass()
    assert fault.hits
    assert [world.hubspot(lead).get("trellis_track") == FINANCE for lead in leads] == [False, True, False]


def test_one_over_whom_every_write_stumbles_keeps_nobody_else_unwritten(world):
    """HubSpot answers 500 to every batch of values in which one contact is, and writes none of them."""
    leads = [world.new_lead(key) for key in ("carla", "dora", "elena", "fina", "gina", "hana")]
    bad = record_id(world, leads[1])
    world.sandbox.hubspot_server.faults.add(
        Fault(path="contacts/batch/update", containing=f'"{bad}"', status=500, apply=False, times=None)
    )
    for _ in range(4):
        world.next_pass()
    assert [bool(world.hubspot(lead).get("trellis_score")) for lead in leads] == [lead != leads[1] for lead in leads]
    assert sorted(one.email for one in world.entered()) == sorted({*leads} - {leads[1]})


def test_moves_that_wait_for_a_platform_that_was_switched_off_leave_room_for_others(cautious):
    world = cautious
    members = [world.new_member(key) for key in ("carla", "dora", "elena")]
    world.sandbox.mailchimp_server.faults.add(Fault(method="PATCH", status=503, body="away", times=None))
    world.next_pass()
    assert all(world.stage(member) == "nurture" for member in members)
    off = replace(world.parts, mailchimp={})
    fina = world.new_lead("fina")
    world.pass_time(minutes=5)
    world.end_pauses()
    steps.sync(off)
    assert world.hubspot(fina).get("trellis_stage") == "nurture"


def test_one_broken_endpoint_keeps_nobody_from_being_written_and_enrolled(world):
    """Submissions of forms cannot be read; everything else of HubSpot works."""
    carla = world.new_lead("carla")
    fault = world.sandbox.hubspot_server.faults.add(
        Fault(path="form-integrations|submissions", status=503, body={"message": "x"}, apply=False, times=None)
    )
    for _ in range(3):
        world.next_pass()
        world.end_pauses()
        steps.work(world.parts)
    assert fault.hits
    assert world.hubspot(carla).get("trellis_score")


def test_a_baseline_of_which_something_could_not_be_read_writes_nothing_there(make_world):
    world = make_world(baseline=False)
    world.sandbox.hubspot_server.faults.add(
        Fault(path="form-integrations|submissions", status=503, body={"message": "x"}, apply=False, times=None)
    )
    summary = steps.sync(world.parts)
    assert (summary.baseline, [one.platform for one in summary.errors]) == (True, ["hubspot"])
    assert not any(values.get("trellis_score") for values in world.portal().values())
