"""Rules that can never fire on the people and acts that there are, the stages that fall with them, and golden people missing."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.assembly import Store, make_parts
from connector.change.case_findings import case_findings
from connector.facts import Event, Range
from connector.rulebook.conditions import Compare, Did, Every, Not, Some, Subject, holds
from connector.rulebook.read import read_rulebook
from connector.settings import read_settings
from connector.steps.checkup import dormant as looking
from connector.steps.checkup.attainable import with_what_is_judged
from connector.steps.checkup.dormant import dormant, sleeping_rules, stages_out_of_reach
from connector.steps.checkup.may_hold import Present
from connector.store.engine import connect
from connector.store.occurring import TooLong, occurring

MAPPINGS = Path(__file__).parents[2] / "mappings"
SHIPPED = read_rulebook(MAPPINGS)
TODAY = date(2026, 11, 24)

#: Values and acts with which every rule of the shipped files may fire.
VALUES = {
    "job_title": {"CFO", "Head of operations", "COO", "Student"},
    "company": {"Acme"},
    "phone": {"+34 600 000 000"},
    "employees": {Range(100, 500)},
    "country": {"ES", "JP"},
    "lifecycle": {"customer", "lead"},
}
ASSETS = {
    "form_submit": {"Demo request", "Pricing guide", "Newsletter", "Incidencia"},
    "page_view": {"/pricing", "/blog/x", "/docs/ayuda"},
    "email_click": {"[FIN] 1", "[CUST] tips"},
    "email_open": {""},
    "email_reply": {""},
    "email_sent": {""},
    "sales_verdict": {"accepted"},
}


def there(values=None, assets=None) -> Present:
    return among({**VALUES, **(values or {})}, {**ASSETS, **(assets or {})})


def among(values, assets) -> Present:
    return with_what_is_judged(SHIPPED, Present(values, assets, TODAY, UTC))


def slept(present: Present) -> set[str]:
    return {str(one) for one in sleeping_rules(SHIPPED, present)}


def news(present: Present) -> set[str]:
    """What sleeps beside what sleeps anyway: the shipped customers' model asks for more than is listed here."""
    return slept(present) - slept(there())


def test_with_everything_there_no_rule_of_the_shipped_model_sleeps():
    assert not [line for line in slept(there()) if "finance" in line or "demo" in line]
    assert list(stages_out_of_reach(SHIPPED, there(), 320)) == []


def test_a_field_that_nobody_has_names_the_rules_that_wait_for_it():
    assert news(there({"employees": set()})) == {
        (
            "advice: employees is known of nobody: rule finance-company-size, rule operations-company-size, profile employees,"
            " rule many-people can never fire. Fill it in, map another property in fields.yaml, or take it out."
        )
    }


def test_values_that_no_rule_asks_for():
    compare = "Compare the rule with the values that there are: `trellis audit` shows them."
    assert news(there({"job_title": {"CFO"}})) == {
        (
            "advice: no job_title that there is fits: rule operations-title, rule operations-decides, rule student-title, rule"
            f" student can never fire. {compare}"
        ),
        # without the title nobody is of that persona
        (
            "advice: nobody can be of the persona that is asked for: track operations-consideration can never fire. See which of the"
            " rules behind it never fire."
        ),
    }


def test_an_act_that_nobody_ever_did():
    kinds = dict(ASSETS)
    del kinds["email_open"]
    told = {str(one) for one in sleeping_rules(SHIPPED, among(VALUES, kinds))} - slept(there())
    assert told == {
        (
            "advice: nobody has ever done email_open: rule opens can never fire. Fine while nobody does it; else see in"
            " fields.yaml where it is told of."
        )
    }


def test_a_name_that_no_form_has_puts_the_stage_out_of_reach():
    without_demo = there(assets={"form_submit": {"Newsletter"}})
    (line,) = [one for one in news(without_demo) if "rule demo-form" in one]
    assert line.startswith("advice: no form_submit that there is has a name that fits: ")
    assert "phase decision" in line
    assert [str(one) for one in stages_out_of_reach(SHIPPED, without_demo, 320)] == [
        (
            "warning: nobody of the 320 people can reach stage hot with what is known of them: nobody can have the phase that its"
            " `enter` asks for. Lower it in stages.yaml, or see which rules never fire, and why."
        )
    ]


