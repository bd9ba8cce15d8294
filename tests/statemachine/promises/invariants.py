"""What must hold after every step of a world, and what once everything works again; each tells what is wrong in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from itertools import chain

from promises.events import Told
from promises.platforms import AUDIENCE, HUBSPOT
from promises.world import World

from adapters.ports import Record

_ENDINGS = frozenset({"handled", "ignored", "unknown", "failed"})
#: Rows of what has ended are kept so long.
_KEPT = timedelta(days=30)
_LISTED = "could not be read"


def broken(world: World) -> list[str]:
    """What does not hold now."""
    _note_erasures(world)
    return [
        *world.judge.violations,
        *_deliveries(world),
        *_silent_endings(world),
        *_erased_people(world),
    ]


def unfinished(world: World) -> list[str]:
    """What is still not done although everything works, and time has passed."""
    return [*_waiting(world), *_stale_records(world), *_forsaken(world)]


# ---------------------------------------------------------------- promise 2: what was acknowledged


def _deliveries(world: World) -> Iterator[str]:
    kept = {number: (state, reason) for number, state, reason in world.rows("SELECT id, state, reason FROM delivery")}
    waited, world.webhooks.waiting = (
        world.webhooks.waiting,
        {one for one, (state, _) in kept.items() if state == "waiting"},
    )
    for number, told in world.webhooks.journal.items():
        if number not in kept and number not in waited and world.clock() - told[0].at > _KEPT:
            continue
        if number not in kept:
            yield f"delivery {number} was acknowledged, and is gone"
            continue
        state, reason = kept[number]
        if state == "waiting":
            continue
        if state not in _ENDINGS or not reason:
            yield f"delivery {number} ended {state} without a reason"
        if state in {"handled", "ignored"} and _LISTED not in reason:
            yield from (f"delivery {number} ended {state} ({reason}), and {why}" for why in _unheard(world, told))


def _unheard(world: World, told: list[Told]) -> Iterator[str]:
    """Events of deliveries that ended, which nobody has acted on."""
    for one in told:
        source = HUBSPOT if one.platform == HUBSPOT else AUDIENCE
        people = (world.portal if source == HUBSPOT else world.audience).people
        record = people.get(one.id)
        if one.echo or one.erasure or record is None or _may_be_erased(world, record):
            continue
        known = world.rows(
            "SELECT modified_at, archived FROM record WHERE source = %s AND platform_id = %s", source, one.id
        )
        if record.archived and (not known or known[0][1]):
            continue
        if not known or (known[0][0] < one.at and known[0][1] == record.archived):
            yield f"what it told of {one.id} on {one.at} is not known"


# ---------------------------------------------------------------- promise 8: nothing ends silently


def _silent_endings(world: World) -> Iterator[str]:
    rows = world.rows(
        "SELECT id, kind, state FROM intent WHERE reason = '' AND state IN ('held', 'refused', 'parked', 'expired')"
    )
    for number, kind, state in rows:
        yield f"intent {number} ({kind}) is {state} without a reason"


# ---------------------------------------------------------------- promise 9: erased people


def names_of(world: World, contact: int) -> frozenset[str]:
    """What the store knows somebody by: ids and addresses."""
    known = "SELECT platform_id FROM identity WHERE contact = %s UNION SELECT email FROM record WHERE contact = %s"
    return frozenset(name for (name,) in world.rows(known, contact, contact) if name)


def _note_erasures(world: World) -> None:
    """HubSpot's word that somebody was erased has reached Trellis when the delivery that told it has ended; then all is gone
    by which she was known until then.
    """
    ended = {number for (number,) in world.rows("SELECT id FROM delivery WHERE state <> 'waiting'")}
    done = {one.id for number, told in world.webhooks.journal.items() if number in ended for one in told if one.erasure}
    for id_, key in world.erasing.items():
        if id_ in done:
            world.judge.erased |= dict.fromkeys({id_, *world.known_by.pop(id_, ())}, key)
        else:
            known = world.rows("SELECT contact FROM identity WHERE source = 'hubspot' AND platform_id = %s", id_)
            names = [names_of(world, contact) for (contact,) in known]
            world.known_by[id_] = world.known_by.get(id_, frozenset()).union(*names)


def _erased_people(world: World) -> Iterator[str]:
    for name, key in world.judge.erased.items():
        for table in _tables_with(world, name):
            yield f"{key} was erased, and {name} is still in table {table}"


@cache
def _searched(tables: tuple[str, ...]) -> bytes:
    rows = " UNION ALL ".join(
        f"SELECT '{table}' WHERE EXISTS (SELECT FROM {table} AS one WHERE one::text LIKE %(name)s)" for table in tables
    )
    bodies = (
        "SELECT 'delivery' WHERE EXISTS (SELECT FROM delivery WHERE state <> 'waiting'"
        " AND position(%(bytes)s::bytea IN body) > 0)"
    )
    return f"{rows} UNION ALL {bodies}".encode()


def _may_be_erased(world: World, record: Record) -> bool:
    """Trellis was told to forget her, or may have found out by itself that HubSpot has."""
    names = {*world.judge.erased, *chain.from_iterable(world.known_by.values())}
    return record.id in names or record.email in names


def _tables_with(world: World, name: str) -> list[str]:
    """Where somebody's name is still to be read, but in what is kept for an hour until she is out of her track."""
    tables = world.rows(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN ('delivery', 'parting') ORDER BY 1"
    )
    query = _searched(tuple(table for (table,) in tables))
    return [table for (table,) in world.look(query, {"name": f"%{name}%", "bytes": name.encode()})]


