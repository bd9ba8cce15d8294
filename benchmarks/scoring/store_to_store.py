"""From store to store: everybody's verdict and receipt, for the first time, after one rule changed, and on days to come.

    python benchmarks/scoring/store_to_store.py [--contacts N] [--events N]

The bundled PostgreSQL runs in a temporary folder on the same machine; no platform is on, so nobody is written to and
whatever is counted is reading, judging and keeping. Seconds are of the wall; memory is the most that this process held.
*Due* are those who wait to be judged when a pass begins: by news, by another rulebook, or by their day. On the days after
nobody does anything new, so that what is due is due by fading alone.
"""

from __future__ import annotations

import argparse
import resource
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from filled import MAPPINGS, filled_store, print_sizes
from sqlalchemy import text

from connector.assembly import Store, make_parts
from connector.rulebook.read import read_rulebook
from connector.rulebook.types import Rulebook
from connector.settings import read_settings
from connector.steps.judge import judge_all
from connector.store import ledger, state

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAYS = 7


def main() -> None:
    """Make the passes, one after the other, and print what each took."""
    parser = argparse.ArgumentParser(description="From store to store.")
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument("--events", type=int, default=10_000_000)
    given = parser.parse_args()
    with filled_store(given.contacts, given.events, NOW) as store:
        rulebook = read_rulebook(MAPPINGS)
        changed = one_rule_changed(rulebook)
        print(f"\n{'pass':<40} {'s':>7} {'due':>10} {'looked at':>10} {'kept':>10} {'MiB':>6}")
        one_pass(store, rulebook, "first: everybody, every receipt kept", NOW, baseline=True)
        one_pass(store, rulebook, "everybody again, nothing new to keep", NOW + timedelta(minutes=5), many=0)
        one_pass(store, changed, "one rule changed", NOW + timedelta(minutes=10))
        for days in range(1, DAYS + 1):
            one_pass(store, changed, f"daily pass, day {days} after", NOW + timedelta(days=days))
        print_sizes(store)


def one_rule_changed(rulebook: Rulebook) -> Rulebook:
    """The points of one trait are other ones."""
    first, *others = rulebook.models
    name, persona = next(iter(first.factors.fit.personas.items()))
    trait, *rest = persona.traits
    traits = (trait.model_copy(update={"points": trait.points - 1000}), *rest)
    personas = {**first.factors.fit.personas, name: persona.model_copy(update={"traits": traits})}
    fit = first.factors.fit.model_copy(update={"personas": personas})
    changed = first.model_copy(update={"factors": first.factors.model_copy(update={"fit": fit})})
    return rulebook.model_copy(update={"models": (changed, *others), "hash": "one rule changed"})


def one_pass(
    store: Store, rulebook: Rulebook, name: str, now: datetime, *, baseline: bool = False, many: int | None = None
) -> None:
    """Judge whoever is due, and print a line of the table. `many` as in `judge_all`: 0 looks at everybody."""
    with store.engine.begin() as conn:
        state.activate(conn, rulebook.hash, rulebook.source, now)
    parts = replace(make_parts(read_settings({}), store, rulebook), now=lambda: now)
    with store.engine.connect() as conn:
        due = ledger.count_to_judge(conn, parts.today, rulebook.hash)
    began = time.monotonic()
    tally = judge_all(parts, baseline=baseline, many=many)
    seconds = time.monotonic() - began
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    with store.engine.connect() as conn:
        kept = conn.execute(text("SELECT count(*) FROM verdict WHERE written_at = :now"), {"now": now}).scalar_one()
    print(f"{name:<40} {seconds:>7.1f} {due:>10,} {tally['judged']:>10,} {kept:>10,} {most:>6.0f}", flush=True)


if __name__ == "__main__":
    main()
