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
