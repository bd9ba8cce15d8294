"""Placing records one by one: for each, whose it is by what the store knows and by those before it in the call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, text
from sqlalchemy.dialects.postgresql import insert

from connector.facts import Record
from connector.store.changes import Change, TakenIn
from connector.store.conflicts import list_conflict
from connector.store.identity import Owner, Registry
from connector.store.merging import unite
from connector.store.numbers import NewNumbers
from connector.store.position import mark_changed
from connector.store.records import same_facts, to_row
from connector.store.schema import identity, past_to_read, record
from connector.store.sightings import ARCHIVED, Sighting, log, news

_HUBSPOT = "hubspot"


def place_records(conn: Connection, records: Mapping[int, Record], numbers: NewNumbers, known_at: datetime) -> TakenIn:
    """Keep `normalized` records by their places, whatever they are and however they hang together.

    Who is new gets the number of her place. The caller holds the writer lock.
    """
    if not records:
        return TakenIn({})
    batch = _Batch(conn, records, numbers, known_at)
    return TakenIn(batch.run(), batch.unchanged)


@dataclass(slots=True)
class _Batch:
    """Places records one by one in memory, writes them together."""

    conn: Connection
    records: Mapping[int, Record]
    numbers: NewNumbers
    known_at: datetime
    unchanged: int = 0
    _registry: Registry = field(default_factory=Registry)
    _new: list[int] = field(default_factory=list)
    _snapshots: dict[tuple[int, str], Record] = field(default_factory=dict)
    _refs: dict[tuple[str, str], int] = field(default_factory=dict)
    _first_seen: dict[str, int] = field(default_factory=dict)
    _sightings: list[tuple[int, Sighting]] = field(default_factory=list)
    _touched: set[int] = field(default_factory=set)
    _changes: dict[tuple[str, str], Change] = field(default_factory=dict)

    def run(self) -> Mapping[tuple[str, str], Change]:
        self._registry = Registry.load(self.conn, [*self.records.values()])
        for place, one in self.records.items():
            self._take(place, one)
        self._flush()
        return self._changes

    def _take(self, place: int, one: Record) -> None:
        owner = self._registry.owner(one)
        contact = self._contact(owner, place, one)
        present = self._registry.snapshots[contact].get(one.source)
        if present is not None and _is_older(one, present):
            self.unchanged += 1
            return
        before = self._registry.place(contact, one)
        if owner.conflict and (before is None or before.email != one.email or (before.archived and not one.archived)):
            list_conflict(self.conn, one.source, one.id, contact, owner.conflict, self.known_at)
        if before == one and not owner.also:
            self.unchanged += 1
            return
        self._snapshots[contact, one.source] = one
        self._refs |= {(one.source, ref): contact for ref in (one.id, *one.merged_ids)}
        if before is None and one.source == _HUBSPOT:
            self._first_seen[one.id] = contact
        if before is not None and same_facts(before, one) and not owner.also:
            self.unchanged += 1
            return
        self._sightings += [(contact, sighting) for sighting in news(before, one, self.known_at)]
        self._touched.add(contact)
        earlier = self._changes.get((one.source, one.id))
        self._changes[one.source, one.id] = Change(contact, earlier.before if earlier else before, one)

    def _contact(self, owner: Owner, place: int, one: Record) -> int:
        if owner.contact is None:
            self._new.append(self.numbers.of(place))
            return self._new[-1]
        if owner.also:  # rare: write what we have, unite in the database, look again
            self._flush()
            for gone in owner.also:
                unite(self.conn, owner.contact, gone, source=one.source, at=self.known_at)
            self._registry = Registry.load(self.conn, [*self.records.values()])
            self._changes = {
                name: replace(change, contact=owner.contact) if change.contact in owner.also else change
                for name, change in self._changes.items()
            }
        return owner.contact

    def _flush(self) -> None:
        conn = self.conn
        if self._new:
            conn.execute(
                text("INSERT INTO contact (id, created_at) OVERRIDING SYSTEM VALUE VALUES (:id, :at)"),
                [{"id": one, "at": self.known_at} for one in self._new],
            )
        if self._snapshots:
            self._keep_snapshots()
        if self._first_seen:
            self._ask_for_pasts()
        log(conn, self._sightings)
        mark_changed(conn, self._touched)
        self._new, self._snapshots, self._refs, self._first_seen = [], {}, {}, {}
        self._sightings, self._touched = [], set()

    def _keep_snapshots(self) -> None:
        known = insert(identity)
        self.conn.execute(
            known.on_conflict_do_update(
                index_elements=["source", "platform_id"], set_={"contact": known.excluded.contact}
            ),
            [
                {"source": source, "platform_id": ref, "contact": one}
                for (source, ref), one in sorted(self._refs.items())
            ],
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

    def _ask_for_pasts(self) -> None:
        asked = insert(past_to_read)
        self.conn.execute(
            asked.on_conflict_do_update(index_elements=["platform_id"], set_={"contact": asked.excluded.contact}),
            [{"platform_id": one, "contact": contact} for one, contact in self._first_seen.items()],
        )

    def _changed_on(self) -> Mapping[tuple[int, str], Mapping[str, str]]:
        """The names whose values changed in this batch, with the moment."""
        changed: dict[tuple[int, str], dict[str, str]] = {}
        for contact, one in self._sightings:
            if one.changed:
                names = changed.setdefault((contact, one.source), {})
                names.update(dict.fromkeys(one.values.keys() - {ARCHIVED}, self.known_at.isoformat()))
        return changed


def _is_older(one: Record, present: Record) -> bool:
    """A late answer: older than what we know, or of a record that has been swallowed or made anew since."""
    if one.id != present.id:
        return one.id in present.merged_ids or (one.archived and present.id not in one.merged_ids)
    return one.modified_at < present.modified_at
