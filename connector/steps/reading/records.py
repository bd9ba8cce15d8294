"""Records of one source: everything in a full read, otherwise what changed since the last pass.

A cursor moves only after everything before it is in the ledger. A full read that is broken off goes on where it was, and
one that ends has met everybody who is there: whom we know and did not meet is asked for by id.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from itertools import islice

from adapters.ports import HubSpotPort, MailchimpPort, Page
from connector.steps.parts import Parts
from connector.steps.reading.cursors import OVERLAP, known_until, set_cursor
from connector.steps.reading.intake import take_in
from connector.steps.reading.sweep import confirm_gone, keep_count
from connector.steps.tally import Tally
from connector.store import failures, ledger, state
from connector.store.listing import begin_listing, count_listed, list_ids, not_listed

#: Records are kept so many at a time: each transaction waits for the disk.
GROUP = 2000

_RESUMED_WITHIN = timedelta(days=1)

Pause = Callable[[], None]


def read_records(
    parts: Parts,
    source: str,
    port: HubSpotPort | MailchimpPort,
    *,
    full: bool,
    pause: Pause = lambda: None,
    group: int = GROUP,
) -> Tally:
    """Read a source: everything at first sight or with `full`, else the news. `pause` is called between transactions, of
    `group` records each.

    Raises PlatformError; what was read by then is kept.
    """
    since = known_until(parts, source)
    if full or since is None:
        return _read_everything(parts, source, port, pause, group)
    until = parts.now()
    tally: Tally = Counter()
    with closing(_news(parts, port, since - OVERLAP, until)) as pages:
        for some in _groups(pages, group):
            tally += _keep(parts, source, some, whole=False)
            pause()
    set_cursor(parts, source, "records", until)
    return tally


def _read_everything(parts: Parts, source: str, port: HubSpotPort | MailchimpPort, pause: Pause, group: int) -> Tally:
    """What changes while it runs is read by the next pass, so the beginning counts, also after an interruption."""
    began, after = _began(parts, source)
    told = port.count()
    with parts.engine.connect() as conn:
        done = count_listed(conn, source)
    tally: Tally = Counter()
    with closing(port.all(after)) as pages:
        for some in _groups(pages, group):
            tally += _keep(parts, source, some, whole=True)
            if parts.progress:
                parts.progress.step(f"reading {source}", done + tally["read"], told)
            pause()
    with parts.engine.connect() as conn:
        absent = not_listed(conn, source)
        tally["listed"] = count_listed(conn, source)
    tally["told"] = told
    tally += confirm_gone(parts, source, port, absent)
    keep_count(parts, source, told)
    set_cursor(parts, source, "records", began)
    with parts.engine.begin() as conn:
        state.set_cursor(conn, source, "resume", "", parts.now())
        begin_listing(conn, source)
    return tally


def _keep(parts: Parts, source: str, pages: Sequence[Page], *, whole: bool) -> Tally:
    """Pages into the ledger, and then, if they belong to a full read, how far it is: what is read twice does no harm."""
    tally = take_in(parts, [record for page in pages for record in page.records])
    unreadable = {one: reason for page in pages for one, reason in page.unreadable.items()}
    tally["unreadable"] = len(unreadable)
    now = parts.now()
    with parts.engine.begin() as conn:
        for platform_id, reason in unreadable.items():
            failures.record_failure(
                conn, step="read", source=source, platform_id=platform_id, contact=None, reason=reason, at=now
            )
        if whole:
            list_ids(conn, source, [*(record.id for page in pages for record in page.records), *unreadable])
            state.set_cursor(conn, source, "resume", pages[-1].next or "", now)
    return tally


def _news(
    parts: Parts, port: HubSpotPort | MailchimpPort, since: datetime, until: datetime
) -> Generator[Page, None, None]:
    """Pages of what changed in the window; a window that holds only what is known costs HubSpot one call.

    The overlap shows our own latest writes again and again. If everything on the newest page is known as it is and the
    window's total is what we know, the rest need not be read. (What could slip through: a record that changed twice
    within the overlap, the second time indexed late, below 200 newer ones.)
    """
    pages = port.changed(since, until)
    for first in islice(pages, 1):
        yield first
        if port is parts.hubspot and _all_known(parts, port.source, first, since, until):
            return
    yield from pages


def _all_known(parts: Parts, source: str, newest: Page, since: datetime, until: datetime) -> bool:
    with parts.engine.connect() as conn:
        known = ledger.count_modified(conn, source, since, until)
        moments = ledger.moments_of(conn, source, [record.id for record in newest.records])
    return known == newest.total and all(moments.get(one.id) == one.modified_at for one in newest.records)


def _groups(pages: Iterator[Page], size: int) -> Iterator[Sequence[Page]]:
    """Pages in runs of at least `size` records, the last one apart."""
    group: list[Page] = []
    for page in pages:
        group.append(page)
        if sum(len(one.records) for one in group) >= size:
            yield group
            group = []
    if group:
        yield group


def _began(parts: Parts, source: str) -> tuple[datetime, str | None]:
    """When the full read at hand began, and where it goes on if it was broken off within a day, under the same rulebook:
    another one may read other properties.
    """
    now = parts.now()
    with parts.engine.begin() as conn:
        after = state.get_cursor(conn, source, "resume") or None
        moment, _, rulebook = (state.get_cursor(conn, source, "began") or "").partition(" ")
        if after and rulebook == parts.rulebook.hash and now - datetime.fromisoformat(moment) < _RESUMED_WITHIN:
            return datetime.fromisoformat(moment), after
        state.set_cursor(conn, source, "began", f"{now.isoformat()} {parts.rulebook.hash}", now)
        begin_listing(conn, source)
    return now, None
