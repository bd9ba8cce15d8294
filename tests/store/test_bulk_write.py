"""Columns into the store: read back singly they are what was told, and nobody who was faster is overwritten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from typing import Any

import numpy as np
import psycopg
import pytest
from sqlalchemy import Connection, Engine, text

from connector.facts import Record
from connector.store import judgement, ledger, state
from connector.store.bulk.read import slices
from connector.store.bulk.slice import NONE, KeptColumns, TextColumn, Wanted
from connector.store.bulk.write import (
    FlipRows,
    TrackRows,
    VerdictRows,
    lower_dues,
    write_flips,
    write_track_memory,
    write_verdicts,
)
from connector.store.engine import writer_lock
from connector.store.errors import StoreUnavailable
from connector.store.judgement import Flip, Judgement
from connector.store.ledger import LastVerdict, TrackMemory

NOW = datetime(2026, 11, 23, 9, 0, 0, 1, tzinfo=UTC)
DAY = date(2026, 11, 23)


def people(conn: Connection, count: int) -> list[int]:
    writer_lock(conn)
    state.activate(conn, "r1", {}, NOW)
    records = [Record("hubspot", str(500 + n), None, {}, NOW) for n in range(count)]
    taken = ledger.take_in(conn, records, NOW)
    return sorted(change.contact for change in taken.changed.values())


def verdicts(
    conn: Connection, contacts: Sequence[int], receipts: Sequence[bytes] | None = None, **told: Any
) -> VerdictRows:
    """Rows for these contacts; what is told is one value for all, or one for each."""
    words = ledger.word_ids(conn, ["acquisition", "nurture", "finance_lead", "decision"])
    usual: dict[str, Any] = {
        "judged": 7,
        "digest": 2**62,
        "exact": 57_100,
        "rulebook": state.rulebook_id(conn, "r1"),
        "day": DAY.toordinal(),
        "since": DAY.toordinal() - 3,
        "due": DAY.toordinal() + 5,
        "revision": 0,
        "score": 57,
        "model": words["acquisition"],
        "stage": words["nurture"],
        "persona": words["finance_lead"],
        "phase": words["decision"],
        "handed_over": True,
    }
    kinds = {"judged": "i8", "digest": "i8", "handed_over": "?"}
    short = ("score", "model", "stage", "persona", "phase")
    packed = receipts if receipts is not None else [b"packed"] * len(contacts)
    return VerdictRows(
        contact=np.array(contacts, np.int64),
        receipts=b"".join(packed),
        begins=np.array([0, *accumulate(map(len, packed))], np.intp)[:-1],
        ends=np.array([*accumulate(map(len, packed))], np.intp),
        **{
            name: np.broadcast_to(np.array(value, kinds.get(name, "i2" if name in short else "i4")), len(contacts))
            for name, value in {**usual, **told}.items()
        },
    )


def verdict_of(conn: Connection, contact: int) -> LastVerdict | None:
    (person,) = ledger.load_people(conn, [contact])
    return person.verdict


def kept(engine: Engine) -> KeptColumns:
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as conn, conn.begin():
        (one,) = slices(conn, Wanted({}))
    return one.kept


def coded(*texts: str | None) -> TextColumn:
    known = tuple(dict.fromkeys(one for one in texts if one is not None))
    return TextColumn(np.array([NONE if one is None else known.index(one) for one in texts], np.int32), known)


# ---------------------------------------------------------------- verdicts


def test_a_verdict_is_what_loading_her_tells(conn: Connection) -> None:
    (maria,) = people(conn, 1)
    assert write_verdicts(conn, verdicts(conn, [maria]), NOW).tolist() == [True]
    (person,) = ledger.load_people(conn, [maria])
    told = person.verdict
    assert told is not None
    assert (told.model, told.score, told.exact, told.receipt) == ("acquisition", 57, 57_100, b"packed")
    assert (told.persona, told.phase, told.rulebook) == ("finance_lead", "decision", "r1")
    assert (told.day, told.due, told.written_at) == (DAY, DAY + timedelta(days=5), NOW)
    assert (told.judged, told.digest, person.revision) == (7, 2**62, 1)
    assert (person.stage, person.since, person.handed_over) == ("nurture", DAY - timedelta(days=3), True)


def test_every_column_comes_back_with_what_is_none_and_what_is_extreme(engine: Engine, conn: Connection) -> None:
    contacts = people(conn, 5)
    told = verdicts(
        conn,
        contacts,
        [b"", bytes(range(256)), b"\\N", b"\xff\xff", b"x" * 100_000],
        judged=[0, 1, 2**40, 3, 4],
        digest=[-(2**63), 2**63 - 1, 0, -1, 1],
        exact=[-40_000, 0, 100_000, 5, 6],
        due=[0, 1, DAY.toordinal(), 0, date(9999, 12, 31).toordinal()],
        score=[NONE, 0, 100, NONE, 7],
        persona=[0, 1, 2, 3, 0],
        handed_over=[True, False, True, False, False],
    )
    assert write_verdicts(conn, told, NOW).all()
    conn.commit()
    back = kept(engine)
    for name in KeptColumns.__dataclass_fields__:
        if name not in ("changed", "revision"):
            assert getattr(back, name).tolist() == getattr(told, name).tolist(), name
    assert back.revision.tolist() == [1] * 5
    receipts = [verdict.receipt for one in contacts if (verdict := verdict_of(conn, one))]
    assert receipts == [b"", bytes(range(256)), b"\\N", b"\xff\xff", b"x" * 100_000]


def test_a_newer_verdict_takes_the_place_of_the_one_that_was_read(conn: Connection) -> None:
    maria, brian, noor = people(conn, 3)
    write_verdicts(conn, verdicts(conn, [maria, brian]), NOW)
    later = NOW + timedelta(days=1)
    newer = verdicts(
        conn, [noor, brian], [b"first", b"second"], revision=[0, 1], score=[NONE, 80], due=[0, 0], persona=0, digest=5
    )
    assert write_verdicts(conn, newer, later).tolist() == [True, True]
    told = [verdict_of(conn, one) for one in (maria, brian, noor)]
    assert [(one.score, one.receipt, one.due, one.persona, one.digest, one.written_at) for one in told if one] == [
        (57, b"packed", DAY + timedelta(days=5), "finance_lead", 2**62, NOW),
        (80, b"second", None, None, 5, later),
        (None, b"first", None, None, 5, later),
    ]
    assert [person.revision for person in ledger.load_people(conn, [maria, brian, noor])] == [1, 2, 1]


def test_who_was_judged_meanwhile_or_is_gone_is_left_alone_and_told(conn: Connection) -> None:
    judged, erased, first_judged, first_erased, still = people(conn, 5)
    write_verdicts(conn, verdicts(conn, [judged, erased, still]), NOW)
    read = verdicts(
        conn,
        [first_judged, judged, still, erased, first_erased],
        revision=[0, 1, 1, 1, 0],
        score=11,
        receipts=[b"old"] * 5,
    )
    for one in (judged, first_judged):
        (person,) = ledger.load_people(conn, [one])
        newer = Judgement(
            one, person.position, person.revision, DAY, "r1", "m", 99, 99_000, "hot", DAY, None, None, None, b"new"
        )
        assert judgement.save_judgements(conn, [newer], NOW) == ()
    for one in (erased, first_erased):
        assert ledger.forget(conn, one, NOW)
    assert write_verdicts(conn, read, NOW).tolist() == [False, False, True, False, False]
    assert conn.execute(text("SELECT contact, score, revision FROM verdict ORDER BY contact")).all() == [
        (judged, 99, 2),
        (first_judged, 99, 1),
        (still, 11, 2),
    ]


def test_more_than_one_batch_is_written_whole(engine: Engine, conn: Connection) -> None:
    count = 50_003
    (first, *_) = people(conn, 1)
    conn.execute(
        text("INSERT INTO contact (created_at) SELECT now() FROM generate_series(2, :count)"), {"count": count}
    )
    contacts = conn.scalars(text("SELECT id FROM contact ORDER BY id DESC")).all()
    numbers = np.arange(count)
    told = verdicts(conn, contacts, [b"%d" % n for n in numbers], digest=numbers, score=numbers % 102 - 1)
    assert write_verdicts(conn, told, NOW).all()
    assert write_verdicts(conn, replace(told, revision=np.ones(count, np.int32), digest=-told.digest), NOW).all()
    conn.commit()
    back = kept(engine)
    assert (back.digest[::-1] == -numbers).all()
    assert (back.score[::-1] == told.score).all()
    assert (back.revision == 2).all()
    packed = conn.scalars(text("SELECT receipt FROM verdict ORDER BY contact DESC")).all()
    assert packed == [b"%d" % n for n in numbers]
    assert first in contacts


def test_nothing_to_write_is_no_trouble(conn: Connection) -> None:
    people(conn, 1)
    none = np.zeros(0, np.int64)
    assert write_verdicts(conn, verdicts(conn, []), NOW).tolist() == []
    lower_dues(conn, none, none.astype(np.int32))
    write_flips(conn, FlipRows(none, coded(), coded(), coded(), none.astype(bool), baseline=False, day=DAY), NOW)
    write_track_memory(conn, TrackRows(none, coded(), none.astype(bool), none.astype(np.int32), none.astype(bool)))
    counts = [conn.scalar(text(f"SELECT count(*) FROM {table}")) for table in ("verdict", "flip", "track_state")]
    assert counts == [0, 0, 0]


def test_a_server_that_stops_is_named_as_such(engine: Engine, conn: Connection) -> None:
    (maria,) = people(conn, 1)
    rows = verdicts(conn, [maria])
    with engine.connect() as other:
        pid = conn.scalar(text("SELECT pg_backend_pid()"))
        other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
    flips = FlipRows(rows.contact, coded(None), coded("new"), coded("rule"), np.zeros(1, bool), baseline=False, day=DAY)
    with pytest.raises(StoreUnavailable):
        write_flips(conn, flips, NOW)


# ---------------------------------------------------------------- days, moves, tracks


def test_a_due_day_only_comes_nearer(conn: Connection) -> None:
    contacts = people(conn, 5)
    day = DAY.toordinal()
    write_verdicts(conn, verdicts(conn, contacts[:4], due=[day + 10, day + 10, 0, 0]), NOW)
    lower_dues(
        conn,
        np.array([contacts[0], contacts[1], contacts[2], contacts[4]], np.int64),
        np.array([day + 3, day + 30, day + 7, day], np.int32),
    )
    told = [verdict_of(conn, one) for one in contacts]
    assert [one.due if one else "no verdict" for one in told] == [
        DAY + timedelta(days=3),
        DAY + timedelta(days=10),
        DAY + timedelta(days=7),
        None,
        "no verdict",
    ]
    assert [person.revision for person in ledger.load_people(conn, contacts)] == [1, 1, 1, 1, 0]


@pytest.mark.parametrize("baseline", [True, False])
def test_moves_are_read_back_as_they_were_told(conn: Connection, baseline: bool) -> None:
    maria, brian = people(conn, 2)
    told = [
        (brian, None, "nurture", "score", True),
        (maria, "hot", "ünï\t🌱\\N\n", "o'rule", False),
        (brian, "nurture", "hot", "score", True),
    ]
    contacts, before, after, cause, rise = zip(*told, strict=True)
    rows = FlipRows(
        np.array(contacts, np.int64), coded(*before), coded(*after), coded(*cause), np.array(rise), baseline, DAY
    )
    write_flips(conn, rows, NOW)
    for contact in (maria, brian):
        assert judgement.flips_of(conn, contact) == [
            Flip(old, new, why, up, baseline, DAY, NOW) for one, old, new, why, up in told if one == contact
        ]


def test_track_memory_is_read_back_as_it_was_told(conn: Connection) -> None:
    maria, brian = people(conn, 2)
    rows = TrackRows(
        np.array([maria, maria, brian], np.int64),
        coded("finance", "winback", "finance"),
        np.array([True, False, True]),
        np.array([DAY.toordinal(), 730_120, DAY.toordinal() - 1], np.int32),
        np.array([False, True, True]),
    )
    write_track_memory(conn, rows)
    loaded = [person.track_states for person in ledger.load_people(conn, [maria, brian])]
    assert loaded == [
        {
            "finance": TrackMemory("finance", True, DAY, False),
            "winback": TrackMemory("winback", False, date(2000, 1, 1), True),
        },
        {"finance": TrackMemory("finance", True, DAY - timedelta(days=1), True)},
    ]
    with pytest.raises(psycopg.IntegrityError):
        write_track_memory(conn, rows)
