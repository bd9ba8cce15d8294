"""Walking through changes: nobody is lost, the fewest calls are made, and a broken search ends."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.hubspot.rows import milliseconds
from adapters.hubspot.search import LONGEST_BODY, Groups, changed_pages, changed_rows, fits, search_body
from adapters.ports import PlatformUnreachable

START = datetime(2026, 11, 1, tzinfo=UTC)
END = START + timedelta(days=1)
BASE = milliseconds(START)


class Index:
    """A search index in memory that honours the filters that `changed_pages` uses."""

    def __init__(self, moments: dict[int, int]) -> None:
        self.moments = moments  # id → ms
        self.calls = 0

    def __call__(self, groups: Groups, sort: str) -> dict[str, Any]:
        self.calls += 1
        found: dict[int, int] = {}
        for rules in groups:
            some = list(self.moments.items())
            for rule in rules:
                some = list(filter(condition(rule), some))
            found |= dict(some)
        hits = list(found.items())
        place = 1 if sort.endswith("lastmodifieddate") else 0
        hits.sort(key=lambda hit: hit[place], reverse=sort.startswith("-"))
        rows = [{"id": str(i), "properties": {"lastmodifieddate": str(ms)}} for i, ms in hits[:200]]
        return {"total": len(hits), "results": rows}


def condition(rule: dict[str, Any]) -> Callable[[tuple[int, int]], bool]:
    """Whether the (id, ms) of a record fits a filter; the filter is read once, for there are many records."""
    place = 1 if rule["propertyName"] == "lastmodifieddate" else 0
    match rule["operator"]:
        case "BETWEEN":
            low, high = int(rule["value"]), int(rule["highValue"])
            assert low <= high
            return lambda hit: low <= hit[place] <= high
        case "GT":
            least = int(rule["value"])
            return lambda hit: hit[place] > least
        case "NOT_IN":
            assert 0 < len(rule["values"]) <= 50
            values = {int(value) for value in rule["values"]}
            return lambda hit: hit[place] not in values
    raise AssertionError(rule)


def walk(index: Index, since: datetime = START, until: datetime = END, beyond: datetime | None = None) -> list[int]:
    pages = changed_pages(index, "lastmodifieddate", since, until, beyond)
    return [int(row["id"]) for page, _ in pages for row in page]


def test_a_thousand_changes_are_five_calls() -> None:
    index = Index({i: BASE + 1000 * i for i in range(1, 1001)})
    assert sorted(walk(index)) == list(range(1, 1001))
    assert index.calls == 5


def test_the_first_page_is_what_changed_last_and_tells_how_many_there_are() -> None:
    index = Index({i: BASE + 1000 * i for i in range(1000)})
    rows, total = next(iter(changed_pages(index, "lastmodifieddate", START, END)))
    assert [int(row["id"]) for row in rows] == list(range(999, 799, -1))
    assert (total, index.calls) == (1000, 1)


def test_nothing_changed_is_one_call() -> None:
    index = Index({})
    assert walk(index) == []
    assert index.calls == 1


def test_more_than_ten_thousand_changes_need_no_offset() -> None:
    index = Index({10_400 - i: BASE + 1000 * i for i in range(10_400)})
    assert sorted(walk(index)) == list(range(1, 10_401))
    assert index.calls == 52


@pytest.mark.parametrize("moments", [1, 3, 40, 4000])
def test_bulk_updates_on_few_milliseconds_cost_one_call_more_at_most(moments: int) -> None:
    index = Index({i: BASE + i % moments for i in range(1, 4001)})
    found = walk(index)
    assert set(found) == set(range(1, 4001))
    assert len(found) - len(set(found)) <= 150
    assert index.calls <= 21


@pytest.mark.parametrize("known", [1, 899, 25_000])
def test_what_is_known_is_counted_and_costs_nothing(known: int) -> None:
    index = Index(
        {i: BASE + i % 1000 for i in range(1, known + 1)} | {50_000 + i: BASE + 5000 + i for i in range(1000)}
    )
    beyond = START + timedelta(seconds=1)
    assert sorted(walk(index, beyond=beyond)) == list(range(50_000, 51_000))
    assert index.calls == 5
    _, total = next(iter(changed_pages(index, "lastmodifieddate", START, END, beyond)))
    assert total == 1000 + known


def test_25_000_changes_in_three_milliseconds_beside_as_many_known_ones_are_126_calls() -> None:
    index = Index(
        {i: BASE + i % 1000 for i in range(25_000)} | {50_000 + i: BASE + 5000 + i % 3 for i in range(25_000)}
    )
    found = walk(index, beyond=START + timedelta(seconds=1))
    assert set(found) == set(range(50_000, 75_000))
    assert index.calls <= 126


def test_where_the_first_page_reaches_what_is_known_it_is_the_last() -> None:
    index = Index({i: BASE + i for i in range(1, 1001)})
    assert walk(index, beyond=START + timedelta(milliseconds=801)) == list(range(1000, 800, -1))
    assert index.calls == 1
    assert set(walk(index, beyond=START + timedelta(milliseconds=799))) == set(range(800, 1001))


@given(offsets=st.lists(st.integers(0, 20), max_size=700), beyond=st.integers(-5, 25))
def test_nobody_beyond_what_is_known_is_lost(offsets: list[int], beyond: int) -> None:
    index = Index({i: BASE + ms for i, ms in enumerate(offsets, 1)})
    wanted = {i for i, ms in enumerate(offsets, 1) if ms > beyond}
    assert wanted <= set(walk(index, beyond=START + timedelta(milliseconds=beyond)))
    assert index.calls <= max(1, -(-len(wanted) // 200)) + 1


def test_the_window_is_closed_on_both_sides() -> None:
    index = Index({1: BASE - 1, 2: BASE, 3: milliseconds(END), 4: milliseconds(END) + 1})
    assert set(walk(index)) == {2, 3}


@given(
    offsets=st.lists(st.integers(0, 40), min_size=0, max_size=900),
    until=st.integers(0, 45),
)
def test_nobody_is_lost_however_changes_crowd(offsets: list[int], until: int) -> None:
    index = Index({i: BASE + ms for i, ms in enumerate(offsets, 1)})
    wanted = {i for i, ms in enumerate(offsets, 1) if ms <= until}
    assert set(walk(index, until=START + timedelta(milliseconds=until))) == wanted
    assert index.calls <= max(1, -(-len(wanted) // 200)) + 1


@given(st.data())
def test_who_changes_meanwhile_pushes_nobody_out_of_sight(data: st.DataObject) -> None:
    index = Index({i: BASE + 10 * i for i in range(1, 701)})
    untouched = set(index.moments)
    found = set()
    for page in changed_rows(index, "lastmodifieddate", START, END):
        found |= {int(row["id"]) for row in page}
        for each in data.draw(st.lists(st.integers(1, 700), max_size=20)):
            index.moments[each] = milliseconds(END) + 1
            untouched.discard(each)
    assert untouched <= found


@pytest.mark.parametrize("step", [0, 1])
def test_a_search_that_does_not_heed_the_order_loses_nobody(step: int) -> None:
    class ByAge(Index):
        def __call__(self, groups: Groups, sort: str) -> dict[str, Any]:
            return super().__call__(groups, sort.removeprefix("-"))

    index = ByAge({i: BASE + step * i for i in range(1, 900)})
    assert set(walk(index)) == set(range(1, 900))


class Stuck(Index):
    """Ignores every filter: the same page for ever."""

    def __call__(self, groups: Groups, sort: str) -> dict[str, Any]:
        return super().__call__([[]], sort)


@pytest.mark.parametrize("step", [0, 1])
def test_a_search_that_does_not_get_on_is_an_error(step: int) -> None:
    index = Stuck({i: BASE + step * i for i in range(1, 500)})
    with pytest.raises(PlatformUnreachable):
        walk(index)
    assert index.calls < 10


def test_rows_without_a_time_are_told_once_more_and_rows_without_an_id_end_the_walk() -> None:
    rows = [{"id": str(i), "properties": {}} for i in range(1, 201)]
    answers = iter([{"total": 200 + len(rows), "results": rows}, {"total": 200, "results": rows}])
    assert len(list(changed_rows(lambda _g, _s: next(answers), "lastmodifieddate", START, END))) == 2
    odd = [{"properties": {}}] * 200
    with pytest.raises(PlatformUnreachable):
        list(changed_rows(lambda _g, _s: {"total": 900, "results": odd}, "lastmodifieddate", START, END))


def test_how_many_properties_fit_into_a_search() -> None:
    names = [f"a_property_of_this_portal_{i:03}" for i in range(60)]
    longest = max(n for n in range(61) if fits("lastmodifieddate", names[:n]))
    assert 40 < longest < 60, f"of {LONGEST_BODY} characters, filters and fifty ids take about 1,460"


@pytest.mark.parametrize(("first", "spare"), [(10**12, 60), (9_223_372_036_854_775_000, 70)])
def test_no_search_of_a_walk_is_longer_than_was_reckoned(first: int, spare: int) -> None:
    """With as many properties as fit, on one crowded millisecond at the end of a window, under ids of today and the longest."""
    names = [f"property_{i:03}" for i in range(200)]
    names = names[: max(n for n in range(200) if fits("lastmodifieddate", names[:n]))]
    index = Index({first + i: BASE + 10 for i in range(500)})
    sizes = []

    def measured(groups: Groups, sort: str) -> dict[str, Any]:
        sizes.append(len(json.dumps(search_body(groups, sort, names))))
        return index(groups, sort)

    rows = [row for page in changed_rows(measured, "lastmodifieddate", START, END) for row in page]
    assert len({row["id"] for row in rows}) == 500
    assert LONGEST_BODY - spare < max(sizes) <= LONGEST_BODY
