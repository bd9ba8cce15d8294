"""Who rests, waits or has had enough is left in peace also while nobody could begin a track with her."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from connector.facts import Consent, Event, Refusal
from connector.nurturing.intents import Tended

NOW = datetime(2027, 3, 10, 9, 30, tzinfo=UTC)
RULES = {
    "dosing": {"touches": {"max": 1, "per": "7d"}, "hold_after_rise": "5d"},
    "rectify": {"annoyed": {"events": ["complaint"], "rest": "30d"}},
}


def unscored(maria):
    return maria.with_(verdict=replace(maria.verdict, enough=False, score=None))


def unread(maria):
    return maria.knows(consent=Consent(general=frozenset({Refusal.UNREADABLE})))


@pytest.mark.parametrize("gate", [unscored, unread])
def test_who_is_left_in_peace_stays_so_behind_the_gate(maria, plans, gate):
    two_days_ago = NOW - timedelta(days=2)
    complained = maria.knows(events=(Event("complaint", two_days_ago, two_days_ago, "c1"),))
    waits = maria.remembers(stage_rose=date(2027, 3, 8))
    mailed = maria.remembers(touches=(two_days_ago,))
    for person, until in ((complained, date(2027, 4, 7)), (waits, date(2027, 3, 13)), (mailed, date(2027, 3, 15))):
        for one in (person, gate(person)):
            plan = plans(one, "finance", **RULES)
            assert (plan.paused, plan.quiet_until) == (True, until)
        assert plan.standing.state is Tended.GATE
    plan = plans(gate(maria), "finance", **RULES)
    assert (plan.paused, plan.quiet_until) == (False, None)
