"""What conditions mean, on job titles and places in Spanish, Catalan and English."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.facts import Event, Range
from connector.rulebook.conditions import Compare, Did, Every, Not, Some, Subject, asset_holds, events, holds, names
from connector.rulebook.folding import fold
from connector.rulebook.parse import ConditionError, parse_condition, parse_text_test, write_condition, write_text_test

DAY = date(2026, 11, 20)
MADRID = ZoneInfo("Europe/Madrid")


def asked(raw, acts=(), **values) -> bool:
    return holds(parse_condition(raw), Subject(DAY, values, acts, MADRID))


def act(kind: str, at: str, asset: str = "") -> Event:
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
    return Event(kind, moment, moment, f"{kind}:{at}:{asset}", asset=asset)


@pytest.mark.parametrize(
    ("title", "needle", "there"),
    [
        ("Group CFO", "cfo", True),
        ("Director", "cto", False),
        ("Directora Financiera", "financier", True),
        ("Directora de Finanzas", "FINANZAS", True),
        ("Cap de Finances", "finances", True),
        ("Cap d’Operacions", "operacions", True),
        ("Responsable de Producció", "produccio", True),
        ("Jefa de Administración", "administracion", True),
        ("Ｃｈｉｅｆ Financial Officer", "chief financial officer", True),
        ("Chief  Financial\u00a0Officer", "financial officer", True),
        ("Coordinador", "coo", True),  # from the start of a word: use matches: '\bcoo\b'
        ("Co-director", "director", True),
        ("Subdirector", "director", False),
        ("Subdirector, Director", "director", True),
        ("Strasse", "straße", True),
        ("İstanbul", "istanbul", True),
        ("see /blog/post", "/blog", True),
        ("https://acme.example/en/blog", "/blog", True),
        ("C++ developer", "c++", True),
        ("", "cfo", False),
    ],
)
def test_contains_from_the_start_of_a_word(title, needle, there):
    assert asked({"job_title": {"contains": needle}}, job_title=title) is there


def test_matches_a_whole_word_where_contains_finds_too_much():
    whole = {"job_title": {"matches": r"\bcoo\b"}}
    assert asked(whole, job_title="COO & Co-founder")
    assert not asked(whole, job_title="Coordinador")


@pytest.mark.parametrize(
    ("raw", "value", "true"),
    [
        ("españa", "ESPANA", True),
        (50, "50", True),
        (50, "50.0", True),
        ("50", 50, True),
        ("08001", "8001", False),
        (8001, "08001", True),
        (True, "true", True),
        (True, "TRUE", True),
        (True, 1, False),
        (False, False, True),
        ("false", False, True),
        ("2027-05-01", date(2027, 5, 1), True),
        ("100-500", Range(100, 500), True),
        (100, Range(100, 500), False),
        (100, Range(100, 100), True),
        ("cfo", 7, False),
    ],
)
def test_is_over_kinds(raw, value, true):
    assert asked({"x": raw}, x=value) is true
    assert asked({"x": {"is_not": raw}}, x=value) is not true
    assert asked({"x": {"in": [raw, "other"]}}, x=value) is true
    assert asked({"x": {"not_in": [raw, "other"]}}, x=value) is not true


@pytest.mark.parametrize(
    ("raw", "value", "true"),
    [
        ({"at_least": 50}, "50", True),
        ({"at_least": 50}, "49.9", False),
        ({"at_least": 50}, "about 50", False),
        ({"at_least": 1}, True, False),
        ({"at_least": 100}, "100-500", True),
        ({"at_most": 500}, Range(100, 500), True),
        ({"at_most": 499}, Range(100, 500), False),
        ({"at_least": 1000}, Range(1000, None), True),
        ({"between": [50, 1000]}, Range(51, 200), True),
        ({"between": [50, 1000]}, Range(1000, None), False),
        ({"at_least": 10, "at_most": 20}, 15, True),
        ({"at_least": 10, "at_most": 20}, 25, False),
        ({"between": ["2026-01-01", "2026-12-31"]}, date(2026, 6, 1), True),
        ({"between": ["2026-01-01", "2026-12-31"]}, 5, False),
        ({"before": "2026-06-01"}, date(2026, 5, 31), True),
        ({"after": "2026-06-01"}, "2026-06-02", True),
        ({"within": "14d"}, date(2026, 11, 6), True),
        ({"within": "14d"}, date(2026, 11, 5), False),
        ({"within": "14d"}, date(2026, 11, 21), False),
        ({"older_than": "2w"}, date(2026, 11, 5), True),
        ({"older_than": "14d"}, "yesterday", False),
        ({"contains": "5"}, 5, False),
    ],
)
def test_sizes_and_days(raw, value, true):
    assert asked({"x": raw}, x=value) is true


def test_a_moment_is_its_day_in_the_teams_zone():
    late = datetime(2026, 11, 19, 23, 30, tzinfo=UTC)  # half past midnight of the 20th in Madrid
    assert asked({"seen": {"within": "0d"}}, seen=late)
    assert not holds(parse_condition({"seen": {"within": "0d"}}), Subject(DAY, {"seen": late}))


def test_unknown_is_false_but_for_what_denies():
    assert not asked({"country": "ES"})
    assert asked({"country": {"is_not": "ES"}})
    assert asked({"country": {"not_in": ["ES"]}})
    assert asked({"country": {"known": False}})
    assert asked({"country": {"known": False}}, country="")
    assert not asked({"country": {"known": True}})
    assert asked({"not": {"country": "ES"}})


def test_joining():
    both = {"country": "ES", "employees": {"at_least": 50}}
    assert asked(both, country="es", employees=60)
    assert not asked(both, country="es", employees=40)
    assert asked({"any": [{"country": "PT"}, {"employees": {"at_least": 50}}]}, employees=60)
    assert asked({"all": []})
    assert not asked({"any": []})
    inside = {"job_title": {"any": [{"contains": "cfo"}, {"matches": "^coo$"}], "not": {"contains": "assistant"}}}
    assert asked(inside, job_title="COO")
    assert not asked(inside, job_title="Assistant to the CFO")


def test_did_counts_acts_of_that_kind_with_that_asset_in_that_time():
    acts = (
        act("form_submit", "2026-11-10T10:00", "Demo request"),
        act("form_submit", "2026-09-01T10:00", "Demo request"),
        act("form_submit", "2026-11-19T10:00", "Newsletter"),
        act("form_submit", "2026-11-25T10:00", "Demo request"),  # still to come
    )
    demo = {"event": "form_submit", "asset": {"contains": "demo"}}
    assert asked({"did": {**demo, "within": "14d"}}, acts)
    assert not asked({"did": {**demo, "within": "9d"}}, acts)
    assert asked({"did": {**demo, "at_least": 2}}, acts)
    assert not asked({"did": {**demo, "at_least": 3}}, acts)
    assert asked({"did": {"event": "form_submit", "asset": "newsletter"}}, acts)
    assert not asked({"did": {"event": "meeting"}}, acts)


def test_a_text_test_is_a_condition_over_the_asset():
    assert asset_holds(None, "anything")
    assert asset_holds(parse_text_test("Visited pricing"), "visited PRICING")
    assert asset_holds(parse_text_test({"starts_with": "[FIN]"}), "[fin] Cierre de mes")
    assert not asset_holds(parse_text_test({"contains": "demo"}), "")
    assert asset_holds(parse_text_test({"any": [{"contains": "demo"}, {"contains": "webinar"}]}), "Webinar: closing")


def test_names_and_events_of_a_condition():
    condition = parse_condition(
        {"a": 1, "not": {"b": {"known": True}}, "any": [{"c": "x"}, {"did": {"event": "order", "asset": "y"}}]}
    )
    assert names(condition) == {"a", "b", "c"}
    assert events(condition) == {"order"}


@pytest.mark.parametrize(
    ("raw", "at", "cure"),
    [
        ({}, (), "or all: [] for everybody"),
        (["a"], (), "several with any: or all:"),
        ({"x": ["a", "b"]}, ("x",), "write in: […]"),
        ({"x": None}, ("x",), "known: false"),
        ({"x": {}}, ("x",), "write one of is, is_not"),
        ({"x": {"contain": "a"}}, ("x", "contain"), "did you mean contains?"),
        ({"x": {"in": "ES"}}, ("x", "in"), "in takes a list"),
        ({"x": {"is": ["ES"]}}, ("x", "is"), "in: [first, second]"),
        ({"x": {"contains": 5}}, ("x", "contains"), "put it in quotes"),
        ({"x": {"known": "yes"}}, ("x", "known"), "takes true or false"),
        ({"x": {"at_least": "50"}}, ("x", "at_least"), "without quotes"),
        ({"x": {"between": [9, 1]}}, ("x", "between"), "the lower first"),
        ({"x": {"between": [1, "2027-01-01"]}}, ("x", "between"), "two numbers or two days"),
        ({"x": {"before": "soon"}}, ("x", "before"), "such as 2027-05-01"),
        ({"x": {"within": 14}}, ("x", "within"), "such as 14d or 3w"),
        ({"x": {"matches": "("}}, ("x", "matches"), "is not a regular expression"),
        ({"x": {"matches": "(a+)+b"}}, ("x", "matches"), "not a (group)"),
        ({"x": {"matches": "a*b*c*d"}}, ("x", "matches"), "at most 2 times"),
        ({"x": {"matches": r"(a)\1"}}, ("x", "matches"), "plain groups only"),
        ({"x": {"matches": "x" * 201}}, ("x", "matches"), "1 to 200 characters"),
        ({"any": {"x": 1}}, ("any",), "put a dash before each"),
        ({"any": [{"x": {"ist": 1}}]}, ("any", 0, "x", "ist"), "did you mean is?"),
        ({"did": "form_submit"}, ("did",), "write did: {event: form_submit"),
        ({"did": {"event": "e", "since": "3d"}}, ("did", "since"), "its keys are event"),
        ({"did": {"event": "e", "at_least": 0}}, ("did", "at_least"), "1 or more"),
        ({"did": {"event": "e", "asset": {"contians": "x"}}}, ("did", "asset", "contians"), "did you mean contains?"),
    ],
)
def test_what_cannot_be_understood_says_where_and_what_instead(raw, at, cure):
    with pytest.raises(ConditionError) as caught:
        parse_condition(raw)
    (flaw,) = caught.value.flaws
    assert flaw.at == at
    assert cure in flaw.cure


def test_all_flaws_of_a_condition_are_told():
    with pytest.raises(ConditionError) as caught:
        parse_condition({"a": {"isnt": 1}, "any": [{"b": {"within": "x"}}, {"did": {}}]})
    assert [flaw.at for flaw in caught.value.flaws] == [("a", "isnt"), ("any", 0, "b", "within"), ("any", 1, "did")]


@given(st.text(max_size=40))
def test_folding_twice_changes_nothing(text):
    assert fold(fold(text)) == fold(text)


words = st.text(st.characters(categories=["L", "N", "P", "Zs"]), min_size=1, max_size=12).filter(fold)
scalars = words | st.integers(-1000, 1000) | st.booleans()
bare = st.one_of(
    st.builds(lambda o, a: {o: a}, st.sampled_from(["is", "is_not"]), scalars),
    st.builds(lambda o, a: {o: a}, st.sampled_from(["in", "not_in"]), st.lists(scalars, min_size=1, max_size=3)),
    st.builds(lambda o, a: {o: a}, st.sampled_from(["contains", "starts_with", "ends_with"]), words),
    st.builds(lambda a: {"contains_any": a}, st.lists(words, min_size=1, max_size=3)),
    st.builds(lambda a: {"within": f"{a}d"}, st.integers(0, 400)),
    st.builds(lambda a: {"before": a.isoformat()}, st.dates()),
    st.builds(lambda a, b: {"between": sorted([a, b])}, st.integers(), st.integers()),
    st.builds(lambda a: {"known": a}, st.booleans()),
)
fields = st.sampled_from(["job_title", "country", "employees"])
conditions = st.recursive(
    st.builds(lambda name, test: {name: test}, fields, bare)
    | st.builds(lambda asset: {"did": {"event": "form_submit", "asset": asset, "within": "3w"}}, bare),
    lambda inner: (
        st.builds(lambda of: {"any": of}, st.lists(inner, max_size=3))
        | st.builds(lambda of: {"all": of}, st.lists(inner, max_size=3))
        | st.builds(lambda of: {"not": of}, inner)
    ),
    max_leaves=6,
)


@given(conditions)
def test_a_condition_written_and_read_again_is_equal(raw):
    condition = parse_condition(raw)
    assert parse_condition(write_condition(condition)) == condition
    assert parse_condition(condition) is condition


@given(bare)
def test_a_text_test_written_and_read_again_is_equal(raw):
    test = parse_text_test(raw)
    assert parse_text_test(write_text_test(test)) == test


@given(conditions, st.dictionaries(fields, words | st.integers(0, 2000) | st.dates()))
def test_not_turns_every_answer_round(raw, values):
    subject = Subject(DAY, values, (act("form_submit", "2026-11-10T10:00", "Demo"),))
    assert holds(Not(parse_condition(raw)), subject) is not holds(parse_condition(raw), subject)


def test_the_nodes_compare_by_meaning_not_by_place():
    assert parse_condition({"any": [{"x": 1}, {"y": 2}]}) == Some((Compare("x", "is", 1), Compare("y", "is", 2)))
    assert parse_condition({"did": {"event": "e"}, "x": 1}) == Every((Did("e", None, None, 1), Compare("x", "is", 1)))
