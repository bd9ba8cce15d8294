"""What a third reading found, once nobody was judged every day any more: each was wrong once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adapters.sandbox.faults import Fault
from connector.steps import sync as steps
from connector.steps.explain import explain
from connector.steps.judge import judge_all
from connector.steps.reading import read_all
from connector.store import outbox, state

MQL, SQL = "marketingqualifiedlead", "salesqualifiedlead"
FINANCE = "finance-consideration"
HAND_WRITTEN = "Trellis: Ready for a hand-written mail"
PRICING = "https://www.brightledger.example/pricing"
BOTH_WAYS = {
    "fields.yaml": ("when: forward, owner: platform", "when: both, owner: trellis"),
    "stages.yaml": ("leave_below: 14", "leave_below: 14\n    lifecycle: lead"),
}
ALL_OF_FINANCE = {"tracks.yaml": ("when: {stage: nurture, persona: finance_lead}", "when: {persona: finance_lead}")}


def one_pass(world, **delta):
    """Some time goes by, and the next pass; platforms may fail in it."""
    world.pass_time(**(delta or {"minutes": 5}))
    world.end_pauses()
    return steps.sync(world.parts)


def fail_writes(world, *, after=0, times=None):
    """HubSpot is away for writes of values, from some write on."""
    world.sandbox.hubspot_server.faults.add(
        Fault(
            method="POST", path="contacts/batch/update", status=503, body={"message": "away"}, times=times, after=after
        )
    )


def test_a_number_that_no_date_can_be_in_a_text_of_ours_stops_nobody(world):
    maria = world.email("maria")
    world.sandbox.hubspot.life.set_property(maria, "trellis_next", "9" * 20)
    world.sandbox.hubspot.life.set_property(maria, "jobtitle", "Student")
    one_pass(world)
    assert world.hubspot(maria)["trellis_next"] != "9" * 20


def test_a_lifecycle_that_was_emptied_on_its_way_back_is_filled_by_the_next_pass(make_world):
    world = make_world(edits=BOTH_WAYS)
    carla = world.new_lead("carla")
    one_pass(world)
    world.sandbox.hubspot.life.visit_page(carla, PRICING)
    one_pass(world)
    assert world.hubspot(carla)["lifecyclestage"] == MQL
    for _ in range(20):
        world.sandbox.hubspot_server.faults.clear()
        before = world.stage(carla)
        fail_writes(world, after=1)
        one_pass(world, days=7)
        if (before, world.stage(carla)) == ("qualified", "nurture"):
            break
    assert world.hubspot(carla)["lifecyclestage"] == ""
    world.sandbox.hubspot_server.faults.clear()
    for _ in range(2):
        one_pass(world)
    assert world.hubspot(carla)["lifecyclestage"] == "lead"


def test_what_a_person_sets_after_a_write_past_midnight_stays(world):
    """In Madrid it is past midnight, in UTC still the day before."""
    carla, life = world.new_lead("carla"), world.sandbox.hubspot.life
    one_pass(world)
    world.pass_time(hours=12, minutes=5)
    life.visit_page(carla, PRICING)
    one_pass(world)
    assert (world.stage(carla), world.hubspot(carla)["lifecyclestage"]) == ("qualified", MQL)
    for name, value in (("lifecyclestage", "lead"), ("jobtitle", "Chief Financial Officer")):
        life.set_property(carla, name, value)
        one_pass(world)
    assert (world.stage(carla), world.hubspot(carla)["lifecyclestage"]) == ("qualified", "lead")


@pytest.mark.parametrize("form", ["Pricing guide", "Newsletter"], ids=["placed", "risen"])
def test_the_lifecycle_of_a_write_that_gave_way_to_a_newer_one_is_still_written(world, form):
    carla, life = world.new_lead("carla", form=form), world.sandbox.hubspot.life
    if form == "Newsletter":
        one_pass(world)
        life.visit_page(carla, PRICING)
    fail_writes(world)
    one_pass(world)
    assert world.stage(carla) == "qualified"
    assert world.hubspot(carla)["lifecyclestage"] == "lead"
    life.set_property(carla, "jobtitle", "Chief Financial Officer")
    one_pass(world)
    world.sandbox.hubspot_server.faults.clear()
    for _ in range(2):
        one_pass(world)
    assert world.hubspot(carla)["lifecyclestage"] == MQL


def test_a_second_rise_on_one_day_moves_the_lifecycle_though_its_write_gave_way(make_world):
    world = make_world(edits={"stages.yaml": ("handover: true ", f"lifecycle: {SQL}\n    handover: true ")})
    carla, life = world.new_lead("carla"), world.sandbox.hubspot.life
    one_pass(world)
    life.visit_page(carla, PRICING)
    one_pass(world)
    assert world.hubspot(carla)["lifecyclestage"] == MQL
    life.fill_form(carla, "Demo request", {}, PRICING)
    fail_writes(world)
    one_pass(world)
    assert world.stage(carla) == "hot"
    life.set_property(carla, "jobtitle", "Chief Financial Officer")
    one_pass(world)
    world.sandbox.hubspot_server.faults.clear()
    for _ in range(2):
        one_pass(world)
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
    one_pass(world)
    assert world.hubspot(carla)["lifecyclestage"] == MQL
    one_pass(world)
    assert world.stage(carla) == "with_marketing"


def test_a_hand_over_that_waits_is_over_when_she_is_not_ready_for_sales_any_more(world):
    carla, life = world.new_lead("carla", form="Demo request"), world.sandbox.hubspot.life
    world.sandbox.hubspot_server.faults.add(Fault(method="GET", path="/owners", times=None, status=403, body={}))
    one_pass(world)
    assert world.stage(carla) == "hot"
    assert [one for one, _ in world.intents(carla, "handover")] == ["pending"]
    life.unsubscribe(carla)
    one_pass(world)
    assert world.stage(carla) == "suppressed"
    world.sandbox.hubspot_server.faults.clear()
    one_pass(world)
    assert [one for one, _ in world.intents(carla, "handover")] == ["superseded"]
    assert len(world.sandbox.hubspot.shelves["tasks"]) == 0


def test_a_platform_that_was_off_for_a_while_is_told_what_it_missed(world):
    """Somebody takes HubSpot's key out for a while; meanwhile she opts out at Mailchimp."""
    carla = world.new_lead("carla", title="Controller")
    world.sandbox.mailchimp.life.subscribe(carla)
    world.settle()
    shown = world.hubspot(carla)["trellis_stage"]
    world.sandbox.mailchimp.life.unsubscribe(carla)
    world.pass_time(minutes=5)
    steps.sync(replace(world.parts, hubspot=None))
    assert (world.stage(carla), world.hubspot(carla)["trellis_stage"]) == ("suppressed", shown)
    one_pass(world)
    assert world.hubspot(carla)["trellis_stage"] == "suppressed"
    assert one_pass(world).tally["written"] == 0


