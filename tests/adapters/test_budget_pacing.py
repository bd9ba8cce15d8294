"""The law of the shared rate, on a simulated clock: several processes, each with a clock of its own, call one platform."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count, pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.budget.account import Account, Permit
from adapters.budget.kept import InMemory, from_json, to_json
from adapters.budget.limit import Limit
from adapters.budget.pacing import Rate, Told

SECOND = 1000


@dataclass
class World:
    """A clock, what happens on it, and the times at which the platform counted a call."""

    now: float = 1_000.0
    arrivals: list[float] = field(default_factory=list)
    _events: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _order: count[int] = field(default_factory=count)

    def at(self, time: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._events, (time, next(self._order), act))

    def run(self, until: Callable[[], bool]) -> None:
        while not until():
            self.now, _, act = heapq.heappop(self._events)
            act()


class Process:
    """A process with several chains of calls, each beginning its next call when the last one has been answered."""

    def __init__(self, world: World, kept: InMemory, limit: Limit, rng: Random, latency: float, slow: float) -> None:
        self.world, self.rng, self.latency, self.slow = world, rng, latency, slow
        self.skew = rng.uniform(-500, 500)
        self.account = Account(kept, limit, lambda: world.now + self.skew)
        self.permits: deque[Permit] = deque()
        self.calls = 0

    def begin(self, chains: int) -> None:
        for _ in range(chains):
            self.world.at(self.world.now + self.rng.random(), self.call)

    def call(self) -> None:
        while self.permits and self.permits[0].due - self.skew < self.world.now - self.account.ahead_s:
            self.account.unused(self.permits.popleft())
        if not self.permits:
            given, later = self.account.exchange(4)
            self.permits.extend(given)
            if later is not None and not given:
                self.world.at(later - self.skew - self.account.ahead_s / 4, self.call)
                return
        permit = self.permits.popleft()
        leaves = max(self.world.now, permit.due - self.skew + self.rng.uniform(0, 0.004))
        self.world.at(leaves, lambda: self.leave(permit))

    def leave(self, permit: Permit) -> None:
        permit = self.account.taken(permit)
        way = self.latency / 2
        if self.calls < 4 or self.rng.random() < 0.1:  # a connection is made, or something else takes its time
            way += self.rng.uniform(0, self.slow)
        self.calls += 1
        self.world.at(self.world.now + way, lambda: self.world.arrivals.append(self.world.now))
        self.world.at(self.world.now + way + self.latency / 2, lambda: self.answered(permit))

    def answered(self, permit: Permit) -> None:
        if self.account.counted(permit):
            self.account.exchange()
        self.world.at(self.world.now + self.rng.uniform(0, 0.01), self.call)


def most_in_any_window(times: list[float], seconds: float) -> int:
    times, first, most = sorted(times), 0, 0
    for last, time in enumerate(times):
        while times[first] <= time - seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


@settings(max_examples=30)
@given(
    seed=st.integers(0, 10_000),
    limit=st.sampled_from([Limit(190, 10.0), Limit(100, 10.0), Limit(19, 1.0), Limit(5, 1.0, 4)]),
    processes=st.integers(1, 3),
    chains=st.integers(1, 8),
    latency=st.floats(0.0, 0.4),
    slow=st.floats(0.0, 0.5),
    keeper=st.floats(0.0, 0.2),
)
def test_no_window_of_the_platform_is_overrun_by_all_processes_together(
    seed: int, limit: Limit, processes: int, chains: int, latency: float, slow: float, keeper: float
) -> None:
    world, rng = World(), Random(seed)
    kept = InMemory(lambda: world.now - rng.uniform(0, keeper) * rng.random())  # it was asked so long ago
    for _ in range(processes):
        Process(world, kept, limit, rng, latency, slow).begin(chains)
    world.run(lambda: len(world.arrivals) >= 3 * limit.calls)
    assert most_in_any_window(world.arrivals, limit.seconds) <= limit.calls


@pytest.mark.parametrize("latency", [0.0, 0.05, 0.2])
@pytest.mark.parametrize("processes", [1, 2])
def test_a_thousand_calls_take_hardly_longer_than_the_quota_makes_them(latency: float, processes: int) -> None:
    world, rng = World(), Random(1)
    kept = InMemory(lambda: world.now)
    for _ in range(processes):
        Process(world, kept, Limit(190, 10.0), rng, latency, 0.3).begin(12)
    world.run(lambda: len(world.arrivals) >= 1000)
    assert world.arrivals[-1] - world.arrivals[0] <= 51.8
    assert most_in_any_window(world.arrivals, 10.0) <= 190


def as_many_as_may_be(limit: Limit, calls: int) -> list[int]:
    """When so many calls are made by one process that is always ready to make the next one."""
    rate, made, now = Rate(), list[int](), 0
    while len(made) < calls:
        rate, granted, later = rate.at(limit, now).grant(limit, now, 20)
        made += granted
        now = max(now + 1, (later or now) - limit.ahead_ms // 4)
    return made


def test_the_start_is_no_burst_of_more_than_a_tenth() -> None:
    made = as_many_as_may_be(Limit(190, 10.0), 190)
    assert made[18] == 0
    assert made[19] > 0
    assert all(later - sooner > 300 for sooner, later in pairwise(made[19::19])), "a tenth takes a third of its time"
    assert made[99] > 3 * SECOND


def test_a_window_that_began_briskly_has_no_gap_at_its_end() -> None:
    made = as_many_as_may_be(Limit(190, 10.0), 600)
    assert max(later - sooner for sooner, later in pairwise(made)) <= 80
    assert made[599] - made[599 - 189] == 10_020, "every window is full"


def test_time_in_which_nobody_called_is_made_up_for_but_not_all_of_it() -> None:
    limit = Limit(190, 10.0)
    rate, _, _ = Rate().grant(limit, 0, 5)
    idle = 300 * SECOND
    rate, granted, _ = rate.at(limit, idle).grant(limit, idle, 1000)
    assert max(granted) <= idle + 400
    assert 19 < len(granted) <= 19 + 3 * 400 / limit.spacing_ms


@given(
    calls=st.integers(1, 300),
    burst=st.none() | st.integers(1, 40),
    pauses=st.lists(st.tuples(st.integers(0, 15_000), st.integers(1, 250)), max_size=40),
)
def test_the_law_of_the_window_holds_whatever_the_pauses(
    calls: int, burst: int | None, pauses: list[tuple[int, int]]
) -> None:
    limit, rate, now, made = Limit(calls, 10.0, burst), Rate(), 0, list[int]()
    for pause, wanted in pauses:
        now += pause
        rate, granted, _ = rate.at(limit, now).grant(limit, now, wanted)
        made += granted
        assert made == sorted(made)
        assert all(now <= at <= now + 2 * limit.ahead_ms for at in granted)
    assert most_in_any_window([at / 1000 for at in made], 10.0) <= limit.cap


def test_what_is_given_back_may_be_taken_by_another_process() -> None:
    limit = Limit(10, 1.0, 1)
    rate, (first, second), _ = Rate().grant(limit, 0, 2)
    back = rate.moved(limit, 0, [(second, None)])
    assert back.permits == (first,)
    assert back.grant(limit, 0, 1)[1] == (second,)


def test_a_call_that_was_counted_late_leaves_the_window_late() -> None:
    limit = Limit(2, 10.0, 2)
    rate, first, _ = Rate().grant(limit, 0, 2)
    assert first == (0, 0)
    _, _, on_time = rate.grant(limit, 5 * SECOND, 1)
    _, _, late = rate.moved(limit, 700, [(0, 700), (0, 700)]).grant(limit, 5 * SECOND, 1)
    assert on_time is not None
    assert late == on_time + 700


def test_nothing_is_promised_far_ahead_but_said_when_to_ask_again() -> None:
    limit = Limit(2, 10.0, 1)
    rate, given, later = Rate().grant(limit, 0, 5)
    assert given == (0,)
    assert later is not None
    assert 4 * SECOND < later < 6 * SECOND
    assert rate.grant(limit, later - 1000, 5) == (rate, (), later)
    assert rate.grant(limit, later - 100, 5)[1] == (later,)


def test_a_process_that_takes_all_it_can_lets_another_one_in() -> None:
    limit = Limit(190, 10.0)
    rate, busy, _ = Rate().grant(limit, 0, 1000)
    _, other, _ = rate.grant(limit, 1, 1)
    assert len(other) == 1
    assert other[0] - busy[-1] <= 60


def told(maximum: int, remaining: int, now: int, **more: int) -> Told:
    return Told(maximum, remaining, 10.0, sent=now - 50, answered=now, **more)


def test_what_others_use_is_what_the_headers_say_beyond_our_own() -> None:
    limit = Limit(100, 10.0)
    rate, given, _ = Rate().grant(limit, 0, 5)
    now = 5 * SECOND
    assert rate.after_headers(told(100, 100 - len(given), now), now).foreign == 0
    assert rate.after_headers(told(100, 100 - len(given) - 7, now), now).foreign == 7


def test_the_limit_that_an_account_told_is_remembered_for_a_day() -> None:
    documented = Limit(100, 10.0)
    rate = Rate().after_headers(told(190, 189, 0), 0)
    assert rate.limit(documented, 23 * 3600 * SECOND) == Limit(190, 10.0)
    assert rate.limit(documented, 25 * 3600 * SECOND) == documented


def test_five_answers_that_tell_no_limit_mean_that_there_is_none() -> None:
    documented = Limit(100, 10.0)
    assert Rate().after_silence(4).limit(documented, 0) == documented
    silent = Rate().after_silence(4).after_silence(1)
    assert silent.limit(documented, 0) is None
    assert silent.after_headers(told(190, 3, 0), 0).limit(documented, 0) == Limit(190, 10.0)
    refused = silent.after_refusal(documented, 0, 1.0)
    assert refused.limit(documented, 0) == documented
    assert refused.after_silence(9).limit(documented, 3600 * SECOND) == documented


def test_a_429_pauses_and_halves_and_several_at_once_count_as_one() -> None:
    limit = Limit(100, 10.0, 1)
    whole = Rate().a_second(limit, 0)
    once = Rate().after_refusal(limit, 0, 5.0)
    twice = once.after_refusal(limit, 100, 5.0)
    assert twice.a_second(limit, 5100) == pytest.approx(whole / 2)
    assert twice.grant(limit, 200, 1)[1:] == ((), 5100)
    assert twice.after_refusal(limit, 6000, 5.0).a_second(limit, 11_000) == pytest.approx(whole / 4, rel=0.05)
    assert twice.a_second(limit, 200 * SECOND) == whole


def test_a_clock_that_was_set_back_stops_nobody_for_hours() -> None:
    limit = Limit(100, 10.0)
    rate, _, _ = Rate().grant(limit, 9_000 * SECOND, 3)
    assert rate.at(limit, 0).grant(limit, 0, 1)[1] == (0,)


@given(
    permits=st.lists(st.integers(0, 10**13), max_size=20).map(sorted),
    limit=st.none() | st.tuples(st.integers(1, 300), st.sampled_from([1.0, 10.0])),
    remaining=st.integers(0, 10**6),
)
def test_the_state_survives_being_kept(permits: list[int], limit: tuple[int, float] | None, remaining: int) -> None:
    rate = Rate(permits=tuple(permits), told=limit, day=10**6, day_remaining=remaining, line=1.25)
    assert from_json(to_json(rate)) == rate
    assert from_json({**to_json(rate), "from a newer version": 1}) == rate


@pytest.mark.parametrize(("calls", "seconds"), [(0, 10.0), (10, 0.0), (10, -1.0)])
def test_what_is_no_rate_is_refused(calls: int, seconds: float) -> None:
    with pytest.raises(ValueError, match="not a rate"):
        Limit(calls, seconds)
