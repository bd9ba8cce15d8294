"""Who is looked at again only on her due day shows nothing before it: judged on every day, by brute force."""

import dataclasses
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import assume, event, given
from hypothesis import strategies as st

from connector.facts import Consent, Contact, Episode, Event, Refusal, Trust
from connector.nurturing.intents import Memory
from connector.nurturing.matching import is_for
from connector.nurturing.situation import Situation
from connector.rulebook.types import Model, Rulebook
from connector.scoring.columns.outlook import NEVER, ToldCrowd, due_crowd
from connector.scoring.columns.score import judge_crowd
from connector.scoring.columns.stages import step_crowd
from connector.scoring.outlook.due import Told, due
from connector.scoring.score import judge
from connector.scoring.stages import step
from connector.scoring.verdict import Place
from connector.steps.difference import Held, Texts, for_hubspot

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAYS = 120

KINDS = ["form_submit", "email_click", "email_open", "page_view", "list_joined", "email_reply", "unsubscribe"]
ASSETS = ["", "Demo request", "https://acme.example/blog/1", "Visited pricing", "[FIN] 1"]


@st.composite
def acts(draw):
    ago = draw(st.one_of(st.integers(0, 24 * 40), st.integers(0, 24 * 400), st.integers(-24 * 30, 0)))
    happened = NOW - timedelta(hours=ago)
    kind, asset, trust = draw(st.sampled_from(KINDS)), draw(st.sampled_from(ASSETS)), draw(st.sampled_from(Trust))
    return Event(kind, happened, happened, str(draw(st.integers(0, 10**6))), asset, trust=trust)


days = st.integers(-60, 400).map(lambda ago: TODAY - timedelta(days=ago))
values = st.fixed_dictionaries(
    {},
    optional={
        "email": st.sampled_from(["ana@acme.example", "ana@mail.gateway.example"]),
        "job_title": st.sampled_from(["CFO", "Estudiante de finance", "Jefa de operaciones"]),
        "company": st.just("Acme"),
        "phone": st.just("600"),
        "employees": st.integers(0, 2000),
        "lifecycle": st.sampled_from(["lead", "lead", "customer"]),
        "trial": st.one_of(
            days, days.map(date.isoformat), days.map(lambda day: datetime(*day.timetuple()[:3], 23, tzinfo=UTC))
        ),
    },
)
episodes = st.builds(
    lambda ago, stayed, number: Episode(
        "finance",
        number,
        "hubspot:trellis_track",
        NOW - timedelta(days=ago),
        None if stayed is None else NOW - timedelta(days=ago - min(stayed, max(0, ago))),
    ),
    st.integers(-5, 40),
    st.one_of(st.none(), st.integers(0, 30)),
    st.integers(1, 3),
)


@st.composite
def contacts(draw):
    fields = draw(values)
    return Contact(
        1,
        refs={"hubspot": "501"},
        fields=fields,
        changed={name: draw(days) for name in fields if draw(st.booleans())},
        events=tuple(draw(st.lists(acts(), max_size=12, unique_by=lambda one: one.key))),
        consent=Consent(frozenset({Refusal.OPTED_OUT}) if draw(st.integers(0, 29)) == 29 else frozenset()),
        episodes=tuple(draw(st.lists(episodes, max_size=2))),
    )


