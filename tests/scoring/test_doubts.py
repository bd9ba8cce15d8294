"""Doubts: which acts are trusted less than their platform says, at the very second where that begins."""

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.facts import Contact, Event, Trust
from connector.rulebook.types import Burst, Doubts, Gateways
from connector.scoring.doubts import address_domain, burst_of, graded, is_behind
from connector.scoring.score import judge

START = datetime(2026, 11, 20, 8, tzinfo=UTC)
CERTAINTY = {Trust.MACHINE: 0, Trust.UNSURE: 1, Trust.HUMAN: 2}
ALL = {
    "prefetch": {"within": "10s"},
    "bursts": [{"links": 3, "within": "2s"}],
    "gateways": {"domains": ["Filter.example"]},
    "unsourced": {"events": ["page_view"]},
}


def mail(kind, second, asset="", channel="hubspot", trust=Trust.HUMAN):
    moment = START + timedelta(seconds=second)
    return Event(kind, moment, moment, f"{second}:{asset}", asset, channel, trust)


def grades(events, domain="acme.example", doubts=ALL):
    return [event.trust for event in graded(events, Doubts.model_validate(doubts), domain)]


@pytest.mark.parametrize(("second", "grade"), [(0, Trust.MACHINE), (10, Trust.MACHINE), (11, Trust.HUMAN)])
def test_nobody_opens_a_mail_in_the_seconds_after_it_was_sent(second, grade):
    assert grades([mail("email_sent", 0, "One"), mail("email_open", second, "One")])[1] is grade


def test_a_mail_sent_after_the_open_or_over_another_channel_says_nothing_of_it():
    assert grades([mail("email_open", 0), mail("email_sent", 1)])[0] is Trust.HUMAN
    assert grades([mail("email_sent", 0), mail("email_open", 1, channel="mailchimp:main")])[1] is Trust.HUMAN


@pytest.mark.parametrize(
    ("clicks", "doubtful"),
    [
        ([(0, "a"), (1, "b"), (2, "c")], [True, True, True]),
        ([(0, "a"), (1, "b"), (3, "c")], [False, False, False]),  # three links, but not within two seconds
        ([(0, "a"), (1, "a"), (2, "b")], [False, False, False]),  # two links only
        ([(0, "a"), (0, "a"), (1, "b"), (2, "c"), (4, "d")], [True, True, True, True, False]),
        ([(0, "a"), (1, "b"), (2, "c"), (3, "d"), (60, "a")], [True, True, True, True, False]),
        ([(0, ""), (1, "b"), (2, "c")], [False, False, False]),  # an act without an asset is no link
        ([(0, ""), (1, "a"), (1, "b"), (2, "c")], [True, True, True, True]),  # but may stand among them
    ],
)
def test_whoever_follows_every_link_at_once_is_no_person(clicks, doubtful):
    burst = Burst.model_validate({"links": 3, "within": "2s"})
    assert list(burst_of([(START + timedelta(seconds=at), asset) for at, asset in clicks], burst)) == doubtful


@given(st.lists(st.tuples(st.integers(0, 12), st.sampled_from(["", "a", "b", "c", "d"])), max_size=12))
def test_a_burst_is_what_its_definition_says(clicks):
    burst = Burst.model_validate({"links": 3, "within": "2s"})
    clicks = sorted((START + timedelta(seconds=at), asset) for at, asset in clicks)
    windows = [[one for one in clicks if timedelta() <= one[0] - first <= timedelta(seconds=2)] for first, _ in clicks]
    bursts = [window for window in windows if len({asset for _, asset in window if asset}) >= 3]
    assert list(burst_of(clicks, burst)) == [any(click in one for one in bursts) for click in clicks]


def test_clicks_over_two_channels_are_not_one_burst():
    over = ["hubspot", "mailchimp:main", "hubspot"]
    assert set(
        grades([mail("email_click", 0, asset, channel) for asset, channel in zip("abc", over, strict=True)])
    ) == {Trust.HUMAN}


@pytest.mark.parametrize(
    ("domain", "behind"),
    [("filter.example", True), ("mail.filter.example", True), ("nofilter.example", False), ("", False)],
)
def test_a_gateway_stands_before_its_domain_and_those_below_it(domain, behind):
    assert is_behind(domain, Gateways(domains=("Filter.example",))) is behind
    expected = Trust.UNSURE if behind else Trust.HUMAN
    acts = [mail("email_open", 100), mail("email_click", 200, "a"), mail("form_submit", 300, "Demo")]
    assert grades(acts, domain) == [expected, expected, Trust.HUMAN]


def test_the_domain_is_the_field_made_for_it_or_what_follows_the_at(rulebook):
    assert (
        address_domain({"email_domain": "Acme.example", "email": "a@other.example"}, rulebook.fields) == "acme.example"
    )
    assert address_domain({"email": "a@Other.example"}, rulebook.fields) == "other.example"
    assert address_domain({}, rulebook.fields) == ""


def test_an_act_that_names_no_asset_is_doubted_where_that_is_asked_for():
    assert grades([mail("page_view", 0), mail("page_view", 1, "/blog"), mail("form_submit", 2)]) == [
        Trust.UNSURE,
        Trust.HUMAN,
        Trust.HUMAN,
    ]


@given(
    st.lists(
        st.builds(
            mail,
            st.sampled_from(["email_sent", "email_open", "email_click", "page_view"]),
            st.integers(0, 30),
            st.sampled_from(["", "a", "b", "c"]),
            st.sampled_from(["hubspot", "mailchimp:main"]),
            st.sampled_from(Trust),
        ),
        max_size=10,
    ),
    st.sampled_from(["filter.example", "acme.example"]),
)
def test_doubts_only_ever_lower_trust_and_twice_is_once(events, domain):
    events = sorted(events, key=lambda event: event.happened_at)
    once = graded(events, Doubts.model_validate(ALL), domain)
    for before, after in zip(events, once, strict=True):
        assert CERTAINTY[after.trust] <= CERTAINTY[before.trust]
        assert dataclasses.replace(after, trust=before.trust) == before
    assert graded(once, Doubts.model_validate(ALL), domain) == once
    assert grades(events, domain, {}) == [event.trust for event in events]


def test_what_a_machine_did_is_withheld_and_is_no_evidence(rulebook_with):
    def doubt(files):
        files["model"]["trust"]["doubts"] = {"bursts": [{"links": 3, "within": "2s"}]}

    clicks = tuple(mail("email_click", second, asset) for second, asset in enumerate("abc"))
    known = Contact(1, fields={"job_title": "CFO", "company": "Acme"}, events=clicks)
    trusting, doubting = rulebook_with(lambda _: None), rulebook_with(doubt)
    assert judge(known, trusting, START.date()).parts["engagement"] == 6000
    verdict = judge(known, doubting, START.date())
    (line,) = (line for line in verdict.lines if line.part == "engagement")
    assert (line.points, line.gross, line.withheld, line.times) == (0, 6000, 6000, 3)
    assert verdict.phase is None
    stranger = dataclasses.replace(known, fields={})
    assert judge(stranger, trusting, START.date()).enough
    assert not judge(stranger, doubting, START.date()).enough
