"""The time machine: one contact as of any day, by what was known on any day, from the ledger alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from connector.facts import Contact
from connector.scoring.placing import place as place_anew
from connector.scoring.score import judge
from connector.scoring.verdict import Place, Step, Verdict
from connector.steps import portal
from connector.steps.judge import contact_of
from connector.steps.parts import Parts
from connector.store import ledger
from connector.store.ledger import Person


@dataclass(frozen=True, slots=True)
class Then:
    """A contact as of the end of a day: her facts, the verdict, and the place where she stood (as it was decided then)."""

    person: Person
    contact: Contact
    verdict: Verdict
    step: Step


def as_of(parts: Parts, contact: int, day: date, known_by: date | None = None) -> Then | None:
    """Judge somebody as of the end of `day` by the rulebook of `parts`, with what was known by the end of `known_by`
    (None: all that is known now). None if nothing was known of her. Read-only; asks no platform.

    Same ledger, rulebook and days, same bytes: values are those that the platforms had shown by then, whatever order they
    came in; acts count by when they happened. Her place is the one that was decided then, never decided anew: stages are
    steps, and each was made with what was known on its own day. Before the first one she is placed afresh.
    """
    zone = ZoneInfo(parts.rulebook.fields.timezone)
    horizon = None if known_by is None else end_of(known_by, zone)
    with parts.engine.connect() as conn:
        person = ledger.person_as_of(conn, contact, end_of(day, zone), horizon)
    if person is None:
        return None
    facts = contact_of(parts, person, portal.kept_stage_order(parts))
    verdict = judge(facts, parts.rulebook, day, horizon)
    place = Place(person.stage, person.since) if person.stage and person.since else None
    step = Step(place, place, "") if place else place_anew(None, verdict, facts, parts.rulebook, day, horizon)
    return Then(person, facts, verdict, step)


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """The last moment of a day in the team's zone, in UTC."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=zone).astimezone(UTC) - timedelta(microseconds=1)
