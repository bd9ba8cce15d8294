"""After an erasure no table holds her address, name, number or id: every table is filled with her, and read as text.

A table that is new must be filled by what is here already (it has a contact, or texts), or stand in `NAMES_NOBODY`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote_plus

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Date, DateTime, LargeBinary, Table, Text, Uuid, insert, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from connector.facts import Event, normal_email
from connector.store import erasure, ledger
from connector.store.engine import writer_lock
from connector.store.schema import metadata

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
NUMBER, MEMBER, COMPANY = "987654321012", "8f00b204e9800998ecf8427ed41d8cd9", "5550001112"
HASH, UNIQUE = "0cc175b9c0f1b6a831c399e269772661", "fd3a5b7c9e"
NAME, PHONE, FORMER = "Noor Haddad-Özil", "+34 600 987 654", "noor.before@acme.example"

#: Tables with nothing about a person in them, and why.
NAMES_NOBODY = {
    "word": "kinds of acts, channels, sources, stages: the team's and the platforms' own words",
    "tombstone": "keyed hashes",
    "seen": "hashes of events",
    "cursor": "how far streams have been read",
    "rate": "the pace of calls",
    "called": "counts of calls",
    "baseline": "sources",
    "rulebook": "what the team has written in its files",
    "release": "rulebooks",
    "sweep": "rulebooks",
    "tick": "jobs of the clock",
    "secret": "secrets of webhooks and tombstones",
}

local_part = st.from_regex(r"[A-Za-zñé0-9'][A-Za-zñé0-9.+'_%-]{0,12}[A-Za-z0-9]", fullmatch=True)


def row_about_her(table: Table, contact: int, address: str) -> Mapping[str, Any]:
    """A row with her in every column that can hold her."""
    told = f"{NAME} <{address}> {PHONE} #{NUMBER}"
    given: Mapping[str, Any] = {
        "contact": contact,
        "source": "hubspot",
        "platform_id": NUMBER,
        "email": address,
        "email_key": normal_email(address),
        "member_hash": HASH,
    }
    row: dict[str, Any] = {}
    for column in table.columns:
        if column.identity is not None or column.computed is not None:
            continue
        if column.name in given and not (column.name == "source" and not isinstance(column.type, Text)):
            row[column.name] = given[column.name]
        elif isinstance(column.type, Text):
            row[column.name] = told
        elif isinstance(column.type, JSONB):
            row[column.name] = {"email": address, "firstname": NAME, "phone": PHONE, "hs_object_id": NUMBER}
        elif isinstance(column.type, ARRAY):
            row[column.name] = [NUMBER]
        elif isinstance(column.type, LargeBinary):
            row[column.name] = told.encode()
        elif isinstance(column.type, DateTime):
            row[column.name] = NOW
        elif isinstance(column.type, Date):
            row[column.name] = date(2026, 11, 22)
        elif not column.nullable and not isinstance(column.type, Uuid):
            row[column.name] = 0
    return row


def fill(conn: Connection, address: str) -> int:
    """Her in every table; returns her number."""
    contact: int = conn.scalar(text("INSERT INTO contact (created_at) VALUES (now()) RETURNING id"))
    page = f"/hello?for={quote_plus(address)}"
    ledger.add_events(conn, [(contact, Event("page_view", NOW, NOW, "k", asset=page))])
    own: Mapping[str, Mapping[str, Any]] = {
        "record": {"raw": {"email": address, "firstname": NAME, "associatedcompanyid": COMPANY}},
        "company": {"id": COMPANY, "raw": {"name": f"{NAME} Consulting", "phone": PHONE}},
        "company_sighting": {"company": COMPANY, "values": {"name": f"{NAME} Consulting"}},
        "delivery": {"state": "handled", "platform": "hubspot", "content_type": "text/plain", "meta": {}},
    }
    for table in metadata.sorted_tables:
        if table.name not in {*NAMES_NOBODY, "contact", "asset", "event"}:
            row = {**row_about_her(table, contact, address), **own.get(table.name, {})}
            conn.execute(insert(table), row)
    more_rows(conn, contact, address)
    return contact


def more_rows(conn: Connection, contact: int, address: str) -> None:
    """Her other record, her address before, and where others' rows name her."""
    tables = metadata.tables
    member = {**row_about_her(tables["record"], contact, address), "source": "mailchimp:main", "platform_id": MEMBER}
    member["raw"] = {"email_address": address, "subscriber_hash": HASH, "unique_email_id": UNIQUE}
    conn.execute(insert(tables["record"]), member)
    conn.execute(insert(tables["identity"]), {"source": "mailchimp:main", "platform_id": MEMBER, "contact": contact})
    word = conn.scalar(text("INSERT INTO word (text) VALUES ('hubspot') RETURNING id"))
    before = {**row_about_her(tables["sighting"], contact, address), "source": word, "position": 1}
    conn.execute(insert(tables["sighting"]), {**before, "values": {"email": FORMER}})
    conn.execute(insert(tables["listed"]), {"source": "mailchimp:main", "platform_id": MEMBER})
    refused = {"step": "read", "source": "hubspot", "first_at": NOW, "last_at": NOW, "times": 1}
    others = [
        {**refused, "platform_id": NUMBER, "contact": None, "reason": "no e-mail"},
        {**refused, "platform_id": "1", "contact": None, "reason": f"HubSpot knows no contact {NUMBER}."},
        {**refused, "platform_id": "2", "contact": contact + 1, "reason": f"{address.upper()} is taken"},
    ]
    others.append({**refused, "platform_id": "row 3", "contact": contact, "reason": f"{PHONE} is no number"})
    conn.execute(insert(tables["failure"]), others)
    intent = {**row_about_her(tables["intent"], contact + 1, "brian@acme.example"), "payload": {}, "state": "refused"}
    texts = {"why": "", "track": "t", "channel": "c", "kind": "write", "reason": f"{NUMBER}: INVALID_EMAIL"}
    conn.execute(insert(tables["intent"]), {**intent, **texts})
    for body in bodies(address):
        delivery("hubspot" if body.startswith("[") else "mailchimp", body.encode(), conn)


