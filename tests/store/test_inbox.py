"""The inbox: stored before it is answered, claimed by one at a time, ended with a reason, never lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

from sqlalchemy import Connection, Engine, text

from connector.store import inbox
from connector.store.inbox import MAX_ATTEMPTS, End, Ending

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
MANY = 10**9


def receive(conn: Connection, body: bytes = b"[]") -> int:
    return inbox.receive(
        conn, platform="hubspot", body=body, content_type="application/json", received_at=NOW, meta={"path": "/\0"}
    )


def end_leases(conn: Connection) -> None:
    conn.execute(text("UPDATE delivery SET lease_until = clock_timestamp() - interval '1 second'"))


def test_a_body_comes_back_byte_for_byte(conn: Connection) -> None:
    number = receive(conn, bytes(range(256)))
    (claimed,) = inbox.claim_deliveries(conn, "hubspot", 10, MANY, 60)
    assert (claimed.id, claimed.body, claimed.received_at, claimed.attempts) == (number, bytes(range(256)), NOW, 1)
    assert claimed.state == "waiting"


def test_claims_from_two_connections_never_overlap(engine: Engine) -> None:
    with engine.begin() as conn:
        numbers = [receive(conn) for _ in range(40)]
    together = Barrier(4)

    def claim() -> list[int]:
        mine: list[int] = []
        with engine.connect() as conn:
            together.wait(10)
            while some := inbox.claim_deliveries(conn, "hubspot", 3, MANY, 60):
                mine += [one.id for one in some]
            conn.commit()
        return mine

    with ThreadPoolExecutor(4) as pool:
        claimed = [number for one in [pool.submit(claim) for _ in range(4)] for number in one.result()]
    assert sorted(claimed) == numbers


def test_a_lease_holds_others_off_until_it_is_over(conn: Connection) -> None:
    receive(conn)
    assert len(inbox.claim_deliveries(conn, "hubspot", 10, MANY, 60)) == 1
    assert inbox.claim_deliveries(conn, "hubspot", 10, MANY, 60) == []
    end_leases(conn)
    assert [one.attempts for one in inbox.claim_deliveries(conn, "hubspot", 10, MANY, 60)] == [2]


def test_what_kills_its_worker_five_times_is_set_aside_and_the_rest_flows(conn: Connection) -> None:
    poison = receive(conn)
    for _ in range(MAX_ATTEMPTS):
        assert [one.id for one in inbox.claim_deliveries(conn, "hubspot", 10, MANY, 60)] == [poison]
        end_leases(conn)
    healthy = receive(conn)
    assert [one.id for one in inbox.claim_deliveries(conn, "hubspot", 10, MANY, 60)] == [healthy]
    set_aside = inbox.show_delivery(conn, poison)
    assert set_aside is not None
    assert (set_aside.state, "5 times" in set_aside.reason) == (Ending.FAILED, True)
    assert inbox.replay_delivery(conn, poison)
    assert [one.id for one in inbox.claim_deliveries(conn, "hubspot", 10, MANY, 60)] == [poison]


def test_each_ends_with_its_reason_and_is_counted(conn: Connection) -> None:
    first, second = receive(conn), receive(conn)
    assert inbox.waiting(conn) == 2
    assert inbox.oldest_waiting(conn) == NOW
    inbox.claim_deliveries(conn, "hubspot", 10, MANY, 60)
    inbox.finish_deliveries(conn, {first: End(Ending.HANDLED, "1 event")})
    assert inbox.waiting(conn) == 1
    assert inbox.count_by_ending(conn) == {("hubspot", "handled"): 1, ("hubspot", "waiting"): 1}
    assert [one.id for one in inbox.list_deliveries(conn)] == [second, first]
    assert [one.reason for one in inbox.list_deliveries(conn, state="handled")] == ["1 event"]
    assert not inbox.replay_delivery(conn, second)
    assert inbox.show_delivery(conn, 10_000) is None


def claim(conn: Connection, platform: str = "hubspot", limit: int = 10, most_bytes: int = MANY) -> list[int]:
    return [one.id for one in inbox.claim_deliveries(conn, platform, limit, most_bytes, 60)]


def test_who_was_claimed_before_without_an_ending_is_claimed_alone(conn: Connection) -> None:
    first, second = receive(conn), receive(conn)
    assert claim(conn) == [first, second]  # and their worker dies
    end_leases(conn)
    third, fourth = receive(conn), receive(conn)
    assert [claim(conn) for _ in range(4)] == [[first], [second], [third, fourth], []]


def test_the_mates_of_a_poison_use_up_no_more_than_one_attempt(conn: Connection) -> None:
    healthy, poison = receive(conn), receive(conn)
    for _ in range(2 * MAX_ATTEMPTS):
        claimed = claim(conn)
        if poison not in claimed:
            inbox.finish_deliveries(conn, {one: End(Ending.HANDLED, "") for one in claimed})
        end_leases(conn)
    assert inbox.count_by_ending(conn) == {("hubspot", "handled"): 1, ("hubspot", "failed"): 1}
    shown = inbox.show_delivery(conn, healthy)
    assert shown is not None
    assert shown.attempts == 2


def test_given_back_without_fault_it_comes_with_others_again_and_after_its_pause(conn: Connection) -> None:
    numbers = [receive(conn), receive(conn)]
    for _ in range(MAX_ATTEMPTS + 1):
        assert claim(conn) == numbers
        assert not inbox.claimable(conn)
        inbox.release_deliveries(conn, numbers, again_in_s=0)
        assert inbox.claimable(conn)
    assert claim(conn) == numbers
    inbox.release_deliveries(conn, numbers, again_in_s=60)
    assert not inbox.claimable(conn)
    assert inbox.waiting(conn) == 2


def test_those_who_are_parted_come_alone_at_once(conn: Connection) -> None:
    first, second = receive(conn), receive(conn)
    assert claim(conn) == [first, second]
    inbox.part_deliveries(conn, [first, second])
    assert [claim(conn), claim(conn)] == [[first], [second]]


def test_a_batch_ends_where_its_bodies_fill_the_memory_that_it_may_take(conn: Connection) -> None:
    numbers = [receive(conn, b"x" * 40) for _ in range(4)]
    great = receive(conn, b"x" * 1000)
    assert claim(conn, most_bytes=80) == numbers[:2]
    assert claim(conn, most_bytes=81) == [*numbers[2:], great]
    end_leases(conn)
    assert claim(conn, limit=1) == numbers[:1]


def test_each_platform_has_a_queue_of_its_own(conn: Connection) -> None:
    ours = receive(conn)
    theirs = inbox.receive(conn, platform="mailchimp", body=b"a=b", content_type="", received_at=NOW, meta={})
    assert claim(conn, "mailchimp") == [theirs]
    assert claim(conn, "hubspot") == [ours]


def test_what_somebody_else_has_ended_meanwhile_stays_so(conn: Connection) -> None:
    number = receive(conn)
    inbox.finish_deliveries(conn, {number: End(Ending.HANDLED, "in time")})
    inbox.finish_deliveries(conn, {number: End(Ending.FAILED, "a worker that had stood still")})
    inbox.release_deliveries(conn, [number], again_in_s=0)
    shown = inbox.show_delivery(conn, number)
    assert shown is not None
    assert (shown.state, shown.reason) == (Ending.HANDLED, "in time")


def test_what_a_person_replays_says_so(conn: Connection) -> None:
    number = receive(conn)
    (first,) = inbox.claim_deliveries(conn, "hubspot", 10, MANY, 60)
    inbox.finish_deliveries(conn, {number: End(Ending.HANDLED, "1 event")})
    assert inbox.replay_delivery(conn, number)
    (again,) = inbox.claim_deliveries(conn, "hubspot", 10, MANY, 60)
    assert (first.replayed, again.replayed, again.attempts) == (False, True, 1)


def test_a_body_that_was_emptied_cannot_be_replayed(conn: Connection) -> None:
    number, kept = receive(conn, b"[1]"), receive(conn, b"[2]")
    ends = {one: End(Ending.HANDLED, "") for one in (number, kept)}
    inbox.finish_deliveries(conn, ends, emptied={number})
    assert [inbox.replay_delivery(conn, one) for one in (number, kept)] == [False, True]


def test_the_newest_number_counts_what_is_not_committed_yet(engine: Engine) -> None:
    with engine.connect() as conn:
        assert inbox.newest_number(conn) == 0
    with engine.begin() as receiving, engine.connect() as conn:
        number = receive(receiving)
        assert inbox.newest_number(conn) == number


def test_an_event_is_new_once(conn: Connection) -> None:
    assert inbox.first_seen(conn, ["a", "b", "a"], NOW) == {"a", "b"}
    assert inbox.first_seen(conn, ["b", "c"], NOW) == {"c"}
    assert inbox.unseen(conn, ["a", "d"]) == {"d"}
    assert inbox.first_seen(conn, [], NOW) == inbox.unseen(conn, []) == set()


def test_of_two_at_once_one_is_first(engine: Engine) -> None:
    keys = [f"event {number}" for number in range(200)]

    def tell(order: list[str]) -> set[str]:
        with engine.begin() as conn:
            return inbox.first_seen(conn, order, NOW)

    with ThreadPoolExecutor(2) as pool:
        one, other = [pool.submit(tell, order) for order in (keys, keys[::-1])]
    assert one.result() | other.result() == set(keys)
    assert not one.result() & other.result()