points = st.sampled_from([0.2, 1, 3, 5, 9, 15, -3])
decays = st.one_of(
    st.builds(lambda days: {"half_life": f"{days}d"}, st.integers(0, 60)),
    st.builds(lambda days: {"linear": f"{days}d"}, st.integers(1, 90)),
    st.builds(lambda days: {"cliff": f"{days}d"}, st.integers(0, 60)),
)
asked_of_facts = st.one_of(
    st.builds(
        lambda kind, within, least: {"did": {"event": kind, "within": f"{within}d", "at_least": least}},
        st.sampled_from(KINDS),
        st.integers(0, 60),
        st.integers(1, 3),
    ),
    st.builds(
        lambda how, days: {"trial": {how: f"{days}d"}}, st.sampled_from(["within", "older_than"]), st.integers(0, 90)
    ),
    st.just({"did": {"event": "form_submit"}}),
    st.just({"job_title": {"contains": "cfo"}}),
)
asked_of_numbers = st.one_of(
    st.builds(
        lambda name, how, number: {name: {how: number}},
        st.sampled_from(["score", "engagement", "profile"]),
        st.sampled_from(["at_least", "at_most", "is", "is_not"]),
        st.sampled_from([0, 0.5, 2, 5, 12, 20, 33, 50]),
    ),
    st.builds(lambda low, more: {"score": {"between": [low, low + more]}}, st.integers(0, 60), st.integers(0, 20)),
    st.sampled_from([{"phase": "awareness"}, {"phase": {"not_in": ["decision"]}}, {"topic": "demo"}]),
)
leaf = st.one_of(asked_of_facts, asked_of_numbers)
conditions = st.one_of(
    leaf,
    st.builds(lambda one, other: {"all": [one, other]}, leaf, leaf),
    st.builds(lambda one, other: {"any": [one, {"not": other}]}, leaf, leaf),
)


NEVER_WRITTEN = {"min_change": 100, "at_least": "9999d"}


def rarely(strategy):
    """Mostly nothing, so that what is there can be seen alone."""
    return st.one_of(st.none(), st.none(), strategy)


def _rules(draw, group):
    return [
        {"id": f"{group}{at}", "event": draw(st.sampled_from(KINDS)), "points": draw(points)}
        | draw(st.fixed_dictionaries({}, optional={"max_times": st.integers(1, 3)}))
        | draw(st.fixed_dictionaries({}, optional={"within": st.integers(0, 50).map(lambda days: f"{days}d")}))
        for at in range(draw(st.integers(1, 2)))
    ]


@st.composite
def changes(draw):
    """A change of the rulebook's files: other curves, caps and points, overrides, traits, tracks, stages, states."""
    groups = {
        name: {"max": draw(st.sampled_from([2, 6, 17])), "decay": draw(decays), "rules": _rules(draw, name)}
        for name in ("a", "b")
    }
    how = st.sampled_from([{"at_least": 40}, {"at_most": 30}, {"set": 12}, {"add": 7}, {"add": -7}])
    overrides = [{"id": f"o{at}", "when": draw(conditions), **draw(how)} for at in range(draw(st.integers(0, 3)))]
    phase_points = draw(st.tuples(*[st.sampled_from([1, 5, 15, 25, 30])] * 3))
    half_lives = draw(st.integers(0, 60)), draw(st.one_of(st.none(), st.integers(1, 400)))
    trait, known = draw(rarely(asked_of_facts)), draw(rarely(asked_of_facts))
    audience, when, leaves = (
        draw(st.one_of(st.none(), conditions)),
        draw(conditions),
        draw(st.one_of(st.none(), conditions)),
    )
    enter, stay, state = draw(conditions), draw(st.integers(0, 10)), draw(rarely(conditions))
    often = {"min_change": draw(st.integers(1, 6)), "at_least": f"{draw(st.integers(0, 20))}d"}
    rule = draw(st.sampled_from([often, NEVER_WRITTEN, NEVER_WRITTEN]))  # writes would hide what else is to be seen
    topics, sent = draw(st.booleans()), draw(st.booleans())

    def change(files):
        model, fields = files["model"], files["fields"]
        fields["fields"]["trial"] = {"hubspot": "trial", "type": "date"}
        fields["write"] = {
            "score": rule,
            "persona": {},
            "phase": {},
            "scores": {"second": {"hubspot": "trellis_second"}},
        }
        if sent:
            fields["events"]["email_sent"] = {"mailchimp": "activity.sent"}
        factors = model["factors"]
        factors["engagement"]["groups"] = groups
        for one, amount in zip(factors["phase"]["phases"].values(), phase_points, strict=True):
            one["points"] = amount
        factors["phase"]["half_life"] = f"{half_lives[0]}d"
        factors["profile"]["freshness"] = half_lives[1] and {"half_life": f"{half_lives[1]}d"}
        if trait:
            factors["fit"]["adjust"].append({"id": "turning", "when": trait, "points": 9})
        model["overrides"] = overrides
        del model["minimum_evidence"]
        model["trust"] = {"unsure": 0.5, "doubts": {"gateways": {"domains": ["gateway.example"]}}}
        if audience:
            model["audience"] = {"id": "only-reads", "when": audience}
        if known:
            model["knowledge"] = {"brand": [{"id": "knows", "when": known, "points": 60}]}
        if topics:
            model["topics"] = {
                "demo": {"contains": "demo"},
                "blog": {"contains": "/blog"},
                "any": {"contains_any": ["demo", "pricing"]},
            }
        files["stages"]["stages"][2] |= {"enter": enter, "minimum_stay": f"{stay}d"}
        if state:
            files["stages"]["states"]["asleep"] = {"when": state}
        track = files["tracks"]["tracks"]["finance"]
        track["when"] = {"all": [when, {"aim": "win"}]}
        if leaves:
            track["exit_when"] = leaves

    return change


