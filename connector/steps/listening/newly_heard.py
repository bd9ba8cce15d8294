"""Workflows that were switched on or off, or built anew: those concerned are looked at again, and nobody else."""

from __future__ import annotations

import json

from connector.nurturing.intents import Hearing
from connector.steps.parts import Parts
from connector.store import ledger, state
from connector.store.engine import writer_lock

#: Under this name the store remembers what was heard when people were last judged.
_OURS, _HEARING = "trellis", "hearing"


def look_again_where_heard_otherwise(parts: Parts, hearing: Hearing) -> None:
    """Let those be judged today who match a track that is heard otherwise than last time, or are on it."""
    present = {*(("deaf", *one) for one in hearing.deaf), *(("runs on", *one) for one in hearing.runs_on)}
    with parts.engine.connect() as conn:
        kept = state.get_cursor(conn, _OURS, _HEARING)
    before = {tuple(one) for one in json.loads(kept)} if kept else set()
    tracks = sorted({track for _, track, _ in before ^ present})
    if not tracks:
        return
    with parts.engine.begin() as conn:
        writer_lock(conn)
        ledger.look_again(conn, ledger.concerned_by(conn, tracks), parts.today)
        state.set_cursor(conn, _OURS, _HEARING, json.dumps(sorted(present)), parts.now())
