"""Laws of tending: whatever she did, was on and was sent, she is not flooded, and every no is told in every language."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from connector.facts import Consent, Episode, Event, Refusal, Trust
from connector.nurturing.intents import Hearing, Tended
from connector.scoring.verdict import Place, Step
from connector.scoring.words import knows
from connector.steps.nurturing_words import SENTENCES
from connector.steps.reasons import how_she_stands, next_in_nurturing, sentence

NOW = datetime(2027, 3, 10, 9, 30, tzinfo=UTC)
TODAY = date(2027, 3, 10)
PROPERTY = "hubspot:property:trellis_track"
TAG = "mailchimp:main:tag:trellis:track:finance"
ALL = ("finance", "warmup", "by-hand", "care")
AIMS = ("win", "retain", "recover", "reactivate")
PER = 7

past = st.integers(0, 24 * 60).map(lambda hours: NOW - timedelta(hours=hours))
acts = st.lists(
    st.builds(
        lambda kind, at, trust: Event(kind, at, at, f"{kind}:{at}", trust=trust),
        st.sampled_from(["complaint", "email_reply", "form_submit", "meeting", "order", "deal_lost"]),
        past,
        st.sampled_from(Trust),
    ),
    max_size=4,
    unique_by=lambda event: event.key,
).map(tuple)
episodes = st.lists(
    st.builds(
        lambda track, number, channel, entered, left: Episode(track, number, channel, entered, NOW if left else None),
        st.sampled_from(["finance", "warmup", "care", "old-track"]),
        st.integers(1, 3),
        st.sampled_from([PROPERTY, TAG]),
        past,
        st.booleans(),
    ),
    max_size=3,
    unique_by=lambda episode: (episode.track, episode.number),
).map(tuple)
ways = st.sets(st.tuples(st.sampled_from(["finance", "warmup"]), st.sampled_from([PROPERTY, TAG])), max_size=2)
RULES = {
    "one_track": (True, st.booleans()),
    "most": (3, st.integers(0, 3)),
    "hold": (0, st.integers(0, 9)),
    "rest": (0, st.integers(0, 30)),
    "interest": (False, st.booleans()),
    "aims": ([], st.lists(st.sampled_from(AIMS), max_size=2, unique=True)),
    "aim": ("win", st.sampled_from(AIMS)),
    "role": ("nurture", st.sampled_from(["nurture", "reminder", "closing"])),
    "reading": (0, st.integers(0, 3)),
}
LIVES = {
    "acts": ((), acts),
    "episodes": ((), episodes),
    "touches": ((), st.lists(past, max_size=4).map(lambda some: tuple(sorted(some)))),
    "rose": (None, st.integers(0, 10).map(lambda days: TODAY - timedelta(days=days))),
    "deaf": (set(), ways),
    "runs_on": (set(), ways),
    "stage": ("nurture", st.sampled_from(["new", "nurture", "hot", "customer", "suppressed"])),
    "answer": (None, st.sampled_from([None, "silent", "clicked"])),
    "refusals": (frozenset(), st.frozensets(st.sampled_from(sorted(Refusal)), max_size=1)),
}


def some(of, *named):
    """Either everything at once, or only what is named, beside which nothing speaks against mail."""
    only = {name: anything if name in named else st.just(plain) for name, (plain, anything) in of.items()}
    everything = st.fixed_dictionaries({name: anything for name, (_, anything) in of.items()})
    return st.one_of(st.fixed_dictionaries(only), everything)


lives, rules = some(LIVES), some(RULES)


def somebody(maria, life):
    return (
        maria.with_(verdict=replace(maria.verdict, answer=life["answer"]))
        .stands(life["stage"])
        .knows(events=life["acts"], episodes=life["episodes"], consent=Consent(general=life["refusals"]))
        .remembers(
            touches=life["touches"],
            stage_rose=life["rose"],
            hearing=Hearing(frozenset(life["deaf"]), frozenset(life["runs_on"])),
        )
    )


def files(rule, **dosing):
    reading = {} if rule["reading"] == 0 else {"company": "Acme" if rule["reading"] == 1 else "Bolt"}
    cap = {"cap": {"max": rule["most"], "per": f"{PER}d"}} if rule["role"] == "closing" else {}
    return {
        "change": {
            "finance": {"exit_when": None, "when": {"persona": "finance_lead", **reading}},
            "warmup": {"role": rule["role"], **cap, "stops_on": ["meeting"]},
            "care": {"aim": rule["aim"], "when": {"score": {"at_least": 10}}},
        },
        "aims": {aim: {"when": {"score": {"at_least": 1}}} for aim in rule["aims"]},
        "dosing": {
            "touches": {"max": rule["most"], "per": f"{PER}d"},
            "hold_after_rise": f"{rule['hold']}d",
            "hold_until": ["form_submit"],
            "one_track": rule["one_track"],
            **dosing,
        },
        "rectify": {
            "interest": rule["interest"],
            "annoyed": {"events": ["complaint"], "answers": ["silent"], "rest": f"{rule['rest']}d"},
        },
    }


def begun(plan):
    return [enter.track for enter in plan.enter if not enter.ways[0].segment]


def role_of(track, rule):
    return rule["role"] if track == "warmup" else "nurture"


@given(some(LIVES, "episodes"), some(RULES, "one_track", "aim", "aims"))
def test_one_track_at_a_time_and_one_aim(maria, plans, life, rule):
    person = somebody(maria, life)
    plan = plans(person, *ALL, **files(rule))
    on = [episode.track for episode in life["episodes"] if episode.left_at is None]
    assert not (plan.leave and begun(plan) and any(leave.track in on for leave in plan.leave))
    if rule["one_track"]:
        assert len(begun(plan)) + len(on) * bool(begun(plan)) <= 1
    aims = {"care": rule["aim"]}
    mixed = {aims.get(track, "win") for track in (*begun(plan), *on) if track in ALL}
    assert not begun(plan) or len(mixed) == 1


@given(some(LIVES, "rose", "acts"), some(RULES, "hold", "role"))
def test_in_the_wait_after_a_rise_only_reminders_begin(maria, plans, life, rule):
    signals = [act for act in life["acts"] if act.kind == "form_submit" and act.trust == Trust.HUMAN]
    waits = life["rose"] is not None and life["rose"] + timedelta(days=rule["hold"]) > TODAY
    plan = plans(somebody(maria, life), *ALL, **files(rule))
    if waits and not any(act.happened_at.date() >= life["rose"] for act in signals):
        assert all(role_of(track, rule) == "reminder" for track in begun(plan))


@given(some(LIVES, "touches"), some(RULES, "most", "one_track"))
def test_the_dose_is_never_exceeded(maria, plans, life, rule):
    plan = plans(somebody(maria, life), *ALL, **files(rule))
    recent = [at for at in life["touches"] if at > NOW - timedelta(days=PER)]
    assert not begun(plan) or len(recent) + len(begun(plan)) <= rule["most"]


@given(some(LIVES, "episodes", "runs_on"), some(RULES, "one_track"))
def test_nobody_begins_anything_while_mails_of_before_may_run_on(maria, plans, life, rule):
    lasts = {"finance": 21, "warmup": 14, "care": 30, "old-track": 30}
    ends = {("finance", PROPERTY), ("care", PROPERTY)} - set(life["runs_on"])
    still = [
        episode
        for episode in life["episodes"]
        if episode.left_at is not None
        and (episode.track, episode.channel) not in ends
        and (TODAY - episode.entered_at.date()).days < lasts[episode.track]
    ]
    assert not still or begun(plans(somebody(maria, life), *ALL, **files(rule))) == []


@given(some(LIVES, "acts", "episodes"), some(RULES, "rest", "one_track"))
def test_whoever_has_had_enough_is_left_in_peace(maria, plans, life, rule):
    plan = plans(somebody(maria, life), *ALL, **files(rule))
    complaints = [act for act in life["acts"] if act.kind == "complaint" and act.trust != Trust.MACHINE]
    if any((TODAY - act.happened_at.date()).days < rule["rest"] for act in complaints):
        assert begun(plan) == []
        assert {e.track for e in life["episodes"] if e.left_at is None} <= {leave.track for leave in plan.leave}


@given(some(LIVES, "deaf"), some(RULES, "one_track"))
def test_no_way_is_taken_to_which_nobody_listens(maria, plans, life, rule):
    plan = plans(somebody(maria, life), *ALL, **files(rule))
    assert not {(enter.track, way.key) for enter in plan.enter for way in enter.ways} & set(life["deaf"])


@given(lives, rules)
def test_more_rules_never_enroll_more(maria, plans, life, rule):
    person = somebody(maria, life)
    lax = {**files(rule, hold_after_rise="0d", one_track=False), "rectify": {}}
    lax["dosing"].pop("touches")
    open_to_her = {no.track for no in plans(person, *ALL, **lax).refused} | set(begun(plans(person, *ALL, **lax)))
    assert set(begun(plans(person, *ALL, **files(rule)))) <= open_to_her


@given(lives, rules, st.randoms(use_true_random=False))
def test_the_order_in_which_things_are_told_does_not_matter(maria, plans, life, rule, lot):
    person = somebody(maria, life)
    events, on = list(life["acts"]), list(life["episodes"])
    lot.shuffle(events)
    lot.shuffle(on)
    shuffled = person.knows(events=tuple(events), episodes=tuple(on))
    first, second = (plans(one, *ALL, **files(rule)) for one in (person, shuffled))
    assert (second.enter, second.refused, second.segments, second.paused) == (
        first.enter,
        first.refused,
        first.segments,
        first.paused,
    )
    assert Counter(second.leave) == Counter(first.leave)


@given(lives, rules)
def test_planning_the_same_again_changes_nothing(maria, plans, life, rule):
    person = somebody(maria, life)
    first = plans(person, *ALL, **files(rule))
    again = plans(person.remembers(tracks=first.tracks), *ALL, **files(rule))
    assert (again.enter, again.refused, again.tracks) == (first.enter, first.refused, first.tracks)
    assert again.standing == first.standing


@given(lives, rules)
def test_the_standing_is_that_of_the_plan(maria, plans, life, rule):
    plan = plans(somebody(maria, life), *ALL, **files(rule))
    state = plan.standing.state
    assert (state in (Tended.ENTERS, Tended.ON_TRACK, Tended.CLOSING)) or begun(plan) == []
    if begun(plan) and not any(e.left_at is None for e in life["episodes"]):
        assert plan.standing.track in begun(plan)
    assert plan.standing.until is None or plan.standing.until > TODAY
    assert not (plan.paused and begun(plan))


@given(lives, rules, st.sampled_from(["en", "es", "ca"]))
def test_every_reason_and_standing_has_its_words(maria, plans, rulebook, life, rule, language):
    plan = plans(somebody(maria, life), *ALL, **files(rule))
    rules_of = rulebook(*ALL, **files(rule))
    told = rules_of.model_copy(update={"fields": rules_of.fields.model_copy(update={"language": language})})
    for no in plan.refused:
        assert no.reason in SENTENCES[language] or knows(language, f"refusal_{no.reason}")
    says = how_she_stands(plan.standing, told)
    assert "{" not in says
    if plan.standing.state in (Tended.OUT, Tended.DOSED):
        assert says.endswith(sentence(plan.standing.cause, language))
    if plan.standing.state in (Tended.HOLD, Tended.DOSED, Tended.OUT, Tended.ON_TRACK, Tended.ENTERS):
        assert next_in_nurturing(plan, told) == says


@given(lives, rules)
def test_a_rise_in_this_very_step_is_a_rise(maria, plans, life, rule):
    step = Step(Place("new", TODAY), Place("nurture", TODAY), "score", rise=True)
    risen = somebody(maria, {**life, "stage": "nurture"}).with_(step=step)
    plan = plans(risen, *ALL, **files(rule))
    assert rule["hold"] == 0 or all(role_of(track, rule) == "reminder" for track in begun(plan))
