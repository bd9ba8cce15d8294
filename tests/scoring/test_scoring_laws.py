"""What holds for every contact: promise 4, and what people may rely on when they read a score."""

import dataclasses
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.facts import Consent, Contact, Episode, Event, Range, Refusal, Trust
from connector.scoring.score import judge
from connector.scoring.stages import SUPPRESSING, step
from connector.scoring.verdict import SUPPRESSED, Place

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)

kinds = st.sampled_from(
    ["form_submit", "email_click", "email_open", "email_sent", "page_view", "list_joined", "email_reply", "meeting"]
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
        "email_domain": st.sampled_from(["acme.example", "rival.example", "mail.filter.example"]),
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


DOUBTS = {
    "prefetch": {"within": "60m"},
    "bursts": [{"links": 2, "within": "60m", "is": "unsure"}],
    "gateways": {"domains": ["filter.example"]},
    "unsourced": {"events": ["page_view", "form_submit"]},
}


def add_everything(files):
    """Doubts, knowledge, topics and audience for the first model, and a second one beside it."""
    did_form = {"did": {"event": "form_submit"}}
    more = {
        "trust": {**files["model"]["trust"], "doubts": DOUBTS},
        "knowledge": {"brand": [{"id": "form", "when": did_form, "points": 60}]},
        "topics": {"demo": {"contains": "demo"}, "blog": {"contains": "/blog"}},
        "audience": {"id": "reader", "when": {"fit": {"at_most": 3}, "engagement": {"at_least": 1}}},
    }
    files["more_models"] = [{**files["model"], "model": "second", "applies_to": {"company": "Acme"}}]
    files["model"].update(more)


@pytest.fixture(scope="module")
def full(rulebook_with):
    return rulebook_with(add_everything)


@pytest.fixture(scope="module")
def doubting(rulebook_with):
    return rulebook_with(lambda files: files["model"]["trust"].update(doubts=DOUBTS))


@given(contact=contacts(), data=st.data())
def test_all_of_it_adds_up_in_any_order_and_the_same_each_time(contact, full, rulebook_with, data):
    verdict = judge(contact, full, TODAY)
    assert sum(line.points for line in verdict.lines) == verdict.exact
    assert verdict.audience == any(line.rule == "reader" for line in verdict.lines)
    shuffled = dataclasses.replace(contact, events=tuple(data.draw(st.permutations(contact.events))))
    assert judge(shuffled, rulebook_with(add_everything), TODAY) == verdict


@given(contact=contacts())
def test_the_best_verdict_stands(contact, full):
    verdict = judge(contact, full, TODAY)
    scores = [score for score in verdict.each.values() if score is not None]
    assert verdict.score == max(scores, default=None)
    assert verdict.each[verdict.model] == verdict.score
    assert ("second" in verdict.each) == (contact.fields.get("company") == "Acme")


@given(contact=contacts())
def test_doubts_only_take_away(contact, rulebook, doubting):
    trusting, doubted = judge(contact, rulebook, TODAY), judge(contact, doubting, TODAY)
    if doubted.enough:
        assert trusting.enough
        for part in ("phase", "engagement"):
            assert doubted.parts[part] <= trusting.parts[part]
        assert doubted.parts["fit"] == trusting.parts["fit"]


@given(contact=contacts(), hours=st.integers(0, 24 * 30))
def test_a_form_never_lowers_a_score_whatever_is_doubted(contact, hours, full):
    before = judge(contact, full, TODAY)
    moment = NOW - timedelta(hours=hours)
    form = Event("form_submit", moment, moment, "more", "Demo request")
    after = judge(dataclasses.replace(contact, events=(*contact.events, form)), full, TODAY)
    if before.enough:
        assert after.score >= before.score


@given(
    contact=contacts(),
    refusal=st.sampled_from(sorted(SUPPRESSING)),
    before=st.sampled_from([None, "new", "nurture", "qualified", "hot", "customer"]),
)
def test_who_opted_out_stands_on_no_ladder(contact, refusal, before, full):
    refused = dataclasses.replace(contact, consent=Consent(general=frozenset({refusal, Refusal.ARCHIVED})))
    place = None if before is None else Place(before, TODAY - timedelta(days=3))
    assert step(place, judge(refused, full, TODAY), refused, full, TODAY).after.stage == SUPPRESSED
