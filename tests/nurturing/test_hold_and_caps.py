"""The wait after a rise, what ends it, and budgets of stages and tracks."""

from datetime import UTC, date, datetime, timedelta

import pytest

from connector.facts import Event, Trust

NOW = datetime(2027, 3, 10, 9, 30, tzinfo=UTC)
ROSE = date(2027, 3, 8)
HOLD = {"hold_after_rise": "5d", "hold_until": ["form_submit"]}
REMINDER = {"warmup": {"role": "reminder"}}
PLEASED = {"pleased": {"events": ["email_reply"], "more": 2, "within": "3d"}}


def refusals(plan):
    return {no.track: (str(no.reason), no.again) for no in plan.refused}


def entered(plan):
    return [enter.track for enter in plan.enter]


def act(kind, days_ago, trust=Trust.HUMAN):
    moment = NOW - timedelta(days=days_ago)
    return Event(kind, moment, moment, f"{kind}:{days_ago}", trust=trust)


def test_in_the_wait_only_reminders_begin_and_the_others_say_until_when(maria, plans):
    plan = plans(maria.remembers(stage_rose=ROSE), "finance", "warmup", change=REMINDER, dosing=HOLD)
    assert [(enter.track, enter.why) for enter in plan.enter] == [("warmup", "matches")]
    assert refusals(plan) == {"finance": ("after_rise", date(2027, 3, 13))}
    assert entered(plans(maria, "finance", "warmup", change=REMINDER, dosing=HOLD)) == ["finance"]


def test_a_closing_track_waits_as_well(maria, plans):
    closing = {"finance": {"role": "closing", "cap": {"max": 9, "per": "14d"}}}
    assert entered(plans(maria.remembers(stage_rose=ROSE), "finance", change=closing, dosing=HOLD)) == []


@pytest.mark.parametrize(
    ("event", "ends"),
    [
        (act("form_submit", 1), True),
        (act("form_submit", 2), False),  # on the day of the rise: it may be what made her rise
        (act("form_submit", 3), False),
        (act("form_submit", 1, Trust.UNSURE), False),
        (act("form_submit", 1, Trust.MACHINE), False),
        (act("page_view", 1), False),
        (act("email_reply", 1), True),
    ],
)
def test_a_signal_of_a_person_on_a_later_day_ends_the_wait(event, ends, maria, plans):
    waiting = maria.remembers(stage_rose=ROSE).knows(events=(event,))
    plan = plans(waiting, "finance", dosing=HOLD, rectify=PLEASED)
    assert entered(plan) == (["finance"] if ends else [])


def test_a_stage_has_a_budget_of_its_own(maria, plans):
    dosing = {"touches": {"max": 1, "per": "7d"}, "by_stage": {"nurture": {"max": 3, "per": "7d"}}}
    touched = maria.remembers(touches=(NOW - timedelta(days=1), NOW - timedelta(days=2)))
    assert entered(plans(touched, "finance", dosing=dosing)) == ["finance"]
    assert refusals(plans(touched.stands("new"), "finance", dosing=dosing)) == {"finance": ("dose", date(2027, 3, 16))}


def test_a_track_with_a_cap_has_that_in_place_of_the_general_budget(maria, plans):
    capped = {"finance": {"cap": {"max": 1, "per": "30d"}}}
    touched = maria.remembers(touches=(NOW - timedelta(days=20),))
    plan = plans(touched, "finance", "warmup", change=capped, dosing={"touches": {"max": 3, "per": "7d"}})
    assert entered(plan) == ["warmup"]
    assert refusals(plan) == {"finance": ("dose", date(2027, 3, 20))}


def test_whoever_answered_may_have_more_for_a_while(maria, plans):
    once = {"touches": {"max": 1, "per": "7d"}}
    touched = maria.remembers(touches=(NOW - timedelta(days=1), NOW - timedelta(days=2)))

    def after(event):
        return entered(plans(touched.knows(events=(event,)), "finance", dosing=once, rectify=PLEASED))

    assert after(act("email_reply", 3)) == ["finance"]
    assert after(act("email_reply", 4)) == []
    assert after(act("email_reply", 1, Trust.UNSURE)) == []
    assert after(act("email_click", 1)) == []


def test_the_cap_of_a_closing_track_is_hard(maria, plans):
    closing = {"finance": {"role": "closing", "cap": {"max": 1, "per": "14d"}}}
    answered = maria.remembers(touches=(NOW - timedelta(days=1),)).knows(events=(act("email_reply", 1),))
    assert entered(plans(answered, "finance", change=closing, rectify=PLEASED)) == []
    nurture = {"finance": {"cap": {"max": 1, "per": "14d"}}}
    assert entered(plans(answered, "finance", change=nurture, rectify=PLEASED)) == ["finance"]


def test_the_second_track_of_one_plan_says_when_there_is_room_for_it(maria, plans):
    dosing = {"one_track": False, "touches": {"max": 2, "per": "7d"}}
    plan = plans(maria.remembers(touches=(NOW - timedelta(days=1),)), "finance", "warmup", dosing=dosing)
    assert entered(plan) == ["finance"]
    assert refusals(plan) == {"warmup": ("dose", date(2027, 3, 16))}
