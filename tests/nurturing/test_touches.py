"""What counts as a touch: told mails and talks, and what a track plans where nobody tells of its mails."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from connector.facts import Episode, Event
from connector.nurturing.touches import MAIL, SALES, touches
from connector.rulebook.types import FieldsFile, Model, Rulebook, StagesFile, TracksFile

NOW = datetime(2027, 3, 10, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)
PROPERTY = "hubspot:property:trellis_track"
TAG = "mailchimp:main:tag:trellis:track:finance"
ENTRY_ONLY = "mailchimp:main:tag:entry-only"
LIST = "hubspot:list:By hand"

MODEL: dict[str, Any] = {
    "version": 1,
    "model": "acquisition",
    "factors": {
        "fit": {"max": 30},
        "phase": {"max": 25, "half_life": "45d", "phases": {"late": {"points": 25, "signals": [{"event": "call"}]}}},
        "engagement": {"max": 25},
        "reaction": {"max": 15},
        "profile": {"max": 5},
    },
}
TRACK: dict[str, Any] = {
    "aim": "win",
    "when": {"persona": "finance_lead"},
    "enroll": [
        {"hubspot": {"property": "trellis_track"}, "listener": "confirmed", "exit": "confirmed"},
        {
            "mailchimp": {"audience": "main", "tag": "trellis:track:finance"},
            "listener": "confirmed",
            "exit": "confirmed",
        },
        {"mailchimp": {"audience": "main", "tag": "entry-only"}, "listener": "confirmed"},
        {"hubspot": {"list": "By hand"}},
    ],
    "mails": {"count": 4, "name": {"starts_with": "[FIN]"}},
    "lasts": "20d",
}


def book(*, told_by_hubspot: bool = True, **track: Any) -> Rulebook:
    told: dict[str, Any] = {"mailchimp": "activity.sent"}
    if told_by_hubspot:
        told["hubspot"] = {"count": "hs_email_delivered", "last": "hs_email_last_send_date"}
    fields = {
        "version": 1,
        "timezone": "Europe/Madrid",
        "audiences": {"main": {"list": "abc123"}},
        "fields": {},
        "events": {MAIL: told},
    }
    return Rulebook(
        hash="r1",
        fields=FieldsFile.model_validate(fields),
        models=(Model.model_validate(MODEL),),
        stages=StagesFile.model_validate({"version": 1, "stages": [{"id": "new"}]}),
        tracks=TracksFile.model_validate({"version": 1, "tracks": {"finance": {**TRACK, **track}}}),
        source={},
    )


def ago(days: float) -> datetime:
    return NOW - days * DAY


def act(kind: str, days: float, asset: str = "", channel: str = "hubspot", key: str = "") -> Event:
    return Event(kind, ago(days), ago(days), key or f"{channel}:{kind}:{days}:{asset}", asset, channel)


def entered(days: float, channel: str = PROPERTY, left: float | None = None) -> Episode:
    return Episode("finance", 1, channel, ago(days), None if left is None else ago(left))


def test_an_enrollment_counts_until_the_first_mail_of_its_track_is_told():
    assert touches([], [entered(5)], book(), NOW) == (ago(5),)
    told = [act(MAIL, 4, "[FIN] Closing"), act(MAIL, 2, "[FIN] Forecasts")]
    assert touches(told, [entered(5)], book(), NOW) == (ago(4), ago(2))
    campaign = [act(MAIL, 4, "Spring sale")]
    assert touches(campaign, [entered(5)], book(), NOW) == (ago(5), ago(4))


def test_mails_that_nobody_tells_of_count_as_planned_once_they_are_due():
    assert touches([], [entered(11, TAG)], book(), NOW) == (ago(11), ago(6), ago(1))
    assert touches([], [entered(11)], book(told_by_hubspot=False), NOW) == (ago(11), ago(6), ago(1))
    assert touches([], [entered(90, TAG)], book(), NOW) == (ago(90), ago(85), ago(80), ago(75))


def test_a_mail_told_after_all_takes_the_place_of_a_planned_one():
    told = [act(MAIL, 10, "[FIN] Closing", "mailchimp:main")]
    assert touches(told, [entered(11, TAG)], book(), NOW) == (ago(10), ago(6), ago(1))
    elsewhere = [act(MAIL, 10, "[FIN] Closing", "hubspot")]
    assert touches(elsewhere, [entered(11, TAG)], book(), NOW) == (ago(11), ago(10), ago(6), ago(1))
    unnamed = book(mails={"count": 4})
    assert touches(told, [entered(11, TAG)], unnamed, NOW) == (ago(11), ago(10), ago(6), ago(1))


def test_who_leaves_is_spared_the_mails_to_come_only_where_leaving_ends_them():
    assert touches([], [entered(11, TAG, left=8)], book(), NOW) == (ago(11),)
    assert touches([], [entered(11, ENTRY_ONLY, left=8)], book(), NOW) == (ago(11), ago(6), ago(1))


def test_a_segment_touches_nobody_and_a_track_without_mails_once():
    assert touches([], [entered(11, LIST)], book(), NOW) == ()
    assert touches([], [entered(11, TAG)], book(mails=None), NOW) == (ago(11),)


def test_a_track_that_is_no_longer_in_the_rulebook_has_touched_once():
    gone = Episode("spring", 1, TAG, ago(3))
    assert touches([], [gone], book(), NOW) == (ago(3),)


def test_one_talk_told_by_several_kinds_is_one_touch_and_two_talks_are_two():
    talks = [act("contacted", 2), act("call", 2), act("meeting", 1)]
    assert touches(talks, [], book(), NOW) == (ago(2), ago(1))
    twice = [act("contacted", 2, key="#1"), act("contacted", 2, key="#2"), act("call", 2)]
    assert touches(twice, [], book(), NOW) == (ago(2), ago(2))


def test_two_mails_of_one_moment_are_two_touches_and_clicks_are_none():
    mails = [act(MAIL, 1), act(MAIL, 1, channel="mailchimp:main"), act("email_click", 1)]
    assert touches(mails, [], book(), NOW) == (ago(1), ago(1))


ACTS = st.lists(
    st.builds(
        act,
        st.sampled_from([MAIL, *SALES, "email_open"]),
        st.integers(0, 60),
        st.sampled_from(["[FIN] Closing", "Spring sale", ""]),
        st.sampled_from(["hubspot", "mailchimp:main"]),
        st.uuids().map(str),
    ),
    max_size=12,
)
EPISODES = st.lists(
    st.builds(entered, st.integers(0, 60), st.sampled_from([PROPERTY, TAG, ENTRY_ONLY, LIST])), max_size=3
)


@given(ACTS, EPISODES, st.booleans())
def test_no_mail_is_lost_and_none_is_counted_beside_its_plan(acts, episodes, told_by_hubspot):
    rules = book(told_by_hubspot=told_by_hubspot)
    made = touches(acts, episodes, rules, NOW)
    mails = [event.happened_at for event in acts if event.kind == MAIL]
    assert list(made) == sorted(made)
    assert all(made.count(at) >= mails.count(at) for at in mails)
    listening = [one for one in episodes if one.channel != LIST]
    sales = sum(event.kind in SALES for event in acts)
    assert len(mails) <= len(made) <= len(mails) + sales + 4 * len(listening)
    if listening:
        assert len(made) >= 1


@given(ACTS, EPISODES, st.integers(0, 60))
def test_nothing_counts_before_it_is_due(acts, episodes, day):
    then = ago(day)
    told = [*(event.happened_at for event in acts), *(episode.entered_at for episode in episodes)]
    assert all(at <= then or at in told for at in touches(acts, episodes, book(), then))
