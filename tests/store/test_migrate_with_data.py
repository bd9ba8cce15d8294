"""A database of the first schema comes over whole: people, their past and acts, verdicts, and who is judged next."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, text

import connector.store.migrations
from connector.facts import Event, Record, Trust
from connector.store import ledger, state
from connector.store.engine import connect, writer_lock
from connector.store.events import key_number, key_text
from connector.store.migrate import check_schema, migrate

START = datetime(2026, 3, 1, 9, tzinfo=UTC)
HUBSPOT, MAIN = "hubspot", "mailchimp:main"

FILL = """
INSERT INTO rulebook VALUES ('r0', '{}', :day1), ('r1', '{"version": 1}', :day1);
INSERT INTO release (rulebook, at) VALUES ('r0', :day1), ('r1', :day2);
INSERT INTO contact (created_at, changed, judged, revision, judged_day, judged_rulebook) VALUES
    (:day1, 90, 90, 3, '2026-03-04', 'r1'), (:day1, 91, 0, 0, NULL, NULL), (:day1, 92, 80, 1, '2026-03-03', 'r0');
INSERT INTO identity VALUES ('hubspot', '501', 1), ('mailchimp:main', 'm1', 1), ('hubspot', '502', 2), ('hubspot', '503', 3);
INSERT INTO record (contact, source, platform_id, email, email_key, raw, modified_at, archived, merged_ids, read_at) VALUES
    (1, 'hubspot', '501', 'maria@acme.example', 'maria@acme.example',
     '{"email": "maria@acme.example", "jobtitle": "CEO", "phone": "1", "fax": null, "associatedcompanyid": "77"}',
     :day3, false, '{}', :day3),
    (1, 'mailchimp:main', 'm1', 'maria@acme.example', 'maria@acme.example', '{"email_address": "maria@acme.example"}',
     :day2, false, '{}', :day2),
    (2, 'hubspot', '502', NULL, NULL, '{"jobtitle": null}', :day1, false, '{}', :day1),
    (3, 'hubspot', '503', NULL, NULL, '{"jobtitle": "COO"}', :day1, true, '{}', :day2);
INSERT INTO value_log (contact, position, source, name, value, known_at) VALUES
    (1, 1, 'hubspot', 'email', 'maria@acme.example', :day1), (1, 2, 'hubspot', 'jobtitle', 'CFO', :day1),
    (1, 3, 'hubspot', 'fax', '5', :day1), (1, 4, 'hubspot', 'associatedcompanyid', '77', :day1),
    (1, 5, 'mailchimp:main', 'email_address', 'maria@acme.example', :day2),
    (1, 6, 'hubspot', 'jobtitle', 'CEO', :day3), (1, 7, 'hubspot', 'phone', '1', :day3), (1, 8, 'hubspot', 'fax', NULL, :day3),
    (3, 9, 'hubspot', 'jobtitle', 'COO', :day1);
INSERT INTO company VALUES ('77', '{"numberofemployees": "50", "industry": null}', :day1);
CREATE TABLE event_ancient (LIKE event INCLUDING DEFAULTS INCLUDING INDEXES);
ALTER TABLE event ATTACH PARTITION event_ancient FOR VALUES FROM (MINVALUE) TO ('2024-01-01 00:00:00+00');
CREATE TABLE event_2026_03 PARTITION OF event FOR VALUES FROM ('2026-03-01 00:00:00+00') TO ('2026-04-01 00:00:00+00');
INSERT INTO event (contact, key, happened_at, kind, known_at, asset, channel, trust, position) VALUES
    (1, 'k1', :ancient, 'form_submit', :day1, 'demo', 'hubspot', 'human', 20),
    (1, 'k2', :day2, 'email_open', :day2, '', 'mailchimp:main', 'unsure', 21),
    (1, 'k3', :day3, 'email_click', :day3, 'https://acme.example/?a=%20:b', 'mailchimp:main', 'machine', 22),
    (3, 'k1', :day2, 'form_submit', :day2, 'demo', '', 'human', 23);
INSERT INTO verdict (contact, model, score, exact, stage, since, day, rulebook, position, handed_over, receipt, written_at)
VALUES
    (1, 'acquisition', 57, 57000, 'nurture', '2026-03-02', '2026-03-04', 'r1', 90, true,
     '{"lines": [], "persona": "finance_lead", "phase": null}', :day3),
    (3, '', NULL, 0, 'not_enough_data', '2026-03-03', '2026-03-03', 'r0', 80, false, '{"lines": []}', :day3);
INSERT INTO flip (contact, before, after, cause, rise, baseline, day, at) VALUES
    (1, NULL, 'nurture', 'score', true, false, '2026-03-02', :day2);
