"""What can go wrong in a pass: at a chosen call of a platform, or at a chosen commit of the store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Any

from sqlalchemy import Connection, Engine, event

from adapters.ports import (
    CredentialsRefused,
    Outcome,
    PlatformBusy,
    PlatformError,
    PlatformRefused,
    PlatformUnreachable,
    RowOutcome,
)

COMMIT = "commit"
#: How long a call that is slow keeps its caller waiting before the bytes leave.
SLOW = timedelta(seconds=70)

_UNASKED = frozenset({"source", "audience", "pace"})
_CHANNELS = frozenset({"property_channel", "list_channel", "tag_channel"})
_ROWS = frozenset({"write", "enroll", "leave"})


class Killed(BaseException):
    """The process has ended here. What it does on its way out reaches neither platform nor store."""


class Kind(StrEnum):
    """What happens at a call."""

    AWAY = "away"  # no answer, and nothing happened there
    LOST = "lost"  # it happened there, and the answer was lost
    BUSY = "busy"
    REFUSED = "refused"  # the first row of those that are written
    SLOW = "slow"
    KILLED_BEFORE = "killed before"
    KILLED_AFTER = "killed after"


@dataclass(frozen=True, slots=True)
class Fault:
    """`kind` happens at the `nth` call of a pass named `at` (a port's method, or `COMMIT`), the first is 0."""

    kind: Kind
    at: str
    nth: int = 0


@dataclass(slots=True)
class Clock:
    """The one clock of a world; `moved` hears of every move, because leases run on the database's own."""

    moment: datetime
    moved: Callable[[timedelta], object] = lambda _: None

    def __call__(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.moment.timestamp()

    def advance(self, delta: timedelta) -> None:
        self.moment += delta
        self.moved(delta)


class Faults:
    """Faults of the pass at hand, and of platforms that are away or refuse our token until further notice.

    `dead`: the process of the pass at hand has ended. `lost` hears of enrollments whose answer nobody gets (source, ids).
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.lost: Callable[[str, Sequence[str]], object] = lambda _source, _ids: None
        self.down: set[str] = set()
        self.revoked: set[str] = set()
        self._armed: Fault | None = None
        self._calls: Counter[str] = Counter()
        self.dead = False

    def arm(self, fault: Fault | None) -> None:
        """A new pass of a new process, in which this happens."""
        self._armed, self.dead = fault, False
        self._calls.clear()

    def cure(self) -> None:
        """Everything works again."""
        self.down.clear()
        self.revoked.clear()
        self.arm(None)

    def met(self, name: str) -> Kind | None:
        """Count a call; what happens at it. Raises Killed in a process that has ended."""
        if self.dead:
            raise Killed
        nth = self._calls[name]
        self._calls[name] += 1
        fault = self._armed
        return fault.kind if fault is not None and (fault.at, fault.nth) == (name, nth) else None

    def die(self) -> None:
        """Raises Killed."""
        self.dead = True
        raise Killed

    def watch(self, engine: Engine) -> None:
        """Let this engine's statements and commits end with the process."""

        def before_statement(conn: Connection, _cursor: object, statement: str, *_: object) -> None:
            if self.dead:
                raise Killed
            if conn.get_execution_options().get("isolation_level") == "AUTOCOMMIT" and statement.startswith("INSERT"):
                before_commit(conn)

        def before_commit(_conn: Connection) -> None:
            if self.dead:
                return
            kind = self.met(COMMIT)
            if kind is Kind.KILLED_BEFORE:
                self.die()
            if kind is Kind.KILLED_AFTER:
                self.dead = True  # this commit still gets through

        event.listen(engine, "before_cursor_execute", before_statement)
        event.listen(engine, COMMIT, before_commit)


class Gate:
    """A port on the way to whose platform things go wrong; otherwise the port itself."""

    def __init__(self, real: Any, faults: Faults) -> None:
        self._real, self._faults = real, faults
        self._platform = str(real.source).partition(":")[0]

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._real, name)
        if name in _UNASKED or not callable(value):
            return value
        if name in _CHANNELS:
            return lambda key: Gate(value(key), self._faults)
        return partial(self._call, name, value)

    def _call(self, name: str, real: Callable[..., Any], *args: Any, **named: Any) -> Any:
        faults = self._faults
        kind = faults.met(name)
        if kind is Kind.KILLED_BEFORE:
            self._lose(name, args)
            faults.die()
        if kind is Kind.SLOW:
            faults.clock.advance(SLOW)
        if (error := self._refusal(kind)) is not None:
            return _failed(name, args, error)
        if kind is Kind.REFUSED and name in _ROWS and args[0]:
            first, *others = args[0]
            refused = RowOutcome(first.id, Outcome.REFUSED, PlatformRefused(self._platform, "refused, for a test"))
            return (refused, *real(others, *args[1:], **named))
        answer = real(*args, **named)
        if hasattr(answer, "send"):
            answer = (page for page in list(answer))
        if kind is Kind.KILLED_AFTER:
            self._lose(name, args)
            faults.die()
        if kind is Kind.LOST:
            self._lose(name, args)
            lost = PlatformUnreachable(self._platform, "the answer was lost", maybe_applied=name in _ROWS)
            return _failed(name, args, lost)
        return answer

    def _lose(self, name: str, args: Sequence[Any]) -> None:
        if name == "enroll":
            self._faults.lost(self._real.source, [row.id for row in args[0]])

    def _refusal(self, kind: Kind | None) -> PlatformError | None:
        if self._platform in self._faults.revoked:
            return CredentialsRefused(self._platform, "the token was revoked", status=401)
        if kind is Kind.AWAY or self._platform in self._faults.down:
            return PlatformUnreachable(self._platform, "nobody there", maybe_applied=False)
        return PlatformBusy(self._platform, "wait", retry_after=5) if kind is Kind.BUSY else None


def _failed(name: str, args: Sequence[Any], error: PlatformError) -> Any:
    """The answer of a call that failed: some never raise, by the contract of `adapters.ports`."""
    if name in _ROWS:
        unknown = isinstance(error, PlatformUnreachable) and error.maybe_applied
        outcome = Outcome.UNKNOWN if unknown else Outcome.LATER
        return tuple(RowOutcome(row.id, outcome, error) for row in args[0])
    if name == "entered":
        return {row.id: None for row in args[0]}
    if name == "by_emails":
        return {}
    raise error
