"""The kill campaign: real processes under load and faults, killed at random and at named points; then every promise is judged.

    python tests/durability/campaign.py [--kills N] [--seed N] [--keep]

The schedule of life, faults and kills follows from the seed. Exit code 1 when a promise is broken, with the people and the
journal entries that matter; what was said and kept then stays where the last line says.
"""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import promises
import psycopg
from courier import Courier
from crash_points import POINTS, CrashPoints, Point
from installation import CLIENT_SECRET, MAILCHIMP_TOKEN, Broken, Installation, until
from life import CLASSES, ENROLLING, TAGGED, Class, Life
from witness import Witness

from adapters.sandbox import Fault, Sandbox
from adapters.sandbox.people import Population, populate
from connector.steps.bell import SYNC, WORK, ring
from connector.store.postgres import attach_or_start

SUBSCRIPTIONS = [
    ("contact.creation", ""),
    ("contact.merge", ""),
    ("contact.propertyChange", "num_conversion_events"),
    ("contact.propertyChange", "hs_email_optout"),
    ("contact.propertyChange", "phone"),
]
PEOPLE = 14
#: One turn of these, shuffled, and again: how often each is killed. A point stands for the next of the named ones.
VICTIMS = [*["point"] * 5, *["gunicorn"] * 4, *["worker", "web", "clock"] * 2, "postgres", "serve"]
ACTS_BETWEEN_KILLS = 2
POLL_EVERY = 6
_PAUSE_S = (0.1, 0.8)
_READY_S, _DRAINED_S = 60, 240
_PASSES = 6

#: What goes wrong at the platforms: the answer is lost after the effect, a failure, a wish to wait.
FAULTS = {
    "hubspot": (
        Fault(probability=0.05, times=None, ending="drop"),
        Fault(probability=0.02, times=None, status=502, body="<html>Bad gateway</html>"),
        Fault(probability=0.02, times=None, status=429, headers={"Retry-After": "1"}, body={"policyName": "SECONDLY"}),
    ),
    "mailchimp": (
        Fault(probability=0.05, times=None, ending="drop"),
        Fault(probability=0.02, times=None, status=500, body={"title": "Internal Server Error", "status": 500}),
        Fault(
            probability=0.02, times=None, status=429, headers={"Retry-After": "1"}, body={"title": "Too Many Requests"}
        ),
    ),
}
OPEN = (
    "SELECT (SELECT count(*) FROM delivery WHERE state = 'waiting'),"
    " (SELECT count(*) FROM intent WHERE state IN ('sending', 'unknown')"
    "   OR (state = 'pending' AND (not_before IS NULL OR not_before <= now())))"
)

WAITING = "SELECT id, kind, state, attempts, reason FROM intent WHERE state IN ('pending', 'sending', 'unknown')"


