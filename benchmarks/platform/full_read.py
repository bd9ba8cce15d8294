"""Everybody out of HubSpot into the store: with and without a quota, at several latencies, beside the SDK's `get_all()`.

    python benchmarks/platform/full_read.py [--contacts N] [--latency MS ...] [--portal lean sandbox] [--no-sdk]

Each line is a whole process, imports included. Trellis asks for every property of the shipped rulebook, parses, types
and keeps them in PostgreSQL, with the acts that counters tell of; the SDK asks for twenty and keeps nothing. The quota is
190 calls in ten seconds, and its floor what nobody can beat: as many windows as the calls fill, but for the last one.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil

from processes import MAPPINGS, Environ, Ran, ask, lean_portal, load, official_sdk, part, store
from sandbox import pretend_portal

QUOTA, WINDOW_S = 190, 10.0
PAGE = 100


@dataclass(frozen=True, slots=True)
class Setting:
    """One line's circumstances."""

    portal: str
    latency_ms: float
    limited: bool

    def __str__(self) -> str:
        return f"{self.portal:<8} {self.latency_ms:>4g} ms  {'190 per 10 s' if self.limited else 'no quota':<12}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--contacts", type=int, default=100_000)
    parser.add_argument("--latency", type=float, nargs="+", default=[0.0, 50.0, 200.0], help="ms before each answer")
    parser.add_argument("--portal", nargs="+", choices=list(PORTALS), default=list(PORTALS))
    parser.add_argument("--no-sdk", action="store_true", help="leave the yardstick out")
    given = parser.parse_args()
    print(f"{given.contacts:,} contacts\n{'':<38} {'calls':>6} {'429':>4} {'wall s':>7} {'CPU s':>6} {'MiB':>5}")
    for portal in given.portal:
        for latency in given.latency:
            free, limited = (Setting(portal, latency, limit) for limit in (False, True))
            sdk = None if given.no_sdk else _sdk(free, given.contacts)
            ours = _trellis(free, given.contacts)
            if sdk:
                print(f"    × the SDK: {sdk.wall_s / ours.wall_s:.1f}")
            floor = (ceil(given.contacts / PAGE / QUOTA) - 1) * WINDOW_S
            ours = _trellis(limited, given.contacts)
            if floor:
                print(f"    × the floor of {floor:.0f} s: {ours.wall_s / floor:.3f}")


def _sdk(setting: Setting, contacts: int) -> Ran:
    with PORTALS[setting.portal](setting, contacts, ours=False) as (environ, count):
        ran = official_sdk("get_all", environ=environ)
        assert ran.told == contacts
        _print("SDK", setting, ran, count())
    return ran


def _trellis(setting: Setting, contacts: int) -> Ran:
    with PORTALS[setting.portal](setting, contacts, ours=True) as (environ, count), store() as stored:
        ran = part("full", environ={**environ, **stored})
        assert ran.told["tally"]["listed"] == contacts
        _print("Trellis", setting, ran, count())
        if setting == Setting("sandbox", 0.0, limited=False):
            for name in ("past", "judge"):
                before = count()
                apart = part(name, environ={**environ, **stored})
                _print(f"  {name}, apart", setting, apart, {key: n - before.get(key, 0) for key, n in count().items()})
    return ran


def _print(who: str, setting: Setting, ran: Ran, counts: Mapping[str, int]) -> None:
    refused = counts.get("refused", 0)
    calls = sum(counts.values()) - refused - counts.get("at_once", 0)
    print(
        f"{who:<13} {setting} {calls:>6,} {refused:>4} {ran.wall_s:>7.2f} {ran.cpu_s:>6.2f} {ran.peak_mib:>5.0f}"
        f"   load {load()}",
        flush=True,
    )


#: Where a portal is, and how to ask it for what it counted.
Served = tuple[Environ, Callable[[], Mapping[str, int]]]


@contextmanager
def _lean(setting: Setting, contacts: int, *, ours: bool) -> Iterator[Served]:
    rows = ("--mappings", str(MAPPINGS)) if ours else ()
    limit = ("--quota", str(QUOTA)) if setting.limited else ("--no-headers",)
    with lean_portal("--contacts", str(contacts), "--latency", str(setting.latency_ms), *rows, *limit) as environ:
        yield environ, lambda: ask(f"{environ['HUBSPOT_BASE_URL']}/counts")


@contextmanager
def _sandbox(setting: Setting, contacts: int, *, ours: bool) -> Iterator[Served]:  # noqa: ARG001 - it shows what is asked
    with pretend_portal(contacts) as portal:
        portal.set(latency_ms=setting.latency_ms, limited=setting.limited)
        yield portal.environ, portal.counts


PORTALS = {"lean": _lean, "sandbox": _sandbox}


if __name__ == "__main__":
    main()
