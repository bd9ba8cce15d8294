"""When a platform is left alone, and until when (pure).

A platform that is away costs each pass half a minute of waiting, of which the other one would have to wait as well. So
after some silence in a row its circuit opens: nothing is asked of it for a while, then one pass tries again. The same
holds for a platform that asks for a long wait, and for one that does not accept our token.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from adapters.ports import CredentialsRefused, PlatformBusy, PlatformError, PlatformUnreachable

#: So many calls without a usable answer, and none with one between them, open the circuit.
IN_A_ROW = 3
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(minutes=5)
#: A shorter wait is the shared rate's business alone (adapters/budget).
WORTH_A_PAUSE = timedelta(seconds=10)
#: The end of a day's quota is not told, and an account that is moved may be back early (facts/hubspot.md §3).
LONGEST_WAIT = timedelta(hours=1)
#: A refused token is tried again by each poll, which comes every five minutes.
STOPPED = timedelta(minutes=4, seconds=30)


class Kind(StrEnum):
    """What is the matter with a platform."""

    UNREACHABLE = "unreachable"  # no usable answer
    BUSY = "busy"  # it asks to wait
    QUOTA = "quota"  # the calls of a day are used up
    STOPPED = "stopped"  # it does not accept our token or key
    OTHER = "other"  # it refused something for good, or our own time ran out


@dataclass(frozen=True, slots=True)
class Heard:
    """Calls since the last failure was noted, by what came back: a usable answer, the wish to wait, or silence."""

    answers: int = 0
    busy: int = 0
    silence: int = 0


@dataclass(frozen=True, slots=True)
class Trouble:
    """What a platform last failed with. `account` names the credentials without telling them.

    `since` is the first failure of this kind in a row; `until` is when the platform may be asked again, None: at any time.
    """

    kind: Kind
    message: str
    account: str
    since: datetime
    in_a_row: int = 1
    pauses: int = 0
    until: datetime | None = None


class LeftAlone(PlatformError):
    """The platform's circuit is open: nothing was asked of it, and what is meant for it waits."""


def after_failure(before: Trouble | None, error: PlatformError, heard: Heard, account: str, now: datetime) -> Trouble:
    """The trouble that a failure makes of the one before it (None: all was well)."""
    kind = kind_of(error, heard)
    if before is not None and (before.kind is not kind or before.account != account):
        before = None
    since = before.since if before else now
    if kind is Kind.UNREACHABLE:
        silent = before if before and not heard.answers else None
        in_a_row = (silent.in_a_row if silent else 0) + (1 if heard.answers else max(1, heard.silence))
        pauses = (silent.pauses if silent else 0) + (in_a_row >= IN_A_ROW)
        until = now + _pause(pauses) if pauses else None
        return Trouble(kind, error.message, account, since, in_a_row, pauses, until)
    return Trouble(
        kind, error.message, account, since, (before.in_a_row if before else 0) + 1, until=_until(error, kind, now)
    )


def kind_of(error: PlatformError, heard: Heard) -> Kind:
    """What a failure means for the platform as a whole.

    A day's quota is gone when the platform has said so; what is only our own share of it for bulk leaves the rest going.
    """
    if isinstance(error, CredentialsRefused):
        return Kind.STOPPED
    if isinstance(error, PlatformUnreachable):
        return Kind.UNREACHABLE
    if isinstance(error, PlatformBusy):
        if error.daily:
            return Kind.QUOTA if heard.busy else Kind.OTHER
        return Kind.BUSY
    return Kind.OTHER


def left_alone_until(trouble: Trouble | None, account: str, now: datetime) -> datetime | None:
    """When the platform may be asked again; None: now. Other credentials are another account, and tried at once."""
    if trouble is None or trouble.until is None or trouble.account != account:
        return None
    # A clock that was set back must not keep anybody waiting for longer than any pause lasts.
    return trouble.until if now < trouble.until <= now + LONGEST_WAIT else None


def _until(error: PlatformError, kind: Kind, now: datetime) -> datetime | None:
    if kind is Kind.STOPPED:
        return now + STOPPED
    if kind is Kind.OTHER or not isinstance(error, PlatformBusy):
        return None
    wait = timedelta(seconds=min(error.retry_after, LONGEST_WAIT.total_seconds()))
    return now + wait if wait >= WORTH_A_PAUSE else None


def _pause(pauses: int) -> timedelta:
    return LONGEST_PAUSE if pauses > 4 else min(FIRST_PAUSE * 2 ** (pauses - 1), LONGEST_PAUSE)
