"""The rate budget's promises, on a clock that only moves when somebody sleeps."""

from threading import Lock, Thread

from hypothesis import given
from hypothesis import strategies as st

from adapters.budget import RateBudget, Slots, Told, urgent
from adapters.budget.kept import InMemory
from adapters.budget.rate import UNLIMITED
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
    assert watch.now > 1003.0


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


def test_an_urgent_caller_is_let_through_before_those_who_waited_longer() -> None:
    budget = RateBudget(20, 1.0, burst=1)
    order: list[str] = []

    def bulk() -> None:
        for _ in range(6):
            assert budget.acquire()
            order.append("bulk")

    def webhook() -> None:
        with urgent():
            assert budget.acquire()
        order.append("urgent")

    threads = [Thread(target=bulk) for _ in range(4)]
    for thread in threads:
        thread.start()
    while len(order) < 4:
        budget.rate  # noqa: B018 - a moment passes
    before = len(order)
    webhook()
    for thread in threads:
        thread.join(timeout=30)
    assert len(order) == 25
    assert order.index("urgent") - before <= 2


def test_without_headers_the_documented_limit_holds_until_five_answers_told_none() -> None:
    watch = Watch()
    budget = budget_on(watch, 100)
    for answers in range(1, 6):
        assert 9 < budget.rate < 11, answers
        permit = budget.acquire()
        assert permit
        budget.observe(permit, None)
        budget.done(permit)
    start = watch.now
    for _ in range(1000):
        assert budget.acquire()
    assert watch.now == start
    assert budget.rate == UNLIMITED
    budget.slow_down(1)
    assert budget.acquire()
    assert watch.now >= start + 1
    assert 4 < budget.rate < 6


def test_bulk_stops_at_its_share_of_the_day_and_asks_again_after_an_hour() -> None:
    watch = Watch()
    budget = budget_on(watch, share=0.8)

    def tell(left: int) -> float | None:
        permit = budget.acquire()
        assert permit
        budget.observe(permit, Told(190, 189, 10.0, day=1000, day_remaining=left))
        budget.done(permit)
        return budget.day_wait()

    assert budget.day_wait() is None
    assert tell(200) is None
    assert tell(199) == 3600
    with urgent():
        assert budget.day_wait() is None
    watch.sleep(3000)
    assert budget.day_wait() == 600
    watch.sleep(600)
    assert budget.day_wait() is None
    assert tell(198) == 3600
    assert tell(1000) is None


def test_two_budgets_over_one_state_share_the_limit_and_what_is_known_of_it() -> None:
    watch = Watch()
    kept = InMemory(watch)
    one = RateBudget(100, 10.0, kept=kept, monotonic=watch, sleep=watch.sleep)
    permit = one.acquire()
    assert permit
    one.observe(permit, Told(20, 19, 10.0, day=1000, day_remaining=0))
    one.done(permit)
    taken = []
    other = RateBudget(100, 10.0, share=0.5, kept=kept, monotonic=watch, sleep=watch.sleep)
    for number in range(60):
        assert (one, other)[number % 2].acquire()
        taken.append(watch.now)
    assert most_in_any_window(taken, 10.0) <= 20
    assert other.day_wait() is not None


def test_permits_that_were_taken_ahead_are_given_back_at_the_end() -> None:
    watch = Watch()
    kept = InMemory(watch)
    one, other = (RateBudget(10, 1.0, burst=10, kept=kept, monotonic=watch, sleep=watch.sleep) for _ in range(2))
    for _ in range(5):  # it has learned by then to take some ahead
        assert one.acquire()
    one.close()
    for _ in range(5):
        assert other.acquire()
    assert watch.now == 1000.0


def test_a_busy_process_asks_the_keeper_a_few_times_a_second_only() -> None:
    watch = Watch()
    asked = 0

    class Counted(InMemory):
        def change(self, step):
            nonlocal asked
            asked += 1
            return super().change(step)

    budget = RateBudget(190, 10.0, kept=Counted(watch), monotonic=watch, sleep=watch.sleep)
    while watch.now < 1030:
        permit = budget.acquire()
        assert permit
        watch.sleep(0.001)
        budget.done(permit)
    assert asked <= 30 * 4


class Numbered:
    """Lanes of a platform, in memory; counts what was taken and given."""

    def __init__(self, n: int) -> None:
        self.free = list(range(n))
        self.taken = 0

    def take(self, seconds: float) -> int | None:
        if not self.free:
            return None
        self.taken += 1
        return self.free.pop()

    def give(self, lane: int) -> None:
        self.free.append(lane)

    def close(self) -> None:
        """Nothing is held beyond the test."""


def test_slots_of_two_processes_share_the_lanes() -> None:
    lanes = Numbered(2)
    one, other = Slots(2, lanes), Slots(2, lanes)
    assert one.acquire(Deadline.after(1))
    assert one.acquire(Deadline.after(1))
    assert not other.acquire(Deadline.after(0.1))
    one.release()
    assert other.acquire(Deadline.after(1))
    assert not one.acquire(Deadline.after(0))
    one.release()
    other.release()
    assert len(lanes.free) == 2


def test_a_lane_goes_from_caller_to_caller_without_asking_anew() -> None:
    lanes = Numbered(1)
    slots = Slots(1, lanes)
    assert slots.acquire()
    waiting = Thread(target=lambda: slots.acquire(Deadline.after(20)))
    waiting.start()
    while not any(slots._waiting.values()):
        assert waiting.is_alive()
    slots.release()
    waiting.join(20)
    assert (lanes.taken, lanes.free) == (1, [])


def test_an_urgent_call_gets_the_next_slot() -> None:
    slots = Slots(1)
    assert slots.acquire()
    order: list[str] = []

    def call(name: str) -> None:
        assert slots.acquire(Deadline.after(20))
        order.append(name)
        slots.release()

    def hurry() -> None:
        with urgent():
            call("urgent")

    threads = [Thread(target=call, args=("bulk",)) for _ in range(3)]
    for thread in threads:
        thread.start()
    while sum(slots._waiting.values()) < 3:
        assert threads[0].is_alive()
    threads.append(Thread(target=hurry))
    threads[-1].start()
    while sum(slots._waiting.values()) < 4:
        assert threads[0].is_alive()
    slots.release()
    for thread in threads:
        thread.join(timeout=20)
    assert order == ["urgent", "bulk", "bulk", "bulk"]
