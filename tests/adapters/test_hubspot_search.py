"""Walking through changes: nobody is lost, the fewest calls are made, and a broken search ends."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.hubspot.rows import milliseconds
from adapters.hubspot.search import Groups, changed_rows
from adapters.ports import PlatformUnreachable

START = datetime(2026, 11, 1, tzinfo=UTC)
END = START + timedelta(days=1)
BASE = milliseconds(START)


class Index:
    """A search index in memory that honours the filters that `changed_rows` uses."""

    def __init__(self, moments: dict[int, int]) -> None:
        self.moments = moments  # id → ms
        self.calls = 0

    def __call__(self, groups: Groups, sort: str) -> dict[str, Any]:
        self.calls += 1
        hits = [each for each in self.moments.items() if any(all(map_fits(f, each) for f in fs) for fs in groups)]
        hits.sort(key=lambda hit: hit[1] if sort == "lastmodifieddate" else hit[0])
        rows = [{"id": str(i), "properties": {"lastmodifieddate": str(ms)}} for i, ms in hits[:200]]
        return {"total": len(hits), "results": rows}


def map_fits(rule: dict[str, Any], hit: tuple[int, int]) -> bool:
    value = hit[1] if rule["propertyName"] == "lastmodifieddate" else hit[0]
    match rule["operator"]:
        case "BETWEEN":
            assert int(rule["value"]) <= int(rule["highValue"])
            return int(rule["value"]) <= value <= int(rule["highValue"])
        case "GT":
            return value > int(rule["value"])
        case "NOT_IN":
            return str(value) not in rule["values"]
    raise AssertionError(rule)


def walk(index: Index, since: datetime = START, until: datetime = END) -> list[tuple[int, int]]:
    pages = changed_rows(index, "lastmodifieddate", since, until)
    return [(int(row["id"]), int(row["properties"]["lastmodifieddate"])) for page in pages for row in page]


def test_a_thousand_changes_are_five_calls() -> None:
    index = Index({i: BASE + 1000 * i for i in range(1000)})
    assert walk(index) == sorted(index.moments.items(), key=lambda hit: hit[1])
    assert index.calls == 5


def test_nothing_changed_is_one_call() -> None:
    index = Index({})
    assert walk(index) == []
    assert index.calls == 1


def test_twelve_thousand_changes_need_no_offset_and_come_oldest_first() -> None:
    index = Index({12_000 - i: BASE + 1000 * i for i in range(12_000)})
    found = walk(index)
    assert len(found) == 12_000
    assert [ms for _, ms in found] == sorted(ms for _, ms in found)
    assert index.calls == 60


def test_a_bulk_update_of_thousands_in_one_millisecond_ends() -> None:
    moments = dict.fromkeys(range(1, 3001), BASE + 5000) | {9000 + i: BASE + 6000 + i for i in range(300)}
    index = Index(moments)
    assert {i for i, _ in walk(index)} == set(moments)
    assert index.calls < 25


def test_the_window_is_closed_on_both_sides() -> None:
    index = Index({1: BASE - 1, 2: BASE, 3: milliseconds(END), 4: milliseconds(END) + 1})
    assert {i for i, _ in walk(index)} == {2, 3}


@given(
    offsets=st.lists(st.integers(0, 40), min_size=0, max_size=900),
    until=st.integers(0, 45),
)
def test_nobody_is_lost_however_changes_crowd(offsets: list[int], until: int) -> None:
    index = Index({i: BASE + ms for i, ms in enumerate(offsets, 1)})
    end = START + timedelta(milliseconds=until)
    assert {i for i, _ in walk(index, until=end)} == {i for i, ms in enumerate(offsets, 1) if ms <= until}


@given(st.data())
def test_who_changes_meanwhile_pushes_nobody_out_of_sight(data: st.DataObject) -> None:
    index = Index({i: BASE + 10 * i for i in range(700)})
    untouched = set(index.moments)
    found = set()
    for page in changed_rows(index, "lastmodifieddate", START, END):
        found |= {int(row["id"]) for row in page}
        for each in data.draw(st.lists(st.integers(0, 699), max_size=20)):
            index.moments[each] = milliseconds(END) + 1
            untouched.discard(each)
    assert untouched <= found


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


def test_a_page_without_a_single_time_is_an_error() -> None:
    rows = [{"id": str(i), "properties": {}} for i in range(200)]
    with pytest.raises(PlatformUnreachable):
        list(changed_rows(lambda _g, _s: {"total": 900, "results": rows}, "lastmodifieddate", START, END))