def second(rulebook: Rulebook) -> Rulebook:
    """The rulebook with another model beside its own, for everybody, whose score is written as well."""
    data = rulebook.models[0].model_dump(by_alias=True, exclude_none=True)
    data |= {"model": "second", "applies_to": {"not": {"trial": {"within": "20d"}}}}
    data["overrides"] = [{"id": "about-as-much", "when": {"all": []}, "set": 14}]
    data["factors"]["engagement"]["groups"].pop("a")
    return rulebook.model_copy(update={"models": (*rulebook.models, Model.model_validate(data))})


class Platform:
    """What HubSpot holds of her, as it would be written day by day."""

    def __init__(self, score, since):
        self.held = {"trellis_score": score}
        self.since = since

    def writes(self, verdict, placed, rulebook):
        texts = Texts("why", "next", "brief")
        return for_hubspot(verdict, placed, lambda: texts, Held(self.held, self.since), rulebook, None)

    def write(self, verdict, placed, rulebook):
        written = self.writes(verdict, placed, rulebook)
        self.held |= written
        if written:
            self.since = verdict.day

    def told(self):
        score, of_second = (
            int(text) if text else None for text in map(self.held.get, ("trellis_score", "trellis_second"))
        )
        return Told((score,), self.since, {"second": (of_second,)})


def seen(contact, verdict, placed, rulebook):
    """What anybody could notice of a judgement, but the score."""
    moment = datetime.combine(verdict.day, datetime.min.time(), tzinfo=ZoneInfo(rulebook.fields.timezone))
    situation = Situation(contact, verdict, placed, Memory(), rulebook, moment)
    tracks = [
        (is_for(situation, name), track.exit_when is not None and situation.holds(track.exit_when))
        for name, track in rulebook.tracks.tracks.items()
    ]
    first_topic = next(iter(verdict.topics), None)
    return (
        placed.after.stage,
        *(verdict.persona, verdict.phase, verdict.model, verdict.audience, verdict.answer, verdict.enough, first_topic),
        tracks,
    )


def first_difference(contact, rulebook, place, platform, until):
    """The first day up to `until` on which anything would be noticed; None if there is none."""
    verdict = judge(contact, rulebook, TODAY)
    placed = step(place, verdict, contact, rulebook, TODAY)
    before = seen(contact, verdict, placed, rulebook)
    for ahead in range(1, until + 1):
        day = TODAY + timedelta(days=ahead)
        verdict = judge(contact, rulebook, day)
        placed = step(placed.after, verdict, contact, rulebook, day)
        if seen(contact, verdict, placed, rulebook) != before or platform.writes(verdict, placed, rulebook):
            return day
    return None


