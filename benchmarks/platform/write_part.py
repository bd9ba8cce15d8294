"""Parts of writing, as processes: read the environment as every command does, print JSON, and end.

    python write_part.py fill N | wish | writer N | deliver

`fill` puts N people of the lean portal into the store, `wish` a write of two properties for each of them into the outbox,
other ones each time.
`writer` is the adapter alone, without the store; `deliver` all of it, from the outbox and back. Told are the rows that
were written and the seconds after the imports.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from people import FIRST_ID, values_of
from sqlalchemy import text

from adapters.ports import Change, Outcome
from connector.assembly import make_parts, open_store
from connector.facts import Record
from connector.rulebook.read import read_rulebook
from connector.settings import read_settings
from connector.steps.deliver import deliver
from connector.steps.parts import Parts
from connector.store import ledger, state
from connector.store.engine import writer_lock

_LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
_GROUP = 2_000


def fill(parts: Parts, contacts: str) -> int:
    for start in range(0, int(contacts), _GROUP):
        with parts.engine.begin() as conn:
            writer_lock(conn)
            numbers = range(start, min(start + _GROUP, int(contacts)))
            people = [(str(FIRST_ID + number), values_of(number)) for number in numbers]
            records = [Record("hubspot", one, values["email"], values, _LONG_AGO) for one, values in people]
            ledger.take_in(conn, records, parts.now())
    return int(contacts)


def wish(parts: Parts) -> int:
    with parts.engine.begin() as conn:
        return conn.execute(
            text(
                "INSERT INTO intent (kind, state, contact, source, payload, not_before, created_at)"
                " SELECT 'write', 'pending', id, 'hubspot', jsonb_build_object('values', jsonb_build_object("
                "  'trellis_score', CAST(:score AS text), 'trellis_stage', 'hot')), :now, :now FROM contact"
            ),
            {"score": str(time.time_ns()), "now": parts.now()},
        ).rowcount


def writer(parts: Parts, contacts: str) -> int:
    assert parts.hubspot
    values = {"trellis_score": "73", "trellis_stage": "hot"}
    outcomes = parts.hubspot.write([Change(str(FIRST_ID + number), values) for number in range(int(contacts))])
    return sum(one.outcome is Outcome.DONE for one in outcomes)


def all_of_it(parts: Parts) -> int:
    tally = deliver(parts, errors := [])
    assert not errors
    return tally["written"]


PARTS: Mapping[str, Callable[..., int]] = {"fill": fill, "wish": wish, "writer": writer, "deliver": all_of_it}


def main() -> None:
    given = read_settings(os.environ)
    rulebook = read_rulebook(given.mappings_dir)
    with open_store(given) as store:
        parts = make_parts(given, store, rulebook)
        with store.engine.begin() as conn:
            state.activate(conn, rulebook.hash, rulebook.source, parts.now())
        began = time.monotonic()
        rows = PARTS[sys.argv[1]](parts, *sys.argv[2:])
        print(json.dumps({"rows": rows, "seconds": time.monotonic() - began}))


if __name__ == "__main__":
    main()
