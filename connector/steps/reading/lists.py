"""Joining a list that the marketer keeps is an act. A membership is told once, whatever its time says later.

HubSpot gives members in the order of their joining, so the news are at the end: what is kept is the token of the last
page, and a quiet list costs one call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import chain

from sqlalchemy import Connection

from adapters.hubspot_port import HubSpotPort
from adapters.ports import ListMember, MembersPage, PlatformRefused
from connector.facts import Event
from connector.steps import portal
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.reading.refusals import unless_refused
from connector.store import ledger, state
from connector.store.engine import writer_lock
from connector.store.told import any_told

#: Who joined so lately and is a stranger may just not have been found yet; later she is one of those whom nobody finds.
_MAY_STILL_COME = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Source:
    """A list that is where acts of one kind come from."""

    kind: str
    name: str
    id: str

    @property
    def stream(self) -> str:
        return f"list:{self.id}:{self.kind}"

    @property
    def key(self) -> str:
        return f"{HUBSPOT}:{self.kind}:list:{self.id}"


def read_lists(parts: Parts, port: HubSpotPort, *, full: bool = False, pause: Callable[[], None] = lambda: None) -> int:
    """Read the lists that fields.yaml names as event sources, from where they ended last time or with `full` from the
    beginning; how many acts were new. `pause` is called between transactions. A list that is refused is noted, and costs
    the others nothing; so are all, where the portal does not tell which there are. Raises any other PlatformError.

    What a list holds at its first reading is history: known at its own time.
    """
    named = [
        (kind, name)
        for kind, mapped in parts.rulebook.fields.events.items()
        for name in (mapped.hubspot.lists if mapped.hubspot else ())
    ]
    if not named:
        return 0

    def read() -> int:
        portal.list_ids(parts)
        return sum(
            unless_refused(parts, f"list {name}", partial(_read_named, parts, port, kind, name, full, pause))
            for kind, name in named
        )

    return unless_refused(parts, "lists", read)


def _read_named(parts: Parts, port: HubSpotPort, kind: str, name: str, full: bool, pause: Callable[[], None]) -> int:
    """A list that was deleted may have been made anew: its id is asked for again by the next pass."""
    list_id = portal.list_ids(parts).get(name)
    if list_id is None:
        raise PlatformRefused(HUBSPOT, f'HubSpot has no contact list "{name}" any more', status=404)
    try:
        return _read(parts, port, _Source(kind, name, list_id), full, pause)
    except PlatformRefused as refused:
        if refused.status == 404:
            with parts.engine.begin() as conn:
                state.forget_cached(conn, f"{HUBSPOT}:lists")
        raise


def _read(parts: Parts, port: HubSpotPort, source: _Source, full: bool, pause: Callable[[], None]) -> int:
    with parts.engine.connect() as conn:
        kept = state.get_cursor(conn, HUBSPOT, source.stream)
    pages = port.list_members(source.id) if full else _from_where_it_ended(parts, port, source, kept)
    added, token, one_may_come = 0, "", False
    for page in pages:
        added += _take_in(parts, source, page.members, history=kept is None)
        with parts.engine.connect() as conn:
            if not one_may_come and _tells_what_we_know(conn, source, page.members):
                token = page.token or ""
            one_may_come = one_may_come or _one_may_come(parts, conn, page.members)
        pause()
    with parts.engine.begin() as conn:
        state.set_cursor(conn, HUBSPOT, source.stream, token, parts.now())
    return added


def _from_where_it_ended(parts: Parts, port: HubSpotPort, source: _Source, token: str | None) -> Iterator[MembersPage]:
    """The pages from `token` on if its page shows somebody whom we know, else all.

    A token may be a place: when members leave, those behind move up, and the news may stand before it.
    """
    if token:
        pages = port.list_members(source.id, token)
        try:
            first = next(pages, None)
        except PlatformRefused:  # no page of that name any more; if it is the list that is gone, the next call says so
            first = None
        if first is not None:
            with parts.engine.connect() as conn:
                known = _tells_what_we_know(conn, source, first.members)
            if known:
                return chain([first], pages)
    return port.list_members(source.id)


def _take_in(parts: Parts, source: _Source, members: Sequence[ListMember], *, history: bool) -> int:
    now = parts.now()
    with parts.engine.begin() as conn:
        writer_lock(conn)
        contacts = _contacts(conn, members)
        return ledger.add_events(
            conn,
            [
                (contacts[one.id], _event(source, one.joined_at or now, now, history=history))
                for one in members
                if one.id in contacts
            ],
        )


def _event(source: _Source, at: datetime, now: datetime, *, history: bool) -> Event:
    return Event(source.kind, at, at if history else now, source.key, asset=source.name, channel=HUBSPOT)


def _tells_what_we_know(conn: Connection, source: _Source, members: Sequence[ListMember]) -> bool:
    """Whether one of these memberships is in the ledger as it is: everybody before her joined earlier, and is told as well.

    Who left and came back has another time now, and proves nothing.
    """
    contacts = _contacts(conn, members)
    joined = [(contacts[one.id], one.joined_at) for one in members if one.id in contacts and one.joined_at]
    return any_told(conn, source.key, joined)


def _one_may_come(parts: Parts, conn: Connection, members: Sequence[ListMember]) -> bool:
    """Whether a stranger is among them who may still be found: the page is to be read again for her."""
    contacts, lately = _contacts(conn, members), parts.now() - _MAY_STILL_COME
    return any(one.joined_at is not None and one.joined_at > lately for one in members if one.id not in contacts)


def _contacts(conn: Connection, members: Sequence[ListMember]) -> Mapping[str, int]:
    return ledger.contacts_of(conn, HUBSPOT, [one.id for one in members])
