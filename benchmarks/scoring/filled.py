"""A store in a temporary folder, served by the bundled PostgreSQL on the same machine and filled with `population`."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from population import fill
from sqlalchemy import text

from connector.assembly import Store, bundled_url
from connector.store.engine import connect
from connector.store.migrate import migrate

MAPPINGS = Path(__file__).parents[2] / "mappings"


@contextmanager
def filled_store(contacts: int, events: int, now: datetime) -> Iterator[Store]:
    """So many contacts and events, as of `now`; gone at the end."""
    with tempfile.TemporaryDirectory(prefix="trellis-bench-") as folder:
        here = Path(folder)
        here.chmod(0o711)  # as root, PostgreSQL runs as an account that must be able to enter
        with bundled_url(here / "var") as url:
            store = Store(connect(url), url)
            migrate(store.engine)
            began = time.monotonic()
            fill(store.engine, contacts, events, now)
            print(f"{contacts:,} contacts, {events:,} events; filled in {time.monotonic() - began:.0f} s", flush=True)
            yield store


def print_sizes(store: Store) -> None:
    """Say how many bytes an event and a verdict take, indexes included."""
    with store.engine.connect() as conn:
        events = conn.execute(
            text("SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree('event')")
        ).scalar_one()
        event_rows = conn.execute(text("SELECT count(*) FROM event")).scalar_one()
        verdicts = conn.execute(text("SELECT pg_total_relation_size('verdict')")).scalar_one()
        rows, receipt = conn.execute(text("SELECT count(*), coalesce(avg(length(receipt)), 0) FROM verdict")).one()
    told = f"bytes per event {events / event_rows:.0f}, indexes included"
    if rows:
        told += f"; per verdict {verdicts / rows:.0f}, of which the receipt {float(receipt):.0f}"
    print(told, flush=True)
