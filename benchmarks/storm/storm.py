"""A storm of webhooks: is everything acknowledged, how soon, in how much memory, and how soon is it taken in?

    PYTHONPATH=benchmarks/platform python benchmarks/storm/storm.py [--contacts N] [--seconds N] [--drain N]

The receiver (gunicorn) and the worker run as shipped, over the bundled PostgreSQL; the sender and a HubSpot that costs
next to nothing run on the same machine. First every contact changes at once: 100 events a request, ten requests in flight,
each answered before the next is sent. Then 100 requests a second, of 100 events, while the worker takes them in at the pace
that HubSpot's limit of 190 calls per ten seconds allows. What is told is known already, so taking in is measured, and no
judging. Linux only (memory by /proc).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from threading import Event, Thread
from typing import Any

import psycopg
from deliveries import EVENTS
from processes import MAPPINGS, Environ, ask, lean_portal, load, run, store
from receiver import STORM, Running, running, sending

from connector.steps.bell import WORK, ring

RATE = 100
#: As often as the clock's ticks.
_TICK_S = 30.0
_MARKS = (100_000, 250_000, 500_000, 1_000_000)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--contacts", type=int, default=100_000)
    parser.add_argument("--seconds", type=int, default=120, help="of 100 requests a second")
    parser.add_argument("--drain", type=int, default=60, help="seconds that the worker is watched after that")
    given = parser.parse_args()
    with lean_portal("--contacts", str(given.contacts), "--mappings", str(MAPPINGS)) as portal, store() as stored:
        environ = {**portal, **stored}
        run(str(STORM / "known.py"), environ=environ)
        url = stored["DATABASE_URL"].replace("+psycopg", "")
        with (
            running({**environ, "LOG_LEVEL": "WARNING"}) as processes,
            ticking(url),
            closing(Inbox(url, environ)) as inbox,
        ):
            _burst(processes, inbox, given.contacts)
            _steady(processes, inbox, given)


def _burst(processes: Running, inbox: Inbox, contacts: int) -> None:
    deliveries = contacts // EVENTS
    print(f"{contacts:,} events for {contacts:,} contacts at once: {deliveries:,} requests, ten in flight")
    began = time.monotonic()
    _tell_answers(*sending(processes.url, deliveries=deliveries, contacts=contacts))
    while inbox.waiting():
        time.sleep(0.5)
    seconds = time.monotonic() - began
    print(f"  taken in after {seconds:.0f} s; {inbox.calls():,} calls, {contacts / inbox.calls():.0f} contacts a call")
    _tell_memory(processes, contacts)


def _steady(processes: Running, inbox: Inbox, given: argparse.Namespace) -> None:
    deliveries, before, calls = given.seconds * RATE, inbox.ended(), inbox.calls()
    print(f"{RATE} requests a second, {EVENTS} events each, for {given.seconds} s")
    began = time.monotonic()
    lines = []
    for line in sending(
        processes.url, deliveries=deliveries, contacts=given.contacts, first=given.contacts // EVENTS, rate=RATE
    ):
        lines.append(line)
        if line.get("done") and line["done"] * EVENTS in _MARKS:
            _tell_memory(processes, line["done"] * EVENTS)
    _tell_answers(*lines)
    _tell_memory(processes, deliveries * EVENTS)
    _tell_pace("meanwhile", inbox, before, calls, time.monotonic() - began)
    before, calls, began = inbox.ended(), inbox.calls(), time.monotonic()
    while inbox.waiting() and time.monotonic() - began < given.drain:
        time.sleep(0.5)
    _tell_pace("after it", inbox, before, calls, time.monotonic() - began)
    _tell_memory(processes, deliveries * EVENTS)


def _tell_answers(*lines: Mapping[str, Any]) -> None:
    told = lines[-1]
    number, ms = sum(told["answers"].values()), told["ms"]
    print(
        f"  answers {told['answers']} in {told['seconds']:.1f} s ({number / told['seconds']:.0f}/s, {told['kB']:.1f} kB each):"
        f" p50 {ms['p50']:.1f}, p99 {ms['p99']:.1f}, p99.9 {ms['p99.9']:.1f}, max {ms['max']:.1f} ms"
        f"   sender {told['cpu_s']:.1f} s CPU, load {load()}",
        flush=True,
    )


def _tell_memory(processes: Running, events: int) -> None:
    told = ", ".join(f"{name} {now:.0f} (at most {most:.0f})" for name, (now, most) in processes.memory_mib().items())
    print(f"  MiB after {events:>9,} events: {told}", flush=True)


def _tell_pace(when: str, inbox: Inbox, before: int, calls: int, seconds: float) -> None:
    taken = inbox.ended() - before
    print(
        f"  taken in {when}: {taken * EVENTS / seconds:,.0f} events/s, with {(inbox.calls() - calls) / seconds:.1f} calls/s;"
        f" {inbox.waiting():,} deliveries wait   load {load()}",
        flush=True,
    )


class Inbox:
    """How many deliveries wait and have ended, and the calls that were made for it."""

    def __init__(self, url: str, environ: Environ) -> None:
        self._connection = psycopg.connect(url, autocommit=True)
        self._counts = f"{environ['HUBSPOT_BASE_URL']}/counts"
        self._first = ask(self._counts).get("read", 0)

    def waiting(self) -> int:
        return self._count("state = 'waiting'")

    def ended(self) -> int:
        return self._count("state <> 'waiting'")

    def calls(self) -> int:
        """Batch reads."""
        return int(ask(self._counts).get("read", 0)) - int(self._first)

    def close(self) -> None:
        self._connection.close()

    def _count(self, which: str) -> int:
        row = self._connection.execute(f"SELECT count(*) FROM delivery WHERE {which}").fetchone()
        return int(row[0]) if row else 0


@contextmanager
def ticking(url: str) -> Iterator[None]:
    """Ring for work as often as the clock does."""
    over = Event()

    def tick() -> None:
        while not over.wait(_TICK_S):
            ring(url, WORK)

    thread = Thread(target=tick)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


if __name__ == "__main__":
    main()
