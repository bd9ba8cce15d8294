"""What a person should know: found after each pass, kept in the store, told once when it begins and once when it is over.

Telling never holds up the work: it comes after the pass, with a few seconds for everything, and is tried again later.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection

from adapters.ports import Deadline
from connector.logs import log
from connector.steps.circuit import Kind
from connector.steps.health import health_of
from connector.steps.hook import Message, NotTold
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.reading.unread import unread
from connector.store import handovers
from connector.store.alert import Alert, alert_not_told, alert_told, alerts_to_tell, raise_alert, resolve_alerts
from connector.store.piles import Pile, piles

#: For all messages of one pass together.
SECONDS = 5.0
#: A platform may be away for so long without anybody having to know.
PATIENCE = timedelta(minutes=15)
#: Polls come every five minutes; so long without one that went well is no accident.
_NO_PASS = timedelta(minutes=30)
_AT_ONCE = 20
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=1)

_NAMES = {HUBSPOT: ("HubSpot", "HUBSPOT_ACCESS_TOKEN"), "mailchimp": ("Mailchimp", "MAILCHIMP_API_KEY")}
_STOPPED, _AWAY, _QUOTA, _SILENT = "platform stopped", "platform away", "quota used up", "no pass"
_OVERDUE, _UNREAD = "hand-over overdue", "not read"
_LOOKS = {
    "deliveries": "trellis deliveries list --state {state}",
    "intents": "trellis holds",
}
_ONE = {"deliveries": "delivery", "intents": "intent"}

Open = Mapping[tuple[str, str], str]


def raise_alerts(parts: Parts, *, after_reading: bool, aloud: bool = True) -> None:
    """Open an alert for all that a person should know now, and close those that are over; `aloud`, in the log too.

    That platforms were not read for long is looked at `after_reading` only: a worker that was off for a night reads first.
    """
    now, tell = parts.now(), parts.hook is not None
    with parts.engine.begin() as conn:
        found = _platforms(parts, conn, now)
        kinds = {_STOPPED, _AWAY, _QUOTA, _OVERDUE, *_PILES}
        if after_reading:
            found |= _not_read(parts, conn, {about for _, about in found}, now)
            found |= {(_UNREAD, f"{one.source} {one.stream}"): str(one) for one in unread(parts, conn)}
            kinds |= {_SILENT, _UNREAD}
        found |= {**_piled(conn, now), **_overdue(conn)}
        for (kind, about), message in found.items():
            if raise_alert(conn, kind, about, message, now, tell=tell) and aloud:
                log("alert", level="WARNING", kind=kind, about=about, message=message)
        for over in resolve_alerts(conn, kinds, found, now, tell=tell):
            if aloud:
                log("alert is over", kind=over.kind, about=over.about)


def tell_alerts(parts: Parts, stop: Callable[[], bool] = lambda: False) -> None:
    """Tell what is due, within `SECONDS` in all. Once a message does not arrive, the others wait as it does."""
    if parts.hook is None or stop():
        return
    with parts.engine.connect() as conn:
        due = alerts_to_tell(conn, parts.now(), _AT_ONCE)
    deadline, away = Deadline.after(SECONDS, parts.monotonic), False
    for one in due:
        if not away:
            try:
                parts.hook.tell(_message(one), deadline.remaining())
            except NotTold as error:
                log("alert not told", level="WARNING", kind=one.kind, about=one.about, error=str(error))
                away = True
        with parts.engine.begin() as conn:
            if not away:
                alert_told(conn, one)
            elif not alert_not_told(conn, one, parts.now(), again_in=pause_after(one.attempts)):
                log("alert given up", level="ERROR", kind=one.kind, about=one.about)


def pause_after(attempts: int) -> timedelta:
    """How long to wait after so many tries before: 30 seconds, doubling to an hour."""
    return _LONGEST_PAUSE if attempts > 7 else min(_FIRST_PAUSE * 2**attempts, _LONGEST_PAUSE)


def _message(one: Alert) -> Message:
    if one.over_at is None:
        return Message(f"alert-{one.id}", one.kind, one.message, one.raised_at, resolved=False)
    return Message(f"alert-{one.id}-resolved", one.kind, f"Resolved: {one.message}", one.over_at, resolved=True)


def _platforms(parts: Parts, conn: Connection, now: datetime) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    for platform in _on(parts):
        trouble = health_of(conn, platform, now).trouble
        name, variable = _NAMES[platform]
        if trouble is None:
            continue
        if trouble.kind is Kind.STOPPED:
            found[_STOPPED, platform] = (
                f"{name} does not accept our token since {_minute(trouble.since)}: nothing is read or written there, and"
                f" nobody known there is enrolled; webhooks are kept. Put a valid one into {variable} and restart."
            )
        elif trouble.kind is Kind.QUOTA:
            found[_QUOTA, platform] = (
                f"{name}'s calls of the day are used up since {_minute(trouble.since)}: Trellis asks again each hour, and"
                " nothing is lost."
            )
        elif trouble.until is not None and now - trouble.since >= PATIENCE:
            found[_AWAY, platform] = (
                f"{name} does not answer, or asks to wait, since {_minute(trouble.since)}: Trellis goes on trying, and"
                " nothing is lost."
            )
    return found


def _not_read(parts: Parts, conn: Connection, told: Collection[str], now: datetime) -> Open:
    found: dict[tuple[str, str], str] = {}
    for platform in _on(parts):
        worked_at = health_of(conn, platform, now).worked_at
        if platform not in told and worked_at is not None and now - worked_at >= _NO_PASS:
            name, _ = _NAMES[platform]
            found[_SILENT, platform] = f"no pass over {name} went well since {_minute(worked_at)}: see `trellis check`."
    return found


_PILES = ("deliveries unknown", "deliveries failed", "intents held", "intents parked", "intents unknown")


def _piled(conn: Connection, now: datetime) -> Open:
    return {(pile.what, pile.about): _told(pile) for pile in piles(conn, now)}


def _told(pile: Pile) -> str:
    what, _, state = pile.what.partition(" ")
    look = _LOOKS[what].format(state=state)
    named = _ONE[what] if pile.items == 1 else what
    return f"{pile.items} {named} {state} ({pile.about}): a person has to decide, see `{look}`."


def _overdue(conn: Connection) -> Open:
    return {
        (_OVERDUE, f"#{one.contact}"): (
            f"nobody has touched contact #{one.contact} since sales was given it on {_minute(one.at)}: see"
            " `trellis handovers --overdue`."
        )
        for one in handovers.open_ones(conn, overdue=True)
    }


def _on(parts: Parts) -> list[str]:
    return sorted({source.partition(":")[0] for source in parts.platforms})


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
