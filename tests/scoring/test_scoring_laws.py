"""What holds for every contact: promise 4, and what people may rely on when they read a score."""

import dataclasses
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.facts import Contact, Episode, Event, Range, Trust
from connector.scoring.score import judge

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)

kinds = st.sampled_from(
    ["form_submit", "email_click", "email_open", "page_view", "list_joined", "email_reply", "meeting"]
)
assets = st.sampled_from(["", "Demo request", "https://acme.example/blog/1", "Visited pricing", "[FIN] 1"])


@st.composite
def acts(draw):
    happened = NOW - timedelta(hours=draw(st.integers(0, 24 * 400)))
    known = happened + timedelta(hours=draw(st.integers(0, 100)))
    return Event(
        draw(kinds), happened, known, str(draw(st.integers(0, 10**6))), draw(assets), trust=draw(st.sampled_from(Trust))
    )


fields = st.fixed_dictionaries(
    {},
    optional={
        "job_title": st.sampled_from(["CFO", "Estudiante de finance", "Jefa de operaciones", "Poeta"]),
        "company": st.just("Acme"),
        "phone": st.just("600"),
        "employees": st.one_of(st.integers(0, 2000), st.just(Range(100, 500))),
        "email_domain": st.sampled_from(["acme.example", "rival.example"]),
    },
)
episodes = st.lists(
    st.builds(
        lambda ago, number: Episode("finance", number, "hubspot", NOW - timedelta(days=ago)),
        st.integers(0, 60),
        st.integers(1, 3),
    ),
    max_size=2,
)


@st.composite
def contacts(draw):
    events = draw(st.lists(acts(), max_size=12, unique_by=lambda event: event.key))
    values = draw(fields)
    changed = {name: TODAY - timedelta(days=draw(st.integers(0, 900))) for name in values if draw(st.booleans())}
    return Contact(1, fields=values, changed=changed, events=tuple(events), episodes=tuple(draw(episodes)))


@given(contact=contacts())
def test_the_lines_add_up_and_each_tells_where_its_points_went(contact, rulebook):
    verdict = judge(contact, rulebook, TODAY)
    assert sum(line.points for line in verdict.lines) == verdict.exact
    for line in verdict.lines:
        taken = line.faded + line.withheld + line.capped
        assert min(line.faded, line.withheld, line.capped) >= 0
        assert abs(line.gross) - taken == abs(line.points)
    for part, points in verdict.parts.items():
        assert points == sum(line.points for line in verdict.lines if line.part == part)
    if verdict.enough:
        assert 0 <= verdict.score <= 100
        assert abs(verdict.score * 1000 - verdict.exact) <= 500


@given(contact=contacts())
def test_each_factor_stays_within_its_maximum(contact, rulebook):
    verdict = judge(contact, rulebook, TODAY)
    if verdict.enough:
        for part in ("fit", "phase", "engagement", "profile"):
            assert 0 <= verdict.parts[part] <= getattr(rulebook.models[0].factors, part).max
        assert abs(verdict.parts["reaction"]) <= rulebook.models[0].factors.reaction.max


@given(contact=contacts(), data=st.data())
def test_the_order_of_arrival_leaves_no_trace(contact, rulebook, data):
    shuffled = dataclasses.replace(contact, events=tuple(data.draw(st.permutations(contact.events))))
    assert judge(shuffled, rulebook, TODAY) == judge(contact, rulebook, TODAY)


@given(contact=contacts(), more=acts())
def test_doing_more_never_lowers_the_score(contact, more, rulebook):
    before = judge(contact, rulebook, TODAY)
    more = dataclasses.replace(more, key="more")
    after = judge(dataclasses.replace(contact, events=(*contact.events, more)), rulebook, TODAY)
    if before.enough:
        assert after.score >= before.score


@given(contact=contacts(), days=st.integers(1, 400))
def test_fading_never_raises_a_positive_part(contact, days, rulebook):
    contact = dataclasses.replace(contact, episodes=())
    before = judge(contact, rulebook, TODAY)
    after = judge(contact, rulebook, TODAY + timedelta(days=days))
    for part, points in before.parts.items():
        assert after.parts[part] <= points


@given(contact=contacts())
def test_the_last_override_that_holds_wins(contact, rulebook):
    contact = dataclasses.replace(contact, fields={**contact.fields, "email_domain": "rival.example"})
    verdict = judge(contact, rulebook, TODAY)
    if verdict.enough:
        assert verdict.score == verdict.exact == 0


@given(contact=contacts(), hours=st.integers(0, 24 * 400))
def test_what_was_not_known_by_then_might_as_well_not_have_happened(contact, hours, rulebook):
    known_by = NOW - timedelta(hours=hours)
    then = dataclasses.replace(contact, events=tuple(event for event in contact.events if event.known_at <= known_by))
    assert judge(contact, rulebook, TODAY, known_by) == judge(then, rulebook, TODAY)


@given(contact=contacts(), days=st.integers(0, 400))
def test_the_future_does_not_count(contact, days, rulebook):
    day = TODAY - timedelta(days=days)
    past = tuple(event for event in contact.events if event.happened_at.date() < day)
    until = dataclasses.replace(contact, events=past, episodes=())
    later = dataclasses.replace(
        contact, events=(*past, *(e for e in contact.events if e.happened_at.date() > day)), episodes=()
    )
    assert judge(later, rulebook, day) == judge(until, rulebook, day)


@pytest.mark.parametrize("trust", list(Trust))
def test_a_doubtful_act_pushes_out_no_certain_one(trust, rulebook, maria, act):
    certain = dataclasses.replace(maria, events=tuple(act("form_submit", 30 + day) for day in range(3)))
    doubted = dataclasses.replace(
        certain, events=(*certain.events, *(act("form_submit", day, trust=trust) for day in range(3)))
    )
    assert judge(doubted, rulebook, TODAY).parts["engagement"] >= judge(certain, rulebook, TODAY).parts["engagement"]
