"""Taking records in: what platforms show of people becomes snapshots, logged values and marks for judging."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, text
from sqlalchemy.dialects.postgresql import insert

from connector.facts import Record
from connector.store.erasure import forgotten
from connector.store.failures import record_failure
from connector.store.identity import Owner, Registry
from connector.store.merging import unite
from connector.store.position import mark_changed
from connector.store.records import normalized, same_facts, to_row
from connector.store.schema import identity, record
from connector.store.sightings import ARCHIVED, Sighting, log, news


@dataclass(frozen=True, slots=True)
class Change:
    """One record that brought news: whose it is, and her snapshot on that source before (None: first sight) and after."""

    contact: int
    before: Record | None
    after: Record


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What became of some records, by (source, id). Each record is in `changed`, or counted once."""

    changed: Mapping[tuple[str, str], Change]
    unchanged: int = 0
    forgotten: int = 0  # of people who were erased: dropped


def take_in(conn: Connection, records: Sequence[Record], known_at: datetime) -> TakenIn:
    """Keep what platforms show of people, in a handful of statements; tell what is new.

    Taking the same in again changes nothing; of two readings of one record the later modified one stands, in whatever
    order they come. Only what changed is logged, only contacts that changed are marked for a new judgement.
    Ambiguous identities end in `failure` (step ``identity``). The caller holds the writer lock.
    """
    erased = forgotten(conn, records)
    batch = _Batch(conn, [normalized(one) for number, one in enumerate(records) if number not in erased], known_at)
    return TakenIn(batch.run(), batch.unchanged, len(erased))


def mark_archived(conn: Connection, source: str, ids: Sequence[str], at: datetime) -> int:
    """Note that these records are gone from their platform (archived or deleted); returns how many were not already.

    The caller holds the writer lock.
    """
    rows = conn.execute(
        text(
            "UPDATE record SET archived = true, read_at = :at"
            " WHERE source = :source AND platform_id = ANY(:ids) AND NOT archived RETURNING contact, platform_id"
        ),
        {"source": source, "ids": list(ids), "at": at},
    )
    gone = [(row.contact, Sighting(source, row.platform_id, at, True, {ARCHIVED: "true"})) for row in rows]
    log(conn, gone)
    mark_changed(conn, [contact for contact, _ in gone])
    return len(gone)


@dataclass(slots=True)
class _Batch:
    """One call of `take_in`: places records one by one in memory, writes them together."""

    conn: Connection
    records: Sequence[Record]
    known_at: datetime
    unchanged: int = 0
    _registry: Registry = field(default_factory=Registry)
    _new: list[int] = field(default_factory=list)
    _numbers: list[int] = field(default_factory=list)
    _snapshots: dict[tuple[int, str], Record] = field(default_factory=dict)
    _sightings: list[tuple[int, Sighting]] = field(default_factory=list)
    _touched: set[int] = field(default_factory=set)
    _changes: dict[tuple[str, str], Change] = field(default_factory=dict)

    def run(self) -> Mapping[tuple[str, str], Change]:
        self._registry = Registry.load(self.conn, self.records)
        for one in self.records:
            self._take(one)
        self._flush()
        return self._changes

    def _take(self, one: Record) -> None:
        owner = self._registry.owner(one)
        contact = self._contact(owner, one)
        present = self._registry.snapshots[contact].get(one.source)
        if present is not None and _is_older(one, present):
            self.unchanged += 1
            return
        before = self._registry.place(contact, one)
        if owner.conflict and (before is None or before.email != one.email):
            record_failure(
                self.conn,
                step="identity",
                source=one.source,
                platform_id=one.id,
                contact=contact,
                reason=owner.conflict,
                at=self.known_at,
            )
        self._snapshots[contact, one.source] = one
        if before is not None and same_facts(before, one) and not owner.also:
            self.unchanged += 1
            return
        self._sightings += [(contact, sighting) for sighting in news(before, one, self.known_at)]
        self._touched.add(contact)
        earlier = self._changes.get((one.source, one.id))
        self._changes[one.source, one.id] = Change(contact, earlier.before if earlier else before, one)

    def _contact(self, owner: Owner, one: Record) -> int:
        if owner.contact is None:
            self._new.append(self._number())
            return self._new[-1]
        if owner.also:  # rare: write what we have, unite in the database, look again
            self._flush()
            for gone in owner.also:
                unite(self.conn, owner.contact, gone, source=one.source, at=self.known_at)
            self._registry = Registry.load(self.conn, self.records)
        return owner.contact

    def _number(self) -> int:
        if not self._numbers:
            several = text("SELECT nextval(pg_get_serial_sequence('contact', 'id')) FROM generate_series(1, :n)")
            self._numbers = sorted(self.conn.scalars(several, {"n": len(self.records)}), reverse=True)
        return self._numbers.pop()

    def _flush(self) -> None:
        conn = self.conn
        if self._new:
            conn.execute(
                text("INSERT INTO contact (id, created_at) OVERRIDING SYSTEM VALUE VALUES (:id, :at)"),
                [{"id": one, "at": self.known_at} for one in self._new],
            )
        if self._snapshots:
            self._keep_snapshots()
        log(conn, self._sightings)
        mark_changed(conn, self._touched)
        self._new, self._snapshots, self._sightings, self._touched = [], {}, [], set()

    def _keep_snapshots(self) -> None:
        refs = {
            (one.source, ref): contact
            for (contact, _source), one in self._snapshots.items()
            for ref in (one.id, *one.merged_ids)
        }
        known = insert(identity)
        self.conn.execute(
            known.on_conflict_do_update(
                index_elements=["source", "platform_id"], set_={"contact": known.excluded.contact}
            ),
            [{"source": source, "platform_id": ref, "contact": one} for (source, ref), one in sorted(refs.items())],
        )
        changed_on = self._changed_on()
        rows = [
            {**to_row(contact, one), "read_at": self.known_at, "changed_on": changed_on.get((contact, source), {})}
            for (contact, source), one in self._snapshots.items()
        ]
        upsert = insert(record)
        told: dict[str, ColumnElement[Any]] = {name: upsert.excluded[name] for name in rows[0]}
        told["changed_on"] = record.c.changed_on.concat(upsert.excluded.changed_on)
        self.conn.execute(upsert.on_conflict_do_update(index_elements=["contact", "source"], set_=told), rows)

    def _changed_on(self) -> Mapping[tuple[int, str], Mapping[str, str]]:
        """The names whose values changed in this batch, with the moment."""
        changed: dict[tuple[int, str], dict[str, str]] = {}
        for contact, one in self._sightings:
            if one.changed:
                names = changed.setdefault((contact, one.source), {})
                names.update(dict.fromkeys(one.values.keys() - {ARCHIVED}, self.known_at.isoformat()))
        return changed


def _is_older(one: Record, present: Record) -> bool:
    """A late answer: older than what we know, or of a record that has been swallowed since."""
    if one.id != present.id:
        return one.id in present.merged_ids
    return one.modified_at < present.modified_at
