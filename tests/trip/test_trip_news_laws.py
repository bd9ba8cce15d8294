"""Whatever changes, however late search shows it, whatever our clock says: in the end everybody's last change is known."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from adapters.memory_hubspot import HubSpotMemory
from adapters.ports import Page, Record
from connector.steps.reading.cursors import OVERLAP
from connector.steps.reading.news import HubSpotNews
from connector.steps.reading.settled import Settled, settled_by_list

DAY = datetime(2026, 11, 1, tzinfo=UTC)
PAGE = 3
LONGEST_LAG = 59
QUIET = timedelta(minutes=10)
Change = tuple[int, int]  # record, seconds until search shows it
Step = tuple[int, list[Change], list[list[Change]]]  # seconds that pass, changes before a pass, and between its pages


@dataclass
class LaggingPortal(HubSpotMemory):
    """Search shows of each record the last change that it has indexed, in pages of three; time passes between pages."""

    time: datetime = DAY
    versions: dict[int, list[tuple[datetime, datetime]]] = field(default_factory=dict)  # id → (changed, shown from)
    meanwhile: list[list[Change]] = field(default_factory=list)
    shown_pages: int = 0

    def change(self, changes: Sequence[Change]) -> None:
        for number, lag in changes:
            self.versions.setdefault(number, []).append((self.time, self.time + timedelta(seconds=lag)))

    def truth(self) -> dict[str, datetime]:
        return {str(number): changes[-1][0] for number, changes in self.versions.items()}

    def index(self) -> dict[int, datetime]:
        shown = {
            number: [at for at, shown_from in changes if shown_from <= self.time]
            for number, changes in self.versions.items()
        }
        return {number: max(moments) for number, moments in shown.items() if moments}

    def changed(self, since: datetime, until: datetime, beyond: datetime | None = None) -> Generator[Page, None, None]:
        hits = sorted((at, number) for number, at in self.index().items() if since <= at <= until)[::-1]
        newest = hits[:PAGE]
        yield self.page(newest, total=len(hits))
        low = max(since, beyond + timedelta(milliseconds=1)) if beyond else since
        if len(hits) <= PAGE or newest[-1][0] < low:
            return
        last, more = 0, True
        while more:
            rest = sorted(
                (number, at)
                for number, at in self.index().items()
                if low <= at <= newest[-1][0] and number > last and (at, number) not in newest
            )
            yield self.page([(at, number) for number, at in rest[:PAGE]])
            last, more = rest[PAGE - 1][0] if rest[PAGE:] else 0, len(rest) > PAGE

    def page(self, hits: Sequence[tuple[datetime, int]], total: int | None = None) -> Page:
        self.shown_pages += 1
        self.time += timedelta(seconds=1)
        if self.meanwhile:
            self.change(self.meanwhile.pop(0))
        return Page(tuple(Record("hubspot", str(number), None, {}, at) for at, number in hits), total=total)


class Reader:
    """The passes of one who knew everybody at first; its clock is off by so much."""

    def __init__(self, portal: LaggingPortal, off: timedelta) -> None:
        self.portal = portal
        self.now: Callable[[], datetime] = lambda: portal.time + off
        self.known = portal.truth()
        self.since = min(self.now(), max(self.known.values()))
        self.settled = settled_by_list(self.since, self.now(), self.now())

    def count(self, since: datetime, until: datetime) -> int:
        return sum(since <= at <= until for at in self.known.values())

    def moments(self, ids: Sequence[str]) -> Mapping[str, datetime]:
        return {one: self.known[one] for one in ids if one in self.known}

    def read(self) -> int:
        """One pass; how many pages it took."""
        before = self.portal.shown_pages
        news = HubSpotNews(self.portal, self, self.since, self.settled, self.now)
        for record in [record for page in news.pages() for record in page.records]:
            self.known[record.id] = max(record.modified_at, self.known.get(record.id, DAY))
        self.since, self.settled = news.until, news.settled
        return self.portal.shown_pages - before


changes = st.lists(st.tuples(st.integers(1, 12), st.integers(0, LONGEST_LAG)), max_size=8)
steps = st.lists(st.tuples(st.integers(0, 90), changes, st.lists(changes, max_size=3)), max_size=6)
offs = st.integers(-60, int(QUIET.total_seconds()))


def portal_of(people: int) -> LaggingPortal:
    portal = LaggingPortal()
    for number in range(1, people + 1):
        portal.change([(number, 0)])
        portal.time += timedelta(seconds=number % 3)
    return portal


@given(people=st.integers(1, 12), steps=steps, off=offs)
@example(  # somebody known changes again at once and is shown late, below a page of newer ones; then it is quiet
    people=1, steps=[(5, [(1, 0)], []), (1, [(1, 50), (2, 0), (3, 0), (4, 0)], []), (70, [], [])], off=0
)
def test_in_the_end_everybodys_last_change_is_known(people: int, steps: list[Step], off: int) -> None:
    portal = portal_of(people)
    portal.time += timedelta(seconds=max(0, off))  # a full read is taken to have begun when our clock says so
    reader = Reader(portal, timedelta(seconds=off))
    for seconds, before, between in steps:
        portal.change(before)
        portal.time += timedelta(seconds=seconds)
        portal.meanwhile = list(between)
        reader.read()
    portal.meanwhile = []
    for _ in range(2):
        portal.time += QUIET
        portal.change([(99, 0)])
        portal.time += timedelta(minutes=2)
        reader.read()
    assert reader.known == portal.truth()


@given(people=st.integers(1, 12), steps=steps, off=offs)
def test_what_has_settled_is_never_more_than_what_is_known(people: int, steps: list[Step], off: int) -> None:
    portal = portal_of(people)
    portal.time += QUIET
    reader = Reader(portal, timedelta(seconds=off))
    for seconds, before, between in steps:
        portal.change(before)
        portal.time += timedelta(seconds=seconds)
        portal.meanwhile = list(between)
        reader.read()
        for one, at in portal.truth().items():
            assert at > reader.settled.until or reader.known[one] == at


@given(people=st.integers(1, 12), changed=st.integers(1, 30))
def test_after_a_quiet_past_only_what_changed_is_read(people: int, changed: int) -> None:
    portal = portal_of(people)
    portal.time += QUIET
    reader = Reader(portal, timedelta(0))
    portal.time += QUIET
    portal.change([(100 + number, 0) for number in range(changed)])
    assert reader.read() == (2 if changed == PAGE else -(-changed // PAGE))
    assert reader.known == portal.truth()


@given(changed=st.integers(PAGE + 1, 30), late=st.integers(1, LONGEST_LAG), forward=st.integers(0, 3600))
def test_a_stranger_shown_late_is_found_even_if_our_clock_was_set_forward(
    changed: int, late: int, forward: int
) -> None:
    portal = portal_of(3)
    reader = Reader(portal, timedelta(0))
    portal.time += QUIET
    portal.change([(50, late)])
    portal.change([(51, 0)])
    reader.read()
    reader.now = lambda: portal.time + timedelta(seconds=forward)
    reader.read()
    portal.time += timedelta(seconds=LONGEST_LAG)
    portal.change([(100 + number, 0) for number in range(changed)])
    reader.read()
    assert reader.known == portal.truth()


def test_a_clock_that_was_set_back_settles_nothing() -> None:
    settled = Settled(DAY, DAY, DAY)
    after = settled.after_pass(DAY - QUIET, DAY + OVERLAP / 2, DAY - QUIET, whole=True)
    assert after.until == DAY
    assert after.after_pass(DAY - QUIET + OVERLAP, DAY + OVERLAP / 2, DAY, whole=True).until == DAY + OVERLAP / 2
