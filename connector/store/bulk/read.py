"""Everybody out of the store, in slices that fit into memory: what judging a million people needs, in columns."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from psycopg.sql import SQL
from sqlalchemy import Connection, text

from connector.rulebook.mapping import HUBSPOT
from connector.store.bulk.copy import BIGINT, read_all
from connector.store.bulk.events import read_events
from connector.store.bulk.kept import read_alone, read_belonging, read_kept, read_memory, read_rises, read_score_written
from connector.store.bulk.slice import Slice, Wanted
from connector.store.bulk.values import Companies, read_companies, read_values

_PEOPLE = SQL("SELECT id, changed FROM contact ORDER BY id")
_EVENTS = text("SELECT count(*) FROM event WHERE contact BETWEEN :first AND :last")


def slices(
    conn: Connection, wanted: Wanted, *, most_events: int = 5_000_000, most_people: int = 250_000
) -> Iterator[Slice]:
    """All contacts in the order of their ids, at most so many people and events in a slice (though at least one person).

    The caller has begun a transaction that is REPEATABLE READ, so that all slices tell of the same moment; ValueError if
    it is not. Let go of a slice before asking for the next. Read-only. Raises StoreUnavailable.
    """
    if conn.scalar(text("SHOW transaction_isolation")) not in ("repeatable read", "serializable"):
        raise ValueError("slices of different moments do not fit together: begin a REPEATABLE READ transaction")
    people = read_all(conn, _PEOPLE, {"id": BIGINT, "changed": BIGINT})
    ids, changed = people["id"].astype(np.int64), people["changed"].astype(np.int64)
    companies = read_companies(conn, wanted.names.get(HUBSPOT, ()))
    for part, events in _parts(conn, ids, most_events, most_people):
        yield _slice(conn, wanted, companies, ids[part], changed[part], events)


def _parts(conn: Connection, ids: NDArray[np.int64], most_events: int, most_people: int) -> Iterator[tuple[slice, int]]:
    """Where to cut, and how many events each part has. Counted as we go: dense parts are halved until they fit."""
    begin, size = 0, most_people
    while begin < len(ids):
        end = min(begin + size, len(ids))
        events: int = conn.execute(_EVENTS, {"first": int(ids[begin]), "last": int(ids[end - 1])}).scalar_one()
        if events > most_events and end - begin > 1:
            size = (end - begin) // 2
        else:
            yield slice(begin, end), events
            begin, size = end, min(2 * size, most_people)


def _slice(
    conn: Connection,
    wanted: Wanted,
    companies: Companies,
    ids: NDArray[np.int64],
    changed: NDArray[np.int64],
    events: int,
) -> Slice:
    none = Companies()
    values = {
        source: read_values(conn, ids, source, wanted, companies if source == HUBSPOT else none)
        for source in wanted.names
    }
    return Slice(
        ids=ids,
        raw={(source, name): column for source, held in values.items() for name, column in held.raw.items()},
        present={source: held.present for source, held in values.items()},
        email={source: held.email for source, held in values.items()},
        changed={(source, name): at for source, held in values.items() for name, at in held.changed.items()},
        events=read_events(conn, ids, events),
        kept=read_kept(conn, ids, changed),
        score_written={
            source: read_score_written(conn, ids, source, name) for source, name in wanted.score_names.items()
        },
        memory={track: read_memory(conn, ids, track) for track in wanted.tracks},
        belongs={key: read_belonging(conn, ids, key) for key in wanted.keys},
        rose=read_rises(conn, ids, wanted.rises_since),
        alone=read_alone(conn, ids, wanted.tracks, wanted.keys),
    )
