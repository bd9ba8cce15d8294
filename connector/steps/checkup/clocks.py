"""Our clock against the platforms' and the database's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from sqlalchemy import Engine

from adapters.skew import Skew, compare
from connector.steps.finding import Finding
from connector.store.skew import database_now

#: From so many seconds on it is worth mending, and near enough to the end of HubSpot's patience to be an error: what was
#: signed more than 300 s ago, or so far ahead, is refused (facts/hubspot.md §6.3, facts/mailchimp.md §4).
_WORTH_MENDING_S, _TOO_FAR_S = 30, 240

_MENDED = "Let the machine keep time by itself: `timedatectl set-ntp true`"


def clock_findings(skews: Mapping[str, Skew]) -> Iterator[Finding]:
    """One line for each clock from which ours is certainly away; `skews` are by whose clock it is. Pure."""
    for whose, skew in skews.items():
        if skew.certain_s < _WORTH_MENDING_S:
            continue
        way = "ahead of" if skew.ahead_s > 0 else "behind"
        what = f"the clock of this machine is {_duration(round(abs(skew.ahead_s)))} {way} {whose}'s"
        if skew.certain_s < _TOO_FAR_S:
            yield Finding("warning", what, _MENDED, code="clock-skew")
        else:
            what += ", and webhooks are refused from 5 min on"
            yield Finding("error", what, _MENDED, code="clock-skew")


def database_skew(engine: Engine, now: Callable[[], datetime]) -> Skew:
    """Our clock against the database's. Read-only."""
    with engine.connect() as conn:
        database_now(conn)  # the connection is made, which is no part of the way there and back
        asked = now()
        theirs = database_now(conn)
        return compare(asked, theirs, now())


def _duration(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    told = [f"{number} {unit}" for number, unit in ((hours, "h"), (minutes, "min"), (rest, "s")) if number]
    return " ".join(told[:2])
