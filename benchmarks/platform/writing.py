"""Writing two properties of many contacts to HubSpot: the writer alone, and all of `deliver`, from the outbox and back.

    python benchmarks/platform/writing.py [--contacts N] [--latency MS ...] [--quota N] [--singles]

Against the lean portal; each line is a whole process, imports included, *at work* the seconds of it after the imports.
Beside it the official SDK, one batch of a hundred after the other (and with `--singles`, one contact after the other).
Last, when there is nothing to write.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial

from processes import Environ, Ran, ask, lean_portal, load, official_sdk, run, store

PART = "benchmarks/platform/write_part.py"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--contacts", type=int, default=10_000)
    parser.add_argument("--latency", type=float, nargs="+", default=[0.0, 50.0], help="ms until each answer")
    parser.add_argument("--quota", type=int, help="a limit in any ten seconds, told in headers (none)")
    parser.add_argument("--singles", action="store_true", help="the SDK's loop over single updates, too")
    given = parser.parse_args()
    print(f"{given.contacts:,} contacts")
    print(f"{'':<34} {'calls':>6} {'429':>4} {'at once':>8} {'wall s':>7} {'at work':>8} {'CPU s':>6} {'MiB':>5}")
    limit = ["--quota", str(given.quota)] if given.quota else ["--no-headers"]
    with store() as stored:
        run(PART, "fill", str(given.contacts), environ={**stored, "HUBSPOT_ACCESS_TOKEN": "lean"})
        for latency in given.latency:
            _measure(stored, given.contacts, latency, limit, singles=given.singles)


def _measure(stored: Environ, contacts: int, latency: float, limit: list[str], *, singles: bool) -> None:
    def measured(what: str, measure: Callable[..., Ran], rows: int) -> Ran:
        with lean_portal("--contacts", "0", "--latency", str(latency), *limit) as portal:
            ran = measure(environ={**portal, **stored})
            counts = ask(f"{portal['HUBSPOT_BASE_URL']}/counts")
        told = ran.told if isinstance(ran.told, dict) else {"rows": ran.told}
        assert told["rows"] == rows
        calls, at_work = counts.get("update", 0) + counts.get("single", 0), told.get("seconds")
        print(
            f"{what:<26} {latency:>4g} ms {calls:>6,} {counts.get('refused', 0):>4} {counts.get('at_once', 0):>8}"
            f" {ran.wall_s:>7.2f} {'' if at_work is None else f'{at_work:.2f}':>8} {ran.cpu_s:>6.2f} {ran.peak_mib:>5.0f}"
            f"   load {load()}",
            flush=True,
        )
        return ran

    for loop in ("singles", "batches") if singles else ("batches",):
        sdk = measured(f"SDK, {loop}", partial(official_sdk, loop, str(contacts)), contacts)
    ours = measured("writer alone", partial(_part, "writer", str(contacts)), contacts)
    print(f"    × the SDK's batches: {sdk.wall_s / ours.wall_s:.1f}")
    run(PART, "wish", environ={**stored, "HUBSPOT_ACCESS_TOKEN": "lean"})
    ours = measured("outbox and back", partial(_part, "deliver"), contacts)
    print(f"    × the SDK's batches: {sdk.wall_s / ours.wall_s:.1f}")
    measured("again, nothing to write", partial(_part, "deliver"), 0)


def _part(*arguments: str, environ: Environ) -> Ran:
    return run(PART, *arguments, environ=environ)


if __name__ == "__main__":
    main()
