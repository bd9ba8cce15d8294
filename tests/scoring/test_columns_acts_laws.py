"""Single equals bulk: whatever people did and whatever the model says of it, a crowd gets the lines that each would get."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from connector.facts import Contact, Event, Trust
from connector.rulebook.conditions import Did, holds
from connector.rulebook.parse import parse_text_test
from connector.scoring.columns import engagement as bulk_engagement
from connector.scoring.columns import phase as bulk_phase
from connector.scoring.columns import topics as bulk_topics
from connector.scoring.columns.acts import ActTable
from connector.scoring.doubts import address_domain, graded
from connector.scoring.engagement import EngagementFactor
from connector.scoring.evidence import gather, known_events, subject_of
from connector.scoring.phase import PhaseFactor
from connector.scoring.rules import rule_list
from connector.scoring.topics import TopicFinder
from connector.scoring.verdict import Line

MADRID = ZoneInfo("Europe/Madrid")
TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)

KINDS = ("email_click", "email_open", "email_sent", "email_bounce", "page_view")
ASSETS = ("", "Demo request", "https://acme.example/blog/1", "https://acme.example/pricing", "Guía de precios")

kinds = st.sampled_from(("email_click", "email_click", *KINDS))  # so that one kind is often more than max_times
assets = st.sampled_from(ASSETS)
whole_points = st.sampled_from([0, 1, 5, 30, 40])  # the factor's maximum is 25: more of them tie
days = st.sampled_from(["0d", "1d", "30d", "90d", "365d"])
asset_tests = st.sampled_from([{"contains": "demo"}, {"contains_any": ["/pricing", "precios"]}, {"is_not": "x"}, "1"])
# moments a few seconds apart as well as days, so that bursts, prefetches and ties come about
moments = st.builds(
    lambda hours, seconds: NOW - timedelta(hours=hours, seconds=seconds),
    st.one_of(st.integers(0, 2), st.integers(-48, 24 * 200)),
    st.one_of(st.integers(0, 3), st.just(0.5)),
)


@st.composite
def acts(draw):
    happened = draw(moments)
    known = happened + timedelta(hours=draw(st.one_of(st.just(0), st.integers(0, 100))))
    return Event(
        draw(kinds),
        happened,
        known,
        str(draw(st.integers(0, 10**6))),
        draw(assets),
        draw(st.sampled_from(["", "hubspot", "mailchimp:main"])),
        draw(st.sampled_from(Trust)),
    )


@st.composite
def contacts(draw):
    values = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "email": st.sampled_from(["a@mail.gate.example", "b@acme.example", "c"]),
                "email_domain": st.sampled_from(["Gate.example", "notgate.example"]),
            },
        )
    )
    busy = draw(st.sampled_from([0, 1, 10]))
    events = draw(st.lists(acts(), min_size=busy, max_size=15, unique_by=lambda act: act.key))
    return Contact(1, fields=values, events=tuple(events))


crowds = st.lists(contacts(), max_size=4)
decays = st.one_of(st.builds(lambda way, age: {way: age}, st.sampled_from(["half_life", "linear", "cliff"]), days))


@st.composite
def engagement_rules(draw):
    rule = {"event": draw(kinds), "points": draw(st.integers(-4000, 9000)) / 1000}
    for key, values in (("asset", asset_tests), ("max_times", st.integers(1, 3)), ("within", days)):
        if draw(st.booleans()):
            rule[key] = draw(values)
    return rule


@st.composite
def doubts(draw):
    grades = st.sampled_from(["unsure", "machine"])
    seconds = st.sampled_from(["1s", "2s", "60m"])
    whole = {
        "prefetch": {"within": draw(seconds), "is": draw(grades)},
        "bursts": draw(
            st.lists(
                st.builds(
                    lambda links, within, grade: {"links": links, "within": within, "is": grade},
                    st.integers(2, 4),
                    seconds,
                    grades,
                ),
                max_size=2,
            )
        ),
        "gateways": {"domains": ["gate.example", "c"], "is": draw(grades)},
        "unsourced": {"events": draw(st.lists(kinds, min_size=1, max_size=2)), "is": draw(grades)},
    }
    return {key: doubt for key, doubt in whole.items() if draw(st.booleans())}


@st.composite
def changes(draw):
    """A change of the tests' rulebook to any trust, doubts, phases, groups and topics."""
    shares = [draw(st.sampled_from([0, 0.333, 0.5, 1])) for _ in Trust]
    trust = {**dict(zip(("human", "unsure", "machine"), shares, strict=True)), "doubts": draw(doubts())}
    if draw(st.booleans()):
        trust = {"doubts": trust["doubts"]}
    groups = {
        f"g{group}": {
            "max": 20,
            "decay": draw(decays),
            "rules": [{**rule, "id": f"r{group}-{place}"} for place, rule in enumerate(rules)],
        }
        for group, rules in enumerate(draw(st.lists(st.lists(engagement_rules(), min_size=1, max_size=3), max_size=3)))
    }
    signals = st.lists(
        st.one_of(
            st.builds(lambda kind: {"event": kind}, kinds),
            st.builds(lambda kind, test: {"event": kind, "asset": test}, kinds, asset_tests),
        ),
        min_size=1,
        max_size=3,
    )
    phases = {
        f"p{place}": {"points": points, "signals": draw(signals)}
        for place, points in enumerate(draw(st.lists(whole_points, max_size=3)))
    }
    half_life = draw(days)
    topics = {f"t{place}": test for place, test in enumerate(draw(st.lists(asset_tests, max_size=3)))}

    def change(files):
        model = files["model"]
        model["trust"] = trust
        model["factors"]["engagement"]["groups"] = groups
        model["factors"]["phase"].update(phases=phases, half_life=half_life)
        model["topics"] = topics

    return change


