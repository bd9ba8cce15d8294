"""What people read of nurturing: every word in every language, tracks by their labels."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from connector.facts import Episode
from connector.nurturing.intents import NotEnrolled, Plan, Standing, Tended
from connector.nurturing.reasons import Chosen, Held, Left
from connector.steps.nurturing_words import AGAIN, CHOSEN, HEAD, LEFT, SENTENCES, STANDINGS, UNTIL
from connector.steps.reasons import how_she_stands, next_in_nurturing, why_left
from connector.steps.track_words import LINES

NOW = datetime(2027, 3, 10, 9, 30, tzinfo=UTC)
DAY = date(2027, 3, 12)
LABEL = {"finance": {"label": "Finance, consideration"}}


@pytest.fixture(scope="session")
def told(rulebook):
    return rulebook("finance", "warmup", change=LABEL)  # fields.yaml says nothing of a language: English


@pytest.mark.parametrize("words", [SENTENCES, CHOSEN, LEFT, STANDINGS])
def test_every_word_stands_in_every_language(words):
    assert set(words["en"]) == set(words["es"]) == set(words["ca"])
    assert set(words) == set(UNTIL) == set(HEAD) == set(AGAIN) == {"en", "es", "ca"}


def test_every_code_has_a_word():
    assert set(SENTENCES["en"]) == set(Held)
    assert set(CHOSEN["en"]) == set(Chosen)
    assert set(LEFT["en"]) == set(Left) | {Held.EXIT_WHEN}
    assert set(STANDINGS["en"]) == set(Tended) | {"resting"}


@pytest.mark.parametrize("language", ["es", "ca"])
def test_lines_on_tracks_fill_in_the_same(language):
    assert LINES.keys() == {"en", "es", "ca"}
    blanks = {key: set(re.findall(r"{\w+}", line)) for key, line in LINES["en"].items()}
    assert {key: set(re.findall(r"{\w+}", line)) for key, line in LINES[language].items()} == blanks


@pytest.mark.parametrize("language", ["es", "ca"])
def test_languages_fill_in_the_same(language):
    for state, english in STANDINGS["en"].items():
        for blank in ("{track}", "{until}", "{cause}"):
            assert (blank in STANDINGS[language][state]) is (blank in english)


@pytest.mark.parametrize(
    ("standing", "says"),
    [
        (Standing(Tended.ON_TRACK, "finance", DAY), "On track Finance, consideration until 2027-03-12"),
        (Standing(Tended.GATE, "finance", DAY, Held.UNSCORED), "On track Finance, consideration until 2027-03-12"),
        (Standing(Tended.CLOSING, "warmup", DAY), "Closing, on track warmup until 2027-03-12"),
        (
            Standing(Tended.HOLD, until=DAY, cause=Held.AFTER_RISE),
            "Waiting after the rise until 2027-03-12: only reminders",
        ),
        (
            Standing(Tended.RECTIFY, until=DAY, cause=Held.RESTING),
            "Resting until 2027-03-12: has had enough of our mail",
        ),
        (
            Standing(Tended.RECTIFY, "gone", cause=Left.INTEREST),
            "Leaving track gone: is interested in something else",
        ),
        (Standing(Tended.DOSED, cause=Held.DOSE), "No new track: has had enough touches for now"),
        (Standing(Tended.OUT, cause="opted_out"), "Not nurtured: opted out of mail"),
        (Standing(Tended.FREE), "No track under way"),
    ],
)
def test_how_she_stands_is_one_sentence(standing, says, told):
    assert how_she_stands(standing, told) == says


def test_where_nothing_is_under_way_the_first_no_is_told(told):
    noes = (
        NotEnrolled(1, "warmup", Held.ANOTHER_CHOSEN),
        NotEnrolled(1, "finance", Held.TOO_SOON, DAY),
        NotEnrolled(1, "warmup", Held.BASELINE),
    )
    free = Plan(standing=Standing(Tended.FREE))
    says = "Not enrolled in Finance, consideration: was on it not long ago (asked again from 2027-03-12)"
    assert next_in_nurturing(replace(free, refused=noes), told) == says
    assert next_in_nurturing(replace(free, refused=noes[:1]), told) == ""
    assert next_in_nurturing(Plan(standing=Standing(Tended.GATE, cause=Held.UNSCORED)), told) == ""


def test_why_she_left_is_told_of_what_has_been(maria, plans):
    on = maria.knows(episodes=(Episode("finance", 1, "hubspot:property:trellis_track", NOW - timedelta(days=2)),))
    (leave,) = plans(on.stands("hot"), "finance").leave
    assert why_left(leave.why, "en") == "meets its exit condition"
    assert why_left("opted_out", "es") == "baja del correo"
