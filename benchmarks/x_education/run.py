"""Score 9,240 real leads end to end: pretend portal, real processes, real PostgreSQL; then ask who bought.

`make bench-x-education`, or `python benchmarks/x_education/run.py`. README.md beside this file says what it shows.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from pathlib import Path

from leads import ID, SOURCE, TARGET, Lead, held_out, read_leads, write_export
from portal import ROOT, Failed, PretendPortal, pretend_portal
from ranking import Scored, auc, deciles

from connector.settings import VARIABLES

MAPPINGS = Path(__file__).parent / "mappings"
READ_BACK = ("prospect_id", "hs_object_id", "trellis_score", "trellis_stage")
A_PAGE = A_BATCH = 100  # facts/hubspot.md §11: the most of a list page, and of a batch update

#: Whose receipt is shown: a lead of the half by which the points were set.
EXAMPLE = "3ee81e25-e280-428d-94a8-af0178917bf5"

#: Where somebody without a score stands in the order: below everybody who has one.
UNSCORED = -1

#: What the portal holds of one contact.
Row = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Ran:
    """One finished command: what it printed, how long it took, and the calls that the portal counted meanwhile."""

    printed: str
    seconds: float
    calls: Mapping[str, int]


def main() -> int:
    """Run it all; 1 if a command fails, or a lead has neither a score nor a reason."""
    if not SOURCE.is_file():
        print(f"X Education: skipped; the real leads are not here: ../shared/data/{SOURCE.name} beside the repository.")
        return 0
    leads = read_leads()
    try:
        return _run(leads)
    except Failed as failed:
        print(failed, file=sys.stderr)
        return 1


def _run(leads: Sequence[Lead]) -> int:
    with tempfile.TemporaryDirectory(prefix="trellis-x-education-") as folder:
        here = Path(folder)
        here.chmod(0o711)  # as root, the bundled PostgreSQL runs as an account that must be able to enter
        columns = write_export(leads, here / "export.csv", datetime.now(UTC))
        with pretend_portal(here / "export.csv") as portal:
            environ = _environment(portal, here)
            cases = _trellis(portal, environ, "test")
            provision = _trellis(portal, environ, "provision")
            sync = _trellis(portal, environ, "sync", "--json")
            echoes = _trellis(portal, environ, "sync", "--json")
            quiet = _trellis(portal, environ, "sync", "--json")
            failures = json.loads(_trellis(portal, environ, "failures", "list", "--json").printed)
            rows = {row["prospect_id"] or "": row for row in portal.contacts(READ_BACK)}
            receipt = _trellis(portal, environ, "explain", f"hubspot:{rows[EXAMPLE]['hs_object_id']}")
    print(f"X Education: {len(leads):,} real leads, {columns} of {len(leads[0])} columns; {portal.told[0]}")
    print(f"golden people: {cases.printed}")
    _print_work(provision, sync, len(leads))
    for name, ran in (("sync, reading our echoes", echoes), ("sync, nothing changed", quiet)):
        written = json.loads(ran.printed)["counts"].get("written", 0)
        print(f"trellis {name:<25} {ran.seconds:6.1f} s {sum(ran.calls.values()):>5} calls, {written} writes")
    _print_people(json.loads(sync.printed)["counts"], rows, failures)
    failed = {failure["platform_id"] for failure in failures}
    lost = [lead for lead in leads if not _accounted_for(rows.get(lead[ID], {}), failed)]
    if lost:
        raise Failed(f"{len(lost):,} leads have neither a score nor a reason, such as {lost[0][ID]}")
    held = held_out(leads)
    _print_ranking("all leads", leads, rows)
    _print_ranking("the half held out", [lead for lead in leads if lead[ID] in held], rows)
    print(f"\ntrellis explain, {receipt.seconds:.1f} s\n\n{receipt.printed}", end="")
    return 0


def _accounted_for(row: Row, failed: AbstractSet[str]) -> bool:
    """She has a score, or a stage that says why not, or her failure is listed."""
    return bool(row.get("trellis_score") or row.get("trellis_stage")) or row.get("hs_object_id") in failed


def _environment(portal: PretendPortal, folder: Path) -> Mapping[str, str]:
    """Ours alone: what the caller has set up for his own Trellis must not be touched."""
    ours = {name: value for name, value in os.environ.items() if name.removesuffix("_FILE") not in VARIABLES}
    return {**ours, **portal.environ, "MAPPINGS_DIR": str(MAPPINGS), "TRELLIS_DATA": str(folder)}


def _trellis(portal: PretendPortal, environ: Mapping[str, str], *arguments: str) -> Ran:
    portal.forget_calls()
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "connector", *arguments],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.monotonic() - began
    if done.returncode != 0:
        print(done.stdout, done.stderr, sep="\n", file=sys.stderr)
        raise Failed(f"trellis {' '.join(arguments)} ended with {done.returncode}")
    return Ran(done.stdout, seconds, portal.calls())


def _print_work(provision: Ran, sync: Ran, leads: int) -> None:
    written = json.loads(sync.printed)["counts"].get("written", 0)
    reads, writes = ceil(leads / A_PAGE), ceil(written / A_BATCH)
    for name, ran in (("provision", provision), ("sync", sync)):
        print(f"trellis {name:<10} {ran.seconds:6.1f} s {sum(ran.calls.values()):>5} calls")
    print(f"  floor of sync: {reads + writes} calls ({reads} pages to read, {writes} batches to write)")
    for call, count in sorted(sync.calls.items(), key=lambda item: -item[1]):
        print(f"  {count:>5}  {call}")


def _print_people(counts: Mapping[str, int], rows: Mapping[str, Row], failures: Sequence[Mapping[str, str]]) -> None:
    scored = sum(bool(row["trellis_score"]) for row in rows.values())
    stages = Counter(row["trellis_stage"] or "(none)" for row in rows.values())
    reasons = Counter(f"{failure['step']}: {failure['reason']}" for failure in failures)
    print(
        f"\ncontacts read {counts.get('read', 0):,} · scored {scored:,} · written {counts.get('written', 0):,}", end=""
    )
    print(f" · refused {len(failures):,} · enrolled {counts.get('enrolled', 0):,} (a baseline enrolls nobody)")
    for reason, count in reasons.most_common():
        print(f"  {count:>6,}  {reason}")
    print("  stages: " + ", ".join(f"{stage} {count:,}" for stage, count in stages.most_common()))


def _print_ranking(which: str, leads: Sequence[Lead], rows: Mapping[str, Row]) -> None:
    scored: Scored = [(_score(rows[lead[ID]]), lead[TARGET] == "1") for lead in leads]
    base = sum(bought for _, bought in scored) / len(scored)
    tenths = deciles(scored)
    print(f"\n{which}\n decile   scores   leads  converted   lift")
    for place, tenth in enumerate(tenths, start=1):
        span = "–".join("none" if score == UNSCORED else str(score) for score in (tenth.best, tenth.worst))
        print(f"{place:>7} {span:>8} {tenth.leads:>7} {tenth.rate:>9.1%} {tenth.rate / base:>6.2f}")
    top = tenths[0].rate
    print(f"base rate {base:.1%} · top decile {top:.1%}, lift {top / base:.2f} (at most {1 / base:.2f})", end="")
    print(f" · AUC {auc(scored):.3f}")


def _score(row: Row) -> int:
    return int(float(row["trellis_score"])) if row["trellis_score"] else UNSCORED


if __name__ == "__main__":
    sys.exit(main())
