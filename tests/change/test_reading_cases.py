"""Cases that cannot be meant are refused with file, line, key and cure, all at once."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from connector.facts import Range
from connector.rulebook.read_cases import CAUSES
from connector.scoring import causes

CASE = "- {{name: maria, given: {{job_title: CFO}}, {key}: {value}, expect: {{score: 10}}}}"


def test_values_become_what_a_platform_would_give(folder):
    (maria,) = folder.read("""
- name: maria
  given:
    email: Maria@Acme.example
    job_title: CFO
    country: espana
    employees: 100-500
    seats: 12
    partner: true
    renewal: 2027-05-01
    seen_at: "2026-11-20T09:30:00+01:00"
    lifecycle: lead
  expect: {stage: new}
""")
    assert maria.fields == {
        "email": "maria@acme.example",
        "email_domain": "acme.example",
        "job_title": "CFO",
        "country": "ES",
        "employees": Range(100, 500),
        "seats": 12,
        "partner": True,
        "renewal": date(2027, 5, 1),
        "seen_at": datetime(2026, 11, 20, 8, 30, tzinfo=UTC),
        "lifecycle": "lead",
    }
    assert (maria.day, maria.line) == (date(2026, 11, 20), 4)


def test_a_country_may_be_written_as_the_rulebook_has_it_and_a_domain_by_itself(folder):
    (case,) = folder.read(
        "- {name: x, given: {country: ES, email: a@b.example, email_domain: c.example}, expect: {stage: new}}"
    )
    assert case.fields == {"country": "ES", "email": "a@b.example", "email_domain": "c.example"}


@pytest.mark.parametrize(
    ("field", "raw", "cure"),
    [
        ("job_title", "12", 'put numbers in quotes ("120")'),
        ("job_title", '""', "takes a text"),
        ("job_title", "[CFO, CEO]", "takes a text"),
        ("employees", "many", 'or a range such as "100-500"'),
        ("employees", "true", "takes a number without quotes"),
        ("seats", '"12"', "takes a number without quotes"),
        ("partner", "maybe", "takes true or false"),
        ("renewal", "soon", "takes a day, such as 2026-11-20"),
        ("renewal", "2026-02-30", "takes a day, such as 2026-11-20"),
        ("seen_at", '"2026-11-20T09:30:00"', 'or "2026-11-20T09:30:00+01:00"'),
    ],
)
def test_a_value_that_its_field_cannot_hold_is_refused(folder, field, raw, cure):
    (problem,) = folder.problems(f"- {{name: maria, given: {{{field}: {raw}}}, expect: {{stage: new}}}}")
    assert (problem.line, problem.key) == (4, f"cases[0].given.{field}")
    assert problem.message.endswith("will not do")
    assert problem.cure.startswith(f"{field} takes")
    assert cure in problem.cure


@pytest.mark.parametrize(
    ("key", "value", "where", "told"),
    [
        ("given", "{jobtitle: CFO}", "given.jobtitle", 'no field is called "jobtitle"; did you mean job_title?'),
        ("changed", "{compny: 3d}", "changed.compny", 'no field is called "compny"; did you mean company?'),
        (
            "did",
            "[{event: form_submitt}]",
            "did[0].event",
            'no event is called "form_submitt"; did you mean form_submit?',
        ),
        (
            "did",
            "[{event: form_submit, after: 5s}]",
            "did[0].after",
            "there is no deed above this one; write ago: here",
        ),
        ("did", "[{event: form_submit, ago: 5}]", "did[0].ago", "a duration is a whole number of days or weeks"),
        ("did", "[{event: form_submit, ago: 5d, after: 2s}]", "did[0]", "give ago: (before the day) or after:"),
        ("did", "[{event: form_submit, times: 0}]", "did[0].times", "0 will not do"),
        ("did", "[{event: form_submit, trust: humane}]", "did[0].trust", "'humane'"),
        ("did", "[{event: form_submit, when: 5d}]", "did[0].when", 'there is no key "when" here'),
        (
            "on_track",
            "{track: finances, entered: 2d}",
            "on_track.track",
            'no track is called "finances"; did you mean finance?',
        ),
        ("on_track", "{track: by-hand, entered: 2d}", "on_track.track", "nobody listens to this track"),
        ("was", "{stage: nurtured, since: 2d}", "was.stage", 'no stage is called "nurtured"; did you mean nurture?'),
        ("was", "{stage: nurture}", "was.since", 'the key "since" is missing'),
        ("refused", "[optout]", "refused[0]", "'optout'"),
        ("expects", "{score: 10}", "expects", 'there is no key "expects" here; did you mean expect?'),
        ("day", "tomorrow", "day", "takes a day, such as 2027-05-01"),
    ],
)
def test_what_is_unknown_is_refused_with_the_nearest_right_spelling(folder, key, value, where, told):
    given = "" if key == "given" else "given: {job_title: CFO}, "
    problems = folder.problems(f"- {{name: maria, {given}{key}: {value}, expect: {{score: 10}}}}")
    assert [problem.key for problem in problems] == [f"cases[0].{where}"]
    assert told in str(problems[0])


@pytest.mark.parametrize(
    ("expected", "where", "told"),
    [
        ("{}", "", "a case that expects nothing proves nothing"),
        ("{score: 81.5}", ".score", "takes a whole number from 0 to 100"),
        ("{score: high}", ".score", "takes a whole number from 0 to 100"),
        ("{score: {least: 3}}", ".score", "takes at_least, at_most, or both"),
        ("{score: {at_least: 9, at_most: 3}}", ".score", "at_least lies above at_most"),
        ("{stage: warm}", ".stage", 'no stage is called "warm"; there are customer, new,'),
        ("{persona: finance_leed}", ".persona", "did you mean finance_lead?"),
        ("{phase: decisive}", ".phase", "did you mean decision?"),
        ("{model: aquisition}", ".model", "did you mean acquisition?"),
        ("{cause: hand-rising}", ".cause", "did you mean hand-raiser?"),
        ("{track: finanze}", ".track", "did you mean finance?"),
        ("{track: []}", ".track", "takes a name, several in a list, or none"),
        ("{topics: [finances]}", ".topics", "did you mean finance?"),
        (
            "{lines: {finance-titel: 20}}",
            ".lines.finance-titel",
            'no rule is called "finance-titel"; did you mean finance-title?',
        ),
        ("{lines: {finance-title: gone}}", ".lines.finance-title", "takes points such as 17 or 5.438"),
        ("{lines: {finance-title: 1.2345}}", ".lines.finance-title", "at most three decimals"),
    ],
)
def test_an_expectation_that_nothing_can_meet_is_refused(folder, expected, where, told):
    problems = folder.problems(f"- {{name: maria, given: {{job_title: CFO}}, expect: {expected}}}")
    assert [problem.key for problem in problems] == [f"cases[0].expect{where}"]
    assert told in str(problems[0])


def test_all_problems_of_all_files_are_told_at_once(folder):
    folder.write("- {name: maria, given: {job_titel: CFO}, expect: {stage: new}}", "a.yaml")
    folder.write("- {name: maria, expect: {stage: neww, phase: decisive}}", "b.yaml")
    (folder.path / "cases" / "c.yaml").write_text("version: 1\ncases:\n  - {name: x, expect: {stage: new}}\n")
    (folder.path / "cases" / "d.yml").write_text("version: 2\ncases: []\n")
    told = [str(problem) for problem in folder.problems()]
    assert told == [
        'mappings/cases/a.yaml:4 cases[0].given.job_titel: no field is called "job_titel"; did you mean job_title?',
        'mappings/cases/b.yaml:4 cases[0].expect.phase: no phase is called "decisive"; did you mean decision?',
        'mappings/cases/b.yaml:4 cases[0].expect.stage: no stage is called "neww"; did you mean new?',
        (
            'mappings/cases/b.yaml:4 cases[0].name: the case "maria" is there twice, first at mappings/cases/a.yaml:4;'
            " give each case its own name"
        ),
        "mappings/cases/c.yaml:3 cases[0]: the case has no day; add day: 2026-11-20, here or to the file",
        "mappings/cases/d.yml: a file of this name is not read; let it end in .yaml",
        "mappings/cases/d.yml:1 version: 2 is not one of 1",
        "mappings/cases/d.yml:2 cases: a list will not do; needs at least one entry",
    ]


def test_a_broken_case_does_not_hide_the_mistakes_of_the_others(folder):
    problems = folder.problems("""
- {name: maria, given: {job_titel: CFO}, expect: {stage: new}}
- {name: noor, given: {job_titel: CFO}, expects: {stage: new}}
""")
    assert [(problem.line, problem.key) for problem in problems] == [
        (4, "cases[0].given.job_titel"),
        (5, "cases[1].expects"),
    ]


def test_no_folder_of_cases_is_no_mistake(folder):
    (folder.path / "cases").rmdir()
    assert folder.read() == ()


def test_the_causes_that_can_be_expected_are_those_that_steps_have():
    assert {causes.BY_CONSENT, causes.BY_EVIDENCE, causes.BY_FADING, causes.BY_SCORE} == CAUSES
