"""For whom tracks of several aims are: everybody at once is told the same as one by one."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from connector.nurturing.intents import Memory
from connector.nurturing.matching import is_for
from connector.nurturing.situation import Situation
from connector.scoring.columns.meant import meant
from connector.scoring.columns.placing import place_crowd
from connector.scoring.columns.score import judge_crowd
from connector.scoring.placing import place
from connector.scoring.score import judge

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
AIMS = {
    "recover": {"when": {"company": "Bolt"}},
    "reactivate": {"when": {"any": [{"company": "Cala"}, {"lifecycle": "customer"}]}},
    "win": {"when": {"score": {"at_least": 1}}},
}


@pytest.fixture(scope="module")
def several_aims(rulebook_with):
    def change(files):
        one = files["tracks"]["tracks"]["finance"]
        plain = {**one, "exit_when": {"score": {"at_least": 101}}}
        files["tracks"]["aims"] = AIMS
        files["tracks"]["tracks"] = {
            **{aim: {**plain, "aim": aim, "when": {"score": {"at_least": 0}}} for aim in (*AIMS, "retain")},
            **{f"asks-{aim}": {**plain, "aim": "retain", "when": {"aim": aim}} for aim in (*AIMS, "retain")},
        }

    return rulebook_with(change)


def test_aims_hold_of_a_crowd_as_of_each(maria, brian, noor, crowd_of, several_aims):
    people = [maria, brian, noor]
    people += [replace(maria, id=9, fields={**maria.fields, "company": name}) for name in ("Bolt", "Cala", "Dora")]
    people += [replace(brian, id=8, fields={**brian.fields, "company": "Dora"})]
    verdicts = judge_crowd(crowd_of(people, several_aims), several_aims, TODAY)
    answers = meant(verdicts, place_crowd(verdicts))
    told = set()
    for row, contact in enumerate(people):
        verdict = judge(contact, several_aims, TODAY)
        step = place(None, verdict, contact, several_aims, TODAY)
        situation = Situation(contact, verdict, step, Memory(), several_aims, NOW)
        for name in several_aims.tracks.tracks:
            assert bool(answers[name][row]) is is_for(situation, name), (contact.id, name)
        told.add(situation.aim)
    assert told == {"recover", "reactivate", "win"}