def test_of_what_was_not_known_yet_no_stage_is_told(world):
    carla = world.new_lead("carla")
    one_pass(world)
    first = world.parts.today
    world.pass_time(days=2)
    world.sandbox.hubspot.life.fill_form(carla, "Demo request", {}, PRICING)
    one_pass(world)
    assert world.stage(carla) == "hot"
    then = explain(world.parts, carla, at=world.parts.today, known_by=first)
    assert then.stage == "nurture"
    assert [one.flip.after for one in then.history] == ["nurture"]


@pytest.mark.parametrize("many", [0, 10_000], ids=["screened", "singly"])
def test_a_lifecycle_that_is_newly_mapped_follows_those_who_have_risen(make_world, many):
    """She is on no track, and nothing else of her is worth a write."""
    for_nobody = {"tracks.yaml": ("when: {stage: qualified}", "when: {stage: qualified, country: nowhere}")}
    unmapped = {**for_nobody, "stages.yaml": (f"    lifecycle: {MQL}", "    #")}
    world = make_world(count=12, edits=unmapped)
    carla, rita, life = world.new_lead("carla"), world.new_lead("rita"), world.sandbox.hubspot.life
    for email in (carla, rita):
        life.unsubscribe(email, "4711")
    one_pass(world)
    for email in (carla, rita):
        life.visit_page(email, PRICING)
    life.set_property(rita, "lifecyclestage", "opportunity")
    one_pass(world)
    assert (world.stage(carla), world.hubspot(carla)["lifecyclestage"]) == ("qualified", "lead")
    world.settle()
    other = make_world(count=3, edits=for_nobody).rulebook
    parts = replace(world.parts, rulebook=other)
    with parts.engine.begin() as conn:
        state.activate(conn, other.hash, other.source, parts.now())
    judge_all(parts, baseline=False, many=many)
    steps.work(parts)
    assert [world.hubspot(email)["lifecyclestage"] for email in (carla, rita)] == [MQL, "opportunity"]


