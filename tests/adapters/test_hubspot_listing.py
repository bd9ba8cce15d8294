"""The full read by several walks: nobody is lost wherever it is broken off, calls are counted, oddities are survived."""

from __future__ import annotations

import json
import threading
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import accumulate, chain, islice, repeat
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.hubspot.chains import Extent
from adapters.hubspot.listing import AHEAD, Source, list_pages
from adapters.ports import Page, PlatformBusy, PlatformUnreachable

FIRST = 51_854_903_501


@dataclass
class Portal:
    """A list of contacts whose token is the last id + 1 (as recorded), the last id, a row's number, or a secret."""

    ids: list[int]
    kind: str = "following"
    asked: list[str | None] = field(default_factory=list)
    told: set[str | None] = field(default_factory=lambda: {None})

    def __call__(self, token: str | None) -> dict[str, Any]:
        self.asked.append(token)
        start = self._place(token)
        rows = [{"id": str(each)} for each in self.ids[start : start + 100]]
        if start + 100 >= len(self.ids):
            return {"results": rows}
        last = self.ids[start + 99]
        after = {"following": last + 1, "last": last, "number": start + 100, "secret": f"s{start + 100}"}[self.kind]
        self.told.add(str(after))
        return {"results": rows, "paging": {"next": {"after": str(after)}}}

    def _place(self, token: str | None) -> int:
        if token is None:
            return 0
        if self.kind == "secret":
            return int(token.removeprefix("s")) if token.startswith("s") else 0
        if self.kind == "number":
            return int(token)
        return (bisect_left if self.kind == "following" else bisect_right)(self.ids, int(token))

    @property
    def least(self) -> int:
        return max(1, -(-len(self.ids) // 100))

    @property
    def own_starts(self) -> int:
        return sum(each not in self.told for each in self.asked)


def listing(
    portal: Callable[[str | None], dict[str, Any]], at_once: int, ids: list[int], after: str | None = None
) -> Generator[Page, None, None]:
    source = Source(
        ask=portal,
        sort=lambda rows: ([row["id"] for row in rows], {}),
        at_once=lambda: at_once,
        ask_extent=lambda: Extent(max(ids, default=0), len(ids)),
    )
    return list_pages(source, after)


def read(portal: Portal, at_once: int, after: str | None = None) -> list[int]:
    return [int(each) for page in listing(portal, at_once, portal.ids, after) for each in page.records]


def layout(parts: list[tuple[int, int]], first: int = FIRST) -> list[int]:
    """Ids from (how many, how far apart) of each part."""
    return [first + each for each in accumulate(chain.from_iterable(repeat(gap, count) for count, gap in parts))]


layouts = st.builds(
    layout,
    st.lists(st.tuples(st.integers(0, 3000), st.sampled_from([1, 2, 37, 1000, 10**7])), min_size=0, max_size=5),
    st.sampled_from([0, FIRST]),  # from 1 on, numbers of rows look like ids until the first gap
)
kinds = st.sampled_from(["following", "last", "number", "secret"])


@pytest.mark.parametrize("kind", ["following", "last"])
@pytest.mark.parametrize("at_once", [1, 3, 8])
@pytest.mark.parametrize("count", [0, 1, 100, 12_345])
def test_without_gaps_no_call_is_wasted_however_many_walk(kind: str, at_once: int, count: int) -> None:
    portal = Portal(layout([(count, 1)]), kind)
    assert sorted(read(portal, at_once)) == portal.ids
    assert len(portal.asked) == portal.least


def test_several_walks_are_under_way_at_once() -> None:
    portal = Portal(layout([(20_000, 3)]))
    together = threading.Barrier(4, timeout=20)
    first = threading.Event()

    def ask(token: str | None) -> dict[str, Any]:
        if first.is_set() and not together.broken and together.n_waiting < 4 and not met.is_set():
            together.wait()
            met.set()
        first.set()
        return portal(token)

    met = threading.Event()
    found = [each for page in listing(ask, 4, portal.ids) for each in page.records]
    assert met.is_set()
    assert len(found) == 20_000


@given(ids=layouts, kind=kinds, at_once=st.integers(1, 8))
def test_everybody_is_met_once_and_a_start_of_our_own_costs_one_call_at_most(
    ids: list[int], kind: str, at_once: int
) -> None:
    portal = Portal(ids, kind)
    found = read(portal, at_once)
    assert set(found) == set(ids)
    if kind in {"following", "last"}:
        assert len(found) == len(ids)
        assert len(portal.asked) <= portal.least + portal.own_starts
        assert portal.own_starts <= 4 * at_once


@given(ids=layouts, kind=kinds, at_once=st.integers(1, 8), breaks=st.lists(st.integers(1, 60), max_size=4))
def test_a_read_that_is_broken_off_anywhere_goes_on_without_losing_anybody(
    ids: list[int], kind: str, at_once: int, breaks: list[int]
) -> None:
    portal = Portal(ids, kind)
    found: set[int] = set()
    after: str | None = None
    for pages in [*breaks, len(ids) + 1]:
        with closing(listing(portal, at_once, ids, after)) as read_on:
            for page in islice(read_on, pages):
                found |= {int(each) for each in page.records}
                after = page.next
        if after is None:
            break
    assert after is None
    assert found == set(ids)


def test_going_on_reads_nothing_again() -> None:
    portal = Portal(layout([(30_000, 5)]))
    with closing(listing(portal, 4, portal.ids)) as pages:
        given_before = list(islice(pages, 40))
    after = given_before[-1].next
    assert after is not None
    assert len(json.loads(after)["ranges"]) > 1
    had = {int(each) for page in given_before for each in page.records}
    rest = read(portal, 4, after)
    assert had.isdisjoint(rest)
    assert len(had) + len(rest) == 30_000


def test_a_token_of_an_older_trellis_goes_on() -> None:
    portal = Portal(layout([(5000, 3)]))
    assert sorted(read(portal, 4, after=str(portal.ids[700]))) == portal.ids[700:]


@pytest.mark.parametrize("gap_at", [150, 2500, 5200, 8999])
def test_numbers_of_rows_that_look_like_ids_lose_nobody(gap_at: int) -> None:
    portal = Portal(layout([(gap_at, 1), (1, 10**6), (9000 - gap_at, 1)], first=0), "number")
    assert set(read(portal, 6)) == set(portal.ids)


def test_newcomers_are_met() -> None:
    portal = Portal(layout([(9000, 1)]))
    pages = listing(portal, 4, portal.ids)
    found = set(next(pages).records)
    newcomer = portal.ids[-1] + 50_000
    portal.ids = [*portal.ids, newcomer]
    found |= {each for page in pages for each in page.records}
    assert str(newcomer) in found


def test_pages_that_come_out_of_order_are_read_one_after_the_other() -> None:
    ids = layout([(3000, 1)])
    shuffled = ids[1500:] + ids[:1500]
    portal = Portal(shuffled, "secret")
    found = read(portal, 8)
    assert found == shuffled
    assert len(portal.asked) == 30


def test_tokens_that_stop_being_ids_are_followed_as_they_are() -> None:
    """From the 120th row on, another kind of token: what the walks further up have read is read again, by one walk."""
    ids = layout([(12_000, 2)])
    portal, turned = Portal(ids), Portal(ids, "secret")

    def ask(token: str | None) -> dict[str, Any]:
        if token is not None and (token.startswith("s") or int(token) > ids[150]):
            return turned(token if token.startswith("s") else f"s{bisect_left(ids, int(token))}")
        return portal(token)

    found = [int(each) for page in listing(ask, 6, ids) for each in page.records]
    assert set(found) == set(ids)


@pytest.mark.parametrize("at_once", [1, 8])
def test_an_error_reaches_the_reader_once_and_ends_all_walks(at_once: int) -> None:
    portal = Portal(layout([(20_000, 1)]))
    before = threading.active_count()

    def ask(token: str | None) -> dict[str, Any]:
        if len(portal.asked) >= 30:
            raise PlatformBusy("hubspot", "enough", retry_after=1.0)
        return portal(token)

    pages = listing(ask, at_once, portal.ids)
    with pytest.raises(PlatformBusy):
        list(pages)
    assert list(pages) == []
    assert threading.active_count() == before


def test_closing_ends_all_walks_and_they_were_not_far_ahead() -> None:
    portal = Portal(layout([(60_000, 1)]))
    before = threading.active_count()
    with closing(listing(portal, 4, portal.ids)) as pages:
        given_pages = list(islice(pages, 50))
    assert threading.active_count() == before
    assert len(given_pages) == 50
    assert len(portal.asked) <= 50 + AHEAD + 4


def test_a_page_that_repeats_for_ever_ends() -> None:
    answer = {"results": [{"id": "7"}], "paging": {"next": {"after": "odd"}}}
    with pytest.raises(PlatformUnreachable):
        list(listing(lambda _token: answer, 4, [7]))
