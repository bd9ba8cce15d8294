"""Who leaves a track because only the releases that are taken back had enrolled her, and who stays with sales."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from connector.nurturing.intents import Hearing
from connector.nurturing.ways import source_of, ways_into
from connector.rulebook.types import Rulebook
from connector.steps import portal
from connector.steps.judge import judge_person
from connector.steps.judged import Judged
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.sales.overdue import OWNER
from connector.store import ledger, rolling_back, undo
from connector.store.ledger import Person
from connector.store.releases import Release
from connector.store.rolling_back import Begun
from connector.store.stood import Stood, stood_before
from connector.store.undo import Span

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Endings:
    """What is decided of those who entered a track, or were handed over: who is taken out, and who `stays` with sales."""

    leaving: list[Begun] = field(default_factory=list)
    stays: list[int] = field(default_factory=list)


def endings(parts: Parts, span: Span, first: Release, until: int) -> Endings:
    """Decide on everybody who entered a track or was handed over since the `first` release, by intents up to `until`. Read-only.

    Each is judged by the rulebook of `parts`, which is the one from before, from where she stood, and with the values that
    stood on the platforms. Whom it would have enrolled, too, stays: she matches the track by it, and did not match it before
    the releases (who did stood at baseline, or had her turn); and so does whom a person let in. Whom it would have handed over,
    too, stays with sales, and so does whom somebody has touched there.
    """
    found = Endings()
    order, hearing = portal.stage_order(parts), portal.hearing(parts)
    with parts.engine.connect() as conn:
        episodes = rolling_back.begun(conn, first.after_intent, until)
        given = rolling_back.handed_over(conn, first.after_intent, until)
        contacts = sorted({*given, *(one.contact for one in episodes)})
    for start in range(0, len(contacts), _BATCH):
        with parts.engine.connect() as conn:
            some = contacts[start : start + _BATCH]
            stood = stood_before(conn, span, first.after_flip, some)
            people = [_as_before(one, stood.get(one.contact)) for one in ledger.load_people(conn, some)]
            people = _with_values_from_before(parts, conn, span, people)
        for person in people:
            judged = judge_person(parts, person, order, hearing, baseline=False)
            hers = [one for one in episodes if one.contact == person.contact]
            found.leaving.extend(one for one in hers if not _would_have_entered(person, judged, one))
            if given.get(person.contact) or (person.contact in given and _is_for_sales(judged)):
                found.stays.append(person.contact)
    return found


def kept_names(parts: Parts) -> Sequence[str]:
    """What a hand-over writes at HubSpot, and stays as it is of those who stay with sales."""
    return (OWNER, parts.rulebook.fields.write.sales_verdict.hubspot)


def named_sources(rulebook: Rulebook) -> Collection[str]:
    """Where a rulebook reads and writes, whether the platform is on or not; elsewhere it can put nothing back."""
    return (HUBSPOT, *(f"mailchimp:{audience}" for audience in rulebook.fields.audiences))


def may_go_on(rulebooks: Sequence[Rulebook], hearing: Hearing, one: Begun) -> bool:
    """Tell whether leaving may end no mail: the way is entry-only, was seen so, or none of the rulebooks knows it. The first
    of them is the one that is to take her out.
    """
    if source_of(one.channel) not in named_sources(rulebooks[0]):
        return True
    tracks = [(rulebook, rulebook.tracks.tracks.get(one.track)) for rulebook in rulebooks]
    ways = [way for rulebook, track in tracks if track for way in ways_into(rulebook, track) if way.key == one.channel]
    return (one.track, one.channel) in hearing.runs_on or not ways or any(way.entry_only for way in ways)


def _as_before(person: Person, stood: Stood | None) -> Person:
    if stood is None:
        return person
    return replace(
        person, stage=stood.stage, since=stood.since, handed_over=stood.handed_over, track_states=stood.tracks
    )


def _with_values_from_before(parts: Parts, conn: Connection, span: Span, people: Sequence[Person]) -> list[Person]:
    """What is still to be put back, where it is still ours as far as we know, as if it were."""
    values: dict[tuple[int, str], dict[str, str | None]] = {}
    for source in parts.platforms:
        rows, _ = undo.to_put_back(conn, span, source, [one.contact for one in people])
        for row in rows:
            values.setdefault((row.contact, source), {})[row.name] = row.before
    return [
        replace(
            one,
            records={
                source: replace(record, values=_overlaid(record.values, values.get((one.contact, source), {})))
                for source, record in one.records.items()
            },
        )
        for one in people
    ]


def _overlaid(present: Mapping[str, str | None], before: Mapping[str, str | None]) -> Mapping[str, str | None]:
    return {**present, **before} if before else present


def _would_have_entered(person: Person, judged: Judged, one: Begun) -> bool:
    matches = judged.plan.tracks.get(one.track)
    before = person.track_states.get(one.track)
    newly = before is None or not before.matched
    return matches is not None and matches.matched and (one.approved or newly)


def _is_for_sales(judged: Judged) -> bool:
    for_sales: Collection[str] = {one.id for one in judged.rulebook.stages.stages if one.handover}
    return judged.step.after.stage in for_sales
