"""Alerts in the store: told once while open, once when over, and given up after a day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from connector.store.alert import (
    alert_not_told,
    alert_told,
    alerts_to_tell,
    open_alerts,
    raise_alert,
    resolve_alerts,
)
from connector.store.called import add_calls, calls_made

NOW = datetime(2026, 11, 24, 11, tzinfo=UTC)
HOUR = timedelta(hours=1)
ABOUT_HUBSPOT = ("platform away", "hubspot")


def opened(conn, kind="platform away", about="hubspot", at=NOW, *, tell=True):
    return raise_alert(conn, kind, about, "HubSpot does not answer", at, tell=tell)


def test_an_open_alert_is_not_raised_again(conn):
    assert opened(conn)
    assert not opened(conn, at=NOW + HOUR)
    assert opened(conn, about="mailchimp")
    assert open_alerts(conn) == {ABOUT_HUBSPOT: NOW, ("platform away", "mailchimp"): NOW}


def test_what_was_told_is_told_again_only_when_it_is_over(conn):
    opened(conn)
    (one,) = alerts_to_tell(conn, NOW, 10)
    alert_told(conn, one)
    assert alerts_to_tell(conn, NOW + HOUR, 10) == []
    (over,) = resolve_alerts(conn, ["platform away"], [], NOW + HOUR, tell=True)
    assert (over.id, over.over_at) == (one.id, NOW + HOUR)
    (again,) = alerts_to_tell(conn, NOW + HOUR, 10)
    assert again.over_at == NOW + HOUR
    alert_told(conn, again)
    assert alerts_to_tell(conn, NOW + 9 * HOUR, 10) == []
    assert opened(conn, at=NOW + 2 * HOUR), "it may happen again"


def test_what_is_still_so_and_kinds_that_were_not_looked_at_stay_open(conn):
    opened(conn)
    opened(conn, about="mailchimp")
    opened(conn, kind="no pass")
    closed = resolve_alerts(conn, ["platform away"], [ABOUT_HUBSPOT], NOW + HOUR, tell=True)
    assert [(one.kind, one.about) for one in closed] == [("platform away", "mailchimp")]
    assert set(open_alerts(conn)) == {ABOUT_HUBSPOT, ("no pass", "hubspot")}


def test_what_is_over_before_it_could_be_told_is_told_as_over(conn):
    opened(conn)
    (one,) = alerts_to_tell(conn, NOW, 10)
    resolve_alerts(conn, ["platform away"], [], NOW + HOUR, tell=True)
    alert_told(conn, one)  # it arrived while it came to its end: the end is still to be told
    (over,) = alerts_to_tell(conn, NOW + HOUR, 10)
    assert over.over_at is not None


def test_it_is_tried_again_after_its_pause_and_given_up_after_a_day(conn):
    opened(conn)
    now, tries = NOW, 0
    while alerts_to_tell(conn, now, 10):
        (one,) = alerts_to_tell(conn, now, 10)
        assert one.attempts == tries
        goes_on = alert_not_told(conn, one, now, again_in=HOUR)
        assert alerts_to_tell(conn, now, 10) == []
        now, tries = now + HOUR, tries + 1
        assert goes_on == (tries <= 24)
    assert tries == 25
    assert ABOUT_HUBSPOT in open_alerts(conn)


def test_without_anybody_to_tell_nothing_waits(conn):
    opened(conn, tell=False)
    resolve_alerts(conn, ["platform away"], [], NOW + HOUR, tell=False)
    assert alerts_to_tell(conn, NOW + 9 * HOUR, 10) == []


def test_calls_add_up(conn):
    add_calls(conn, {})
    add_calls(conn, {("hubspot", "ok"): 3, ("hubspot", "busy"): 0})
    add_calls(conn, {("hubspot", "ok"): 4, ("mailchimp", "unreachable"): 2**40})
    assert calls_made(conn) == {("hubspot", "ok"): 7, ("mailchimp", "unreachable"): 2**40}
