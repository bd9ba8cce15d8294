"""Single equals bulk: whatever the rulebook and whoever the people, every line of every verdict is the same."""

import dataclasses
from datetime import UTC, date, datetime, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from connector.facts import Contact, Event, Range, Trust
from connector.rulebook.types import Model, StagesFile
from connector.scoring.columns.digests import digests, rows_of, rows_of_crowd
from connector.scoring.columns.placing import place_crowd
from connector.scoring.columns.receipts import receipts_of, receipts_of_crowd
from connector.scoring.columns.score import judge_crowd
from connector.scoring.columns.stages import step_crowd
from connector.scoring.packed import Packing
from connector.scoring.placing import place
from connector.scoring.rules import rule_list
from connector.scoring.score import judge
from connector.scoring.stages import step
from connector.scoring.verdict import Place

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)

KINDS = ("form_submit", "email_click", "email_open", "email_sent", "page_view")
ASSETS = ("", "Demo request", "https://acme.example/blog/1", "Visited pricing", "1")

VALUES = {
    "job_title": st.sampled_from(["CFO", "Estudiante de finance", "Jefa de operaciones", "1", "true"]),
    "company": st.sampled_from(["Acme", "Bolt", "2026-11-01"]),
    "employees": st.sampled_from([0, 1, 20, 50, 50.0, 0.5, True, 2**60, Range(100, 500), Range(1000, None), "100-500"]),
    "email_domain": st.sampled_from(["acme.example", "rival.example", "mail.gate.example"]),
    "lifecycle": st.sampled_from(["lead", "customer", ""]),
    "email": st.sampled_from(["a@gate.example", "b@acme.example"]),
    "met": st.sampled_from([TODAY, TODAY - timedelta(days=9), NOW - timedelta(days=14), NOW + timedelta(hours=11.5)]),
}


@st.composite
def acts(draw):
    happened = NOW - timedelta(hours=draw(st.integers(-30, 24 * 60)), seconds=draw(st.sampled_from([0, 0, 1, 5])))
    return Event(
        kind=draw(st.sampled_from(KINDS)),
        happened_at=happened,
        known_at=happened + timedelta(hours=draw(st.sampled_from([0, 24, 25, 100]))),
        key=f"{draw(st.integers(0, 10**6)):07d}",
        asset=draw(st.sampled_from(ASSETS)),
        channel=draw(st.sampled_from(["hubspot", "mailchimp:main"])),
        trust=draw(st.sampled_from(Trust)),
    )


@st.composite
def contacts(draw, number=1):
    values = draw(st.fixed_dictionaries({}, optional=VALUES))
    events = draw(st.lists(acts(), max_size=8, unique_by=lambda event: event.key))
    changed = {name: TODAY - timedelta(days=draw(st.sampled_from([-3, 0, 1, 400]))) for name in values}
    changed = {name: day for name, day in changed.items() if draw(st.booleans())}
    return Contact(number, fields=values, changed=changed, events=tuple(events))


people = st.integers(0, 4).flatmap(lambda count: st.tuples(*(contacts(number) for number in range(count))))

tests_of_text = st.one_of(
    st.sampled_from(["CFO", 1, True, "acme", "50", "100-500", 50, "2026-11-01"]).map(lambda one: {"is": one}),
    st.sampled_from(["CFO", 1, True]).map(lambda one: {"is_not": one}),
    st.sampled_from([["CFO", "Acme"], [1, True, 50], ["customer"]]).map(lambda some: {"in": some}),
    st.sampled_from([["CFO", "Acme"], ["customer"]]).map(lambda some: {"not_in": some}),
    st.sampled_from([["finance", "cfo"], ["demo", "operaciones"]]).map(lambda some: {"contains_any": some}),
    st.sampled_from(["e.ample$", "^c"]).map(lambda pattern: {"matches": pattern}),
    st.booleans().map(lambda known: {"known": known}),
    st.sampled_from([0, 1, 20, 50, 0.5, 2**60]).map(lambda low: {"at_least": low}),
    st.sampled_from([0, 50, 1000]).map(lambda high: {"at_most": high}),
    st.sampled_from([[0, 50], [1, 500], ["2026-11-01", "2026-11-20"]]).map(lambda bounds: {"between": bounds}),
    st.sampled_from(["0d", "9d", "2w"]).map(lambda days: {"within": days}),
    st.sampled_from(["0d", "13d"]).map(lambda days: {"older_than": days}),
    st.sampled_from(["2026-11-20"]).map(lambda day: {"before": day}),
)
tests_of_assets = st.sampled_from([{"contains": "demo"}, {"is": 1}, {"is": True}, {"is": "1"}, {"known": False}])
did = st.fixed_dictionaries(
    {"event": st.sampled_from(KINDS)},
    optional={"asset": tests_of_assets, "within": st.sampled_from(["0d", "10d"]), "at_least": st.integers(1, 3)},
)
computed = st.sampled_from(
    [
        *({name: {"at_least": low}} for name in ("fit", "engagement", "score", "profile") for low in (1, 7.5, 20)),
        {"phase": "awareness"},
        {"persona": {"not_in": ["lead"]}},
        {"similarity": {"between": [40, 80]}},
        {"topic": "demo"},
        {"knows_brand": {"at_least": 50}},
        {"knows_offer": {"known": False}},
        {"fit": 12},
        {"score": {"in": [0, 1, 12]}},
    ]
)


