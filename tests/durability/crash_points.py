"""Named moments to kill at. No switch in the product: triggers in the campaign's own database and faults of the pretend
platforms hold a process exactly there.

A commit that is durable, and of which the client does not know yet: the trigger asks for a synchronous standby that does
not exist, for its own transaction alone, so PostgreSQL has flushed the commit and keeps its answer back. Anything before a
commit: the trigger sleeps.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psycopg
from installation import READY_S, Installation, until

from adapters.sandbox import Fault, Sandbox

_SLEEP_S = 30
#: An armed point that nobody reaches is given up.
PATIENCE_S = 8.0
#: How long a platform keeps its answer back, so that there is a moment between effect and answer.
_HELD_BACK_S = 3.0

COMMITTED, OPEN = "committed", "open"

_TRIGGERS = f"""
CREATE SCHEMA campaign;
CREATE TABLE campaign.armed (point text PRIMARY KEY);
CREATE FUNCTION campaign.hold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM campaign.armed WHERE point = TG_ARGV[0]) THEN
    IF TG_ARGV[1] = '{COMMITTED}' THEN
      PERFORM set_config('synchronous_commit', 'on', true);
    ELSE
      PERFORM pg_sleep({_SLEEP_S});
    END IF;
  END IF;
  RETURN NULL;
END $$;
"""
_SETTINGS = ("synchronous_standby_names = 'nobody'", "synchronous_commit = 'local'")
_HELD = (
    "SELECT pid FROM pg_stat_activity WHERE wait_event IN ('PgSleep', 'SyncRep') AND backend_type = 'client backend'"
)


@dataclass(frozen=True, slots=True)
class Point:
    """One moment: who is killed there, what must happen so that it comes, and where it is.

    Attributes:
        event, table, when: the trigger's; empty for a moment on the way to a platform.
        how: `committed` or `open` (the transaction).
        fault: on which platform, and what it does with the call.
        needs: the act of life that leads there: "enroll", "change" or "poll".

    """

    name: str
    victim: str = "worker"
    event: str = ""
    table: str = ""
    when: str = ""
    how: str = COMMITTED
    fault: tuple[str, dict[str, object]] | None = None
    needs: str = "enroll"


def _call(platform: str, path: str, containing: str = "", *, applied: bool) -> tuple[str, dict[str, object]]:
    fate = {"status": None if applied else 503, "delay": _HELD_BACK_S, "times": 1}
    return platform, {"method": "POST|PATCH|PUT", "path": path, "containing": containing, **fate}


_ENROLLED = '"trellis_enrolled"'
POINTS = (
    Point("received and committed, not answered", "gunicorn", "INSERT", "delivery", needs="change"),
    Point("deliveries claimed", "worker", "UPDATE OF attempts", "delivery", "NEW.attempts > OLD.attempts", needs="change"),
    Point("in the middle of a judge transaction", "worker", "INSERT OR UPDATE", "verdict", how=OPEN, needs="change"),
    Point("judged and committed", "worker", "INSERT", "intent", needs="change"),
    Point(
        "enrollment claimed", "worker", "UPDATE OF attempts", "intent", "NEW.kind = 'enroll' AND NEW.attempts > OLD.attempts"
    ),
    Point("sending committed, before the call", "worker", "UPDATE OF state", "intent", "NEW.state = 'sending'"),
    Point("call arrived, not applied", fault=_call("hubspot", "/batch/update", _ENROLLED, applied=False)),
    Point("call applied, answer not sent", fault=_call("hubspot", "/batch/update", _ENROLLED, applied=True)),
    Point("call applied, answer not sent, database gone", "postgres",
          fault=_call("hubspot", "/batch/update", _ENROLLED, applied=True)),
    Point("call applied, answer not sent, all gone", "serve",
          fault=_call("hubspot", "/batch/update", _ENROLLED, applied=True)),
    Point("answer sent, accepted not committed", "worker", "UPDATE OF state", "intent",
          "NEW.kind = 'enroll' AND NEW.state = 'accepted'", how=OPEN),
    Point("tag arrived, not applied", fault=_call("mailchimp", "/tags", "active", applied=False), needs="tag"),
    Point("tag applied, answer not sent", fault=_call("mailchimp", "/tags", "active", applied=True), needs="tag"),
    Point("values written, not noted", fault=_call("hubspot", "/batch/update", "trellis_score", applied=True), needs="change"),
    Point("full read in the middle", "command", fault=("hubspot", {
        "method": "GET", "path": r"/objects/contacts\?", "delay": _HELD_BACK_S, "times": 1}), needs="full"),
)  # fmt: skip


class CrashPoints:
    """Arms points, waits until one is reached, and lets go afterwards."""

    def __init__(self, installation: Installation, sandbox: Sandbox) -> None:
        self._installation = installation
        self._servers = {"hubspot": sandbox.hubspot_server, "mailchimp": sandbox.mailchimp_server}

    def install(self) -> None:
        """Put the triggers into the database; commits stay as durable as before."""
        with self._installation.connected() as connection:
            connection.execute(_TRIGGERS)
            for number, point in enumerate(POINTS):
                if point.table:
                    connection.execute(_trigger(number, point))
            for setting in _SETTINGS:
                connection.execute(f"ALTER SYSTEM SET {setting}")
            connection.execute("SELECT pg_reload_conf()")

    @contextmanager
    def armed(self, point: Point) -> Iterator[Callable[[], bool]]:
        """Hold whoever comes to that point, as long as the block runs; what it gives waits for somebody to be held there."""
        if point.fault is not None:
            platform, rule = point.fault
            fault = self._servers[platform].faults.add(Fault(**rule))  # type: ignore[arg-type]
            try:
                yield lambda: _waits(lambda: fault.hits > 0)
            finally:
                fault.times = 0
            return
        self._installation.rows("INSERT INTO campaign.armed VALUES (%s)", [point.name])
        try:
            yield lambda: _waits(self._somebody_is_held)
        finally:
            self._let_go()

    def _somebody_is_held(self) -> bool:
        return bool(self._installation.rows(_HELD))

    def _let_go(self) -> None:
        """Disarm, and end the sessions that are still held: whoever they worked for is dead. Raises Broken: a point that
        stays armed would hold everybody who comes to it from then on.
        """

        def disarmed() -> bool:
            self._installation.rows("DELETE FROM campaign.armed")
            self._installation.rows(f"SELECT pg_terminate_backend(held.pid) FROM ({_HELD}) AS held")
            return True

        until(lambda: self._installation.mind() and disarmed(), READY_S, "the point is disarmed")


def _trigger(number: int, point: Point) -> str:
    # What is written in bulk is held once a statement; a condition needs rows.
    when = f"FOR EACH ROW WHEN ({point.when})" if point.when else "FOR EACH STATEMENT"
    return (
        f"CREATE TRIGGER campaign_{number} AFTER {point.event} ON {point.table} {when}"
        f" EXECUTE FUNCTION campaign.hold('{point.name}', '{point.how}')"
    )


def _waits(reached: Callable[[], bool]) -> bool:
    ends = time.monotonic() + PATIENCE_S
    while time.monotonic() < ends:
        with suppress(psycopg.OperationalError):
            if reached():
                return True
        time.sleep(0.01)
    return False
