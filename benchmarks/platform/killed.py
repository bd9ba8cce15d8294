"""A full read that is killed goes on where it was: how many calls more does it cost, and is anybody lost?

    python benchmarks/platform/killed.py [--contacts N] [--at PERCENT] [--latency MS]

The process is killed (SIGKILL) when the lean portal has answered so many per cent of the pages, at whatever it does then.
"""

from __future__ import annotations

import argparse
import time
from math import ceil

from processes import HERE, MAPPINGS, ask, lean_portal, load, part, started, store

PAGE = 100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--contacts", type=int, default=100_000)
    parser.add_argument("--at", type=float, default=63.0, help="per cent")
    parser.add_argument("--latency", type=float, default=50.0, help="ms until each answer")
    given = parser.parse_args()
    pages = ceil(given.contacts / PAGE)
    arguments = ("--contacts", str(given.contacts), "--latency", str(given.latency), "--mappings", str(MAPPINGS))
    with lean_portal(*arguments, "--no-headers") as portal, store() as stored:
        environ, counts = {**portal, **stored}, f"{portal['HUBSPOT_BASE_URL']}/counts"
        with started(str(HERE / "part.py"), "full", environ=environ) as process:
            while (done := ask(counts).get("page", 0)) < pages * given.at / 100:
                if process.poll() is not None:
                    raise SystemExit("it ended before it was to be killed")
                time.sleep(0.01)
            process.kill()
            process.wait()
        before = ask(counts)["page"]
        ran = part("full", environ=environ)
        tally, after = ran.told["tally"], ask(counts)["page"]
    print(f"{given.contacts:,} contacts, {pages:,} pages, {given.latency:g} ms an answer")
    print(
        f"killed after {before:,} pages ({done / pages:.0%}); then {after - before:,} more in {ran.wall_s:.1f} s, load {load()}"
    )
    print(f"pages read twice: {after - pages:,}; lost: {given.contacts - tally['listed']:,}")


if __name__ == "__main__":
    main()
