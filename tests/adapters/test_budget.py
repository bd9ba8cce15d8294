"""The rate budget's promises, on a clock that only moves when somebody sleeps."""

from threading import Lock, Thread

from hypothesis import given
from hypothesis import strategies as st

from adapters.budget import RateBudget, Slots, Told
from adapters.ports import Deadline


class Watch:
    """A clock that sleeping moves."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._lock = Lock()

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.now += seconds


def budget_on(watch: Watch, limit: int = 190, per_seconds: float = 10.0, **settings: float) -> RateBudget:
    return RateBudget(limit, per_seconds, monotonic=watch, sleep=watch.sleep, **settings)  # type: ignore[arg-type]


def most_in_any_window(times: list[float], seconds: float) -> int:
    return max((sum(1 for other in times if start <= other < start + seconds) for start in times), default=0)


@given(
    limit=st.integers(1, 40),
    burst=st.integers(1, 40),
    pauses=st.lists(st.floats(0, 30), min_size=1, max_size=120),
)
def test_never_more_than_the_limit_in_any_window(limit: int, burst: int, pauses: list[float]) -> None:
    watch = Watch()
    budget = budget_on(watch, limit, 10.0, burst=burst)
    taken = []
    for pause in pauses:
        watch.sleep(pause)
        assert budget.acquire()
        taken.append(watch.now)
    assert most_in_any_window(taken, 10.0) <= limit


def test_a_long_run_uses_the_whole_share() -> None:
    watch = Watch()
    budget = budget_on(watch)
    for _ in range(1000):
        budget.acquire()
    floor = 1000 / 190 * 10
    assert watch.now - 1000.0 <= floor * 1.05


def test_the_start_is_no_burst_of_the_whole_window() -> None:
    watch = Watch()
    budget = budget_on(watch)
    for _ in range(100):
        budget.acquire()
    assert watch.now > 1004.0


def test_a_permit_that_comes_after_the_deadline_is_refused_at_once() -> None:
    watch = Watch()
    budget = budget_on(watch, 1, 10.0)
    assert budget.acquire(Deadline.after(1, watch))
    before = watch.now
    assert not budget.acquire(Deadline.after(1, watch))
    assert watch.now == before
    assert budget.acquire(Deadline.after(20, watch))


def test_a_429_pauses_then_halves_the_rate_and_it_grows_back() -> None:
    watch = Watch()
    budget = budget_on(watch, 100, 10.0, burst=1)
    budget.acquire()
    budget.slow_down(5)
    budget.slow_down(5)  # a second answer to the same overload
    start = watch.now
    budget.acquire()
    assert watch.now >= start + 5
    times = []
    for _ in range(3):
        budget.acquire()
        times.append(watch.now)
    assert 0.15 < times[1] - times[0] < 0.25  # half of 10/s, not a quarter
    watch.sleep(300)
    budget.acquire()
    before = watch.now
    budget.acquire()
    assert watch.now - before < 0.11


def test_headers_teach_the_real_limit() -> None:
    watch = Watch()
    budget = budget_on(watch, 190, 10.0)
    permit = budget.acquire()
    assert permit
    budget.observe(permit, Told(maximum=100, remaining=99, seconds=10.0))
    start = watch.now
    for _ in range(200):
        budget.acquire()
    assert watch.now - start >= 18.0


def test_what_other_processes_use_is_left_to_them_for_one_window() -> None:
    watch = Watch()
    budget = budget_on(watch, 10, 10.0, burst=10)
    permit = budget.acquire()
    assert permit
    budget.observe(permit, Told(maximum=10, remaining=1, seconds=10.0))  # somebody else made eight calls
    budget.acquire()
    start = watch.now
    budget.acquire()
    assert watch.now - start > 5.0
    watch.sleep(30)
    start = watch.now
    for _ in range(9):
        budget.acquire()
    assert watch.now == start


def test_threads_share_one_budget() -> None:
    watch = Watch()
    budget = budget_on(watch, 20, 10.0)
    taken: list[float] = []

    def caller() -> None:
        for _ in range(20):
            assert budget.acquire()
            taken.append(watch.now)

    threads = [Thread(target=caller) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert len(taken) == 80
    assert watch.now - 1000.0 >= 28.0


def test_slots_hold_back_the_one_too_many() -> None:
    slots = Slots(2)
    with slots:
        assert slots.acquire(Deadline.after(1))
        assert not slots.acquire(Deadline.after(0))
        slots.release()
        assert slots.acquire(Deadline.after(1))
        slots.release()
