"""Writing two properties of 10,000 contacts to HubSpot: the writer alone, and all of `deliver`, from the outbox and back.

    python benchmarks/platform/writing.py [--latency MS ...] [--per-10-s N] [--contacts N]

Against `write_server`, a process of its own; the store is the bundled PostgreSQL in a temporary folder. Wall is what a
person waits, CPU what this process computed. Then the same once more, when there is nothing to write.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import orjson
from sqlalchemy import Engine, text
from write_server import running

from adapters.ports import Change, Outcome
from connector.assembly import Store, bundled_url, connect_platforms, make_parts
from connector.facts import Record
from connector.rulebook.read import read_rulebook
from connector.settings import Settings, read_settings
from connector.steps.deliver import deliver
from connector.steps.parts import Parts
from connector.store import ledger, state
from connector.store.engine import connect, writer_lock
from connector.store.migrate import migrate

MAPPINGS = Path(__file__).parents[2] / "mappings"
NOW = datetime(2026, 11, 24, 11, tzinfo=UTC)
FIRST_ID = 100_000
#: What else HubSpot tells of everybody: a diff has to look past it.
VALUES = {f"property_{number}": f"value {number} of a length as they are" for number in range(18)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--latency", type=float, nargs="+", default=[0.0, 50.0], help="milliseconds until an answer")
    parser.add_argument("--per-10-s", type=int, help="a rate limit, told in headers (none)")
    parser.add_argument("--contacts", type=int, default=10_000)
    given = parser.parse_args()
    print(f"{'':<28} {'calls':>6} {'429':>4} {'at once':>8} {'wall s':>7} {'CPU s':>6}")
    with _store() as store:
        _fill(store.engine, given.contacts)
        for latency in given.latency:
            for name, measure in (("writer", _writer), ("deliver", _deliver)):
                with running(latency_ms=latency, per_10_s=given.per_10_s) as url:
                    settings = read_settings({"HUBSPOT_ACCESS_TOKEN": "t", "HUBSPOT_BASE_URL": url})
                    parts = _parts(settings, store)
                    _print(f"{name}, {latency:g} ms", url, lambda: measure(parts, given.contacts))  # noqa: B023 - called here
                    if name == "deliver":
                        _print("  nothing changed", url, lambda: measure(parts, 0))  # noqa: B023


def _print(name: str, url: str, work: Callable[[], None]) -> None:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    with urllib.request.urlopen(f"{url}/count") as answer:
        count = orjson.loads(answer.read())
    print(
        f"{name:<28} {count['batches']:>6} {count['refused']:>4} {count['at_once']:>8} {wall:>7.2f} {cpu:>6.2f}",
        flush=True,
    )


def _writer(parts: Parts, contacts: int) -> None:
    assert parts.hubspot
    score = str(time.time_ns() % 1000)
    rows = [Change(str(FIRST_ID + one), {"trellis_score": score, "trellis_stage": "hot"}) for one in range(contacts)]
    outcomes = parts.hubspot.write(rows)
    assert [one.outcome for one in outcomes] == [Outcome.DONE] * contacts, next(
        one.error for one in outcomes if one.error
    )


def _deliver(parts: Parts, contacts: int) -> None:
    tally = deliver(parts, errors := [])
    assert not errors
    assert tally["written"] == contacts


@contextmanager
def _store() -> Iterator[Store]:
    with tempfile.TemporaryDirectory(prefix="trellis-bench-") as folder:
        here = Path(folder)
        here.chmod(0o711)  # as root, PostgreSQL runs as an account that must be able to enter
        with bundled_url(here / "var") as url:
            store = Store(connect(url), url)
            migrate(store.engine)
            yield store
            store.engine.dispose()


def _fill(engine: Engine, contacts: int) -> None:
    with engine.begin() as conn:
        writer_lock(conn)
        for start in range(0, contacts, 2_000):
            ids = range(start, min(start + 2_000, contacts))
            people = (Record("hubspot", str(FIRST_ID + n), f"p{n}@acme.example", VALUES, NOW) for n in ids)
            ledger.take_in(conn, list(people), NOW)


def _parts(settings: Settings, store: Store) -> Parts:
    """The parts of a step, and for everybody a write that waits."""
    rulebook = read_rulebook(MAPPINGS)
    with store.engine.begin() as conn:
        state.activate(conn, rulebook.hash, rulebook.source, NOW)
        conn.execute(text("DELETE FROM intent"))
        conn.execute(
            text(
                "INSERT INTO intent (kind, state, contact, source, payload, not_before, created_at)"
                " SELECT 'write', 'pending', id, 'hubspot', jsonb_build_object('values', jsonb_build_object("
                "  'trellis_score', CAST(:score AS text), 'trellis_stage', 'hot')), :now, :now FROM contact"
            ),
            {"score": str(time.time_ns() % 1_000_000), "now": NOW},
        )
    return replace(
        make_parts(settings, store, rulebook, clients=connect_platforms(settings, store.engine)), now=lambda: NOW
    )


if __name__ == "__main__":
    main()
