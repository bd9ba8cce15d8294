"""Broken configurations as people make them: the very line that `trellis check` shows, with file, line, key and cure.

`tests/rulebook/test_twenty_broken_files.py` knows many more slips; here it is the whole line that counts, and that a person who
reads it knows where to go and what to do.
"""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from connector.rulebook.problems import RulebookError
from connector.rulebook.read import read_rulebook
from connector.steps.checkup.cut_off import points_cut_off
from connector.steps.review import review

SHIPPED = Path(__file__).parents[2] / "mappings"

WARMUP = 'tag: "trellis:track:mailchimp-warmup"}, listener: confirmed, exit: confirmed}'

# what somebody did: file, text, what it became, the line
BROKEN = {
    "a tab": ("stages.yaml", "    label: En maduración\n", "\tlabel: En maduración\n", r"mappings/stages.yaml:13: is not YAML: found character '\t' that cannot start any token; indent with blanks, not with tabs"),
    "a key further to the left": ("stages.yaml", "    leave_below: 14\n", "   leave_below: 14\n", "mappings/stages.yaml:15: is not YAML: expected <block end>, but found '<block mapping start>'; begin keys of one level, and the dashes of one list, in one column; close every quote"),
    "a bracket that is not closed": ("fields.yaml", "subscription: 4711}", "subscription: 4711", "mappings/fields.yaml:16: is not YAML: expected ',' or '}', but got ':'; close the bracket above this line, or put a text that holds a colon, comma or bracket in quotes"),
    "yes": ("stages.yaml", "handover: true", "handover: yes", 'mappings/stages.yaml:26 stages[3].handover: yes is a word to some tools and yes or no to others; write true or false for yes or no, or "yes" in quotes for the word'),
    "on, as YAML 1.1 reads it": ("fields.yaml", "  unsubscribe: {mailchimp: activity.unsub}\n", "  unsubscribe: {mailchimp: activity.unsub}\n  on: {mailchimp: activity.open}\n", 'mappings/fields.yaml:51 events.on: many tools read the key on as true; write event:, or put it in quotes: "on"'),
    "a key misspelt": ("model.yaml", "persona_minimum: 14", "persona_mininum: 14", 'mappings/model.yaml:21 factors.fit.persona_mininum: there is no key "persona_mininum" here; did you mean persona_minimum?'),
    "an operator that is none": ("stages.yaml", "score: {at_least: 20}", "score: {atleast: 20}", 'mappings/stages.yaml:14 stages[1].enter.score.atleast: there is no operator "atleast"; did you mean at_least?'),
    "maxima that are not 100": ("model.yaml", "    max: 15\n    take", "    max: 25\n    take", "mappings/model.yaml:16 factors: the five maxima add up to 110, not to 100: change one of them"),
    "a stage that is none": ("tracks.yaml", "when: {stage: qualified}", "when: {stage: cualified}", 'mappings/tracks.yaml:88 tracks.hand-written-mail.when.stage: no stage is called "cualified"; did you mean qualified?'),
    "a phase that is none": ("stages.yaml", "phase: decision}", "phase: desicion}", 'mappings/stages.yaml:24 stages[3].enter.phase: no phase is called "desicion"; did you mean decision?'),
    "an id twice": ("model.yaml", "id: free-mail", "id: student-title", 'mappings/model.yaml:92 factors.fit.adjust[1].id: the rule id "student-title" is there twice, first on line 83; give each rule of a model its own id: receipts and history name it'),
    "a track twice": ("tracks.yaml", "  mailchimp-warmup:\n", "  finance-consideration:\n", 'mappings/tracks.yaml:70 tracks.finance-consideration: "finance-consideration" is there twice, first on line 26; rename or remove one'),
    "a duration in words": ("tracks.yaml", "    lasts: 7d\n", "    lasts: 1 week\n", "mappings/tracks.yaml:122 tracks.keep-warm.lasts: '1 week' will not do; a duration is a whole number of days or weeks, such as 21d or 3w"),
    "a day that there is not": ("model.yaml", "ventas\n            owner: marketing\n            review_by: 2027-05-01", "ventas\n            owner: marketing\n            review_by: 2027-02-30", "mappings/model.yaml:33 factors.fit.personas.finance_lead.traits[0].review_by: there is no 2027-02-30; takes a day, such as 2027-05-01"),
    "a range upside down": ("model.yaml", "{between: [50, 1000]}", "{between: [1000, 50]}", "mappings/model.yaml:41 factors.fit.personas.finance_lead.traits[2].when.employees.between: [1000, 50] will not do; between takes two numbers or two days, the lower first, such as [50, 1000]"),
    "a field that is not mapped": ("model.yaml", "{email_domain: {in: [rival.example]}}", "{mail_domain: {in: [rival.example]}}", 'mappings/model.yaml:208 overrides[3].when.mail_domain: no field is called "mail_domain"; did you mean email_domain?'),
    "left above where it is entered": ("stages.yaml", "leave_below: 42", "leave_below: 52", "mappings/stages.yaml:19 stages[2].leave_below: qualified is left below 52 but entered from 50; leave_below must not be above the score that enters"),
    "an audience that is none": ("tracks.yaml", f"audience: main, {WARMUP}", f"audience: newsletter, {WARMUP}", 'mappings/tracks.yaml:75 tracks.mailchimp-warmup.enroll[0].mailchimp.audience: no audience is called "newsletter"; add it to fields.yaml, or correct it (there are main)'),
    "an expression that explodes": ("model.yaml", r"'\bintern\b'", "'(a+)+$'", "mappings/model.yaml:87 factors.fit.adjust[0].when.any[1].job_title.matches: '(a+)+$' will not do; matches may repeat a character or a [class], not a (group): write the words out with |"),
    "a word for a number": ("model.yaml", "points: 17\n            why: Finanzas", "points: many\n            why: Finanzas", "mappings/model.yaml:30 factors.fit.personas.finance_lead.traits[0].points: 'many' will not do; points are a number, such as 5 or 0.2, without quotes"),
    "a stage beyond all scores": ("stages.yaml", "at_least: 75", "at_least: 101", "mappings/stages.yaml:24 stages[3].enter: hot can never be reached: it asks for 101; scores end at 100"),
    "no version": ("stages.yaml", "version: 1\n", "", 'mappings/stages.yaml:6 version: the key "version" is missing; begin the file with version: 1'),
}  # fmt: skip


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The shipped files, as an admin sees them from beside `mappings`."""
    shutil.copytree(SHIPPED, tmp_path / "mappings", ignore=shutil.ignore_patterns("cases", "schema"))
    monkeypatch.chdir(tmp_path)
    return Path("mappings")


def change(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def lines(folder: Path) -> list[str]:
    with pytest.raises(RulebookError) as refused:
        read_rulebook(folder)
    return [str(problem) for problem in refused.value.problems]


@pytest.mark.parametrize("what", BROKEN)
def test_each_slip_is_one_line_that_says_where_and_what_to_do(folder, what):
    file, old, new, line = BROKEN[what]
    change(folder, file, old, new)
    assert lines(folder) == [line]


def test_files_that_are_missing_empty_misnamed_or_in_another_encoding(folder):
    stages = folder / "stages.yaml"
    text = stages.read_text(encoding="utf-8")
    missing = "mappings/stages.yaml: the file is missing; start from the one that came with Trellis"
    stages.rename(folder / "stages.yml")
    assert lines(folder) == [
        missing,
        "mappings/stages.yml: a file of this name is not read; did you mean stages.yaml?",
    ]
    (folder / "stages.yml").unlink()
    assert lines(folder) == [missing]
    stages.write_text("")
    assert lines(folder) == ["mappings/stages.yaml:1: holds no keys; begin with version: 1"]
    stages.write_bytes(text.replace("…", "...").encode("latin-1"))
    assert lines(folder) == ["mappings/stages.yaml:13: is not UTF-8; save the file with the encoding UTF-8"]
    stages.write_bytes(text.encode("utf-8-sig"))
    assert read_rulebook(folder).hash == read_rulebook(SHIPPED).hash


def test_points_that_their_bound_cuts_off(folder):
    change(folder, "model.yaml", "        points: 25\n        signals:", "        points: 40\n        signals:")
    change(folder, "model.yaml", "clicks, event: email_click, points: 2,", "clicks, event: email_click, points: 7,")
    told = [str(one) for model in read_rulebook(folder).models for one in points_cut_off(model)]
    assert told == [
        (
            "warning: model acquisition: phase decision gives 40 points, and factors.phase.max lets no more than 25 through."
            " Lower the one, or raise the other."
        ),
        (
            "warning: model acquisition: rule clicks gives 7 points, and factors.engagement.groups.reading.max lets no more than"
            " 6 through. Lower the one, or raise the other."
        ),
    ]
    assert [one for model in read_rulebook(SHIPPED).models for one in points_cut_off(model)] == []


def test_a_track_with_mails_and_nobody_who_listens(folder):
    change(folder, "tracks.yaml", WARMUP, 'tag: "trellis:track:mailchimp-warmup"}, listener: none}')
    told = {str(one) for one in review(read_rulebook(folder), date(2026, 11, 22))}
    assert told - {str(one) for one in review(read_rulebook(SHIPPED), date(2026, 11, 22))} == {
        (
            "warning: track mailchimp-warmup has `mails`, and no way into it has a listener: it is a segment, and nobody is"
            " mailed. Write `listener: confirmed` where a workflow or flow listens, or take `mails` out."
        )
    }
