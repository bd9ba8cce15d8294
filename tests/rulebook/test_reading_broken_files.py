"""What an admin reads when something is wrong: file, line, key, and what to do. Each case breaks the shipped files."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector.rulebook.problems import RulebookError
from connector.rulebook.read import read_rulebook

# file, [(text, what it becomes)], a text on the line that is named, key, words of message and cure
CASES = {
    "a rule on a field that is not mapped": (
        "model.yaml",
        [("{job_title: {contains_any: [cfo, finan", "{job_titel: {contains_any: [cfo, finan")],
        "job_titel",
        "factors.fit.personas.finance_lead.traits[0].when.job_titel",
        'no field is called "job_titel"; did you mean job_title?',
    ),
    "an operator that does not exist": (
        "model.yaml",
        [("asset: {contains: demo}\n            points", "asset: {contain: demo}\n            points")],
        "{contain: demo}\n            points",
        "factors.engagement.groups.intent.rules[1].asset.contain",
        'there is no operator "contain"; did you mean contains?',
    ),
    "a key that does not exist": (
        "model.yaml",
        [("max_times: 1\n            why: Quiere", "max_time: 1\n            why: Quiere")],
        "max_time: 1",
        "factors.engagement.groups.intent.rules[1].max_time",
        'there is no key "max_time" here; did you mean max_times?',
    ),
    "a key that is missing": (
        "model.yaml",
        [("    half_life: 45d\n", "")],
        "  phase:\n    max",
        "factors.phase.half_life",
        'the key "half_life" is missing; add it',
    ),
    "maxima that do not add up": (
        "model.yaml",
        [("  profile:\n    max: 5", "  profile:\n    max: 6")],
        "factors:",
        "factors",
        "the five maxima add up to 101, not to 100: change one of them",
    ),
    "an event that is not mapped": (
        "model.yaml",
        [("{event: email_click}", "{event: email_clicks}")],
        "{event: email_clicks}",
        "factors.phase.phases.awareness.signals[0].event",
        'no event is called "email_clicks"; did you mean email_click?',
    ),
    "an event inside a condition": (
        "model.yaml",
        [("{did: {event: form_submit, asset: {contains: demo}, within: 14d}", "{did: {event: form, within: 14d}")],
        "form, within",
        "overrides[0].when.did.event",
        'no event is called "form"; did you mean form_submit?',
    ),
    "a persona that can never be": (
        "model.yaml",
        [("persona_minimum: 14", "persona_minimum: 31")],
        "finance_lead:",
        "factors.fit.personas.finance_lead",
        "its traits reach 30 points, below persona_minimum 31; raise its points",
    ),
    "a rule id twice": (
        "model.yaml",
        [("id: demo-form", "id: forms")],
        "id: forms\n            event",
        "factors.engagement.groups.intent.rules[1].id",
        'the rule id "forms" is there twice, first on line',
    ),
    "points that are no number": (
        "model.yaml",
        [("points: 17", "points: many")],
        "points: many",
        "factors.fit.personas.finance_lead.traits[0].points",
        "'many' will not do; points are a number, such as 5 or 0.2",
    ),
    "a duration without its unit": (
        "model.yaml",
        [("half_life: 45d", "half_life: 45")],
        "half_life: 45",
        "factors.phase.half_life",
        "45 will not do; a duration is a whole number of days or weeks, such as 21d or 3w",
    ),
    "a stage that reaction names and nobody knows": (
        "model.yaml",
        [("lifts: {asked: qualified}", "lifts: {asked: qualifed}")],
        "lifts:",
        "factors.reaction.lifts.asked",
        'no stage is called "qualifed"; did you mean qualified?',
    ),
    "a computed name that does not exist yet": (
        "model.yaml",
        [("applies_to: {lifecycle:", "applies_to: {score: {at_least: 5}, lifecycle:")],
        "applies_to",
        "applies_to.score",
        '"score" is computed later, so it cannot be asked here',
    ),
    "days asked of a text": (
        "model.yaml",
        [("when: {email_domain: {in: [rival.example]}}", "when: {email_domain: {within: 14d}}")],
        "{email_domain: {within",
        "overrides[3].when.email_domain",
        "within compares days",
    ),
    "a stage above 100": (
        "stages.yaml",
        [("score: {at_least: 75}", "score: {at_least: 175}")],
        "at_least: 175",
        "stages[3].enter",
        "hot can never be reached: it asks for 175; scores end at 100",
    ),
    "a stage above what its phase allows": (
        "stages.yaml",
        [("{score: {at_least: 75}, phase: decision}", "{score: {at_least: 92}, phase: awareness}")],
        "at_least: 92",
        "stages[3].enter",
        "it asks for a score of 92, and acquisition gives at most 80 in phase awareness",
    ),
    "a stage with more fit than there is": (
        "stages.yaml",
        [("phase: decision", "phase: decision, fit: {at_least: 40}")],
        "fit: {at_least: 40}",
        "stages[3].enter",
        "hot can never be reached: it asks for fit 40, and acquisition gives at most 30",
    ),
    "a stage left above where it is entered": (
        "stages.yaml",
        [("leave_below: 14", "leave_below: 24")],
        "leave_below: 24",
        "stages[1].leave_below",
        "nurture is left below 24 but entered from 20",
    ),
    "stages that do not rise": (
        "stages.yaml",
        [("score: {at_least: 50}", "score: {at_least: 15}"), ("leave_below: 42", "leave_below: 10")],
        "at_least: 15",
        "stages[2].enter",
        "qualified begins at 15, below the stage before it",
    ),
    "a phase that no model has": (
        "stages.yaml",
        [("phase: decision", "phase: decison")],
        "phase: decison",
        "stages[3].enter.phase",
        'no phase is called "decison"; did you mean decision?',
    ),
    "two tracks with one id": (
        "tracks.yaml",
        [("  mailchimp-warmup:\n", "  finance-consideration:\n")],
        "  finance-consideration:\n    aim: win\n    label: Bienvenida",
        "tracks.finance-consideration",
        '"finance-consideration" is there twice, first on line 26; rename or remove one',
    ),
    "a track for a stage that does not exist": (
        "tracks.yaml",
        [("{stage: nurture, persona", "{stage: nurtur, persona")],
        "stage: nurtur,",
        "tracks.finance-consideration.when.stage",
        'no stage is called "nurtur"; did you mean nurture?',
    ),
    "a track for a persona that does not exist": (
        "tracks.yaml",
        [("persona: finance_lead}", "persona: finance_led}")],
        "persona: finance_led",
        "tracks.finance-consideration.when.persona",
        'no persona is called "finance_led"; did you mean finance_lead?',
    ),
    "an audience that does not exist": (
        "tracks.yaml",
        [("audience: main", "audience: man")],
        "audience: man,",
        "tracks.finance-consideration.enroll[1].mailchimp.audience",
        'no audience is called "man"; did you mean main?',
    ),
    "one tag for two tracks": (
        "tracks.yaml",
        [("trellis:track:mailchimp-warmup", "trellis:track:finance-consideration")],
        '{mailchimp: {audience: main, tag: "trellis:track:finance-consideration"}, listener: confirmed, exit',
        "tracks.mailchimp-warmup.enroll[0].mailchimp",
        'the way "tag trellis:track:finance-consideration in main" is there twice',
    ),
    "a holiday that is no day": (
        "tracks.yaml",
        [("2027-01-06", "2027-13-06")],
        "holidays",
        "calendar.holidays[3]",
        "takes a day, such as 2027-05-01",
    ),
    "hours upside down": (
        "tracks.yaml",
        [('"09:00-18:00"', '"18:00-09:00"')],
        "hours:",
        "calendar.hours",
        'write opening and closing like "09:00-18:00"',
    ),
    "an aim that is none": (
        "tracks.yaml",
        [("aim: win", "aim: wins")],
        "aim: wins",
        "tracks.finance-consideration.aim",
        "'wins' is not one of win, retain, recover, reactivate; did you mean win?",
    ),
    "a time zone that does not exist": (
        "fields.yaml",
        [("Europe/Madrid", "Europe/Madird")],
        "timezone:",
        "timezone",
        'there is no time zone "Europe/Madird"; did you mean Europe/Madrid?',
    ),
    "a field with a reserved name": (
        "fields.yaml",
        [("  phone:        {", "  persona:      {")],
        "  persona:      {",
        "fields.persona",
        '"persona" means something else in conditions; choose another name',
    ),
    "a language that we do not speak": (
        "fields.yaml",
        [("language: es", "language: fr")],
        "language:",
        "language",
        "'fr' is not one of en, es, ca",
    ),
    "Mailchimp without an audience": (
        "fields.yaml",
        [("audiences:\n  main: {list: abc123, subscription: 4711}\n", "")],
        "  email:  ",
        "fields.email.mailchimp",
        "no Mailchimp audience is named; add audiences",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_broken_file_is_named_with_line_key_and_cure(case, broken, folder):
    file, replacements, on_line, key, words = case
    problems = broken(file, *replacements)
    problem = next((one for one in problems if one.key == key), None)
    assert problem, f"nothing at {key}: {[str(one) for one in problems]}"
    assert words in f"{problem.message}; {problem.cure}"
    text = (folder / file).read_text(encoding="utf-8")
    assert text.count(on_line) == 1
    assert problem.line == text[: text.index(on_line)].count("\n") + 1
    assert str(problem).startswith(f"mappings/{file}:{problem.line} {key}: ")


def test_the_line_of_the_brief(broken):
    problems = broken(
        "model.yaml", ("{job_title: {contains_any: [cfo, finan", "{job_titel: {contains_any: [cfo, finan")
    )
    assert len(problems) == 1
    assert str(problems[0]) == (
        "mappings/model.yaml:29 factors.fit.personas.finance_lead.traits[0].when.job_titel: "
        'no field is called "job_titel"; did you mean job_title?'
    )


def test_all_problems_are_told_not_only_the_first(folder):
    """Even a file that is not valid by itself is searched for names that nobody knows."""
    for file, old, new in (
        ("model.yaml", "    max: 30", "    max: 31"),
        ("model.yaml", "{employees: {between: [50, 1000]}}", "{employes: {between: [50, 1000]}}"),
        ("model.yaml", "points: 17", "points: x"),
        ("stages.yaml", "phase: decision", "phase: dec"),
        ("tracks.yaml", "priority: 50", "priorty: 50"),
        ("fields.yaml", "language: es", "langage: es"),
    ):
        path = folder / file
        path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(RulebookError) as caught:
        read_rulebook(folder)
    keys = {problem.key for problem in caught.value.problems}
    assert {
        "factors.fit.personas.finance_lead.traits[2].when.employes",
        "factors.fit.personas.finance_lead.traits[0].points",
        "stages[3].enter.phase",
        "tracks.finance-consideration.priorty",
        "langage",
    } <= keys


def test_a_problem_stands_in_one_line(broken):
    for problem in broken(
        "tracks.yaml", ("aim: win", "aim: [a, b]"), ("lasts: 21d", "lasts: |\n      two\n      lines")
    ):
        assert "\n" not in str(problem)


def test_missing_misnamed_and_absent_files(folder, tmp_path):
    (folder / "stages.yaml").rename(folder / "stages.yml")
    with pytest.raises(RulebookError) as caught:
        read_rulebook(folder)
    assert [str(problem) for problem in caught.value.problems] == [
        f"{folder}/stages.yaml: the file is missing; start from the one that came with Trellis",
        f"{folder}/stages.yml: a file of this name is not read; did you mean stages.yaml?",
    ]
    with pytest.raises(RulebookError, match="there is no such folder"):
        read_rulebook(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(
        RulebookError, match=r"^\S*/empty: there is no file of a rulebook in it; .*`trellis init`"
    ) as caught:
        read_rulebook(tmp_path / "empty")
    assert len(caught.value.problems) == 1


def test_two_models_may_not_share_a_name(folder):
    text = (folder / "model.yaml").read_text(encoding="utf-8")
    (folder / "model-a.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(RulebookError) as caught:
        read_rulebook(folder)
    (problem,) = caught.value.problems
    assert problem.key == "model"
    assert 'the model "acquisition" is there twice, first on' in problem.message
    (folder / "model-a.yaml").write_text(text.replace("model: acquisition", "model: second"), encoding="utf-8")
    assert [model.model for model in read_rulebook(folder).models] == ["acquisition", "second", "customers"]


def test_a_stage_that_an_answer_lifts_to_can_be_reached_whatever_it_asks_for(folder):
    stages = folder / "stages.yaml"
    stages.write_text(
        stages.read_text(encoding="utf-8").replace("fit: {at_least: 10}", "fit: {at_least: 40}"), encoding="utf-8"
    )
    assert read_rulebook(folder).models[0].factors.reaction.lifts == {"asked": "qualified"}


def test_nothing_is_returned_by_halves(folder):
    (folder / "tracks.yaml").write_text("version: 2\n", encoding="utf-8")
    with pytest.raises(RulebookError, match=r"tracks.yaml:1 version: 2 is not one of 1"):
        read_rulebook(Path(folder))
