"""How long what came in is kept: bodies a week, deliveries and hashes of events a month, what is over three."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import chain, repeat
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, text

from connector.facts import Record
from connector.store import alert, erasure, failures, inbox, ledger, tombstones
from connector.store.binaries import find_binaries
from connector.store.engine import connect, writer_lock
from connector.store.inbox import End, Ending
from connector.store.retention import prune

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


def received(engine: Engine, days: float, ending: Ending | None = Ending.HANDLED) -> int:
    with engine.begin() as conn:
        number = inbox.receive(
            conn,
            platform="hubspot",
            body=b"[]",
            content_type="",
            received_at=NOW - timedelta(days=days),
            meta={},
        )
        if ending is not None:
            inbox.finish_deliveries(conn, {number: End(ending, "")})
    return number


def kept(engine: Engine) -> dict[int, bool]:
    """Deliveries that are left, and whether they have their bodies."""
    with engine.connect() as conn:
        return {one.id: bool(one.body) for one in inbox.list_deliveries(conn)}


@pytest.mark.parametrize("at_once", [1, 2, 3, 2000])
def test_bodies_stay_a_week_and_deliveries_a_month_but_what_waits_stays(engine: Engine, at_once: int) -> None:
    gone = [received(engine, 30.1), received(engine, 400, Ending.FAILED)]
    emptied = [received(engine, 29.9), received(engine, 7.1, Ending.UNKNOWN), received(engine, 8)]
    whole = [received(engine, 6.9), received(engine, 0), received(engine, 400, None), received(engine, 8, None)]
    assert prune(engine, NOW, at_once=at_once) == {"deliveries": 2, "bodies": 3}
    assert kept(engine) == {**dict.fromkeys(emptied, False), **dict.fromkeys(whole, True)}
    assert set(gone).isdisjoint(kept(engine))
    assert prune(engine, NOW, at_once=at_once) == {}


def test_one_that_waited_for_long_is_emptied_once_it_has_ended(engine: Engine) -> None:
    number = received(engine, 8, None)
    received(engine, 7.5)
    prune(engine, NOW)
    with engine.begin() as conn:
        inbox.finish_deliveries(conn, {number: End(Ending.HANDLED, "")})
    assert prune(engine, NOW) == {"bodies": 1}
    assert kept(engine)[number] is False


def test_hashes_of_events_stay_a_month(engine: Engine) -> None:
    with engine.begin() as conn:
        inbox.first_seen(conn, ["old"], NOW - timedelta(days=31))
        inbox.first_seen(conn, ["young"], NOW - timedelta(days=29))
    assert prune(engine, NOW) == {"seen": 1}
    with engine.connect() as conn:
        assert inbox.unseen(conn, ["old", "young"]) == {"old"}


def test_what_is_resolved_or_over_stays_three_months_and_what_is_open_stays(engine: Engine) -> None:
    long_ago, lately = NOW - timedelta(days=91), NOW - timedelta(days=89)
    with engine.begin() as conn:
        for platform_id, at in (("1", long_ago), ("2", lately), ("3", None)):
            failures.record_failure(
                conn, step="read", source="hubspot", platform_id=platform_id, contact=None, reason="x", at=long_ago
            )
            if at is not None:
                failures.resolve_failures(conn, step="read", source="hubspot", platform_ids=[platform_id], at=at)
        for about, over in (("a", long_ago), ("b", lately), ("c", None)):
            alert.raise_alert(conn, about, about, "m", long_ago, tell=False)
            if over is not None:
                alert.resolve_alerts(conn, [about], [], over, tell=False)
    assert prune(engine, NOW) == {"failures": 1, "alerts": 1}
    with engine.connect() as conn:
        assert {one.platform_id for one in failures.list_failures(conn, everything=True)} == {"2", "3"}
        assert set(conn.scalars(text("SELECT about FROM alert"))) == {"b", "c"}


def test_told_to_stop_it_leaves_the_rest(engine: Engine) -> None:
    for _ in range(4):
        received(engine, 31)
    answers = chain([False], repeat(True))
    assert prune(engine, NOW, lambda: next(answers), at_once=2) == {"deliveries": 2}
    assert len(kept(engine)) == 2


def known(conn: Connection, *records: Record) -> None:
    writer_lock(conn)
    ledger.take_in(conn, records, NOW)


def test_who_comes_back_with_a_restored_backup_is_found_by_her_tombstones(conn: Connection) -> None:
    noor = Record("hubspot", "501", "noor@acme.example", {}, NOW)
    brian = Record("hubspot", "502", "brian@acme.example", {}, NOW)
    member = Record("mailchimp:main", "m1", "maria@acme.example", {}, NOW)
    assert tombstones.buried_contacts(conn) == ()
    known(conn, noor, brian, member)
    for id_ in ("900", "901"):
        erasure.forget_record(conn, "hubspot", id_, NOW)
    assert list(tombstones.buried_contacts(conn)) == []
    tombstones.bury(conn, {tombstones.id_name("hubspot", "501")}, NOW)
    tombstones.bury(conn, {tombstones.address_name("maria@acme.example")}, NOW)
    back = [ledger.contacts_of(conn, one.source, [one.id])[one.id] for one in (noor, member)]
    assert list(tombstones.buried_contacts(conn)) == sorted(back)


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
def test_the_commands_of_the_manual_carry_tombstones_over_to_a_restored_backup(
    new_database: Callable[[], str], tmp_path: Path
) -> None:
    """`docs/running.md`, word for word: what was erased after the dump is known in the store that was made of it."""
    page = (Path(__file__).parents[2] / "docs" / "running.md").read_text()
    (told,) = re.findall(r"```sh\n(psql \"\$DATABASE_URL\" -c \"\\copy .*?)```", page, re.DOTALL)
    save, bring_back = told.removesuffix("trellis sync\n").split("# restore the dump")
    before, after = new_database(), new_database()
    noor = Record("hubspot", "501", "noor@acme.example", {}, NOW)
    for url in (before, after):
        with closing_engine(url) as engine, engine.begin() as conn:
            known(conn, noor)
            if url == after:
                erasure.forget_record(conn, "hubspot", "900", NOW)  # it has a key of its own by now
            else:
                erasure.forget_record(conn, "hubspot", "501", NOW)
    for url, commands in ((before, save), (after, "#" + bring_back)):
        ran = subprocess.run(
            ["bash", "-e", "-c", commands],
            cwd=tmp_path,
            env={"PATH": f"{find_binaries()}:{os.environ['PATH']}", "DATABASE_URL": url.replace("+psycopg", "")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
    assert list(tmp_path.iterdir()) == []
    with closing_engine(after) as engine, engine.connect() as conn:
        assert list(tombstones.buried_contacts(conn)) == [ledger.contacts_of(conn, "hubspot", ["501"])["501"]]


@contextmanager
def closing_engine(url: str) -> Iterator[Engine]:
    engine = connect(url)
    yield engine
    engine.dispose()
