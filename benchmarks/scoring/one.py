"""One contact: from the ledger to the receipt, and `trellis explain` as a process.

    python benchmarks/scoring/one.py [--contacts N]

2,000 people out of a store of 20,000 (N) with ten acts each on average, one at a time, with the shipped rulebook:
everything that a fresh act sets off, but for what is written to platforms. `trellis_next` and `trellis_why` are timed apart,
as they are made for those only who are written to. `trellis explain` is started ten times as an admin starts it, with the
store's server up. Milliseconds of the wall.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from filled import MAPPINGS, filled_store
from sqlalchemy import Connection

from connector.assembly import Store, make_parts
from connector.nurturing.intents import Hearing
from connector.rulebook.read import read_rulebook
from connector.scoring.next_step import next_text
from connector.scoring.receipt import short
from connector.settings import VARIABLES, read_settings
from connector.steps.judge import judge_all, judge_person
from connector.steps.keep import rows_of
from connector.steps.parts import Parts
from connector.store import ledger, state

NOW = datetime.now(UTC).replace(microsecond=0)  # `trellis explain` speaks of today
MEASURED = 2_000
STARTED = 10


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="One contact, from the ledger to the receipt.")
    parser.add_argument("--contacts", type=int, default=20_000, help="how many are in the store (20,000)")
    contacts = parser.parse_args().contacts
    with filled_store(contacts, 10 * contacts, NOW) as store:
        rulebook = read_rulebook(MAPPINGS)
        parts = replace(make_parts(read_settings({}), store, rulebook), now=lambda: NOW)
        with store.engine.begin() as conn:
            state.activate(conn, rulebook.hash, rulebook.source, NOW)
        judge_all(parts, baseline=True)
        every = max(1, contacts // MEASURED)
        took = Stopwatch()
        with store.engine.connect() as conn:
            for contact in range(1, contacts + 1, every):
                judged_once(parts, conn, contact, took)
        print(f"\n{'one contact, ms':<44} {'median':>8} {'p95':>8}")
        for name, seconds in took.seconds.items():
            print_times(name, seconds)
        started = [explain(store, 10_000 + 1 + every * number) for number in range(STARTED)]
        print_times(f"trellis explain, a process, {STARTED} times", started)


class Stopwatch:
    """Seconds by name, in the order in which they began."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, list[float]] = defaultdict(list)

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        """Take the time of what happens within."""
        seconds, began = self.seconds[name], time.perf_counter()
        yield
        seconds.append(time.perf_counter() - began)


def judged_once(parts: Parts, conn: Connection, contact: int, took: Stopwatch) -> None:
    """Everything from loading her to the row that is kept; then the texts."""
    rulebook, language = parts.rulebook, parts.rulebook.fields.language
    with took.of("from the ledger to the receipt"):
        with took.of("  load her records, acts, memory"):
            (person,) = ledger.load_people(conn, [contact])
        with took.of("  judge, step, tracks"):
            one = judge_person(parts, person, (), Hearing(), baseline=False)
        with took.of("  pack the receipt, find the due day"):
            rows_of(parts, conn, [(person, one)], (), baseline=False)
    with took.of("text of trellis_why"):
        short(one.verdict, one.step, rulebook, language)
    with took.of("text of trellis_next"):
        next_text(one.contact, one.verdict, one.step, rulebook, one.verdict.day, language)


def explain(store: Store, number: int) -> float:
    """The seconds of one `trellis explain`. Raises CalledProcessError where it fails."""
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "connector", "explain", f"hubspot:{number}"],
        env=environment(store),
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return time.perf_counter() - began


def environment(store: Store) -> Mapping[str, str]:
    """Ours alone: what the caller has set up for his own Trellis must not be touched."""
    others = {name: value for name, value in os.environ.items() if name.removesuffix("_FILE") not in VARIABLES}
    return {**others, "DATABASE_URL": store.plain_url, "MAPPINGS_DIR": str(MAPPINGS)}


def print_times(name: str, seconds: list[float]) -> None:
    """One line of the table."""
    ordered = sorted(seconds)
    late = ordered[min(len(ordered) - 1, len(ordered) * 95 // 100)]
    print(f"{name:<44} {1000 * statistics.median(ordered):>8.2f} {1000 * late:>8.2f}", flush=True)


if __name__ == "__main__":
    main()
