"""A small rulebook, and people as nurturing sees them: maria (a new lead), brian (a customer), noor (unsubscribed)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from connector.facts import Consent, Contact, Refusal
from connector.nurturing.intents import Memory, Plan
from connector.nurturing.tracks import plan
from connector.rulebook.types import FieldsFile, Model, Rulebook, StagesFile, TracksFile
from connector.scoring.verdict import CUSTOMER, SUPPRESSED, Place, Step, Verdict

#: A Wednesday morning in Madrid.
NOW = datetime(2027, 3, 10, 9, 30, tzinfo=UTC)
TODAY = date(2027, 3, 10)

FIELDS: dict[str, Any] = {
    "version": 1,
    "timezone": "Europe/Madrid",
    "audiences": {"main": {"list": "abc123", "subscription": 4711}},
    "fields": {"first_name": {"hubspot": "firstname"}, "company": {"hubspot": "company"}},
}
MODEL: dict[str, Any] = {
    "version": 1,
    "model": "acquisition",
    "factors": {
        "fit": {"max": 30},
        "phase": {
            "max": 25,
            "half_life": "45d",
            "phases": {"decision": {"points": 25, "signals": [{"event": "form_submit"}]}},
        },
        "engagement": {"max": 25},
        "reaction": {"max": 15},
        "profile": {"max": 5},
    },
}
STAGES: dict[str, Any] = {
    "version": 1,
    "stages": [
        {"id": "new"},
        {"id": "nurture", "enter": {"score": {"at_least": 20}}},
        {"id": "hot", "enter": {"score": {"at_least": 75}}, "handover": True},
    ],
}
TRACKS: dict[str, Any] = {
    "finance": {
        "aim": "win",
        "when": {"persona": "finance_lead"},
        "enroll": [
            {"hubspot": {"property": "trellis_track"}, "listener": "confirmed", "exit": "confirmed"},
            {"mailchimp": {"audience": "main", "tag": "trellis:track:finance"}, "listener": "confirmed"},
        ],
        "lasts": "21d",
        "exit_when": {"stage": "hot"},
        "reenter_after": "90d",
        "priority": 50,
    },
    "warmup": {
        "aim": "win",
        "when": {"score": {"at_least": 10}},
        "enroll": [{"mailchimp": {"audience": "main", "tag": "trellis:track:warmup"}, "listener": "confirmed"}],
        "lasts": "14d",
        "priority": 10,
    },
    "by-hand": {
        "aim": "win",
        "when": {"stage": "nurture"},
        "enroll": [{"hubspot": {"list": "Trellis: by hand"}, "listener": "none"}],
        "lasts": "21d",
    },
    "care": {
        "aim": "retain",
        "when": {"stage": "customer"},
        "enroll": [{"hubspot": {"property": "trellis_track"}, "listener": "confirmed", "exit": "confirmed"}],
        "lasts": "30d",
    },
}


def make_rulebook(tracks: Mapping[str, Any], **rest: Any) -> Rulebook:
    return Rulebook(
        fields=FieldsFile.model_validate(FIELDS),
        models=(Model.model_validate(MODEL),),
        stages=StagesFile.model_validate(STAGES),
        tracks=TracksFile.model_validate({"version": 1, "tracks": tracks, **rest}),
        hash="test",
    )


@dataclass(frozen=True)
class Person:
    """Everything that a plan is made from; `with_` changes one thing."""

    contact: Contact
    verdict: Verdict
    step: Step
    memory: Memory = field(default_factory=Memory)

    def with_(self, **changes: Any) -> Person:
        return replace(self, **changes)

    def knows(self, **changes: Any) -> Person:
        return replace(self, contact=replace(self.contact, **changes))

    def remembers(self, **changes: Any) -> Person:
        return replace(self, memory=replace(self.memory, **changes))

    def stands(self, stage: str, *, before: str | None = None, rise: bool = False) -> Person:
        return replace(
            self,
            step=Step(
                before=Place(before or stage, date(2027, 3, 1)), after=Place(stage, TODAY), cause="score", rise=rise
            ),
        )


def person(number: int, stage: str, **contact: Any) -> Person:
    return Person(
        contact=Contact(id=number, refs={"hubspot": str(500 + number), "mailchimp:main": f"m{number}"}, **contact),
        verdict=Verdict(
            contact=number,
            model="acquisition",
            day=TODAY,
            rulebook="test",
            enough=True,
            score=45,
            exact=45_000,
            parts={"fit": 20_000},
            persona="finance_lead",
            similarity=80,
        ),
        step=Step(before=Place(stage, date(2027, 3, 1)), after=Place(stage, date(2027, 3, 1)), cause="score"),
    )


@pytest.fixture(scope="session")
def maria() -> Person:
    """A new lead who has come far enough to be nurtured."""
    return person(1, "nurture", fields={"first_name": "Maria", "company": "Acme"})


@pytest.fixture(scope="session")
def brian() -> Person:
    """A customer with a model of his own."""
    return person(2, CUSTOMER, fields={"first_name": "Brian"})


@pytest.fixture(scope="session")
def noor() -> Person:
    """She has unsubscribed from everything, so she is suppressed."""
    return person(3, SUPPRESSED, consent=Consent(general=frozenset({Refusal.OPTED_OUT})))


@pytest.fixture(scope="session")
def rulebook() -> Callable[..., Rulebook]:
    """A rulebook with the named tracks: `rulebook("finance", change={"finance": {"lasts": "7d"}}, dosing={...})`."""

    def _rulebook(*names: str, change: Mapping[str, Any] | None = None, **rest: Any) -> Rulebook:
        return make_rulebook({name: {**TRACKS[name], **(change or {}).get(name, {})} for name in names}, **rest)

    return _rulebook


@pytest.fixture(scope="session")
def plans(rulebook: Callable[..., Rulebook]) -> Callable[..., Plan]:
    """Plan for a person under the named tracks: `plans(maria, "finance", now=..., baseline=True, dosing={...})`."""

    def _plan(who: Person, *names: str, now: datetime = NOW, baseline: bool = False, **rest: Any) -> Plan:
        rules = rulebook(*names, **rest)
        return plan(who.contact, who.verdict, who.step, who.memory, rules, now, baseline=baseline)

    return _plan
