"""The kill campaign: real processes under load and faults, killed at random and at named points; then every promise is judged.

    python tests/durability/campaign.py [--kills N] [--seed N] [--keep]

The schedule of life, faults and kills follows from the seed. Exit code 1 when a promise is broken, with the people, the
journal entries and the log lines that matter; what was said and kept then stays where the last line says.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import judgement
import promises
from crash_points import CrashPoints
from installation import READY_S, Broken, until
from judgement import Figure
from killing import Killing
from life import CLASSES, ENROLLING, TAGGED, Class
from world import World, opened

from adapters.sandbox import Fault
from connector.store.postgres import attach_or_start

_SAY_EVERY_S = 5.0
#: Where the first pass is killed: a page of one platform, of the other, and the first values that are written.
_BASELINE = (("hubspot", r"/objects/contacts\?"), ("mailchimp", "/lists/[^/]+/members"), ("hubspot", "/batch/update"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=20261122)
    parser.add_argument("--keep", action="store_true", help="keep the folder whatever comes of it")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="trellis-durability-"))
    say(f"Kill campaign: {given.kills} kills, seed {given.seed}, in {folder}")
    broken = True
    try:
        with opened(folder, given.seed) as world:
            broken = campaign(world, given.kills, given.seed)
    finally:
        if broken or given.keep:
            say(f"Logs and database: {folder}")
        else:
            shutil.rmtree(folder)
    return 1 if broken else 0


def campaign(world: World, kills: int, seed: int) -> bool:
    """From the first pass to the judgement; True if a promise was broken."""
    began = time.monotonic()
    say(f"  the first pass, killed {len(_BASELINE)} times")
    baseline(world)
    say(f"  rehearsal: one of each of {len(CLASSES)} classes of people, in quiet")
    expected = rehearse(world)
    older = keep_a_copy(world)
    points = CrashPoints(world.installation, world.sandbox)
    killing = Killing(world, points, seed)
    world.installation.serve()
    until(world.installation.is_ready, READY_S, "everything runs")
    world.installation.trellis("provision")
    points.install()
    world.begin_to_tell()
    killing.run(kills, Progress(world, kills))
    say("  calm: the faults stop, leases run out, what waits is taken in")
    world.calm_down()
    replayed = world.replay_what_was_set_aside()
    figures = judgement.of_webhooks(world)
    world.poll_until_quiet()
    say("  judgement; then a new store and an older one")
    with attach_or_start(world.installation.data):
        figures += judgement.of_people(world, expected)
        known = judgement.evidence(world, figures)
        listed = promises.listed(world.installation, world.life.people)
    figures += [judgement.from_scratch(world), judgement.from_an_older_database(world, older)]
    tell(world, killing, figures, replayed=replayed, listed=listed, seconds=time.monotonic() - began)
    for line in known:
        say(line)
    return any(figure.broken for figure in figures)


def baseline(world: World) -> None:
    """The first pass, killed on its way, while nothing else runs; it enrolls nobody. Raises Broken."""
    world.installation.trellis("provision", MAILCHIMP_WEBHOOK_TOKEN="")
    servers = {"hubspot": world.sandbox.hubspot_server, "mailchimp": world.sandbox.mailchimp_server}
    for platform, path in _BASELINE:
        hold = servers[platform].faults.add(Fault(path=path, delay=3.0))
        first = world.installation.start("sync")
        until(lambda hold=hold: hold.hits, READY_S, f"the first pass asks for {path}")
        first.kill()
        first.wait()
    world.installation.trellis("sync")
    if entered := list(promises.since_then(world.effects(), 0)):
        raise Broken(f"the first pass enrolled somebody: {entered}")


def rehearse(world: World) -> dict[Class, promises.Ending]:
    """One of each class lives in quiet: so everybody of her class must end. Raises Broken."""
    specimens = [world.life.arrives(of) for of in CLASSES]
    for _ in range(2):
        world.sync_when_search_shows_all()
    found = promises.endings(world.sandbox, world.effects(), specimens)
    expected = {one.of: found[one.email] for one in specimens}
    for of in (ENROLLING, TAGGED):
        if not expected[of].entered:
            raise Broken(f"{of.name} enters nothing: the campaign would prove nothing")
    return expected


def keep_a_copy(world: World) -> Path:
    """The database as it is before the kills, while it does not run."""
    copy = world.folder / "older"
    subprocess.run(["cp", "-a", world.installation.data, copy], check=True)
    return copy


class Progress:
    """Told of each kill, says how far it is now and again."""

    def __init__(self, world: World, kills: int) -> None:
        self._world, self._kills, self._said_at = world, kills, 0.0

    def __call__(self, number: int) -> None:
        if number < self._kills and time.monotonic() - self._said_at < _SAY_EVERY_S:
            return
        self._said_at = time.monotonic()
        done = round(30 * number / self._kills)
        entered = sum(effect.kind == "entered" for effect in self._world.effects())
        say(
            f"  [{'#' * done}{'.' * (30 - done)}] {number}/{self._kills} kills, {len(self._world.life.people)} people,"
            f" {len(self._world.courier.journal)} acknowledged, {entered} entered"
        )


def tell(world: World, killing: Killing, figures: list[Figure], *, replayed: int, listed: int, seconds: float) -> None:
    """The table of figures."""
    people, courier, effects = world.life.people, world.courier, world.effects()
    row("kills", killing.killed.total(), _counted(killing.killed))
    row("named points reached", killing.reached.total(), _counted(killing.reached))
    row("serve ended by itself", world.installation.ended, "and was started again, as an init system does")
    row("people", len(people), f"{sum(not one.ends_as_her_class for one in people)} of them unsubscribed or merged")
    row("deliveries sent", courier.sent, f"refused: {dict(Counter(courier.refused)) or 'none'}")
    row("deliveries acknowledged", len(courier.journal), f"{sum(one.lost for one in courier.journal)} answers lost")
    row("deliveries set aside, replayed", replayed, "their worker died five times")
    row("entries", sum(effect.kind == "entered" for effect in effects), "into workflows and flows")
    row("of them after a no", promises.within_the_window(effects, people), "within 60 s after the last read")
    row("listed for a person", listed, "enrollments held, parked or unknown, and failures")
    for figure in figures:
        row(figure.promise, len(figure.broken), "must be 0")
        for line in figure.broken[:20]:
            say(f"    {line}")
    say(f"{seconds:.0f} s")


def row(name: str, number: int, note: str) -> None:
    say(f"{name:<36}{number:>8}  {note}")


def say(line: str) -> None:
    print(line, flush=True)


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))


if __name__ == "__main__":
    sys.exit(main())
