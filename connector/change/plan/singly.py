"""Those of whom columns cannot tell everything, judged one by one, as they would be when it is applied."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from connector.facts import normal_email
from connector.nurturing.intents import Hearing
from connector.nurturing.segments import belonging
from connector.nurturing.tracks import plan as plan_tracks
from connector.scoring.verdict import Step, Verdict
from connector.steps.belonging import Belonging
from connector.steps.judge import contact_of, judge_person, memory_of
from connector.steps.judged import Judged
from connector.steps.judged_crowd import JudgedCrowd, matching_otherwise
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.writes import writes_of
from connector.store import ledger
from connector.store.ledger import Person

Bools = NDArray[np.bool_]
#: The verdict and the step of a contact, or None where they are still to be found out.
Known = Callable[[int], tuple[Verdict, Step] | None]

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Single:
    """One contact, judged: the values to write by source, and the keys of the lists and tags where she belongs.

    Before an enrollment the platforms of `sources` are asked about her by id, those of `sought` by an address of hers.
    """

    person: Person
    judged: Judged
    writes: Mapping[str, Mapping[str, str]]
    keys: frozenset[str]
    sources: tuple[str, ...]
    sought: tuple[str, ...]

    @property
    def contact(self) -> int:
        return self.person.contact


def asks_nurturing(parts: Parts, judged: JudgedCrowd, belong: Belonging, *, baseline: bool) -> Bools:
    """Of whom in a slice columns cannot tell whether she enters, leaves or is handed over, or where she belongs."""
    asked = judged.apart | belong.unsure | matching_otherwise(parts, judged, baseline=baseline)
    if baseline:
        return asked
    for_sales = {stage.id for stage in parts.rulebook.stages.stages if stage.handover}
    comes_to_sales = np.array([text in for_sales for text in judged.steps.texts], np.bool_)[judged.steps.after]
    return asked | (judged.steps.moved & comes_to_sales)


def judge_singly(
    parts: Parts,
    conn: Connection,
    contacts: Sequence[int],
    order: Sequence[str],
    hearing: Hearing,
    *,
    baseline: bool,
    known: Known = lambda _: None,
) -> Iterator[Single]:
    """Judge these contacts as of now, by the rulebook of `parts`. What is `known` of somebody's verdict and step is not found
    out again: only nurturing is asked. Read-only.
    """
    for start in range(0, len(contacts), _BATCH):
        for person in ledger.load_people(conn, contacts[start : start + _BATCH]):
            found = known(person.contact)
            judged = (
                judge_person(parts, person, order, hearing, baseline=baseline)
                if found is None
                else _tended(parts, person, order, hearing, *found, baseline=baseline)
            )
            places = belonging(judged.plan, parts.rulebook, judged.contact.refs)
            yield Single(
                person,
                judged,
                {
                    source: values
                    for source, values in writes_of(parts, person, judged, order, baseline=baseline).items()
                    if values
                },
                frozenset(place.key for place in places),
                *asked_about(parts, person),
            )


def _tended(
    parts: Parts,
    person: Person,
    order: Sequence[str],
    hearing: Hearing,
    verdict: Verdict,
    step: Step,
    *,
    baseline: bool,
) -> Judged:
    contact, memory = contact_of(parts, person, order), memory_of(parts, person, hearing)
    plan = plan_tracks(contact, verdict, step, memory, parts.rulebook, parts.now(), baseline=baseline)
    return Judged(contact, verdict, step, plan, parts.rulebook)


def asked_about(parts: Parts, person: Person) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The sources that are asked about her by id before an enrollment, and those by the address that counts: wherever that
    is not her record's (steps/enrolling/standing.py).
    """
    own = {source: normal_email(record.email or "") for source, record in person.records.items()}
    address = next((one for source in (HUBSPOT, *parts.mailchimp) if (one := own.get(source))), None)
    sought = [source for source in parts.platforms if own.get(source) != address] if address else []
    return tuple(source for source in parts.platforms if source in person.records), tuple(sought)
