"""Everything that judging needs of some people, read together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from connector.facts import Episode, Event, Record
from connector.store.dictionary import word_texts
from connector.store.events import event_of
from connector.store.intents import IN_SEGMENT
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
    """The newest verdict kept of a contact. `score` None: not enough data, or no model applies.

    `rulebook` is the hash of the newest one that she was judged by, also where a sweep found that nothing changes;
    `made_by` is that of the one whose verdict and receipt these are. Both are empty where nobody knows it any more. `due`
    is the first day on which time alone may change the verdict (None: never), `judged` the ledger position that it knew,
    `digest` a number that differs where what it says does.
    """

    model: str
    score: int | None
    exact: int
    persona: str | None
    phase: str | None
    day: date
    due: date | None
    rulebook: str
    made_by: str
    judged: int
    digest: int
    receipt: bytes = field(repr=False)
    written_at: datetime


@dataclass(frozen=True, slots=True)
class Written:
    """A value that we wrote ourselves, and when last."""

    value: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Arrival:
    """The last move of a contact from stage to stage that no rollback took back, and when it was decided; `before` None: her
    first placement.
    """

    before: str | None
    after: str
    rise: bool
    baseline: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Person:
    """One contact as the store knows her.

    `position` and `revision` go back with the judgement: the one says what it knew, the other refuses all but the first
    of two judgements made at once. `company` are the raw values of her HubSpot company, if she has one. `changed` tells
    when a raw value last changed since its name was first told, by (source, name). `episodes` are used up ones only
    (accepted, sending, unknown, parked). `markers` is the highest used-up episode per track, `begun` the episode of an
    enrollment that waits and was tried before: a platform may have its marker. `given`: sales was given her at some time.
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
    handed_over: bool
    markers: Mapping[str, int]
    written: Mapping[str, Mapping[str, Written]]
    arrival: Arrival | None = None
    begun: Mapping[str, int] = field(default_factory=dict)
    given: bool = False


