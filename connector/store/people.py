"""Everything that judging needs of some people, read together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from connector.facts import Episode, Event, Record, Trust
from connector.store.records import from_row


@dataclass(frozen=True, slots=True)
class TrackMemory:
    """Whether a contact matches a track, since when, and if she did so already at the baseline (promise 6)."""

    track: str
    matched: bool
    matched_since: date
    at_baseline: bool


@dataclass(frozen=True, slots=True)
class LastVerdict:
    """The newest verdict kept of a contact. `score` None: not enough data, or no model applies."""

    model: str
    score: int | None
    exact: int
    day: date
    rulebook: str
    position: int
    receipt: Mapping[str, Any] = field(repr=False)
    written_at: datetime


@dataclass(frozen=True, slots=True)
class Written:
    """A value that we wrote ourselves, and when last."""

    value: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Person:
    """One contact as the store knows her.

    `position` and `revision` go back with the judgement: the one says what it knew, the other refuses all but the first
    of two judgements made at once. `company` are the raw values of her HubSpot company, if she has one. `changed` tells
    when a raw value was last seen to change, by (source, name). `episodes` are used up ones only (accepted, sending,
    unknown, parked). `touches` are enrollments and mails, sorted. `markers` is the highest used-up episode per track.
    """

    contact: int
    position: int
    revision: int
    records: Mapping[str, Record]
    company: Mapping[str, str | None]
    changed: Mapping[tuple[str, str], datetime]
    events: tuple[Event, ...]
    episodes: tuple[Episode, ...]
    stage: str | None
    since: date | None
    verdict: LastVerdict | None
    track_states: Mapping[str, TrackMemory]
    stage_rose: date | None
    touches: tuple[datetime, ...]
    handed_over: bool
    markers: Mapping[str, int]
    written: Mapping[str, Mapping[str, Written]]


_CONTACTS = text("SELECT id, changed, revision FROM contact WHERE id = ANY(:ids) ORDER BY id")
_RECORDS = text("SELECT * FROM record WHERE contact = ANY(:ids) ORDER BY contact, source")
_COMPANIES = text(
    "SELECT record.contact, company.raw FROM record JOIN company ON company.id = record.raw ->> 'associatedcompanyid'"
    " WHERE record.contact = ANY(:ids) AND record.source = 'hubspot'"
)
_CHANGED = text(
    "SELECT contact, source, name, max(known_at) AS at FROM value_log WHERE contact = ANY(:ids) GROUP BY 1, 2, 3"
)
_EVENTS = text("SELECT * FROM event WHERE contact = ANY(:ids) ORDER BY contact, happened_at, position")
_EPISODES = text(
    "SELECT contact, track, number, channel, entered_at, left_at FROM episode WHERE contact = ANY(:ids)"
    " UNION ALL SELECT contact, track, episode, coalesce(channel, ''), sending_at, NULL FROM intent"
    " WHERE contact = ANY(:ids) AND kind = 'enroll' AND sending_at IS NOT NULL"
    " AND state IN ('sending', 'unknown', 'parked') ORDER BY 1, 5, 2, 3"
)
_VERDICTS = text("SELECT * FROM verdict WHERE contact = ANY(:ids)")
_TRACKS = text("SELECT * FROM track_state WHERE contact = ANY(:ids) ORDER BY contact, track")
_ROSE = text("SELECT contact, max(day) AS day FROM flip WHERE contact = ANY(:ids) AND rise AND NOT baseline GROUP BY 1")
_WRITTEN = text("SELECT contact, source, name, value, at FROM written WHERE contact = ANY(:ids)")


def load_people(conn: Connection, contact_ids: Sequence[int]) -> list[Person]:
    """The people of these ids, in the order of their ids, in a constant number of statements; unknown ids are left out.

    Read-only.
    """
    ids = {"ids": list(contact_ids)}

    def by_contact(statement: Any) -> Mapping[int, list[Row[Any]]]:
        rows: dict[int, list[Row[Any]]] = defaultdict(list)
        for row in conn.execute(statement, ids):
            rows[row.contact].append(row)
        return rows

    records, changed, events = by_contact(_RECORDS), by_contact(_CHANGED), by_contact(_EVENTS)
    episodes, verdicts, tracks = by_contact(_EPISODES), by_contact(_VERDICTS), by_contact(_TRACKS)
    rose, written, companies = by_contact(_ROSE), by_contact(_WRITTEN), by_contact(_COMPANIES)

    def person(row: Row[Any]) -> Person:
        own = row.id
        acts = tuple(_event(one) for one in events.get(own, ()))
        entered = tuple(
            Episode(one.track, one.number, one.channel, one.entered_at, one.left_at) for one in episodes.get(own, ())
        )
        last = next(iter(verdicts.get(own, ())), None)
        return Person(
            contact=own,
            position=row.changed,
            revision=row.revision,
            records={one.source: from_row(one._mapping) for one in records.get(own, ())},  # noqa: SLF001
            company=next((one.raw for one in companies.get(own, ())), {}),
            changed={(one.source, one.name): one.at for one in changed.get(own, ())},
            events=acts,
            episodes=entered,
            stage=last.stage if last else None,
            since=last.since if last else None,
            verdict=_verdict(last) if last else None,
            track_states={
                one.track: TrackMemory(one.track, one.matched, one.matched_since, one.at_baseline)
                for one in tracks.get(own, ())
            },
            stage_rose=next((one.day for one in rose.get(own, ())), None),
            touches=tuple(sorted(_touches(acts, entered))),
            handed_over=bool(last and last.handed_over),
            markers=_highest(entered),
            written=_written(written.get(own, ())),
        )

    return [person(row) for row in conn.execute(_CONTACTS, ids)]


def _event(row: Row[Any]) -> Event:
    return Event(row.kind, row.happened_at, row.known_at, row.key, row.asset, row.channel, Trust(row.trust))


def _verdict(row: Row[Any]) -> LastVerdict:
    return LastVerdict(
        row.model, row.score, row.exact, row.day, row.rulebook, row.position, row.receipt, row.written_at
    )


def _touches(events: Sequence[Event], episodes: Sequence[Episode]) -> Iterator[datetime]:
    yield from (one.happened_at for one in events if one.kind == "email_sent")
    yield from (one.entered_at for one in episodes)


def _highest(episodes: Sequence[Episode]) -> Mapping[str, int]:
    highest: dict[str, int] = {}
    for one in episodes:
        highest[one.track] = max(one.number, highest.get(one.track, 0))
    return highest


def _written(rows: Sequence[Row[Any]]) -> Mapping[str, Mapping[str, Written]]:
    by_source: dict[str, dict[str, Written]] = defaultdict(dict)
    for row in rows:
        by_source[row.source][row.name] = Written(row.value, row.at)
    return by_source
