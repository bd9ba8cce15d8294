"""The campaign of worlds: generated rulebooks and lives over both pretend platforms by real HTTP, judged after every pass.

    python tests/worlds/campaign.py [--worlds N] [--lives N] [--turns N] [--seed N]

A world follows from its seed, which is the campaign's and its number. Exit code 1 when a promise is broken: then the life of
whom it was broken to is told in the fewest lines that still break it.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "shared"))  # what tests of several folders have in common

from tending.databases import databases
from tending.http_world import http_world
from tending.judges import PROMISES, Broken, counted
from tending.lives import TURNS, Script, scripted
from tending.shrinking import shrunk

_MOST_TOLD = 10


class Campaign:
    """Worlds one after the other, and what became of everybody."""

    def __init__(self, new_database: Callable[[], str], folder: Path) -> None:
        self._new_database, self._folder, self._numbers = new_database, folder, count()
        self.figures: Counter[str] = Counter()
        self.effects: Counter[str] = Counter()

    def play(self, script: Script) -> Sequence[Broken]:
        """What a world broke."""
        with http_world(script, self._new_database(), self._folder / str(next(self._numbers))) as world:
            broken = world.play()
            people = world.platforms.people()
            self.figures += Counter(
                people=len(people), passes=world.passes, tasks=sum(len(one.tasks) for one in people)
            )
            self.figures["mails known"] += sum(len(one.mails) for one in people)
            self.effects += Counter(one.kind for one in world.platforms.effects)
            return broken


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--worlds", type=int, default=50)
    parser.add_argument("--lives", type=int, default=200)
    parser.add_argument("--turns", type=int, default=TURNS)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    say(f"{given.worlds} worlds of {given.lives} lives, from seed {given.seed}")
    began = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="trellis-rulebooks-"))
    found: list[tuple[Script, Broken]] = []
    try:
        with databases() as new_database:
            campaign = Campaign(new_database, folder)
            for seed in range(given.seed, given.seed + given.worlds):
                script = scripted(seed, given.lives, given.turns)
                broken = campaign.play(script)
                found += [(script, one) for one in broken]
                say(f"  world {seed}: {len(broken)} broken, {time.monotonic() - began:.0f} s")
            tell(campaign, [one for _, one in found])
            for script, one in first_of_each(found):
                tell_life(script, one, campaign.play)
    finally:
        shutil.rmtree(folder)
    say(f"{time.monotonic() - began:.0f} s")
    return 1 if found else 0


def first_of_each(found: Sequence[tuple[Script, Broken]]) -> list[tuple[Script, Broken]]:
    """The first case of each promise."""
    firsts: dict[str, tuple[Script, Broken]] = {}
    for script, one in found:
        firsts.setdefault(one.promise, (script, one))
    return list(firsts.values())


def tell(campaign: Campaign, broken: Sequence[Broken]) -> None:
    """The table of figures."""
    figures, effects = campaign.figures, campaign.effects
    row("passes", figures["passes"], "each reads, judges and delivers")
    row("people", figures["people"], "who came to a platform")
    row(
        "entries",
        effects["entered"],
        f"into workflows and flows; {effects['left']} left, {effects['refused']} were refused",
    )
    row("mails", effects["sent"], f"of workflows and flows; {effects['not_sent']} were not sent")
    row("tasks", figures["tasks"], "for sales")
    for promise, number in counted(broken).items():
        row(promise, number, "must be 0")
    for promise in PROMISES:
        for one in [one for one in broken if one.promise == promise][:_MOST_TOLD]:
            say(f"    {promise}: {one}")


def tell_life(script: Script, broken: Broken, play: Callable[[Script], Sequence[Broken]]) -> None:
    """The smallest life that breaks the promise so."""
    few = shrunk(script, broken, play)
    say(f"{broken.promise} (seed {script.seed}):")
    if few is script:
        say(f"  only among all {len(script.lives)}: {broken}")
        return
    for life in few.lives:
        for line in life.lines:
            say(f"  {line}")
    again = next(one for one in play(few) if one.promise == broken.promise)
    say(f"  {again}")


def row(name: str, number: int, note: str) -> None:
    say(f"{name:<52}{number:>8}  {note}")


def say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
