"""Hand-overs to sales: each is open from when she was given until somebody has touched her, or she left the stage."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, text

from connector.store.schema import handover
from connector.store.texts import storable


@dataclass(frozen=True, slots=True)
class Handed:
    """One hand-over, as the table `handover` holds it. `owner` and `task` are HubSpot's ids, "" for none; `ours`: we set that
    owner. `due_at`: by then somebody must have touched her (None: no such rule). `told_at`: since when it is known to be overdue.
    """

    id: int
    contact: int
    intent: int
    stage: str
    owner: str
    ours: bool
    task: str
    at: datetime
    due_at: datetime | None
    told_at: datetime | None
    rerouted: int


_COLUMNS = [handover.c[name] for name in Handed.__dataclass_fields__]
_OPEN = handover.c.ended_at.is_(None)

# By the intent's own contact: she may have been merged meanwhile, or be forgotten.
_ADD = text(
    "INSERT INTO handover (contact, intent, stage, owner, ours, task, at, due_at)"
    " SELECT contact, id, coalesce(payload ->> 'stage', ''), :owner, :ours, :task, :at, :due_at"
    " FROM intent WHERE id = :intent AND kind = 'handover'"
)
_END_EARLIER = text(
    "UPDATE handover SET ended_at = :at, ended_by = 'left' WHERE ended_at IS NULL"
    " AND contact = (SELECT contact FROM intent WHERE id = :intent AND kind = 'handover')"
)
_CHOOSE = text(
    "UPDATE intent SET payload = payload || jsonb_build_object('chosen', CAST(:owner AS text)) WHERE id = :intent"
)
_END_BY_WHAT_IS_KNOWN = text(
    "UPDATE handover SET ended_at = :at, ended_by = CASE WHEN said THEN 'verdict' ELSE 'left' END"
    " FROM (SELECT open.id,"
    "   EXISTS (SELECT FROM verdict JOIN word ON word.id = verdict.stage"
    "    WHERE verdict.contact = open.contact AND word.text = ANY(:stages)) AS stands,"
    "   record.contact IS NOT NULL AS there, coalesce(record.raw ->> :property, '') <> '' AS said"
    "  FROM handover AS open LEFT JOIN record"
    "   ON record.contact = open.contact AND record.source = 'hubspot' AND NOT record.archived"
    "  WHERE open.ended_at IS NULL) AS known"
    " WHERE handover.id = known.id AND (said OR NOT stands OR NOT there) RETURNING handover.id"
)
_END = text(
    "UPDATE handover SET ended_at = :at, ended_by = told.by"
    " FROM unnest(CAST(:ids AS bigint[]), CAST(:by AS text[])) AS told (id, by)"
    " WHERE handover.id = told.id AND ended_at IS NULL"
)

_TOUCHED = text(
    "SELECT contact FROM (SELECT DISTINCT ON (contact) contact, ended_by FROM handover WHERE contact = ANY(:ids)"
    " ORDER BY contact, id DESC) AS newest WHERE ended_by IN ('verdict', 'task', 'contacted')"
)


def choose_owner(conn: Connection, intent: int, owner: str) -> None:
    """Note whom we are about to make the owner, before the call: should we die then, she is known to be ours."""
    conn.execute(_CHOOSE, {"intent": intent, "owner": storable(owner)})


def hand_over(
    conn: Connection, intent: int, *, owner: str, ours: bool, task: str, at: datetime, due_at: datetime | None
) -> None:
    """Keep that an intent's contact was given to sales. Belongs into the transaction that ends the intent.

    It is a new standing of hers: what is still open of an earlier one is over.
    """
    told = {"owner": storable(owner), "ours": ours, "task": storable(task), "at": at, "due_at": due_at}
    conn.execute(_END_EARLIER, {"intent": intent, "at": at})
    conn.execute(_ADD, {**told, "intent": intent})


def end_by_what_is_known(conn: Connection, stages: Collection[str], verdict: str, at: datetime) -> int:
    """End what is over by what the ledger knows; returns how many: sales has said something (the property `verdict` is not
    empty), or she stands on none of the `stages` for sales any more, or is gone from HubSpot.
    """
    return conn.execute(_END_BY_WHAT_IS_KNOWN, {"stages": sorted(stages), "property": verdict, "at": at}).rowcount


def end(conn: Connection, endings: Mapping[int, str], at: datetime) -> None:
    """End hand-overs: by ``task`` or ``contacted``."""
    if endings:
        conn.execute(_END, {"ids": list(endings), "by": list(endings.values()), "at": at})


def to_look_at(conn: Connection, now: datetime, limit: int, *, known_too: bool) -> Sequence[Handed]:
    """Open ones whose time is over, the oldest first; with `known_too`, also those that are known to be overdue. Read-only."""
    due = handover.c.due_at <= now
    asked = (due | handover.c.told_at.is_not(None)) if known_too else due & handover.c.told_at.is_(None)
    query = select(*_COLUMNS).where(_OPEN, asked).order_by(handover.c.due_at, handover.c.id).limit(limit)
    return [Handed(**row) for row in conn.execute(query).mappings()]


def tell(conn: Connection, ids: Collection[int], at: datetime) -> None:
    """Note that these are overdue; the first time stands."""
    statement = text("UPDATE handover SET told_at = :at WHERE id = ANY(:ids) AND told_at IS NULL AND ended_at IS NULL")
    conn.execute(statement, {"ids": sorted(ids), "at": at})


def pass_on(conn: Connection, one: int, owner: str, due_at: datetime | None) -> None:
    """Note that the next in turn has her now, until `due_at`, with a task that is still to be made."""
    statement = text(
        "UPDATE handover SET owner = :owner, task = '', due_at = :due, rerouted = rerouted + 1 WHERE id = :id"
    )
    conn.execute(statement, {"id": one, "owner": storable(owner), "due": due_at})


def note_task(conn: Connection, one: int, task: str) -> None:
    """Note the task of who has her now."""
    conn.execute(text("UPDATE handover SET task = :task WHERE id = :id"), {"id": one, "task": storable(task)})


def payloads(conn: Connection, intents: Collection[int]) -> Mapping[int, Mapping[str, object]]:
    """What was decided, by intent: owners in turn, the task, the brief. Read-only."""
    rows = conn.execute(text("SELECT id, payload FROM intent WHERE id = ANY(:ids)"), {"ids": sorted(intents)})
    return {row.id: row.payload for row in rows}


def platform_ids(conn: Connection, contacts: Collection[int]) -> Mapping[int, str]:
    """The ids at HubSpot of those who are there, by contact. Read-only."""
    statement = text(
        "SELECT contact, platform_id FROM record WHERE source = 'hubspot' AND NOT archived AND contact = ANY(:ids)"
    )
    return {row.contact: row.platform_id for row in conn.execute(statement, {"ids": sorted(contacts)})}


def open_ones(conn: Connection, *, overdue: bool = False) -> Sequence[Handed]:
    """Open hand-overs, those due first; with `overdue`, only those that nobody touched in time. Read-only."""
    query = select(*_COLUMNS).where(_OPEN).order_by(handover.c.due_at.nulls_last(), handover.c.id)
    if overdue:
        query = query.where(handover.c.told_at.is_not(None))
    return [Handed(**row) for row in conn.execute(query).mappings()]


def open_of(conn: Connection, contacts: Collection[int]) -> Sequence[Handed]:
    """The open ones of these contacts. Read-only."""
    query = select(*_COLUMNS).where(_OPEN, handover.c.contact.in_(contacts)).order_by(handover.c.id)
    return [Handed(**row) for row in conn.execute(query).mappings()]


def touched(conn: Connection, contacts: Collection[int]) -> AbstractSet[int]:
    """Those of these contacts whose newest hand-over ended because somebody touched them. Read-only."""
    return set(conn.scalars(_TOUCHED, {"ids": list(contacts)}))


def count(conn: Connection) -> Mapping[str, int]:
    """How many are ``open``, and of these ``overdue``. Read-only."""
    statement = text("SELECT count(*) AS open, count(told_at) AS overdue FROM handover WHERE ended_at IS NULL")
    row = conn.execute(statement).one()
    return {"open": row.open, "overdue": row.overdue}