def test_too_few_points_put_stages_out_of_reach():
    nobody_known = {name: set() for name in ("job_title", "company", "phone", "employees", "country")}
    silent = {kind: {"x"} for kind in ASSETS}
    told = [str(one) for one in stages_out_of_reach(SHIPPED, there(nobody_known, silent), 1000)]
    assert told[0].startswith("warning: nobody of the 1,000 people can reach stage ")


# ---------------------------------------------------------------- the law

NAMES, KINDS, WORDS = ("title", "country"), ("click", "form"), ("cfo", "es", "demo", "x")

_compare = st.one_of(
    st.builds(Compare, st.sampled_from(NAMES), st.sampled_from(["is", "is_not", "contains"]), st.sampled_from(WORDS)),
    st.builds(Compare, st.sampled_from(NAMES), st.just("known"), st.booleans()),
)
_did = st.builds(
    Did,
    st.sampled_from(KINDS),
    st.none() | st.builds(Compare, st.just("asset"), st.just("contains"), st.sampled_from(WORDS)),
    st.none() | st.integers(0, 30),
    st.integers(1, 2),
)
_conditions = st.recursive(
    _compare | _did,
    lambda inner: (
        st.builds(Not, inner)
        | st.lists(inner, max_size=3).map(lambda of: Every(tuple(of)))
        | st.lists(inner, max_size=3).map(lambda of: Some(tuple(of)))
    ),
    max_leaves=8,
)
_people = st.lists(
    st.tuples(
        st.dictionaries(st.sampled_from(NAMES), st.sampled_from(WORDS)),
        st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from(WORDS), st.integers(0, 60)), max_size=4),
    ),
    min_size=1,
    max_size=5,
)


@given(condition=_conditions, people=_people)
def test_what_holds_of_anybody_is_never_called_impossible(condition, people):
    noon = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC)
    subjects = [
        Subject(
            TODAY,
            values,
            [
                Event(kind, noon - timedelta(days=ago), noon, f"{kind}:{n}", asset)
                for n, (kind, asset, ago) in enumerate(acts)
            ],
        )
        for values, acts in people
    ]
    values = {name: {one.values[name] for one in subjects if name in one.values} for name in NAMES}
    assets = {}
    for one in subjects:
        for event in one.events:
            assets.setdefault(event.kind, set()).add(event.asset)
    present = Present(values, assets, TODAY, UTC)
    if any(holds(condition, one) for one in subjects):
        assert present.may_hold(condition)
    if not present.may_hold(condition):
        assert all(not present.may_hold(test) for test in present.hindrances(condition))


def test_of_a_field_that_is_not_known_of_and_of_time_nothing_is_said():
    present = Present({"since": {date(2026, 1, 1)}}, {}, TODAY, UTC)
    assert present.may_hold(Compare("score", "at_least", 75))
    assert present.may_hold(Compare("since", "within", 14))
    assert not Present({"since": set()}, {}, TODAY, UTC).may_hold(Compare("since", "within", 14))


# ---------------------------------------------------------------- from the store


ENDLESS = "SELECT 1 AS kind, n AS asset FROM generate_series(1, 100000000) AS n"