# ---------------------------------------------------------------- in the end


def _waiting(world: World) -> Iterator[str]:
    for number, attempts, reason in world.rows("SELECT id, attempts, reason FROM delivery WHERE state = 'waiting'"):
        yield f"delivery {number} still waits after {attempts} attempts: {reason}"


def _stale_records(world: World) -> Iterator[str]:
    """The ledger's snapshots are what a store that is built from nothing would have."""
    kept = {
        (source, id_): (raw, email)
        for source, id_, raw, email in world.rows(
            "SELECT source, platform_id, raw, email FROM record WHERE NOT archived"
        )
    }
    there = {(HUBSPOT, one.id): one for one in world.portal.people.values() if not one.archived}
    there |= {(AUDIENCE, one.id): one for one in world.audience.people.values()}
    for name, record in there.items():
        if _may_be_erased(world, record):
            continue
        if name not in kept:
            yield f"{name} is not in the ledger"
            continue
        raw, email = kept.pop(name)
        wanted = {key: value for key, value in record.values.items() if value}
        held = {key: value for key, value in raw.items() if value}
        if held != wanted or email != record.email:
            changed = sorted(key for key in held.keys() | wanted.keys() if held.get(key) != wanted.get(key))
            yield f"{name} differs in {changed}"
    for name in sorted(kept.keys() - there.keys()):
        yield f"{name} is in the ledger, and not there any more"


def _forsaken(world: World) -> Iterator[str]:
    """Leads to whom nothing happened but that they came: each has entered, or stands on a list with a reason."""
    entered = {effect.human.now for effect in world.judge.effects}
    for human in world.people:
        if not human.plain or human.now in entered:
            continue
        ids = [(source, id_) for (source, id_), one in world.judge.humans.items() if one.now is human]
        listed = [row for source, id_ in ids for row in world.rows(_INTENTS, source, id_)]
        if not listed:
            yield f"{human.key} should have been enrolled, and nobody can see why she is not"
        late = world.clock() - timedelta(hours=1)
        yield from (
            f"{human.key} should have been enrolled: {state} ({reason})"
            for state, reason, due in listed
            if state in {"pending", "sending", "unknown"} and due < late
        )


_INTENTS = (
    "SELECT state, reason, not_before FROM intent JOIN identity USING (contact)"
    " WHERE kind = 'enroll' AND identity.source = %s AND platform_id = %s AND state NOT IN ('superseded', 'expired')"
)
