"""A million typed contacts against 30 rules, in columns and one by one: how many contacts a second, and how much memory.

`python benchmarks/scoring/typed.py [--people N]`. The people are made up (`typed_people.py`), always the same: 300 job
titles, 60 countries, 5,000 sizes and domains, a day when they were met; 30 % did something, up to three times. The rules:
equals, in, contains, ranges, ages, counts, negatives, caps and two half-lives.

The columns are typed already and come in slices, as the store hands them over. Plain Python closures over dict contacts
(`typed_plain.py`) do the same with the same rules in the same run, for a sample, and have to come to the same exact
score for each contact of it. Both keep which rules hit, with their points; *packed* are receipts as the store keeps them.
Processor time of one thread; medians of seven rounds, in each of which all ways take their turn. *Columns* ask everything
for the first time; *asked again* is what the next day takes, as answers about values and assets are remembered.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from ruamel.yaml import YAML
from typed_people import ASSETS, TODAY, as_dicts, population, slices, unasked
from typed_plain import PlainModel, among, between, did, equals, holds_any, older, younger

from connector.rulebook.types import FieldsFile, Model, Rulebook, StagesFile, TracksFile
from connector.scoring.columns.crowd import Crowd
from connector.scoring.columns.receipts import receipts_of_crowd
from connector.scoring.columns.score import judge_crowd
from connector.scoring.columns.verdicts import Verdicts
from connector.scoring.packed import Packed, Packing

RUNS = 7
SLICE = 250_000
SAMPLE = 20_000

MODEL = """
version: 1
model: typed
minimum_evidence: {any: [{known: 2, of: [job_title, company, employees]}, {events: 1}]}
factors:
  fit:
    max: 30
    persona_minimum: 10
    personas:
      finance:
        label: Finance
        traits:
          - {id: finance-title, when: {job_title: {contains_any: [finance, controlling, cfo]}}, points: 12}
          - {id: finance-decides, when: {job_title: {contains_any: [chief, head, director, vp]}}, points: 5}
          - {id: finance-size, when: {employees: {between: [50, 1000]}}, points: 6}
          - {id: finance-market, when: {country: {in: [ES, PT, AD]}}, points: 4}
          - {id: finance-industry, when: {industry: finance}, points: 3}
          - {id: finance-visits, when: {visits: {at_least: 5}}, points: 2}
          - {id: finance-many-visits, when: {visits: {at_least: 20}}, points: 2}
      operations:
        label: Operations
        traits:
          - {id: operations-title, when: {job_title: {contains_any: [operations, logistics]}}, points: 14}
          - {id: operations-decides, when: {job_title: {contains_any: [chief, head, director, vp]}}, points: 4}
          - {id: operations-size, when: {employees: {between: [100, 5000]}}, points: 6}
          - {id: operations-market, when: {country: {in: [ES, PT, AD, FR]}}, points: 3}
          - {id: operations-industry, when: {industry: {in: [manufacturing, retail]}}, points: 4}
          - {id: operations-visits, when: {visits: {at_least: 10}}, points: 2}
    adjust:
      - {id: student, when: {job_title: {contains: student}}, points: -30}
      - {id: free-mail, when: {email_domain: {in: [gmail.com, yahoo.com]}}, points: -4}
      - {id: tiny, when: {employees: {at_most: 4}}, points: -3}
      - {id: far-away, when: {country: {in: [C1, C2, C3, C4, C5]}}, points: -5}
  phase:
    max: 25
    half_life: 45d
    phases:
      awareness: {points: 5, signals: [{event: email_click}, {event: page_view, asset: {contains: /blog}}]}
      consideration: {points: 15, signals: [{event: page_view, asset: {contains: /pricing}}]}
      decision: {points: 25, signals: [{event: form_submit, asset: {contains: demo}}]}
  engagement:
    max: 25
    groups:
      intent:
        max: 12
        decay: {half_life: 21d}
        rules:
          - {id: forms, event: form_submit, points: 6, max_times: 3}
          - {id: demo, event: form_submit, asset: {contains: demo}, points: 8, max_times: 1}
      reading:
        max: 6
        decay: {linear: 60d}
        rules:
          - {id: clicks, event: email_click, points: 2, max_times: 3}
          - {id: pages, event: page_view, points: 1, max_times: 2}
  reaction: {max: 15}
  profile: {max: 5, completeness: {company: 2, job_title: 2, phone: 1}}
overrides:
  - {id: hand-raiser, when: {did: {event: form_submit, asset: {contains: demo}, within: 14d}, fit: {at_least: 10}}, at_least: 80}
  - {id: new-face, when: {met: {within: 30d}}, add: 2.5}
  - {id: forgotten, when: {met: {older_than: 400d}}, at_most: 60}
  - {id: junior, when: {job_title: {contains: junior}}, at_most: 40}
  - {id: reader, when: {did: {event: page_view, asset: {contains: docs}, within: 90d}}, add: 1}
  - {id: competitor, when: {email_domain: rival.example}, set: 0}
