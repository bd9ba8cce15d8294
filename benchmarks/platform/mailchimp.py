"""Reading Mailchimp: a whole audience, and what its members did with campaigns that went to many.

    python benchmarks/platform/mailchimp.py [--members N] [--campaigns N] [--recipients N] [--latency MS]

Against the sandbox, which turns away the eleventh call in flight. Each line is a whole process, imports included. *At once*
is the most calls that were in flight. The acts of campaigns are read as a delta, since the last pass; whether Mailchimp
then lists recipients who did nothing is not documented, so both are measured.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from typing import Any

from processes import HERE, Ran, load, part, started, store


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--members", type=int, default=100_000)
    parser.add_argument("--campaigns", type=int, default=20)
    parser.add_argument("--recipients", type=int, default=50_000)
    parser.add_argument("--latency", type=int, default=50, help="ms in which a call is in flight")
    given = parser.parse_args()
    sizes = (given.members, given.campaigns, given.recipients, given.latency)
    print(
        f"{given.members:,} members, {given.campaigns} campaigns to {given.recipients:,} each, {given.latency} ms a call"
    )
    print(f"{'':<46} {'calls':>6} {'away':>5} {'at once':>8} {'wall s':>7} {'CPU s':>6} {'MiB':>5}")
    with started(str(HERE / "audience_server.py"), *map(str, sizes), environ={}, stdin=subprocess.PIPE) as server:
        assert server.stdout
        url = server.stdout.readline().strip()
        with store() as stored:
            environ = {**stored, "MAILCHIMP_BASE_URL": url, "MAILCHIMP_API_KEY": "sandbox-us19"}
            ran = _told(server, "everybody", part("members", environ=environ))
            assert ran.told["tally"]["listed"] == given.members
            part("activity-read", environ=environ)
            for listed, openers, clickers in (("no", 100, 20), ("yes", 100, 20), ("yes", 0, 0)):
                _say(server, f"idle {listed}")
                acts = _say(server, f"act {openers} {clickers}")
                _say(server, "counts")
                what = f"{acts:,} acts, idle recipients {'' if listed == 'yes' else 'not '}listed"
                ran = _told(server, what, part("activity", environ=environ))
                assert ran.told["tally"]["events"] == acts, ran.told
                part("activity-read", environ=environ)


def _told(server: subprocess.Popen[str], what: str, ran: Ran) -> Ran:
    counts = _say(server, "counts")
    print(
        f"{what:<46} {counts['calls']:>6,} {counts['refused']:>5} {counts['at_once']:>8} {ran.wall_s:>7.2f}"
        f" {ran.cpu_s:>6.2f} {ran.peak_mib:>5.0f}   load {load()}",
        flush=True,
    )
    return ran


def _say(server: subprocess.Popen[str], line: str) -> Any:
    assert server.stdin
    assert server.stdout
    server.stdin.write(f"{line}\n")
    server.stdin.flush()
    return json.loads(server.stdout.readline())


if __name__ == "__main__":
    main()
