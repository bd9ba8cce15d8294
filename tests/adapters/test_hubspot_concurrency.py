"""How many calls at once are worth it, and making so many."""

import threading

import pytest

from adapters.hubspot.concurrency import gather, worthwhile


@pytest.mark.parametrize(
    ("rate", "latency_s", "at_once"),
    [
        (18.9, 0.01, 1),  # 190 in ten seconds: one walk alone keeps three times the pace
        (18.9, 0.05, 4),
        (18.9, 0.2, 12),
        (10.0, 0.02, 1),
        (10_000, 0.001, 1),  # no quota: nothing to gain where answers come at once
        (10_000, 0.01, 4),
        (10_000, 0.2, 12),
    ],
)
def test_as_many_as_keep_up_the_pace(rate: float, latency_s: float, at_once: int) -> None:
    assert worthwhile(rate, latency_s) == at_once


def test_results_come_in_order_and_calls_are_together() -> None:
    together = threading.Barrier(4, timeout=20)

    def call(number: int) -> int:
        together.wait()
        return number * number

    assert gather(call, range(8), lambda: 4) == [n * n for n in range(8)]


def test_one_after_the_other_until_more_are_worth_it() -> None:
    threads = []
    widths = iter([1, 1, 1])

    def call(number: int) -> int:
        threads.append(threading.current_thread())
        return number

    assert gather(call, range(6), lambda: next(widths, 3)) == list(range(6))
    assert threads[:3] == [threading.current_thread()] * 3
    assert threading.current_thread() not in threads[3:]


def test_the_first_error_is_raised_and_what_had_not_begun_never_begins() -> None:
    begun = []
    never = threading.Event()

    def call(number: int) -> int:
        begun.append(number)
        if number == 3:
            raise ValueError(number)
        if number > 3:
            never.wait(0.01)  # as an answer takes a while: all of them would take a minute
        return number

    with pytest.raises(ValueError, match="3"):
        gather(call, range(10_000), lambda: 2)
    assert len(begun) < 10_000


def test_nothing_is_nothing() -> None:
    assert gather(str, [], lambda: 8) == []
