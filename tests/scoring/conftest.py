"""The rulebook of these tests, and its people: maria (a new lead), brian (a customer), noor (unsubscribed)."""

from __future__ import annotations

import copy
from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from ruamel.yaml import YAML

from connector.facts import Consent, Contact, Event, Refusal, Trust
from connector.rulebook.types import FieldsFile, Model, Rulebook, StagesFile, TracksFile
from connector.scoring.columns.crowd import UNKNOWN, Acts, Column, Crowd
from connector.scoring.decay import day_of
from connector.scoring.stages import SUPPRESSING
from connector.scoring.verdict import STATES, Place

TODAY = date(2026, 11, 20)

FIELDS = """
version: 1
language: en
timezone: Europe/Madrid
fields:
  email: {hubspot: email}
  email_domain: {from: email}
  job_title: {hubspot: jobtitle}
  company: {hubspot: company}
  phone: {hubspot: phone}
  employees: {hubspot: company.numberofemployees, type: range}
  lifecycle: {hubspot: lifecyclestage, type: stage}
events:
  form_submit: {hubspot: {count: num_conversion_events, last: recent_conversion_date, asset: recent_conversion_event_name}}
  email_click: {hubspot: {count: hs_email_click, last: hs_email_last_click_date}}
  email_open: {hubspot: {count: hs_email_open, last: hs_email_last_open_date}}
  page_view: {hubspot: {count: hs_analytics_num_page_views, last: hs_analytics_last_timestamp, asset: hs_analytics_last_url}}
  list_joined: {hubspot: {lists: ["Visited pricing"]}}
"""

MODEL = """
version: 1
model: acquisition
applies_to: {lifecycle: {not_in: [customer, evangelist]}}
minimum_evidence: {any: [{known: 2, of: [job_title, company, employees]}, {events: 1, except: [email_open]}]}
factors:
  fit:
    max: 30
    persona_minimum: 10
    personas:
      finance_lead:
        label: Finance lead
        traits:
          - {id: finance-title, when: {job_title: {contains_any: [cfo, finance, financiera]}}, points: 18, why: Signs in most won deals}
          - {id: mid-size, when: {employees: {between: [50, 1000]}}, points: 12, why: Sweet spot}
      operations_lead:
        label: Operations lead
        traits:
          - {id: operations-title, when: {job_title: {contains_any: [operations, operaciones]}}, points: 20}
          - {id: any-size, when: {employees: {at_least: 20}}, points: 10}
    adjust:
      - {id: student, when: {job_title: {contains_any: [student, estudiante]}}, points: -30, why: Never buys}
  phase:
    max: 25
    half_life: 45d
    phases:
      awareness: {points: 5, signals: [{event: email_click}, {event: page_view, asset: {contains: /blog}}]}
      consideration: {points: 15, signals: [{event: list_joined, asset: Visited pricing}]}
      decision: {points: 25, signals: [{event: form_submit, asset: {contains: demo}}]}
  engagement:
    max: 25
    groups:
      intent: {max: 17, decay: {half_life: 21d}, rules: [{id: forms, event: form_submit, points: 9, max_times: 3, why: Gave data}]}
      reading:
        max: 6
        decay: {linear: 60d}
        rules:
          - {id: clicks, event: email_click, points: 2, why: Reads us}
          - {id: pages, event: page_view, points: 1, within: 30d}
      passive: {max: 2, decay: {cliff: 14d}, rules: [{id: opens, event: email_open, points: 0.2, why: Weak sign}]}
  reaction:
    max: 15
    points: {clicked: 6, replied: 12, asked: 15, silent: -5, unsubscribed: -15}
    silent: {after: {mails: 3, days: 14}}
    lifts: {asked: qualified}
    bars: {silent: hot}
  profile: {max: 5, completeness: {company: 2, job_title: 2, phone: 1}, freshness: {half_life: 365d}}
trust: {human: 1, unsure: 0.5, machine: 0}
overrides:
  - {id: hand-raiser, when: {did: {event: form_submit, asset: {contains: demo}, within: 14d}, fit: {at_least: 10}}, at_least: 80, why: Asked us}
  - {id: competitor, when: {email_domain: {in: [rival.example]}}, set: 0, why: Competitor}
"""

STAGES = """
version: 1
states: {customer: {when: {lifecycle: {in: [customer, evangelist]}}}}
stages:
  - {id: new}
  - {id: nurture, enter: {score: {at_least: 20}}, leave_below: 14}
  - {id: qualified, enter: {score: {at_least: 50}, fit: {at_least: 10}}, leave_below: 42, minimum_stay: 3d}
  - {id: hot, label: Hot lead, enter: {score: {at_least: 75}, phase: decision}, leave_below: 60, handover: true}
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
"""


def _read(text: str) -> dict[str, Any]:
    return YAML(typ="safe", pure=True).load(text)


def build(change: Callable[[dict[str, Any]], None] = lambda _: None) -> Rulebook:
    """The rulebook of these tests, its four files changed in place (`files["model"]["overrides"]`) before it loads.

    `files["more_models"]` is a list of models that stand beside the first.
    """
    files = copy.deepcopy(
        {"fields": _read(FIELDS), "model": _read(MODEL), "stages": _read(STAGES), "tracks": _read(TRACKS)}
    )
    change(files)
    models = (files["model"], *files.get("more_models", ()))
    return Rulebook(
        fields=FieldsFile.model_validate(files["fields"]),
        models=tuple(Model.model_validate(model) for model in models),
        stages=StagesFile.model_validate(files["stages"]),
        tracks=TracksFile.model_validate(files["tracks"]),
        hash="test",
    )


