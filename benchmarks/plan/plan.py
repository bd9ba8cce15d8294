"""Plans over a whole store: what each takes, and where the time goes.

    python benchmarks/plan/plan.py [--contacts N] [--events N] [--profile]

The store is that of benchmarks/scoring, judged at a baseline by the shipped rulebook; HubSpot is on (nothing is ever asked of
it), and holds what a pass would have written. Then the files change, as an admin changes them, and each change is figured.
Seconds are of the wall; CPU is what this process computed of them (PostgreSQL takes the rest, and whoever else is at work);
memory is the most that it held.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "scoring"))

from filled import MAPPINGS, filled_store
from sqlalchemy import text

from connector.assembly import Store, make_parts
from connector.change.plan.figure import figure
from connector.rulebook.read import read_rulebook
from connector.rulebook.types import Rulebook
from connector.settings import read_settings
from connector.steps.difference import rider_names
from connector.steps.judge import judge_all
from connector.steps.parts import Parts
from connector.store import state

NOW = datetime(2026, 11, 24, 11, tzinfo=UTC)

_TRACK = """  newcomers:
    aim: win
    when: {stage: {in: [nurture, qualified]}, persona: {known: true}}
    priority: 90
    lasts: 5d
    enroll: [{hubspot: {property: trellis_track}, listener: confirmed, exit: confirmed}]

  # ---- retain:"""

#: What is changed: by a name the file, what stands there, and what is to.
CHANGES = {
    "a threshold moved": (
        "stages.yaml",
        "{at_least: 20}}\n    leave_below: 14",
        "{at_least: 12}}\n    leave_below: 10",
    ),
    "a rule's points doubled": ("model.yaml", "points: 17", "points: 34"),
    "a new track": ("tracks.yaml", "  # ---- retain:", _TRACK),
}


def main() -> None:
    """Figure each change, and print what it took."""
    parser = argparse.ArgumentParser(description="Plans over a whole store.")
    parser.add_argument("--contacts", type=int, default=100_000)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--profile", action="store_true", help="say where the time of each goes")
    given = parser.parse_args()
    shipped = read_rulebook(MAPPINGS)
    with filled_store(given.contacts, given.events, NOW) as store:
        _judge(store, shipped)
        print(
            f"\n{'change':<28} {'s':>6} {'CPU':>6} {'moves':>8} {'enters':>8} {'writes':>8} {'calls':>7} {'held':>7} {'MiB':>6}"
        )
        for name, rulebook in _changed():
            _figure(name, _parts(store, rulebook), shipped, profile=given.profile)
        _figure("the files as they are", _parts(store, shipped), shipped, profile=given.profile)
        began = time.monotonic()
        figure(_parts(store, rulebook), shipped, versus=shipped)
        print(f"{'two rulebooks compared':<28} {time.monotonic() - began:>6.1f}")


def _judge(store: Store, rulebook: Rulebook) -> None:
    """A baseline, and HubSpot as it is when all of it was written."""
    with store.engine.begin() as conn:
        state.activate(conn, rulebook.hash, rulebook.source, NOW)
        state.finish_baseline(conn, "hubspot", NOW)
    judge_all(replace(make_parts(read_settings({}), store, rulebook), now=lambda: NOW), baseline=True)
    write = rulebook.fields.write
    assert write.persona is not None
    assert write.phase is not None
    riders = ", ".join(
        f"'{name}', CASE WHEN verdict.score IS NOT NULL THEN 'as told' END" for name in rider_names(rulebook, "hubspot")
    )
    each = ", ".join(
        f"'{target.hubspot}', CASE WHEN (SELECT text FROM word WHERE id = model) = '{model}' THEN verdict.score::text END"
        for model, target in write.scores.items()
    )
    with store.engine.begin() as conn:
        conn.execute(
            text(
                f"UPDATE record SET raw = raw || jsonb_build_object('{write.score.hubspot}', verdict.score::text,"
                f" '{write.stage.hubspot}', stage.text, '{write.persona.hubspot}', nullif(persona.text, ''),"
                f" '{write.phase.hubspot}', nullif(phase.text, '')) || jsonb_build_object({riders})"
                + (f" || jsonb_build_object({each})" if each else "")
                + " FROM verdict JOIN word AS stage ON stage.id = stage LEFT JOIN word AS persona ON persona.id = persona"
                " LEFT JOIN word AS phase ON phase.id = phase WHERE verdict.contact = record.contact"
            )
        )
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("VACUUM ANALYZE record"))


def _changed() -> Iterator[tuple[str, Rulebook]]:
    for name, (file, old, new) in CHANGES.items():
        with tempfile.TemporaryDirectory() as folder:
            for path in MAPPINGS.glob("*.yaml"):
                content = path.read_text()
                assert path.name != file or old in content, f"{file} has no {old!r} any more"
                (Path(folder) / path.name).write_text(content.replace(old, new) if path.name == file else content)
            yield name, read_rulebook(Path(folder))


def _parts(store: Store, rulebook: Rulebook) -> Parts:
    on = read_settings({"HUBSPOT_ACCESS_TOKEN": "never-used"})
    return replace(make_parts(on, store, rulebook), now=lambda: NOW)


def _figure(name: str, parts: Parts, active: Rulebook, *, profile: bool) -> None:
    profiler = cProfile.Profile()
    began, worked = time.monotonic(), time.process_time()
    if profile:
        profiler.enable()
    plan = figure(parts, active)
    profiler.disable()
    seconds, worked = time.monotonic() - began, time.process_time() - worked
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    writes, calls = sum(plan.cost.writes.values()), sum(plan.cost.calls.values())
    held = sum(plan.held.values())
    print(
        f"{name:<28} {seconds:>6.1f} {worked:>6.1f} {len(plan.moves):>8,} {len(plan.enters):>8,} {writes:>8,} {calls:>7,}"
        f" {held:>7,} {most:>6.0f}",
        flush=True,
    )
    if profile:
        pstats.Stats(profiler).sort_stats("cumulative").print_stats(45)


if __name__ == "__main__":
    main()
