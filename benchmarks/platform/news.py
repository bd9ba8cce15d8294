"""What an ordinary pass costs: after changes, after very many at one moment, and when nothing has changed.

    python benchmarks/platform/news.py [--contacts N ...] [--whole N ...] [--changed N] [--burst N]

The portal is the sandbox with its own limits (190 calls per 10 s, 5 searches a second), and everybody is known to the
store. *Reading* is all that a pass reads of HubSpot, *whole* is `trellis sync` with judging and writing; both are
processes, imports included. Before each line the overlap of windows is waited for, or it would show what was read before.
Costs are to grow with what changed, not with how many there are.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial

from processes import Environ, Ran, load, official_sdk, part, store, trellis
from sandbox import Portal, pretend_portal

#: A little more than the overlap of two passes' windows.
QUIET_S = 65.0
BURST_MS, BURST_OF = 3, 100_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--contacts", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--whole", type=int, nargs="*", default=[10_000], help="those of them for whole passes too")
    parser.add_argument("--changed", type=int, default=1_000)
    parser.add_argument("--burst", type=int, default=25_000, help="changed within three milliseconds, of 100,000")
    given = parser.parse_args()
    print(f"{'':<46} {'searches':>8} {'others':>6} {'429':>4} {'wall s':>7} {'CPU s':>6} {'MiB':>5}")
    for contacts in given.contacts:
        with pretend_portal(contacts) as portal, store() as stored:
            environ = {**portal.environ, **stored}
            _measure(portal, environ, given.changed, f"of {contacts:,}", whole=contacts in given.whole)
            if contacts == BURST_OF and given.burst:
                _measure_burst(portal, environ, given.burst)


def _measure(portal: Portal, environ: Environ, changed: int, of: str, *, whole: bool) -> None:
    portal.set(limited=False)
    trellis("provision", environ=environ)
    if whole:
        trellis("sync", environ=environ)
        trellis("sync", environ=environ)  # our own writes come back
    else:
        part("known", environ=environ)
    portal.set(limited=True)
    since = _change(portal, changed)
    sdk = _told(
        portal, f"SDK search, {changed:,} changed {of}", partial(official_sdk, "search", since, environ=environ)
    )
    assert sdk.told == changed
    time.sleep(2)  # what it used up of the searches of a second
    ran = _told(portal, f"reading, {changed:,} changed {of}", partial(part, "news", environ=environ))
    assert ran.told["tally"]["changed"] == changed
    if not whole:
        time.sleep(QUIET_S)
        _told(portal, f"reading, nothing changed {of}", partial(part, "news", environ=environ))
        return
    trellis("sync", environ=environ)
    _change(portal, changed)
    ran = _told(portal, f"whole, {changed:,} changed {of}", partial(trellis, "sync", "--json", environ=environ))
    assert ran.told["counts"]["changed"] == changed
    trellis("sync", environ=environ)
    time.sleep(QUIET_S)
    ran = _told(portal, f"whole, nothing changed {of}", partial(trellis, "sync", "--json", environ=environ))
    assert not ran.told["counts"].get("written")


def _change(portal: Portal, contacts: int, *, milliseconds: int = 1_000) -> str:
    """Let so many change after a quiet while; since when, in milliseconds."""
    time.sleep(QUIET_S)
    since = time.time_ns() // 1_000_000 - milliseconds
    portal.change(contacts, milliseconds=milliseconds)
    return str(since)


def _measure_burst(portal: Portal, environ: Environ, burst: int) -> None:
    _change(portal, burst, milliseconds=BURST_MS)
    ran = _told(portal, f"reading, {burst:,} changed in {BURST_MS} ms", partial(part, "news", environ=environ))
    tally = ran.told["tally"]
    print(
        f"    lost: {burst - tally['changed']:,}; known ones read again: {tally['read'] - tally['changed']:,}",
        flush=True,
    )


def _told(portal: Portal, what: str, measure: Callable[[], Ran]) -> Ran:
    before = portal.counts()
    ran = measure()
    counts = {call: number - before.get(call, 0) for call, number in portal.counts().items()}
    refused = counts.pop("refused")
    searches = sum(number for call, number in counts.items() if call.endswith("/search"))
    print(
        f"{what:<46} {searches:>8} {sum(counts.values()) - searches:>6} {refused:>4} {ran.wall_s:>7.2f} {ran.cpu_s:>6.2f}"
        f" {ran.peak_mib:>5.0f}   load {load()}",
        flush=True,
    )
    return ran


if __name__ == "__main__":
    main()
