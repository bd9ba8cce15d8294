"""A static list of HubSpot: some people put on it or taken off it, by one call."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.ports import CredentialsRefused, Deadline, PlatformRefused, ScopeMissing
from connector.steps import portal
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.segments.endings import Ended
from connector.store import roster, state
from connector.store.roster import Listed

#: After a list as such was refused, it is left alone for so long; `trellis provision` ends that.
_PAUSE_S = 3600.0


class ListRefused(Exception):
    """Nobody can be put on the list of this name, or taken off it, for a reason that is not about anybody."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(reason)
        self.name = name
        self.reason = reason


def change_list(parts: Parts, name: str, rows: Sequence[Listed], put: bool, deadline: Deadline) -> Ended:
    """Put these people on the list, or take them off. Whoever HubSpot does not know is on no list any more.

    A list that was deleted and made anew is empty: nobody counts as standing there from then on, and it is filled again.
    Raises ListRefused, and PlatformError but for refusals.
    """
    try:
        return _change(parts, name, rows, put, deadline)
    except CredentialsRefused:
        raise
    except PlatformRefused as refused:
        scopes = refused.scopes if isinstance(refused, ScopeMissing) else ()
        reason = f"lacks the scope {', '.join(scopes)}" if scopes else refused.message
        raise _paused(parts, name, reason) from refused


def _change(parts: Parts, name: str, rows: Sequence[Listed], put: bool, deadline: Deadline) -> Ended:
    port, list_id = parts.hubspot, _id_of(parts, name)
    assert port is not None  # else nothing of HubSpot's is asked for
    change = port.put_on_list if put else port.take_off_list
    ids = [row.id for row in rows if row.id]
    try:
        unknown = change(list_id, ids, deadline) if ids else frozenset[str]()
    except PlatformRefused as refused:
        if refused.status == 404 and _was_made_anew(parts, name, list_id):
            return Ended()
        raise
    if not put:
        return Ended(tuple(rows))
    lost = {row: f"HubSpot has no contact {row.id}" for row in rows if row.id in unknown}
    return Ended(tuple(row for row in rows if row not in lost), lost)


def _id_of(parts: Parts, name: str) -> str:
    with parts.engine.connect() as conn:
        reason = state.cached(conn, _pause(name), _PAUSE_S, parts.now())
    if reason is not None:
        raise ListRefused(name, str(reason))
    list_id = portal.list_ids(parts).get(name)
    if list_id is None:
        _forget_lists(parts)  # it may have been made since
        list_id = portal.list_ids(parts).get(name)
    if list_id is None:
        raise _paused(parts, name, f'HubSpot has no contact list "{name}": run `trellis provision`')
    return list_id


def _was_made_anew(parts: Parts, name: str, former: str) -> bool:
    """Look the list up again; nobody stands on the former one any more, whether there is another or not."""
    _forget_lists(parts)
    with parts.engine.begin() as conn:
        roster.emptied(conn, f"{HUBSPOT}:list:{name}")
    return portal.list_ids(parts).get(name) not in (None, former)


def _forget_lists(parts: Parts) -> None:
    with parts.engine.begin() as conn:
        state.forget_cached(conn, f"{HUBSPOT}:lists")


def _paused(parts: Parts, name: str, reason: str) -> ListRefused:
    with parts.engine.begin() as conn:
        state.put_cached(conn, _pause(name), reason, parts.now())
    return ListRefused(name, reason)


def _pause(name: str) -> str:
    return f"{HUBSPOT}:segment:{name}"