@pytest.fixture
def people(database):
    """Parts over sixty people: one title, one company's size, two kinds of acts."""
    with psycopg.connect(database.replace("+psycopg", "", 1), autocommit=True) as connection:
        connection.execute("INSERT INTO contact (created_at) SELECT now() FROM generate_series(1, 60)")
        connection.execute(
            "INSERT INTO record (contact, source, platform_id, raw, modified_at, archived, merged_ids, read_at)"
            " SELECT n, 'hubspot', n::text, jsonb_build_object('jobtitle', CASE WHEN n > 59 THEN 'Archivist' ELSE 'CFO' END,"
            " 'phone', '', 'associatedcompanyid', '7'), now(), n > 59, '{}', now() FROM generate_series(1, 60) AS n"
        )
        connection.execute(
            "INSERT INTO company (id, raw, read_at) VALUES ('7', '{\"numberofemployees\": \"100-500\"}', now())"
        )
        connection.execute("CREATE TABLE event_of_any_day PARTITION OF event DEFAULT")
        connection.execute("INSERT INTO word (text) VALUES ('form_submit'), ('page_view'), ('hubspot')")
        connection.execute("INSERT INTO asset (text) VALUES ('Demo request')")
        connection.execute(
            "INSERT INTO event (contact, key, happened_at, known_at, asset, kind, channel, trust)"
            " SELECT 1, n, now(), now(), CASE n WHEN 1 THEN 1 ELSE 0 END, n, 3, 0 FROM generate_series(1, 2) AS n"
        )
    engine = connect(database)
    yield make_parts(read_settings({}), Store(engine, database), SHIPPED)
    engine.dispose()


def test_what_occurs_is_told_without_whom_it_is_of(people, monkeypatch):
    wanted = {
        "hubspot": ("jobtitle", "company.numberofemployees", "phone"),
        "mailchimp:main": ("merge_fields.JOBTITLE",),
    }
    with people.engine.connect() as conn:
        found = occurring(conn, wanted, 5.0)
    assert found.values == {
        ("hubspot", "jobtitle"): frozenset({"CFO"}),
        ("hubspot", "company.numberofemployees"): frozenset({"100-500"}),
        ("hubspot", "phone"): frozenset(),
        ("mailchimp:main", "merge_fields.JOBTITLE"): frozenset(),
    }
    assert found.assets == {"form_submit": frozenset({"Demo request"}), "page_view": frozenset({""})}
    lines = {str(one) for one in dormant(people)}
    assert any(line.startswith("advice: country is known of nobody: rule finance-home-market") for line in lines)
    assert not any("rule finance-company-size" in line or "rule demo-form" in line for line in lines)
    with people.engine.connect() as conn:
        conn.exec_driver_sql(f"CREATE TEMP VIEW event AS {ENDLESS}")
        with pytest.raises(TooLong):
            occurring(conn, wanted, 0.05)
    monkeypatch.setattr(looking, "_ENOUGH", 61)
    assert list(dormant(people)) == []


# ---------------------------------------------------------------- cases


def test_stages_and_personas_that_no_golden_person_is_of(tmp_path):
    folder = tmp_path / "mappings"
    shutil.copytree(MAPPINGS, folder)
    assert list(case_findings(folder, SHIPPED)) == []
    for path in (folder / "cases").glob("*.yaml"):
        path.unlink()
    (none,) = case_findings(folder, SHIPPED)
    assert str(none).startswith(f"advice: no golden people in {folder / 'cases'}. Write some of whom you are sure;")
    case = "version: 1\nday: 2026-11-24\ncases:\n  - {name: nobody, expect: {stage: not_enough_data}}\n"
    (folder / "cases" / "one.yaml").write_text(case)
    assert [str(one) for one in case_findings(folder, SHIPPED)] == [
        (
            "advice: no golden person is expected to be of stage new, nurture, qualified, hot, customer. Write a case with"
            " `expect: {stage: new}`, so that a change of rules cannot lose it unseen."
        ),
        (
            "advice: no golden person is expected to be of persona finance_lead, operations_lead, second_team. Write a case with"
            " `expect: {persona: finance_lead}`, so that a change of rules cannot lose it unseen."
        ),
    ]
    (folder / "cases" / "one.yaml").write_text("version: 1\ncases: []\nmore: 1\n")
    (broken,) = case_findings(folder, SHIPPED)
    assert (broken.level, broken.code) == ("warning", "cases-broken")
    assert str(broken).startswith(f"warning: the cases cannot be read: {folder}/cases/one.yaml:")