@pytest.fixture(scope="session")
def rulebook() -> Rulebook:
    return build()


@pytest.fixture(scope="session")
def rulebook_with() -> Callable[[Callable[[dict[str, Any]], None]], Rulebook]:
    return build


@pytest.fixture(scope="session")
def today() -> date:
    return TODAY


@pytest.fixture(scope="session")
def act() -> Callable[..., Event]:
    """`act("form_submit", 3, "Demo request")`: an event at noon (UTC) three days ago, known at once."""
    count = iter(range(10**9))

    def make(kind: str, days_ago: int = 0, asset: str = "", trust: Trust = Trust.HUMAN, key: str = "") -> Event:
        moment = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC) - timedelta(days=days_ago)
        return Event(kind, moment, moment, key or f"{kind}:#{next(count)}", asset=asset, trust=trust)

    return make


@pytest.fixture(scope="session")
def maria(act: Callable[..., Event]) -> Contact:
    """A new lead: finance title, mid-size company, some clicks, one demo request three weeks ago."""
    return Contact(
        id=1,
        refs={"hubspot": "501"},
        fields={
            "email": "maria@acme.example",
            "job_title": "Directora financiera",
            "company": "Acme",
            "employees": 200,
        },
        events=(act("form_submit", 21, "Demo request"), act("email_click", 6), act("email_click", 3)),
    )


@pytest.fixture(scope="session")
def brian(act: Callable[..., Event]) -> Contact:
    """A customer, as busy as any lead."""
    return Contact(
        id=2,
        refs={"hubspot": "502"},
        fields={"job_title": "CFO", "company": "Bolt", "employees": 80, "lifecycle": "customer"},
        events=(act("form_submit", 1, "Demo request"),),
    )


@pytest.fixture(scope="session")
def noor(act: Callable[..., Event]) -> Contact:
    """Unsubscribed, however good she looks."""
    return Contact(
        id=3,
        refs={"hubspot": "503"},
        fields={"job_title": "CFO", "company": "Cala", "employees": 300},
        events=(act("form_submit", 0, "Demo request"),),
        consent=Consent(general=frozenset({Refusal.OPTED_OUT})),
    )


@pytest.fixture(scope="session")
def crowd_of() -> Callable[..., Crowd]:
    """`crowd_of([maria, brian], rulebook)`: the same people as columns, with where they stood (`places`, if given)."""
    return _crowd_of


def _crowd_of(contacts: Sequence[Contact], rulebook: Rulebook, places: Sequence[Place | None] = ()) -> Crowd:
    ladder = (stage.id for stage in rulebook.stages.stages)
    stages = tuple(dict.fromkeys((*STATES, *rulebook.stages.states, *ladder)))
    stood = places or [None] * len(contacts)
    names = dict.fromkeys((*rulebook.fields.fields, *(name for contact in contacts for name in contact.fields)))
    changes = [{name: changed.toordinal() for name, changed in contact.changed.items()} for contact in contacts]
    acts, kinds, channels, assets = _acts_of(contacts, ZoneInfo(rulebook.fields.timezone))
    return Crowd(
        ids=np.array([contact.id for contact in contacts], np.int64),
        fields={name: _column([contact.fields.get(name) for contact in contacts]) for name in names},
        acts=acts,
        kinds=kinds,
        channels=channels,
        assets=assets,
        suppressed=np.array([bool(SUPPRESSING & contact.consent.general) for contact in contacts], np.bool_),
        stage=np.array([UNKNOWN if place is None else stages.index(place.stage) for place in stood], np.int16),
        since=np.array([0 if place is None else place.since.toordinal() for place in stood], np.int32),
        stages=stages,
        changed={name: np.array([days.get(name, 0) for days in changes], np.int32) for name in names},
    )


def _acts_of(
    contacts: Sequence[Contact], zone: ZoneInfo
) -> tuple[Acts, tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    acts = [
        (row, event)
        for row, contact in enumerate(contacts)
        for event in sorted(contact.events, key=lambda event: (event.happened_at, event.key), reverse=True)
    ]
    kind, kinds = _coded(event.kind for _, event in acts)
    channel, channels = _coded(event.channel for _, event in acts)
    asset, assets = _coded(event.asset for _, event in acts)
    columns = Acts(
        row=np.array([row for row, _ in acts], np.int32),
        kind=np.array(kind, np.int16),
        channel=np.array(channel, np.int16),
        asset=np.array(asset, np.int32),
        at=np.array([_micros(event.happened_at) for _, event in acts], np.int64),
        known_at=np.array([_micros(event.known_at) for _, event in acts], np.int64),
        day=np.array([day_of(event.happened_at, zone).toordinal() for _, event in acts], np.int32),
        trust=np.array([list(Trust).index(event.trust) for _, event in acts], np.int8),
    )
    return columns, kinds, channels, assets


def _column(values: Sequence[Any]) -> Column:
    # 1, 1.0 and True are equal and mean different things to an operator
    codes, typed = _coded((type(value), value) for value in values if value is not None)
    rest = iter(codes)
    filled = [UNKNOWN if value is None else next(rest) for value in values]
    return Column(np.array(filled, np.int32), tuple(value for _, value in typed))


def _coded(items: Iterable[Hashable]) -> tuple[list[int], tuple[Any, ...]]:
    """Places in a list of the distinct items, and that list."""
    places: dict[Any, int] = {}
    codes = [places.setdefault(item, len(places)) for item in items]
    return codes, tuple(places)


def _micros(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
