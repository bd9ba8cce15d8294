"""A store in which everybody is known, judged and past the baseline: what a storm finds in an ordinary installation.

As a process: reads the environment as every command does. Nobody is judged for it (that takes minutes): she counts as
judged, so the storm measures taking in, where what is told is known already.
"""

from __future__ import annotations

import os

from sqlalchemy import text

from connector.assembly import make_parts, open_store
from connector.rulebook.read import read_rulebook
from connector.settings import read_settings
from connector.steps.parts import HUBSPOT
from connector.steps.reading.records import read_records
from connector.steps.reading.submissions import read_rung
from connector.store import ledger, state

_ALL_JUDGED = text("INSERT INTO sweep (rulebook, position, day) SELECT id, :position, :day FROM rulebook")
_STAGES = ("subscriber", "lead", "marketingqualifiedlead", "salesqualifiedlead", "opportunity", "customer")


def main() -> None:
    given = read_settings(os.environ)
    rulebook = read_rulebook(given.mappings_dir)
    with open_store(given) as store:
        parts = make_parts(given, store, rulebook)
        assert parts.hubspot
        with store.engine.begin() as conn:
            state.activate(conn, rulebook.hash, rulebook.source, parts.now())
        read_records(parts, HUBSPOT, parts.hubspot, full=True)
        read_rung(parts, parts.hubspot)
        order = {"type": "enumeration", "field_type": "radio", "read_only": False}
        order["options"] = [[stage, stage] for stage in _STAGES]
        with store.engine.begin() as conn:
            conn.execute(text("TRUNCATE past_to_read"))
            conn.execute(_ALL_JUDGED, {"position": ledger.position(conn), "day": parts.today})
            state.put_cached(conn, f"{HUBSPOT}:definitions", {"lifecyclestage": order}, parts.now())
            state.finish_baseline(conn, HUBSPOT, parts.now())


if __name__ == "__main__":
    main()