SELECT setval('ledger_position', 100)
"""


def day(number: int) -> datetime:
    return START + timedelta(days=number)


@pytest.fixture
def engine(new_database: Callable[[], str]) -> Iterator[Engine]:
    """A database as the first version left it, brought to the present schema."""
    engine = connect(new_database())
    config = Config()
    config.set_main_option("script_location", str(Path(connector.store.migrations.__file__).parent))
    with engine.begin() as conn:
        conn.execute(text("DROP SCHEMA public CASCADE"))
        conn.execute(text("CREATE SCHEMA public"))
        config.attributes["connection"] = conn
        command.upgrade(config, "0001")
        moments = {"day1": day(1), "day2": day(2), "day3": day(3), "ancient": datetime(2020, 2, 29, tzinfo=UTC)}
        for statement in FILL.split(";\n"):
            conn.execute(text(statement), {name: at for name, at in moments.items() if f":{name}" in statement})
    migrate(engine)
    with engine.connect() as conn:
        check_schema(conn)
    yield engine
    engine.dispose()


def test_people_come_over_with_their_records_acts_and_verdicts(conn: Connection) -> None:
    maria, _brian, archived = ledger.load_people(conn, [1, 2, 3])
    assert {source: dict(record.values) for source, record in maria.records.items()} == {
        HUBSPOT: {
            "email": "maria@acme.example", "jobtitle": "CEO", "phone": "1", "fax": None, "associatedcompanyid": "77",
        },
        MAIN: {"email_address": "maria@acme.example"},
    }  # fmt: skip
    assert maria.changed == {(HUBSPOT, name): day(3) for name in ("jobtitle", "phone", "fax")}
    keys = [key_text(key_number(key)) for key in ("k1", "k2", "k3")]
    assert maria.events == (
        Event("form_submit", datetime(2020, 2, 29, tzinfo=UTC), day(1), keys[0], "demo", HUBSPOT),
        Event("email_open", day(2), day(2), keys[1], "", MAIN, Trust.UNSURE),
        Event("email_click", day(3), day(3), keys[2], "https://acme.example/?a=%20:b", MAIN, Trust.MACHINE),
    )
    assert maria.verdict is not None
    told = maria.verdict
    assert (told.model, told.score, told.persona, told.phase, told.rulebook) == (
        "acquisition", 57, "finance_lead", None, "r1",
    )  # fmt: skip
    assert (told.judged, told.day, maria.stage, maria.since, maria.revision, maria.handed_over) == (
        90, date(2026, 3, 4), "nurture", date(2026, 3, 2), 3, True,
    )  # fmt: skip
    assert archived.records[HUBSPOT].archived
    assert archived.verdict is not None
    assert (archived.stage, archived.verdict.model, archived.verdict.score) == ("not_enough_data", "", None)


def test_everybody_is_judged_by_the_next_pass(conn: Connection) -> None:
    assert ledger.to_judge(conn, date(2026, 3, 5), "r1", 10) == [1, 2, 3]
    active = state.active(conn)
    assert active is not None
    assert active.hash == "r1"


def test_their_past_is_that_of_the_old_log(conn: Connection) -> None:
    before = ledger.person_as_of(conn, 1, day(2))
    assert before is not None
    assert before.records[HUBSPOT].values == {
        "email": "maria@acme.example", "jobtitle": "CFO", "fax": "5", "associatedcompanyid": "77",
    }  # fmt: skip
    assert (before.records[HUBSPOT].id, before.stage, before.changed) == ("501", "nurture", {})
    assert before.company == {"numberofemployees": "50"}
    for contact in (1, 2, 3):
        (now,) = ledger.load_people(conn, [contact])
        then = ledger.person_as_of(conn, contact, day(1000))
        assert then is not None
        assert then.changed == now.changed
        for source, record in now.records.items():
            present = {name: value for name, value in record.values.items() if value is not None}
            assert {name: value for name, value in then.records[source].values.items() if value is not None} == present
            assert then.records[source].archived == record.archived


def test_life_goes_on_where_it_was(conn: Connection) -> None:
    writer_lock(conn)
    known = Event("form_submit", day(9), day(9), "k1", "demo", HUBSPOT)
    assert ledger.add_events(conn, [(1, known)]) == 0
    assert ledger.add_events(conn, [(2, known)]) == 1
    taken = ledger.take_in(conn, [Record(HUBSPOT, "502", None, {"jobtitle": "CTO"}, day(9))], day(9))
    assert [change.contact for change in taken.changed.values()] == [2]
    assert ledger.position(conn) > 100
    (brian,) = ledger.load_people(conn, [2])
    assert (len(brian.events), brian.changed) == (1, {(HUBSPOT, "jobtitle"): day(9)})