"""

DECIDES = holds_any("job_title", ("chief", "head", "director", "vp"))
TESTS = {
    "finance-title": holds_any("job_title", ("finance", "controlling", "cfo")),
    "finance-decides": DECIDES,
    "finance-size": between("employees", 50, 1000),
    "finance-market": among("country", {"ES", "PT", "AD"}),
    "finance-industry": equals("industry", "finance"),
    "finance-visits": between("visits", 5, np.inf),
    "finance-many-visits": between("visits", 20, np.inf),
    "operations-title": holds_any("job_title", ("operations", "logistics")),
    "operations-decides": DECIDES,
    "operations-size": between("employees", 100, 5000),
    "operations-market": among("country", {"ES", "PT", "AD", "FR"}),
    "operations-industry": among("industry", {"manufacturing", "retail"}),
    "operations-visits": between("visits", 10, np.inf),
    "student": holds_any("job_title", ("student",)),
    "free-mail": among("email_domain", {"gmail.com", "yahoo.com"}),
    "tiny": between("employees", -np.inf, 4),
    "far-away": among("country", {"C1", "C2", "C3", "C4", "C5"}),
    "hand-raiser": did("form_submit", "demo", 14),
    "new-face": younger("met", 30),
    "forgotten": older("met", 400),
    "junior": holds_any("job_title", ("junior",)),
    "reader": did("page_view", "docs", 90),
    "competitor": equals("email_domain", "rival.example"),
}


def main() -> None:
    """Measure, compare and print."""
    parser = argparse.ArgumentParser(description="A million typed contacts against 30 rules.")
    parser.add_argument("--people", type=int, default=1_000_000)
    people = parser.parse_args().people
    rulebook = typed_rulebook()
    crowd = population(people)
    judged = judged_in_columns(slices(crowd, SLICE), rulebook)
    in_memory = peak()
    del judged
    sample = crowd.take(np.arange(min(SAMPLE, people)))
    contacts = as_dicts(sample)
    plain = PlainModel(rulebook.models[0], TESTS)
    compare(judge_crowd(sample, rulebook, TODAY), [plain.judge(contact) for contact in contacts])

    def by_closures() -> object:
        return [plain.judge(contact) for contact in contacts]

    def one_round() -> tuple[float, ...]:
        crowds = slices(unasked(crowd), SLICE)
        return (
            seconds(by_closures) / len(contacts),
            seconds(lambda: judged_in_columns(crowds, rulebook)) / people,
            seconds(lambda: judged_in_columns(crowds, rulebook)) / people,
            seconds(lambda: packed(crowds, rulebook)) / people,
        )

    rounds = [one_round() for _ in range(RUNS)]
    print(f"{people:,} contacts, {len(crowd.acts.row):,} acts; closures on {len(sample):,}")
    print(f"{'':24}{'contacts/s':>14}{'× closures':>12}")
    for place, name in enumerate(("plain closures", "columns", "columns, asked again", "columns, packed")):
        per_contact = statistics.median(one[place] for one in rounds)
        ratio = statistics.median(one[0] / one[place] for one in rounds)
        print(f"{name:24}{1 / per_contact:14,.0f}{ratio:12.1f}")
    print(f"peak memory with a million judged and every rule kept: {in_memory:.0f} MiB")
    size = sum(len(one.data) for one in packed(slices(crowd, SLICE), rulebook))
    print(f"a packed receipt: {size / people:.1f} bytes")


def judged_in_columns(crowds: list[Crowd], rulebook: Rulebook) -> list[Verdicts]:
    """All verdicts, with the rules that hit."""
    return [judge_crowd(crowd, rulebook, TODAY) for crowd in crowds]


def packed(crowds: list[Crowd], rulebook: Rulebook) -> list[Packed]:
    """All receipts, as the store keeps them."""
    packing, ids = Packing(rulebook), np.arange(1, len(ASSETS) + 1, dtype=np.int32)
    return [packing.pack(receipts_of_crowd(judge_crowd(crowd, rulebook, TODAY), ids)) for crowd in crowds]


def typed_rulebook() -> Rulebook:
    """The model above, and nothing else that matters."""
    names = ("job_title", "country", "employees", "industry", "email_domain", "visits", "met", "company", "phone")
    fields = {name: {"hubspot": name} for name in names}
    return Rulebook(
        fields=FieldsFile.model_validate({"version": 1, "timezone": "Europe/Madrid", "fields": fields}),
        models=(Model.model_validate(YAML(typ="safe", pure=True).load(MODEL)),),
        stages=StagesFile.model_validate({"version": 1, "stages": [{"id": "new"}]}),
        tracks=TracksFile.model_validate({"version": 1, "tracks": {}}),
        hash="typed",
    )


def compare(verdicts: Verdicts, plain: list[Any]) -> None:
    """Stop where the two do not come to the same score."""
    exact = [int(exact) if enough else None for exact, enough in zip(verdicts.exact, verdicts.enough, strict=True)]
    assert exact == [None if one is None else one[0] for one in plain], "columns and closures differ"


def seconds(work: Callable[[], object]) -> float:
    """The time of this process for some work on one thread; what others do on the machine does not count."""
    start = time.process_time()
    kept = work()
    taken = time.process_time() - start
    del kept
    return taken


def peak() -> float:
    """The most memory that this process has had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