def written(contact, rulebook, drift, told_ago):
    """Her verdict and step of today, and the platform after today's writes; before, it showed another score."""
    verdict = judge(contact, rulebook, TODAY)
    placed = step(None, verdict, contact, rulebook, TODAY)
    shown = None if verdict.score is None else str(verdict.score + drift)
    platform = Platform(shown, TODAY - timedelta(days=told_ago))
    platform.write(verdict, placed, rulebook)
    return verdict, placed, platform


def look(contact, rulebook, drift, told_ago):
    """Her due day, and the first day on which something would be noticed, looked for up to it."""
    verdict, placed, platform = written(contact, rulebook, drift, told_ago)
    when = due(contact, verdict, placed, rulebook, TODAY, told=platform.told())
    until = DAYS if when is None else min(DAYS, (when - TODAY).days)
    return when, first_difference(contact, rulebook, Place(placed.after.stage, TODAY), platform, until)


@given(contact=contacts(), change=changes(), drift=st.integers(-3, 3), told_ago=st.integers(0, 9))
def test_nothing_is_noticed_before_the_due_day(contact, change, drift, told_ago, rulebook_with):
    when, noticed = look(contact, rulebook_with(change), drift, told_ago)
    event("never due" if when is None else "in vain" if noticed is None else "on the day")
    assert noticed is None or (when is not None and when <= noticed)


@given(contact=contacts(), change=changes(), drift=st.integers(-3, 3))
def test_nor_with_several_models(contact, change, drift, rulebook_with):
    when, noticed = look(contact, second(rulebook_with(change)), drift, 0)
    assert noticed is None or (when is not None and when <= noticed)


@given(contact=contacts(), drift=st.integers(-2, 2))
def test_she_is_not_woken_in_vain(contact, drift, rulebook):
    """Where no act lies ahead and no silence can begin, the due day is the very day on which something is noticed."""
    past = tuple(act for act in contact.events if act.happened_at <= NOW)
    contact = dataclasses.replace(contact, events=past, episodes=())
    when, noticed = look(contact, rulebook, drift, 3)
    assume(when is None or (when - TODAY).days <= DAYS)
    assert noticed == when


def told_crowd(told):
    """The same as columns."""
    return ToldCrowd(
        scores=np.array([[-1 if one.scores[0] is None else one.scores[0] for one in told]], np.int16),
        since=np.array([one.since.toordinal() for one in told], np.int32),
        each={
            "second": np.array(
                [[-1 if one.each["second"][0] is None else one.each["second"][0] for one in told]], np.int16
            )
        },
    )


@given(
    people=st.lists(contacts(), min_size=1, max_size=4),
    change=changes(),
    drift=st.integers(-3, 3),
    told_ago=st.integers(0, 9),
    several=st.booleans(),
)
def test_nor_of_a_crowd(people, change, drift, told_ago, several, rulebook_with, crowd_of):
    rulebook = second(rulebook_with(change)) if several else rulebook_with(change)
    people = [dataclasses.replace(one, id=number, episodes=()) for number, one in enumerate(people, 1)]
    crowd = crowd_of(people, rulebook)
    verdicts = judge_crowd(crowd, rulebook, TODAY)
    looks = [written(one, rulebook, drift, told_ago) for one in people]
    found = due_crowd(verdicts, step_crowd(verdicts), told_crowd([platform.told() for *_, platform in looks]))
    for one, (_, placed, platform), when in zip(people, looks, found, strict=True):
        until = DAYS if when == NEVER else min(DAYS, int(when) - TODAY.toordinal())
        noticed = first_difference(one, rulebook, Place(placed.after.stage, TODAY), platform, until)
        assert noticed is None or (when != NEVER and when <= noticed.toordinal())
