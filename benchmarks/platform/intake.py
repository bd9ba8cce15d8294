"""Into the store: everybody at first sight, everybody again with nothing new, and again with one in a hundred changed.

    python benchmarks/platform/intake.py [--contacts N]

HubSpot records of 25 values, five of them counters, come in groups as the reading step keeps them, each group with its
acts (none to five a person) in one transaction; no platform is read and no act is told from a counter here. *Python* and
*PostgreSQL* are seconds of processor time of this process and of the bundled server's, *wall* is what passed. Memory is
the most that this process held.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
from sqlalchemy import Engine, text

from connector.assembly import bundled_url
from connector.facts import Event, Record, Trust
from connector.steps.reading.records import GROUP
from connector.store import ledger
from connector.store.engine import connect, writer_lock
from connector.store.migrate import migrate

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
EVERY = 100

_KINDS = ("email_sent", "email_open", "email_click", "page_view", "form_submit")


def main() -> None:
    """Make the passes and print what each took."""
    parser = argparse.ArgumentParser(description="Into the store.")
    parser.add_argument("--contacts", type=int, default=100_000)
    contacts = parser.parse_args().contacts
    with tempfile.TemporaryDirectory(prefix="trellis-bench-") as folder:
        Path(folder).chmod(0o711)  # as root, PostgreSQL runs as an account that must be able to enter
        with bundled_url(Path(folder) / "var") as url:
            engine = connect(url)
            migrate(engine)
            print(
                f"{contacts:,} contacts\n{'pass':<28} {'Python':>8} {'PostgreSQL':>11} {'wall':>7} {'changed':>9} {'MiB':>5}"
            )
            one_pass(engine, "first sight", contacts, NOW)
            one_pass(engine, "again, nothing new", contacts, NOW + timedelta(hours=1))
            one_pass(engine, f"again, one in {EVERY} changed", contacts, NOW + timedelta(hours=2), changed=EVERY)
            engine.dispose()


def one_pass(engine: Engine, name: str, contacts: int, now: datetime, *, changed: int = 0) -> None:
    """Take everybody in, and print a line of the table. People are made outside of what is timed."""
    server = Server(engine)
    python = wall = 0.0
    news = 0
    for first in range(0, contacts, GROUP):
        numbers = range(first, min(first + GROUP, contacts))
        records = [person(number, now if changed and number % changed == 0 else NOW) for number in numbers]
        acts = {f"{10_000 + number}": list(acts_of(number)) for number in numbers} if now == NOW else {}
        before, began = time.process_time(), time.monotonic()
        news += keep(engine, records, acts, now)
        python += time.process_time() - before
        wall += time.monotonic() - began
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{name:<28} {python:>8.2f} {server.seconds():>11.2f} {wall:>7.2f} {news:>9,} {most:>5.0f}", flush=True)


def keep(engine: Engine, records: Sequence[Record], acts: dict[str, list[Event]], now: datetime) -> int:
    """One group, in one transaction, as `steps.reading.records.take_in` does it; how many records brought news."""
    with engine.begin() as conn:
        writer_lock(conn)
        taken = ledger.take_in(conn, records, now)
        rows = [(change.contact, act) for (_, one), change in taken.changed.items() for act in acts.get(one, ())]
        ledger.add_events(conn, rows, taken.newcomers)
        return len(taken.changed)


def person(number: int, now: datetime) -> Record:
    """Person `number` as HubSpot shows her; her phone is another one after `NOW`."""
    email = f"person{number}@company{number % 5_000}.example"
    told = (NOW - timedelta(days=number % 300, seconds=number % 86_000)).isoformat(timespec="milliseconds")
    values = {
        "associatedcompanyid": str(700_000 + number % 5_000) if number % 2 else None,
        "company": f"Company {number % 5_000}" if number % 3 else None,
        "country": f"Country {number % 60}",
        "email": email,
        "firstname": f"First {number % 5_000}",
        "hs_analytics_last_timestamp": told if number % 2 else None,
        "hs_analytics_last_url": f"https://www.example.com/blog/post-{number % 2_000}" if number % 2 else None,
        "hs_analytics_num_page_views": str(number % 90),
        "hs_email_bounce": None,
        "hs_email_click": str(number % 11) if number % 4 == 0 else None,
        "hs_email_delivered": str(number % 31) if number % 3 else None,
        "hs_email_last_email_name": f"Mail {number % 200}" if number % 3 else None,
        "hs_email_last_send_date": told if number % 3 else None,
        "hs_email_optout": "true" if number % 30 == 0 else None,
        "hs_marketable_status": "true",
        "hs_merged_object_ids": None,
        "hubspot_owner_id": str(1_000 + number % 12),
        "industry": f"INDUSTRY_{number % 140}" if number % 9 == 0 else None,
        "jobtitle": f"Head of Niño {number % 300}" if number % 4 else None,
        "lastname": f"Last {number % 40_000}",
        "lifecyclestage": ("lead", "subscriber", "opportunity", "customer")[number % 4],
        "num_conversion_events": str(number % 6),
        "phone": f"+34 600 {number}" if now == NOW else f"+34 700 {number}",
        "recent_conversion_date": told if number % 6 else None,
        "trellis_score": None,
    }
    return Record("hubspot", str(10_000 + number), email, values, now - timedelta(minutes=5))


def acts_of(number: int) -> Iterator[Event]:
    """What the counters of person `number` tell of at first sight: the last act of each."""
    for place, kind in enumerate(_KINDS):
        if number * 7_919 % (place + 2) == 0:
            at = NOW - timedelta(days=number % 300 + place, seconds=number % 86_000)
            key = f"hubspot:{10_000 + number}:{kind}:#{number % 90 + 1}"
            trust = Trust.UNSURE if kind == "email_open" else Trust.HUMAN
            yield Event(kind, at, at, key, asset=f"{kind} {number % 400}", channel="hubspot", trust=trust)


class Server:
    """The processor time of PostgreSQL's processes on this machine, from when this is made."""

    def __init__(self, engine: Engine) -> None:
        with engine.connect() as conn:
            backend = psutil.Process(conn.execute(text("SELECT pg_backend_pid()")).scalar_one())
        self._postmaster = backend.parent()
        self._began = self._used()

    def seconds(self) -> float:
        """Used since."""
        return self._used() - self._began

    def _used(self) -> float:
        own = self._postmaster.cpu_times()
        children = [one.cpu_times() for one in self._postmaster.children()]
        return own.children_user + own.children_system + sum(one.user + one.system for one in (own, *children))


if __name__ == "__main__":
    main()
