"""Texts that repeat: one number each, for ever, whoever adds them at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text

from connector.store import ledger
from connector.store.texts import storable


def test_a_text_keeps_its_number_and_the_empty_one_is_zero(conn: Connection) -> None:
    first = ledger.word_ids(conn, ["hubspot", "", "email_click"])
    assert first[""] == 0
    assert ledger.word_ids(conn, {"email_click", "email_open"})["email_click"] == first["email_click"]
    assert {number: word for word, number in first.items()}.items() <= ledger.word_texts(conn).items()
    assert ledger.asset_ids(conn, [""]) == {"": 0}
    assert ledger.asset_texts(conn, [0, 0, 77]) == {0: ""}


def test_no_number_is_used_up_by_asking_again(conn: Connection) -> None:
    for _ in range(5):
        ledger.word_ids(conn, ["a", "b"])
        ledger.asset_ids(conn, ["a", "b"])
    assert ledger.word_ids(conn, ["c"])["c"] == 3
    assert ledger.asset_ids(conn, ["c"])["c"] == 3


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(st.sets(st.text(max_size=40).map(storable) | st.just("https://acme.example/" + "x" * 9000), max_size=5))
def test_any_text_comes_back_as_it_was(conn: Connection, texts: set[str]) -> None:
    numbers = ledger.asset_ids(conn, texts)
    assert numbers.keys() == texts
    assert ledger.asset_texts(conn, numbers.values()) == {number: one for one, number in numbers.items()}


def test_two_who_add_the_same_at_once_agree(engine: Engine) -> None:
    texts = [f"page {number}" for number in range(200)]
    together = Barrier(2)

    def add(wanted: list[str]) -> dict[str, int]:
        with engine.begin() as conn:
            together.wait(10)
            return {**ledger.word_ids(conn, wanted), **{f"/{k}": v for k, v in ledger.asset_ids(conn, wanted).items()}}

    with ThreadPoolExecutor(2) as pool:
        first, second = (done.result() for done in [pool.submit(add, texts), pool.submit(add, texts[::-1])])
    assert first == second
    with engine.connect() as conn:
        assert conn.scalar(text("SELECT count(*) FROM word")) == conn.scalar(text("SELECT count(*) FROM asset")) == 201