@dataclass
class Campaign:
    """One run, step by step: baseline, rehearsal, kills, calm, judgement."""

    kills: int
    seed: int
    folder: Path
    sandbox: Sandbox
    population: Population
    witness: Witness
    installation: Installation
    courier: Courier
    killed: Counter[str] = field(default_factory=Counter)
    reached: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.life = Life(self.sandbox, self.population, self.seed)
        self.points = CrashPoints(self.installation, self.sandbox)
        self._order: list[str] = []
        self._named: list[Point] = []
        self._said_at = 0.0

    # ------------------------------------------------------------ before

    def baseline(self) -> None:
        """The first pass, killed three times on its way, while nothing else runs."""
        self.installation.trellis("provision", MAILCHIMP_WEBHOOK_TOKEN="")
        for path in (r"/objects/contacts\?", "/lists/[^/]+/members", "/batch/update"):
            server = self.sandbox.mailchimp_server if "/lists/" in path else self.sandbox.hubspot_server
            hold = server.faults.add(Fault(path=path, delay=3.0))
            first = self.installation.start("sync")
            until(lambda hold=hold: hold.hits, 30, f"the baseline asks for {path}")
            self._kill_command(first)
            self.reached["baseline in the middle"] += 1
        self.installation.trellis("sync")
        if entered := list(promises.since_then(list(self.sandbox.effects), 0)):
            raise Broken(f"the baseline enrolled somebody: {entered}")

    def rehearse(self) -> dict[Class, promises.Ending]:
        """One of each class lives in quiet: so the others must end."""
        specimens = [self.life.arrives(of) for of in CLASSES]
        for _ in range(2):
            self._sync_when_search_shows_all()
        found = promises.endings(self.sandbox, list(self.sandbox.effects), specimens)
        expected = {one.of: found[one.email] for one in specimens}
        for of in (ENROLLING, TAGGED):
            if not expected[of].entered:
                raise Broken(f"{of.name} enters nothing: the campaign would prove nothing")
        return expected

    def keep_a_dump(self) -> Path:
        """A copy of the database as it is before the kills, made while it does not run."""
        copy = self.folder / "older"
        subprocess.run(["cp", "-a", str(self.installation.data), str(copy)], check=True)
        return copy

    def serve(self) -> None:
        """Everything runs, the platforms tell the courier, and begin to fail."""
        self.installation.serve()
        until(self.installation.is_ready, _READY_S, "everything runs")
        self.installation.trellis("provision")
        self.points.install()
        self.sandbox.hubspot.webhooks.configure(f"{self.courier.url}/hubspot", CLIENT_SECRET, SUBSCRIPTIONS)
        for hook in self.sandbox.mailchimp.webhooks.hooks.values():
            hook.url = f"{self.courier.url}/mailchimp"
        for server, faults in self._servers():
            for fault in faults:
                server.faults.add(fault)

    def _servers(self) -> Sequence[tuple[object, Sequence[Fault]]]:
        return (
            (self.sandbox.hubspot_server, FAULTS["hubspot"]),
            (self.sandbox.mailchimp_server, FAULTS["mailchimp"]),
        )

    # ------------------------------------------------------------ the kills

    def run(self) -> None:
        """Life goes on, and after every few acts something is killed."""
        for number in range(self.kills):
            for _ in range(ACTS_BETWEEN_KILLS):
                self.life.go_on()
            if number % POLL_EVERY == POLL_EVERY - 1:
                self._ring(SYNC)
            victim = self._next_victim()
            if victim == "point":
                self._kill_at(self._next_point())
            else:
                time.sleep(self.dice.uniform(*_PAUSE_S))
                self._kill(victim)
            self._let_an_hour_pass()
            self._say(number + 1)

    def _next_victim(self) -> str:
        if not self._order:
            self._order = self.dice.sample(VICTIMS, len(VICTIMS))
        return self._order.pop()

    def _next_point(self) -> Point:
        if not self._named:
            self._named = self.dice.sample(POINTS, len(POINTS))
        return self._named.pop()

    def _kill(self, victim: str) -> None:
        until(lambda: self.installation.mind() and self.installation.pids(victim), _READY_S, f"{victim} runs")
        self.killed[victim] += self.installation.kill(victim)
        if victim == "serve":
            self.installation.serve()

    def _kill_at(self, point: Point) -> None:
        command = None
        until(self.installation.is_ready, _READY_S, "everything runs again")
        try:
            with self.points.armed(point) as reached:
                if point.needs == "full":
                    command = self.installation.start("sync", "--full")
                else:
                    self._lead_to(point)
                if reached():
                    self.reached[point.name] += 1
                if command is not None:
                    self._kill_command(command)
                    self.killed["command"] += 1
                else:
                    self._kill(point.victim)
        except psycopg.OperationalError:
            self._kill("worker")

    def _kill_command(self, command: subprocess.Popen[bytes]) -> None:
        command.kill()
        command.wait()

    def _lead_to(self, point: Point) -> None:
        match point.needs:
            case "enroll":
                self.life.arrives(ENROLLING)
            case "tag":
                self.life.arrives(TAGGED)
            case _:
                self.life.changes()

    def _let_an_hour_pass(self) -> None:
        """What a dead worker held is free, as long as nobody else is at work."""
        with suppress(psycopg.Error):
            if not self.installation.pids("worker"):
                self.installation.let_an_hour_pass()

    def _ring(self, job: str) -> None:
        with suppress(psycopg.Error):
            ring(self.installation.database, job)

    def _say(self, number: int) -> None:
        if number == self.kills or time.monotonic() - self._said_at > 5:
            self._said_at = time.monotonic()
            done = round(30 * number / self.kills)
            print(
                f"  [{'#' * done}{'.' * (30 - done)}] {number}/{self.kills} kills, {len(self.life.people)} people,"
                f" {len(self.courier.journal)} acknowledged, {sum(1 for one in self.sandbox.effects if one.kind == 'entered')} entered",
                flush=True,
            )

    # ------------------------------------------------------------ the calm

    def calm_down(self) -> None:
        """The faults stop, leases run out, what was not acknowledged arrives; then polls by hand, until nothing waits."""
        self.sandbox.hubspot_server.faults.clear()
        self.sandbox.mailchimp_server.faults.clear()
        self.courier.calm_down()
        until(self.installation.is_ready, _READY_S, "everything runs again")
        for platform in (self.sandbox.hubspot, self.sandbox.mailchimp):
            platform.webhooks.flush()
        until(lambda: self.courier.is_idle, _DRAINED_S, "every delivery is acknowledged")
        self._kill("worker")
        self._let_an_hour_pass()
        self._ring(WORK)
        until(self._drained, _DRAINED_S, "the inbox is empty")

    def replay(self) -> int:
        """What was set aside because its worker died too often: a person lets it be taken in again. Returns how many."""
        aside = [number for (number,) in self.installation.rows("SELECT id FROM delivery WHERE state = 'failed'")]
        for number in aside:
            self.installation.trellis("deliveries", "replay", str(number))
        return len(aside)

    def poll(self) -> None:
        """Nobody works but passes by hand, an hour before each for what was interrupted, until two find nothing that waits:
        the second reads what the first has written.
        """
        self.installation.stop()
        with attach_or_start(self.installation.data):
            quiet = 0
            for _ in range(_PASSES):
                self.installation.let_an_hour_pass()
                self._sync_when_search_shows_all()
                quiet = quiet + 1 if self.installation.rows(OPEN) == [(0, 0)] else 0
                if quiet == 2:
                    break
            else:
                raise Broken(f"after {_PASSES} passes there still waits: {self.installation.rows(WAITING)}")

    def _sync_when_search_shows_all(self) -> None:
        time.sleep(self.sandbox.hubspot.settings.search_lag)
        self.installation.trellis("sync", expect=(0, 3))

    def _drained(self) -> bool:
        return self.installation.rows("SELECT count(*) FROM delivery WHERE state = 'waiting'") == [(0,)]

    # ------------------------------------------------------------ the judgement

    def judge(self, expected: dict[Class, promises.Ending], journal_first: Sequence[str]) -> list[promises.Figure]:
        """Every promise, and who it was broken to."""
        people, effects, installation = self.life.people, list(self.sandbox.effects), self.installation
        ended = promises.endings(self.sandbox, effects, people)
        return [
            promises.Figure("acknowledged deliveries lost", journal_first),
            promises.Figure("forms without a trace in the ledger", list(promises.without_trace(installation, people))),
            promises.Figure(
                "values otherwise than at HubSpot", list(promises.held_otherwise(installation, self.sandbox))
            ),
            promises.Figure(
                "enrolled twice in an episode", list(promises.twice(effects, promises.merged_into(people)))
            ),
            promises.Figure("enrolled without consent", list(promises.without_consent(effects, self.witness, people))),
            promises.Figure("missed and not listed", list(promises.missed(installation, ended, expected, people))),
            promises.Figure("other stages than in quiet", list(promises.staged_otherwise(ended, expected, people))),
        ]

    def judge_from_scratch(self) -> promises.Figure:
        """A new store reads the same portal: does it come to the stages that stand there? It enrolls nobody."""
        before, entered = promises.stages(self.sandbox), len(self.sandbox.effects)
        self.installation.trellis("sync", TRELLIS_DATA=str(self.folder / "scratch"), expect=(0, 3))
        broken = [*promises.since_then(list(self.sandbox.effects), entered)]
        merged = promises.merged_into(self.life.people)
        before = {email: stage for email, stage in before.items() if email not in merged}
        return promises.Figure(
            "stages otherwise than from scratch", [*broken, *promises.changed(before, promises.stages(self.sandbox))]
        )

    def restore(self, older: Path) -> promises.Figure:
        """The database of before the kills comes back: whoever was enrolled since has her marker."""
        entered = len(self.sandbox.effects)
        for _ in range(2):
            self.installation.trellis("sync", TRELLIS_DATA=str(older), expect=(0, 3))
        return promises.Figure(
            "enrolled again by an older database", list(promises.since_then(list(self.sandbox.effects), entered))
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=20261122)
    parser.add_argument("--keep", action="store_true", help="keep the folder whatever comes of it")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="trellis-durability-"))
    print(f"Kill campaign: {given.kills} kills, seed {given.seed}, in {folder}", flush=True)
    broken = True
    try:
        broken = _run(given.kills, given.seed, folder)
    finally:
        if broken or given.keep:
            print(f"Logs and database: {folder}")
        else:
            shutil.rmtree(folder)
    return 1 if broken else 0


