"""What is said of a stretch of days holds on each of its days: conditions, sums that fade, and who leads."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import example, given
from hypothesis import strategies as st

from connector.facts import Contact, Event
from connector.rulebook.conditions import Subject, holds
from connector.rulebook.parse import parse_condition
from connector.rulebook.types import Engagement, Stage
from connector.scoring.decay import half_life_curve
from connector.scoring.engagement import EngagementFactor
from connector.scoring.evidence import Act, Evidence
from connector.scoring.outlook.fading import EngagementFade
from connector.scoring.outlook.leading import Race, Runner
from connector.scoring.outlook.staying import Rung, Staying
from connector.scoring.outlook.turning import Span, Stretch, settle

TODAY = date(2026, 11, 20)
MADRID = ZoneInfo("Europe/Madrid")

durations = st.integers(0, 12).map(lambda days: f"{days}d")
moments = st.integers(-20 * 24, 20 * 24).map(
    lambda hours: datetime(2026, 11, 20, 12, tzinfo=UTC) - timedelta(hours=hours)
)
of_days = st.one_of(
    st.builds(lambda how, days: {"trial": {how: days}}, st.sampled_from(["within", "older_than"]), durations),
    st.builds(
        lambda days, least: {"did": {"event": "order", "within": days, "at_least": least}}, durations, st.integers(1, 3)
    ),
)
of_numbers = st.one_of(
    st.builds(
        lambda how, number: {"score": {how: number}},
        st.sampled_from(["at_least", "at_most", "is", "is_not"]),
        st.integers(10, 20),
    ),
    st.builds(lambda low, more: {"score": {"between": [low, low + more]}}, st.integers(10, 20), st.integers(0, 4)),
    st.just({"score": {"in": [12, 15]}}),
)
simple = st.one_of(of_days, of_numbers, st.just({"score": {"known": True}}))
compound = st.one_of(
    simple,
    st.builds(lambda one, other: {"all": [one, other]}, simple, simple),
    st.builds(lambda one, other: {"any": [one, {"not": other}]}, simple, simple),
)
stretches = st.tuples(st.integers(0, 30), st.integers(0, 30)).map(sorted)


@given(
    raw=compound,
    trial=st.one_of(
        st.none(), moments, moments.map(datetime.date), moments.map(lambda moment: moment.date().isoformat())
    ),
    done=st.lists(moments.filter(lambda moment: moment.date() <= TODAY), max_size=4),
    fall=st.lists(st.integers(9, 21), min_size=31, max_size=31).map(lambda points: sorted(points, reverse=True)),
    stretch=stretches,
)
@example(raw={"trial": {"older_than": "3d"}}, trial=TODAY, done=[], fall=[9] * 31, stretch=[4, 4])
@example(raw={"trial": {"within": "3d"}}, trial=TODAY, done=[], fall=[9] * 31, stretch=[4, 4])
def test_a_condition_answers_for_each_day_of_a_stretch(raw, trial, done, fall, stretch):
    condition = parse_condition(raw)
    events = tuple(Event("order", moment, moment, str(number)) for number, moment in enumerate(sorted(done)))
    values = {} if trial is None else {"trial": trial}
    first, last = stretch
    numbers = {"score": Span(fall[last], fall[first])}
    start = TODAY.toordinal()
    answer = settle(condition, Subject(TODAY, values, events, MADRID))(Stretch(start + first, start + last, numbers))
    days = {
        holds(condition, Subject(TODAY + timedelta(days=ahead), {**values, "score": fall[ahead]}, events, MADRID))
        for ahead in range(first, last + 1)
    }
    assert answer is not None or first < last
    assert answer is None or days == {answer}


shares = st.lists(st.tuples(st.sampled_from([500, 1000, 3000, 5000]), st.integers(0, 60)), max_size=4)


@given(
    several=st.lists(shares, min_size=1, max_size=3),
    half_life=st.integers(0, 12),
    together=st.booleans(),
    least=st.sampled_from([1, 500]),
    most=st.sampled_from([2000, 10**9]),
    stretch=stretches,
)
@example(  # only rounding lets the second lead for some days
    several=[[(1000, 2), (500, 6), (1000, 2)], [(500, 1), (1000, 2), (1000, 5)]],
    half_life=3,
    together=True,
    least=1,
    most=10**9,
    stretch=[0, 22],
)
def test_who_leads_over_a_stretch_leads_on_each_of_its_days(several, half_life, together, least, most, stretch):
    curve = half_life_curve(half_life)
    runners = tuple(
        Runner(str(place), curve, tuple((*one, ()) for one in sorted(of_one)), together)
        for place, of_one in enumerate(several)
    )
    race = Race(runners, least, most)

    def leader(ahead):
        strengths = [min(one.strength(ahead), most) for one in runners]
        return str(strengths.index(max(strengths))) if max(strengths) >= least else None

    first, last = stretch
    name = leader(0)
    days = {leader(ahead) for ahead in range(first, last + 1)}
    sure = race.stays(name, first, last)
    assert not sure or days == {name}
    assert first < last or sure == (days == {name})


ENGAGEMENT = Engagement.model_validate(
    {
        "max": 20,
        "groups": {
            "for": {
                "max": 9,
                "decay": {"half_life": "9d"},
                "rules": [
                    {"id": "orders", "event": "order", "points": 4, "max_times": 2},
                    {"id": "returns", "event": "return", "points": -3, "within": "12d"},
                ],
            },
            "against": {
                "max": 5,
                "decay": {"linear": "20d"},
                "rules": [{"id": "more", "event": "return", "points": -2}],
            },
        },
    }
)


@given(
    acts=st.lists(st.tuples(st.sampled_from(["order", "return"]), st.integers(0, 30), st.sampled_from([500, 1000]))),
    stretch=stretches,
)
def test_engagement_lies_between_its_bounds_on_each_day_of_a_stretch(acts, stretch):
    first, last = stretch
    bounds = EngagementFade(ENGAGEMENT).of(_evidence(acts, 0))(first, last)
    factor = EngagementFactor(ENGAGEMENT)
    totals = [sum(line.points for line in factor.judge(_evidence(acts, ahead))) for ahead in range(first, last + 1)]
    assert bounds.low <= min(totals)
    assert max(totals) <= bounds.high
    assert first < last or bounds.low == bounds.high


def _evidence(acts, ahead):
    by_kind = {}
    for number, (kind, age, trust) in enumerate(sorted(acts, key=lambda act: act[1])):
        moment = datetime(2026, 11, 20, 12, tzinfo=UTC) - timedelta(days=age)
        act = Act(Event(kind, moment, moment, str(number)), moment.date(), age + ahead, trust)
        by_kind[kind] = (*by_kind.get(kind, ()), act)
    return Evidence(Contact(1), TODAY + timedelta(days=ahead), MADRID, by_kind, Subject(TODAY))


def test_a_stage_that_begins_to_fit_ends_the_calm():
    """An `enter` may turn true as a score falls: at most 15."""
    subject = Subject(TODAY, {}, (), MADRID)
    enter = settle(parse_condition({"score": {"at_most": 15}}), subject)
    rung = Rung(0, Stage(id="new"), TODAY)
    staying = Staying("new", False, True, (), (), rung, (None, enter), lift=0, bar=2)
    now = Stretch(TODAY.toordinal(), TODAY.toordinal(), {"score": Span(20, 20)})
    assert staying.lasts(now, Stretch(now.first + 1, now.first + 9, {"score": Span(16, 20)}))
    assert not staying.lasts(now, Stretch(now.first + 1, now.first + 9, {"score": Span(15, 20)}))
