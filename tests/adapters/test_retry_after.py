"""Retry-After as platforms may send it: seconds, a date, and whatever else a header can hold; always kept within bounds."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from math import isnan

import pytest
import responses
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.budget import RateBudget, Slots
from adapters.hubspot.answers import (
    LONGEST_MOVE_S,
    LONGEST_WAIT_S,
    SHORTEST_WAIT_S,
    Answer,
    outcome_of_call,
    sort_error,
)
from adapters.mailchimp.client import MailchimpClient
from adapters.mailchimp.errors import from_answer
from adapters.ports import Deadline, PlatformBusy
from adapters.retry_after import read_retry_after

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
INFINITE = "9" * 400

HEADERS = [
    ("7", 7.0),
    ("2.5", 2.5),
    ("0", 0.0),
    (" 7 ", 7.0),
    ("1000000000", 1e9),
    (INFINITE, float("inf")),
    ("Sat, 21 Nov 2026 12:00:30 GMT", 30.0),
    ("Sat, 21 Nov 2026 13:00:30 +0100", 30.0),
    ("Sat, 21 Nov 2026 11:00:00 GMT", -3600.0),
    ("-3", None),
    ("1e9", None),
    ("soon", None),
    ("", None),
    ("٣", None),
    ("Sat, 21 Nov 2026 12:00:30", None),  # of which zone?
    ("Sat, 99 Nov 2026 12:00:30 GMT", None),
    ("inf", None),
    ("nan", None),
]


@pytest.mark.parametrize(("header", "seconds"), HEADERS)
def test_what_a_header_says(header, seconds):
    assert read_retry_after(header, NOW) == seconds


@given(st.text(max_size=60))
@example("Mon, 01 Jan 0001 00:00:00 +9999")
@example("Fri, 31 Dec 9999 23:59:59 -2359")
@example("1" * 5000)
def test_no_header_breaks_it(header):
    seconds = read_retry_after(header, NOW)
    assert seconds is None or not isnan(seconds)


@pytest.mark.parametrize("header", [header for header, _ in HEADERS])
@pytest.mark.parametrize("status", [423, 429, 477])
def test_hubspots_waits_are_sane(status, header):
    error = sort_error("read", Answer(status, {"Retry-After": header}, b"{}"), writes=True, now=NOW)
    assert isinstance(error, PlatformBusy)
    assert SHORTEST_WAIT_S <= error.retry_after <= (LONGEST_MOVE_S if status == 477 else LONGEST_WAIT_S)
    assert not error.daily


@pytest.mark.parametrize(
    ("told", "waits"), [(None, 15.0), (0.0, 1.0), (-9.0, 1.0), (30.0, 30.0), (1e9, 120.0), (float("inf"), 120.0)]
)
@pytest.mark.parametrize("status", [403, 429])
def test_mailchimps_waits_are_sane(status, told, waits):
    assert from_answer(status, "", writes=True, retry_after=told).retry_after == waits


class Naps:
    def __init__(self):
        self.now, self.slept = 0.0, []

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds


@pytest.mark.parametrize(
    "body", [b"", json.dumps({"title": "TooManyRequests", "status": 429}).encode()], ids=["empty", "json"]
)
def test_mailchimps_wait_is_heard_whatever_the_sdk_makes_of_the_answer(body):
    """It hands an empty refusal over as a success, and drops the headers of any other."""
    naps = Naps()
    budget = RateBudget(100, 1.0, burst=100, sleep=naps.sleep, monotonic=naps.monotonic)
    client = MailchimpClient(
        api_key="secret-us19",
        slots=Slots(8),
        budget=budget,
        sleep=naps.sleep,
        monotonic=naps.monotonic,
        now=lambda: NOW,
    )
    kind = "application/problem+json" if body else ""
    with responses.RequestsMock() as wire:
        url = "https://us19.api.mailchimp.com/3.0/ping"
        wire.get(
            url, status=429, body=body, content_type=kind, headers={"Retry-After": "Sat, 21 Nov 2026 12:00:40 GMT"}
        )
        with pytest.raises(PlatformBusy) as busy:
            client.call("GET", "/ping", deadline=Deadline.after(20, naps.monotonic))
        assert busy.value.retry_after == 40.0
        wire.replace(responses.GET, url, status=429, body=body, content_type=kind)
        with pytest.raises(PlatformBusy) as busy:
            client.call("GET", "/ping", deadline=Deadline.after(100, naps.monotonic))
        assert busy.value.retry_after == (2.0 if body else 15.0), "the wait of an answer before is not this one's"


@pytest.mark.parametrize(
    ("counted", "ending"),
    [
        *(("200", "ok"), ("207", "ok"), ("204", "ok"), ("400", "refused"), ("403", "refused"), ("404", "refused")),
        *(("401", "credentials"), ("423", "busy"), ("429", "busy"), ("477", "busy"), ("408", "unreachable")),
        *(("302", "unreachable"), ("502", "unreachable"), ("999", "unreachable")),
        *(("PlatformUnreachable", "unreachable"), ("DeadlinePassed", "not sent")),
    ],
)
def test_how_a_call_ended_is_a_word(counted, ending):
    assert outcome_of_call(counted) == ending
