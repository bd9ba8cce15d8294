"""What making a rulebook the active one would do to everybody: judged in columns against one moment of the store, and kept
nowhere (docs/decisions/024).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from math import fsum
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from connector.change.plan.calls import calls
from connector.change.plan.compared import compared
from connector.change.plan.creating import activating_calls, lists_created
from connector.change.plan.everybody import Everybody
from connector.change.plan.guarded import Allowed, guarded, held_by_reason
from connector.change.plan.housekeeping import calls_to_listen, housekeeping_calls
from connector.change.plan.plan import Cost, Plan, Waiting
from connector.change.plan.waiting import waiting
from connector.change.plan.wishes import Wish
from connector.nurturing.guard import allowance
from connector.nurturing.working_time import next_open
from connector.rulebook.types import Rulebook
from connector.steps import portal
from connector.steps.judged_crowd import snapshot
from connector.steps.newly_mapped import newly_mapped
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.portal.kept import known_already
from connector.store import ledger
from connector.store.bulk.waiting import room_now, sent_lately
from connector.store.engine import writer_lock
from connector.store.holds import moves_delivered
from connector.store.pace import Pace


def figure(
    parts: Parts,
    active: Rulebook | None,
    *,
    creates: Sequence[str] = (),
    versus: Rulebook | None = None,
    reading: portal.Reading | None = None,
) -> Plan:
    """Say what applying the rulebook of `parts` would do, everybody judged as of now; `active` is the one that decides.

    `creates` are the lines of a dry run of `provision`, `reading` says who listens to that rulebook (`portal.look`; None: what is
    kept of the active one, which may write elsewhere). Who moves because days went by, or because there is news, belongs to
    the plan: applying judges her, too. While the first whole pass is not over, nobody enters, leaves or is handed over, and
    who is placed for the first time does not move. With `versus` both rulebooks judge from where everybody stands, and nothing is
    told of what it costs.

    Read-only: no row changes, and no platform is asked. Raises StoreUnavailable.
    """
    made_at = parts.now()
    still = replace(parts, now=lambda: made_at)
    with _frozen(still) as moment:
        if versus is not None:
            return compared(still, active, versus, moment.conn, moment.position)
        return _figured(still, active, creates, reading, moment)


@dataclass(frozen=True, slots=True)
class _Moment:
    """One moment of the store: what `conn` sees is all up to this position of the ledger, and nothing later."""

    conn: Connection
    position: int


@contextmanager
def _frozen(parts: Parts) -> Iterator[_Moment]:
    with snapshot(parts) as conn:
        with parts.engine.begin() as writing:
            writer_lock(writing)  # nobody takes a position until the snapshot is there
            position = ledger.position(writing)
            conn.execute(text("SET TRANSACTION READ ONLY"))
            conn.execute(text("SELECT 1"))
        yield _Moment(conn, position)


def _figured(
    parts: Parts,
    active: Rulebook | None,
    creates: Sequence[str],
    reading: portal.Reading | None,
    moment: _Moment,
) -> Plan:
    conn, rulebook = moment.conn, parts.rulebook
    everybody = Everybody(parts, active, conn, reading, lists_created(creates))
    everybody.judge()
    is_active = active is not None and active.hash == rulebook.hash
    paces = {source.partition(":")[0]: port.pace() for source, port in parts.platforms.items()}
    wishes = guarded(everybody.wishes, _allowed(parts, conn), heard=bool(everybody.ears.names))
    unlisted = everybody.listings.end()
    made = Counter(calls(wishes, everybody.listings.by_key.values()))
    made[HUBSPOT] += housekeeping_calls(parts, conn)
    if not is_active:
        unknown = [source for source, known in known_already(parts).items() if known is None]
        made.update(activating_calls(creates, rulebook, parts.platforms, unknown))
        made[HUBSPOT] += calls_to_listen(reading)
    made = Counter({platform: count for platform, count in (+made).items() if platform in paces})
    return Plan(
        made_at=parts.now(),
        day=parts.today,
        rulebook=rulebook.hash,
        active=active.hash if active else None,
        position=moment.position,
        contacts=everybody.people,
        before=everybody.before.spread(),
        after=everybody.after.spread(),
        moves=tuple(sorted(everybody.moves, key=lambda one: one.contact)),
        enters=tuple(sorted(everybody.enters, key=lambda one: (one.contact, one.track))),
        leaves=tuple(sorted(everybody.leaves, key=lambda one: (one.contact, one.track))),
        handovers=tuple(sorted(everybody.handovers)),
        creates=tuple(creates),
        newly_read=newly_mapped(conn, active, rulebook) if active is not None else None,
        cost=Cost(
            _writes(wishes),
            dict(sorted(made.items())),
            fsum(count / paces[platform] for platform, count in made.items()),
        ),
        held={**held_by_reason(wishes), **unlisted},
        waiting=_waiting(parts, conn, wishes),
    )


def _allowed(parts: Parts, conn: Connection) -> Allowed:
    """What the guard and the pace of the new rulebook let go, less what has gone in the last 24 hours."""
    tracks, now = parts.rulebook.tracks, parts.now()
    room = room_now(conn, _pace(parts), now)
    moves = allowance(tracks.guard, ledger.count_contacts(conn), moves_delivered(conn, now), 0).stage_moves
    return Allowed(moves, tracks.guard.enrollments, room, open=_opens(parts, now) <= now)


def _waiting(parts: Parts, conn: Connection, wishes: Sequence[Wish]) -> Waiting | None:
    sent = sent_lately(conn, _pace(parts), parts.now())
    return waiting(wishes, sent, _pace(parts), parts.now(), partial(_opens, parts))


def _opens(parts: Parts, at: datetime) -> datetime:
    return next_open(parts.rulebook.tracks.calendar, ZoneInfo(parts.rulebook.fields.timezone), at)


def _pace(parts: Parts) -> Pace:
    return Pace(parts.rulebook.tracks.dosing.per_hour, parts.rulebook.tracks.dosing.per_day)


def _writes(wishes: Sequence[Wish]) -> Mapping[str, int]:
    """Rows by source."""
    going = Counter(one.source for one in wishes if one.kind == "write" and one.due and not one.held)
    return dict(sorted(going.items()))
