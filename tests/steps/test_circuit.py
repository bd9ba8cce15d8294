"""When a platform is left alone: by silence in a row, by a wish to wait, by a refused token; never for longer than said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.ports import (
    CredentialsRefused,
    DeadlinePassed,
    PlatformBusy,
    PlatformRefused,
    PlatformUnreachable,
    ScopeMissing,
)
from connector.steps.circuit import (
    FIRST_PAUSE,
    IN_A_ROW,
    LONGEST_PAUSE,
    LONGEST_WAIT,
    Heard,
    Kind,
    after_failure,
    left_alone_until,
)

NOW = datetime(2026, 11, 24, 11, tzinfo=UTC)
SILENT = PlatformUnreachable("hubspot", "no answer from HubSpot", maybe_applied=False)
REFUSED_TOKEN = CredentialsRefused("hubspot", "401", status=401)


NOTHING = Heard()


def busy(seconds, *, daily=False):
    return PlatformBusy("hubspot", "wait", retry_after=seconds, daily=daily)


def failing(error, times, *, heard=NOTHING, every=timedelta(minutes=10), before=None, at=NOW):
    """The troubles after so many failures, `every` so often."""
    troubles = []
    for number in range(times):
        before = after_failure(before, error, heard, "account", at + number * every)
        troubles.append(before)
    return troubles


def pauses(troubles, every=timedelta(minutes=10)):
    return [
        (left_alone_until(trouble, "account", at) or at) - at
        for number, trouble in enumerate(troubles)
        for at in [NOW + number * every]
    ]


def test_silence_in_a_row_opens_it_for_half_a_minute_doubling_to_five_minutes():
    seconds = [one.total_seconds() for one in pauses(failing(SILENT, 9))]
    assert seconds == [0, 0, 30, 60, 120, 240, 300, 300, 300]


def test_calls_of_one_pass_that_were_all_silent_are_enough():
    """The client itself tries five times: the next pass need not find out again."""
    assert pauses(failing(SILENT, 2, heard=Heard(silence=5))) == [FIRST_PAUSE, 2 * FIRST_PAUSE]


def test_a_platform_that_answers_something_else_is_not_away():
    """One endpoint is broken: what webhooks ask for goes on."""
    assert pauses(failing(SILENT, 20, heard=Heard(answers=1, silence=5))) == [timedelta(0)] * 20


def test_an_answer_ends_the_row():
    silent = failing(SILENT, IN_A_ROW - 1)[-1]
    answered = after_failure(silent, SILENT, Heard(answers=3, silence=1), "account", NOW)
    assert answered.in_a_row == 1
    assert left_alone_until(after_failure(answered, SILENT, Heard(), "account", NOW), "account", NOW) is None


def test_a_trial_that_fails_opens_it_again_at_once():
    opened = failing(SILENT, 1, heard=Heard(silence=5))[-1]
    trial = after_failure(opened, SILENT, Heard(silence=1), "account", NOW)
    assert left_alone_until(trial, "account", NOW) == NOW + 2 * FIRST_PAUSE


@pytest.mark.parametrize(
    ("error", "heard", "kind", "pause"),
    [
        (busy(2), Heard(busy=1), Kind.BUSY, 0),
        (busy(120), Heard(busy=1), Kind.BUSY, 120),
        (busy(86_400), Heard(busy=1), Kind.BUSY, 3600),
        (busy(1e300), Heard(busy=1), Kind.BUSY, 3600),
        (busy(3600, daily=True), Heard(busy=1), Kind.QUOTA, 3600),
        (busy(3600, daily=True), Heard(), Kind.OTHER, 0),  # only bulk's own share is used up: webhooks go on
        (REFUSED_TOKEN, Heard(answers=1), Kind.STOPPED, 270),
        (ScopeMissing("hubspot", "403"), Heard(answers=1), Kind.OTHER, 0),
        (PlatformRefused("hubspot", "400"), Heard(answers=1), Kind.OTHER, 0),
        (DeadlinePassed("hubspot", "no permit"), Heard(), Kind.OTHER, 0),
    ],
)
def test_what_else_keeps_it_open(error, heard, kind, pause):
    (trouble,) = failing(error, 1, heard=heard)
    assert trouble.kind is kind
    assert pauses([trouble]) == [timedelta(seconds=pause)]


def test_other_credentials_are_tried_at_once():
    (trouble,) = failing(REFUSED_TOKEN, 1)
    assert left_alone_until(trouble, "another", NOW) is None
    assert after_failure(trouble, REFUSED_TOKEN, Heard(), "another", NOW + LONGEST_WAIT).since == NOW + LONGEST_WAIT


def test_the_beginning_of_a_trouble_stands_and_another_one_begins_anew():
    troubles = failing(SILENT, 5)
    assert {one.since for one in troubles} == {NOW}
    later = NOW + timedelta(hours=1)
    assert after_failure(troubles[-1], REFUSED_TOKEN, Heard(), "account", later).since == later


errors = st.one_of(
    st.just(SILENT),
    st.just(REFUSED_TOKEN),
    st.builds(busy, st.floats(0, 1e12), daily=st.booleans()),
    st.just(ScopeMissing("hubspot", "403")),
)
heards = st.builds(Heard, st.integers(0, 3), st.integers(0, 3), st.integers(0, 9))


@given(st.lists(st.tuples(errors, heards, st.timedeltas(timedelta(0), timedelta(hours=3))), max_size=40))
def test_nobody_is_left_alone_for_longer_than_an_hour_and_never_for_silence_longer_than_five_minutes(met):
    trouble, at = None, NOW
    for error, heard, later in met:
        at += later
        trouble = after_failure(trouble, error, heard, "account", at)
        until = left_alone_until(trouble, "account", at)
        assert until is None or at < until <= at + LONGEST_WAIT
        if trouble.kind is Kind.UNREACHABLE and until is not None:
            assert FIRST_PAUSE <= until - at <= LONGEST_PAUSE
            assert not heard.answers
        assert trouble.since <= at


@given(
    st.lists(st.tuples(errors, heards), min_size=1, max_size=10), st.timedeltas(timedelta(hours=2), timedelta(days=9))
)
def test_a_clock_that_was_set_back_keeps_nobody_waiting(met, back):
    trouble = None
    for error, heard in met:
        trouble = after_failure(trouble, error, heard, "account", NOW)
    assert left_alone_until(trouble, "account", NOW - back) is None
