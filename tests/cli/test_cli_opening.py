"""`holds`, `approve` and `discard` of batches: who matched a track when Trellis began, and who belongs to a segment."""

from __future__ import annotations

import json

import pytest

from connector.cli.exits import Exit


@pytest.fixture
def opened(settled):
    """Three people match a track since the baseline, with scores of 70, 60 and 50."""
    for table in ("track_state", "membership", "intent"):
        settled.execute(f"DELETE FROM {table}")
    settled.execute(
        "INSERT INTO track_state (contact, track, matched, matched_since, at_baseline)"
        " SELECT contact, 'spring', true, '2026-01-07', true FROM verdict ORDER BY contact LIMIT 3"
    )
    settled.execute(
        "UPDATE verdict SET score = 80 - 10 * place FROM (SELECT contact, row_number() OVER (ORDER BY contact) AS place"
        " FROM track_state) AS told WHERE verdict.contact = told.contact"
    )
    return settled


def waiting(town) -> list[int]:
    """Who waits, the best first."""
    return [
        contact
        for (contact,) in town.execute(
            "SELECT contact FROM track_state JOIN verdict USING (contact) WHERE at_baseline ORDER BY score DESC"
        )
    ]


def test_an_opening_batch_is_listed_and_asks_for_nothing(opened):
    listed = opened.trellis("holds")
    assert listed.code == Exit.DONE
    assert listed.out.splitlines() == [
        "opening:spring  3 people matched when Trellis began or a change was rolled back",
        "Nothing is held.",
        "`trellis approve opening:spring --most 20` lets the best of a batch in, `trellis discard opening:spring` asks no more.",
    ]
    assert json.loads(opened.trellis("holds", "--json").out) == [
        {
            "id": "opening:spring",
            "state": "waiting",
            "kind": "opening",
            "track": "spring",
            "people": 3,
            "reason": "matched when Trellis began or a change was rolled back",
        }
    ]


def test_the_best_of_an_opening_batch_go_first_and_the_others_wait_on(opened):
    best, *others = waiting(opened)
    some = opened.trellis("approve", "opening:spring", "--most", "1")
    assert (some.code, some.out) == (
        Exit.DONE,
        "1 of 3 approved; the next `trellis sync` judges them anew, within the guard.\n",
    )
    assert waiting(opened) == others
    assert opened.trellis("approve", "all").out == "0 approved; the next `trellis sync` delivers.\n"
    assert waiting(opened) == others
    assert opened.trellis("approve", "opening:spring").out.startswith("2 of 2 approved;")
    assert waiting(opened) == []
    assert best not in others


def test_a_batch_that_nobody_waits_in_is_one_line_with_the_cure(opened):
    for typed in ("approve opening:autumn", "discard opening:autumn"):
        ran = opened.trellis(*typed.split())
        assert (ran.code, ran.said) == (Exit.FAILED, ["nobody waits under opening:autumn: see `trellis holds`"])


def test_who_is_discarded_is_asked_about_no_more_and_stays_out(opened):
    gone = opened.trellis("discard", "opening:spring")
    assert (gone.code, gone.out) == (
        Exit.DONE,
        "3 discarded: who of them leaves the track and matches it again may enter as before.\n",
    )
    assert opened.trellis("holds").out == "Nothing is held.\n"
    assert opened.trellis("approve", "opening:spring").code == Exit.FAILED
    assert len(waiting(opened)) == 3


def test_a_segment_that_waits_is_listed_and_approved_as_a_whole(settled):
    settled.execute("DELETE FROM track_state")
    settled.execute("DELETE FROM membership")
    settled.execute(
        "INSERT INTO membership (contact, key, source, segment, wanted, since, held)"
        " SELECT contact, 'hubspot:list:Readers', 'hubspot', 'readers', true, '2026-01-07', true FROM verdict LIMIT 2"
    )
    assert settled.trellis("holds").out.splitlines()[0] == "segment:readers  2 people not put on its list yet"
    for typed in ("approve segment:readers --most 1", "discard segment:readers"):
        assert settled.trellis(*typed.split()).code == Exit.USAGE
    ran = settled.trellis("approve", "segment:readers")
    assert ran.out == "2 approved; the next `trellis sync` puts them on the list.\n"
    assert settled.trellis("holds").out == "Nothing is held.\n"
