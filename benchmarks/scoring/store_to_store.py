"""From store to store: everybody's verdict and receipt, for the first time, after one rule changed, and on days to come.

    python benchmarks/scoring/store_to_store.py [contacts] [events]

The bundled PostgreSQL runs in a temporary folder on the same machine; no platform is on, so nobody is written to and
whatever is counted is reading, judging and keeping. Seconds are of the wall; memory is the most that this process held.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from population import fill
from sqlalchemy import text

from connector.assembly import Store, bundled_url, make_parts
from connector.rulebook.read import read_rulebook
from connector.rulebook.types import Rulebook
from connector.settings import read_settings
from connector.steps.judge import judge_all
from connector.store import state
from connector.store.engine import connect
from connector.store.migrate import migrate

MAPPINGS = Path(__file__).parents[2] / "mappings"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def main(contacts: int, events: int) -> None:
    with tempfile.TemporaryDirectory(prefix="trellis-bench-") as folder:
        here = Path(folder)
        here.chmod(0o711)  # as root, PostgreSQL runs as an account that must be able to enter
        with bundled_url(here / "var") as url:
            store = Store(connect(url), url)
            migrate(store.engine)
            began = time.monotonic()
            fill(store.engine, contacts, events, NOW)
            print(f"{contacts:,} contacts, {events:,} events; filled in {time.monotonic() - began:.0f} s")
            _print_sizes(store, events)
            rulebook = read_rulebook(MAPPINGS)
            print(f"\n{'pass':<44} {'s':>7} {'judged':>10} {'kept':>10} {'singly':>8} {'MiB':>6}")
            _pass(store, rulebook, "first: everybody, every receipt kept", NOW, baseline=True)
            _pass(store, rulebook, "the same again", NOW + timedelta(minutes=5))
            _pass(store, _one_rule_changed(rulebook), "one rule changed", NOW + timedelta(minutes=10))
            _print_sizes(store, events)
            for days in range(1, 8):
                _pass(store, _one_rule_changed(rulebook), f"day {days} after", NOW + timedelta(days=days), many=None)


def _one_rule_changed(rulebook: Rulebook) -> Rulebook:
    """The points of one trait are other ones."""
    first, *others = rulebook.models
    name, persona = next(iter(first.factors.fit.personas.items()))
    trait, *rest = persona.traits
    traits = (trait.model_copy(update={"points": trait.points - 1000}), *rest)
    personas = {**first.factors.fit.personas, name: persona.model_copy(update={"traits": traits})}
    fit = first.factors.fit.model_copy(update={"personas": personas})
    changed = first.model_copy(update={"factors": first.factors.model_copy(update={"fit": fit})})
    return rulebook.model_copy(update={"models": (changed, *others), "hash": "one rule changed"})


def _pass(
    store: Store, rulebook: Rulebook, name: str, now: datetime, *, baseline: bool = False, many: int | None = 0
) -> None:
    with store.engine.begin() as conn:
        state.activate(conn, rulebook.hash, rulebook.source, now)
    parts = replace(make_parts(read_settings({}), store, rulebook), now=lambda: now)
    began = time.monotonic()
    tally = judge_all(parts, baseline=baseline, many=many)
    seconds = time.monotonic() - began
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    with store.engine.connect() as conn:
        kept = conn.execute(text("SELECT count(*) FROM verdict WHERE written_at = :now"), {"now": now}).scalar_one()
    singly = tally["judged"] - tally["screened"]
    print(f"{name:<44} {seconds:>7.1f} {tally['judged']:>10,} {kept:>10,} {singly:>8,} {most:>6.0f}", flush=True)


def _print_sizes(store: Store, events: int) -> None:
    with store.engine.connect() as conn:
        event = conn.execute(
            text("SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree('event')")
        ).scalar_one()
        verdict = conn.execute(text("SELECT pg_total_relation_size('verdict')")).scalar_one()
        rows = conn.execute(text("SELECT count(*), coalesce(avg(length(receipt)), 0) FROM verdict")).one()
    told = f"bytes per event {event / events:.0f}, indexes included"
    if rows[0]:
        told += f"; per verdict {verdict / rows[0]:.0f}, of which the receipt {float(rows[1]):.0f}"
    print(told)


if __name__ == "__main__":
    main(
        *(
            int(one.replace(",", "").replace("_", ""))
            for one in (*sys.argv[1:], *("1000000", "10000000")[len(sys.argv) - 1 :])
        )
    )
