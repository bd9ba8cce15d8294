"""What `/readyz` says: whether Trellis can do its work, and a plain word for each thing that it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from connector.change.noticed import Noticed, now_noticed
from connector.promptly import Promptly
from connector.steps.circuit import Kind
from connector.steps.health import Health, health_of
from connector.store import state
from connector.store.errors import SchemaTooNew, SchemaTooOld, StoreUnavailable
from connector.store.migrate import check_schema
from webhooks.ports import Readiness

_OK = "ok"
#: A database that is not back with an answer by then is none.
_PATIENCE = text("SET LOCAL statement_timeout = '3s'")
_SECONDS = 4.0

#: Anybody may ask: PostgreSQL's own reason names its host and our role.
_AWAY = (
    "the database is not usable: see that it runs and that DATABASE_URL is right; the log of worker and clock says why"
)
_NOT_ASKED = {"store": "not asked", "schema": "not asked", "rulebook": "not asked"}
_IN_WORDS = {
    Kind.UNREACHABLE: "no usable answer",
    Kind.BUSY: "it asks to wait",
    Kind.QUOTA: "the calls of the day are used up",
    Kind.STOPPED: "it does not accept our token or key",
    Kind.OTHER: "it refused something: see `trellis check`",
}


def readiness(engine: Engine, platforms: Iterable[str], now: datetime) -> Readiness:
    """Store, schema, active rulebook, and how each of the `platforms` that are on fares. Never raises; names nobody.

    Not ready without the first three, and while a platform does not accept our token: webhooks are kept all the same. What a
    watcher says of the files changes nothing of it, since the active rulebook is what decides. Read-only.
    """
    checks = dict(_NOT_ASKED)
    stopped = False
    try:
        with engine.connect() as conn:
            conn.execute(_PATIENCE)
            checks["store"] = _OK
            check_schema(conn)
            checks["schema"] = _OK
            active = state.active(conn)
            checks["rulebook"] = _OK if active is not None else "none is active: run `trellis sync`"
            for platform in platforms:
                health = health_of(conn, platform, now)
                checks[platform] = _told(health, now)
                stopped |= health.trouble is not None and health.trouble.kind is Kind.STOPPED
            if (noticed := now_noticed(conn, now)) is not None:
                checks["files"] = _of_files(noticed)
    except (SchemaTooOld, SchemaTooNew) as error:
        checks["schema"] = str(error)
    except StoreUnavailable:
        checks["store"] = _AWAY
    except SQLAlchemyError as error:  # what it says may quote a statement
        checks["store"] = f"it does not answer as it should ({type(error).__name__})"
    ready = all(checks[name] == _OK for name in ("store", "schema", "rulebook"))
    return Readiness(ready=ready and not stopped, checks=checks)


def in_time(look: Callable[[], Readiness]) -> Callable[[], Readiness]:
    """The same look, which says within seconds that it does not end when the store hangs."""
    promptly = Promptly(look, _SECONDS)

    def ready() -> Readiness:
        try:
            return promptly()
        except StoreUnavailable as error:
            return Readiness(ready=False, checks={**_NOT_ASKED, "store": str(error)})

    return ready


def _told(health: Health, now: datetime) -> str:
    last = f"last success at {_second(health.worked_at)}" if health.worked_at else "no success yet"
    trouble = health.trouble
    if trouble is None:
        return f"{_OK} at {_second(health.worked_at)}" if health.worked_at else "not asked yet"
    again = f"; asked again at {_second(trouble.until)}" if trouble.until and trouble.until > now else ""
    return f"{_IN_WORDS[trouble.kind]} since {_second(trouble.since)}; {last}{again}"


def _of_files(noticed: Noticed) -> str:
    """One line: what an editor would want to know first. Anybody may ask, so nothing is quoted from a file."""
    if noticed.problems:
        where, more = noticed.problems[0].split(" ", 1)[0].rstrip(":"), len(noticed.problems) - 1
        return f"invalid: {where}{f' (and {more} more)' if more else ''}; `trellis check` says what is wrong"
    if not noticed.differs:
        return _OK
    if noticed.size is None:
        return "differ: run `trellis plan` to see what they would change"
    moves = noticed.size.moves
    told = f"differ: {moves:,} {'person' if moves == 1 else 'people'} would move; run `trellis apply`"
    return f"{told} ({noticed.waits})" if noticed.waits else told


def _second(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