def _run(kills: int, seed: int, folder: Path) -> bool:
    """The campaign from its beginning to its end; True if a promise was broken."""
    began = time.monotonic()
    sandbox = Sandbox()
    population = populate(sandbox, count=PEOPLE)
    witness = Witness(sandbox.clock)
    sandbox.hubspot_server.told, sandbox.mailchimp_server.told = witness.hubspot, witness.mailchimp
    with sandbox:
        installation = Installation(folder, sandbox.hubspot_url, sandbox.mailchimp_url)
        targets = f"{installation.url}/webhooks/hubspot", f"{installation.url}/webhooks/mailchimp/{MAILCHIMP_TOKEN}"
        try:
            with Courier(sandbox, *targets, CLIENT_SECRET, seed) as courier:
                campaign = Campaign(kills, seed, folder, sandbox, population, witness, installation, courier)
                return _tell(campaign, _steps(campaign), time.monotonic() - began)
        finally:
            installation.kill_all()


def _steps(campaign: Campaign) -> list[promises.Figure]:
    print("  baseline, killed three times", flush=True)
    campaign.baseline()
    print("  rehearsal: one of each class of people, in quiet", flush=True)
    expected = campaign.rehearse()
    older = campaign.keep_a_dump()
    campaign.serve()
    campaign.run()
    print("  calm", flush=True)
    campaign.calm_down()
    print(f"  {campaign.replay()} deliveries set aside and replayed", flush=True)
    campaign.calm_down()
    lost = list(promises.lost(campaign.installation, campaign.courier.journal))
    campaign.poll()
    print("  judgement, a new store, an older one", flush=True)
    with attach_or_start(campaign.installation.data):
        figures = campaign.judge(expected, lost)
    return [*figures, campaign.judge_from_scratch(), campaign.restore(older)]


def _tell(campaign: Campaign, figures: list[promises.Figure], seconds: float) -> bool:
    people, courier = campaign.life.people, campaign.courier
    print(f"{'kills':<44}{campaign.killed.total():>8}  {dict(campaign.killed)}")
    print(f"{'named points reached':<44}{campaign.reached.total():>8}  {dict(campaign.reached)}")
    print(f"{'people':<44}{len(people):>8}")
    print(f"{'deliveries sent':<44}{courier.sent:>8}  refused {dict(Counter(courier.refused))}")
    print(f"{'acknowledged':<44}{len(courier.journal):>8}  {sum(one.lost for one in courier.journal)} answers lost")
    for figure in figures:
        print(f"{figure.promise:<44}{len(figure.broken):>8}")
        for line in figure.broken[:20]:
            print(f"    {line}")
    return any(figure.broken for figure in figures)


if __name__ == "__main__":
    sys.exit(main())
