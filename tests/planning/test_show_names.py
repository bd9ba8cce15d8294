"""By what name the people of a plan go: as the platforms hold it now."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from connector.cli.plan_names import names
from connector.facts import Record
from connector.rulebook.read import read_rulebook
from connector.rulebook.types import FieldMapping
from connector.store import companies, ledger
from connector.store.engine import connect, writer_lock

NOW = datetime(2026, 11, 22, 14, tzinfo=UTC)
FIELDS = read_rulebook(Path(__file__).parents[2] / "mappings").fields
SURNAMED = FIELDS.model_copy(update={"fields": {**FIELDS.fields, "last_name": FieldMapping(hubspot="lastname")}})


def record(number: str, email: str | None = None, **values: str) -> Record:
    return Record("hubspot", number, email, dict(values), NOW)


def test_people_go_by_name_else_by_address_and_company(database: str) -> None:
    maria = record("1", "maria@acme.example", firstname="Maria", lastname="Soler", associatedcompanyid="9")
    noor = record("2", "noor@acme.example", company="Acme\n\x1b[2JSons")
    nobody = record("3")
    brian = record("4", "brian@rival.example", firstname="Brian")
    at_mailchimp = replace(brian, source="mailchimp:main", id="m4", values={"merge_fields.FNAME": "Brian at home"})
    gone = replace(brian, archived=True, modified_at=NOW.replace(hour=15))
    engine = connect(database)
    with engine.begin() as conn:
        writer_lock(conn)
        for seen in ([maria, noor, nobody, brian], [at_mailchimp], [gone]):
            ledger.take_in(conn, seen, NOW)
        companies.keep(conn, {"9": {"name": "Acme Foods"}}, NOW)
        by_id = ledger.contacts_of(conn, "hubspot", ["1", "2", "3", "4"])
        everybody = [by_id[number] for number in ("1", "2", "3", "4")]
        surnamed, shipped = names(conn, SURNAMED, [*everybody, 10**15]), names(conn, FIELDS, everybody[:1])
    engine.dispose()

    assert [surnamed.get(one) for one in everybody] == [
        "Maria Soler, Acme Foods",
        "noor@acme.example, Acme \x1b[2JSons",
        "(no name, no address)",
        "Brian at home brian@rival.example",
    ]
    assert set(surnamed) == set(everybody)
    assert list(shipped.values()) == ["Maria maria@acme.example, Acme Foods"]
