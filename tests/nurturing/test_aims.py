"""What she is nurtured for: one aim at a time, and a purchase ends what it was meant to bring about."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from connector.facts import Episode, Event
from connector.nurturing.situation import Situation

NOW = datetime(2027, 3, 10, 9, 30, tzinfo=UTC)
PROPERTY = "hubspot:property:trellis_track"
AIMS = {
    "recover": {"when": {"company": "Gone Ltd"}},
    "win": {"when": {"stage": {"in": ["new", "nurture", "hot"]}}},
}
RECOVERY = {"care": {"aim": "recover", "when": {"score": {"at_least": 10}}}}


def refusals(plan):
    return {no.track: str(no.reason) for no in plan.refused}


def aim_of(person, rules):
    return Situation(person.contact, person.verdict, person.step, person.memory, rules, NOW).aim


def on(person, track, days=2):
    return person.knows(episodes=(Episode(track, 1, PROPERTY, NOW - timedelta(days=days)),))


def test_off_every_track_customers_are_retained_and_all_others_won(maria, brian, rulebook):
    rules = rulebook("finance", "care")
    assert (aim_of(maria, rules), aim_of(brian, rules)) == ("win", "retain")


def test_the_first_aim_of_the_file_that_holds_is_hers(maria, brian, rulebook):
    rules = rulebook("finance", "care", aims=AIMS)
    gone = maria.knows(fields={"company": "Gone Ltd"})
    assert (aim_of(gone, rules), aim_of(maria, rules), aim_of(brian, rules)) == ("recover", "win", "retain")


def test_on_a_track_its_aim_is_hers_whatever_else_holds(maria, rulebook):
    gone = on(maria.knows(fields={"company": "Gone Ltd"}), "finance")
    assert aim_of(gone, rulebook("finance", "care", aims=AIMS)) == "win"


def test_tracks_of_another_aim_are_not_for_her(maria, plans):
    gone = maria.knows(fields={"company": "Gone Ltd"})
    plan = plans(gone, "finance", "care", change=RECOVERY, aims=AIMS)
    assert [enter.track for enter in plan.enter] == ["care"]
    assert "finance" not in refusals(plan)
    assert [enter.track for enter in plans(maria, "finance", "care", change=RECOVERY, aims=AIMS).enter] == ["finance"]


def test_a_condition_may_ask_for_the_aim(maria, plans):
    only = {"finance": {"when": {"aim": "recover"}}}
    assert plans(maria, "finance", change=only, aims={"recover": AIMS["recover"]}).enter == ()
    gone = maria.knows(fields={"company": "Gone Ltd"})
    assert len(plans(gone, "finance", change=only, aims={"recover": AIMS["recover"]}).enter) == 1


def test_several_tracks_at_once_have_one_aim(maria, plans):
    several = {"dosing": {"one_track": False}, "change": RECOVERY}
    plan = plans(maria, "finance", "warmup", "care", **several)
    assert [enter.track for enter in plan.enter] == ["finance", "warmup"]
    assert refusals(plan) == {"care": "another_aim"}
    plan = plans(on(maria, "care"), "finance", "warmup", "care", **several)
    assert (plan.enter, refusals(plan)) == ((), {"finance": "another_aim", "warmup": "another_aim"})


@pytest.mark.parametrize("aim", ["win", "recover", "reactivate"])
def test_a_purchase_ends_what_was_to_bring_it_about(aim, maria, plans):
    bought = on(maria, "finance").knows(events=(Event("order", NOW, NOW, "order:1"),))
    (leave,) = plans(bought, "finance", change={"finance": {"aim": aim}}).leave
    assert leave.why == "won"


def test_a_customer_buys_again_and_stays_on_what_keeps_her_until_a_deal_is_lost(brian, plans):
    bought = on(brian, "care").knows(events=(Event("order", NOW, NOW, "order:1"),))
    assert plans(bought, "care").leave == ()
    lost = bought.knows(events=(*bought.contact.events, Event("deal_lost", NOW, NOW, "deal:1")))
    assert [leave.why for leave in plans(lost, "care").leave] == ["lost"]


@pytest.mark.parametrize("aim", ["recover", "reactivate", "retain"])
def test_only_winning_is_closed_to_customers(aim, brian, plans):
    open_to_all = {"finance": {"aim": aim, "exit_when": None}}
    assert len(plans(brian, "finance", change=open_to_all).enter) == 1
    assert refusals(plans(brian, "finance")) == {"finance": "customer"}


def test_an_act_that_stops_a_track_ends_it_when_it_happens_on_it(maria, plans):
    stops = {"finance": {"stops_on": ["meeting"]}}
    met = Event("meeting", NOW - timedelta(days=1), NOW, "meeting:1")
    (leave,) = plans(on(maria, "finance").knows(events=(met,)), "finance", change=stops).leave
    assert leave.why == "stopped"
    before = replace(met, happened_at=NOW - timedelta(days=3))
    assert plans(on(maria, "finance").knows(events=(before,)), "finance", change=stops).leave == ()
    assert plans(on(maria, "finance").knows(events=(met,)), "finance").leave == ()
