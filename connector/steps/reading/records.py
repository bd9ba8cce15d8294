"""Records of one source: everything in a full read, otherwise what changed since the last pass.

A cursor moves only after everything before it is in the ledger. A full read that is broken off goes on where it was, and
one that ends has met everybody who is there: whom we know and did not meet is asked for by id.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from datetime import datetime, timedelta

from adapters.hubspot_port import HubSpotPort
from adapters.mailchimp_port import MailchimpPort
from adapters.ports import CredentialsRefused, Page, PlatformRefused, ScopeMissing
from connector.steps.parts import Parts
from connector.steps.reading.cursors import known_until, set_cursor
from connector.steps.reading.intake import read_by_ids, take_in
from connector.steps.reading.news import HubSpotNews, KnownInLedger, News
from connector.steps.reading.settled import get_settled, set_settled, settled_by_list
from connector.steps.reading.sweep import keep_count
from connector.steps.tally import Tally
from connector.store import ledger, state
from connector.store.listing import archived_among, begin_listing, count_listed, list_ids, not_listed

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
    into: Tally | None = None,
) -> Tally:
    """Read a source: everything at first sight or with `full`, else the news. `pause` is called between transactions, of
    `group` records each.

    Raises PlatformError; what was read by then is kept, and counted `into` a tally where one is given.
    """
    tally: Tally = Counter() if into is None else into
    since = known_until(parts, source)
    if full or since is None:
        _read_everything(parts, source, port, pause, group, tally)
        if since is None:  # nobody whom we know can have gone
            set_cursor(parts, source, "sweep", parts.now())
        return tally
    news = _news(parts, port, since)
    with closing(news.pages()) as pages:
        for some in _groups(pages, group):
            tally += _keep(parts, source, port, some)
            pause()
    with parts.engine.begin() as conn:
        state.set_cursor(conn, source, "records", news.until.isoformat(), parts.now())
        if isinstance(news, HubSpotNews):
            set_settled(conn, source, news.settled)
    return tally


def _news(parts: Parts, port: HubSpotPort | MailchimpPort, since: datetime) -> News:
    hubspot = parts.hubspot
    if hubspot is None or port is not hubspot:
        return News(port, since, parts.now)
    with parts.engine.connect() as conn:
        settled = get_settled(conn, port.source)
    return HubSpotNews(hubspot, KnownInLedger(parts.engine, port.source), since, settled, parts.now)


def _read_everything(
    parts: Parts, source: str, port: HubSpotPort | MailchimpPort, pause: Pause, group: int, tally: Tally
) -> None:
    """What changes while it runs is read by the next pass, so the beginning counts, also after an interruption."""
    known, after = _began(parts, source)
    told = port.count()
    with parts.engine.connect() as conn:
        done = count_listed(conn, source)
    with closing(_resumed(parts, source, port.all(after)) if after else port.all()) as pages:
        for some in _groups(pages, group):
            kept = _keep(parts, source, port, some)
            _keep_place(parts, source, some)
            tally += kept
            done += kept["read"]
            if parts.progress:
                parts.progress.step(f"reading {source}", done, told)
            pause()
    with parts.engine.connect() as conn:
        absent = not_listed(conn, source)
        tally["listed"] += count_listed(conn, source)
    tally["told"] += told
    tally += read_by_ids(parts, source, port, absent)
    keep_count(parts, source, told)
    with parts.engine.begin() as conn:
        newest = ledger.newest_moment(conn, source)
        until = min(known, newest) if newest else known
        state.set_cursor(conn, source, "records", until.isoformat(), parts.now())
        if port is parts.hubspot:
            set_settled(conn, source, settled_by_list(until, known, parts.now()))
        state.set_cursor(conn, source, "resume", "", parts.now())
        begin_listing(conn, source)


def _resumed(parts: Parts, source: str, pages: Generator[Page, None, None]) -> Generator[Page, None, None]:
    """A full read that goes on. A token that is refused would be for ever: the next read begins anew. Raises PlatformError."""
    try:
        yield from pages
    except (CredentialsRefused, ScopeMissing):
        raise
    except PlatformRefused:
        with parts.engine.begin() as conn:
            state.set_cursor(conn, source, "resume", "", parts.now())
        raise


def _keep(parts: Parts, source: str, port: HubSpotPort | MailchimpPort, pages: Sequence[Page]) -> Tally:
    """Pages into the ledger. A page may be older than what a webhook told meanwhile, and search lags: whoever HubSpot said
    is gone is back only if it says so when asked for her.
    """
    records = [record for page in pages for record in page.records]
    unreadable = {one: reason for page in pages for one, reason in page.unreadable.items()}
    gone: frozenset[str] = frozenset()
    if port is parts.hubspot:
        with parts.engine.connect() as conn:
            gone = archived_among(conn, source, [one.id for one in records])
    tally = take_in(parts, source, [one for one in records if one.id not in gone], unreadable)
    return tally + read_by_ids(parts, source, port, sorted(gone))


def _keep_place(parts: Parts, source: str, pages: Sequence[Page]) -> None:
    """How far a full read is, once its pages are kept: what is read twice does no harm."""
    with parts.engine.begin() as conn:
        list_ids(
            conn, source, [one for page in pages for one in (*(record.id for record in page.records), *page.unreadable)]
        )
        state.set_cursor(conn, source, "resume", pages[-1].next or "", parts.now())


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
    """What the full read at hand is sure to meet all changes before, and where it goes on if it was broken off within a day,
    under the same rulebook: another one may read other properties.

    That is when it began, or the newest change known by then, since our clock may run ahead of the platform's.
    """
    now = parts.now()
    with parts.engine.begin() as conn:
        after = state.get_cursor(conn, source, "resume") or None
        rulebook, *moments = (state.get_cursor(conn, source, "began") or "-").split()
        if after and rulebook == parts.rulebook.hash:
            began, known = map(datetime.fromisoformat, moments)
            if now - began < _RESUMED_WITHIN:
                return known, after
        known = min(now, ledger.newest_moment(conn, source) or now)
        state.set_cursor(conn, source, "began", f"{parts.rulebook.hash} {now.isoformat()} {known.isoformat()}", now)
        begin_listing(conn, source)
    return known, None