def test_the_baseline_of_a_lost_store_remembers_the_same_of_tracks_however_many_are_judged_at_once(
    make_world, new_database
):
    """The platforms show all values already, so nobody is worth a write; some are barred from a track that is for them."""
    world = make_world(edits=ALL_OF_FINANCE)
    life, dora = world.sandbox.hubspot.life, world.new_member("dora")
    life.set_property(world.email("jordi"), "trellis_exclude", "true")  # barred by consent
    life.fill_form(world.email("maria"), "Demo request", {}, PRICING)  # barred by `exit_when`, as a hot one
    world.settle()
    world.sandbox.mailchimp.life.unsubscribe(dora)
    world.settle()
    told = []
    for many in (0, 100_000):
        again = world.with_store(new_database())
        read_all(again.parts, full=False)
        tally = judge_all(again.parts, baseline=True, many=many)
        assert ("screened" in tally) == (many == 0)
        told.append(again.rows("SELECT contact, track, matched, at_baseline FROM track_state ORDER BY 1, 2"))
        told.append(again.rows("SELECT contact, before, after, rise, baseline, day FROM flip ORDER BY 1"))
    assert told[:2] == told[2:]
    matching = {row.contact for row in told[0] if row.track == FINANCE}
    assert matching
    assert matching.isdisjoint(again.contact(email) for email in (dora, world.email("jordi"), world.email("maria")))


def test_who_is_to_be_taken_off_a_list_is_taken_off_it_however_long_the_platform_is_away(world):
    carla, life = world.new_lead("carla", form="Pricing guide"), world.sandbox.hubspot.life
    one_pass(world)
    members = world.sandbox.hubspot.lists.named(HAND_WRITTEN).members
    assert len(members) == 1
    world.sandbox.hubspot_server.faults.add(
        Fault(method="PUT|DELETE", path="/lists/", times=None, status=503, body={"message": "away"})
    )
    life.win_deal(carla)
    for _ in range(4):
        one_pass(world, hours=13)
    world.sandbox.hubspot_server.faults.clear()
    one_pass(world)
    assert len(members) == 0


def test_who_belongs_on_a_list_again_is_not_taken_off_it_by_what_was_decided_before(world):
    carla, life = world.new_lead("carla", form="Pricing guide"), world.sandbox.hubspot.life
    one_pass(world)
    away = Fault(method="PUT|DELETE", path="/lists/", times=None, status=503, body={"message": "away"})
    world.sandbox.hubspot_server.faults.add(away)
    life.set_property(carla, "trellis_exclude", "true")
    one_pass(world, days=1)
    assert [state for state, _ in world.intents(carla, "leave")] == ["pending"]
    life.set_property(carla, "trellis_exclude", "false")
    one_pass(world, days=1)
    world.sandbox.hubspot_server.faults.clear()
    one_pass(world)
    assert [state for state, _ in world.intents(carla, "leave")] == ["superseded"]
    assert len(world.sandbox.hubspot.lists.named(HAND_WRITTEN).members) == 1


def test_what_a_person_discarded_is_not_proposed_again_the_next_day(make_world):
    world = make_world(edits={"tracks.yaml": ("enrollments: 500}", "enrollments: 0}")})
    carla = world.new_lead("carla")
    one_pass(world)
    with world.store.engine.begin() as conn:
        (held,) = [one for one in outbox.list_held(conn) if one.kind == "enroll"]
        assert outbox.discard(conn, held.id, world.parts.now())
    one_pass(world, days=1)
    assert [one for one, _ in world.intents(carla)] == ["refused"]
    for value in ("true", "false"):  # she leaves, and matches anew
        world.sandbox.hubspot.life.set_property(carla, "trellis_exclude", value)
        one_pass(world, days=1)
    assert [one for one, _ in world.intents(carla)] == ["refused", "held"]
