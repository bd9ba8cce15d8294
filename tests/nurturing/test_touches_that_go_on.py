"""What counts as a touch: mails that leaving was seen not to end, and clocks that were set back."""

from datetime import UTC, datetime, timedelta

from connector.facts import Episode
from connector.nurturing.touches import touches

NOW = datetime(2027, 3, 10, 9, 30, tzinfo=UTC)
KEY = "hubspot:property:trellis_track"


def ago(days):
    return NOW - timedelta(days=days)


def test_mails_count_after_she_has_left_by_a_way_that_was_seen_to_run_on(rulebook):
    rules = rulebook("finance", change={"finance": {"mails": {"count": 3}}})
    left = Episode("finance", 1, KEY, ago(20), ago(18))
    assert touches([], [left], rules, NOW) == (ago(20),)
    assert touches([], [left], rules, NOW, {("finance", KEY)}) == (ago(20), ago(13), ago(6))
    assert touches([], [left], rules, NOW, {("warmup", KEY)}) == (ago(20),)


def test_an_enrollment_counts_though_the_clock_was_set_back_since(rulebook):
    rules = rulebook("finance", change={"finance": {"mails": {"count": 3}}})
    assert touches([], [Episode("finance", 1, KEY, NOW + timedelta(hours=5), None)], rules, NOW) == (
        NOW + timedelta(hours=5),
    )
