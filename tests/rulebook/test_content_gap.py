"""The content gap: which people no track is for, said of those who can exist and of nobody else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date

import pytest

from connector.rulebook.content_gap import Gap, content_gap
from connector.rulebook.idle_tracks import Idle, idle_tracks
from connector.rulebook.read import rulebook_from_source
from connector.rulebook.types import Rulebook
from connector.steps.review import review

TAG = {"audience": "main", "tag": "t"}


def track(name: str, aim: str = "win", **more: object) -> Mapping[str, object]:
    """A track for everybody, by a property of HubSpot, unless `more` says otherwise."""
    enroll = [{"hubspot": {"property": "trellis_track"}, "listener": "confirmed", "exit": "confirmed"}]
    return {name: {"aim": aim, "when": {"all": []}, "enroll": enroll, "lasts": "14d", **more}}


@pytest.fixture
def with_tracks(shipped):
    """The shipped rulebook with other tracks, and with its aims or without."""

    def build(*tracks: Mapping[str, object], aims: bool = False, **more: object) -> Rulebook:
        file = {"version": 1, "tracks": {name: one for part in tracks for name, one in part.items()}, **more}
        if aims:
            file["aims"] = json.loads(shipped.source["tracks"])["aims"]
        return rulebook_from_source({**shipped.source, "tracks": json.dumps(file)})

    return build


def gaps(rulebook: Rulebook) -> dict[tuple[str, str], tuple[str, ...]]:
    return {(gap.aim, gap.persona): gap.phases for gap in content_gap(rulebook).gaps}


LEADS = ("awareness", "consideration", "decision")
CUSTOMERS = ("using", "exploring", "expanding")


def test_the_shipped_tracks_leave_nobody_out(shipped):
    assert (content_gap(shipped).forgotten, content_gap(shipped).gaps) == ((), ())
    assert list(idle_tracks(shipped)) == []


def test_without_any_track_every_persona_is_forgotten(with_tracks):
    assert content_gap(with_tracks()).forgotten == ("finance_lead", "operations_lead", "second_team")
    assert content_gap(with_tracks()).gaps == ()


def test_leads_are_to_be_won_and_customers_to_be_retained_unless_aims_say_otherwise(with_tracks):
    found = content_gap(with_tracks(track("some", when={"persona": "finance_lead", "phase": "awareness"})))
    assert found.forgotten == ("operations_lead", "second_team")
    assert found.gaps == (Gap("win", "finance_lead", ("consideration", "decision"), whole=False),)


def test_every_aim_that_the_file_names_is_looked_at(with_tracks):
    found = gaps(with_tracks(track("won"), track("kept", "retain", when={"phase": "using"}), aims=True))
    assert found == {
        ("retain", "second_team"): ("exploring", "expanding"),
        ("recover", "second_team"): CUSTOMERS,
        ("reactivate", "finance_lead"): LEADS,
        ("reactivate", "operations_lead"): LEADS,
    }


@pytest.mark.parametrize(
    "when",
    [
        {"topic": "cierre"},
        {"score": {"at_least": 90}},
        {"did": {"event": "form_submit"}},
        {"any": [{"persona": "operations_lead"}, {"phase": "awareness"}, {"country": "ES"}]},
        {"not": {"country": "ES"}},
        {"persona": {"known": True}},
        {"model": "acquisition"},
        {"stage": {"in": ["qualified", "hot"]}},
        {"lifecycle": "lead"},
    ],
)
def test_a_track_that_may_be_for_one_of_them_fills_the_gap(with_tracks, when):
    assert not any(aim == "win" for aim, _ in gaps(with_tracks(track("some", when=when), track("kept", "retain"))))


@pytest.mark.parametrize(
    "when",
    [
        {"stage": "customer"},
        {"model": "customers"},
        {"lifecycle": "customer"},
        {"persona": {"known": False}},
        {"all": [{"country": "ES"}, {"phase": "using"}]},
        {"any": []},
    ],
)
def test_a_track_that_is_for_none_of_them_fills_no_gap(with_tracks, when):
    found = content_gap(with_tracks(track("some", when=when), track("kept", "retain")))
    assert found.forgotten == ("finance_lead", "operations_lead")


@pytest.mark.parametrize(
    "more",
    [
        {"role": "reminder"},
        {"role": "closing", "cap": {"max": 1, "per": "7d"}},
        {"exit_when": {"model": "acquisition"}},
    ],
)
def test_what_is_no_series_of_hers_fills_no_gap(with_tracks, more):
    found = content_gap(with_tracks(track("some", **more), track("kept", "retain")))
    assert found.forgotten == ("finance_lead", "operations_lead")


def test_a_list_for_a_mail_by_hand_fills_a_gap(with_tracks):
    by_hand = track("by-hand", enroll=[{"hubspot": {"list": "By hand"}, "listener": "none"}])
    assert gaps(with_tracks(by_hand, track("kept", "retain"))) == {}


@pytest.mark.parametrize(
    ("tracks", "idle"),
    [
        ([track("never", when={"stage": "customer"})], [Idle("never", None)]),
        ([track("never", "retain", when={"persona": "finance_lead", "stage": "customer"})], [Idle("never", None)]),
        ([track("narrow", when={"persona": {"known": False}})], []),
        ([track("wide", priority=9), track("narrow", when={"country": "ES"})], [Idle("narrow", "wide")]),
        ([track("wide"), track("narrow", when={"country": "ES"})], [Idle("narrow", "wide")]),
        ([track("narrow", when={"country": "ES"}), track("wide")], []),
        ([track("wide"), track("narrow", when={"country": "ES"}, priority=9)], []),
        ([track("wide"), track("narrow", role="reminder", when={"country": "ES"})], []),
        ([track("wide", exit_when={"country": "ES"}), track("narrow", when={"country": "ES"})], []),
        ([track("wide"), track("narrow", enroll=[{"mailchimp": TAG, "listener": "confirmed"}])], []),
        ([track("wide", enroll=[{"hubspot": {"list": "L"}}]), track("narrow", when={"country": "ES"})], []),
        ([track("other", when={"country": "PT"}), track("narrow", when={"country": "ES"})], []),
        (
            [
                track("wide", when={"country": "ES"}),
                track("narrow", when={"country": "ES", "did": {"event": "form_submit"}}),
            ],
            [Idle("narrow", "wide")],
        ),
    ],
)
def test_tracks_that_nobody_is_ever_on_or_first_on(with_tracks, tracks, idle):
    assert list(idle_tracks(with_tracks(*tracks))) == idle


def test_where_many_tracks_may_be_had_at_once_none_stands_in_the_way(with_tracks):
    tracks = (track("wide"), track("narrow", when={"country": "ES"}))
    assert list(idle_tracks(with_tracks(*tracks, dosing={"one_track": False}))) == []


def test_it_is_one_line_of_advice_for_the_admin(with_tracks):
    rulebook = with_tracks(
        track("some", when={"persona": "finance_lead", "phase": "awareness"}),
        track("late", when={"persona": "finance_lead", "phase": "awareness", "country": "ES"}),
        track("never", when={"stage": "customer"}),
        track("kept", "retain", when={"phase": "using"}),
    )
    told = [finding for finding in review(rulebook, date(2026, 11, 20)) if "track" in finding.what]
    assert [f"{finding.level}: {finding.what}" for finding in told] == [
        "advice: track late is nobody's first: some is for all of them, too, and is chosen before it",
        "warning: track never can be for nobody: what it asks for is never true at once",
        "advice: no track nurtures anybody of persona operations_lead",
        "advice: there is no track to win finance_lead (consideration, decision); to retain second_team (exploring, expanding)",
    ]