def bodies(address: str) -> list[str]:
    """As platforms tell of her, in every way of writing."""
    return [
        json.dumps([{"objectId": int(NUMBER), "propertyName": "phone", "propertyValue": PHONE}]),
        json.dumps([{"objectId": 1, "propertyName": "email", "propertyValue": address}]),
        json.dumps([{"objectId": 1, "propertyValue": address}], ensure_ascii=False),
        json.dumps([{"objectId": 1, "propertyValue": FORMER.upper()}]),
        f"type=profile&data[email]={quote_plus(address)}&data[merges][FNAME]={quote_plus(NAME)}",
        f"type=profile&data[email]={quote_plus(address).lower()}&data[merges][FNAME]={quote_plus(NAME)}",
        f"type=upemail&data[new_id]={UNIQUE}&data[merges][FNAME]={quote_plus(NAME)}",
        f"type=upemail&data[old_email]={quote_plus(FORMER)}&data[merges][FNAME]={quote_plus(NAME)}",
        f"type=profile&data[contact]={MEMBER}",
    ]


def delivery(platform: str, body: bytes, conn: Connection, state: str = "handled") -> None:
    row = {"platform": platform, "body": body, "content_type": "", "meta": {}, "received_at": NOW, "state": state}
    conn.execute(insert(metadata.tables["delivery"]), row)


def found(conn: Connection, address: str) -> list[tuple[str, str]]:
    """Tables, of all that the database has, in which anything of her is still to be read."""
    hers = (address, quote_plus(address), json.dumps(address)[1:-1], FORMER, NAME, quote_plus(NAME), PHONE)
    needles = [one.lower() for one in (*hers, json.dumps(NAME)[1:-1], NUMBER, MEMBER, HASH, UNIQUE, COMPANY)]
    needles += [one.encode().hex() for one in needles]
    tables = conn.scalars(text("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"))
    return [
        (table, needle)
        for table in tables.all()
        for row in conn.scalars(text(f"SELECT lower({table}::text) FROM {table}")).all()
        for needle in needles
        if needle in row or json.dumps(needle)[1:-1] in row
    ]


@given(st.builds("{}@{}".format, local_part, st.sampled_from(["acme.example", "Bücher.example", "x.co"])))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=20)
def test_after_an_erasure_nothing_of_her_is_in_any_table(conn: Connection, address: str) -> None:
    with conn.begin() as transaction:
        writer_lock(conn)
        contact = fill(conn, address)
        there = {table for table, _ in found(conn, address)}
        assert {*metadata.tables} - {*NAMES_NOBODY, "contact", "event"} <= there  # those two have numbers alone
        assert erasure.forget(conn, contact, NOW)
        assert found(conn, address) == []
        left = conn.execute(text("SELECT contact FROM failure WHERE resolved_at IS NULL AND contact IS NOT NULL"))
        assert [row.contact for row in left] == [contact + 1]
        transaction.rollback()


@pytest.mark.parametrize("body", bodies("noor+ñ@acme.example"))
def test_a_delivery_that_waits_is_known_as_hers_at_its_end(conn: Connection, body: str) -> None:
    contact = fill(conn, "noor+ñ@acme.example")
    erasure.forget(conn, contact, NOW)
    platform = "hubspot" if body.startswith("[") else "mailchimp"
    assert erasure.names_forgotten(conn, platform, body.encode())


def test_bodies_of_others_stay(conn: Connection) -> None:
    contact = fill(conn, "noor@acme.example")
    others = ['[{"objectId": 9876543210123}]', "data[email]=brian%40acme.example", "data[id]=fd3a5b7c9f"]
    for body in others:
        delivery("hubspot" if body.startswith("[") else "mailchimp", body.encode(), conn)
    delivery("hubspot", b"data[contact]=8f00b204e9800998ecf8427ed41d8cd9", conn)  # another platform's id
    erasure.forget(conn, contact, NOW)
    kept = conn.scalar(text("SELECT count(*) FROM delivery WHERE body <> ''"))
    assert kept == 4
    assert not any(erasure.names_forgotten(conn, "hubspot", body.encode()) for body in others)
