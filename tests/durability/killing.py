"""Who is killed when: at random, and at named points, in an order that follows from the seed."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

import psycopg
from crash_points import POINTS, CrashPoints, Point
from installation import READY_S, until
from life import ENROLLING, TAGGED
from world import World

from connector.steps.bell import SYNC

#: One turn of these, shuffled, and again: how often each is killed. A point stands for the next of the named ones.
VICTIMS = (*("point",) * 4, *("gunicorn",) * 5, *("web", "clock") * 3, "worker", "postgres", "serve")
ACTS_BETWEEN = 2
POLL_EVERY = 6
_PAUSE_S = (0.1, 0.8)


class Killing:
    """Kills whatever runs while life goes on.

    Attributes:
        killed: how often who was.
        reached: how often each named point was.

    """

    def __init__(self, world: World, points: CrashPoints, seed: int) -> None:
        self.killed: Counter[str] = Counter()
        self.reached: Counter[str] = Counter()
        self._world, self._points, self._dice = world, points, random.Random(seed)
        self._victims: list[str] = []
        self._named: list[Point] = []

    def run(self, kills: int, say: Callable[[int], None]) -> None:
        """So many kills, a few acts before each; `say` is told after each how many there were."""
        for number in range(1, kills + 1):
            for _ in range(ACTS_BETWEEN):
                self._world.life.go_on()
            if number % POLL_EVERY == 0:
                self._world.ring(SYNC)
            victim = self._next_victim()
            if victim == "point":
                self._kill_at(self._next_point())
            else:
                time.sleep(self._dice.uniform(*_PAUSE_S))
                self._kill(victim)
            self._world.let_an_hour_pass()
            say(number)

    def _next_victim(self) -> str:
        self._victims = self._victims or self._dice.sample(VICTIMS, len(VICTIMS))
        return self._victims.pop()

    def _next_point(self) -> Point:
        self._named = self._named or self._dice.sample(POINTS, len(POINTS))
        return self._named.pop()

    def _kill(self, victim: str) -> None:
        installation = self._world.installation
        until(lambda: installation.mind() and installation.pids(victim), READY_S, f"{victim} runs")
        self.killed[victim] += installation.kill(victim)
        if victim == "serve":
            installation.serve()

    def _kill_at(self, point: Point) -> None:
        """At the point, or, where nobody comes to it in time, wherever he is then."""
        installation = self._world.installation
        until(installation.is_ready, READY_S, "everything runs again")
        with suppress(psycopg.OperationalError), self._points.armed(point) as reached:
            if point.victim == "command":
                command = installation.start("sync", "--full")
                self.reached[point.name] += reached()
                command.kill()
                command.wait()
                self.killed["command"] += 1
                return
            self._lead_to(point)
            self.reached[point.name] += reached()
            self._kill(point.victim)

    def _lead_to(self, point: Point) -> None:
        life = self._world.life
        match point.needs:
            case "enroll":
                life.arrives(ENROLLING)
            case "tag":
                life.arrives(TAGGED)
            case _:
                life.changes()
