"""Opening hours in the team's zone, holidays, summer time, and due dates in working days."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.nurturing.working_time import due_at, next_open, read_week
from connector.rulebook.types import Calendar

MADRID = ZoneInfo("Europe/Madrid")
OFFICE = Calendar(days="mon-fri", hours="09:00-18:00", holidays=(date(2027, 1, 6),))


def madrid(*when):
    return datetime(*when, tzinfo=MADRID)


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        (madrid(2027, 3, 10, 9, 0), madrid(2027, 3, 10, 9, 0)),
        (madrid(2027, 3, 10, 17, 59, 59), madrid(2027, 3, 10, 17, 59, 59)),
        (madrid(2027, 3, 10, 18, 0), madrid(2027, 3, 11, 9, 0)),
        (madrid(2027, 3, 10, 3, 0), madrid(2027, 3, 10, 9, 0)),
        (madrid(2027, 3, 12, 18, 0), madrid(2027, 3, 15, 9, 0)),
        (madrid(2027, 1, 5, 20, 0), madrid(2027, 1, 7, 9, 0)),
        (madrid(2027, 1, 6, 12, 0), madrid(2027, 1, 7, 9, 0)),
        (madrid(2027, 3, 26, 19, 0), madrid(2027, 3, 29, 9, 0)),
    ],
    ids=["opening", "last second", "closing", "night", "friday evening", "eve of a holiday", "holiday", "summer time"],
)
def test_the_next_open_moment(now, opens):
    found = next_open(OFFICE, MADRID, now.astimezone(UTC))
    assert found == opens
    assert found.tzinfo is UTC


def test_summer_time_moves_the_opening_not_the_office_hours():
    assert next_open(OFFICE, MADRID, madrid(2027, 3, 26, 19, 0)).hour == 7
    assert next_open(OFFICE, MADRID, madrid(2027, 3, 19, 19, 0)).hour == 8


@pytest.mark.parametrize(
    ("now", "days", "due"),
    [
        (madrid(2027, 3, 10, 15, 0), 1, madrid(2027, 3, 11, 15, 0)),
        (madrid(2027, 3, 12, 15, 0), 1, madrid(2027, 3, 15, 15, 0)),
        (madrid(2027, 3, 12, 20, 0), 1, madrid(2027, 3, 16, 9, 0)),
        (madrid(2027, 1, 5, 10, 0), 1, madrid(2027, 1, 7, 10, 0)),
        (madrid(2027, 3, 10, 15, 0), 0, madrid(2027, 3, 10, 15, 0)),
        (madrid(2027, 3, 26, 15, 0), 5, madrid(2027, 4, 2, 15, 0)),
    ],
)
def test_due_dates_count_working_days(now, days, due):
    assert due_at(OFFICE, MADRID, now, days) == due


@pytest.mark.parametrize(
    ("days", "open_days"),
    [
        ("mon-sun", {0, 1, 2, 3, 4, 5, 6}),
        ("mon,wed,Fri", {0, 2, 4}),
        ("sat-mon", {5, 6, 0}),
        ("mon-tue, thu", {0, 1, 3}),
    ],
)
def test_reading_days(days, open_days):
    assert read_week(days, "00:00-24:00").days == open_days


@pytest.mark.parametrize("days", ["", "monday", "mon-", "mon--fri", "1-5", "mon-fri-sun"])
def test_days_that_cannot_be_read_are_refused(days):
    with pytest.raises(ValueError, match="calendar days"):
        read_week(days, "00:00-24:00")


@pytest.mark.parametrize(
    "hours", ["", "9-18", "9:00-18:00", "18:00-09:00", "09:00-09:00", "00:00-24:01", "08:60-09:70"]
)
def test_hours_that_cannot_be_read_are_refused(hours):
    with pytest.raises(ValueError, match="calendar hours"):
        read_week("mon-fri", hours)


def test_a_calendar_that_never_opens_is_an_error_not_a_loop():
    holidays = tuple(date(2027, 1, 1) + timedelta(days=n) for n in range(800))
    with pytest.raises(ValueError, match="does not open"):
        next_open(Calendar(days="mon-sun", holidays=holidays), MADRID, madrid(2027, 1, 1))


@given(st.integers(0, 3 * 365 * 24 * 60))
def test_the_next_open_moment_is_open_and_not_in_the_past(minutes):
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    opens = next_open(OFFICE, MADRID, now)
    assert opens >= now
    assert next_open(OFFICE, MADRID, opens) == opens
    local = opens.astimezone(MADRID)
    assert local.weekday() < 5
    assert 9 <= local.hour < 18