def conditions(*more):
    leaves = st.one_of(
        st.dictionaries(st.sampled_from([*VALUES, "nowhere"]), tests_of_text, min_size=1, max_size=2),
        did.map(lambda one: {"did": one}),
        *more,
    )
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner, max_size=2).map(lambda of: {"any": of}),
            st.lists(inner, max_size=2).map(lambda of: {"all": of}),
            inner.map(lambda of: {"not": of}),
        ),
        max_leaves=3,
    )


points = st.sampled_from([18, 12.5, 7, 7, 3, 0.2, 0, -4, -30])
gains = st.sampled_from([25, 9, 5, 2.5, 0.4, 0])


@st.composite
def models(draw, name="acquisition"):
    numbers = iter(range(10**6))

    def trait(of):
        return {"id": f"r{next(numbers)}", "when": draw(conditions()), "points": draw(of)}

    def traits(most):
        return [trait(points) for _ in range(draw(st.integers(1, most)))]

    def rule():
        optional = {"asset": tests_of_assets, "max_times": st.integers(1, 3), "within": st.sampled_from(["3d", "30d"])}
        more = draw(st.fixed_dictionaries({"event": st.sampled_from(KINDS), "points": points}, optional=optional))
        return {"id": f"r{next(numbers)}", **more}

    def group():
        decay = draw(st.sampled_from([{"half_life": "7d"}, {"linear": "30d"}, {"cliff": "14d"}]))
        return {"max": draw(gains), "decay": decay, "rules": [rule() for _ in range(draw(st.integers(1, 3)))]}

    def override():
        effect = draw(st.sampled_from([{"at_least": 80}, {"at_most": 10}, {"set": 5}, {"add": -20}, {"add": 95.5}]))
        return {"id": f"r{next(numbers)}", "when": draw(conditions(computed)), **effect}

    def phase():
        signals = [
            draw(st.fixed_dictionaries({"event": st.sampled_from(KINDS)}, optional={"asset": tests_of_assets}))
            for _ in range(draw(st.integers(1, 2)))
        ]
        return {"points": draw(gains), "signals": signals}

    ways = st.sampled_from(
        [
            {"known": 2, "of": ["job_title", "company"]},
            {"known": 3, "of": ["employees", "company"]},
            {"events": 2},
            {"events": 1, "except": ["email_open"]},
        ]
    )
    doubts = st.fixed_dictionaries(
        {},
        optional={
            "prefetch": st.just({"within": "5s"}),
            "bursts": st.just([{"links": 2, "within": "10s", "is": "unsure"}]),
            "gateways": st.just({"domains": ["gate.example"]}),
            "unsourced": st.just({"events": ["page_view", "email_click"]}),
        },
    )
    model = {
        "version": 1,
        "model": name,
        "factors": {
            "fit": {
                "max": 30,
                "persona_minimum": draw(gains),
                "personas": {
                    one: {"label": one, "traits": traits(3)} for one in draw(st.sampled_from([[], ["lead", "boss"]]))
                },
                "adjust": traits(2),
            },
            "phase": {"max": 20, "half_life": "20d", "phases": {one: phase() for one in ("awareness", "decision")}},
            "engagement": {"max": 30, "groups": {one: group() for one in draw(st.sampled_from([[], ["a", "b"]]))}},
            "reaction": {"max": 15},
            "profile": {
                "max": 5,
                "completeness": draw(
                    st.dictionaries(st.sampled_from([*VALUES, "nowhere"]), st.sampled_from([3, 2.5, 1]), max_size=3)
                ),
                **({"freshness": {"half_life": "365d"}} if draw(st.booleans()) else {}),
            },
        },
        "trust": {
            "human": 1,
            "unsure": draw(st.sampled_from([0, 0.5, 0.333])),
            "machine": draw(st.sampled_from([0, 0.1])),
            "doubts": draw(doubts),
        },
        "overrides": [override() for _ in range(draw(st.integers(0, 3)))],
        "knowledge": {one: traits(2) for one in draw(st.sampled_from([[], ["brand"], ["brand", "offer"]]))},
        "topics": draw(
            st.sampled_from([{}, {"demo": {"contains": "demo"}, "one": {"is": "1"}, "any": {"known": True}}])
        ),
    }
    if draw(st.booleans()):
        model["applies_to"] = draw(conditions())
    if draw(st.booleans()):
        model["minimum_evidence"] = {"any": draw(st.lists(ways, min_size=1, max_size=2))}
    if draw(st.booleans()):
        model["audience"] = {"id": "reader", "when": draw(conditions(computed))}
    return Model.model_validate(model)


