"""The keeper of budgets goes away in the middle of things: nothing of this process is lost by it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest
import responses

from adapters.budget import RateBudget, Slots, Told, is_urgent, urgent
from adapters.budget.kept import InMemory
from adapters.hubspot.answers import Answer
from adapters.hubspot.quota import read_quota
from adapters.mailchimp.client import MailchimpClient
from adapters.ports import Deadline, DeadlinePassed

PING = "https://us19.api.mailchimp.com/3.0/ping"


class KeeperAway(Exception):
    """What a store says that is away."""


class Moody(InMemory):
    """A keeper that can be away; it counts what it was asked."""

    away = False

    def change(self, step):
        if self.away:
            raise KeeperAway
        return super().change(step)


class Watch:
    """A clock that goes on only while somebody waits, or is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def client_of(watch: Watch, keeper: InMemory, slots: Slots) -> MailchimpClient:
    budget = RateBudget(100, 1.0, burst=100, kept=keeper, monotonic=watch, sleep=watch.sleep)
    return MailchimpClient(api_key="secret-us19", slots=slots, budget=budget, sleep=watch.sleep, monotonic=watch)


def test_a_slot_comes_back_though_the_keeper_is_away_when_the_call_ends(watch, wire):
    keeper, slots = Moody(watch), Slots(1, monotonic=watch)

    def slow_and_alone(_request):
        watch.now += 1
        keeper.away = True
        return (200, {}, '{"health_status": "fine"}')

    wire.add_callback("GET", PING, slow_and_alone, content_type="application/json")
    client = client_of(watch, keeper, slots)
    with pytest.raises(KeeperAway):
        client.call("GET", "/ping")
    keeper.away = False
    assert slots.acquire(Deadline.after(0, watch))


def test_a_permit_without_a_slot_is_given_back(watch, wire):
    keeper, slots = Moody(watch), Slots(1, monotonic=watch)
    wire.get(PING, json={"health_status": "fine"})
    client = client_of(watch, keeper, slots)
    assert slots.acquire()
    for _ in range(5):
        with pytest.raises(DeadlinePassed):
            client.call("GET", "/ping", deadline=Deadline.after(0.001, watch))
    slots.release()
    client.call("GET", "/ping")
    client.close()
    assert len(keeper.change(lambda state, _clock: (state, state))["permits"]) == 1


def test_what_a_keeper_that_was_away_has_not_heard_it_hears_later(watch):
    """Ten calls counted late by the platform, of which the keeper is told at the second attempt only."""
    keeper = Moody(watch)
    one = RateBudget(10, 10.0, burst=10, kept=keeper, monotonic=watch, sleep=watch.sleep)
    permits = [one.acquire() for _ in range(10)]
    watch.now += 5
    keeper.away = True
    for permit in permits:
        with suppress(KeeperAway):
            one.done(permit)
    keeper.away = False
    watch.now += 5.5  # ten seconds after the permits, five after the calls
    other = RateBudget(10, 10.0, burst=10, kept=keeper, monotonic=watch, sleep=watch.sleep)
    one.close()
    began = watch.now
    assert other.acquire() is not None
    assert watch.now - began > 4


def test_a_refusal_is_not_forgotten_with_the_keeper(watch):
    keeper = Moody(watch)
    budget = RateBudget(100, 10.0, kept=keeper, monotonic=watch, sleep=watch.sleep)
    budget.done(budget.acquire())
    keeper.away = True
    with pytest.raises(KeeperAway):
        budget.slow_down(30)
    keeper.away = False
    began = watch.now
    assert budget.acquire() is not None
    assert watch.now - began >= 29


def test_what_is_done_side_by_side_is_as_urgent_as_who_asked(watch):
    client = client_of(watch, InMemory(watch), Slots(8))
    with urgent():
        assert client.together(lambda _: is_urgent(), [1, 2, 3]) == (True, True, True)
    assert client.together(lambda _: is_urgent(), [1, 2, 3]) == (False, False, False)


@pytest.mark.parametrize("interval", ["9" * 18, "86400000", "0", "ten", "-10000"])
def test_a_window_that_nobody_has_stops_no_process(watch, interval):
    headers = {
        "X-HubSpot-RateLimit-Max": "100",
        "X-HubSpot-RateLimit-Remaining": "99",
        "X-HubSpot-RateLimit-Interval-Milliseconds": interval,
    }
    budget = RateBudget(100, 10.0, monotonic=watch, sleep=watch.sleep)
    told: Told | None = read_quota(Answer(200, headers, b""))
    for _ in range(30):
        permit = budget.acquire(Deadline.after(60, watch))
        assert permit is not None
        budget.done(permit)
        budget.observe(permit, told)
    assert watch.now < 110
