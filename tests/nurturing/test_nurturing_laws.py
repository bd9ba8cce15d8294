"""Laws of planning that hold for everybody."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from connector.facts import Consent, Episode, Event, Refusal

NOW = datetime(2027, 3, 10, 9, 30, tzinfo=UTC)
ALL = ("finance", "warmup", "by-hand", "care")
BARRING = sorted(set(Refusal) - {Refusal.UNREADABLE})

stages = st.sampled_from(["new", "nurture", "hot", "customer", "suppressed", "not_enough_data", "partner"])
past = st.integers(0, 400).map(lambda days: NOW - timedelta(days=days))
episodes = st.lists(
    st.builds(
        lambda track, number, entered, left: Episode(
            track, number, "hubspot:property:trellis_track", entered, entered if left else None
        ),
        st.sampled_from(["finance", "warmup", "care", "old-track"]),
        st.integers(1, 4),
        past,
        st.booleans(),
    ),
    max_size=3,
    unique_by=lambda episode: (episode.track, episode.number),
).map(tuple)
events = st.lists(
    st.builds(
        lambda kind, at: Event(kind, at, at, f"{kind}:{at}"),
        st.sampled_from(["deal_lost", "order", "email_click"]),
        past,
    ),
    max_size=2,
).map(tuple)
consents = st.builds(
    Consent,
    general=st.frozensets(st.sampled_from(sorted(Refusal)), max_size=1),
    hubspot_types=st.frozensets(st.sampled_from(["4711", "9"]), max_size=1),
    channel=st.dictionaries(st.sampled_from(["hubspot", "mailchimp:main"]), st.just(Refusal.NOT_MARKETING), max_size=1),
)
scores = st.one_of(st.none(), st.integers(0, 100))


@st.composite
def lives(draw):
    return {
        "consent": draw(consents),
        "episodes": draw(episodes),
        "events": draw(events),
        "stage": draw(stages),
        "score": draw(scores),
        "markers": draw(st.dictionaries(st.sampled_from(["finance", "warmup"]), st.integers(1, 3), max_size=2)),
        "refs": draw(st.dictionaries(st.sampled_from(["hubspot", "mailchimp:main"]), st.just("1"), max_size=2)),
    }


def somebody(maria, life):
    person = maria.knows(consent=life["consent"], episodes=life["episodes"], events=life["events"], refs=life["refs"])
    verdict = replace(maria.verdict, score=life["score"], enough=life["score"] is not None)
    return person.with_(verdict=verdict).remembers(markers=life["markers"]).stands(life["stage"])


@given(lives())
def test_a_baseline_does_nothing_and_remembers_who_matched(maria, plans, life):
    plan = plans(somebody(maria, life), *ALL, baseline=True)
    assert (plan.enter, plan.leave, plan.handover, plan.refused) == ((), (), None, ())
    assert all(state.at_baseline == state.matched for state in plan.tracks.values())


@given(lives())
def test_who_matched_at_baseline_does_not_enter_by_going_on_matching(maria, plans, life):
    person = somebody(maria, life)
    after = person.remembers(tracks=plans(person, *ALL, baseline=True).tracks)
    assert plans(after, *ALL).enter == ()


@given(lives(), st.sampled_from(BARRING))
def test_an_opt_out_never_enrolls_and_takes_her_out_of_everything(maria, plans, life, refusal):
    person = somebody(maria, {**life, "consent": Consent(general=frozenset({refusal}))})
    plan = plans(person, *ALL)
    assert plan.enter == ()
    assert {leave.track for leave in plan.leave} == {e.track for e in life["episodes"] if e.left_at is None}


@given(lives())
def test_nobody_is_enrolled_who_must_not_be(maria, plans, life):
    person = somebody(maria, life)
    plan = plans(person, *ALL)
    for enter in plan.enter:
        assert person.verdict.score is not None
        assert life["stage"] not in ("suppressed", "not_enough_data")
        assert life["stage"] != "customer" or enter.track == "care"
        assert not life["consent"].general
        assert all(way.source in life["refs"] and way.source not in life["consent"].channel for way in enter.ways)
        known = [e.number for e in life["episodes"] if e.track == enter.track]
        assert enter.track == "by-hand" or enter.episode > max((life["markers"].get(enter.track, 0), *known))
    assert sum(not enter.ways[0].segment for enter in plan.enter) <= 1
    assert not (plan.leave and any(not enter.ways[0].segment for enter in plan.enter))


@given(lives())
def test_every_track_that_is_for_her_is_entered_refused_or_lived(maria, plans, life):
    plan = plans(somebody(maria, life), *ALL)
    on = {e.track for e in life["episodes"] if e.left_at is None}
    answered = [enter.track for enter in plan.enter] + [no.track for no in plan.refused]
    assert len(answered) == len(set(answered))
    assert {track for track, state in plan.tracks.items() if state.matched} <= set(answered) | on


@given(lives())
def test_planning_twice_adds_nothing(maria, plans, life):
    person = somebody(maria, life)
    first = plans(person, *ALL)
    again = plans(person.remembers(tracks=first.tracks), *ALL)
    assert (again.enter, again.refused, again.tracks) == (first.enter, first.refused, first.tracks)


@given(lives())
def test_what_was_done_is_not_planned_again(maria, plans, life):
    person = somebody(maria, life)
    plan = plans(person, *ALL)
    left = {(leave.track, leave.episode) for leave in plan.leave}
    entered = tuple(
        Episode(enter.track, enter.episode, enter.ways[0].key, NOW) for enter in plan.enter if not enter.ways[0].segment
    )
    stayed = tuple(replace(e, left_at=NOW) if (e.track, e.number) in left else e for e in person.contact.episodes)
    done = person.knows(episodes=stayed + entered).remembers(tracks=plan.tracks)
    again = plans(done, *ALL)
    assert again.leave == ()
    assert {enter.track for enter in again.enter} & {episode.track for episode in entered} == set()


def test_leaving_and_matching_again_opens_what_the_baseline_closed(maria, plans):
    tracks = plans(maria, "finance", baseline=True).tracks
    elsewhere = maria.with_(verdict=replace(maria.verdict, persona=None)).remembers(tracks=tracks)
    gone = plans(elsewhere, "finance").tracks
    assert gone["finance"].matched is False
    back = plans(maria.remembers(tracks=gone), "finance")
    assert [enter.track for enter in back.enter] == ["finance"]
    assert back.tracks["finance"].matched_since == date(2027, 3, 10)


def test_a_match_that_goes_on_keeps_its_day(maria, plans):
    first = plans(maria, "finance").tracks
    tomorrow = maria.with_(verdict=replace(maria.verdict, day=date(2027, 3, 11))).remembers(tracks=first)
    assert plans(tomorrow, "finance", now=NOW + timedelta(days=1)).tracks == first