@st.composite
def ladders(draw):
    after = st.sampled_from([{"audience": True}, {"model": "customers"}, {"aim": "win"}, {"aim": {"known": False}}])

    def stage(name):
        optional = {
            "leave_below": st.sampled_from([0, 12, 40]),
            "minimum_stay": st.sampled_from(["2d", "3d"]),
            "handover": st.booleans(),
            "enter": conditions(computed, computed, after),
        }
        return {"id": name, **draw(st.fixed_dictionaries({}, optional=optional))}

    states = draw(st.sampled_from([[], ["customer"], ["customer", "suppressed", "not_enough_data"]]))
    return StagesFile.model_validate(
        {
            "version": 1,
            "states": {name: {"when": draw(conditions(computed, after))} for name in states},
            "stages": [stage(name) for name in ("new", "nurture", "qualified", "hot")],
        }
    )


@st.composite
def rulebooks(draw, base):
    names = draw(st.sampled_from([["acquisition"], ["acquisition", "customers"]]))
    judging = tuple(draw(models(name)) for name in names)
    return base.model_copy(update={"models": judging, "stages": draw(ladders())})


def hold_packed(rulebook, crowd, verdicts, steps):
    """Hold what is kept of a crowd against what is kept of the same people one by one; what was packed comes back."""
    packing, rules = Packing(rulebook), rule_list(rulebook)
    ids = {asset: number for number, asset in enumerate(sorted(crowd.assets), 70_000 if len(crowd) > 2 else 1)}
    bulk = receipts_of_crowd(verdicts, np.array([ids[asset] if asset else 0 for asset in crowd.assets], np.int32))
    packed = packing.pack(bulk)
    digest = digests(bulk, rows_of_crowd(verdicts, steps), rulebook, rules)
    for row in range(len(crowd)):
        verdict, one = verdicts.verdict(row), steps.step(row)
        single = receipts_of([verdict], rulebook, rules, ids)
        assert packing.pack(single).of(0) == packed.of(row)
        assert digests(single, rows_of([verdict], [one]), rulebook, rules)[0] == digest[row]
        data = packed.of(row)
        named = packing.asset_ids(data, verdict.model)
        assert named == {ids[line.asset] for line in verdict.lines if line.asset}
        receipt = packing.unpack(data, verdict.model, verdict.score, {number: asset for asset, number in ids.items()})
        for field in dataclasses.fields(receipt):
            assert getattr(receipt, field.name) == getattr(verdict, field.name)


def hold(crowd_of, contacts, rulebook, places=(), known_by=None):
    """Hold the bulk path against the single path: verdicts and steps."""
    crowd = crowd_of(contacts, rulebook, places)
    verdicts = judge_crowd(crowd, rulebook, TODAY, known_by)
    steps, placed = step_crowd(verdicts), place_crowd(verdicts)
    for row, contact in enumerate(contacts):
        verdict = judge(contact, rulebook, TODAY, known_by)
        assert verdicts.verdict(row) == verdict
        before = places[row] if places else None
        assert steps.step(row) == step(before, verdict, contact, rulebook, TODAY, known_by)
        assert placed.step(row) == place(before, verdict, contact, rulebook, TODAY, known_by)
    hold_packed(rulebook, crowd, verdicts, steps)


@given(data=st.data(), contacts=people, known=st.none() | st.integers(0, 24 * 60))
def test_single_equals_bulk(data, contacts, known, rulebook, crowd_of):
    stood = st.none() | st.builds(
        Place,
        st.sampled_from(["new", "nurture", "qualified", "hot", "customer", "not_enough_data", "suppressed"]),
        st.sampled_from([TODAY, TODAY - timedelta(days=2), TODAY - timedelta(days=30)]),
    )
    places = [data.draw(stood) for _ in contacts]
    known_by = None if known is None else NOW - timedelta(hours=known)
    hold(crowd_of, contacts, data.draw(rulebooks(rulebook)), places, known_by)


@given(contacts=people)
def test_single_equals_bulk_for_a_rulebook_that_people_wrote(contacts, rulebook, crowd_of):
    hold(crowd_of, contacts, rulebook)


def test_named_people_are_judged_alike(maria, brian, noor, rulebook, crowd_of):
    hold(crowd_of, [maria, brian, noor], rulebook)
