"""A small rulebook on disk, golden people beside it, and its people: maria (new lead), brian (customer), noor (opted out)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from connector.change.cases import Failure, failures
from connector.change.mutation.trial import Tried, try_mutants
from connector.rulebook.problems import Problem, RulebookError
from connector.rulebook.read import read_rulebook
from connector.rulebook.read_cases import Golden, read_cases
from connector.rulebook.types import Rulebook

FIELDS = """
version: 1
language: en
timezone: Europe/Madrid
audiences: {main: {list: abc123}}
fields:
  email: {hubspot: email}
  email_domain: {from: email}
  job_title: {hubspot: jobtitle}
  company: {hubspot: company}
  country: {hubspot: country, values: {España: ES, Spain: ES}}
  employees: {hubspot: numemployees, type: range}
  seats: {hubspot: seats, type: number}
  partner: {hubspot: partner, type: bool}
  renewal: {hubspot: renewal, type: date}
  seen_at: {hubspot: seen_at, type: datetime}
  lifecycle: {hubspot: lifecyclestage, type: stage}
events:
  form_submit: {hubspot: {count: forms, last: last_form, asset: form}}
  email_click: {hubspot: {count: clicks, last: last_click, asset: mail}}
  email_open: {mailchimp: activity.open}
  email_sent: {mailchimp: activity.sent}
  unsubscribe: {mailchimp: activity.unsub}
"""

MODEL = """
version: 1
model: acquisition
applies_to: {lifecycle: {not_in: [customer]}}
minimum_evidence: {any: [{known: 2, of: [job_title, company, employees]}, {events: 1, except: [email_open, email_sent]}]}
factors:
  fit:
    max: 40
    persona_minimum: 15
    personas:
      finance_lead:
        label: Finance lead
        traits:
          - {id: finance-title, when: {job_title: {contains_any: [cfo, financ]}}, points: 20, why: Signs}
          - {id: mid-size, when: {employees: {between: [50, 1000]}}, points: 10, why: Sweet spot}
    adjust:
      - {id: home-market, when: {country: ES}, points: 5}
  phase:
    max: 20
    half_life: 30d
    phases:
      awareness: {points: 5, signals: [{event: email_click}]}
      decision: {points: 20, signals: [{event: form_submit, asset: {contains: demo}}]}
  engagement:
    max: 25
    groups:
      all: {max: 25, decay: {cliff: 60d}, rules: [{id: forms, event: form_submit, points: 8, max_times: 2}, {id: opens, event: email_open, points: 1}]}
  reaction: {max: 10, points: {clicked: 6, asked: 10}, lifts: {asked: qualified}}
  profile: {max: 5, completeness: {company: 5}, freshness: {half_life: 100d}}
trust: {doubts: {prefetch: {within: 10s, is: machine}}}
overrides:
  - {id: hand-raiser, when: {did: {event: form_submit, asset: {contains: demo}, within: 14d}}, at_least: 70}
knowledge:
  offer: [{id: saw-demo, when: {did: {event: form_submit, asset: {contains: demo}}}, points: 60}]
topics: {finance: {contains: finance}, logistics: {contains: logistics}}
"""

STAGES = """
version: 1
states: {customer: {when: {lifecycle: customer}}}
stages:
  - {id: new}
  - {id: nurture, enter: {score: {at_least: 20}}, leave_below: 14}
  - {id: qualified, enter: {score: {at_least: 50}}, leave_below: 42, minimum_stay: 3d}
"""

TRACKS = """
version: 1
tracks:
  finance:
    aim: win
    when: {stage: nurture, persona: finance_lead}
    enroll: [{hubspot: {property: trellis_track}, listener: confirmed, exit: confirmed}]
    mails: {count: 4, name: {starts_with: "[FIN]"}}
    asks: {event: form_submit, asset: {contains: demo}}
    lasts: 21d
    exit_when: {stage: qualified}
  by-hand:
    aim: win
    when: {stage: qualified}
    enroll: [{hubspot: {list: By hand}, listener: none}]
    lasts: 14d
dosing: {hold_after_rise: 5d}
"""


class Folder:
    """A folder of mappings whose files a test may write anew."""

    def __init__(self, path: Path) -> None:
        self.path = path
        (path / "cases").mkdir(parents=True)
        for name, text in (("fields", FIELDS), ("model", MODEL), ("stages", STAGES), ("tracks", TRACKS)):
            (path / f"{name}.yaml").write_text(text, encoding="utf-8")

    @property
    def rulebook(self) -> Rulebook:
        return read_rulebook(self.path)

    def write(self, cases: str, name: str = "people.yaml") -> None:
        """A file of cases: the entries of its list."""
        text = f"version: 1\nday: 2026-11-20\ncases:\n{dedent(cases).strip()}\n"
        (self.path / "cases" / name).write_text(text, encoding="utf-8")

    def edit(self, file: str, old: str, new: str) -> None:
        path = self.path / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{file}: {old!r} stands {text.count(old)} times"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def read(self, cases: str = "") -> tuple[Golden, ...]:
        if cases:
            self.write(cases)
        return read_cases(self.path, self.rulebook)

    def problems(self, cases: str = "") -> tuple[Problem, ...]:
        with pytest.raises(RulebookError) as caught:
            self.read(cases)
        return caught.value.problems

    def failures(self, cases: str = "") -> tuple[Failure, ...]:
        return failures(self.read(cases), self.rulebook)

    def mutants(self, cases: str = "") -> tuple[Tried, ...]:
        golden = self.read(cases)
        assert failures(golden, self.rulebook) == ()
        return try_mutants(golden, self.rulebook, ["mappings/model.yaml"], lambda _done, _of: None)


@pytest.fixture(scope="session")
def make_folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Folder]:
    """Makes one more folder with the rulebook of these tests."""
    return lambda: Folder(tmp_path_factory.mktemp("mappings") / "mappings")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """A rulebook under the relative name `mappings`, as an admin sees it."""
    monkeypatch.chdir(tmp_path)
    return Folder(Path("mappings"))


@pytest.fixture
def holds(folder: Folder) -> Callable[[str], None]:
    """Asserts that every case of a file holds."""

    def check(cases: str) -> None:
        assert [str(failure) for failure in folder.failures(cases)] == []

    return check
