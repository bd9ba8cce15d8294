"""Under which id of the platform somebody entered a track, whoever she has turned out to be since."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from sqlalchemy import Connection, text

from connector.facts import Record
from connector.store import judgement, ledger, outbox, state
from connector.store.engine import writer_lock
from connector.store.judgement import Entering, Judgement, Leaving

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
DAY = date(2026, 11, 23)
TAG = "mailchimp:main:tag:trellis:track:warmup"


def save(conn: Connection, contact: int, **told: object) -> None:
    (person,) = ledger.load_people(conn, [contact])
    row = Judgement(
        contact, person.position, person.revision, DAY, "r", "m", 57, 57000, "new", DAY, None, None, None, b""
    )  # fmt: skip
    assert judgement.save_judgements(conn, [replace(row, **told)], NOW) == ()  # type: ignore[arg-type]


def test_of_two_members_who_are_one_person_the_one_who_entered_is_to_leave(conn: Connection) -> None:
    state.activate(conn, "r", {}, NOW)
    writer_lock(conn)
    told = [
        Record("hubspot", "501", "brian@acme.example", {}, NOW),
        Record("hubspot", "502", "maria@acme.example", {}, NOW),
    ]
    told += [replace(one, source="mailchimp:main", id=f"member of {one.id}") for one in told]
    ledger.take_in(conn, told, NOW)
    brian, maria = (ledger.find_contact(conn, f"hubspot:{number}") or 0 for number in (501, 502))
    way = {"source": "mailchimp:main", "key": TAG, "segment": False}
    save(conn, maria, enters=(Entering("warmup", 1, (way,), None, NOW, "matches"),))
    (entering,) = outbox.claim_enrollments(conn, 10, 55, NOW, 500)
    outbox.mark_sending(conn, {entering.id: TAG}, NOW)
    outbox.accept_enrollment(conn, entering.id, TAG, NOW)
    assert not ledger.unite(conn, brian, maria, source="hubspot", at=NOW), "Mailchimp keeps both members"
    save(conn, brian, leaves=(Leaving("warmup", 1, TAG, "bounced"),))
    (leaving,) = outbox.claim(conn, "leave", 10, 55, NOW)
    assert leaving.contact == brian
    assert outbox.entered_as(conn, [leaving]) == {leaving.id: "member of 502"}
    present = "SELECT platform_id FROM record WHERE contact = :id AND source = 'mailchimp:main'"
    assert conn.scalar(text(present), {"id": brian}) == "member of 501"
