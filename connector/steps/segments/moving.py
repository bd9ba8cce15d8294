"""One list or tag: who is to leave is taken off, who belongs is put there, some at a time; each ends by herself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial

from adapters.ports import Deadline
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.segments.endings import Ended
from connector.steps.segments.on_list import ListRefused, change_list
from connector.steps.segments.tagging import change_tag
from connector.steps.tally import Tally
from connector.store import failures, roster
from connector.store.failures import Failing
from connector.store.roster import Listed

STEP = "segment"

#: One call at HubSpot; at Mailchimp two calls each, eight at once.
_AT_ONCE = 250
_DEADLINE_S = 120.0
#: By then a person may have mended it.
_AGAIN = timedelta(days=1)

_Change = Callable[[Sequence[Listed], bool, Deadline], Ended]


def bring_in_line(parts: Parts, key: str, source: str, stop: Callable[[], bool]) -> Tally:
    """Do what is to be done on this list or tag now. A list that HubSpot refuses as such is a failure of its own.

    Raises PlatformError where the platform is away, or accepts no token; what was done until then is kept.
    """
    change = _change_of(parts, key, source)
    tally: Tally = Counter()
    try:
        for put in (False, True):
            while not stop() and (rows := _due(parts, key, put=put)):
                ended = change(rows, put, Deadline.after(_DEADLINE_S, parts.monotonic))
                tally += _keep(parts, key, source, ended, put=put)
                if ended.away is not None:
                    raise ended.away
    except ListRefused as refused:
        _note_list(parts, refused)
    return tally


def _change_of(parts: Parts, key: str, source: str) -> _Change:
    name = key.removeprefix(f"{source}:").partition(":")[2]
    if source == HUBSPOT:
        return partial(change_list, parts, name)
    return partial(change_tag, parts.mailchimp[source], name)


def _due(parts: Parts, key: str, *, put: bool) -> Sequence[Listed]:
    with parts.engine.begin() as conn:
        return (roster.to_put if put else roster.to_take_off)(conn, key, _AT_ONCE, parts.now())


def _keep(parts: Parts, key: str, source: str, ended: Ended, *, put: bool) -> Tally:
    """Note who stands there now; whoever was refused is listed, and asked about again tomorrow."""
    now, done = parts.now(), [one.contact for one in ended.done]
    failed = [Failing(one.id, one.contact, reason) for one, reason in ended.refused.items()]
    with parts.engine.begin() as conn:
        if put:
            roster.were_put(conn, key, done)
        else:
            roster.were_taken_off(conn, key, done, now)
        roster.ask_again(conn, key, [one.contact for one in ended.refused], now + _AGAIN)
        well = [*(one.id for one in ended.done), _list_named(key)]
        failures.resolve_failures(conn, step=STEP, source=source, platform_ids=well, at=now)
        failures.record_failures(conn, failed, step=STEP, source=source, at=now)
    word = "put on lists" if put else "taken off lists"
    return Counter({name: count for name, count in ((word, len(done)), ("refused", len(failed))) if count})


def _note_list(parts: Parts, refused: ListRefused) -> None:
    with parts.engine.begin() as conn:
        failures.record_failure(
            conn,
            step=STEP,
            source=HUBSPOT,
            platform_id=_list_named(f"{HUBSPOT}:list:{refused.name}"),
            contact=None,
            reason=refused.reason,
            at=parts.now(),
        )


def _list_named(key: str) -> str:
    """Under what a failure that is about a list or tag as such is kept, and about nobody on it."""
    return f"list {key.rpartition(':list:')[2]}"
