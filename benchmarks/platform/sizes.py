"""A full read of few, of many and of very many contacts: memory must not grow with them.

    python benchmarks/platform/sizes.py [--contacts N ...]

Against the lean portal without latency and quota; each line is a whole process, imports included.
"""

from __future__ import annotations

import argparse

from processes import MAPPINGS, ask, lean_portal, load, part, store


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--contacts", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    given = parser.parse_args()
    print(f"{'contacts':>9} {'pages':>7} {'wall s':>7} {'CPU s':>7} {'µs each':>8} {'MiB':>5}")
    for contacts in given.contacts:
        with lean_portal("--contacts", str(contacts), "--mappings", str(MAPPINGS), "--no-headers") as portal:
            with store() as stored:
                ran = part("full", environ={**portal, **stored})
            pages = ask(f"{portal['HUBSPOT_BASE_URL']}/counts")["page"]
        assert ran.told["tally"]["listed"] == contacts
        print(
            f"{contacts:>9,} {pages:>7,} {ran.wall_s:>7.2f} {ran.cpu_s:>7.2f} {ran.wall_s / contacts * 1e6:>8.0f}"
            f" {ran.peak_mib:>5.0f}   load {load()}",
            flush=True,
        )


if __name__ == "__main__":
    main()