_CONTACTS = text("SELECT id, changed FROM contact WHERE id = ANY(:ids) ORDER BY id")
_RECORDS = text("SELECT * FROM record WHERE contact = ANY(:ids) ORDER BY contact, source")
_COMPANIES = text(
    "SELECT record.contact, company.raw FROM record JOIN company ON company.id = record.raw ->> 'associatedcompanyid'"
    " WHERE record.contact = ANY(:ids) AND record.source = 'hubspot'"
)
_EVENTS = text(
    "SELECT contact, key, happened_at, known_at, asset.text AS asset, kind, channel, trust"
    " FROM event JOIN asset ON asset.id = event.asset WHERE contact = ANY(:ids) ORDER BY contact, happened_at, key"
)
_EPISODES = text(
    "SELECT contact, track, number, channel, entered_at, left_at FROM episode WHERE contact = ANY(:ids)"  # noqa: S608
    " UNION ALL SELECT contact, track, episode, coalesce(channel, ''), sending_at, NULL FROM intent"
    f" WHERE contact = ANY(:ids) AND kind = 'enroll' AND sending_at IS NOT NULL AND NOT {IN_SEGMENT}"
    " AND state IN ('sending', 'unknown', 'parked') ORDER BY 1, 5, 2, 3"
)
_BEGUN = text(
    "SELECT contact, track, max(episode) AS number FROM intent WHERE contact = ANY(:ids) AND kind = 'enroll'"
    " AND state = 'pending' AND sending_at IS NOT NULL GROUP BY contact, track"
)
_VERDICTS = text(
    "SELECT verdict.*, coalesce((SELECT hash FROM sweep JOIN rulebook ON rulebook.id = sweep.rulebook"
    "  WHERE sweep.position >= contact.changed LIMIT 1), rulebook.hash, '') AS judged_by, coalesce(rulebook.hash, '') AS made_by,"
    " EXISTS (SELECT FROM handover WHERE handover.contact = verdict.contact) AS given"
    " FROM verdict JOIN contact ON contact.id = verdict.contact LEFT JOIN rulebook ON rulebook.id = verdict.rulebook"
    " WHERE verdict.contact = ANY(:ids)"
)
_TRACKS = text("SELECT * FROM track_state WHERE contact = ANY(:ids) ORDER BY contact, track")
_ROSE = text(
    "SELECT contact, max(day) AS day FROM flip WHERE contact = ANY(:ids) AND rise AND NOT baseline"
    " AND undone_by IS NULL GROUP BY 1"
)
_ARRIVALS = text(
    "SELECT DISTINCT ON (contact) contact, before, after, rise, baseline, at FROM flip WHERE contact = ANY(:ids)"
    " AND undone_by IS NULL ORDER BY contact, id DESC"
)
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

    words = word_texts(conn)
    records, events = by_contact(_RECORDS), by_contact(_EVENTS)
    episodes, verdicts, tracks = by_contact(_EPISODES), by_contact(_VERDICTS), by_contact(_TRACKS)
    rose, written, companies = by_contact(_ROSE), by_contact(_WRITTEN), by_contact(_COMPANIES)
    arrivals, begun = by_contact(_ARRIVALS), by_contact(_BEGUN)

    def person(row: Row[Any]) -> Person:
        own = row.id
        acts = tuple(event_of(one, words) for one in events.get(own, ()))
        entered = tuple(
            Episode(one.track, one.number, one.channel, one.entered_at, one.left_at) for one in episodes.get(own, ())
        )
        last = next(iter(verdicts.get(own, ())), None)
        return Person(
            contact=own,
            position=row.changed,
            revision=last.revision if last else 0,
            records={one.source: from_row(one._mapping) for one in records.get(own, ())},  # noqa: SLF001
            company=next((one.raw for one in companies.get(own, ())), {}),
            changed=_changed(records.get(own, ())),
            events=acts,
            episodes=entered,
            stage=words[last.stage] if last else None,
            since=last.since if last else None,
            verdict=_verdict(last, words) if last else None,
            track_states={
                one.track: TrackMemory(one.track, one.matched, one.matched_since, one.at_baseline)
                for one in tracks.get(own, ())
            },
            stage_rose=next((one.day for one in rose.get(own, ())), None),
            handed_over=bool(last and last.handed_over),
            given=bool(last and last.given),
            markers=markers(entered),
            written=_written(written.get(own, ())),
            arrival=next((_arrival(one) for one in arrivals.get(own, ())), None),
            begun={one.track: one.number for one in begun.get(own, ())},
        )

    return [person(row) for row in conn.execute(_CONTACTS, ids)]


def markers(episodes: Sequence[Episode]) -> Mapping[str, int]:
    """The highest of these episodes, by track."""
    highest: dict[str, int] = {}
    for one in episodes:
        highest[one.track] = max(one.number, highest.get(one.track, 0))
    return highest


def _changed(records: Sequence[Row[Any]]) -> Mapping[tuple[str, str], datetime]:
    return {(one.source, name): datetime.fromisoformat(at) for one in records for name, at in one.changed_on.items()}


def _arrival(row: Row[Any]) -> Arrival:
    return Arrival(row.before, row.after, row.rise, row.baseline, row.at)


def _verdict(row: Row[Any], words: Mapping[int, str]) -> LastVerdict:
    return LastVerdict(
        model=words[row.model],
        score=row.score,
        exact=row.exact,
        persona=words[row.persona] or None,
        phase=words[row.phase] or None,
        day=row.day,
        due=row.due,
        rulebook=row.judged_by,
        made_by=row.made_by,
        judged=row.judged,
        digest=row.digest,
        receipt=bytes(row.receipt),
        written_at=row.written_at,
    )


def _written(rows: Sequence[Row[Any]]) -> Mapping[str, Mapping[str, Written]]:
    by_source: dict[str, dict[str, Written]] = defaultdict(dict)
    for row in rows:
        by_source[row.source][row.name] = Written(row.value, row.at)
    return by_source
