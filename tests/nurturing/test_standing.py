"""How she stands once a plan is done: one state for everybody, the first that applies."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from connector.facts import Consent, Episode, Event, Refusal
from connector.scoring.verdict import CUSTOMER

NOW = datetime(2027, 3, 10, 9, 30, tzinfo=UTC)
TODAY = date(2027, 3, 10)
PROPERTY = "hubspot:property:trellis_track"
HOLD = {"hold_after_rise": "5d"}
NOTHING_LEFT = {"touches": {"max": 1, "per": "7d"}}
CLOSING = {"warmup": {"role": "closing", "cap": {"max": 1, "per": "14d"}, "lasts": "14d"}}


def told(plan):
    one = plan.standing
    return str(one.state), one.track, one.until, str(one.cause)


def on(person, track="finance", days=2):
    return person.knows(episodes=(*person.contact.episodes, Episode(track, 1, PROPERTY, NOW - timedelta(days=days))))


def waiting(person):
    return person.remembers(stage_rose=TODAY - timedelta(days=1))


def touched(person):
    return person.remembers(touches=(NOW - timedelta(days=1),))


def unscored(person):
    return person.with_(verdict=replace(person.verdict, enough=False, score=None))


def test_without_a_score_nothing_begins(maria, plans):
    assert told(plans(unscored(maria), "finance")) == ("gate", None, None, "unscored")
    assert told(plans(unscored(on(maria)), "finance")) == ("gate", "finance", date(2027, 3, 29), "unscored")


def test_nor_by_a_verdict_of_yesterday_or_where_consent_could_not_be_read(maria, plans):
    assert told(plans(maria, "finance", now=NOW + timedelta(days=1)))[::3] == ("gate", "stale")
    unread = maria.knows(consent=Consent(general=frozenset({Refusal.UNREADABLE})))
    assert told(plans(unread, "finance"))[::3] == ("gate", "unreadable")


def test_who_may_not_be_mailed_is_out(noor, maria, plans):
    plan = plans(noor, "finance")
    assert told(plan) == ("out", None, None, "opted_out")
    assert plan.paused
    archived = maria.knows(consent=Consent(general=frozenset({Refusal.ARCHIVED})))
    assert told(plans(archived, "finance"))[::3] == ("out", "archived")


def test_who_stands_where_no_track_is_for_her_is_out_as_well(brian, maria, plans):
    assert told(plans(brian, "finance", "warmup")) == ("out", None, None, "customer")
    assert told(plans(maria.stands("partner"), "finance"))[::3] == ("out", "off_ladder")
    assert not plans(brian, "finance").paused
    assert told(plans(brian, "finance", "care"))[0] == "enters"


def test_who_is_to_enter_is_on_no_track_yet(maria, plans):
    assert told(plans(maria, "finance")) == ("enters", "finance", None, "")


def test_who_stays_is_on_a_track_until_its_time_is_over(maria, plans):
    assert told(plans(on(maria), "finance")) == ("on_track", "finance", date(2027, 3, 29), "")


def test_a_list_is_no_track_to_be_on(maria, plans):
    assert told(plans(maria, "by-hand")) == ("free", None, None, "")


def test_closing_is_told_before_another_track(maria, plans):
    both = on(on(maria, "finance"), "warmup")
    assert told(plans(both, "finance", "warmup", change=CLOSING)) == ("closing", "warmup", date(2027, 3, 22), "")


def test_who_leaves_is_told_as_she_stands_afterwards(maria, plans):
    over = on(maria, days=21)
    assert told(plans(over, "finance", dosing=NOTHING_LEFT)) == ("free", None, None, "")
    assert told(plans(touched(over), "finance", dosing=NOTHING_LEFT))[0] == "dosed"


def test_hold_comes_before_the_dose(maria, plans):
    plan = plans(touched(waiting(maria)), "finance", dosing={**HOLD, **NOTHING_LEFT})
    assert told(plan) == ("hold", None, date(2027, 3, 14), "after_rise")
    assert plan.paused


def test_a_reminder_in_the_wait_is_a_track_and_no_pause(maria, plans):
    plan = plans(waiting(maria), "warmup", change={"warmup": {"role": "reminder"}}, dosing=HOLD)
    assert (told(plan)[:2], plan.paused) == (("enters", "warmup"), False)


def test_a_spent_dose_says_when_there_is_more(maria, plans):
    plan = plans(touched(maria), "finance", dosing=NOTHING_LEFT)
    assert told(plan) == ("dosed", None, date(2027, 3, 16), "dose")
    assert plan.paused
    never = plans(maria, "finance", dosing={"touches": {"max": 0, "per": "7d"}})
    assert told(never) == ("dosed", None, None, "dose")


def test_on_a_track_nobody_is_paused_whatever_she_has_had(maria, plans):
    plan = plans(waiting(touched(on(maria))), "finance", dosing={**HOLD, **NOTHING_LEFT})
    assert (told(plan)[0], plan.paused) == ("on_track", False)


def test_whom_nothing_keeps_back_is_free(maria, brian, plans):
    assert told(plans(maria)) == ("free", None, None, "")
    plan = plans(brian, "care", change={"care": {"when": {"score": {"at_least": 99}}}})
    assert (told(plan), plan.paused) == (("free", None, None, ""), False)


@pytest.mark.parametrize("stage", ["nurture", CUSTOMER])
def test_a_baseline_tells_how_she_stands_and_begins_nothing(stage, maria, plans):
    plan = plans(maria.stands(stage), "finance", "care", baseline=True)
    assert told(plan)[0] == "free"
    assert plan.enter == ()


def test_rest_comes_before_every_wait(maria, plans):
    act = Event("complaint", NOW - timedelta(days=1), NOW, "complaint:1")
    rule = {"annoyed": {"events": ["complaint"], "rest": "10d"}}
    plan = plans(waiting(maria).knows(events=(act,)), "finance", dosing=HOLD, rectify=rule)
    assert told(plan) == ("rectify", None, date(2027, 3, 19), "resting")