def evidence_of(contact, rulebook, known_by=None):
    """A contact as the single path lays her out for the first model."""
    model = rulebook.models[0]
    domain = address_domain(contact.fields, rulebook.fields)
    events = graded(known_events(contact, MADRID, TODAY, known_by), model.trust.doubts, domain)
    subject = subject_of(events, TODAY, MADRID, contact.fields)
    return gather(contact, events, zone=MADRID, trust=model.trust, subject=subject)


def lines_of(block, row, crowd, rules):
    """One contact's lines out of a block, as a receipt has them."""
    lines = []
    for line, number in enumerate(block.rules):
        numbers = {
            name: int(getattr(block, name)[line, row])
            for name in ("points", "gross", "faded", "withheld", "capped", "times")
        }
        day, asset = int(block.day[line, row]), int(block.asset[line, row])
        late = bool(block.late[line, row])
        if block.there[line, row]:
            lines.append(
                Line(
                    rules.refs[number].part,
                    rules.refs[number].rule,
                    why=rules.refs[number].why,
                    day=date.fromordinal(day),
                    asset="" if asset < 0 else crowd.assets[asset],
                    late=late,
                    **numbers,
                )
            )
        else:
            assert not any(numbers.values())
            assert (day, asset, late) == (0, -1, False)
    return lines


@given(people=crowds, change=changes())
def test_everybody_has_the_engagement_that_each_would_have(people, change, rulebook_with, crowd_of):
    rulebook = rulebook_with(change)
    model, rules, crowd = rulebook.models[0], rule_list(rulebook), crowd_of(people, rulebook)
    table = ActTable(crowd, TODAY, None, model, rulebook.fields)
    blocks = bulk_engagement.engagement(table, model.factors.engagement, rules, model.model)
    groups = EngagementFactor(model.factors.engagement)._groups
    assert [most for most, _ in blocks] == [most for most, _ in groups]
    for row, contact in enumerate(people):
        evidence = evidence_of(contact, rulebook)
        for (_, block), (_, counters) in zip(blocks, groups, strict=True):
            single = [line for counter in counters if (line := counter.line(evidence)) is not None]
            assert lines_of(block, row, crowd, rules) == single


@given(people=crowds, change=changes())
def test_everybody_is_in_the_phase_that_each_would_be_in(people, change, rulebook_with, crowd_of):
    rulebook = rulebook_with(change)
    model, rules, crowd = rulebook.models[0], rule_list(rulebook), crowd_of(people, rulebook)
    table = ActTable(crowd, TODAY, None, model, rulebook.fields)
    block, phases = bulk_phase.phase(table, model.factors.phase, rules, model.model)
    names = [*model.factors.phase.phases, None]
    for row, contact in enumerate(people):
        single = PhaseFactor(model.factors.phase).judge(evidence_of(contact, rulebook))
        assert tuple(lines_of(block, row, crowd, rules)) == single.lines
        assert names[phases[row]] == single.phase


@given(people=crowds, change=changes())
def test_everybody_has_the_topics_that_each_would_have(people, change, rulebook_with, crowd_of):
    rulebook = rulebook_with(change)
    model, crowd = rulebook.models[0], crowd_of(people, rulebook)
    ranking = bulk_topics.topics(ActTable(crowd, TODAY, None, model, rulebook.fields), model)
    names = list(model.topics)
    assert ranking.shape == (len(names), len(people))
    for row, contact in enumerate(people):
        single = TopicFinder(model).judge(evidence_of(contact, rulebook))
        assert tuple(names[topic] for topic in ranking[:, row] if topic >= 0) == single
        assert all(topic < 0 for topic in ranking[len(single) :, row])


dids = st.builds(
    Did,
    kinds,
    st.one_of(st.none(), asset_tests.map(parse_text_test)),
    st.one_of(st.none(), st.integers(0, 90)),
    st.integers(1, 3),
)


@given(people=crowds, change=changes(), tests=st.lists(dids, max_size=4), back=st.integers(0, 24 * 200))
def test_everybody_did_what_each_did(people, change, tests, back, rulebook_with, crowd_of):
    rulebook = rulebook_with(change)
    known_by = NOW - timedelta(hours=back)
    table = ActTable(crowd_of(people, rulebook), TODAY, known_by, rulebook.models[0], rulebook.fields)
    subjects = [evidence_of(contact, rulebook, known_by).subject for contact in people]
    for test in (*tests, *tests):
        assert table.did(test).tolist() == [holds(test, subject) for subject in subjects]
    for without in ((), ("email_open", "page_view"), KINDS):
        counts = [sum(event.kind not in without for event in subject.events) for subject in subjects]
        assert table.counts(without).tolist() == counts


@given(people=crowds, change=changes())
def test_every_act_is_trusted_as_in_the_single_path(people, change, rulebook_with, crowd_of):
    rulebook = rulebook_with(change)
    crowd = crowd_of(people, rulebook)
    table = ActTable(crowd, TODAY, None, rulebook.models[0], rulebook.fields)
    for row, contact in enumerate(people):
        evidence = evidence_of(contact, rulebook)
        for kind in KINDS:
            places = [place for place in table.places(kind) if crowd.acts.row[place] == row]
            told = [list(Trust)[table.trust[place]] for place in places]
            assert told == [act.event.trust for act in evidence.acts.get(kind, ())]
