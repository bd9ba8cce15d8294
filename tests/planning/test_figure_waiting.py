"""Who would wait to enter: counted, and until when, as calendar and pace let them go one after the other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from connector.change.plan.plan import Waiting
from connector.change.plan.waiting import waiting
from connector.change.plan.wishes import NEW, Wish
from connector.store.pace import Pace

NOW = datetime(2026, 11, 24, 11, tzinfo=UTC)
OPENING = datetime(2026, 11, 25, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)


def always(at: datetime) -> datetime:
    return at


def enroll(contact: int, **more: object) -> Wish:
    return Wish(contact, "enroll", "hubspot", (NEW, contact), **more)  # type: ignore[arg-type]


def test_whoever_finds_the_calendar_closed_waits_for_its_opening_and_the_held_wait_for_nobody_s_clock():
    some = [enroll(1, due=False, not_before=OPENING), enroll(2, due=False), enroll(3, due=False, held="beyond")]
    opens = lambda at: max(at, OPENING)  # noqa: E731
    assert waiting(some, (), Pace(), NOW, opens) == Waiting(2, OPENING, OPENING)
    assert waiting([enroll(1), Wish(2, "write", "hubspot", (NEW, 2), due=False)], (), Pace(), NOW, always) is None


def test_beyond_the_pace_each_hour_lets_its_share_go_and_a_full_day_the_next_one():
    going, later = [enroll(one) for one in (1, 2)], [enroll(one, due=False) for one in range(3, 8)]
    assert waiting([*going, *later], (), Pace(per_hour=2), NOW, always) == Waiting(5, NOW + HOUR, NOW + 3 * HOUR)
    by_day = waiting([*going, *later], (), Pace(per_hour=2, per_day=4), NOW, always)
    assert by_day == Waiting(5, NOW + HOUR, NOW + 25 * HOUR)
    sent = [NOW - HOUR / 2] * 2
    assert waiting(later, sent, Pace(per_hour=2), NOW, always) == Waiting(5, NOW + HOUR / 2, NOW + 5 * HOUR / 2)
    unheard = [enroll(one, due=False, segment=True) for one in range(9)]
    assert waiting(unheard, sent, Pace(per_hour=2), NOW, always) == Waiting(9, NOW, NOW)


@given(st.integers(0, 40), st.integers(1, 5), st.integers(1, 9), st.lists(st.integers(0, 1439), max_size=9))
def test_no_window_is_ever_fuller_than_the_pace_and_nobody_waits_for_longer_than_that_takes(count, hourly, daily, ago):
    sent = sorted(NOW - timedelta(minutes=one) for one in ago)
    found = waiting([enroll(one, due=False) for one in range(count)], sent, Pace(hourly, daily), NOW, always)
    if found is None:
        assert not count
        return
    assert found.entries == count
    assert NOW <= found.first <= found.last
    days = -(-(count + len(sent)) // min(hourly * 24, daily))
    assert found.last <= NOW + timedelta(days=days) + HOUR * (count // hourly + 1)
